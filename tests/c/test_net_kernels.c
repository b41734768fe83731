/* test_net_kernels.c — the networks' kernels, as test_kernels.c does: the bits of the plain C reference, nothing outside
 * their arrays, and as near to exact arithmetic as their roundings allow. */
#include "base/math.h"
#include "fecg.h"
#include "kernel_rows.h"
#include "simd/nn.h"

void setUp(void) { rng = sim_stream(2, 0, 0); }
void tearDown(void) {}

static double gelu(double x) { return x / (1 + fecg_exp(-2 * sqrt(2 / FECG_PI) * (x + 0.044715 * x * x * x))); }

typedef struct shape {
  size_t m, n, k, a_step, c_step;
} shape;

/* A product's arguments with everything in arrays of exact size. */
typedef struct product {
  shape s;
  row a, b, bias, scale, c, add;
  int16_t *a16, *b16;
} product;

static size_t wide(size_t n) { return (n + 7) / 8 * 8; }

static product product_of(shape s) {
  product p = {.s = s};
  const size_t rows = (s.m - 1) * s.a_step + s.k;
  p.a = row_of(rows, 1, 30);
  p.b = row_of(wide(s.n) * s.k, 2, 30);
  p.bias = row_of(wide(s.n), 3, 30);
  p.scale = row_of(wide(s.n), 0, 2);
  p.c = row_of((s.m - 1) * s.c_step + s.n, 1, 30);
  p.add = row_of((s.m - 1) * s.c_step + s.n, 0, 30);
  p.a16 = malloc(rows * sizeof *p.a16);
  p.b16 = malloc(wide(s.n) * s.k * sizeof *p.b16);
  for (size_t i = 0; i < rows; i++) p.a16[i] = (int16_t)sim_uniform(&rng, -32767, 32767);
  for (size_t i = 0; i < wide(s.n) * s.k; i++) p.b16[i] = (int16_t)sim_uniform(&rng, -127, 127);
  return p;
}

static void release(product p) {
  free(p.a.memory), free(p.b.memory), free(p.bias.memory), free(p.scale.memory), free(p.c.memory), free(p.add.memory);
  free(p.a16), free(p.b16);
}

enum { PLAIN, ADDS, IN_PLACE, GELU, ENDINGS };

static fecg_gemm gemm_of(const product *p, float *c, int ending) {
  return (fecg_gemm){p->s.m, p->s.n, p->s.k, ending == PLAIN ? NULL : p->bias.x, ending == ADDS || ending == GELU ? p->add.x : ending == IN_PLACE ? c : NULL,
                     p->s.c_step, c, p->s.c_step, ending == GELU};
}

/* bits: whether the build's products are those of the reference */
static void check_product(const product *p, int ending, int integer, int bits) {
  const shape s = p->s;
  const size_t all = (s.m - 1) * s.c_step + s.n;
  row got = copy_of(p->c, all, 1), reference = copy_of(p->c, all, 1);
  const fecg_gemm g = gemm_of(p, got.x, ending), r = gemm_of(p, reference.x, ending);
  if (integer) fecg_product16(&g, p->a16, s.a_step, p->b16, p->scale.x), fecg_ref_product16(&r, p->a16, s.a_step, p->b16, p->scale.x);
  else fecg_product(&g, p->a.x, s.a_step, p->b.x), fecg_ref_product(&r, p->a.x, s.a_step, p->b.x);
  if (bits) same_bits("product", s.k, reference.memory, got.memory, all + 1);
  for (size_t i = 0; i < all; i++) {
    const size_t row_at = i / s.c_step, n = i % s.c_step;
    if (n >= s.n) {
      same_bits("between the rows", s.n, p->c.x + i, got.x + i, 1);
      continue;
    }
    double sum = 0, size = 0;
    for (size_t k = 0; k < s.k; k++) {
      const double x = integer ? (double)p->a16[row_at * s.a_step + k] * p->b16[n / 8 * 8 * s.k + (k / 2 * 8 + n % 8) * 2 + k % 2]
                               : (double)p->a.x[row_at * s.a_step + k] * p->b.x[n / 8 * 8 * s.k + k * 8 + n % 8];
      sum += x;
      size += fabs(x);
    }
    if (integer) {
      sum *= p->scale.x[n];
      size = fabs(sum); /* the sum itself is exact */
    }
    if (ending != PLAIN) sum += p->bias.x[n], size += fabs(p->bias.x[n]);
    if (ending == ADDS || ending == GELU) sum += p->add.x[i], size += fabs(p->add.x[i]);
    if (ending == IN_PLACE) sum += p->c.x[i], size += fabs(p->c.x[i]);
    const double roundings = 1.01 * ROUNDING * (integer ? 5 : (double)s.k + 3) * size;
    /* the slope of GELU is at most 1.13 */
    if (ending == GELU) near_exact("product", s.k, gelu(sum), 1.13 * roundings + 1e-6 * (1 + fabs(sum)), got.x[i]);
    else near_exact("product", s.k, sum, roundings, got.x[i]);
  }
  free(got.memory);
  free(reference.memory);
}

static void each_shape(int integer, int bits) {
  static const size_t M[] = {1, 2, 3, 4, 5, 7, 8, 13}, N[] = {1, 2, 4, 7, 8, 9, 16, 20}, K[] = {2, 4, 6, 16, 46, 64, 1, 3, 45};
  for (int i = 0; i < 8; i++)
    for (int j = 0; j < 8; j++)
      for (int l = 0; l < (integer ? 6 : 9); l++) {
        const size_t overlapping = K[l] > 5 ? K[l] / 3 * 2 : K[l];
        const product p = product_of((shape){M[i], N[j], K[l], (i + j) % 2 ? overlapping : K[l], N[j] + (size_t)(j % 3)});
        for (int ending = 0; ending < ENDINGS; ending++) check_product(&p, ending, integer, bits);
        release(p);
      }
}

static void products_are_the_reference_and_near_exact(void) { each_shape(0, strcmp(fecg_simd(), "relaxed") != 0); }
static void integer_products_are_the_reference_and_exact(void) { each_shape(1, 1); }

static void integer_products_hold_the_largest_sums(void) {
  enum { K = 516 }; /* 516 * 127 * 32767 is just below 2^31 */
  static int16_t a[K], b[8 * K];
  float c[8], one[8];
  for (int k = 0; k < K; k++) a[k] = k % 2 ? 32767 : -32767;
  for (int n = 0; n < 8; n++) {
    one[n] = 1;
    for (int k = 0; k < K; k++) b[(k / 2 * 8 + n) * 2 + k % 2] = (int16_t)((n % 2 ? 127 : -127) * (k % 2 ? 1 : -1));
  }
  const fecg_gemm g = {.m = 1, .n = 8, .k = K, .c = c, .c_step = 8};
  fecg_product16(&g, a, K, b, one);
  for (int n = 0; n < 8; n++) TEST_ASSERT_EQUAL_FLOAT((n % 2 ? 1.0f : -1.0f) * (float)(516.0 * 127 * 32767), c[n]);
}

static void quantising_rounds_to_nearest(void) {
  for (int i = 0; i < LENGTHS; i++)
    for (size_t shift = 0; shift < 4; shift++) {
      const size_t n = length(i);
      row x = row_of(n, shift, 1e3);
      const float largest = fecg_largest(x.x, n), reference = fecg_ref_largest(x.x, n), gain = largest > 0 ? 32767 / largest : 0;
      same_bits("largest", n, &reference, &largest, 1);
      int16_t *q = calloc(n + 1, sizeof *q), *r = calloc(n + 1, sizeof *r);
      float wanted = 0;
      q[n] = r[n] = 77;
      fecg_quantise(q, x.x, gain, n);
      fecg_ref_quantise(r, x.x, gain, n);
      TEST_ASSERT_EQUAL_MEMORY(r, q, (n + 1) * sizeof *q);
      TEST_ASSERT_EQUAL(77, q[n]);
      for (size_t k = 0; k < n; k++) {
        if (fabsf(x.x[k]) > wanted) wanted = fabsf(x.x[k]);
        TEST_ASSERT_EQUAL((int)rintf(x.x[k] * gain), q[k]);
      }
      TEST_ASSERT_EQUAL_FLOAT(wanted, largest);
      free(x.memory);
      free(q);
      free(r);
    }
}

static void gelu_is_the_reference_and_within_its_bound(void) {
  for (int i = 0; i < LENGTHS; i++)
    for (size_t shift = 0; shift < 4; shift++) {
      const size_t n = length(i);
      row x = row_of(n + 1, shift, 1e4), y = copy_of(x, n + 1, shift), z = copy_of(x, n + 1, shift);
      fecg_gelu(y.x, n);
      fecg_ref_gelu(z.x, n);
      same_bits("gelu", n, z.memory, y.memory, n + 1 + shift);
      same_bits("gelu's end", n, x.x + n, y.x + n, 1);
      for (size_t k = 0; k < n; k++) near_exact("gelu", n, gelu(x.x[k]), 1e-6 * (1 + fabs(x.x[k])), y.x[k]);
      free(x.memory), free(y.memory), free(z.memory);
    }
  for (double v = -14; v <= 14; v += 1e-3) {
    float x = (float)v, y = x;
    fecg_gelu(&y, 1);
    near_exact("gelu", 1, gelu(x), 1e-6 * (1 + fabs(x)), y);
  }
  float far[] = {-3e38f, -1e30f, -1e20f, 1e20f, 1e30f, 3e38f};
  fecg_gelu(far, 6);
  for (int i = 0; i < 3; i++) TEST_ASSERT_TRUE(far[i] <= 0 && far[i] > -4); /* the exponential ends at 2^126 */
  TEST_ASSERT_EQUAL_FLOAT(1e20f, far[3]);
  TEST_ASSERT_EQUAL_FLOAT(1e30f, far[4]);
  TEST_ASSERT_EQUAL_FLOAT(3e38f, far[5]);
}

static void softmax_terms_are_the_reference_and_near_exact(void) {
  for (int i = 1; i < LENGTHS; i++)
    for (size_t shift = 0; shift < 4; shift++) {
      const size_t n = length(i);
      row x = row_of(n + 1, shift, 30), y = copy_of(x, n + 1, shift), z = copy_of(x, n + 1, shift);
      const float sum = fecg_softmax_terms(y.x, n), reference = fecg_ref_softmax_terms(z.x, n);
      same_bits("softmax", n, &reference, &sum, 1);
      same_bits("softmax", n, z.memory, y.memory, n + 1 + shift);
      same_bits("softmax's end", n, x.x + n, y.x + n, 1);
      double largest = x.x[0], all = 0;
      for (size_t k = 0; k < n; k++) largest = x.x[k] > largest ? x.x[k] : largest;
      for (size_t k = 0; k < n; k++) {
        const double v = (double)x.x[k] - largest, e = fecg_exp(v);
        all += e;
        /* the argument and its product are rounded, which the exponential multiplies by |v| */
        near_exact("softmax", n, e, e * (3e-7 + 2 * ROUNDING * fabs(v)) + 2e-38, y.x[k]);
      }
      near_exact("softmax's sum", n, all, all * (1e-6 + 1.01 * ROUNDING * (double)(n / 4 + 5)), sum);
      free(x.memory), free(y.memory), free(z.memory);
    }
}

static void layer_norm_is_the_reference_and_near_exact(void) {
  for (size_t n = 4; n <= 64; n += n < 16 ? 4 : 24)
    for (size_t m = 1; m <= 3; m++) {
      const size_t step = n + m - 1;
      row x = row_of(m * step, 1, 30), y = row_of(m * step, 2, 1), z = copy_of(y, m * step, 2), before = copy_of(y, m * step, 2);
      row gain = row_of(n, 3, 2), bias = row_of(n, 0, 2);
      fecg_layer_norm(y.x, step, x.x, step, m, n, gain.x, bias.x);
      fecg_ref_layer_norm(z.x, step, x.x, step, m, n, gain.x, bias.x);
      same_bits("layer norm", n, z.memory, y.memory, m * step + 2);
      for (size_t r = 0; r < m; r++) {
        const float *v = x.x + r * step;
        double mean = 0, var = 0, largest = 0;
        for (size_t i = 0; i < n; i++) mean += v[i] / (double)n, largest = fabs(v[i]) > largest ? fabs(v[i]) : largest;
        for (size_t i = 0; i < n; i++) var += (v[i] - mean) * (v[i] - mean) / (double)n;
        const double scale = 1 / sqrt(var + 1e-5);
        for (size_t i = 0; i < n; i++) {
          const double d = (v[i] - mean) * scale;
          /* the mean's roundings are seen in units of the deviation */
          near_exact("layer norm", n, d * gain.x[i] + bias.x[i],
                     ROUNDING * ((double)n * largest * scale * (1 + fabs(d)) + (double)n * fabs(d) + 8) * (fabs(gain.x[i]) + fabs(bias.x[i])), y.x[r * step + i]);
        }
        same_bits("between the rows", n, before.x + r * step + n, y.x + r * step + n, r + 1 < m ? step - n : 0);
      }
      free(x.memory), free(y.memory), free(z.memory), free(before.memory), free(gain.memory), free(bias.memory);
    }
}

static void depthwise_is_the_reference_and_near_exact(void) {
  static const size_t M[] = {1, 2, 3, 4, 5, 9}, K[] = {1, 3, 7, 31};
  for (int i = 0; i < 6; i++)
    for (int j = 0; j < 4; j++)
      for (size_t n = 8; n <= 24; n += 8) {
        const size_t m = M[i], k = K[j];
        row x = row_of((m + k - 1) * n, 1, 5), h = row_of(k * n, 2, 5), bias = row_of(n, 3, 5), y = row_of(m * n + 1, 1, 5), z = copy_of(y, m * n + 1, 1);
        fecg_depthwise_gelu(y.x, x.x, m, n, h.x, k, bias.x);
        fecg_ref_depthwise_gelu(z.x, x.x, m, n, h.x, k, bias.x);
        same_bits("depthwise", k, z.memory, y.memory, m * n + 2);
        for (size_t at = 0; at < m * n; at++) {
          double sum = bias.x[at % n], size = fabs(sum);
          for (size_t t = 0; t < k; t++) {
            const double p = (double)h.x[t * n + at % n] * x.x[at + t * n];
            sum += p;
            size += fabs(p);
          }
          near_exact("depthwise", k, gelu(sum), 1.13 * 1.01 * ROUNDING * (double)(k + 1) * size + 1e-6 * (1 + fabs(sum)), y.x[at]);
        }
        free(x.memory), free(h.memory), free(bias.memory), free(y.memory), free(z.memory);
      }
}

static void graph_heads_are_the_reference_and_near_exact(void) {
  for (size_t nodes = 1; nodes <= 32; nodes += nodes < 9 ? 1 : 23)
    for (size_t width = 4; width <= 16; width += 12)
      for (size_t receivers = 1; receivers <= nodes; receivers += nodes) {
        const size_t step = width + 3;
        row q = row_of(receivers * step, 0, 2), k = row_of(nodes * step, 1, 2), v = row_of(nodes * step, 2, 2);
        row out = row_of(receivers * step, 3, 1), edge = row_of(receivers * nodes + 1, 1, 1), there = row_of(nodes, 0, 1);
        row out2 = copy_of(out, receivers * step, 3), edge2 = copy_of(edge, receivers * nodes + 1, 1);
        for (size_t j = 0; j < nodes; j++) there.x[j] = (float)(j == nodes - 1 || j % 3 != 1);
        fecg_graph_head(out.x, step, edge.x, q.x, receivers, k.x, v.x, nodes, step, width, 0.3f, there.x);
        fecg_ref_graph_head(out2.x, step, edge2.x, q.x, receivers, k.x, v.x, nodes, step, width, 0.3f, there.x);
        same_bits("graph's edges", nodes, edge2.memory, edge.memory, receivers * nodes + 2);
        same_bits("graph", nodes, out2.memory, out.memory, receivers * step + 3);
        for (size_t i = 0; i < receivers; i++) {
          double e[32], sum = 0;
          for (size_t j = 0; j < nodes; j++) {
            e[j] = 0;
            for (size_t f = 0; f < width; f++) e[j] += (double)q.x[i * step + f] * k.x[j * step + f];
            sum += e[j] = there.x[j] != 0 ? fecg_exp(0.3f * e[j]) : 0;
          }
          for (size_t j = 0; j < nodes; j++) {
            near_exact("graph's edge", nodes, e[j] / sum, 1e-5 * e[j] / sum + 1e-7, edge.x[i * nodes + j]);
            if (there.x[j] == 0) TEST_ASSERT_EQUAL_FLOAT(0, edge.x[i * nodes + j]);
          }
          for (size_t f = 0; f < width; f++) {
            double mixed = 0, size = 0;
            for (size_t j = 0; j < nodes; j++) mixed += e[j] / sum * v.x[j * step + f], size += e[j] / sum * fabs(v.x[j * step + f]);
            near_exact("graph", nodes, mixed, 1e-5 * size + 1e-7, out.x[i * step + f]);
          }
        }
        free(q.memory), free(k.memory), free(v.memory), free(out.memory), free(edge.memory), free(there.memory), free(out2.memory), free(edge2.memory);
      }
}

int main(void) {
  UNITY_BEGIN();
  RUN_TEST(products_are_the_reference_and_near_exact);
  RUN_TEST(integer_products_are_the_reference_and_exact);
  RUN_TEST(integer_products_hold_the_largest_sums);
  RUN_TEST(quantising_rounds_to_nearest);
  RUN_TEST(gelu_is_the_reference_and_within_its_bound);
  RUN_TEST(softmax_terms_are_the_reference_and_near_exact);
  RUN_TEST(layer_norm_is_the_reference_and_near_exact);
  RUN_TEST(depthwise_is_the_reference_and_near_exact);
  RUN_TEST(graph_heads_are_the_reference_and_near_exact);
  return UNITY_END();
}
