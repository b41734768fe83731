/* test_signal_denoise.c — what the two stages take away and what they leave, on a drawn heart and on noise. */
#include "alloc_fail.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/math.h"
#include "signal/denoise.h"
#include "signal/filter.h"
#include "simulate/random.h"
#include "unity.h"

enum { BOTH = FECG_DENOISE_MORLET | FECG_DENOISE_DAUBECHIES, MOST = 120000 };
static fecg_arena arena;
static float clean[MOST], noisy[MOST], x[MOST], y[MOST];

void setUp(void) { fecg_arena_reset(&arena); }
void tearDown(void) { fecg_arena_destroy(&arena); }

static double bump(double t, double at, double width) {
  const double u = (t - at) / width;
  return fecg_exp(-0.5 * u * u);
}

/* P, Q, R, S and T by Gaussians, 70 beats a minute with some irregularity; R is 1000 uV at beat + 0. */
static void heart(float *to, size_t n, double fs) {
  memset(to, 0, n * sizeof *to);
  double beat = 0.4;
  for (int b = 0; beat < (double)n / fs; b++) {
    const double from = (beat - 0.35) * fs, end = (beat + 0.55) * fs;
    for (size_t i = from > 0 ? (size_t)from : 0; i < n && (double)i < end; i++) {
      const double t = (double)i / fs - beat;
      to[i] += (float)(120 * bump(t, -0.17, 0.022) - 90 * bump(t, -0.03, 0.009) + 1000 * bump(t, 0, 0.011) -
                       200 * bump(t, 0.03, 0.01) + 250 * bump(t, 0.27, 0.045));
    }
    beat += 0.86 + 0.05 * fecg_sin(1.1 * b);
  }
  double mean = 0; /* a constant is baseline */
  for (size_t i = 0; i < n; i++) mean += to[i];
  for (size_t i = 0; i < n; i++) to[i] -= (float)(mean / (double)n);
}

static double rms(const float *v, size_t from, size_t to) {
  double sum = 0, mean = 0;
  for (size_t i = from; i < to; i++) mean += v[i];
  mean /= (double)(to - from);
  for (size_t i = from; i < to; i++) sum += (v[i] - mean) * (v[i] - mean);
  return sqrt(sum / (double)(to - from));
}

static double error_rms(const float *v, const float *truth, size_t n) {
  static float e[MOST];
  for (size_t i = 0; i < n; i++) e[i] = v[i] - truth[i];
  return rms(e, 0, n);
}

static void run(float *v, size_t n, double fs, unsigned stages) {
  TEST_ASSERT_EQUAL(FECG_OK, fecg_denoise_lead(v, n, fs, stages, 0, &arena));
}

static void less_than(double limit, double got) {
  char message[96];
  snprintf(message, sizeof message, "%.4g, expected less than %.4g", got, limit);
  TEST_ASSERT_TRUE_MESSAGE(got < limit, message);
}

static const double RATES[] = {100, 125, 128, 250, 257, 360, 500, 512, 1000};
enum { RATE_COUNT = sizeof RATES / sizeof *RATES };

static void without_stages_the_blocks_join_to_the_signal(void) {
  sim_rng r = sim_stream(1, 0, 0);
  for (int k = 0; k < RATE_COUNT; k++)
    for (size_t n = 0; n <= 100000; n = 3 * n + 7) {
      sim_noise(&r, x, n);
      memcpy(y, x, n * sizeof *x);
      run(y, n, RATES[k], 0);
      for (size_t i = 0; i < n; i++) TEST_ASSERT_TRUE(fabsf(x[i] - y[i]) < 1e-5f);
    }
}

static void a_clean_heart_keeps_its_waves(void) {
  for (int k = 0; k < RATE_COUNT; k++) {
    const double fs = RATES[k];
    const size_t n = (size_t)(10 * fs);
    heart(clean, n, fs);
    memcpy(x, clean, n * sizeof *x);
    run(x, n, fs, BOTH);
    less_than(0.04 * rms(clean, 0, n), error_rms(x, clean, n));
    for (size_t i = 1; i + 1 < n; i++) /* R peaks stay where they are and as high */
      if (clean[i] > 800 && clean[i] >= clean[i - 1] && clean[i] > clean[i + 1]) {
        TEST_ASSERT_TRUE(x[i] > x[i - 1] && x[i] > x[i + 1]);
        less_than(0.02 * clean[i], fabs(x[i] - clean[i]));
      }
  }
}

static void baseline_wander_goes(void) {
  for (int k = 0; k < RATE_COUNT; k++) {
    const double fs = RATES[k];
    const size_t n = (size_t)(10 * fs);
    heart(clean, n, fs);
    for (size_t i = 0; i < n; i++)
      x[i] = clean[i] + (float)(500 + 400 * fecg_sin(2 * FECG_PI * 0.22 * (double)i / fs + 1) + 30 * (double)i / fs);
    run(x, n, fs, FECG_DENOISE_MORLET);
    less_than(0.1 * 300, error_rms(x, clean, n));
  }
}

static void mains_go_whatever_they_are_and_the_heart_stays(void) {
  for (double mains = 49.9; mains < 61; mains += 10)
    for (int k = 1; k < RATE_COUNT; k++) {
      const double fs = RATES[k];
      const size_t n = (size_t)(10 * fs);
      heart(clean, n, fs);
      memcpy(y, clean, n * sizeof *y);
      run(y, n, fs, FECG_DENOISE_MORLET);
      for (size_t i = 0; i < n; i++) x[i] = clean[i] + (float)(200 * fecg_sin(2 * FECG_PI * mains * (double)i / fs + 1));
      run(x, n, fs, FECG_DENOISE_MORLET);
      less_than(0.06 * 141, error_rms(x, y, n));
    }
}

static void muscle_noise_is_weakened_by_each_stage(void) {
  for (int k = 0; k < RATE_COUNT; k++) {
    const double fs = RATES[k];
    const size_t n = (size_t)(10 * fs);
    heart(clean, n, fs);
    sim_rng r = sim_stream(7, 0, (uint64_t)k);
    sim_noise(&r, noisy, n);
    const fecg_biquad band = fecg_highpass(20, fs);
    float *row = noisy;
    TEST_ASSERT_EQUAL(FECG_OK, fecg_zero_phase(&row, 1, n, &band, 1, 100, &arena));
    const double scale = 60 / rms(noisy, 0, n);
    for (size_t i = 0; i < n; i++) noisy[i] = clean[i] + (float)scale * noisy[i];
    for (unsigned stages = 1; stages <= BOTH; stages++) {
      memcpy(x, noisy, n * sizeof *x);
      run(x, n, fs, stages);
      less_than((stages == FECG_DENOISE_DAUBECHIES ? 0.8 : 0.6) * 60, error_rms(x, clean, n));
    }
  }
}

static void gaps_stay_gaps_and_do_not_leak(void) {
  static const double holes_s[][2] = {{0, 0.5}, {3, 3.02}, {5, 9}, {11.9, 12}};
  for (int k = 0; k < RATE_COUNT; k++) {
    const double fs = RATES[k];
    const size_t n = (size_t)(12 * fs);
    heart(clean, n, fs);
    memcpy(y, clean, n * sizeof *y);
    run(y, n, fs, BOTH);
    memcpy(x, clean, n * sizeof *x);
    for (size_t h = 0; h < 4; h++)
      for (size_t i = (size_t)(holes_s[h][0] * fs); i < n && (double)i < holes_s[h][1] * fs; i++)
        x[i] = i % 4 == 0 ? INFINITY : i % 4 == 1 ? -2e9f : i % 4 == 2 ? 1e30f : NAN;
    memcpy(noisy, x, n * sizeof *x);
    run(x, n, fs, BOTH);
    for (size_t i = 0; i < n; i++) {
      const int hole = !(fabsf(noisy[i]) <= 1e9f);
      TEST_ASSERT_EQUAL(hole, isnan(x[i]) != 0);
      int edge = 0;
      for (size_t h = 0; h < 4; h++)
        for (int e = 0; e < 2; e++) edge |= fabs((double)i / fs - holes_s[h][e]) < 0.1;
      if (!hole) less_than(edge ? 200 : 80, fabs(x[i] - y[i])); /* of an R of 1000 */
    }
  }
}

static void a_lead_of_gaps_or_of_one_value_is_that_again(void) {
  for (size_t n = 1; n < 6000; n = 2 * n + 1) {
    for (size_t i = 0; i < n; i++) x[i] = NAN, y[i] = 1234.5f;
    run(x, n, 250, BOTH);
    run(y, n, 250, BOTH);
    for (size_t i = 0; i < n; i++) TEST_ASSERT_TRUE(isnan(x[i]) && fabsf(y[i]) < 0.01f); /* the level is baseline */
  }
}

static void what_is_far_away_does_not_matter(void) {
  const double fs = 125;
  const size_t n = (size_t)(120 * fs), far = (size_t)(60 * fs);
  heart(x, n, fs);
  heart(y, n, fs);
  for (size_t i = far; i < n; i++) y[i] = 5000 * (float)(i % 7);
  run(x, n, fs, BOTH);
  run(y, n, fs, BOTH);
  TEST_ASSERT_EQUAL_MEMORY(x, y, (far - (size_t)(32 * fs)) * sizeof *x);
}

static void any_pieces_give_the_same(void) {
  const double fs = 360;
  const size_t n = (size_t)(75 * fs);
  heart(x, n, fs);
  for (size_t i = 9000; i < 9400; i++) x[i] = NAN;
  memcpy(y, x, n * sizeof *x);
  run(y, n, fs, BOTH);
  for (size_t piece = 1; piece <= n; piece = 13 * piece + 4) {
    fecg_denoiser *d;
    TEST_ASSERT_EQUAL(FECG_OK, fecg_denoise_create(fs, BOTH, 0, &d));
    size_t done = 0, taken = 0, got;
    for (size_t at = 0; at < n; at += taken) {
      TEST_ASSERT_EQUAL(FECG_OK, fecg_denoise_push(d, x + at, piece < n - at ? piece : n - at, &taken));
      const float *s = fecg_denoise_signal(d, &got);
      TEST_ASSERT_TRUE(done + got <= n);
      if (got) memcpy(noisy + done, s, got * sizeof *s);
      done += got;
    }
    do {
      TEST_ASSERT_EQUAL(FECG_OK, fecg_denoise_finish(d));
      const float *s = fecg_denoise_signal(d, &got);
      TEST_ASSERT_TRUE(done + got <= n);
      if (got) memcpy(noisy + done, s, got * sizeof *s);
      done += got;
    } while (got);
    TEST_ASSERT_EQUAL(n, done);
    for (size_t i = 0; i < n; i++) TEST_ASSERT_TRUE(noisy[i] == y[i] || (isnan(noisy[i]) && isnan(y[i])));
    TEST_ASSERT_EQUAL(FECG_ERR_STATE, fecg_denoise_push(d, x, 1, &taken));
    fecg_denoise_destroy(d);
  }
}

static void arguments_out_of_range_are_refused(void) {
  static const double bad[] = {0, -250, 99.9, 1000.1, 1e9, INFINITY};
  fecg_denoiser *d = (fecg_denoiser *)x;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    TEST_ASSERT_EQUAL(FECG_ERR_RATE, fecg_denoise(x, 10, bad[i], BOTH));
    TEST_ASSERT_EQUAL(FECG_ERR_RATE, fecg_denoise_create(bad[i], BOTH, 0, &d));
    TEST_ASSERT_NULL(d);
  }
  TEST_ASSERT_EQUAL(FECG_ERR_RATE, fecg_denoise(x, 10, NAN, BOTH));
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_denoise(x, 10, 250, 4));
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_denoise_create(250, BOTH, 55, &d));
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_denoise_create(250, BOTH, NAN, &d));
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_denoise_create(250, BOTH, 0, NULL));
  TEST_ASSERT_EQUAL(FECG_OK, fecg_denoise(NULL, 0, 250, BOTH));
  fecg_denoise_destroy(NULL);
}

static void every_failing_allocation_is_told_and_nothing_is_lost(void) {
  heart(clean, 20000, 1000);
  for (long n = 1;; n++) {
    fecg_denoiser *d = NULL;
    size_t taken = 0, got;
    memcpy(x, clean, 20000 * sizeof *x);
    alloc_fail_at(n);
    const fecg_status whole = fecg_denoise(x, 20000, 1000, BOTH);
    fecg_status piecewise = fecg_denoise_create(1000, BOTH, 60, &d);
    for (size_t at = 0; piecewise == FECG_OK && at < 20000; at += taken)
      piecewise = fecg_denoise_push(d, clean + at, 20000 - at, &taken);
    for (got = 1; piecewise == FECG_OK && got > 0; fecg_denoise_signal(d, &got)) piecewise = fecg_denoise_finish(d);
    fecg_denoise_destroy(d);
    const int failed = whole != FECG_OK || piecewise != FECG_OK;
    TEST_ASSERT_TRUE((whole == FECG_OK || whole == FECG_ERR_MEMORY) && (piecewise == FECG_OK || piecewise == FECG_ERR_MEMORY));
    if (alloc_fail_end() == 0) {
      TEST_ASSERT_FALSE(failed);
      break;
    }
    TEST_ASSERT_TRUE(failed);
  }
}

int main(void) {
  UNITY_BEGIN();
  RUN_TEST(without_stages_the_blocks_join_to_the_signal);
  RUN_TEST(a_clean_heart_keeps_its_waves);
  RUN_TEST(baseline_wander_goes);
  RUN_TEST(mains_go_whatever_they_are_and_the_heart_stays);
  RUN_TEST(muscle_noise_is_weakened_by_each_stage);
  RUN_TEST(gaps_stay_gaps_and_do_not_leak);
  RUN_TEST(a_lead_of_gaps_or_of_one_value_is_that_again);
  RUN_TEST(what_is_far_away_does_not_matter);
  RUN_TEST(any_pieces_give_the_same);
  RUN_TEST(arguments_out_of_range_are_refused);
  RUN_TEST(every_failing_allocation_is_told_and_nothing_is_lost);
  return UNITY_END();
}
