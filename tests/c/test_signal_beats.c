/* test_signal_beats.c — finding peaks, and a heart's beats among them: at any rate, neither half nor
 * double of it, through missed beats and pauses. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/math.h"
#include "signal/beat_search.h"
#include "simulate/random.h"
#include "unity.h"

enum { ROOM = 2000 };
static fecg_arena arena;
static sim_rng rng;

typedef struct train { /* peaks of a detection signal, some of them beats */
  fecg_peak peaks[ROOM];
  unsigned char beat[ROOM], taken[ROOM];
  size_t count;
  double score;
} train;
static train t;

void setUp(void) {
  rng = sim_stream(1, 0, 0);
  t.count = 0;
}
void tearDown(void) { fecg_arena_destroy(&arena); }

/* Adds a peak in its place in time; a peak that is no beat gives way to those nearer than 60 ms. */
static void add(double t_s, double level, int beat) {
  size_t i = t.count;
  for (size_t k = 0; k < t.count && !beat; k++)
    if (fabs(t.peaks[k].t_s - t_s) < 0.06) return;
  TEST_ASSERT_LESS_THAN(ROOM, t.count);
  for (; i > 0 && t.peaks[i - 1].t_s > t_s; i--) {
    t.peaks[i] = t.peaks[i - 1];
    t.beat[i] = t.beat[i - 1];
  }
  t.peaks[i] = (fecg_peak){t_s, (float)level, 0};
  t.beat[i] = (unsigned char)beat;
  t.count++;
}

/* The interval that follows t: `bpm`, slowly swinging by `swing`. */
static double interval(double t_s, double bpm, double swing) { return 60 / bpm * (1 + swing * fecg_sin(2 * FECG_PI * 0.1 * t_s)); }

static void add_noise(double from, double to, double per_s, double low, double high) {
  for (int k = 0; k < (int)((to - from) * per_s); k++) add(sim_uniform(&rng, from, to), sim_uniform(&rng, low, high), 0);
}

static void search(double end_s) {
  memset(t.taken, 7, sizeof t.taken);
  TEST_ASSERT_EQUAL(FECG_OK, fecg_search_beats(&FECG_SEARCH_FETAL, t.peaks, t.count, end_s, t.taken, &t.score, &arena));
  TEST_ASSERT_TRUE(isfinite(t.score));
  for (size_t i = 0; i < t.count; i++) TEST_ASSERT_TRUE(t.taken[i] <= 1);
}

/* At most `missed` beats are not taken and `wrong` others are. */
static void found(const char *what, double bpm, size_t missed, size_t wrong) {
  size_t m = 0, w = 0, beats = 0;
  for (size_t i = 0; i < t.count; i++) beats += t.beat[i], m += t.beat[i] && !t.taken[i], w += !t.beat[i] && t.taken[i];
  char message[128];
  snprintf(message, sizeof message, "%s at %g bpm: %lu of %lu beats missed, %lu wrong", what, bpm, (unsigned long)m, (unsigned long)beats, (unsigned long)w);
  TEST_ASSERT_TRUE_MESSAGE(m <= missed && w <= wrong, message);
}

/* Steady at the ends of the range: a swing would leave it. */
static double swing_at(double bpm) { return bpm < 62 || bpm > 218 ? 0 : bpm < 65 || bpm > 212 ? 0.01 : 0.03; }

static const double RATES[] = {60, 65, 70, 80, 95, 110, 125, 140, 160, 180, 200, 210, 220};
enum { RATE_COUNT = sizeof RATES / sizeof *RATES };

static void a_rhythm_is_found_among_random_peaks_at_any_rate(void) {
  for (int r = 0; r < RATE_COUNT; r++) {
    t.count = 0;
    for (double at = 0.3; at < 40; at += interval(at, RATES[r], swing_at(RATES[r]))) add(at, sim_uniform(&rng, 0.8, 1.2), 1);
    add_noise(0, 40, 6, 0.1, 0.7);
    search(40);
    found("random peaks", RATES[r], 1, 1);
  }
}

static void alternating_heights_do_not_halve_the_rate(void) {
  for (int r = 0; r < RATE_COUNT; r++) {
    int k = 0;
    t.count = 0;
    for (double at = 0.3; at < 40; at += interval(at, RATES[r], swing_at(RATES[r]))) add(at, (k++ % 2 ? 0.65 : 1) * sim_uniform(&rng, 0.95, 1.05), 1);
    add_noise(0, 40, 6, 0.1, 0.35);
    search(40);
    found("alternating heights", RATES[r], 1, 1);
  }
}

static void t_waves_of_half_the_height_do_not_double_the_rate(void) {
  for (int r = 0; r < RATE_COUNT; r++)
    for (double delay = 0.15; delay < 0.32 && delay < 0.7 * 60 / RATES[r]; delay += 0.03) { /* s after the beat */
      t.count = 0;
      for (double at = 0.3, next; at < 40; at = next) {
        next = at + interval(at, RATES[r], swing_at(RATES[r]));
        add(at, sim_uniform(&rng, 0.9, 1.1), 1);
        add(at + delay, 0.5 * sim_uniform(&rng, 0.9, 1.1), 0);
      }
      add_noise(0, 40, 2, 0.1, 0.3);
      search(40);
      found("T waves", RATES[r], 1, 1);
    }
}

static void single_missed_beats_are_bridged(void) {
  for (int r = 0; r < RATE_COUNT; r++) {
    int k = 0;
    t.count = 0;
    for (double at = 0.3; at < 40; at += interval(at, RATES[r], swing_at(RATES[r])))
      if (++k % 9) add(at, sim_uniform(&rng, 0.9, 1.1), 1);
    add_noise(0, 40, 4, 0.1, 0.5);
    search(40);
    found("missed beats", RATES[r], 2, 4);
  }
}

static void a_rhythm_goes_on_after_a_pause_at_another_rate(void) {
  for (double at = 0.3; at < 15; at += interval(at, 140, 0.02)) add(at, sim_uniform(&rng, 0.9, 1.1), 1);
  for (double at = 21.17; at < 36; at += interval(at, 118, 0.02)) add(at, sim_uniform(&rng, 0.9, 1.1), 1);
  search(36);
  found("pause without a peak", 140, 0, 0);
  add_noise(0, 15, 3, 0.1, 0.4);
  add_noise(21.5, 36, 3, 0.1, 0.4);
  search(36);
  found("pause", 140, 0, 0);
}

static void a_sudden_change_of_rate_is_followed(void) {
  for (double at = 0.3; at < 20; at += 60.0 / 150) add(at, sim_uniform(&rng, 0.9, 1.1), 1);
  double last = 0;
  for (size_t i = 0; i < t.count; i++) last = t.peaks[i].t_s;
  for (double at = last + 60.0 / 75; at < 40; at += 60.0 / 75) add(at, sim_uniform(&rng, 0.9, 1.1), 1);
  add_noise(0, 40, 3, 0.1, 0.5);
  search(40);
  found("sudden change", 75, 1, 1);
}

/* A rhythm that starts late or ends early costs one restart, and the choice of beats does not change. */
static void starting_late_and_ending_early_cost_a_restart(void) {
  const double restart = FECG_SEARCH_FETAL.restart;
  for (double at = 0.5; at < 20; at += interval(at, 130, 0.03)) add(at, sim_uniform(&rng, 0.9, 1.1), 1);
  add_noise(0, 20, 4, 0.1, 0.5);
  search(20);
  found("whole", 130, 0, 0);
  const double whole = t.score;
  TEST_ASSERT_TRUE(whole > 20);
  search(20.9);
  TEST_ASSERT_FLOAT_WITHIN(1e-3f, (float)whole, (float)t.score);
  search(60);
  found("early end", 130, 0, 0);
  TEST_ASSERT_FLOAT_WITHIN(1e-3f, (float)(whole - restart), (float)t.score);
  for (size_t i = 0; i < t.count; i++) t.peaks[i].t_s += 10;
  search(30);
  found("late start", 130, 0, 0);
  TEST_ASSERT_FLOAT_WITHIN(1e-3f, (float)(whole - restart), (float)t.score);
}

static void few_peaks_or_equal_ones_are_no_trouble(void) {
  search(10); /* none */
  TEST_ASSERT_EQUAL_FLOAT(0, (float)t.score);
  add(3, 1, 1);
  search(10); /* one is no rhythm */
  TEST_ASSERT_EQUAL(0, t.taken[0]);
  TEST_ASSERT_EQUAL_FLOAT(0, (float)t.score);
  add(3.45, 1, 1);
  search(10);
  TEST_ASSERT_EQUAL(t.taken[0], t.taken[1]);
  t.count = 0;
  for (double at = 0; at < 30; at += 0.1) add(at, 1, 1); /* all alike */
  search(30);
  t.count = 0;
  for (double at = 0; at < 30; at += 5) add(at, 1 + at, 1); /* no pair is in range */
  search(30);
  for (size_t i = 0; i < t.count; i++) TEST_ASSERT_EQUAL(0, t.taken[i]);
  t.count = 0;
  for (double at = 0; at < 30; at += 0.43) add(at, at < 15 ? 1e-30 : 1e30, 1); /* no level is too far off */
  search(30);
}

static void beats_of_a_choice_keep_the_allowed_intervals(void) {
  for (int round = 0; round < 20; round++) { /* noise alone */
    t.count = 0;
    add_noise(0, 30, 12, 0.01, 1);
    search(30);
    double last = -10;
    for (size_t i = 0; i < t.count; i++) {
      if (!t.taken[i]) continue;
      TEST_ASSERT_TRUE(t.peaks[i].t_s - last >= FECG_SEARCH_FETAL.rr_min_s - 1e-9);
      last = t.peaks[i].t_s;
    }
  }
}

static void the_mothers_range_finds_the_mother(void) {
  for (double bpm = 40; bpm <= 145; bpm += 15) {
    t.count = 0;
    for (double at = 0.2; at < 60; at += interval(at, bpm, 0.04 * (bpm > 40))) add(at, sim_uniform(&rng, 0.8, 1.2), 1);
    add_noise(0, 60, 3, 0.1, 0.7);
    memset(t.taken, 7, sizeof t.taken);
    TEST_ASSERT_EQUAL(FECG_OK, fecg_search_beats(&FECG_SEARCH_MATERNAL, t.peaks, t.count, 60, t.taken, &t.score, &arena));
    found("mother", bpm, 1, 1);
  }
}

/* ---- peaks ------------------------------------------------------------------------------------------ */

static void peaks_lie_between_samples(void) {
  enum { N = 2000 };
  static float y[N];
  fecg_peak peaks[N / 60 + 2];
  for (int i = 0; i < N; i++) y[i] = (float)(1 + fecg_cos(2 * FECG_PI * (i - 33.3) / 171.7));
  const size_t count = fecg_find_peaks(y, N, 500, 60, peaks);
  TEST_ASSERT_EQUAL(12, count);
  for (size_t k = 0; k < count; k++) {
    TEST_ASSERT_FLOAT_WITHIN(0.02f, (float)(33.3 + 171.7 * (double)k), (float)(peaks[k].t_s * 500));
    TEST_ASSERT_FLOAT_WITHIN(0.01f, 2, peaks[k].level);
  }
}

static void of_peaks_near_each_other_the_highest_stays(void) {
  float y[100] = {0};
  fecg_peak peaks[10];
  y[20] = 1, y[26] = 3, y[31] = 2, y[60] = -1, y[70] = 1, y[0] = 9, y[99] = 9; /* an edge is no maximum */
  TEST_ASSERT_EQUAL(2, fecg_find_peaks(y, 100, 100, 12, peaks));
  TEST_ASSERT_FLOAT_WITHIN(1e-6f, 0.26f, (float)peaks[0].t_s);
  TEST_ASSERT_FLOAT_WITHIN(1e-6f, 0.70f, (float)peaks[1].t_s);
  TEST_ASSERT_EQUAL(5, fecg_find_peaks((float[]){0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0}, 11, 100, 1, peaks));
  TEST_ASSERT_EQUAL(0, fecg_find_peaks(y, 2, 100, 12, peaks));
  TEST_ASSERT_EQUAL(0, fecg_find_peaks(y, 0, 100, 12, peaks));
  for (int i = 0; i < 100; i++) y[i] = 4; /* a level line has none */
  TEST_ASSERT_EQUAL(0, fecg_find_peaks(y, 100, 100, 12, peaks));
}

static void peaks_of_noise_keep_apart_and_fit_their_room(void) {
  enum { N = 3000 };
  static float y[N];
  for (size_t apart = 1; apart < 100; apart += 9) {
    fecg_peak *peaks = malloc((N / apart + 2) * sizeof *peaks);
    sim_noise(&rng, y, N);
    const size_t count = fecg_find_peaks(y, N, 1, apart, peaks);
    TEST_ASSERT_TRUE(count > 0 && count <= N / apart + 2);
    for (size_t i = 1; i < count; i++) TEST_ASSERT_TRUE(peaks[i].t_s - peaks[i - 1].t_s > (double)apart - 1.001);
    free(peaks);
  }
}

int main(void) {
  UNITY_BEGIN();
  RUN_TEST(a_rhythm_is_found_among_random_peaks_at_any_rate);
  RUN_TEST(alternating_heights_do_not_halve_the_rate);
  RUN_TEST(t_waves_of_half_the_height_do_not_double_the_rate);
  RUN_TEST(single_missed_beats_are_bridged);
  RUN_TEST(a_rhythm_goes_on_after_a_pause_at_another_rate);
  RUN_TEST(a_sudden_change_of_rate_is_followed);
  RUN_TEST(starting_late_and_ending_early_cost_a_restart);
  RUN_TEST(few_peaks_or_equal_ones_are_no_trouble);
  RUN_TEST(beats_of_a_choice_keep_the_allowed_intervals);
  RUN_TEST(the_mothers_range_finds_the_mother);
  RUN_TEST(peaks_lie_between_samples);
  RUN_TEST(of_peaks_near_each_other_the_highest_stays);
  RUN_TEST(peaks_of_noise_keep_apart_and_fit_their_room);
  return UNITY_END();
}
