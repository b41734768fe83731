/* test_kernels.c — every kernel gives the bits of its plain C reference, stays inside its arrays, and
 * is as near to exact arithmetic as its count of roundings allows. Arrays come from malloc in their
 * exact size, so that the address sanitizer sees a read beyond their end. */
#include "base/math.h"
#include "kernel_rows.h"
#include "signal/filter.h"
#include "simd/kernels.h"

void setUp(void) { rng = sim_stream(1, 0, 0); }
void tearDown(void) {}

static void dot_is_the_reference_and_near_exact(void) {
  for (int i = 0; i < LENGTHS; i++)
    for (size_t shifts = 0; shifts < 16; shifts++) {
      const size_t n = length(i);
      row a = row_of(n, shifts % 4, 1e3), b = row_of(n, shifts / 4, 1e3);
      const float got = fecg_dot(a.x, b.x, n), reference = fecg_ref_dot(a.x, b.x, n);
      same_bits("dot", n, &reference, &got, 1);
      double exact = 0, size = 0;
      for (size_t k = 0; k < n; k++) exact += (double)a.x[k] * b.x[k], size += fabs((double)a.x[k] * b.x[k]);
      /* a term is rounded as a product, in its lane's n / 16 sums, in up to 3 groups of four, in the 4
       * sums that join the lanes and in up to 3 at the end */
      near_exact("dot", n, exact, size * 1.01 * ROUNDING * ((double)(n / 16) + 11), got);
      free(a.memory);
      free(b.memory);
    }
}

static void axpy_is_the_reference_and_near_exact(void) {
  for (int i = 0; i < LENGTHS; i++)
    for (size_t shifts = 0; shifts < 16; shifts++) {
      const size_t n = length(i);
      const float s = (float)sim_uniform(&rng, -3, 3);
      row x = row_of(n, shifts % 4, 1e3), y = row_of(n + 1, shifts / 4, 1e3); /* one more, to be left alone */
      row before = copy_of(y, n + 1, shifts / 4), reference = copy_of(y, n + 1, shifts / 4);
      fecg_axpy(y.x, s, x.x, n);
      fecg_ref_axpy(reference.x, s, x.x, n);
      same_bits("axpy", n, reference.memory, y.memory, n + 1 + shifts / 4);
      same_bits("axpy's end", n, before.x + n, y.x + n, 1);
      for (size_t k = 0; k < n; k++) {
        const double product = (double)s * x.x[k];
        near_exact("axpy", n, product + before.x[k], 2.01 * ROUNDING * (fabs(product) + fabs(before.x[k])) + 1e-44, y.x[k]);
      }
      free(x.memory);
      free(y.memory);
      free(before.memory);
      free(reference.memory);
    }
}

static void correlate_is_the_reference_and_near_exact(void) {
  static const size_t widths[] = {1, 2, 3, 4, 5, 12, 17, 81};
  for (int i = 0; i < LENGTHS; i++)
    for (int w = 0; w < 8; w++) {
      const size_t n = length(i), k = widths[w], shift = (size_t)(i + w) % 4;
      row x = row_of(n + k - 1, shift, 1e2), h = row_of(k, (shift + 1) % 4, 1e2), y = row_of(n + 1, (shift + 2) % 4, 1e2);
      row before = copy_of(y, n + 1, (shift + 2) % 4), reference = copy_of(y, n + 1, (shift + 2) % 4);
      fecg_correlate(y.x, x.x, n, h.x, k);
      fecg_ref_correlate(reference.x, x.x, n, h.x, k);
      same_bits("correlate", n, reference.memory, y.memory, n + 1 + (shift + 2) % 4);
      same_bits("correlate's end", n, before.x + n, y.x + n, 1);
      for (size_t t = 0; t < n; t++) {
        double exact = before.x[t], size = fabs(exact);
        for (size_t j = 0; j < k; j++) exact += (double)h.x[j] * x.x[t + j], size += fabs((double)h.x[j] * x.x[t + j]);
        near_exact("correlate", n, exact, size * 1.01 * ROUNDING * (double)(k + 1), y.x[t]);
      }
      free(x.memory);
      free(h.memory);
      free(y.memory);
      free(before.memory);
      free(reference.memory);
    }
}

static void biquads_are_the_reference(void) {
  const fecg_biquad sections[] = {fecg_highpass(8, 1000), fecg_lowpass(60, 1000), fecg_notch(50, 1.6, 1000), fecg_lowpass_critical(0.006, 1000)};
  for (int i = 0; i < LENGTHS; i++)
    for (int count = 0; count <= 4; count++)
      for (int backward = 0; backward <= 1; backward++) {
        const size_t n = length(i), shift = (size_t)(i + count) % 4;
        row y = row_of(4 * n, shift, 1e3), reference = copy_of(y, 4 * n, shift);
        fecg_biquads(y.x, n, sections, count, backward);
        fecg_ref_biquads(reference.x, n, sections, count, backward);
        same_bits("biquads", n, reference.memory, y.memory, 4 * n + shift);
        free(y.memory);
        free(reference.memory);
      }
}

/* One section in double; *noise: sum of |impulse response| of the recursion alone, by which a rounding
 * error in one step can grow; *largest: of all sums. */
static void section_exact(double *x, size_t n, const fecg_biquad *q, double *noise, double *largest) {
  const double gain = ((double)q->b0 + q->b1 + q->b2) / (1.0 + q->a1 + q->a2);
  double x1 = x[0], x2 = x[0], y1 = gain * x[0], y2 = y1, h1 = 0, h2 = 0;
  *noise = *largest = 0;
  for (size_t i = 0; i < n; i++) {
    const double y = q->b0 * x[i] + q->b1 * x1 + q->b2 * x2 - q->a1 * y1 - q->a2 * y2;
    const double size = fabs(q->b0 * x[i]) + fabs(q->b1 * x1) + fabs(q->b2 * x2) + fabs(q->a1 * y1) + fabs(q->a2 * y2);
    const double h = (i == 0) - q->a1 * h1 - q->a2 * h2;
    if (size > *largest) *largest = size;
    *noise += fabs(h);
    h2 = h1, h1 = h;
    x2 = x1, x1 = x[i];
    y2 = y1, y1 = y;
    x[i] = y;
  }
}

static void biquads_are_near_exact_forwards_and_backwards(void) {
  enum { N = 4000 };
  const fecg_biquad sections[] = {fecg_highpass(8, 1000), fecg_lowpass(60, 1000), fecg_notch(50, 1.6, 1000), fecg_lowpass_critical(0.006, 1000)};
  double *exact = malloc(N * sizeof *exact);
  for (int s = 0; s < 4; s++)
    for (int backward = 0; backward <= 1; backward++) {
      row y = row_of(4 * N, 0, 1);
      const row start = copy_of(y, 4 * N, 0);
      fecg_biquads(y.x, N, sections + s, 1, backward);
      for (size_t lane = 0; lane < 4; lane++) {
        double noise, largest;
        for (size_t i = 0; i < N; i++) exact[i] = start.x[4 * (backward ? N - 1 - i : i) + lane];
        section_exact(exact, N, sections + s, &noise, &largest);
        /* five products and four sums a step; as much again for the first frame's gain */
        const double bound = 18 * ROUNDING * largest * noise;
        for (size_t i = 0; i < N; i++) near_exact("biquad", (size_t)s, exact[i], bound, y.x[4 * (backward ? N - 1 - i : i) + lane]);
      }
      free(y.memory);
      free(start.memory);
    }
  free(exact);
}

static void biquads_start_as_if_the_first_frame_had_lasted(void) {
  const fecg_biquad low = fecg_lowpass(40, 500), high = fecg_highpass(3, 500);
  for (int backward = 0; backward <= 1; backward++) {
    float frames[4 * 200], other[4 * 200];
    for (int i = 0; i < 4 * 200; i++) frames[i] = other[i] = 1000;
    fecg_biquads(frames, 200, &low, 1, backward);
    fecg_biquads(other, 200, &high, 1, backward);
    for (int i = 0; i < 4 * 200; i++) {
      TEST_ASSERT_FLOAT_WITHIN(0.01f, 1000, frames[i]);
      TEST_ASSERT_FLOAT_WITHIN(0.01f, 0, other[i]);
    }
  }
}

static void tanh_is_the_reference_and_within_its_bound(void) {
  for (int i = 0; i < LENGTHS; i++)
    for (size_t shift = 0; shift < 4; shift++) {
      const size_t n = length(i);
      row x = row_of(n, shift, 1e4), y = row_of(n + 1, 3 - shift, 1), reference = copy_of(y, n + 1, 3 - shift);
      fecg_tanh_rough(y.x, x.x, n);
      fecg_ref_tanh_rough(reference.x, x.x, n);
      same_bits("tanh", n, reference.memory, y.memory, n + 1 + 3 - shift);
      for (size_t k = 0; k < n; k++) near_exact("tanh", n, fecg_tanh(x.x[k]), 1e-4, y.x[k]);
      free(x.memory);
      free(y.memory);
      free(reference.memory);
    }
  for (double v = -9; v <= 9; v += 1e-3) {
    float x = (float)v, y;
    fecg_tanh_rough(&y, &x, 1);
    near_exact("tanh", 1, fecg_tanh(x), 1e-4, y);
  }
}

static void tanh_works_in_place(void) {
  row x = row_of(37, 1, 10), y = copy_of(x, 37, 1), z = row_of(37, 0, 1);
  fecg_tanh_rough(z.x, x.x, 37);
  fecg_tanh_rough(y.x, y.x, 37);
  same_bits("tanh in place", 37, z.x, y.x, 37);
  free(x.memory);
  free(y.memory);
  free(z.memory);
}

static void best_steps_are_the_reference_and_the_best(void) {
  for (int i = 0; i < LENGTHS; i++)
    for (size_t count = 0; count < 9; count++) {
      const size_t n = length(i), whole = (n + 3) / 4 * 4, shift = (size_t)i % 4;
      row x = row_of(whole, shift, 1), u = row_of(count, 1, 1), v = row_of(count, 2, 2);
      row value = row_of(whole + 1, shift, 1), at = row_of(whole + 1, shift, 1), value_ref = copy_of(value, whole + 1, shift), at_ref = copy_of(at, whole + 1, shift);
      if (count > 4) v.x[4] = v.x[1], u.x[4] = u.x[1]; /* of equals the first */
      fecg_best_steps(value.x, at.x, x.x, n, u.x, v.x, count, 3, -1);
      fecg_ref_best_steps(value_ref.x, at_ref.x, x.x, n, u.x, v.x, count, 3, -1);
      same_bits("value", n, value_ref.memory, value.memory, whole + 1 + shift);
      same_bits("at", n, at_ref.memory, at.memory, whole + 1 + shift);
      for (size_t k = 0; k < n; k++) {
        float most = -1, e_ = -1;
        for (size_t e = 0; e < count; e++) {
          const float d = u.x[e] - x.x[k], worth = v.x[e] - 3 * d * d;
          if (worth > most) most = worth, e_ = (float)e;
        }
        TEST_ASSERT_EQUAL_FLOAT(most, value.x[k]);
        TEST_ASSERT_EQUAL_FLOAT(e_, at.x[k]);
      }
      free(x.memory), free(u.memory), free(v.memory), free(value.memory), free(at.memory), free(value_ref.memory), free(at_ref.memory);
    }
}

int main(void) {
  UNITY_BEGIN();
  RUN_TEST(best_steps_are_the_reference_and_the_best);
  RUN_TEST(dot_is_the_reference_and_near_exact);
  RUN_TEST(axpy_is_the_reference_and_near_exact);
  RUN_TEST(correlate_is_the_reference_and_near_exact);
  RUN_TEST(biquads_are_the_reference);
  RUN_TEST(biquads_are_near_exact_forwards_and_backwards);
  RUN_TEST(biquads_start_as_if_the_first_frame_had_lasted);
  RUN_TEST(tanh_is_the_reference_and_within_its_bound);
  RUN_TEST(tanh_works_in_place);
  return UNITY_END();
}
