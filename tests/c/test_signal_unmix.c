/* test_signal_unmix.c — eigenvectors, inverse roots, and independent components. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/math.h"
#include "signal/ica.h"
#include "signal/linalg.h"
#include "simulate/random.h"
#include "unity.h"

enum { M = FECG_MATRIX_MAX };
static fecg_arena arena;
static sim_rng rng;

void setUp(void) { rng = sim_stream(1, 0, 0); }
void tearDown(void) { fecg_arena_destroy(&arena); }

static void within(double tolerance, double wanted, double got) {
  char message[96];
  snprintf(message, sizeof message, "%.9g, wanted %.9g within %.3g", got, wanted, tolerance);
  TEST_ASSERT_TRUE_MESSAGE(fabs(got - wanted) <= tolerance, message);
}

/* a = sum over `rank` random vectors v of v v^T. */
static void positive(double *a, int n, int rank) {
  memset(a, 0, (size_t)(n * n) * sizeof *a);
  for (int r = 0; r < rank; r++) {
    double v[M];
    for (int i = 0; i < n; i++) v[i] = sim_normal(&rng);
    for (int i = 0; i < n; i++)
      for (int j = 0; j < n; j++) a[i * n + j] += v[i] * v[j];
  }
}

static void eigenvectors_solve_their_equation(void) {
  for (int n = 1; n <= M; n++) {
    double a[M * M], work[M * M], values[M], vectors[M * M], trace = 0, sum = 0;
    for (int i = 0; i < n; i++)
      for (int j = 0; j <= i; j++) a[i * n + j] = a[j * n + i] = sim_normal(&rng); /* of any sign */
    memcpy(work, a, sizeof a);
    fecg_eigen(work, n, values, vectors);
    for (int k = 0; k < n; k++) {
      const double *v = vectors + k * n;
      TEST_ASSERT_TRUE(k == 0 || values[k] <= values[k - 1]);
      trace += a[k * n + k];
      sum += values[k];
      for (int i = 0; i < n; i++) {
        double av = 0;
        for (int j = 0; j < n; j++) av += a[i * n + j] * v[j];
        within(1e-10, values[k] * v[i], av);
      }
      for (int l = 0; l <= k; l++) {
        double same = 0;
        for (int i = 0; i < n; i++) same += v[i] * vectors[l * n + i];
        within(1e-12, k == l, same);
      }
    }
    within(1e-10, trace, sum);
  }
}

static void eigenvalues_known_by_hand(void) {
  double a[] = {2, 1, 0, 1, 2, 0, 0, 0, 5}, values[3], vectors[9];
  fecg_eigen(a, 3, values, vectors);
  within(1e-12, 5, values[0]);
  within(1e-12, 3, values[1]);
  within(1e-12, 1, values[2]);
  within(1e-12, sqrt(0.5), fabs(vectors[3]));
  within(1e-12, 0, vectors[3] - vectors[4]);
  double zero[4] = {0};
  fecg_eigen(zero, 2, values, vectors);
  within(0, 0, values[0]);
  within(0, 1, vectors[0]);
}

static void the_inverse_root_whitens(void) {
  for (int n = 1; n <= M; n++) {
    double a[M * M], w[M * M];
    positive(a, n, 3 * n);
    fecg_inverse_root(a, n, 1e-12, w);
    for (int i = 0; i < n; i++)
      for (int j = 0; j < n; j++) { /* w a w = 1 */
        double s = 0;
        for (int k = 0; k < n; k++)
          for (int l = 0; l < n; l++) s += w[i * n + k] * a[k * n + l] * w[l * n + j];
        within(1e-9, i == j, s);
      }
  }
}

static void the_inverse_root_of_a_singular_matrix_stays_below_its_floor(void) {
  double a[16], w[16], values[4], vectors[16];
  positive(a, 4, 2);
  double copy[16];
  memcpy(copy, a, sizeof a);
  fecg_eigen(copy, 4, values, vectors);
  fecg_inverse_root(a, 4, 1e-4, w);
  const double limit = 1 / sqrt(1e-4 * values[0]);
  for (int i = 0; i < 16; i++) TEST_ASSERT_TRUE(fabs(w[i]) <= limit * (1 + 1e-9));
  memset(a, 0, sizeof a);
  fecg_inverse_root(a, 4, 1e-4, w);
  for (int i = 0; i < 16; i++) within(1e-12, i % 5 == 0, w[i]);
}

/* ---- independent components ------------------------------------------------------------------------- */

enum { N = 20000 };
static float source[3][N], mixed[6][N];

static void make_sources(void) {
  for (int i = 0; i < N; i++) {
    source[0][i] = (float)fecg_exp(-0.5 * ((i % 430) - 20) * ((i % 430) - 20) / 40.0);    /* fetal beats */
    source[1][i] = (float)fecg_exp(-0.5 * ((i % 797) - 60) * ((i % 797) - 60) / 160.0);   /* the mother's */
  }
  sim_noise(&rng, source[2], N);
  for (int s = 0; s < 3; s++) {
    double mean = 0, square = 0;
    for (int i = 0; i < N; i++) mean += source[s][i] / N;
    for (int i = 0; i < N; i++) source[s][i] -= (float)mean, square += (double)source[s][i] * source[s][i] / N;
    for (int i = 0; i < N; i++) source[s][i] /= (float)sqrt(square);
  }
}

static double correlation(const float *a, const float *b) {
  double ab = 0, aa = 0, bb = 0;
  for (int i = 0; i < N; i++) ab += (double)a[i] * b[i], aa += (double)a[i] * a[i], bb += (double)b[i] * b[i];
  return fabs(ab) / sqrt(aa * bb);
}

static void mix(const double *matrix, int leads, int sources) {
  for (int l = 0; l < leads; l++)
    for (int i = 0; i < N; i++) {
      double v = 0;
      for (int s = 0; s < sources; s++) v += matrix[l * sources + s] * source[s][i];
      mixed[l][i] = (float)v;
    }
}

static void components(int leads, fecg_contrast contrast, float out[][N], int *count) {
  const float *rows[6];
  double w[FECG_ICA_MAX * 6];
  for (int l = 0; l < leads; l++) rows[l] = mixed[l];
  TEST_ASSERT_EQUAL(FECG_OK, fecg_ica(rows, leads, N, 1, contrast, w, count, &arena));
  for (int c = 0; c < *count; c++) {
    double power = 0;
    for (int i = 0; i < N; i++) {
      double v = 0;
      for (int l = 0; l < leads; l++) v += w[c * leads + l] * mixed[l][i];
      out[c][i] = (float)v;
      power += v * v / N;
    }
    within(0.01, 1, power);
  }
}

static void mixed_sources_come_apart(void) {
  static const double matrices[][9] = {{1, 0.9, 0.3, 0.5, 2, 0.3, -0.7, 1, 0.3}, {10, 90, 3, 9, 95, -4, -12, 80, 5}};
  static float out[3][N];
  make_sources();
  for (int m = 0; m < 2; m++)
    for (int contrast = FECG_ICA_TANH; contrast <= FECG_ICA_CUBIC; contrast++) {
      int count;
      mix(matrices[m], 3, 3);
      components(3, (fecg_contrast)contrast, out, &count);
      TEST_ASSERT_EQUAL(3, count);
      for (int s = 0; s < 3; s++) {
        double best = 0;
        for (int c = 0; c < 3; c++)
          if (correlation(source[s], out[c]) > best) best = correlation(source[s], out[c]);
        TEST_ASSERT_TRUE_MESSAGE(best > 0.99, "a source was not found");
      }
    }
}

static void leads_that_repeat_others_give_no_component(void) {
  static const double matrix[] = {1, 0.4, 0.2, 1, 1, 0.4, 1.2, 1.4, 0.5, -0.5};
  static float out[5][N];
  int count;
  make_sources();
  mix(matrix, 5, 2); /* five leads, two sources */
  components(5, FECG_ICA_TANH, out, &count);
  TEST_ASSERT_EQUAL(2, count);
  for (int s = 0; s < 2; s++) TEST_ASSERT_TRUE(fmax(correlation(source[s], out[0]), correlation(source[s], out[1])) > 0.99);
}

static void silence_and_single_leads_are_no_trouble(void) {
  static float out[1][N];
  int count;
  const double one[] = {3};
  make_sources();
  mix(one, 1, 1);
  components(1, FECG_ICA_TANH, out, &count);
  TEST_ASSERT_EQUAL(1, count);
  TEST_ASSERT_TRUE(correlation(source[0], out[0]) > 0.999999);
  memset(mixed, 0, sizeof mixed);
  components(4, FECG_ICA_CUBIC, out, &count);
  TEST_ASSERT_EQUAL(0, count);
  const float *rows[] = {mixed[0]};
  double w[FECG_ICA_MAX];
  TEST_ASSERT_EQUAL(FECG_OK, fecg_ica(rows, 1, 0, 1, FECG_ICA_TANH, w, &count, &arena));
  TEST_ASSERT_EQUAL(0, count);
}

static void more_leads_than_components_are_taken(void) {
  static float many[FECG_MATRIX_MAX][2000];
  const float *rows[FECG_MATRIX_MAX];
  double w[FECG_ICA_MAX * FECG_MATRIX_MAX];
  int count;
  for (int l = 0; l < FECG_MATRIX_MAX; l++) {
    sim_noise(&rng, many[l], 2000);
    rows[l] = many[l];
  }
  TEST_ASSERT_EQUAL(FECG_OK, fecg_ica(rows, FECG_MATRIX_MAX, 2000, 1, FECG_ICA_TANH, w, &count, &arena));
  TEST_ASSERT_EQUAL(FECG_ICA_MAX, count);
  for (int i = 0; i < FECG_ICA_MAX * FECG_MATRIX_MAX; i++) TEST_ASSERT_TRUE(isfinite(w[i]));
}

int main(void) {
  UNITY_BEGIN();
  RUN_TEST(eigenvectors_solve_their_equation);
  RUN_TEST(eigenvalues_known_by_hand);
  RUN_TEST(the_inverse_root_whitens);
  RUN_TEST(the_inverse_root_of_a_singular_matrix_stays_below_its_floor);
  RUN_TEST(mixed_sources_come_apart);
  RUN_TEST(leads_that_repeat_others_give_no_component);
  RUN_TEST(silence_and_single_leads_are_no_trouble);
  RUN_TEST(more_leads_than_components_are_taken);
  return UNITY_END();
}
