/* test_simulate.c — the simulator keeps what fecg.h and docs/simulator.md promise. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "alloc_fail.h"
#include "fecg.h"
#include "unity.h"

static const char *const SCENARIOS[] = {"normal", "no-fetus", "adult", "twins", "brady", "tachy",
                                        "decelerations", "ectopic", "motion", "electrode-loss", "gaps"};
enum { SCENARIO_COUNT = sizeof SCENARIOS / sizeof *SCENARIOS, FETAL = 0, MATERNAL = 1, NOISE = 2 };

void setUp(void) {}
void tearDown(void) {}

/* A whole recording in memory. */
typedef struct record {
  fecg_sim *sim;
  int leads;
  size_t n;
  double fs;
  float *part[3]; /* [leads][n] */
} record;

static fecg_sim_options usual(uint64_t seed, const char *scenario) {
  fecg_sim_options o;
  fecg_sim_defaults(&o);
  o.seed = seed;
  o.scenario = scenario;
  return o;
}

static record simulate(fecg_sim_options o, size_t chunk) {
  record r = {.leads = o.leads, .fs = o.fs, .n = (size_t)rint(o.seconds * o.fs)};
  TEST_ASSERT_EQUAL(FECG_OK, fecg_sim_create(&o, &r.sim));
  for (int c = 0; c < 3; c++) {
    r.part[c] = malloc(r.n * (size_t)o.leads * sizeof(float));
    TEST_ASSERT_NOT_NULL(r.part[c]);
  }
  size_t done = 0, n;
  do {
    float *at[3][FECG_MAX_LEADS];
    for (int c = 0; c < 3; c++)
      for (int l = 0; l < o.leads; l++) at[c][l] = r.part[c] + (size_t)l * r.n + done;
    n = chunk < r.n - done ? chunk : r.n - done;
    if (n == 0) break;
    TEST_ASSERT_EQUAL(FECG_OK, fecg_sim_read(r.sim, at[0], at[1], at[2], &n));
    done += n;
  } while (n);
  TEST_ASSERT_EQUAL_UINT32((uint32_t)r.n, (uint32_t)done);
  n = 5;
  TEST_ASSERT_EQUAL(FECG_OK, fecg_sim_read(r.sim, NULL, NULL, NULL, &n));
  TEST_ASSERT_EQUAL_UINT32(0, (uint32_t)n);
  return r;
}

static void release(record *r) {
  for (int c = 0; c < 3; c++) free(r->part[c]);
  fecg_sim_destroy(r->sim);
}

static const float *lead_of(const record *r, int part, int lead) { return r->part[part] + (size_t)lead * r->n; }

static void within(double tolerance, double wanted, double got) {
  TEST_ASSERT_FLOAT_WITHIN((float)tolerance, (float)wanted, (float)got);
}

/* ---- what is promised about samples --------------------------------------------------------------- */

static void any_chunking_gives_the_same_bits(void) {
  const size_t chunks[] = {1, 7, 160, 1021};
  for (int i = 0; i < SCENARIO_COUNT; i++) {
    fecg_sim_options o = usual(7 + (uint64_t)i, SCENARIOS[i]);
    o.seconds = 12.3;
    o.leads = 3;
    record whole = simulate(o, SIZE_MAX), parts = simulate(o, chunks[i % 4]);
    for (int c = 0; c < 3; c++)
      TEST_ASSERT_EQUAL_MEMORY(whole.part[c], parts.part[c], whole.n * 3 * sizeof(float));
    release(&whole);
    release(&parts);
  }
}

static void another_seed_gives_another_recording_and_woman(void) {
  fecg_sim_options o = usual(1, "normal");
  o.seconds = 5.0;
  record a = simulate(o, SIZE_MAX), again = simulate(o, SIZE_MAX);
  o.seed = 2;
  record b = simulate(o, SIZE_MAX);
  for (int c = 0; c < 3; c++) {
    const size_t bytes = a.n * 4 * sizeof(float);
    TEST_ASSERT_EQUAL_MEMORY(a.part[c], again.part[c], bytes);
    TEST_ASSERT_NOT_EQUAL(0, memcmp(a.part[c], b.part[c], bytes));
  }
  release(&a);
  release(&again);
  release(&b);
}

static uint64_t fnv1a(uint64_t h, const void *p, size_t n) {
  for (size_t i = 0; i < n; i++) h = (h ^ ((const unsigned char *)p)[i]) * 0x100000001b3ull;
  return h;
}

/* The same in every build, natively and as wasm. A change of the model changes this number. */
static void every_build_gives_the_same_bits(void) {
  uint64_t h = 0xcbf29ce484222325ull;
  for (int i = 0; i < SCENARIO_COUNT; i++) {
    fecg_sim_options o = usual(100 + (uint64_t)i, SCENARIOS[i]);
    o.seconds = 8.0;
    record r = simulate(o, SIZE_MAX);
    for (int c = 0; c < 3; c++)
      for (size_t k = 0; k < r.n * 4; k++) { /* all NaN are one: their bits are the machine's */
        const float x = r.part[c][k];
        h = isnan(x) ? fnv1a(h, "gap", 3) : fnv1a(h, &x, sizeof x);
      }
    release(&r);
  }
  TEST_ASSERT_EQUAL_HEX32(0x732B44F7, h >> 32);
  TEST_ASSERT_EQUAL_HEX32(0x0ACFFE2F, h & 0xffffffffu);
}

static void samples_are_finite_but_for_gaps_at_every_rate_and_lead_count(void) {
  const double rates[] = {125.0, 128.0, 250.0, 333.3, 1000.0, 4000.0};
  const int leads[] = {1, 2, 4, 5, 12, 32};
  for (int i = 0; i < SCENARIO_COUNT * 6; i++) {
    fecg_sim_options o = usual(1000 + (uint64_t)i, SCENARIOS[i % SCENARIO_COUNT]);
    o.seconds = i % 5 ? 6.0 : 0.011;
    o.fs = rates[i % 6];
    o.leads = leads[i / 6 % 6];
    record r = simulate(o, 999);
    const int gaps = !strcmp(o.scenario, "gaps") || !strcmp(o.scenario, "electrode-loss");
    for (int c = 0; c < 3; c++)
      for (size_t k = 0; k < r.n * (size_t)r.leads; k++) {
        const float x = r.part[c][k];
        TEST_ASSERT_TRUE(fabsf(x) < 1e5f || (isnan(x) && c == NOISE && gaps));
      }
    for (int l = 0; l < r.leads; l++) TEST_ASSERT_TRUE(strlen(fecg_sim_label(r.sim, l)) >= 1);
    TEST_ASSERT_EQUAL_STRING("", fecg_sim_label(r.sim, r.leads));
    release(&r);
  }
}

/* ---- levels ---------------------------------------------------------------------------------------- */

typedef struct level {
  double rms, peak_to_peak;
} level;

/* Over the beats of a heart: RMS within +-50 ms of R, and RMS of the peak-to-peak amplitude there. */
static level level_at(const record *r, const float *x, fecg_sim_heart heart) {
  size_t beats, used = 0, reach = (size_t)rint(0.05 * r->fs);
  const double *t = fecg_sim_beats(r->sim, heart, &beats);
  double power = 0.0, square = 0.0;
  for (size_t b = 0; b < beats; b++) {
    const size_t at = (size_t)rint(t[b] * r->fs);
    if (at < reach || at + reach >= r->n) continue;
    float low = x[at], high = x[at];
    double sum = 0.0;
    for (size_t i = at - reach; i <= at + reach; i++) {
      sum += (double)x[i] * x[i];
      low = fminf(low, x[i]);
      high = fmaxf(high, x[i]);
    }
    power += sum / (double)(2 * reach + 1);
    square += (double)(high - low) * (high - low);
    used++;
  }
  TEST_ASSERT_TRUE(used > 0);
  return (level){sqrt(power / (double)used), sqrt(square / (double)used)};
}

static double rms(const float *x, size_t n) {
  double sum = 0.0;
  for (size_t i = 0; i < n; i++) sum += (double)x[i] * x[i];
  return sqrt(sum / (double)n);
}

static void snr_and_fetal_to_maternal_ratio_are_kept(void) {
  const double snr[] = {6.0, -6.0, 0.0, 20.0}, ratio[] = {-14.0, -6.0, -24.0};
  const int leads[] = {4, 1, 8};
  for (uint64_t seed = 1; seed <= 24; seed++) {
    fecg_sim_options o = usual(seed, seed % 2 ? "normal" : "tachy");
    o.fs = seed % 4 ? 500.0 : 1000.0;
    o.seconds = seed % 5 ? 30.0 : 90.0;
    o.snr_db = snr[seed % 4];
    o.fm_ratio_db = ratio[seed % 3];
    o.leads = leads[seed % 3];
    record r = simulate(o, SIZE_MAX);
    double snr_db = 0.0, fm_db = 0.0;
    for (int l = 0; l < r.leads; l++) {
      const level f = level_at(&r, lead_of(&r, FETAL, l), FECG_SIM_FETUS),
                  m = level_at(&r, lead_of(&r, MATERNAL, l), FECG_SIM_MOTHER);
      snr_db += 20.0 * log10(f.rms / rms(lead_of(&r, NOISE, l), r.n)) / r.leads;
      fm_db += 20.0 * log10(f.peak_to_peak / m.peak_to_peak) / r.leads;
    }
    within(0.5, o.snr_db, snr_db);
    within(0.5, o.fm_ratio_db, fm_db);
    release(&r);
  }
}

static void amplitudes_are_those_of_an_abdomen(void) {
  for (uint64_t seed = 1; seed <= 20; seed++) {
    record r = simulate(usual(seed, "normal"), SIZE_MAX);
    double fetal = 0.0, maternal = 0.0;
    for (int l = 0; l < 4; l++) {
      fetal += log(level_at(&r, lead_of(&r, FETAL, l), FECG_SIM_FETUS).peak_to_peak) / 4.0;
      maternal += log(level_at(&r, lead_of(&r, MATERNAL, l), FECG_SIM_MOTHER).peak_to_peak) / 4.0;
    }
    TEST_ASSERT_TRUE(exp(fetal) > 4.0 && exp(fetal) < 65.0);
    TEST_ASSERT_TRUE(exp(maternal) > 20.0 && exp(maternal) < 600.0);
    release(&r);
  }
}

static void without_a_fetus_there_is_no_fetal_part_and_the_noise_stays(void) {
  for (int adult = 0; adult < 2; adult++) {
    for (uint64_t seed = 1; seed <= 5; seed++) {
      record r = simulate(usual(seed, adult ? "adult" : "no-fetus"), SIZE_MAX), with = simulate(usual(seed, "normal"), SIZE_MAX);
      size_t beats;
      fecg_sim_beats(r.sim, FECG_SIM_FETUS, &beats);
      TEST_ASSERT_EQUAL_UINT32(0, (uint32_t)beats);
      fecg_sim_beats(r.sim, FECG_SIM_MOTHER, &beats);
      TEST_ASSERT_TRUE(beats > 70);
      for (size_t i = 0; i < r.n * 4; i++) TEST_ASSERT_TRUE(r.part[FETAL][i] == 0.0f);
      const double there = rms(r.part[NOISE], 4 * r.n), usually = rms(with.part[NOISE], 4 * with.n);
      TEST_ASSERT_TRUE(adult ? there > usually && rms(r.part[MATERNAL], 4 * r.n) > 80.0 : fabs(there - usually) < 0.15 * usually);
      release(&r);
      release(&with);
    }
  }
}

/* ---- rhythm ---------------------------------------------------------------------------------------- */

static double mean_rate(const fecg_sim *s, fecg_sim_heart heart) {
  size_t n;
  const double *t = fecg_sim_beats(s, heart, &n);
  TEST_ASSERT_TRUE(n > 10);
  return 60.0 * (double)(n - 1) / (t[n - 1] - t[0]);
}

static double rate_of(fecg_sim_options o, fecg_sim_heart heart) {
  fecg_sim *s;
  TEST_ASSERT_EQUAL(FECG_OK, fecg_sim_create(&o, &s));
  const double rate = mean_rate(s, heart);
  fecg_sim_destroy(s);
  return rate;
}

static void rates_are_kept_from_60_to_220(void) {
  const double fetal[] = {60, 70, 110, 140, 180, 210, 220}, maternal[] = {40, 55, 70, 80, 100, 130, 160};
  for (int i = 0; i < 7; i++) {
    for (uint64_t seed = 0; seed < 10; seed++) {
      fecg_sim_options o = usual(seed, "normal");
      o.fhr_bpm = fetal[i];
      o.mhr_bpm = maternal[i];
      within(0.02 * fetal[i], fetal[i], rate_of(o, FECG_SIM_FETUS));
      within(0.02 * maternal[i], maternal[i], rate_of(o, FECG_SIM_MOTHER));
    }
  }
}

static void brady_and_tachy_have_their_rates_unless_one_is_given(void) {
  for (uint64_t seed = 0; seed < 10; seed++) {
    const double slow = rate_of(usual(seed, "brady"), FECG_SIM_FETUS), fast = rate_of(usual(seed, "tachy"), FECG_SIM_FETUS);
    TEST_ASSERT_TRUE(slow > 65.0 && slow < 95.0);
    TEST_ASSERT_TRUE(fast > 180.0 && fast < 215.0);
    fecg_sim_options o = usual(seed, "brady");
    o.fhr_bpm = 64.0;
    within(1.3, 64.0, rate_of(o, FECG_SIM_FETUS));
  }
}

static void beats_are_ordered_inside_the_recording_and_apart(void) {
  for (int i = 0; i < SCENARIO_COUNT; i++) {
    fecg_sim_options o = usual(31, SCENARIOS[i]);
    fecg_sim *s;
    TEST_ASSERT_EQUAL(FECG_OK, fecg_sim_create(&o, &s));
    for (int heart = 0; heart < 3; heart++) {
      size_t n;
      const double *t = fecg_sim_beats(s, (fecg_sim_heart)heart, &n);
      for (size_t k = 0; k < n; k++) {
        TEST_ASSERT_TRUE(t[k] >= 0.0 && t[k] < o.seconds);
        TEST_ASSERT_TRUE(k == 0 || (t[k] - t[k - 1] >= 0.19 && t[k] - t[k - 1] < 3.0));
      }
    }
    fecg_sim_destroy(s);
  }
}

static void twins_have_two_beat_lists_of_different_rate(void) {
  for (uint64_t seed = 0; seed < 10; seed++) {
    fecg_sim_options o = usual(seed, "twins");
    o.fhr_bpm = seed % 2 ? 219.0 : 61.0;
    const double one = rate_of(o, FECG_SIM_FETUS), two = rate_of(o, FECG_SIM_TWIN);
    TEST_ASSERT_TRUE(fabs(one - two) > 0.03 * one);
    TEST_ASSERT_TRUE(two > 58.0 && two < 224.0);
  }
  size_t n;
  record r = simulate(usual(3, "normal"), SIZE_MAX), pair = simulate(usual(3, "twins"), SIZE_MAX);
  fecg_sim_beats(r.sim, FECG_SIM_TWIN, &n);
  TEST_ASSERT_EQUAL_UINT32(0, (uint32_t)n);
  TEST_ASSERT_TRUE(rms(pair.part[FETAL], 4 * pair.n) > rms(r.part[FETAL], 4 * r.n));
  release(&r);
  release(&pair);
}

static void a_deceleration_lowers_the_rate_for_ten_seconds_or_more(void) {
  for (uint64_t seed = 0; seed < 10; seed++) {
    fecg_sim_options o = usual(seed, "decelerations");
    fecg_sim *s;
    TEST_ASSERT_EQUAL(FECG_OK, fecg_sim_create(&o, &s));
    size_t n;
    const double *t = fecg_sim_beats(s, FECG_SIM_FETUS, &n);
    double low = 0.0;
    for (size_t i = 1; i < n; i++)
      if (60.0 / (t[i] - t[i - 1]) < 132.0) low += t[i] - t[i - 1];
    TEST_ASSERT_TRUE(low >= 10.0);
    fecg_sim_destroy(s);
  }
}

static void an_ectopic_beat_is_early_and_followed_by_a_pause(void) {
  fecg_sim_options o = usual(5, "ectopic");
  fecg_sim *s;
  TEST_ASSERT_EQUAL(FECG_OK, fecg_sim_create(&o, &s));
  for (int heart = 0; heart < 2; heart++) {
    size_t n, early = 0, paused = 0;
    const double *t = fecg_sim_beats(s, (fecg_sim_heart)heart, &n);
    const double usual_rr = 60.0 / (heart ? o.mhr_bpm : o.fhr_bpm);
    for (size_t i = 1; i + 1 < n; i++) {
      const double rr = t[i] - t[i - 1], after = t[i + 1] - t[i];
      if (rr > 0.8 * usual_rr) continue;
      early++;
      paused += after > 1.15 * usual_rr;
    }
    TEST_ASSERT_TRUE(early >= 1);
    TEST_ASSERT_TRUE(10 * paused >= 8 * early);
  }
  fecg_sim_destroy(s);
}

/* ---- waveform --------------------------------------------------------------------------------------- */

static void the_r_peak_is_the_extremum_of_the_fetal_qrs(void) {
  int near = 0, leads = 0;
  for (uint64_t seed = 1; seed <= 40; seed++) {
    fecg_sim_options o = usual(seed, "normal");
    o.fs = 1000.0;
    o.seconds = 20.0;
    record r = simulate(o, SIZE_MAX);
    size_t n;
    const double *t = fecg_sim_beats(r.sim, FECG_SIM_FETUS, &n);
    double strongest = 0.0, its_error = 99.0;
    for (int l = 0; l < r.leads; l++) {
      double mean[101] = {0}, size = 0.0, error = 0.0;
      for (size_t b = 1; b + 1 < n; b++) {
        const size_t at = (size_t)rint(t[b] * r.fs) - 50;
        for (int i = 0; i < 101; i++) mean[i] += lead_of(&r, FETAL, l)[at + (size_t)i] / (double)n;
      }
      for (int i = 0; i < 101; i++)
        if (fabs(mean[i]) > size) size = fabs(mean[i]), error = fabs(i - 50.0);
      if (size > strongest) strongest = size, its_error = error;
      near += error <= 3.0;
      leads++;
    }
    TEST_ASSERT_TRUE(its_error <= 3.0);
    release(&r);
  }
  TEST_ASSERT_TRUE(near * 100 >= leads * 85);
}

/* Power at hz, of pieces of 2 s: the mean square of what a sinusoid there explains. */
static double power_at(const float *x, size_t n, double fs, double hz) {
  const size_t piece = (size_t)(2.0 * fs);
  double sum = 0.0;
  for (size_t start = 0; start + piece <= n; start += piece) {
    double re = 0.0, im = 0.0;
    for (size_t i = 0; i < piece; i++) {
      const double window = 0.5 - 0.5 * cos(2.0 * 3.141592653589793 * (double)i / (double)piece);
      const double a = 2.0 * 3.141592653589793 * hz * (double)i / fs;
      re += window * x[start + i] * cos(a);
      im += window * x[start + i] * sin(a);
    }
    sum += (re * re + im * im) / ((double)piece * (double)piece);
  }
  return sum;
}

static void hearts_lie_below_40_hz_and_the_mains_stand_out(void) {
  int at50 = 0, at60 = 0;
  for (uint64_t seed = 1; seed <= 16; seed++) {
    fecg_sim_options o = usual(seed, "normal");
    o.seconds = 16.0;
    o.leads = 1;
    record r = simulate(o, SIZE_MAX);
    double low = 0.0, high = 0.0;
    for (double hz = 0.5; hz < 120.0; hz += 0.5)
      *(hz <= 40.0 ? &low : &high) += power_at(r.part[MATERNAL], r.n, r.fs, hz);
    TEST_ASSERT_TRUE(high < 0.1 * low);
    const float *z = r.part[NOISE];
    double line[2];
    for (int i = 0; i < 2; i++) {
      const double hz = 50.0 + 10.0 * i;
      line[i] = power_at(z, r.n, r.fs, hz) / (0.5 * (power_at(z, r.n, r.fs, hz - 3) + power_at(z, r.n, r.fs, hz + 3)));
    }
    at50 += line[0] > 8.0;
    at60 += line[1] > 8.0;
    TEST_ASSERT_FALSE(line[0] > 8.0 && line[1] > 8.0);
    TEST_ASSERT_TRUE(power_at(z, r.n, r.fs, 1.0) > power_at(z, r.n, r.fs, 20.0)); /* falls with frequency */
    release(&r);
  }
  TEST_ASSERT_TRUE(at50 > at60 && at60 > 0 && at50 + at60 >= 8);
}

/* ---- scenarios --------------------------------------------------------------------------------------- */

static void gaps_are_nan_in_every_recording_of_that_scenario(void) {
  for (uint64_t seed = 0; seed < 12; seed++) {
    fecg_sim_options o = usual(seed, "gaps");
    o.seconds = seed % 3 ? 60.0 : 5.0;
    record r = simulate(o, SIZE_MAX);
    size_t gaps = 0;
    for (size_t i = 0; i < r.n * 4; i++) gaps += isnan(r.part[NOISE][i]) != 0;
    TEST_ASSERT_TRUE(gaps > r.n / 100 && gaps < r.n * 2);
    release(&r);
  }
}

static void a_lost_electrode_gives_a_constant_lead_or_a_gap(void) {
  for (uint64_t seed = 0; seed < 12; seed++) {
    record r = simulate(usual(seed, "electrode-loss"), SIZE_MAX);
    size_t longest = 0;
    for (int l = 0; l < 4; l++) {
      float before = 0.5f;
      for (size_t i = 0, run = 0; i < r.n; i++) {
        const float x = lead_of(&r, FETAL, l)[i] + lead_of(&r, MATERNAL, l)[i] + lead_of(&r, NOISE, l)[i];
        run = x == before || (isnan(x) && isnan(before)) ? run + 1 : 0;
        before = x;
        if (run > longest) longest = run;
      }
    }
    TEST_ASSERT_TRUE(longest > 4 * 500);
    release(&r);
  }
}

static void motion_adds_steps_and_leaves_the_rest_as_it_was(void) {
  for (uint64_t seed = 0; seed < 8; seed++) {
    record still = simulate(usual(seed, "normal"), SIZE_MAX), moving = simulate(usual(seed, "motion"), SIZE_MAX);
    TEST_ASSERT_EQUAL_MEMORY(still.part[FETAL], moving.part[FETAL], still.n * 4 * sizeof(float));
    float most[2] = {0, 0};
    for (size_t i = 0; i < still.n * 4; i++) {
      most[0] = fmaxf(most[0], fabsf(still.part[NOISE][i]));
      most[1] = fmaxf(most[1], fabsf(moving.part[NOISE][i]));
    }
    TEST_ASSERT_TRUE(most[1] > 2.0f * most[0]);
    release(&still);
    release(&moving);
  }
}

static void the_end_of_a_long_recording_is_as_its_beginning(void) {
  fecg_sim_options o = usual(9, "normal");
  o.seconds = 3600.0;
  o.fs = 125.0;
  o.leads = 1;
  record r = simulate(o, 4096);
  const size_t some = 60 * 125;
  for (int c = 0; c < 3; c++) {
    const double first = rms(r.part[c], some), last = rms(r.part[c] + r.n - some, some);
    TEST_ASSERT_TRUE(last > 0.4 * first && last < 2.5 * first);
  }
  release(&r);
}

/* ---- arguments and memory ---------------------------------------------------------------------------- */

static void refused(fecg_sim_options o) {
  fecg_sim *s = (fecg_sim *)&o;
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_sim_create(&o, &s));
  TEST_ASSERT_NULL(s);
}

static void every_argument_out_of_range_is_refused(void) {
  const fecg_sim_options good = usual(1, "normal");
#define REFUSED(field, value) do { fecg_sim_options o = good; o.field = (value); refused(o); } while (0)
  const double never[] = {(double)NAN, (double)INFINITY, -(double)INFINITY};
  for (int i = 0; i < 3; i++) {
    REFUSED(seconds, never[i]);
    REFUSED(fs, never[i]);
    REFUSED(snr_db, never[i]);
    REFUSED(fm_ratio_db, never[i]);
    REFUSED(fhr_bpm, never[i]);
    REFUSED(mhr_bpm, never[i]);
  }
  REFUSED(seconds, 0.0);
  REFUSED(seconds, -1.0);
  REFUSED(seconds, 31.0 * 86400.0 + 1.0);
  REFUSED(seconds, 1e300);
  REFUSED(fs, 124.9);
  REFUSED(fs, 4000.1);
  REFUSED(leads, 0);
  REFUSED(leads, -1);
  REFUSED(leads, 33);
  REFUSED(snr_db, 100.1);
  REFUSED(snr_db, -60.1);
  REFUSED(fm_ratio_db, 40.1);
  REFUSED(fm_ratio_db, -80.1);
  REFUSED(fhr_bpm, 59.9);
  REFUSED(fhr_bpm, 220.1);
  REFUSED(mhr_bpm, 39.9);
  REFUSED(mhr_bpm, 160.1);
  REFUSED(scenario, NULL);
  REFUSED(scenario, "");
  REFUSED(scenario, "Normal");
  REFUSED(scenario, "normal ");
#undef REFUSED
  fecg_sim *s;
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_sim_create(NULL, &s));
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_sim_create(&good, NULL));
  fecg_sim_defaults(NULL);
  fecg_sim_destroy(NULL);
  size_t n = 3;
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_sim_read(NULL, NULL, NULL, NULL, &n));
  TEST_ASSERT_NULL(fecg_sim_beats(NULL, FECG_SIM_FETUS, &n));
  TEST_ASSERT_EQUAL_UINT32(0, (uint32_t)n);
  TEST_ASSERT_EQUAL_STRING("", fecg_sim_label(NULL, 0));
  TEST_ASSERT_EQUAL(FECG_OK, fecg_sim_create(&good, &s));
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_sim_read(s, NULL, NULL, NULL, NULL));
  TEST_ASSERT_NULL(fecg_sim_beats(s, (fecg_sim_heart)3, &n));
  TEST_ASSERT_NULL(fecg_sim_beats(s, (fecg_sim_heart)-1, NULL));
  TEST_ASSERT_EQUAL_STRING("", fecg_sim_label(s, -1));
  fecg_sim_destroy(s);
}

static void edges_of_the_ranges_are_accepted(void) {
  for (int high = 0; high < 2; high++) {
    fecg_sim_options o = usual(UINT64_MAX, "twins");
    o.seconds = high ? 2.0 : 1e-9;
    o.fs = high ? 4000.0 : 125.0;
    o.leads = high ? 32 : 1;
    o.snr_db = high ? 100.0 : -60.0;
    o.fm_ratio_db = high ? 40.0 : -80.0;
    o.fhr_bpm = high ? 220.0 : 60.0;
    o.mhr_bpm = high ? 160.0 : 40.0;
    fecg_sim *s;
    TEST_ASSERT_EQUAL(FECG_OK, fecg_sim_create(&o, &s));
    size_t n = SIZE_MAX;
    TEST_ASSERT_EQUAL(FECG_OK, fecg_sim_read(s, NULL, NULL, NULL, &n));
    TEST_ASSERT_EQUAL_UINT32(high ? 8000 : 1, (uint32_t)n);
    fecg_sim_destroy(s);
  }
}

static void any_single_array_may_be_left_out(void) {
  record all = simulate(usual(4, "normal"), SIZE_MAX);
  fecg_sim_options o = usual(4, "normal");
  fecg_sim *s;
  TEST_ASSERT_EQUAL(FECG_OK, fecg_sim_create(&o, &s));
  float third[100];
  float *const to[4] = {NULL, NULL, third, NULL};
  size_t n = 100;
  TEST_ASSERT_EQUAL(FECG_OK, fecg_sim_read(s, NULL, to, NULL, &n));
  TEST_ASSERT_EQUAL_MEMORY(lead_of(&all, MATERNAL, 2), third, sizeof third);
  fecg_sim_destroy(s);
  release(&all);
}

static void the_nth_allocation_failing_is_an_error_without_a_leak(void) {
  long n = 1;
  for (;; n++) {
    alloc_fail_at(n);
    fecg_sim_options o = usual(2, "twins");
    fecg_sim *s;
    const fecg_status status = fecg_sim_create(&o, &s);
    if (status == FECG_OK) {
      size_t some = 1000;
      TEST_ASSERT_EQUAL(FECG_OK, fecg_sim_read(s, NULL, NULL, NULL, &some));
    } else {
      TEST_ASSERT_EQUAL(FECG_ERR_MEMORY, status);
      TEST_ASSERT_NULL(s);
    }
    fecg_sim_destroy(s);
    const long failed = alloc_fail_end();
    TEST_ASSERT_EQUAL(failed ? FECG_ERR_MEMORY : FECG_OK, status);
    if (!failed) break;
  }
  TEST_ASSERT_TRUE(n > 8);
}

int main(void) {
  UNITY_BEGIN();
  RUN_TEST(any_chunking_gives_the_same_bits);
  RUN_TEST(another_seed_gives_another_recording_and_woman);
  RUN_TEST(every_build_gives_the_same_bits);
  RUN_TEST(samples_are_finite_but_for_gaps_at_every_rate_and_lead_count);
  RUN_TEST(snr_and_fetal_to_maternal_ratio_are_kept);
  RUN_TEST(amplitudes_are_those_of_an_abdomen);
  RUN_TEST(without_a_fetus_there_is_no_fetal_part_and_the_noise_stays);
  RUN_TEST(rates_are_kept_from_60_to_220);
  RUN_TEST(brady_and_tachy_have_their_rates_unless_one_is_given);
  RUN_TEST(beats_are_ordered_inside_the_recording_and_apart);
  RUN_TEST(twins_have_two_beat_lists_of_different_rate);
  RUN_TEST(a_deceleration_lowers_the_rate_for_ten_seconds_or_more);
  RUN_TEST(an_ectopic_beat_is_early_and_followed_by_a_pause);
  RUN_TEST(the_r_peak_is_the_extremum_of_the_fetal_qrs);
  RUN_TEST(hearts_lie_below_40_hz_and_the_mains_stand_out);
  RUN_TEST(gaps_are_nan_in_every_recording_of_that_scenario);
  RUN_TEST(a_lost_electrode_gives_a_constant_lead_or_a_gap);
  RUN_TEST(motion_adds_steps_and_leaves_the_rest_as_it_was);
  RUN_TEST(the_end_of_a_long_recording_is_as_its_beginning);
  RUN_TEST(every_argument_out_of_range_is_refused);
  RUN_TEST(edges_of_the_ranges_are_accepted);
  RUN_TEST(any_single_array_may_be_left_out);
  RUN_TEST(the_nth_allocation_failing_is_an_error_without_a_leak);
  return UNITY_END();
}
