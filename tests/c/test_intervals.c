/* test_intervals.c — measures of delineated ECGs against values worked out by hand; labels of leads. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "alloc_fail.h"
#include "heart.h"
#include "measure/intervals.h"
#include "unity.h"

enum { N = 5000, LEADS = 12 };
static const double FS = 500;
static float x[LEADS * N];
static const int STANDARD[LEADS] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
static fecg_arena arena;
static fecg_delineation d;
static fecg_intervals v;

void setUp(void) {
  arena = (fecg_arena){0};
  memset(x, 0, sizeof x);
}
void tearDown(void) { fecg_arena_destroy(&arena); }

static void measure(int leads, const int *standard) {
  TEST_ASSERT_EQUAL(FECG_OK, fecg_delineate(x, leads, N, FS, &arena, &d));
  TEST_ASSERT_EQUAL(FECG_OK, fecg_measure_intervals(&d, x, N, FS, standard, &arena, &v));
}

/* A delineation without signals: beats at at[count], QT 0.4 s, QRS of width[], P where has_p[]. */
static void beats_at(const double *at, size_t count, const double *width, const int *has_p) {
  static fecg_beat_waves joined[64], lead[64];
  static const fecg_wave none = {NAN, NAN, NAN};
  d = (fecg_delineation){1, count, joined, lead};
  for (size_t b = 0; b < count; b++) {
    const double w = width ? width[b] : 0.09;
    joined[b].qrs = (fecg_wave){at[b] - 0.04, at[b], at[b] - 0.04 + w};
    joined[b].p = has_p && !has_p[b] ? none : (fecg_wave){at[b] - 0.2, at[b] - 0.15, at[b] - 0.1};
    joined[b].t = (fecg_wave){at[b] + 0.2, at[b] + 0.28, at[b] + 0.36};
    lead[b] = joined[b];
  }
  const int unknown = -1;
  TEST_ASSERT_EQUAL(FECG_OK, fecg_measure_intervals(&d, x, N, FS, &unknown, &arena, &v));
}

static void intervals_are_those_of_the_beats(void) {
  for (size_t l = 0; l < 2; l++) {
    const double g = l ? 0.6 : 1, gain[HEART_WAVES] = {g, g, g, g, g};
    heart_lead(x + N * l, N, FS, gain);
  }
  measure(2, STANDARD);
  TEST_ASSERT_EQUAL(12, v.beats);
  TEST_ASSERT_EQUAL(12, v.normal);
  within("rate", 0.5, 75, v.rate_bpm);
  within("RR", 2, 800, v.rr_ms);
  within("RMSSD", 3, 0, v.rr_rmssd_ms);
  within("irregularity", 0.005, 0, v.irregularity);
  within("PR", 25, 178, v.pr_ms.median);
  within("QRS", 18, 74, v.qrs_ms.median);
  within("QT", 32, 402, v.qt_ms.median);
  within("Bazett", 0.3, v.qt_ms.median / sqrt(0.8), v.qtcb_ms.median);
  within("Fridericia", 0.3, v.qt_ms.median / fecg_pow(0.8, 1.0 / 3), v.qtcf_ms.median);
  TEST_ASSERT_TRUE(v.p_present > 0.9 && v.premature == 0 && v.wide == 0);
}

static void amplitudes_are_those_of_each_lead_over_its_baseline(void) {
  static const double down[HEART_WAVES] = {-0.5, 0, 0.3, 4, -1}; /* rS, P and T down */
  heart_lead(x, N, FS, (const double[]){1, 1, 1, 1, 1});
  heart_lead(x + N, N, FS, down);
  for (size_t i = 0; i < 2 * N; i++) x[i] += 777; /* an offset is no amplitude */
  const int standard[] = {FECG_LEAD_V5, FECG_LEAD_V1};
  measure(2, standard);
  const fecg_lead_measures *a = v.lead + FECG_LEAD_V5, *b = v.lead + FECG_LEAD_V1;
  within("R in V5", 15, 1000, a->r_uv.median);
  within("Q in V5", 30, -80, a->q_uv.median);
  TEST_ASSERT_TRUE(a->q_ms.median > 5 && a->q_ms.median < 30);
  within("S in V5", 40, -240, a->s_uv.median);
  within("P in V5", 15, 120, a->p_uv.median);
  within("T in V5", 20, 300, a->t_uv.median);
  within("J in V5", 15, 0, a->j_uv.median);
  within("ST in V5", 15, 0, a->st60_uv.median);
  within("S in V1", 40, -1000, b->s_uv.median);
  within("P in V1", 15, -60, b->p_uv.median);
  within("T in V1", 20, -300, b->t_uv.median);
  TEST_ASSERT_TRUE(b->q_uv.median == 0 && isnan(v.lead[FECG_LEAD_II].r_uv.median));
}

static void a_raised_st_segment_is_measured(void) {
  static const heart_wave raised = {0.14, 0.24, 200};
  heart_lead(x, N, FS, (const double[]){1, 1, 1, 0, 1});
  for (double r = HEART_FIRST; r < 10; r += HEART_RR)
    for (size_t i = 0; i < N; i++) x[i] += (float)heart_bump(&raised, (double)i / FS - r);
  const int standard[] = {FECG_LEAD_V3};
  measure(1, standard);
  TEST_ASSERT_TRUE(v.lead[FECG_LEAD_V3].st60_uv.median > 80);
}

static void the_axis_is_that_of_the_frontal_leads(void) {
  static const double degrees[] = {-150, -60, 0, 45, 90, 150};
  for (size_t k = 0; k < sizeof degrees / sizeof *degrees; k++) {
    static const double lead_at[6] = {0, 60, 120, -150, -30, 90};
    for (size_t l = 0; l < 6; l++) { /* augmented leads are smaller by sqrt(3) / 2 */
      const double g = (l < 3 ? 1 : sqrt(3.0) / 2) * fecg_cos((degrees[k] - lead_at[l]) * FECG_PI / 180);
      heart_lead(x + N * l, N, FS, (const double[]){g, 0, g, 0, g});
    }
    static const int pairs[][2] = {{FECG_LEAD_I, FECG_LEAD_AVF}, {FECG_LEAD_I, FECG_LEAD_II}, {FECG_LEAD_II, FECG_LEAD_III}, {FECG_LEAD_II, FECG_LEAD_AVF}};
    for (size_t p = 0; p < sizeof pairs / sizeof *pairs; p++) {
      int standard[6] = {-1, -1, -1, -1, -1, -1};
      standard[pairs[p][0]] = pairs[p][0];
      standard[pairs[p][1]] = pairs[p][1];
      fecg_arena_reset(&arena);
      measure(6, standard);
      within("QRS axis", 2, degrees[k], v.qrs_axis_deg);
      within("P axis", 3, degrees[k], v.p_axis_deg);
      within("T axis", 3, degrees[k], v.t_axis_deg);
    }
  }
  const int one[] = {FECG_LEAD_I, -1, -1, -1, -1, -1};
  measure(6, one);
  TEST_ASSERT_TRUE(isnan(v.qrs_axis_deg) && isnan(v.p_axis_deg) && isnan(v.t_axis_deg));
}

static void statistics_of_rr_are_those_of_the_textbook(void) {
  const double at[] = {1, 1.8, 2.7, 3.5, 4.4}; /* 800 900 800 900 */
  beats_at(at, 5, NULL, NULL);
  within("mean", 1e-9, 850, v.rr_ms);
  within("SD", 1e-6, sqrt(10000.0 / 3), v.rr_sd_ms);
  within("RMSSD", 1e-6, 100, v.rr_rmssd_ms);
  within("irregularity", 1e-9, 100.0 / 850, v.irregularity);
}

static void one_ectopic_beat_leaves_a_regular_rhythm_regular(void) {
  double at[12], width[12];
  for (int i = 0; i < 12; i++) at[i] = 1 + 0.8 * i, width[i] = 0.09;
  at[6] -= 0.3;
  width[6] = 0.15;
  beats_at(at, 12, width, NULL);
  within("irregularity", 1e-6, 0, v.irregularity);
  within("premature", 1e-9, 1.0 / 11, v.premature);
  within("wide", 1e-9, 1.0 / 12, v.wide);
  within("QRS", 1e-6, 90, v.qrs_ms.median);
  TEST_ASSERT_EQUAL(11, v.normal);
  TEST_ASSERT_TRUE(v.rr_rmssd_ms > 100);
}

static void a_rhythm_without_order_is_irregular(void) {
  const double at[] = {0.5, 1.1, 2.1, 2.6, 3.6, 4.1, 4.95, 5.5, 6.6};
  const int none[9] = {0};
  beats_at(at, 9, NULL, none);
  TEST_ASSERT_TRUE(v.irregularity > 0.3);
  TEST_ASSERT_TRUE(v.p_present == 0 && isnan(v.pr_ms.median) && isnan(v.p_ms.median));
  within("QT", 1e-6, 400, v.qt_ms.median);
}

static void few_beats_leave_what_they_cannot_tell_unknown(void) {
  const double at[] = {1};
  beats_at(at, 0, NULL, NULL);
  TEST_ASSERT_TRUE(isnan(v.rate_bpm) && isnan(v.rr_ms) && isnan(v.qt_ms.median) && isnan(v.premature) && isnan(v.p_present));
  beats_at(at, 1, NULL, NULL);
  TEST_ASSERT_TRUE(isnan(v.rate_bpm) && isnan(v.rr_rmssd_ms) && isnan(v.qtcf_ms.median));
  within("QT", 1e-6, 400, v.qt_ms.median);
}

static void labels_name_standard_leads(void) {
  static const struct { const char *label; int lead; } cases[] = {
      {"I", FECG_LEAD_I}, {"i", FECG_LEAD_I}, {"II", FECG_LEAD_II}, {"III", FECG_LEAD_III}, {"aVR", FECG_LEAD_AVR}, {"AVL", FECG_LEAD_AVL},
      {"avf", FECG_LEAD_AVF}, {"V1", FECG_LEAD_V1}, {"v6", FECG_LEAD_V6}, {"MLII", FECG_LEAD_II}, {"MDC_ECG_LEAD_V3", FECG_LEAD_V3},
      {"MDC_ECG_LEAD_AVR", FECG_LEAD_AVR}, {"ECG aVF", FECG_LEAD_AVF}, {"ECG II  ", FECG_LEAD_II}, {"Lead V2", FECG_LEAD_V2},
      {"ECG Lead I", FECG_LEAD_I}, {"V1-REF", FECG_LEAD_V1}, {"I-II", -1}, {"V1-V2", -1}, {NULL, -1}, {" V4", FECG_LEAD_V4}, {"ECG", -1}, {"", -1}, {"V", -1}, {"V7", -1},
      {"V10", -1}, {"IIII", -1}, {"IV", -1}, {"Abdomen 1", -1}, {"MLV1", -1}, {"aV", -1}, {"I2", -1}, {"ECG1", -1}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    TEST_ASSERT_EQUAL_MESSAGE(cases[i].lead, fecg_standard_lead(cases[i].label), cases[i].label);
  for (int lead = 0; lead < FECG_STANDARD_LEADS; lead++) TEST_ASSERT_EQUAL(lead, fecg_standard_lead(fecg_standard_lead_name(lead)));
}

static void memory_that_cannot_be_had_is_an_error(void) {
  heart_lead(x, N, FS, (const double[]){1, 1, 1, 1, 1});
  measure(1, STANDARD);
  for (long n = 1;; n++) {
    fecg_arena own = {0};
    alloc_fail_at(n);
    const fecg_status status = fecg_measure_intervals(&d, x, N, FS, STANDARD, &own, &v);
    TEST_ASSERT_EQUAL(alloc_fail_failed ? FECG_ERR_MEMORY : FECG_OK, status);
    fecg_arena_destroy(&own);
    if (alloc_fail_end() == 0) break;
  }
}

int main(void) {
  UNITY_BEGIN();
  RUN_TEST(intervals_are_those_of_the_beats);
  RUN_TEST(amplitudes_are_those_of_each_lead_over_its_baseline);
  RUN_TEST(a_raised_st_segment_is_measured);
  RUN_TEST(the_axis_is_that_of_the_frontal_leads);
  RUN_TEST(statistics_of_rr_are_those_of_the_textbook);
  RUN_TEST(one_ectopic_beat_leaves_a_regular_rhythm_regular);
  RUN_TEST(a_rhythm_without_order_is_irregular);
  RUN_TEST(few_beats_leave_what_they_cannot_tell_unknown);
  RUN_TEST(labels_name_standard_leads);
  RUN_TEST(memory_that_cannot_be_had_is_an_error);
  return UNITY_END();
}
