/* The table of risk: its limits, its monotony, its reasons. */
#include <math.h>
#include <string.h>

#include "classify/risk.h"
#include "unity.h"

void setUp(void) {}
void tearDown(void) {}

static fecg_risk_input nothing(void) {
  return (fecg_risk_input){0.1, 0.1, 0.0, 0.1, 0.05, 0.0, 0.1, 72, 160, 92, 410, 1};
}

static fecg_risk assess(fecg_risk_input in) {
  fecg_risk r;
  fecg_assess_risk(&in, &r);
  return r;
}

static void a_normal_ecg_is_low_and_needs_no_reason(void) {
  const fecg_risk r = assess(nothing());
  TEST_ASSERT_EQUAL(FECG_RISK_LOW, r.level);
  TEST_ASSERT_EQUAL(0, r.count);
  TEST_ASSERT_TRUE(r.score < 1.0 / 3);
}

static void what_is_not_known_says_nothing(void) {
  const fecg_risk_input in = {NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
  const fecg_risk r = assess(in);
  TEST_ASSERT_EQUAL(FECG_RISK_LOW, r.level);
  TEST_ASSERT_EQUAL(0, r.count);
  TEST_ASSERT_TRUE(r.score == 0);
}

/* The documented limits of docs/ecgnet.md, each just inside and just outside. */
static void each_row_turns_at_its_limits(void) {
  static const struct { size_t field; double below, moderate, high; } rows[] = {
      {offsetof(fecg_risk_input, infarction), 0.199, 0.20, 0.50}, {offsetof(fecg_risk_input, qtcf_ms), 459.9, 460, 500},
      {offsetof(fecg_risk_input, rate_bpm), 109.9, 110, 150},     {offsetof(fecg_risk_input, rate_bpm), 50.1, 50, 40},
      {offsetof(fecg_risk_input, pr_ms), 239.9, 240, 400},        {offsetof(fecg_risk_input, qrs_ms), 129.9, 130, 180},
      {offsetof(fecg_risk_input, af), 0.499, 0.5, NAN},           {offsetof(fecg_risk_input, arrhythmia), 0.499, 0.5, NAN},
      {offsetof(fecg_risk_input, conduction), 0.499, 0.5, NAN},   {offsetof(fecg_risk_input, qt), 0.499, 0.5, NAN},
      {offsetof(fecg_risk_input, hypertrophy), 0.499, 0.5, NAN},  {offsetof(fecg_risk_input, abnormal), 0.499, 0.5, NAN},
      {offsetof(fecg_risk_input, pause_s), 2.99, 3, 6},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    fecg_risk_input in = nothing();
    double *v = (double *)((char *)&in + rows[i].field);
    *v = rows[i].below;
    TEST_ASSERT_EQUAL_MESSAGE(FECG_RISK_LOW, assess(in).level, "below");
    *v = rows[i].moderate;
    const fecg_risk r = assess(in);
    TEST_ASSERT_EQUAL_MESSAGE(FECG_RISK_MODERATE, r.level, "moderate");
    TEST_ASSERT_EQUAL(1, r.count);
    *v = isnan(rows[i].high) ? 1 : rows[i].high;
    TEST_ASSERT_EQUAL(isnan(rows[i].high) ? FECG_RISK_MODERATE : FECG_RISK_HIGH, assess(in).level);
  }
}

static void more_of_anything_never_lowers_the_score(void) {
  static const double from[] = {0, 0, 0, 0, 0, 0, 0, 90, 120, 60, 350, 0}, to[] = {1, 1, 1, 1, 1, 1, 1, 250, 700, 300, 700, 12};
  for (size_t field = 0; field < sizeof(fecg_risk_input) / sizeof(double); field++) {
    double last = 0;
    for (int k = 0; k <= 1000; k++) {
      fecg_risk_input in = nothing();
      ((double *)&in)[field] = from[field] + (to[field] - from[field]) * k / 1000;
      const fecg_risk r = assess(in);
      TEST_ASSERT_TRUE(r.score >= last && r.score <= 1);
      last = r.score;
    }
  }
  double last = 0;
  for (double bpm = 90; bpm > 10; bpm -= 0.5) {
    fecg_risk_input in = nothing();
    in.rate_bpm = bpm;
    TEST_ASSERT_TRUE(assess(in).score >= last);
    last = assess(in).score;
  }
}

static void the_weightiest_reason_stands_first(void) {
  fecg_risk_input in = nothing();
  in.infarction = 0.9, in.qrs_ms = 140, in.abnormal = 0.95;
  const fecg_risk r = assess(in);
  TEST_ASSERT_EQUAL(FECG_RISK_HIGH, r.level);
  TEST_ASSERT_EQUAL(3, r.count);
  TEST_ASSERT_EQUAL_STRING("probability of infarction", r.because[0]);
}

int main(void) {
  UNITY_BEGIN();
  RUN_TEST(a_normal_ecg_is_low_and_needs_no_reason);
  RUN_TEST(what_is_not_known_says_nothing);
  RUN_TEST(each_row_turns_at_its_limits);
  RUN_TEST(more_of_anything_never_lowers_the_score);
  RUN_TEST(the_weightiest_reason_stands_first);
  return UNITY_END();
}
