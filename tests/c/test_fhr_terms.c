/* test_fhr_terms.c — the words of FIGO and NICHD on rates that are made for each rule, on either side of its border. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "measure/fhr_terms.h"
#include "unity.h"

enum { MINUTE = 240, MOST = 180 * MINUTE }; /* samples at 4 Hz */
static float bpm[MOST];
static fecg_fhr_terms terms;
static fecg_list events = {.item_size = sizeof(fecg_rate_event)};

void setUp(void) {}
void tearDown(void) {
  fecg_fhr_terms_destroy(&terms);
  fecg_list_destroy(&events);
}

static void within(double tolerance, double wanted, double got) {
  char message[96];
  snprintf(message, sizeof message, "%.9g, wanted %.9g within %.3g", got, wanted, tolerance);
  TEST_ASSERT_TRUE_MESSAGE(fabs(got - wanted) <= tolerance, message);
}

static void hold(double from_s, double to_s, double level) {
  for (int i = (int)(4 * from_s); i < (int)(4 * to_s); i++) bpm[i] = (float)level;
}

/* Adds a square oscillation of `width` bpm, a period of 20 s; flat outside. */
static void swing(double from_s, double to_s, double width) {
  for (int i = (int)(4 * from_s); i < (int)(4 * to_s); i++) bpm[i] += (float)(i / 40 % 2 ? width / 2 : -width / 2);
}

static void find(double seconds) {
  fecg_fhr_terms_destroy(&terms);
  TEST_ASSERT_EQUAL(FECG_OK, fecg_fhr_terms_find(bpm, (size_t)(4 * seconds), &terms));
}

static const fecg_fhr_stretch *stretch(size_t i) {
  TEST_ASSERT_TRUE(i < terms.stretches.count);
  return (const fecg_fhr_stretch *)terms.stretches.items + i;
}

static int count(fecg_fhr_standard standard, const char *key) {
  const fecg_fhr_excursion *e = terms.excursions.items;
  for (int k = 0; k < FECG_FHR_NAMED; k++) {
    if (FECG_FHR_NAMES[k].standard != standard || strcmp(FECG_FHR_NAMES[k].key, key)) continue;
    int n = 0;
    for (size_t i = 0; i < terms.excursions.count; i++) n += FECG_FHR_NAMES[k].is(e + i);
    return n;
  }
  TEST_FAIL_MESSAGE(key);
  return -1;
}

static int runs(fecg_fhr_standard standard, int fast) {
  const fecg_fhr_run *r = terms.runs.items;
  int n = 0;
  for (size_t i = 0; i < terms.runs.count; i++) n += r[i].standard == standard && r[i].fast == fast;
  return n;
}

/* ---- baseline --------------------------------------------------------------------------------------- */

static void a_baseline_is_of_ten_whole_minutes(void) {
  hold(0, 2000, 143);
  find(599.75);
  TEST_ASSERT_EQUAL(0, terms.stretches.count);
  find(600);
  TEST_ASSERT_EQUAL(1, terms.stretches.count);
  within(1e-6, 143, stretch(0)->baseline_bpm);
  TEST_ASSERT_EQUAL(FECG_FHR_KNOWN, stretch(0)->reason);
  find(1199);
  TEST_ASSERT_EQUAL(1, terms.stretches.count);
  find(1200);
  TEST_ASSERT_EQUAL(2, terms.stretches.count);
  within(0, 600, stretch(1)->t_s);
}

static void what_leaves_the_baseline_is_not_in_it(void) {
  hold(0, 600, 140);
  hold(100, 160, 170);
  hold(300, 480, 90);
  hold(500, 512, 160); /* too short to leave it */
  find(600);
  within(0.1, 140 + 20 * 12.0 / (600 - 60 - 180), stretch(0)->baseline_bpm);
  within(1e-6, 140, fecg_nichd_baseline(stretch(0)->baseline_bpm));
}

static void nichd_gives_the_baseline_in_steps_of_five(void) {
  within(0, 140, fecg_nichd_baseline(142.4));
  within(0, 145, fecg_nichd_baseline(142.5));
  within(0, 145, fecg_nichd_baseline(147.4));
  TEST_ASSERT_TRUE(isnan(fecg_nichd_baseline(NAN)));
}

static void a_baseline_needs_two_minutes_of_ten(void) {
  for (double known = 119; known <= 121; known += 2) {
    hold(0, 1200, NAN);
    hold(0, known / 2, 140);
    hold(400, 400 + known / 2, 140);
    find(600);
    TEST_ASSERT_EQUAL(known < 120 ? FECG_FHR_LOW_COVERAGE : FECG_FHR_KNOWN, stretch(0)->reason);
    TEST_ASSERT_EQUAL(known < 120, isnan(stretch(0)->baseline_bpm));
  }
}

static void a_baseline_that_changes_by_more_than_25_bpm_is_none(void) {
  for (double step = 24; step <= 27; step += 3) {
    hold(0, 900, 120);
    hold(900, 1800, 120 + step); /* in the middle of the second stretch */
    find(1800);
    within(1e-6, 120, stretch(0)->baseline_bpm);
    within(1e-6, 120 + step, stretch(2)->baseline_bpm);
    TEST_ASSERT_EQUAL(step > 25 ? FECG_FHR_UNSTABLE : FECG_FHR_KNOWN, stretch(1)->reason);
  }
}

/* ---- variability ------------------------------------------------------------------------------------ */

static void bandwidth_is_the_range_within_minutes(void) {
  static const struct { double width; const char *nichd, *figo; } cases[] = {
      {0, "absent", NULL}, {0.9, "absent", NULL}, {1.1, "minimal", NULL}, {4.9, "minimal", NULL}, {5, "minimal", "normal"},
      {5.1, "moderate", "normal"}, {24.9, "moderate", "normal"}, {25, "moderate", "normal"}, {25.5, "marked", NULL}};
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
    hold(0, 600, 140);
    swing(0, 600, cases[c].width);
    find(600);
    within(1e-4, cases[c].width, stretch(0)->bandwidth_bpm);
    within(1e-4, cases[c].width, terms.bandwidth_bpm);
    TEST_ASSERT_EQUAL_STRING(cases[c].nichd, fecg_nichd_variability(stretch(0)->bandwidth_bpm));
    TEST_ASSERT_EQUAL(0, terms.excursions.count);
    if (cases[c].figo) TEST_ASSERT_EQUAL_STRING(cases[c].figo, terms.figo_variability);
    else TEST_ASSERT_NULL(terms.figo_variability);
    TEST_ASSERT_EQUAL(cases[c].figo ? FECG_FHR_KNOWN : FECG_FHR_NOT_LASTING, terms.figo_variability_reason);
  }
  TEST_ASSERT_NULL(fecg_nichd_variability(NAN));
}

static void a_deceleration_does_not_widen_the_bandwidth(void) {
  hold(0, 600, 140);
  swing(0, 600, 8);
  hold(200, 260, 100);
  find(600);
  within(1e-4, 8, stretch(0)->bandwidth_bpm);
}

static void figo_calls_variability_reduced_after_fifty_minutes(void) {
  for (int minutes = 50; minutes <= 51; minutes++) {
    hold(0, 5400, 140);
    swing(0, 5400, 10);
    hold(600, 600 + 60 * minutes, 140);
    swing(600, 600 + 60 * minutes, 4);
    find(5400);
    TEST_ASSERT_EQUAL_STRING(minutes > 50 ? "reduced" : "normal", terms.figo_variability);
  }
  for (int i = 600 + 25 * 60; i < 600 + 25 * 60 + 60; i++) hold(i, i + 1, NAN); /* a minute that is not known ends it */
  find(5400);
  TEST_ASSERT_EQUAL_STRING("normal", terms.figo_variability);
}

static void figo_calls_variability_increased_after_thirty_minutes(void) {
  for (int minutes = 30; minutes <= 31; minutes++) {
    hold(0, 5400, 140);
    swing(0, 5400, 10);
    hold(600, 600 + 60 * minutes, 140);
    swing(600, 600 + 60 * minutes, 26);
    find(5400);
    TEST_ASSERT_EQUAL_STRING(minutes > 30 ? "increased" : "normal", terms.figo_variability);
  }
}

/* ---- accelerations and decelerations ---------------------------------------------------------------- */

/* Twenty minutes at 140 with one trapezoid: ramps of `ramp` s at either side of `flat` s. Time above 5 bpm follows. */
static double excursion(double height, double flat, double ramp) {
  hold(0, 1200, 140);
  for (int i = 0; i < 1200 * 4; i++) {
    const double t = i / 4.0 - 300, x = t < ramp ? t / ramp : t < ramp + flat ? 1 : t < 2 * ramp + flat ? (2 * ramp + flat - t) / ramp : 0;
    if (t >= 0 && x > 0) bpm[i] += (float)(height * x);
  }
  find(1200);
  return flat + 2 * ramp * (1 - 5 / fabs(height));
}

static void excursions_have_their_time_length_and_height(void) {
  for (double sign = -1; sign <= 1; sign += 2) {
    const double seconds = excursion(sign * 30, 30, 10);
    TEST_ASSERT_EQUAL(1, terms.excursions.count);
    const fecg_fhr_excursion *e = terms.excursions.items;
    within(0.5, 300 + 10 / 6.0, e->t_s);
    within(0.75, seconds, e->duration_s);
    within(0.1, sign * 30, e->furthest_bpm); /* its feet are in the baseline */
    within(1.5, 10, e->to_furthest_s + 10 / 6.0);
    for (fecg_fhr_standard s = FECG_FIGO; s < FECG_FHR_STANDARDS; s++) {
      TEST_ASSERT_EQUAL(sign > 0, count(s, "accelerations"));
      TEST_ASSERT_EQUAL(sign < 0, count(s, "decelerations"));
      TEST_ASSERT_EQUAL(0, count(s, "prolonged_decelerations"));
    }
  }
}

static void fifteen_bpm_are_needed(void) {
  for (double sign = -1; sign <= 1; sign += 2) {
    const char *key = sign > 0 ? "accelerations" : "decelerations";
    excursion(sign * 14.5, 40, 0);
    TEST_ASSERT_EQUAL(0, count(FECG_FIGO, key) + count(FECG_NICHD, key));
    excursion(sign * 15, 40, 0); /* FIGO: more than 15; NICHD: 15 and more */
    TEST_ASSERT_EQUAL(0, count(FECG_FIGO, key));
    TEST_ASSERT_EQUAL(1, count(FECG_NICHD, key));
    excursion(sign * 15.5, 40, 0);
    TEST_ASSERT_EQUAL(1, count(FECG_FIGO, key));
    TEST_ASSERT_EQUAL(1, count(FECG_NICHD, key));
  }
}

static void fifteen_seconds_are_needed(void) {
  for (double sign = -1; sign <= 1; sign += 2)
    for (double seconds = 14; seconds <= 16; seconds += 2) {
      const char *key = sign > 0 ? "accelerations" : "decelerations";
      excursion(sign * 20, seconds - 9, 6); /* 2 x 6 x 3/4 are 9 */
      for (fecg_fhr_standard s = FECG_FIGO; s < FECG_FHR_STANDARDS; s++) TEST_ASSERT_EQUAL(seconds > 15, count(s, key));
    }
  const fecg_fhr_excursion even = {100, 15, 20, 5}; /* FIGO: more than 15 s; NICHD: 15 s and more */
  TEST_ASSERT_FALSE(FECG_FHR_NAMES[0].is(&even));
  TEST_ASSERT_TRUE(FECG_FHR_NAMES[3].is(&even));
}

static void an_acceleration_rises_within_thirty_seconds(void) {
  excursion(30, 4, 34); /* 28 s from 5 to 30 bpm */
  TEST_ASSERT_EQUAL(1, count(FECG_FIGO, "accelerations"));
  TEST_ASSERT_EQUAL(1, count(FECG_NICHD, "accelerations"));
  excursion(30, 4, 40);
  TEST_ASSERT_EQUAL(0, count(FECG_FIGO, "accelerations"));
  TEST_ASSERT_EQUAL(0, count(FECG_NICHD, "accelerations"));
  excursion(-30, 4, 40); /* a deceleration may fall slowly */
  TEST_ASSERT_EQUAL(1, count(FECG_FIGO, "decelerations"));
}

static void prolonged_is_two_minutes_for_nichd_and_three_for_figo(void) {
  static const struct { double seconds; int figo, nichd, event; } cases[] = {{118, 0, 0, 0}, {122, 0, 1, 1}, {178, 0, 1, 1}, {182, 1, 1, 1}, {590, 1, 1, 1}, {610, 0, 0, 0}};
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
    excursion(-30, cases[c].seconds - 10, 6);
    TEST_ASSERT_EQUAL(cases[c].figo, count(FECG_FIGO, "prolonged_decelerations"));
    TEST_ASSERT_EQUAL(cases[c].seconds < 600, count(FECG_FIGO, "decelerations")); /* FIGO's prolonged one is a deceleration too */
    TEST_ASSERT_EQUAL(cases[c].nichd, count(FECG_NICHD, "prolonged_decelerations"));
    TEST_ASSERT_EQUAL(cases[c].seconds < 120, count(FECG_NICHD, "decelerations"));
    events.count = 0;
    TEST_ASSERT_EQUAL(FECG_OK, fecg_fhr_terms_events(&terms, &events));
    int prolonged = 0;
    for (size_t i = 0; i < events.count; i++) prolonged += !strcmp("prolonged-deceleration", ((fecg_rate_event *)events.items)[i].type);
    TEST_ASSERT_EQUAL(cases[c].event, prolonged);
  }
  for (double seconds = 118; seconds <= 122; seconds += 4) {
    excursion(30, seconds - 10, 6);
    TEST_ASSERT_EQUAL(seconds < 120, count(FECG_NICHD, "accelerations"));
    TEST_ASSERT_EQUAL(seconds > 120, count(FECG_NICHD, "prolonged_accelerations"));
    TEST_ASSERT_EQUAL(1, count(FECG_FIGO, "accelerations"));
  }
}

static void a_gap_of_more_than_two_seconds_ends_an_excursion(void) {
  for (double gap = 2; gap <= 2.25; gap += 0.25) {
    hold(0, 600, 140);
    hold(200, 240, 170);
    hold(220, 220 + gap, NAN);
    find(600);
    TEST_ASSERT_EQUAL(gap > 2 ? 2 : 1, count(FECG_FIGO, "accelerations"));
  }
}

static void excursions_need_two_minutes_of_a_baseline_and_half_of_the_rate(void) {
  hold(0, 1200, 140);
  find(119.75);
  TEST_ASSERT_EQUAL(FECG_FHR_TOO_SHORT, terms.excursions_reason);
  TEST_ASSERT_EQUAL(FECG_FHR_TOO_SHORT, terms.figo_variability_reason);
  TEST_ASSERT_NULL(terms.figo_variability);
  find(120);
  TEST_ASSERT_EQUAL(FECG_FHR_KNOWN, terms.excursions_reason);
  hold(299, 1200, NAN);
  find(600);
  TEST_ASSERT_EQUAL(FECG_FHR_LOW_COVERAGE, terms.excursions_reason);
  TEST_ASSERT_EQUAL(FECG_FHR_LOW_COVERAGE, terms.figo_variability_reason);
  hold(299, 301, 140);
  find(600);
  TEST_ASSERT_EQUAL(FECG_FHR_KNOWN, terms.excursions_reason);
  for (int i = 0; i < 600 * 4; i++) bpm[i] = (float)(60 + i * 0.06); /* no level holds for two minutes */
  find(600);
  TEST_ASSERT_EQUAL(FECG_FHR_UNSTABLE, terms.excursions_reason);
  TEST_ASSERT_EQUAL(FECG_FHR_UNSTABLE, stretch(0)->reason);
}

/* ---- tachycardia and bradycardia -------------------------------------------------------------------- */

static void tachycardia_and_bradycardia_begin_beyond_their_borders(void) {
  static const struct { double level; int figo_fast, figo_slow, nichd_fast, nichd_slow; } cases[] = {
      {160, 0, 0, 0, 0}, {160.5, 1, 0, 0, 0}, {162.4, 1, 0, 0, 0}, {162.6, 1, 0, 1, 0}, {190, 1, 0, 1, 0},
      {110, 0, 0, 0, 0}, {109.5, 0, 1, 0, 0}, {107.6, 0, 1, 0, 0}, {107.4, 0, 1, 0, 1}, {80, 0, 1, 0, 1}};
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
    hold(0, 900, cases[c].level);
    find(900);
    TEST_ASSERT_EQUAL(cases[c].figo_fast, runs(FECG_FIGO, 1));
    TEST_ASSERT_EQUAL(cases[c].figo_slow, runs(FECG_FIGO, 0));
    TEST_ASSERT_EQUAL(cases[c].nichd_fast, runs(FECG_NICHD, 1));
    TEST_ASSERT_EQUAL(cases[c].nichd_slow, runs(FECG_NICHD, 0));
    events.count = 0;
    TEST_ASSERT_EQUAL(FECG_OK, fecg_fhr_terms_events(&terms, &events));
    TEST_ASSERT_EQUAL(cases[c].figo_fast + cases[c].figo_slow, events.count);
    if (events.count == 0) continue;
    const fecg_rate_event *e = events.items;
    TEST_ASSERT_EQUAL_STRING(cases[c].figo_fast ? "tachycardia" : "bradycardia", e->type);
    within(1e-9, 900, e->duration_s);
  }
}

static void ten_minutes_and_more_make_a_tachycardia(void) {
  for (double seconds = 599.75; seconds <= 600.25; seconds += 0.25) {
    hold(0, 900, 175);
    find(seconds);
    TEST_ASSERT_EQUAL(seconds > 600, runs(FECG_FIGO, 1));
    TEST_ASSERT_EQUAL(seconds >= 600, runs(FECG_NICHD, 1));
    TEST_ASSERT_EQUAL(seconds > 600 ? FECG_FHR_KNOWN : FECG_FHR_TOO_SHORT, terms.runs_reason[FECG_FIGO]);
    TEST_ASSERT_EQUAL(seconds >= 600 ? FECG_FHR_KNOWN : FECG_FHR_TOO_SHORT, terms.runs_reason[FECG_NICHD]);
  }
  hold(0, 60, 190);
  find(60); /* a minute cannot tell */
  TEST_ASSERT_EQUAL(FECG_FHR_TOO_SHORT, terms.runs_reason[FECG_FIGO]);
  for (double minutes = 9; minutes <= 12; minutes += 3) { /* within an hour */
    hold(0, 3600, 140);
    hold(1500, 1500 + 60 * minutes, 180);
    find(3600);
    TEST_ASSERT_EQUAL(minutes > 10, runs(FECG_FIGO, 1));
    if (minutes > 10) within(10, 60 * minutes, ((fecg_fhr_run *)terms.runs.items)->duration_s);
  }
}

static void decelerations_within_do_not_end_a_tachycardia_and_those_at_its_end_do_not_lengthen_it(void) {
  hold(0, 800, 175);
  hold(300, 360, 130);
  find(800);
  TEST_ASSERT_EQUAL(1, runs(FECG_FIGO, 1));
  hold(0, 800, 175);
  hold(590, 800, 140);
  find(800);
  TEST_ASSERT_EQUAL(0, runs(FECG_FIGO, 1));
  TEST_ASSERT_EQUAL(FECG_FHR_KNOWN, terms.runs_reason[FECG_FIGO]);
}

static void a_tachycardia_does_not_go_on_through_a_minute_without_a_rate(void) {
  for (double gap = 59; gap <= 62; gap += 3) {
    hold(0, 900, 175);
    hold(400, 400 + gap, NAN);
    find(900);
    TEST_ASSERT_EQUAL(gap <= 60, runs(FECG_FIGO, 1));
  }
}

static void nothing_is_known_of_a_rate_that_is_not(void) {
  hold(0, 1200, NAN);
  find(1200);
  TEST_ASSERT_EQUAL(0, terms.excursions.count + terms.runs.count);
  TEST_ASSERT_EQUAL(FECG_FHR_LOW_COVERAGE, terms.excursions_reason);
  TEST_ASSERT_EQUAL(FECG_FHR_LOW_COVERAGE, terms.runs_reason[FECG_NICHD]);
  TEST_ASSERT_EQUAL(FECG_FHR_LOW_COVERAGE, stretch(1)->reason);
  find(0);
  TEST_ASSERT_EQUAL(FECG_FHR_TOO_SHORT, terms.excursions_reason);
  TEST_ASSERT_EQUAL(FECG_FHR_TOO_SHORT, terms.figo_variability_reason);
}

/* ---- rhythm ----------------------------------------------------------------------------------------- */

enum { BEATS = 300 };
static double beats[BEATS];
static float seen_s[BEATS];
static fecg_fhr_rhythm rhythm;

/* Beats every 430 ms; those in `early` come early by `share` of that, and the next when it would have. */
static void beat(const int *early, size_t n, double share) {
  for (int i = 0; i < BEATS; i++) beats[i] = 0.43 * i;
  for (size_t k = 0; k < n; k++) beats[early[k]] -= 0.43 * share;
  memset(seen_s, 0, sizeof seen_s);
}

static void find_rhythm(size_t n) {
  events.count = 0;
  TEST_ASSERT_EQUAL(FECG_OK, fecg_fhr_rhythm_find(beats, seen_s, n, 0.43 * (double)n, &rhythm, &events));
}

static void premature_beats_make_a_rhythm_irregular_from_three_on(void) {
  static const int early[] = {60, 75, 92, 120};
  for (size_t n = 0; n <= 4; n++) {
    beat(early, n, 0.3);
    find_rhythm(BEATS);
    TEST_ASSERT_EQUAL(n, rhythm.premature);
    TEST_ASSERT_EQUAL(n >= 3, rhythm.irregular);
    TEST_ASSERT_EQUAL(n >= 3, events.count);
    if (n < 3) continue;
    const fecg_rate_event *e = events.items;
    TEST_ASSERT_EQUAL_STRING("irregular", e->type);
    within(1e-9, beats[60], e->t_s);
    within(1e-9, beats[early[n - 1]] - beats[60], e->duration_s);
  }
}

static void a_beat_is_premature_from_a_fifth_on(void) {
  static const int early[] = {60, 75, 92};
  beat(early, 3, 0.19);
  find_rhythm(BEATS);
  TEST_ASSERT_EQUAL(0, rhythm.premature);
  TEST_ASSERT_EQUAL(0, rhythm.irregular);
  beat(early, 3, 0.21);
  find_rhythm(BEATS);
  TEST_ASSERT_EQUAL(3, rhythm.premature);
}

static void premature_beats_far_apart_are_no_irregular_rhythm(void) {
  static const int early[] = {40, 105, 180, 255}; /* 28, 32 and 32 s */
  beat(early, 4, 0.3);
  find_rhythm(BEATS);
  TEST_ASSERT_EQUAL(4, rhythm.premature);
  TEST_ASSERT_EQUAL(0, rhythm.irregular);
}

static void every_second_beat_early_is_irregular(void) {
  int early[100];
  for (int i = 0; i < 100; i++) early[i] = 50 + 2 * i;
  beat(early, 100, 0.3);
  find_rhythm(BEATS);
  TEST_ASSERT_TRUE(rhythm.premature > 95);
  TEST_ASSERT_EQUAL(1, rhythm.irregular);
}

static void missed_and_added_beats_are_not_irregular(void) {
  beat(NULL, 0, 0);
  size_t n = 0;
  for (int i = 0; i < BEATS; i++) /* every eighth is missing */
    if (i % 8 != 5) beats[n++] = 0.43 * i;
  find_rhythm(n);
  TEST_ASSERT_EQUAL(0, rhythm.premature);
  TEST_ASSERT_EQUAL(0, rhythm.irregular);
  n = 0;
  for (int i = 0; n + 2 < BEATS; i++) { /* one more within every eighth interval */
    beats[n++] = 0.43 * i;
    if (i % 8 == 5) beats[n++] = 0.43 * i + 0.28;
  }
  find_rhythm(n);
  TEST_ASSERT_EQUAL(0, rhythm.premature);
  TEST_ASSERT_EQUAL(0, rhythm.irregular);
}

static void beats_that_are_not_seen_say_nothing(void) {
  static const int early[] = {60, 75, 92};
  beat(early, 3, 0.3);
  for (int k = 0; k < 3; k++) seen_s[early[k]] = NAN;
  find_rhythm(BEATS);
  TEST_ASSERT_EQUAL(0, rhythm.premature);
  for (int unseen = 9; unseen <= 10; unseen++) { /* of 300: to 3 % the rest speaks for all */
    beat(NULL, 0, 0);
    for (int i = 0; i < unseen; i++) seen_s[20 + 25 * i] = NAN;
    find_rhythm(BEATS);
    TEST_ASSERT_EQUAL(unseen <= 9 ? 0 : -1, rhythm.irregular);
    TEST_ASSERT_EQUAL(unseen <= 9 ? FECG_FHR_KNOWN : FECG_FHR_UNSEEN, rhythm.reason);
  }
  for (int unseen = 30; unseen <= 31; unseen++) { /* with premature beats among the rest: to 10 % */
    beat(early, 3, 0.3);
    for (int i = 0; i < unseen; i++) seen_s[110 + 6 * i] = NAN;
    find_rhythm(BEATS);
    TEST_ASSERT_EQUAL(3, rhythm.premature);
    TEST_ASSERT_EQUAL(unseen <= 30 ? 1 : -1, rhythm.irregular);
    TEST_ASSERT_EQUAL(unseen <= 30, events.count);
  }
  for (int i = 0; i < BEATS; i++) seen_s[i] = i % 3 == 0 ? NAN : 0; /* two intervals of three end at one */
  find_rhythm(BEATS);
  TEST_ASSERT_EQUAL(FECG_FHR_LOW_COVERAGE, rhythm.reason);
}

static void beats_that_are_seen_early_count_where_they_are_seen(void) {
  static const int early[] = {60, 75, 92};
  beat(NULL, 0, 0);
  for (int k = 0; k < 3; k++) seen_s[early[k]] = -0.13f;
  find_rhythm(BEATS);
  TEST_ASSERT_EQUAL(3, rhythm.premature);
  TEST_ASSERT_EQUAL(1, rhythm.irregular);
  within(1e-6, 60 * 0.43 - 0.13, ((fecg_rate_event *)events.items)->t_s);
}

static void a_rate_that_rises_and_falls_fast_is_regular(void) {
  double t = 0;
  memset(seen_s, 0, sizeof seen_s);
  for (int i = 0; i < BEATS; i++) { /* 150 to 75 bpm and back in 5 s */
    const double phase = fmod(t, 40) / 5, rate = phase < 1 ? 150 - 75 * phase : phase < 2 ? 75 + 75 * (phase - 1) : 150;
    beats[i] = t;
    t += 60 / rate;
  }
  find_rhythm(BEATS);
  TEST_ASSERT_EQUAL(0, rhythm.premature);
  TEST_ASSERT_EQUAL(0, rhythm.irregular);
}

static void a_rhythm_needs_a_minute(void) {
  beat(NULL, 0, 0);
  find_rhythm(139); /* 59.8 s */
  TEST_ASSERT_EQUAL(-1, rhythm.irregular);
  TEST_ASSERT_EQUAL(FECG_FHR_TOO_SHORT, rhythm.reason);
  find_rhythm(140);
  TEST_ASSERT_EQUAL(0, rhythm.irregular);
  find_rhythm(0);
  TEST_ASSERT_EQUAL(-1, rhythm.irregular);
}

int main(void) {
  UNITY_BEGIN();
  RUN_TEST(a_baseline_is_of_ten_whole_minutes);
  RUN_TEST(what_leaves_the_baseline_is_not_in_it);
  RUN_TEST(nichd_gives_the_baseline_in_steps_of_five);
  RUN_TEST(a_baseline_needs_two_minutes_of_ten);
  RUN_TEST(a_baseline_that_changes_by_more_than_25_bpm_is_none);
  RUN_TEST(bandwidth_is_the_range_within_minutes);
  RUN_TEST(a_deceleration_does_not_widen_the_bandwidth);
  RUN_TEST(figo_calls_variability_reduced_after_fifty_minutes);
  RUN_TEST(figo_calls_variability_increased_after_thirty_minutes);
  RUN_TEST(excursions_have_their_time_length_and_height);
  RUN_TEST(fifteen_bpm_are_needed);
  RUN_TEST(fifteen_seconds_are_needed);
  RUN_TEST(an_acceleration_rises_within_thirty_seconds);
  RUN_TEST(prolonged_is_two_minutes_for_nichd_and_three_for_figo);
  RUN_TEST(a_gap_of_more_than_two_seconds_ends_an_excursion);
  RUN_TEST(excursions_need_two_minutes_of_a_baseline_and_half_of_the_rate);
  RUN_TEST(tachycardia_and_bradycardia_begin_beyond_their_borders);
  RUN_TEST(ten_minutes_and_more_make_a_tachycardia);
  RUN_TEST(decelerations_within_do_not_end_a_tachycardia_and_those_at_its_end_do_not_lengthen_it);
  RUN_TEST(a_tachycardia_does_not_go_on_through_a_minute_without_a_rate);
  RUN_TEST(nothing_is_known_of_a_rate_that_is_not);
  RUN_TEST(premature_beats_make_a_rhythm_irregular_from_three_on);
  RUN_TEST(a_beat_is_premature_from_a_fifth_on);
  RUN_TEST(premature_beats_far_apart_are_no_irregular_rhythm);
  RUN_TEST(every_second_beat_early_is_irregular);
  RUN_TEST(missed_and_added_beats_are_not_irregular);
  RUN_TEST(beats_that_are_not_seen_say_nothing);
  RUN_TEST(beats_that_are_seen_early_count_where_they_are_seen);
  RUN_TEST(a_rate_that_rises_and_falls_fast_is_regular);
  RUN_TEST(a_rhythm_needs_a_minute);
  return UNITY_END();
}
