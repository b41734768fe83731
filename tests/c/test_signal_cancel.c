/* test_signal_cancel.c — one heart taken away and another left, the matched filter over leads, and noise
 * made white. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/math.h"
#include "signal/cancel.h"
#include "signal/filter.h"
#include "signal/matched.h"
#include "signal/whiten.h"
#include "simulate/random.h"
#include "unity.h"

enum { N = 40000, BEATS = 200 };
#define FS 1000.0
static fecg_arena arena;
static sim_rng rng;
static float x[N], other[N], heart[N];
static double beats[BEATS], others[BEATS];

void setUp(void) { rng = sim_stream(1, 0, 0); }
void tearDown(void) { fecg_arena_destroy(&arena); }

static void within(double tolerance, double wanted, double got) {
  char message[96];
  snprintf(message, sizeof message, "%.9g, wanted %.9g within %.3g", got, wanted, tolerance);
  TEST_ASSERT_TRUE_MESSAGE(fabs(got - wanted) <= tolerance, message);
}

static double wave(double t, double centre, double width) { return fecg_exp(-0.5 * (t - centre) * (t - centre) / (width * width)); }

/* P, QRS and T at t seconds from R. */
static double beat_at(double t) {
  if (fabs(t) > 0.5) return 0;
  return 0.12 * wave(t, -0.13, 0.018) - 0.2 * wave(t, -0.028, 0.008) + wave(t, 0, 0.009) - 0.3 * wave(t, 0.03, 0.01) + 0.25 * wave(t, 0.25, 0.04);
}

static double fetal_at(double t) { return fabs(t) > 0.1 ? 0 : wave(t, 0, 0.006) - 0.4 * wave(t, 0.014, 0.006); }

/* Beats at any fraction of a sample, `swing` in rate and `breath` in amplitude; gives their count. */
static size_t add_train(float *to, double *at, double first, double rr, double swing, double amplitude, double breath, double (*shape)(double)) {
  size_t count = 0;
  for (double t = first; t < N / FS && count < BEATS; t += rr * (1 + swing * fecg_sin(0.9 * t)), count++) {
    const double a = amplitude * (1 + breath * fecg_sin(2 * FECG_PI * 0.25 * t));
    at[count] = t;
    for (int64_t i = (int64_t)((t - 0.6) * FS); i < (int64_t)((t + 0.6) * FS); i++)
      if (i >= 0 && i < N) to[i] += (float)(a * shape((double)i / FS - t));
  }
  return count;
}

static double power(const float *v, size_t from, size_t to) {
  double sum = 0;
  for (size_t i = from; i < to; i++) sum += (double)v[i] * v[i];
  return sum / (double)(to - from);
}

static void take_away(size_t count) {
  TEST_ASSERT_EQUAL(FECG_OK, fecg_cancel_lead(&FECG_CANCEL_MATERNAL, x, N, FS, beats, count, heart, &arena));
  for (int i = 0; i < N; i++) x[i] -= heart[i];
}

/* ---- cancellation ----------------------------------------------------------------------------------- */

static void beats_at_fractions_of_a_sample_are_removed(void) {
  static const double rr[] = {0.437, 0.613, 0.8131, 1.2347};
  for (int k = 0; k < 4; k++) { /* at 137 bpm T waves lie in the next beat's window */
    memset(x, 0, sizeof x);
    const size_t count = add_train(x, beats, 0.3217, rr[k], 0.04, 300, 0.15, beat_at);
    const double before = power(x, 0, N);
    take_away(count);
    TEST_ASSERT_TRUE(10 * fecg_log(power(x, 0, N) / before) / fecg_log(10) < (k == 0 ? -25 : -40)); /* dB */
  }
}

/* Neighbours that are all zero, as in a long gap, must not leave the later beats without vectors. */
static void an_empty_stretch_does_not_stop_it(void) {
  memset(x, 0, sizeof x);
  const size_t count = add_train(x, beats, 0.3217, 0.4371, 0.04, 300, 0.15, beat_at);
  size_t empty = 0;
  while (empty < count && empty < 45) empty++;
  const int from = (int)(beats[empty] * FS) + 1000;
  memset(x, 0, (size_t)(from - 1000) * sizeof *x);
  const double before = power(x, from, N);
  take_away(count);
  TEST_ASSERT_TRUE(10 * fecg_log(power(x, from, N) / before) / fecg_log(10) < -20); /* dB */
}

/* Three singular vectors of forty beats cost another heart a tenth of its amplitude where its beats fall
 * at random, and more where its rate is near the mother's. */
static void another_heart_stays(void) {
  double mean = 0;
  for (double rr = 0.29; rr < 0.8; rr += 0.0737) {
    memset(x, 0, sizeof x);
    memset(other, 0, sizeof other);
    const size_t count = add_train(x, beats, 0.3217, 0.8131, 0.05, 300, 0.1, beat_at);
    const size_t fetal = add_train(other, others, 0.117, rr, 0.03, 20, 0, fetal_at);
    for (int i = 0; i < N; i++) x[i] += other[i];
    take_away(count);
    double shared = 0, whole = 0;
    for (size_t b = 3; b + 3 < fetal; b++)
      for (int i = (int)((others[b] - 0.03) * FS); i < (int)((others[b] + 0.04) * FS); i++)
        shared += (double)x[i] * other[i], whole += (double)other[i] * other[i];
    within(0.15, 0.90, shared / whole);
    mean += shared / whole / 7;
  }
  within(0.06, 0.90, mean);
}

static void nothing_is_estimated_outside_the_windows(void) {
  sim_noise(&rng, x, N);
  beats[0] = 5.0004, beats[1] = 6.1, beats[2] = 20.77;
  TEST_ASSERT_EQUAL(FECG_OK, fecg_cancel_lead(&FECG_CANCEL_MATERNAL, x, N, FS, beats, 3, heart, &arena));
  for (int i = 0; i < N; i++) {
    const double t = i / FS;
    int inside = 0;
    for (int b = 0; b < 3; b++) inside += t > beats[b] - FECG_CANCEL_MATERNAL.before_s - 1 / FS && t < beats[b] + FECG_CANCEL_MATERNAL.after_s + 1 / FS;
    TEST_ASSERT_TRUE(inside || heart[i] == 0);
  }
  TEST_ASSERT_TRUE(power(heart, 4900, 5300) > 0.1);
}

static void no_beats_and_beats_at_the_edges_are_no_trouble(void) {
  sim_noise(&rng, x, N);
  memset(heart, 1, sizeof heart);
  TEST_ASSERT_EQUAL(FECG_OK, fecg_cancel_lead(&FECG_CANCEL_MATERNAL, x, N, FS, beats, 0, heart, &arena));
  for (int i = 0; i < N; i++) TEST_ASSERT_EQUAL_FLOAT(0, heart[i]);
  beats[0] = 0, beats[1] = (N - 1) / FS;
  TEST_ASSERT_EQUAL(FECG_OK, fecg_cancel_lead(&FECG_CANCEL_MATERNAL, x, N, FS, beats, 2, heart, &arena));
  for (int i = 0; i < N; i++) TEST_ASSERT_TRUE(isfinite(heart[i]));
  beats[0] = 0.05;
  TEST_ASSERT_EQUAL(FECG_OK, fecg_cancel_lead(&FECG_CANCEL_MATERNAL, x, 100, FS, beats, 1, heart, &arena)); /* shorter than its window */
  memset(x, 0, sizeof x);
  TEST_ASSERT_EQUAL(FECG_OK, fecg_cancel_lead(&FECG_CANCEL_MATERNAL, x, N, FS, beats, 1, heart, &arena));
  for (int i = 0; i < N; i++) TEST_ASSERT_EQUAL_FLOAT(0, heart[i]);
}

/* ---- matched filter --------------------------------------------------------------------------------- */

enum { HALF = 40 };
static float second[N], y[N];
static float *pair[] = {x, second};
static const fecg_leads BOTH = {pair, 2, N, FS, NULL};

static size_t leads_with_common_noise(double common, double own) {
  static float c[N], e[N];
  sim_noise(&rng, c, N);
  memset(x, 0, sizeof x);
  const size_t count = add_train(x, beats, 0.31, 0.43, 0.03, 10, 0, fetal_at); /* in the first lead alone */
  sim_noise(&rng, e, N);
  for (int i = 0; i < N; i++) x[i] += (float)(common * c[i] + own * e[i]);
  sim_noise(&rng, e, N);
  for (int i = 0; i < N; i++) second[i] = (float)(common * c[i] + own * e[i]);
  return count;
}

static void the_filter_gives_one_at_the_beat_and_optimum_weights(void) {
  const size_t count = leads_with_common_noise(10, 1);
  fecg_matched m;
  TEST_ASSERT_EQUAL(FECG_OK, fecg_matched_fit(&m, &BOTH, beats, count, 0, 1, HALF, &arena));
  TEST_ASSERT_EQUAL(FECG_OK, fecg_matched_prepare(&m, &arena));
  const float *filter = m.filter[0];
  TEST_ASSERT_EQUAL(2, m.leads);
  TEST_ASSERT_EQUAL(2 * HALF + 1, m.taps);
  double itself = 0;
  for (size_t i = 0; i < 2 * m.taps; i++) itself += (double)filter[i] * m.beat[i];
  within(1e-4, 1, itself);

  /* C = [c + e, c; c, c + e]: C^-1 B for a beat in the first lead weighs the second by -c / (c + e) */
  double cross = 0, square = 0;
  for (size_t i = 0; i < m.taps; i++) {
    const double clean = m.beat[i] - m.beat[m.taps + i]; /* the averages' own common noise cancels */
    cross += filter[m.taps + i] * clean, square += filter[i] * clean;
  }
  within(0.02, -100.0 / 101, cross / square);

  TEST_ASSERT_EQUAL(FECG_OK, fecg_matched_run(&m, &BOTH, y, &arena));
  double mean = 0, noise = 0, between = 0, energy = 0;
  for (size_t b = 1; b + 1 < count; b++) {
    mean += y[(int)(beats[b] * FS + 0.5)] / (double)(count - 2);
    for (int i = (int)(beats[b] * FS) + 90; i < (int)(beats[b + 1] * FS) - 90; i++) noise += (double)y[i] * y[i], between++;
  }
  within(0.05, 1, mean);
  /* its noise is 1 / sqrt(B^T C^-1 B), with what the average kept of the noise a little less good */
  for (int k = -HALF; k <= HALF; k++) energy += 100 * fetal_at(k / FS) * fetal_at(k / FS);
  const double best = 1 / sqrt(energy * 101.0 / 201.0);
  TEST_ASSERT_TRUE(sqrt(noise / between) > 0.8 * best && sqrt(noise / between) < 1.4 * best);
}

static void one_sample_is_that_of_the_whole_run(void) {
  const size_t count = leads_with_common_noise(3, 2);
  fecg_matched m;
  TEST_ASSERT_EQUAL(FECG_OK, fecg_matched_fit(&m, &BOTH, beats, count, 0, 1, HALF, &arena));
  TEST_ASSERT_EQUAL(FECG_OK, fecg_matched_run(&m, &BOTH, y, &arena));
  for (int i = HALF; i < N - HALF; i += 17) within(2e-5, y[i], fecg_matched_at(&m, &BOTH, i));
  TEST_ASSERT_EQUAL_FLOAT(0, fecg_matched_at(&m, &BOTH, HALF - 1));
  TEST_ASSERT_EQUAL_FLOAT(0, fecg_matched_at(&m, &BOTH, N - HALF));
  TEST_ASSERT_EQUAL_FLOAT(0, fecg_matched_at(&m, &BOTH, -1000000));
}

static void a_fit_on_half_the_beats_leaves_the_others_out(void) {
  memset(second, 0, sizeof second);
  memset(x, 0, sizeof x);
  const size_t count = add_train(x, beats, 0.31, 0.43, 0, 10, 0, fetal_at);
  for (size_t b = 1; b < count; b += 2) /* every other beat is turned over */
    for (int i = -100; i <= 100; i++) x[(int)(beats[b] * FS + 0.5) + i] *= -1;
  fecg_matched m;
  for (size_t half = 0; half < 2; half++) {
    TEST_ASSERT_EQUAL(FECG_OK, fecg_matched_fit(&m, &BOTH, beats, count, half, 2, HALF, &arena));
    TEST_ASSERT_TRUE(half ? m.beat[HALF] < -8 : m.beat[HALF] > 8);
  }
}

static void filters_of_nothing_are_zero(void) {
  fecg_matched m;
  leads_with_common_noise(1, 1);
  TEST_ASSERT_EQUAL(FECG_OK, fecg_matched_fit(&m, &BOTH, beats, 0, 0, 1, HALF, &arena));
  TEST_ASSERT_EQUAL(FECG_OK, fecg_matched_run(&m, &BOTH, y, &arena));
  for (int i = 0; i < N; i++) TEST_ASSERT_EQUAL_FLOAT(0, y[i]);
  memset(x, 0, sizeof x);
  memset(second, 0, sizeof second);
  TEST_ASSERT_EQUAL(FECG_OK, fecg_matched_fit(&m, &BOTH, beats, 5, 0, 1, HALF, &arena));
  TEST_ASSERT_EQUAL_FLOAT(0, fecg_matched_at(&m, &BOTH, N / 2)); /* no filter has been made yet */
  TEST_ASSERT_EQUAL(FECG_OK, fecg_matched_prepare(&m, &arena));
  for (size_t i = 0; i < 2 * m.taps; i++) TEST_ASSERT_EQUAL_FLOAT(0, m.filter[0][i]);
}

/* Near copies are used through their small difference: where one is missing the other's own filter is. */
static void a_missing_lead_has_the_filter_of_the_rest(void) {
  static uint32_t missing[N];
  const size_t count = leads_with_common_noise(3, 0.3);
  fecg_leads leads = BOTH;
  leads.missing = missing;
  for (int i = 0; i < N; i++) missing[i] = i < N / 4 ? 0 : i < N / 2 ? 2 : i < 3 * N / 4 ? 1 : 3;
  for (int i = 0; i < N; i++) {
    if (missing[i] & 1) x[i] = 0;
    if (missing[i] & 2) second[i] = 0;
  }
  fecg_matched m;
  TEST_ASSERT_EQUAL(FECG_OK, fecg_matched_fit(&m, &leads, beats, count, 0, 1, HALF, &arena));
  TEST_ASSERT_EQUAL(FECG_OK, fecg_matched_run(&m, &leads, y, &arena));
  double mean[4] = {0}, n[4] = {0};
  for (size_t b = 1; b + 1 < count; b++) {
    const int quarter = (int)(beats[b] * FS * 4 / N), at = (int)(beats[b] * FS + 0.5);
    if (at % (N / 4) > 100 && at % (N / 4) < N / 4 - 100) mean[quarter] += y[at], n[quarter]++;
  }
  within(0.15, 1, mean[0] / n[0]);
  within(0.15, 1, mean[1] / n[1]); /* the lead with the beat alone */
  within(0, 0, mean[3]);
  for (int i = 3 * N / 4; i < N; i++) TEST_ASSERT_EQUAL_FLOAT(0, y[i]);
}

/* ---- whitening -------------------------------------------------------------------------------------- */

static double lag(const float *v, size_t k) { /* autocorrelation */
  double sum = 0, square = 0;
  for (size_t i = 200; i + k < N; i++) sum += (double)v[i] * v[i + k], square += (double)v[i] * v[i];
  return sum / square;
}

static fecg_status whiten(float *const *rows, int leads, size_t n, size_t step, double floor) {
  double a[FECG_WHITEN_ORDER + 1];
  fecg_predictor(rows, leads, n, step, floor, a);
  return fecg_whiten(rows, leads, n, step, a, &arena);
}

static void autoregressive_noise_becomes_white(void) {
  static const double poles[][2] = {{-0.9, 0}, {-1.6, 0.8}, {0.5, 0.7}}; /* v[i] + p v[i-1] + q v[i-2] = noise */
  for (int p = 0; p < 3; p++)
    for (size_t step = 1; step <= 5; step += 4) {
      sim_noise(&rng, x, N);
      for (size_t i = 2 * step; i < N; i++) x[i] -= (float)(poles[p][0] * x[i - step] + poles[p][1] * x[i - 2 * step]);
      TEST_ASSERT_TRUE(fabs(lag(x, step)) > 0.2);
      float *row = x;
      TEST_ASSERT_EQUAL(FECG_OK, whiten(&row, 1, N, step, 1e-6));
      for (size_t k = 1; k <= 3 * FECG_WHITEN_ORDER; k++) within(0.03, 0, lag(x, k));
    }
}

static void whitening_keeps_the_leads_to_each_other(void) {
  sim_noise(&rng, x, N);
  for (int i = 1; i < N; i++) x[i] += 0.95f * x[i - 1];
  for (int i = 0; i < N; i++) second[i] = -4 * x[i];
  TEST_ASSERT_EQUAL(FECG_OK, whiten(pair, 2, N, 5, 0.02));
  for (int i = 0; i < N; i++) TEST_ASSERT_EQUAL_FLOAT(-4 * x[i], second[i]);
}

static void silence_and_short_rows_stay_as_they_are(void) {
  memset(x, 0, sizeof x);
  memset(second, 0, sizeof second);
  TEST_ASSERT_EQUAL(FECG_OK, whiten(pair, 2, N, 5, 0.02));
  for (int i = 0; i < N; i++) TEST_ASSERT_EQUAL_FLOAT(0, x[i]);
  for (int i = 0; i < 55; i++) x[i] = (float)(i % 7);
  TEST_ASSERT_EQUAL(FECG_OK, whiten(pair, 1, 55, 5, 0.02));
  for (int i = 0; i < 55; i++) TEST_ASSERT_EQUAL_FLOAT(i % 7, x[i]);
  for (int i = 0; i < N; i++) x[i] = (float)(10 * fecg_sin(0.05 * i)), second[i] = 0; /* one lead dead, one all but predictable */
  TEST_ASSERT_EQUAL(FECG_OK, whiten(pair, 2, N, 5, 0.02));
  for (int i = 0; i < N; i++) TEST_ASSERT_TRUE(isfinite(x[i]) && second[i] == 0);
}

int main(void) {
  UNITY_BEGIN();
  RUN_TEST(beats_at_fractions_of_a_sample_are_removed);
  RUN_TEST(an_empty_stretch_does_not_stop_it);
  RUN_TEST(another_heart_stays);
  RUN_TEST(nothing_is_estimated_outside_the_windows);
  RUN_TEST(no_beats_and_beats_at_the_edges_are_no_trouble);
  RUN_TEST(the_filter_gives_one_at_the_beat_and_optimum_weights);
  RUN_TEST(one_sample_is_that_of_the_whole_run);
  RUN_TEST(a_fit_on_half_the_beats_leaves_the_others_out);
  RUN_TEST(filters_of_nothing_are_zero);
  RUN_TEST(a_missing_lead_has_the_filter_of_the_rest);
  RUN_TEST(autoregressive_noise_becomes_white);
  RUN_TEST(whitening_keeps_the_leads_to_each_other);
  RUN_TEST(silence_and_short_rows_stay_as_they_are);
  return UNITY_END();
}
