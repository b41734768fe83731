/* test_measure.c — rate, variability and events against values worked out by hand; the averaged beat
 * against beats whose waves begin and end at known times. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/math.h"
#include "measure/beat.h"
#include "measure/rate.h"
#include "simulate/random.h"
#include "unity.h"

static sim_rng rng;

void setUp(void) { rng = sim_stream(1, 0, 0); }
void tearDown(void) {}

static void within(double tolerance, double wanted, double got) {
  char message[96];
  snprintf(message, sizeof message, "%.9g, wanted %.9g within %.3g", got, wanted, tolerance);
  TEST_ASSERT_TRUE_MESSAGE(fabs(got - wanted) <= tolerance, message);
}

/* ---- rate ------------------------------------------------------------------------------------------- */

static void a_rate_holds_between_its_two_beats(void) {
  const double beats[] = {1, 1.5, 2, 3.5, 4, 4.4};
  float bpm[24];
  fecg_rate(beats, 6, FECG_RATE_FETAL, bpm, 24);
  for (int i = 0; i < 24; i++) {
    const double t = i / 4.0;
    const int unknown = t < 1 || (t >= 2 && t < 3.5) || t >= 4.4; /* before, missing, after */
    TEST_ASSERT_EQUAL_FLOAT(unknown ? NAN : t >= 4 ? 150 : 120, bpm[i]);
  }
}

static void rates_outside_the_range_are_unknown(void) {
  static const struct { double bpm; int fetal, maternal; } cases[] = {
      {35, 0, 0}, {40, 0, 1}, {57, 0, 1}, {59.5, 1, 1}, {60, 1, 1}, {140, 1, 1}, {199, 1, 1}, {203, 1, 0}, {220, 1, 0}, {222, 1, 0}, {230, 0, 0}};
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
    double beats[40];
    float fhr[16], mhr[16];
    for (int i = 0; i < 40; i++) beats[i] = 60 / cases[c].bpm * i;
    fecg_rate(beats, 40, FECG_RATE_FETAL, fhr, 16);
    fecg_rate(beats, 40, FECG_RATE_MATERNAL, mhr, 16);
    for (int i = 0; i < 16; i++) {
      TEST_ASSERT_EQUAL(cases[c].fetal, !isnan(fhr[i]));
      TEST_ASSERT_EQUAL(cases[c].maternal, !isnan(mhr[i]));
      if (cases[c].fetal) within(1e-3, cases[c].bpm, fhr[i]);
    }
  }
}

static void no_beats_or_one_give_no_rate(void) {
  const double one[] = {1};
  float bpm[8];
  for (size_t count = 0; count <= 1; count++) {
    memset(bpm, 0, sizeof bpm);
    fecg_rate(one, count, FECG_RATE_FETAL, bpm, 8);
    for (int i = 0; i < 8; i++) TEST_ASSERT_TRUE(isnan(bpm[i]));
  }
  fecg_rate(one, 1, FECG_RATE_FETAL, NULL, 0);
}

/* ---- variability ------------------------------------------------------------------------------------ */

enum { EPOCH = 15, MINUTE = 240 }; /* samples at 4 Hz */
static float bpm[20 * MINUTE];

static void epochs(float *to, const double *rr_ms, int count) {
  for (int e = 0; e < count; e++)
    for (int i = 0; i < EPOCH; i++) to[e * EPOCH + i] = rr_ms[e] > 0 ? (float)(60000 / rr_ms[e]) : NAN;
}

static void variability_of_epochs_worked_out_by_hand(void) {
  fecg_variability v;
  double rr[32];
  for (int e = 0; e < 16; e++) rr[e] = e % 2 ? 400 : 500; /* 150 and 120 bpm in turn */
  epochs(bpm, rr, 16);
  fecg_rate_variability(bpm, MINUTE, &v);
  within(1e-3, 100, v.stv_ms);
  within(1e-3, 30, v.ltv_bpm);
  within(1e-3, 120, v.baseline_bpm);
  within(0, 1, v.coverage);

  for (int e = 0; e < 16; e++) rr[e] = 400 + 4 * e; /* a slow fall: 150 to 130.43 bpm */
  for (int e = 16; e < 32; e++) rr[e] = 460;        /* and a level minute: STV 0, LTV 0 */
  epochs(bpm, rr, 32);
  fecg_rate_variability(bpm, 2 * MINUTE, &v);
  within(1e-3, (15 * 4 + 0) / 30.0, v.stv_ms);
  within(1e-3, (150 - 60000.0 / 460) / 2, v.ltv_bpm);
  within(2, 130.43, v.baseline_bpm); /* the level minute's rate, most of the fall outside */
}

static void a_rate_that_does_not_change_has_no_variability(void) {
  fecg_variability v;
  for (int i = 0; i < 3 * MINUTE; i++) bpm[i] = 141;
  fecg_rate_variability(bpm, 3 * MINUTE, &v);
  within(1e-6, 0, v.stv_ms);
  within(1e-6, 0, v.ltv_bpm);
  within(1e-6, 141, v.baseline_bpm);
}

static void gaps_leave_epochs_and_minutes_out(void) {
  fecg_variability v;
  double rr[16];
  for (int known = 0; known <= 16; known++) { /* a minute needs half of its epochs */
    for (int e = 0; e < 16; e++) rr[e] = e < known ? (e % 2 ? 400 : 420) : 0;
    epochs(bpm, rr, 16);
    fecg_rate_variability(bpm, MINUTE, &v);
    within(1e-9, known / 16.0, v.coverage);
    TEST_ASSERT_EQUAL(known >= 8, !isnan(v.stv_ms));
    TEST_ASSERT_EQUAL(known >= 8, !isnan(v.ltv_bpm));
    if (known >= 8) within(1e-3, 20, v.stv_ms);
    TEST_ASSERT_EQUAL(known * 3.75 >= 10, !isnan(v.baseline_bpm));
  }
  for (int known = 0; known <= EPOCH; known++) { /* an epoch needs half of its time: 8 of 15 */
    for (int e = 0; e < 16; e++) rr[e] = 400 + 10 * e;
    epochs(bpm, rr, 16);
    for (int i = known; i < EPOCH; i++) bpm[15 * EPOCH + i] = NAN;
    fecg_rate_variability(bpm, MINUTE, &v);
    within(1e-3, 150 - 60000 / (known >= 8 ? 550.0 : 540.0), v.ltv_bpm);
    within(1e-3, 10, v.stv_ms);
  }
  for (int e = 0; e < 16; e++) rr[e] = e % 2 ? 0 : 400 + 10 * e; /* every other epoch: none follow each other */
  epochs(bpm, rr, 16);
  fecg_rate_variability(bpm, MINUTE, &v);
  TEST_ASSERT_TRUE(isnan(v.stv_ms));
}

static void less_than_a_minute_has_a_baseline_alone(void) {
  fecg_variability v;
  for (int i = 0; i < MINUTE; i++) bpm[i] = 133;
  fecg_rate_variability(bpm, MINUTE - 1, &v);
  TEST_ASSERT_TRUE(isnan(v.stv_ms) && isnan(v.ltv_bpm));
  within(1e-6, 133, v.baseline_bpm);
  fecg_rate_variability(bpm, 39, &v); /* 9.75 s */
  TEST_ASSERT_TRUE(isnan(v.baseline_bpm));
  fecg_rate_variability(NULL, 0, &v);
  TEST_ASSERT_TRUE(isnan(v.baseline_bpm) && v.coverage == 0);
}

/* ---- events ----------------------------------------------------------------------------------------- */

static fecg_list events = {.item_size = sizeof(fecg_rate_event)};

/* Finds the events of ten minutes at 140 bpm with `level` from second `from` on for `seconds`. */
static const fecg_rate_event *events_of(double level, double from, double seconds, size_t *count) {
  for (int i = 0; i < 10 * MINUTE; i++) bpm[i] = i / 4.0 >= from && i / 4.0 < from + seconds ? (float)level : 140;
  fecg_list_destroy(&events);
  TEST_ASSERT_EQUAL(FECG_OK, fecg_rate_events(bpm, 10 * MINUTE, &events));
  *count = events.count;
  return events.items;
}

static void accelerations_and_decelerations_have_their_time_and_length(void) {
  for (double sign = -1; sign <= 1; sign += 2) {
    size_t count;
    const fecg_rate_event *e = events_of(140 + sign * 20, 200, 30, &count);
    TEST_ASSERT_EQUAL(1, count);
    TEST_ASSERT_EQUAL_STRING(sign > 0 ? "acceleration" : "deceleration", e->type);
    within(1e-9, 200, e->t_s);
    within(1e-9, 30, e->duration_s);
    events_of(140 + sign * 14, 200, 30, &count); /* not 15 bpm */
    TEST_ASSERT_EQUAL(0, count);
    events_of(140 + sign * 20, 200, 14.75, &count); /* not 15 s */
    TEST_ASSERT_EQUAL(0, count);
    events_of(140 + sign * 15, 200, 15, &count); /* just enough */
    TEST_ASSERT_EQUAL(1, count);
    e = events_of(140 + sign * 40, 580, 60, &count); /* still going on at the end */
    TEST_ASSERT_EQUAL(1, count);
    within(1e-9, 20, e->duration_s);
    e = events_of(140 + sign * 40, 0, 20, &count);
    TEST_ASSERT_EQUAL(1, count);
    within(1e-9, 0, e->t_s);
  }
}

static void short_gaps_are_passed_and_long_ones_end_an_event(void) {
  for (double gap = 0.25; gap <= 3; gap += 0.25) {
    size_t count;
    events_of(165, 200, 40, &count);
    for (double t = 220; t < 220 + gap; t += 0.25) bpm[(int)(4 * t)] = NAN;
    events.count = 0;
    TEST_ASSERT_EQUAL(FECG_OK, fecg_rate_events(bpm, 10 * MINUTE, &events));
    const fecg_rate_event *e = events.items;
    TEST_ASSERT_EQUAL(gap <= 2 ? 1 : 2, events.count);
    within(1e-9, gap <= 2 ? 40 : 20, e[0].duration_s);
    if (gap > 2) within(1e-9, 220 + gap, e[1].t_s);
  }
}

static void a_rise_and_a_fall_are_two_events_and_unknown_rates_none(void) {
  size_t count;
  events_of(170, 100, 20, &count);
  for (int i = 4 * 120; i < 4 * 150; i++) bpm[i] = 110;
  events.count = 0;
  TEST_ASSERT_EQUAL(FECG_OK, fecg_rate_events(bpm, 10 * MINUTE, &events));
  const fecg_rate_event *e = events.items;
  TEST_ASSERT_EQUAL(2, events.count);
  TEST_ASSERT_EQUAL_STRING("acceleration", e[0].type);
  TEST_ASSERT_EQUAL_STRING("deceleration", e[1].type);
  within(1e-9, 30, e[1].duration_s);
  for (int i = 0; i < 10 * MINUTE; i++) bpm[i] = NAN;
  events.count = 0;
  TEST_ASSERT_EQUAL(FECG_OK, fecg_rate_events(bpm, 10 * MINUTE, &events));
  TEST_ASSERT_EQUAL(FECG_OK, fecg_rate_events(NULL, 0, &events));
  TEST_ASSERT_EQUAL(0, events.count);
  fecg_list_destroy(&events);
}

/* ---- averaged beat ---------------------------------------------------------------------------------- */

/* A wave of raised cosine from centre - half to centre + half. */
static double bump(double t_ms, double centre, double half) {
  const double d = fabs(t_ms - centre) / half;
  return d < 1 ? 0.5 + 0.5 * fecg_cos(FECG_PI * d) : 0;
}

typedef struct waves {
  double p, q, t; /* centre of P, half width of the QRS, centre of T; ms */
} waves;

enum { P_HALF = 22, T_HALF = 60 };
static double beat_uv(const waves *w, double t_ms) {
  return 10 * bump(t_ms, 0, w->q) + 1.5 * bump(t_ms, w->p, P_HALF) + 2 * bump(t_ms, w->t, T_HALF);
}

enum { N = 60000 };
static float x[N];
static unsigned char gap[N];
static fecg_beat_sums sums;
static double times[300];

static size_t make_beats(const waves *w, double fs, double amplitude, double noise, size_t count) {
  memset(gap, 0, sizeof gap);
  sim_noise(&rng, x, N);
  for (int i = 0; i < N; i++) x[i] *= (float)noise;
  for (size_t k = 0; k < count; k++) {
    times[k] = 0.6 + 0.4317 * (double)k;
    for (int i = (int)((times[k] - 0.2) * fs); i < (int)((times[k] + 0.3) * fs); i++)
      x[i] += (float)(amplitude * beat_uv(w, ((double)i / fs - times[k]) * 1000));
  }
  return count;
}

static int average(double fs, size_t count, fecg_beat *b) {
  memset(&sums, 0, sizeof sums);
  for (size_t k = 0; k < count; k++) fecg_beat_add(&sums, x, gap, N, fs, times[k]);
  return fecg_beat_measure(&sums, 1, 0.4317, b);
}

static void intervals_of_beats_with_known_waves(void) {
  static const waves cases[] = {{-90, 24, 160}, {-110, 24, 180}, {-80, 20, 150}, {-105, 30, 190}};
  for (size_t c = 0; c < 4; c++)
    for (double amplitude = -1; amplitude <= 1; amplitude += 2)
      for (double fs = 500; fs <= 1000; fs += 500) {
        const waves *w = cases + c;
        fecg_beat b;
        TEST_ASSERT_EQUAL(1, average(fs, make_beats(w, fs, amplitude, 0.3, 120), &b));
        /* the tangent to a wave at its steepest meets the line 0.818 of its half width from its middle */
        within(6, 2 * w->q, b.qrs_ms);
        within(8, -w->q - (w->p - 0.818 * P_HALF), b.pr_ms);
        within(12, w->t + 0.818 * T_HALF + w->q, b.qt_ms);
        TEST_ASSERT_TRUE(b.qrs_ms_sd > 0 && b.qrs_ms_sd < 6 && b.pr_ms_sd < 8 && b.qt_ms_sd < 12);
        TEST_ASSERT_TRUE(b.snr > 50);
        for (int t = -170; t <= 290; t += 2) within(0.2, beat_uv(w, t), b.uv[t / 2 + FECG_BEAT_BEFORE]); /* R upwards; no other beat's T or P */
      }
}

static void intervals_follow_steps_smaller_than_a_sample(void) {
  double before = 0;
  for (int step = 0; step < 8; step++) {
    const waves w = {-90 - 0.5 * step, 24, 160};
    fecg_beat b;
    rng = sim_stream(1, 0, 0); /* the same noise again */
    TEST_ASSERT_EQUAL(1, average(1000, make_beats(&w, 1000, 1, 0.1, 120), &b));
    if (step > 0) within(0.3, 0.5, b.pr_ms - before);
    before = b.pr_ms;
  }
}

static void leads_that_show_nothing_do_no_harm(void) {
  static fecg_beat_sums leads[3];
  const waves w = {-90, 24, 160};
  fecg_beat one, all;
  TEST_ASSERT_EQUAL(1, average(1000, make_beats(&w, 1000, -1, 0.3, 120), &one));
  leads[1] = sums;
  average(1000, make_beats(&w, 1000, 0, 3, 120), &all);
  leads[0] = sums;
  memset(leads + 2, 0, sizeof *leads); /* never had a beat */
  TEST_ASSERT_EQUAL(1, fecg_beat_measure(leads, 3, 0.4317, &all));
  TEST_ASSERT_EQUAL(1, all.lead);
  TEST_ASSERT_EQUAL_MEMORY(one.uv, all.uv, sizeof one.uv);
  within(3, one.pr_ms, all.pr_ms);
  within(3, one.qrs_ms, all.qrs_ms);
  within(5, one.qt_ms, all.qt_ms);
}

static void stated_uncertainty_covers_the_error(void) {
  const waves w = {-90, 24, 160};
  int told = 0, covered = 0;
  for (uint64_t seed = 1; seed <= 40; seed++) {
    fecg_beat b;
    rng = sim_stream(seed, 0, 0);
    TEST_ASSERT_EQUAL(1, average(1000, make_beats(&w, 1000, 1, 1.5, 100), &b));
    const double error[] = {b.pr_ms - (90 + 0.818 * P_HALF - 24), b.qrs_ms - 48, b.qt_ms - (160 + 0.818 * T_HALF + 24)};
    const double sd[] = {b.pr_ms_sd, b.qrs_ms_sd, b.qt_ms_sd};
    for (int k = 0; k < 3; k++)
      if (!isnan(error[k])) told++, covered += fabs(error[k]) < 2 * sd[k];
  }
  TEST_ASSERT_TRUE(told > 60);
  TEST_ASSERT_TRUE(covered >= 0.93 * told);
}

static void the_next_beats_p_is_not_taken_for_t(void) {
  fecg_beat b;
  make_beats(&(waves){0, 24, 0}, 1000, 0, 0.1, 100);
  for (int k = 0; k < 100; k++)
    for (int i = (int)(times[k] * 1000) - 120; i < (int)(times[k] * 1000) + 40; i++)
      x[i] += (float)(10 * bump(i - times[k] * 1000, 0, 24) + 1.5 * bump(i - times[k] * 1000, -90, P_HALF));
  TEST_ASSERT_EQUAL(1, average(1000, 100, &b));
  within(8, 90 + 0.818 * P_HALF - 24, b.pr_ms);
  TEST_ASSERT_TRUE(isnan(b.qt_ms));
}

static void a_t_that_ends_too_early_is_none(void) {
  fecg_beat b;
  for (double t = 105; t <= 165; t += 60) {
    TEST_ASSERT_EQUAL(1, average(1000, make_beats(&(waves){-90, 24, t}, 1000, 1, 0.1, 100), &b));
    TEST_ASSERT_EQUAL(t < 150, isnan(b.qt_ms));
    within(6, 48, b.qrs_ms);
  }
}

static void two_waves_that_may_be_p_are_none(void) {
  fecg_beat b;
  for (double second = 0; second <= 1; second++) {
    make_beats(&(waves){-90, 24, 160}, 1000, 1, 0.1, 100);
    for (int k = 0; k < 100; k++)
      for (int i = (int)(times[k] * 1000) - 190; i < (int)(times[k] * 1000); i++)
        x[i] += (float)(1.2 * second * bump(i - times[k] * 1000, -155, P_HALF));
    TEST_ASSERT_EQUAL(1, average(1000, 100, &b));
    TEST_ASSERT_EQUAL(second > 0, isnan(b.pr_ms));
    within(6, 48, b.qrs_ms);
  }
}

static void uncertainty_grows_with_noise_until_nothing_is_told(void) {
  const waves w = {-90, 24, 160};
  fecg_beat b, quiet;
  TEST_ASSERT_EQUAL(1, average(1000, make_beats(&w, 1000, 1, 0.2, 100), &quiet));
  TEST_ASSERT_EQUAL(1, average(1000, make_beats(&w, 1000, 1, 2, 100), &b));
  TEST_ASSERT_TRUE(quiet.snr > 5 * b.snr);
  within(0.3 * quiet.snr, 10 / (0.2 / sqrt(100)), quiet.snr); /* R over noise / sqrt(beats) */
  TEST_ASSERT_EQUAL(1, average(1000, make_beats(&w, 1000, 0, 1, 100), &b)); /* noise alone */
  TEST_ASSERT_TRUE(isnan(b.pr_ms) && isnan(b.qrs_ms) && isnan(b.qt_ms));
  TEST_ASSERT_TRUE(b.snr < 6);
}

static void a_beat_without_p_and_t_has_a_qrs_alone(void) {
  const waves w = {-90, 24, 160};
  fecg_beat b;
  make_beats(&w, 1000, 0, 0.3, 100);
  for (int k = 0; k < 100; k++)
    for (int i = (int)(times[k] * 1000) - 40; i < (int)(times[k] * 1000) + 40; i++) x[i] += (float)(10 * bump(i - times[k] * 1000, 0, 24));
  TEST_ASSERT_EQUAL(1, average(1000, 100, &b));
  within(6, 48, b.qrs_ms);
  TEST_ASSERT_TRUE(isnan(b.pr_ms) && isnan(b.qt_ms));
}

static void two_beats_a_group_are_needed(void) {
  const waves w = {-90, 24, 160};
  fecg_beat b;
  make_beats(&w, 1000, 1, 0.1, 40);
  for (size_t count = 0; count <= 30; count++) TEST_ASSERT_EQUAL(count >= 2 * FECG_BEAT_GROUPS, average(1000, count, &b));
}

static void beats_in_gaps_and_at_the_edges_are_left_out(void) {
  const waves w = {-90, 24, 160};
  fecg_beat b;
  make_beats(&w, 1000, 1, 0.1, 40);
  times[0] = 0.1, times[1] = N / 1000.0 - 0.3, times[2] = -5, times[3] = 1e6; /* the window leaves the lead */
  gap[(int)(times[4] * 1000) - 190] = 1;
  gap[(int)(times[5] * 1000) + 340] = 1;
  x[(int)(times[5] * 1000) + 340] = NAN;
  TEST_ASSERT_EQUAL(1, average(1000, 40, &b));
  size_t used = 0;
  for (int g = 0; g < FECG_BEAT_GROUPS; g++) used += sums.count[g];
  TEST_ASSERT_EQUAL(33, used); /* the second gap lies in two windows */
  for (int i = 0; i < FECG_BEAT_TAPS; i++) TEST_ASSERT_TRUE(isfinite(b.uv[i]));
}

static void no_rate_over_a_moment_without_leads(void) {
  const double beats[] = {1, 1.5, 2, 2.8, 3.3, 3.8};
  float rate[16];
  fecg_rate(beats, 6, FECG_RATE_FETAL, rate, 16);
  fecg_rate_hide(beats, 6, 2.4, rate, 16);
  for (int i = 0; i < 16; i++) {
    const double t = i / 4.0;
    TEST_ASSERT_EQUAL_INT(t >= 1 && t < 3.8 && !(t >= 2 && t < 2.8), rate[i] > 0);
  }
  float before[16];
  memcpy(before, rate, sizeof before);
  fecg_rate_hide(beats, 6, 0.5, rate, 16); /* before the first, at and after the last: no interval */
  fecg_rate_hide(beats, 6, 3.8, rate, 16);
  fecg_rate_hide(beats, 0, 1, rate, 16);
  TEST_ASSERT_EQUAL_MEMORY(before, rate, sizeof before);
}

int main(void) {
  UNITY_BEGIN();
  RUN_TEST(no_rate_over_a_moment_without_leads);
  RUN_TEST(a_rate_holds_between_its_two_beats);
  RUN_TEST(rates_outside_the_range_are_unknown);
  RUN_TEST(no_beats_or_one_give_no_rate);
  RUN_TEST(variability_of_epochs_worked_out_by_hand);
  RUN_TEST(a_rate_that_does_not_change_has_no_variability);
  RUN_TEST(gaps_leave_epochs_and_minutes_out);
  RUN_TEST(less_than_a_minute_has_a_baseline_alone);
  RUN_TEST(accelerations_and_decelerations_have_their_time_and_length);
  RUN_TEST(short_gaps_are_passed_and_long_ones_end_an_event);
  RUN_TEST(a_rise_and_a_fall_are_two_events_and_unknown_rates_none);
  RUN_TEST(intervals_of_beats_with_known_waves);
  RUN_TEST(intervals_follow_steps_smaller_than_a_sample);
  RUN_TEST(leads_that_show_nothing_do_no_harm);
  RUN_TEST(stated_uncertainty_covers_the_error);
  RUN_TEST(the_next_beats_p_is_not_taken_for_t);
  RUN_TEST(a_t_that_ends_too_early_is_none);
  RUN_TEST(two_waves_that_may_be_p_are_none);
  RUN_TEST(uncertainty_grows_with_noise_until_nothing_is_told);
  RUN_TEST(a_beat_without_p_and_t_has_a_qrs_alone);
  RUN_TEST(two_beats_a_group_are_needed);
  RUN_TEST(beats_in_gaps_and_at_the_edges_are_left_out);
  return UNITY_END();
}
