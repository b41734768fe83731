/* test_signal_filter.c — filters, resampling and order statistics against what theory says of them. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/math.h"
#include "signal/filter.h"
#include "signal/resample.h"
#include "signal/stats.h"
#include "simulate/random.h"
#include "unity.h"

enum { N = 8000 };
static fecg_arena arena;
static float x[N], y[N];

void setUp(void) { fecg_arena_reset(&arena); }
void tearDown(void) { fecg_arena_destroy(&arena); }

static void within(double tolerance, double wanted, double got) {
  char message[96];
  snprintf(message, sizeof message, "%.9g, wanted %.9g within %.3g", got, wanted, tolerance);
  TEST_ASSERT_TRUE_MESSAGE(fabs(got - wanted) <= tolerance, message);
}

static void sine(float *to, size_t n, double hz, double fs) {
  for (size_t i = 0; i < n; i++) to[i] = (float)(100 * fecg_sin(2 * FECG_PI * hz * (double)i / fs + 0.3));
}

/* Amplitude of the part of v that is 100 sin(..) of sine(), over its middle half; *phase in radians. */
static double amplitude(const float *v, size_t n, double hz, double fs, double *phase) {
  double a = 0, b = 0, aa = 0, bb = 0, ab = 0; /* least squares */
  for (size_t i = n / 4; i < 3 * n / 4; i++) {
    const double w = 2 * FECG_PI * hz * (double)i / fs + 0.3, s = fecg_sin(w), c = fecg_cos(w);
    a += v[i] * s, b += v[i] * c, aa += s * s, bb += c * c, ab += s * c;
  }
  const double det = aa * bb - ab * ab, p = (a * bb - b * ab) / det, q = (b * aa - a * ab) / det;
  if (phase) *phase = fecg_atan2(q, p);
  return sqrt(p * p + q * q) / 100;
}

static double gain_of(const fecg_biquad *sections, int count, double hz, double fs, double *phase) {
  float *rows[] = {x};
  sine(x, N, hz, fs);
  TEST_ASSERT_EQUAL(FECG_OK, fecg_zero_phase(rows, 1, N, sections, count, 400, &arena));
  return amplitude(x, N, hz, fs, phase);
}

/* ---- filters ---------------------------------------------------------------------------------------- */

/* Forwards and backwards a Butterworth section has the gain 1 / (1 + (f / corner)^4), with the
 * frequencies warped by the bilinear transform. */
static double butterworth(double hz, double corner, double fs) {
  const double r = (fecg_sin(FECG_PI * hz / fs) / fecg_cos(FECG_PI * hz / fs)) / (fecg_sin(FECG_PI * corner / fs) / fecg_cos(FECG_PI * corner / fs));
  return 1 / (1 + r * r * r * r);
}

static void butterworth_gains_are_those_of_the_formula(void) {
  static const double corners[] = {8, 60, 100}, frequencies[] = {2, 8, 15, 30, 60, 100, 200, 400};
  for (int c = 0; c < 3; c++)
    for (int f = 0; f < 8; f++) {
      const fecg_biquad low = fecg_lowpass(corners[c], 1000), high = fecg_highpass(corners[c], 1000);
      const double wanted = butterworth(frequencies[f], corners[c], 1000);
      double phase = 0;
      within(1e-3, wanted, gain_of(&low, 1, frequencies[f], 1000, &phase));
      if (wanted > 0.1) within(1e-3, 0, phase);
      within(1e-3, 1 - wanted, gain_of(&high, 1, frequencies[f], 1000, &phase));
      if (wanted < 0.9) within(1e-3, 0, phase);
    }
}

static void a_notch_takes_its_line_and_little_else(void) {
  for (double line = 50; line <= 60; line += 10) {
    const fecg_biquad notch = fecg_notch(line, 1.6, 1000);
    TEST_ASSERT_TRUE(gain_of(&notch, 1, line, 1000, NULL) < 0.01);
    within(0.01, 0.5, gain_of(&notch, 1, line + 0.8, 1000, NULL));
    within(0.01, 0.5, gain_of(&notch, 1, line - 0.8, 1000, NULL));
    within(0.03, 1, gain_of(&notch, 1, line + 6, 1000, NULL));
    within(0.03, 1, gain_of(&notch, 1, line - 6, 1000, NULL));
    within(0.01, 1, gain_of(&notch, 1, 5, 1000, NULL));
  }
}

static void critical_damping_does_not_overshoot(void) {
  const fecg_biquad low = fecg_lowpass_critical(0.006, 1000);
  float *rows[] = {x};
  for (int i = 0; i < N; i++) x[i] = i >= N / 2;
  TEST_ASSERT_EQUAL(FECG_OK, fecg_zero_phase(rows, 1, N, &low, 1, 50, &arena));
  for (int i = 1; i < N; i++) TEST_ASSERT_TRUE(x[i] >= x[i - 1] - 1e-6f && x[i] > -1e-5f && x[i] < 1.00001f);
  within(1e-3, 0.5, (x[N / 2 - 1] + x[N / 2]) / 2);
}

static void a_symmetric_pulse_stays_symmetric_and_in_place(void) {
  const fecg_biquad band[] = {fecg_highpass(8, 1000), fecg_lowpass(60, 1000)};
  enum { CENTRE = 4000 };
  for (int i = 0; i < N; i++) x[i] = (float)(100 * fecg_exp(-0.5 * (i - CENTRE) * (i - CENTRE) / 64.0));
  float *rows[] = {x};
  TEST_ASSERT_EQUAL(FECG_OK, fecg_zero_phase(rows, 1, N, band, 2, 300, &arena));
  for (int k = 1; k < 500; k++) {
    TEST_ASSERT_TRUE(x[CENTRE] > x[CENTRE + k]);
    within(0.01, x[CENTRE - k], x[CENTRE + k]);
  }
  TEST_ASSERT_TRUE(x[CENTRE] > 50);
}

static void rows_are_filtered_alone_however_many(void) {
  static float many[7][500], one[500];
  const fecg_biquad band[] = {fecg_highpass(8, 1000), fecg_lowpass(60, 1000)};
  sim_rng r = sim_stream(3, 0, 0);
  for (int leads = 1; leads <= 7; leads++) {
    float *rows[7], start[7][500];
    for (int l = 0; l < leads; l++) {
      sim_noise(&r, many[l], 500);
      memcpy(start[l], many[l], sizeof start[l]);
      rows[l] = many[l];
    }
    TEST_ASSERT_EQUAL(FECG_OK, fecg_zero_phase(rows, leads, 500, band, 2, 100, &arena));
    for (int l = 0; l < leads; l++) {
      float *row = one;
      memcpy(one, start[l], sizeof one);
      TEST_ASSERT_EQUAL(FECG_OK, fecg_zero_phase(&row, 1, 500, band, 2, 100, &arena));
      TEST_ASSERT_EQUAL_MEMORY(one, many[l], sizeof one);
    }
  }
}

static void short_rows_of_any_length_are_filtered(void) {
  const fecg_biquad low = fecg_lowpass(60, 1000);
  for (size_t n = 0; n <= 30; n++) { /* shorter than the continuation asked for */
    float v[30], *row = v;
    for (size_t i = 0; i < n; i++) v[i] = 7 + (float)i; /* a straight line is continued as one */
    TEST_ASSERT_EQUAL(FECG_OK, fecg_zero_phase(&row, 1, n, &low, 1, 300, &arena));
    for (size_t i = 0; i < n; i++) TEST_ASSERT_TRUE(fabsf(v[i] - 7 - (float)i) < 8);
  }
}

static void a_running_mean_is_exact_up_to_the_edges(void) {
  sim_rng r = sim_stream(4, 0, 0);
  for (int n = 1; n <= 40; n++)
    for (int width = 1; width <= 50; width++) {
      float v[40], start[40];
      sim_noise(&r, v, (size_t)n);
      memcpy(start, v, sizeof v);
      TEST_ASSERT_EQUAL(FECG_OK, fecg_running_mean(v, (size_t)n, (size_t)width, 1, &arena));
      for (int i = 0; i < n; i++) {
        double sum = 0;
        for (int k = i - width / 2; k <= i + width / 2; k++) sum += start[k < 0 ? 0 : k >= n ? n - 1 : k];
        within(1e-6, sum / (2 * (width / 2) + 1), v[i]);
      }
    }
}

static void a_running_mean_keeps_constants_and_repeats(void) {
  for (int i = 0; i < N; i++) x[i] = 1234.5f, y[i] = (float)((i * 37) % 101);
  TEST_ASSERT_EQUAL(FECG_OK, fecg_running_mean(x, N, 160, 3, &arena));
  for (int i = 0; i < N; i++) TEST_ASSERT_EQUAL_FLOAT(1234.5f, x[i]);
  memcpy(x, y, sizeof x);
  TEST_ASSERT_EQUAL(FECG_OK, fecg_running_mean(x, N, 30, 3, &arena));
  for (int pass = 0; pass < 3; pass++) TEST_ASSERT_EQUAL(FECG_OK, fecg_running_mean(y, N, 30, 1, &arena));
  TEST_ASSERT_EQUAL_MEMORY(y, x, sizeof x);
}

/* ---- resampling ------------------------------------------------------------------------------------- */

static const double RATES[] = {125, 128, 250, 256, 360, 500, 512, 999.9, 1000, 2000, 4000};
enum { RATE_COUNT = sizeof RATES / sizeof *RATES };

static void a_sine_is_kept_from_every_rate_to_1_khz_and_back(void) {
  static float in[4 * N], work[N], back[4 * N];
  for (int k = 0; k < RATE_COUNT; k++) {
    const double fs = RATES[k];
    const size_t n = (size_t)(2 * fs), m = 2000;
    for (double hz = 1; hz <= 0.3 * (fs < 1000 ? fs : 1000); hz *= 1.7) {
      sine(in, n, hz, fs);
      TEST_ASSERT_EQUAL(FECG_OK, fecg_resample(in, n, fs, 0, work, m, 1000, &arena));
      TEST_ASSERT_EQUAL(FECG_OK, fecg_resample(work, m, 1000, 0, back, n, fs, &arena));
      for (size_t i = m / 4; i < 3 * m / 4; i++) within(0.2, 100 * fecg_sin(2 * FECG_PI * hz * (double)i / 1000 + 0.3), work[i]);
      for (size_t i = n / 4; i < 3 * n / 4; i++) within(0.4, in[i], back[i]);
    }
  }
}

static void what_a_lower_rate_cannot_hold_is_removed(void) {
  sine(x, N, 180, 1000);
  TEST_ASSERT_EQUAL(FECG_OK, fecg_resample(x, N, 1000, 0, y, N / 4, 250, &arena));
  for (size_t i = 100; i < N / 4 - 100; i++) within(0.5, 0, y[i]);
}

static void equal_rates_copy_exactly_and_edges_go_on(void) {
  sim_rng r = sim_stream(5, 0, 0);
  sim_noise(&r, x, N);
  TEST_ASSERT_EQUAL(FECG_OK, fecg_resample(x, 100, 500, -0.02, y, 130, 500, &arena));
  for (int j = 0; j < 130; j++) TEST_ASSERT_EQUAL_FLOAT(x[j < 10 ? 0 : j >= 110 ? 99 : j - 10], y[j]);
}

static void an_offset_that_is_a_fraction_of_a_sample_moves_the_signal(void) {
  sine(x, N, 20, 1000);
  TEST_ASSERT_EQUAL(FECG_OK, fecg_resample(x, N, 1000, 0.00037, y, N - 10, 1000, &arena));
  for (size_t i = 200; i < N - 200; i++) within(0.1, 100 * fecg_sin(2 * FECG_PI * 20 * ((double)i / 1000 + 0.00037) + 0.3), y[i]);
}

static void constants_stay_and_lengths_of_nothing_are_zero(void) {
  for (int i = 0; i < 50; i++) x[i] = 321;
  for (int k = 0; k < RATE_COUNT; k++) {
    TEST_ASSERT_EQUAL(FECG_OK, fecg_resample(x, 50, RATES[k], -1, y, 3000, 1000, &arena));
    for (int i = 0; i < 3000; i++) within(1e-3, 321, y[i]);
    TEST_ASSERT_EQUAL(FECG_OK, fecg_resample(x, 1, RATES[k], 0, y, 20, 777, &arena));
    for (int i = 0; i < 20; i++) within(1e-3, 321, y[i]);
  }
  TEST_ASSERT_EQUAL(FECG_OK, fecg_resample(NULL, 0, 500, 0, y, 20, 1000, &arena));
  for (int i = 0; i < 20; i++) TEST_ASSERT_EQUAL_FLOAT(0, y[i]);
  TEST_ASSERT_EQUAL(FECG_OK, fecg_resample(x, 50, 500, 0, y, 0, 1000, &arena));
}

/* ---- order statistics ------------------------------------------------------------------------------- */

static void quantiles_and_sorting_agree(void) {
  sim_rng r = sim_stream(6, 0, 0);
  for (size_t n = 1; n <= 400; n = n < 30 ? n + 1 : n + 37) {
    float v[400];
    double sorted[400];
    for (size_t i = 0; i < n; i++) sorted[i] = v[i] = (float)floor(sim_uniform(&r, -20, 20)); /* with ties */
    fecg_sort_doubles(sorted, n);
    for (size_t i = 1; i < n; i++) TEST_ASSERT_TRUE(sorted[i - 1] <= sorted[i]);
    for (double q = 0; q <= 1.0001; q += 0.05) TEST_ASSERT_EQUAL_FLOAT((float)sorted[(size_t)(q * (double)(n - 1) + 0.5)], fecg_quantile(v, n, q));
  }
  TEST_ASSERT_EQUAL_FLOAT(0, fecg_quantile(NULL, 0, 0.5));
}

int main(void) {
  UNITY_BEGIN();
  RUN_TEST(butterworth_gains_are_those_of_the_formula);
  RUN_TEST(a_notch_takes_its_line_and_little_else);
  RUN_TEST(critical_damping_does_not_overshoot);
  RUN_TEST(a_symmetric_pulse_stays_symmetric_and_in_place);
  RUN_TEST(rows_are_filtered_alone_however_many);
  RUN_TEST(short_rows_of_any_length_are_filtered);
  RUN_TEST(a_running_mean_is_exact_up_to_the_edges);
  RUN_TEST(a_running_mean_keeps_constants_and_repeats);
  RUN_TEST(a_sine_is_kept_from_every_rate_to_1_khz_and_back);
  RUN_TEST(what_a_lower_rate_cannot_hold_is_removed);
  RUN_TEST(equal_rates_copy_exactly_and_edges_go_on);
  RUN_TEST(an_offset_that_is_a_fraction_of_a_sample_moves_the_signal);
  RUN_TEST(constants_stay_and_lengths_of_nothing_are_zero);
  RUN_TEST(quantiles_and_sorting_agree);
  return UNITY_END();
}
