/* test_delineate.c — waves of an ECG whose onsets and offsets are known. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc_fail.h"
#include "heart.h"
#include "measure/delineate.h"
#include "signal/spline_wavelet.h"
#include "simulate/random.h"
#include "unity.h"

enum { SECONDS = 10, MOST = 12 * SECONDS * 1000 };
static const double ALL[HEART_WAVES] = {1, 1, 1, 1, 1}, NO_P[HEART_WAVES] = {0, 1, 1, 1, 1}, TURNED[HEART_WAVES] = {-1, -1, -1, -1, -1};
static float x[MOST];
static fecg_arena arena;
static fecg_delineation d;

void setUp(void) {
  arena = (fecg_arena){0};
  memset(x, 0, sizeof x);
}
void tearDown(void) { fecg_arena_destroy(&arena); }

static void delineate(int leads, size_t n, double fs) { TEST_ASSERT_EQUAL(FECG_OK, fecg_delineate(x, leads, n, fs, &arena, &d)); }

static double r_of(double t) { return HEART_FIRST + HEART_RR * rint((t - HEART_FIRST) / HEART_RR); }

static void waves_are_right(const fecg_beat_waves *w) {
  const double r = r_of(w->qrs.peak_s);
  within("QRS onset", 0.012, r + HEART_QRS_ON, w->qrs.on_s);
  within("QRS peak", 0.006, r, w->qrs.peak_s);
  within("QRS offset", 0.015, r + HEART_QRS_OFF, w->qrs.off_s);
  within("P onset", 0.022, r + HEART_P_ON, w->p.on_s);
  within("P peak", 0.008, r - 0.16, w->p.peak_s);
  within("P offset", 0.022, r + HEART_P_OFF, w->p.off_s);
  within("T peak", 0.010, r + 0.28, w->t.peak_s);
  within("T offset", 0.030, r + HEART_T_OFF, w->t.off_s);
}

/* All that is not NaN is in order, and a wave has all three times or none. */
static void is_in_order(const fecg_beat_waves *w) {
  const fecg_wave *const three[] = {&w->p, &w->qrs, &w->t};
  double last = 0;
  for (int i = 0; i < 3; i++) {
    const fecg_wave *v = three[i];
    if (isnan(v->on_s)) continue;
    TEST_ASSERT_TRUE(v->on_s >= last && v->peak_s >= v->on_s && v->off_s >= v->peak_s);
    last = v->off_s;
  }
}

static void waves_are_found_at_any_rate(void) {
  static const double rates[] = {100, 128, 250, 360, 500, 720, 1000};
  for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
    const size_t n = (size_t)(SECONDS * rates[i]);
    heart_lead(x, n, rates[i], ALL);
    fecg_arena_reset(&arena);
    delineate(1, n, rates[i]);
    TEST_ASSERT_EQUAL(12, d.beats);
    for (size_t b = 1; b + 1 < d.beats; b++) {
      waves_are_right(d.joined + b);
      waves_are_right(d.lead + b);
    }
  }
}

static void a_lead_upside_down_has_the_same_waves(void) {
  heart_lead(x, 5000, 500, TURNED);
  delineate(1, 5000, 500);
  TEST_ASSERT_EQUAL(12, d.beats);
  for (size_t b = 1; b + 1 < d.beats; b++) {
    const double r = r_of(d.joined[b].qrs.peak_s);
    within("P peak", 0.008, r - 0.16, d.joined[b].p.peak_s);
    within("QRS onset", 0.012, r + HEART_QRS_ON, d.joined[b].qrs.on_s);
    within("T offset", 0.030, r + HEART_T_OFF, d.joined[b].t.off_s);
  }
}

static void leads_are_joined_and_one_that_is_flat_gives_nothing(void) {
  for (size_t l = 0; l < 12; l++) {
    const double g = l == 7 ? 0 : l % 3 == 2 ? -0.4 : 0.5 + 0.1 * (double)l, gain[HEART_WAVES] = {g, g, g, g, g};
    heart_lead(x + 5000 * l, 5000, 500, gain);
  }
  delineate(12, 5000, 500);
  TEST_ASSERT_EQUAL(12, d.beats);
  for (size_t b = 1; b + 1 < d.beats; b++) {
    waves_are_right(d.joined + b);
    waves_are_right(d.lead + 4 * d.beats + b);
    const fecg_beat_waves *flat = d.lead + 7 * d.beats + b;
    TEST_ASSERT_TRUE(isnan(flat->p.peak_s) && isnan(flat->qrs.peak_s) && isnan(flat->qrs.on_s) && isnan(flat->t.off_s));
  }
}

static void a_lead_that_hides_its_p_takes_the_others(void) {
  heart_lead(x, 5000, 500, ALL);
  heart_lead(x + 5000, 5000, 500, NO_P);
  delineate(2, 5000, 500);
  for (size_t b = 1; b + 1 < d.beats; b++) {
    const fecg_beat_waves *hidden = d.lead + d.beats + b;
    within("P onset", 0.022, r_of(hidden->qrs.peak_s) + HEART_P_ON, hidden->p.on_s);
  }
}

static void no_p_is_reported_where_there_is_none(void) {
  sim_rng rng = sim_stream(3, 0, 0);
  for (size_t l = 0; l < 2; l++) {
    heart_lead(x + 5000 * l, 5000, 500, NO_P);
    for (size_t i = 0; i < 5000; i++) x[5000 * l + i] += (float)(15 * sim_normal(&rng));
  }
  delineate(2, 5000, 500);
  TEST_ASSERT_EQUAL(12, d.beats);
  for (size_t b = 0; b < d.beats; b++) {
    TEST_ASSERT_TRUE(isnan(d.joined[b].p.on_s) && isnan(d.joined[b].p.peak_s) && isnan(d.joined[b].p.off_s));
    if (b > 0 && b + 1 < d.beats) within("T peak", 0.03, r_of(d.joined[b].qrs.peak_s) + 0.28, d.joined[b].t.peak_s);
  }
}

static void fibrillation_has_beats_and_no_p(void) {
  sim_rng rng = sim_stream(5, 0, 0);
  size_t beats = 0;
  for (double r = 0.6; r < SECONDS - 0.5; r += sim_uniform(&rng, 0.45, 0.95), beats++) heart_add(x, 5000, 500, r, NO_P);
  for (size_t i = 0; i < 5000; i++) x[i] += (float)(40 * fecg_sin(2 * FECG_PI * (6.1 * (double)i / 500 + 0.2 * fecg_sin(2 * FECG_PI * 0.7 * (double)i / 500))));
  delineate(1, 5000, 500);
  TEST_ASSERT_EQUAL(beats, d.beats);
  size_t with_p = 0;
  for (size_t b = 0; b < d.beats; b++) with_p += isfinite(d.joined[b].p.peak_s);
  TEST_ASSERT_LESS_OR_EQUAL(beats / 5, with_p);
}

static void no_wave_reaches_into_a_gap(void) {
  heart_lead(x, 5000, 500, ALL);
  const double r = HEART_FIRST + 5 * HEART_RR; /* its T is lost, and the beat after it whole */
  const double from = r + 0.25, to = r + HEART_RR + 0.3;
  for (size_t i = (size_t)(from * 500); i < (size_t)(to * 500); i++) x[i] = NAN;
  delineate(1, 5000, 500);
  TEST_ASSERT_EQUAL(11, d.beats);
  for (size_t b = 0; b < d.beats; b++) {
    const fecg_wave *const waves[] = {&d.lead[b].p, &d.lead[b].qrs, &d.lead[b].t};
    for (int w = 0; w < 3; w++) TEST_ASSERT_FALSE(waves[w]->on_s < to - 0.002 && waves[w]->off_s > from + 0.002);
    if (fabs(d.joined[b].qrs.peak_s - r) < 0.01) {
      TEST_ASSERT_TRUE(isfinite(d.lead[b].p.on_s) && isfinite(d.lead[b].qrs.off_s));
      TEST_ASSERT_TRUE(isnan(d.lead[b].t.on_s) && isnan(d.lead[b].t.off_s));
    }
  }
}

static void a_gap_in_one_lead_leaves_the_beat_to_the_other(void) {
  heart_lead(x, 5000, 500, ALL);
  heart_lead(x + 5000, 5000, 500, ALL);
  for (size_t i = 2000; i < 3000; i++) x[5000 + i] = NAN;
  delineate(2, 5000, 500);
  TEST_ASSERT_EQUAL(12, d.beats);
  for (size_t b = 1; b + 1 < d.beats; b++) {
    waves_are_right(d.joined + b);
    const int within_gap = d.joined[b].qrs.peak_s > 4.2 && d.joined[b].qrs.peak_s < 5.8;
    TEST_ASSERT_EQUAL(within_gap, isnan(d.lead[d.beats + b].qrs.on_s));
  }
}

static void wide_early_beats_are_beats(void) {
  static const double wide_r[HEART_WAVES] = {0, 0, 0, 0, -1.5};
  static const heart_wave bump = {0, 0.16, 1600};
  size_t beats = 0, found = 0;
  double at[16];
  for (double r = 0.6; r < SECONDS - 0.6; r += HEART_RR) {
    at[beats] = r;
    if (beats++ % 4 != 2) {
      heart_add(x, 5000, 500, r, ALL);
      continue;
    }
    at[beats - 1] -= 0.25;
    heart_add(x, 5000, 500, r - 0.25, wide_r);
    for (size_t i = 0; i < 5000; i++) x[i] += (float)heart_bump(&bump, (double)i / 500 - (r - 0.25));
  }
  delineate(1, 5000, 500);
  TEST_ASSERT_EQUAL(beats, d.beats);
  for (size_t b = 0; b < d.beats; b++) {
    within("beat", 0.02, at[b], d.joined[b].qrs.peak_s);
    if (b % 4 == 2) {
      TEST_ASSERT_TRUE(d.joined[b].qrs.off_s - d.joined[b].qrs.on_s > 0.11);
      found++;
    }
  }
  TEST_ASSERT_GREATER_THAN(1, found);
}

static void beats_are_found_from_30_to_220_bpm(void) {
  static const double rates[] = {30, 40, 60, 120, 180, 220};
  static const double narrow[HEART_WAVES] = {0, 1, 1, 1, 0.3};
  for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
    size_t beats = 0;
    memset(x, 0, 5000 * sizeof *x);
    for (double r = 0.3; r < SECONDS - 0.2; r += 60 / rates[i], beats++) heart_add(x, 5000, 500, r, rates[i] > 150 ? narrow : ALL);
    fecg_arena_reset(&arena);
    delineate(1, 5000, 500);
    TEST_ASSERT_EQUAL(beats, d.beats);
  }
}

static void times_are_in_order_in_noise(void) {
  sim_rng rng = sim_stream(9, 0, 0);
  for (int round = 0; round < 4; round++) {
    for (size_t l = 0; l < 3; l++) {
      heart_lead(x + 3600 * l, 3600, 360, ALL);
      for (size_t i = 0; i < 3600; i++) x[3600 * l + i] += (float)(100 * round * sim_normal(&rng));
    }
    fecg_arena_reset(&arena);
    delineate(3, 3600, 360);
    for (size_t b = 0; b < d.beats * 4; b++) is_in_order(b < d.beats ? d.joined + b : d.lead + (b - d.beats));
  }
}

static void nothing_is_found_in_nothing(void) {
  delineate(12, 5000, 500); /* flat */
  TEST_ASSERT_EQUAL(0, d.beats);
  for (size_t i = 0; i < 5000; i++) x[i] = NAN;
  delineate(1, 5000, 500);
  TEST_ASSERT_EQUAL(0, d.beats);
  for (size_t n = 0; n < 200; n += n < 20 ? 1 : 37) {
    heart_lead(x, n, 100, ALL);
    delineate(1, n, 100);
    TEST_ASSERT_LESS_OR_EQUAL(3, d.beats);
  }
}

static void values_no_electrode_gives_are_gaps(void) {
  heart_lead(x, 5000, 500, ALL);
  for (size_t i = 2000; i < 2400; i++) x[i] = i % 3 == 0 ? INFINITY : i % 3 == 1 ? -3e38f : 1e12f;
  delineate(1, 5000, 500);
  TEST_ASSERT_EQUAL(11, d.beats);
  for (size_t b = 0; b < d.beats; b++) TEST_ASSERT_TRUE(d.joined[b].qrs.peak_s < 4 || d.joined[b].qrs.peak_s > 4.8);
}

static void arguments_out_of_range_are_refused(void) {
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_delineate(x, 0, 100, 500, &arena, &d));
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_delineate(x, 13, 100, 500, &arena, &d));
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_delineate(x, 1, 100, 99, &arena, &d));
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_delineate(x, 1, 100, 1001, &arena, &d));
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_delineate(x, 1, 100, NAN, &arena, &d));
}

static void the_wavelet_of_a_ramp_is_its_slope_at_every_scale(void) {
  enum { N = 400, SCALES = 6 };
  float ramp[N], out[SCALES][N], *w[SCALES];
  for (int i = 0; i < N; i++) ramp[i] = 3 * (float)i;
  for (int k = 0; k < SCALES; k++) w[k] = out[k];
  TEST_ASSERT_EQUAL(FECG_OK, fecg_spline_wavelet(ramp, N, SCALES, w, &arena));
  for (int k = 0; k < SCALES; k++) {
    for (int i = 100; i < 300; i++) TEST_ASSERT_FLOAT_WITHIN(1e-3, (float)(3 << k), out[k][i]);
    TEST_ASSERT_TRUE(out[k][0] >= 0 && out[k][0] <= (float)(3 << k)); /* edges go on */
  }
  float step[N]; /* between samples 199 and 200: the transform is symmetric around that time */
  for (int i = 0; i < N; i++) step[i] = i < 200 ? 0 : 100;
  TEST_ASSERT_EQUAL(FECG_OK, fecg_spline_wavelet(step, N, SCALES, w, &arena));
  for (int k = 0; k < SCALES; k++)
    for (int i = 0; i < 100; i++) TEST_ASSERT_FLOAT_WITHIN(1e-4, out[k][199 - i], out[k][199 + i]);
}

static void memory_that_cannot_be_had_is_an_error_and_nothing_leaks(void) {
  for (int l = 0; l < 12; l++) heart_lead(x + 10000 * l, 10000, 1000, ALL);
  long n = 1;
  for (;; n++) {
    fecg_arena own = {0};
    alloc_fail_at(n);
    const fecg_status status = fecg_delineate(x, 12, 10000, 1000, &own, &d);
    TEST_ASSERT_EQUAL(alloc_fail_failed ? FECG_ERR_MEMORY : FECG_OK, status);
    fecg_arena_destroy(&own);
    if (alloc_fail_end() == 0) break;
  }
  TEST_ASSERT_GREATER_THAN(2, n);
}

int main(void) {
  UNITY_BEGIN();
  RUN_TEST(waves_are_found_at_any_rate);
  RUN_TEST(a_lead_upside_down_has_the_same_waves);
  RUN_TEST(leads_are_joined_and_one_that_is_flat_gives_nothing);
  RUN_TEST(a_lead_that_hides_its_p_takes_the_others);
  RUN_TEST(no_p_is_reported_where_there_is_none);
  RUN_TEST(fibrillation_has_beats_and_no_p);
  RUN_TEST(no_wave_reaches_into_a_gap);
  RUN_TEST(a_gap_in_one_lead_leaves_the_beat_to_the_other);
  RUN_TEST(wide_early_beats_are_beats);
  RUN_TEST(beats_are_found_from_30_to_220_bpm);
  RUN_TEST(times_are_in_order_in_noise);
  RUN_TEST(nothing_is_found_in_nothing);
  RUN_TEST(values_no_electrode_gives_are_gaps);
  RUN_TEST(arguments_out_of_range_are_refused);
  RUN_TEST(the_wavelet_of_a_ramp_is_its_slope_at_every_scale);
  RUN_TEST(memory_that_cannot_be_had_is_an_error_and_nothing_leaks);
  return UNITY_END();
}
