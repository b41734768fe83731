/* test_net_gate_kernels.c — the kernels of block attention (net/cbam.h), as test_net_kernels.c does: the bits of the plain C
 * reference, nothing outside their arrays, and as near to exact arithmetic as their roundings allow. */
#include "base/math.h"
#include "fecg.h"
#include "kernel_rows.h"
#include "simd/nn.h"

void setUp(void) { rng = sim_stream(3, 0, 0); }
void tearDown(void) {}

static void sigmoid_is_the_reference_and_within_its_bound(void) {
  for (int i = 0; i < LENGTHS; i++)
    for (size_t shift = 0; shift < 4; shift++) {
      const size_t n = length(i);
      row x = row_of(n + 1, shift, 30), y = copy_of(x, n + 1, shift), z = copy_of(x, n + 1, shift);
      fecg_sigmoid(y.x, n);
      fecg_ref_sigmoid(z.x, n);
      same_bits("sigmoid", n, z.memory, y.memory, n + 1 + shift);
      same_bits("sigmoid's end", n, x.x + n, y.x + n, 1);
      for (size_t k = 0; k < n; k++) {
        const double exact = 1 / (1 + fecg_exp(-(double)x.x[k]));
        /* the argument's rounding is multiplied by |x| */
        near_exact("sigmoid", n, exact, exact * (5e-7 + 2 * ROUNDING * fabs(x.x[k])), y.x[k]);
      }
      free(x.memory), free(y.memory), free(z.memory);
    }
  float far[] = {-3e38f, -100, 100, 3e38f};
  fecg_sigmoid(far, 4);
  for (int i = 0; i < 4; i++) TEST_ASSERT_FLOAT_WITHIN(1e-30f, i / 2, far[i]);
}

/* Every shape of (m, n). */
static void each(void (*check)(size_t m, size_t n, size_t shift)) {
  static const size_t M[] = {1, 2, 3, 4, 5, 8, 125}, N[] = {4, 8, 12, 64};
  for (int i = 0; i < 7; i++)
    for (int j = 0; j < 4; j++) check(M[i], N[j], (size_t)(i + j) % 4);
}

static void columns(size_t m, size_t n, size_t shift) {
  row x = row_of(m * n, shift, 30), mean = row_of(n + 1, 1, 1), largest = row_of(n + 1, 2, 1), mean2 = copy_of(mean, n + 1, 1), largest2 = copy_of(largest, n + 1, 2);
  fecg_columns(mean.x, largest.x, x.x, m, n);
  fecg_ref_columns(mean2.x, largest2.x, x.x, m, n);
  same_bits("columns", m, mean2.memory, mean.memory, n + 2);
  same_bits("columns", m, largest2.memory, largest.memory, n + 3);
  for (size_t f = 0; f < n; f++) {
    double sum = 0, size = 0;
    float most = x.x[f];
    for (size_t t = 0; t < m; t++) {
      sum += x.x[t * n + f], size += fabs(x.x[t * n + f]);
      most = x.x[t * n + f] > most ? x.x[t * n + f] : most;
    }
    near_exact("column's mean", m, sum / (double)m, 1.01 * ROUNDING * (double)(m + 2) * size / (double)m, mean.x[f]);
    TEST_ASSERT_EQUAL_FLOAT(most, largest.x[f]);
  }
  free(x.memory), free(mean.memory), free(largest.memory), free(mean2.memory), free(largest2.memory);
}

static void gate_columns(size_t m, size_t n, size_t shift) {
  row x = row_of(m * n + 1, shift, 30), x2 = copy_of(x, m * n + 1, shift), before = copy_of(x, m * n + 1, shift), gate = row_of(n, 3, 30);
  row mean = row_of(m + 1, 1, 1), largest = row_of(m + 1, 2, 1), mean2 = copy_of(mean, m + 1, 1), largest2 = copy_of(largest, m + 1, 2);
  fecg_gate_columns(x.x, m, n, gate.x, mean.x, largest.x);
  fecg_ref_gate_columns(x2.x, m, n, gate.x, mean2.x, largest2.x);
  same_bits("gated columns", n, x2.memory, x.memory, m * n + 1 + shift);
  same_bits("gated columns", n, mean2.memory, mean.memory, m + 2);
  same_bits("gated columns", n, largest2.memory, largest.memory, m + 3);
  for (size_t t = 0; t < m; t++) {
    const float *row_now = x.x + t * n;
    double sum = 0, size = 0;
    float most = row_now[0];
    for (size_t f = 0; f < n; f++) {
      TEST_ASSERT_EQUAL_FLOAT(before.x[t * n + f] * gate.x[f], row_now[f]);
      sum += row_now[f], size += fabs(row_now[f]);
      most = row_now[f] > most ? row_now[f] : most;
    }
    near_exact("row's mean", n, sum / (double)n, 1.01 * ROUNDING * (double)(n + 2) * size / (double)n, mean.x[t]);
    TEST_ASSERT_EQUAL_FLOAT(most, largest.x[t]);
  }
  free(x.memory), free(x2.memory), free(before.memory), free(gate.memory), free(mean.memory), free(largest.memory), free(mean2.memory), free(largest2.memory);
}

static void gate_rows(size_t m, size_t n, size_t shift) {
  for (int adds = 0; adds <= 1; adds++) {
    row x = row_of(m * n + 1, shift, 30), x2 = copy_of(x, m * n + 1, shift), before = copy_of(x, m * n + 1, shift), gate = row_of(m, 3, 30), add = row_of(n, 1, 30);
    fecg_gate_rows(x.x, m, n, gate.x, adds ? add.x : NULL);
    fecg_ref_gate_rows(x2.x, m, n, gate.x, adds ? add.x : NULL);
    same_bits("gated rows", n, x2.memory, x.memory, m * n + 1 + shift);
    for (size_t i = 0; i < m * n; i++) {
      const double product = (double)before.x[i] * gate.x[i / n], sum = product + (adds ? (double)add.x[i % n] : 0);
      near_exact("gated rows", n, sum, 1.01 * ROUNDING * (fabs(product) + fabs(sum)), x.x[i]);
    }
    free(x.memory), free(x2.memory), free(before.memory), free(gate.memory), free(add.memory);
  }
}

static void columns_are_the_reference_and_near_exact(void) { each(columns); }
static void gated_columns_are_the_reference_and_near_exact(void) { each(gate_columns); }
static void gated_rows_are_the_reference_and_near_exact(void) { each(gate_rows); }

int main(void) {
  UNITY_BEGIN();
  RUN_TEST(sigmoid_is_the_reference_and_within_its_bound);
  RUN_TEST(columns_are_the_reference_and_near_exact);
  RUN_TEST(gated_columns_are_the_reference_and_near_exact);
  RUN_TEST(gated_rows_are_the_reference_and_near_exact);
  return UNITY_END();
}
