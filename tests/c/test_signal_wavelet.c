/* test_signal_wavelet.c — the Fourier transform against its definition, the wavelets against what makes them ones. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/math.h"
#include "signal/wavelet.h"
#include "simulate/random.h"
#include "unity.h"

enum { N = 2048 };
static fecg_arena arena;
static float x[2 * N], y[2 * N], re[N + 1], im[N + 1], band_re[N], band_im[N], work[2 * N];

void setUp(void) { fecg_arena_reset(&arena); }
void tearDown(void) { fecg_arena_destroy(&arena); }

static void within(double tolerance, double wanted, double got) {
  char message[96];
  snprintf(message, sizeof message, "%.9g, wanted %.9g within %.3g", got, wanted, tolerance);
  TEST_ASSERT_TRUE_MESSAGE(fabs(got - wanted) <= tolerance, message);
}

/* ---- Fourier ---------------------------------------------------------------------------------------- */

static void transforms_of_every_length_are_the_sum_that_defines_them(void) {
  fecg_fft f;
  TEST_ASSERT_EQUAL(FECG_OK, fecg_fft_plan(&f, 256, &arena));
  sim_rng r = sim_stream(1, 0, 0);
  for (size_t m = 2; m <= 256; m *= 2) {
    sim_noise(&r, re, m);
    sim_noise(&r, im, m);
    memcpy(x, re, m * sizeof *x);
    memcpy(y, im, m * sizeof *y);
    fecg_fft_complex(&f, m, re, im, work);
    for (size_t k = 0; k < m; k++) {
      double a = 0, b = 0;
      for (size_t t = 0; t < m; t++) {
        const double w = 2 * FECG_PI * (double)(k * t % m) / (double)m, c = fecg_cos(w), s = -fecg_sin(w);
        a += x[t] * c - y[t] * s;
        b += x[t] * s + y[t] * c;
      }
      within(2e-5 * sqrt((double)m), a, re[k]);
      within(2e-5 * sqrt((double)m), b, im[k]);
    }
    fecg_fft_complex(&f, m, im, re, work); /* exchanged: back */
    for (size_t t = 0; t < m; t++) within(1e-5, x[t], re[t] / (float)m);
  }
}

static void a_real_transform_is_the_complex_one_and_comes_back(void) {
  sim_rng r = sim_stream(2, 0, 0);
  for (size_t n = 4; n <= N; n *= 2) {
    fecg_fft f;
    TEST_ASSERT_EQUAL(FECG_OK, fecg_fft_plan(&f, n, &arena));
    sim_noise(&r, x, n);
    memcpy(band_re, x, n * sizeof *x);
    memset(band_im, 0, n * sizeof *band_im);
    fecg_fft_complex(&f, n, band_re, band_im, work);
    fecg_fft_real(&f, x, re, im, work);
    for (size_t k = 0; k <= n / 2; k++) {
      within(1e-5 * sqrt((double)n), band_re[k], re[k]);
      within(1e-5 * sqrt((double)n), band_im[k], im[k]);
    }
    fecg_fft_real_inverse(&f, re, im, y, work);
    for (size_t t = 0; t < n; t++) within(1e-5, x[t], y[t]);
  }
}

/* ---- Daubechies ------------------------------------------------------------------------------------- */

static void filters_are_orthonormal_to_their_even_shifts(void) {
  for (int p = FECG_DB_MIN; p <= FECG_DB_MAX; p++) {
    const double *h = fecg_daubechies(p);
    double sum = 0;
    for (int k = 0; k < 2 * p; k++) sum += h[k];
    within(1e-14, sqrt(2), sum);
    for (int shift = 0; shift < p; shift++) {
      double dot = 0;
      for (int k = 2 * shift; k < 2 * p; k++) dot += h[k] * h[k - 2 * shift];
      within(1e-14, shift == 0, dot);
    }
  }
}

/* The high-pass filter (-1)^k h[k] is blind to polynomials of degree p - 1 and below, not to x^p. */
static void a_filter_has_as_many_vanishing_moments_as_its_name_says(void) {
  for (int p = FECG_DB_MIN; p <= FECG_DB_MAX; p++) {
    const double *h = fecg_daubechies(p);
    for (int degree = 0; degree <= p; degree++) {
      double moment = 0, size = 0;
      for (int k = 0; k < 2 * p; k++) {
        const double u = (k - p + 0.5) / p, term = h[k] * pow(u, degree);
        moment += k % 2 ? -term : term;
        size += fabs(term);
      }
      if (degree < p) within(1e-13 * size, 0, moment);
      else TEST_ASSERT_TRUE(fabs(moment) > 1e-8 * size);
    }
  }
}

static void any_length_is_reconstructed(void) {
  sim_rng r = sim_stream(3, 0, 0);
  for (int p = FECG_DB_MIN; p <= FECG_DB_MAX; p++)
    for (size_t n = 1; n <= 1001; n = n < 40 ? n + 1 : n * 2 - 3)
      for (int levels = 0; levels <= 5; levels++) {
        const size_t room = fecg_dwt_room(n, levels);
        TEST_ASSERT_TRUE(room >= n && room <= n + (size_t)levels + 1);
        sim_noise(&r, x, n);
        memcpy(y, x, n * sizeof *x);
        TEST_ASSERT_EQUAL(FECG_OK, fecg_dwt(y, n, p, levels, &arena));
        TEST_ASSERT_EQUAL(FECG_OK, fecg_dwt_inverse(y, n, p, levels, &arena));
        for (size_t i = 0; i < n; i++) within(1e-5, x[i], y[i]);
      }
}

static void coefficients_hold_the_energy_and_details_ignore_polynomials(void) {
  sim_rng r = sim_stream(4, 0, 0);
  for (int p = FECG_DB_MIN; p <= FECG_DB_MAX; p++) {
    double energy = 0, coefficients = 0;
    sim_noise(&r, x, 1024);
    for (size_t i = 0; i < 1024; i++) energy += x[i] * x[i];
    TEST_ASSERT_EQUAL(FECG_OK, fecg_dwt(x, 1024, p, 4, &arena));
    for (size_t i = 0; i < 1024; i++) coefficients += x[i] * x[i];
    within(1e-4 * energy, energy, coefficients);
    for (size_t i = 0; i < 1024; i++) x[i] = (float)pow(((double)i - 512) / 512, p - 1);
    TEST_ASSERT_EQUAL(FECG_OK, fecg_dwt(x, 1024, p, 1, &arena));
    for (size_t i = 512; i < 1024 - (size_t)p; i++) within(2e-6, 0, x[i]); /* but where the ends meet */
  }
}

/* ---- Morlet ----------------------------------------------------------------------------------------- */

static void the_scales_add_up_to_the_signal(void) {
  static const double rates[] = {100, 360, 1000};
  for (int k = 0; k < 3; k++) {
    fecg_morlet m;
    TEST_ASSERT_EQUAL(FECG_OK, fecg_morlet_plan(&m, N, rates[k], 2, rates[k], 2, 6, &arena));
    sim_rng r = sim_stream(5, 0, 0);
    sim_noise(&r, x, N);
    fecg_fft_real(&m.fft, x, re, im, work);
    for (size_t i = 0; i <= N / 2; i++) re[i] *= m.share[i], im[i] *= m.share[i];
    static float whole_re[N + 1], whole_im[N + 1], sum_re[N + 1], sum_im[N + 1];
    memset(sum_re, 0, sizeof sum_re);
    memset(sum_im, 0, sizeof sum_im);
    fecg_fft_real(&m.fft, x, whole_re, whole_im, work);
    for (int b = 0; b < m.bands; b++) {
      fecg_morlet_analyse(&m, &m.band[b], whole_re, whole_im, band_re, band_im, work);
      fecg_morlet_add(&m, &m.band[b], band_re, band_im, sum_re, sum_im, work);
    }
    for (size_t i = 0; i <= N / 2; i++) {
      within(2e-3, re[i], sum_re[i]);
      within(2e-3, im[i], sum_im[i]);
      const double hz = (double)i * rates[k] / N;
      TEST_ASSERT_TRUE(m.share[i] >= 0 && m.share[i] <= 1.00001f);
      if (hz > 2.2) within(1e-5, 1, m.share[i]);
      if (hz < 1) within(1e-5, 0, m.share[i]);
    }
  }
}

static void a_sine_stands_on_its_scale_with_its_amplitude(void) {
  fecg_morlet m;
  TEST_ASSERT_EQUAL(FECG_OK, fecg_morlet_plan(&m, N, 250, 1, 100, 2, 6, &arena));
  for (int b = 2; b < m.bands - 2; b++) {
    const double bin = floor(m.band[b].hz * N / 250 + 0.5);
    for (size_t i = 0; i < N; i++) x[i] = (float)(50 * fecg_cos(2 * FECG_PI * bin * (double)i / N + 0.4));
    double most = 0;
    int at = -1;
    fecg_fft_real(&m.fft, x, re, im, work);
    double total = 0;
    for (int s = 0; s < m.bands; s++) {
      fecg_morlet_analyse(&m, &m.band[s], re, im, band_re, band_im, work);
      const double a = sqrt(band_re[1] * band_re[1] + band_im[1] * band_im[1]);
      total += a;
      if (a > most) most = a, at = s;
    }
    TEST_ASSERT_EQUAL(b, at);
    within(0.05, 50, total);
  }
}

static void a_line_takes_its_sine_and_little_beside(void) {
  fecg_morlet m;
  fecg_morlet_band line;
  TEST_ASSERT_EQUAL(FECG_OK, fecg_morlet_plan(&m, N, 128, 1, 40, 2, 6, &arena));
  TEST_ASSERT_EQUAL(FECG_OK, fecg_morlet_line(&m, 50, 0.5, &line, &arena));
  for (double hz = 47; hz <= 53; hz += 1) {
    for (size_t i = 0; i < N; i++) x[i] = (float)(50 * fecg_cos(2 * FECG_PI * hz * (double)i / 128));
    fecg_fft_real(&m.fft, x, re, im, work);
    fecg_morlet_analyse(&m, &line, re, im, band_re, band_im, work);
    const double a = sqrt(band_re[3] * band_re[3] + band_im[3] * band_im[3]), off = fabs(hz - 50);
    within(0.5, off > 1.4 ? 0 : 50 * fecg_exp(-0.5 * off * off / 0.25), a);
  }
}

static void memory_that_is_not_there_is_told(void) {
  fecg_fft f;
  fecg_arena none = {0};
  TEST_ASSERT_EQUAL(FECG_ERR_MEMORY, fecg_fft_plan(&f, SIZE_MAX / 4 + 1, &none));
  fecg_arena_destroy(&none);
}

int main(void) {
  UNITY_BEGIN();
  RUN_TEST(transforms_of_every_length_are_the_sum_that_defines_them);
  RUN_TEST(a_real_transform_is_the_complex_one_and_comes_back);
  RUN_TEST(filters_are_orthonormal_to_their_even_shifts);
  RUN_TEST(a_filter_has_as_many_vanishing_moments_as_its_name_says);
  RUN_TEST(any_length_is_reconstructed);
  RUN_TEST(coefficients_hold_the_energy_and_details_ignore_polynomials);
  RUN_TEST(the_scales_add_up_to_the_signal);
  RUN_TEST(a_sine_stands_on_its_scale_with_its_amplitude);
  RUN_TEST(a_line_takes_its_sine_and_little_beside);
  RUN_TEST(memory_that_is_not_there_is_told);
  return UNITY_END();
}
