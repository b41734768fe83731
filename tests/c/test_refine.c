/* test_refine.c — the fetal waveform by attention over beats: the same as in PyTorch, and closer to the truth than the
 * projection on singular vectors. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/math.h"
#include "extract/refine.h"
#include "refine_vector.h"
#include "signal/cancel.h"
#include "simulate/random.h"
#include "unity.h"

enum { N = 60000, BEATS = 160 };
#define FS 1000.0
static fecg_arena arena;
static float clean[N], x[N], fetal[N];
static unsigned char gap[N];
static double beats[BEATS];
static size_t count;

void setUp(void) {}
void tearDown(void) { fecg_arena_destroy(&arena); }

static fecg_refine vector_weights(void) {
  fecg_refine p;
  TEST_ASSERT_EQUAL(sizeof VECTOR_WEIGHTS, sizeof p);
  memcpy(&p, VECTOR_WEIGHTS, sizeof p);
  return p;
}

static void it_gives_what_pytorch_gives(void) {
  const fecg_refine p = vector_weights();
  float out[VECTOR_BEATS * VECTOR_TAPS];
  TEST_ASSERT_EQUAL(VECTOR_TAPS, fecg_refine_taps(VECTOR_FS));
  TEST_ASSERT_EQUAL(FECG_OK, fecg_refine_rows(&p, VECTOR_ROWS, VECTOR_VALID, VECTOR_RR, VECTOR_BEATS, 0, VECTOR_FS, out, &arena));
  double largest = 0, error = 0;
  for (int i = 0; i < VECTOR_BEATS * VECTOR_TAPS; i++) {
    largest = fmax(largest, fabs((double)VECTOR_ANSWER[i]));
    error = fmax(error, fabs((double)out[i] - (double)VECTOR_ANSWER[i]));
  }
  TEST_ASSERT_TRUE(largest > 10);
  TEST_ASSERT_TRUE(error < 1e-4 * largest);
}

static double wave(double t, double centre, double width) { return fecg_exp(-0.5 * (t - centre) * (t - centre) / (width * width)); }

static double beat_at(double t) {
  return 0.1 * wave(t, -0.1, 0.01) + wave(t, 0, 0.006) - 0.4 * wave(t, 0.014, 0.006) + 0.15 * wave(t, 0.16, 0.025);
}

/* A fetus of 20 uV at 137 bpm in noise that is three times as loud in every fourth second. */
static void make(double noise) {
  sim_rng rng = sim_stream(7, 0, 0);
  memset(clean, 0, sizeof clean);
  memset(gap, 0, sizeof gap);
  count = 0;
  for (double t = 0.31; t < N / FS - 0.3 && count < BEATS; t += 0.437 * (1 + 0.03 * fecg_sin(0.9 * t)), count++) {
    beats[count] = t;
    for (int64_t i = (int64_t)((t - 0.2) * FS); i < (int64_t)((t + 0.3) * FS); i++)
      if (i >= 0 && i < N) clean[i] += (float)(20 * beat_at((double)i / FS - t));
  }
  for (int i = 0; i < N; i++) x[i] = clean[i] + (float)(noise * (i / 1000 % 4 == 0 ? 3 : 1) * sim_normal(&rng));
}

static double error_power(void) {
  double sum = 0;
  for (int i = 1000; i < N - 1000; i++) sum += ((double)fetal[i] - (double)clean[i]) * ((double)fetal[i] - (double)clean[i]);
  return sum / (N - 2000);
}

static void it_errs_less_than_singular_vectors(void) {
  static const fecg_cancel two = {0.180, 0.320, 0.030, 2, 40};
  const fecg_refine trained = vector_weights();
  static const double levels[] = {2, 6};
  for (int i = 0; i < 2; i++) {
    make(levels[i]);
    TEST_ASSERT_EQUAL(FECG_OK, fecg_cancel_lead(&two, x, N, FS, beats, count, fetal, &arena));
    const double vectors = error_power();
    TEST_ASSERT_EQUAL(FECG_OK, fecg_refine_lead(&FECG_REFINE_PLAIN, x, gap, N, FS, beats, count, fetal, &arena));
    const double plain = error_power();
    TEST_ASSERT_EQUAL(FECG_OK, fecg_refine_lead(&trained, x, gap, N, FS, beats, count, fetal, &arena));
    const double attention = error_power();
    char words[96];
    snprintf(words, sizeof words, "noise %g: vectors %.3f, plain %.3f, attention %.3f", levels[i], vectors, plain, attention);
    TEST_ASSERT_TRUE_MESSAGE(4 * plain < vectors, words);
    TEST_ASSERT_TRUE_MESSAGE(2 * attention < vectors, words);
  }
}

static void a_gap_does_not_count(void) {
  make(2);
  for (int i = 20000; i < 22000; i++) x[i] = 500, gap[i] = 1;
  TEST_ASSERT_EQUAL(FECG_OK, fecg_refine_lead(&FECG_REFINE_PLAIN, x, gap, N, FS, beats, count, fetal, &arena));
  TEST_ASSERT_TRUE(error_power() < 0.3);
}

static void few_beats_and_a_flat_lead_are_no_matter(void) {
  make(2);
  for (size_t some = 0; some < 4; some++) {
    TEST_ASSERT_EQUAL(FECG_OK, fecg_refine_lead(&FECG_REFINE_PLAIN, x, NULL, N, FS, beats, some, fetal, &arena));
    for (int i = 0; i < N; i++) TEST_ASSERT_TRUE(isfinite(fetal[i]) && (some > 0 || fetal[i] == 0));
  }
  memset(x, 0, sizeof x);
  TEST_ASSERT_EQUAL(FECG_OK, fecg_refine_lead(&FECG_REFINE_PLAIN, x, gap, N, FS, beats, count, fetal, &arena));
  for (int i = 0; i < N; i++) TEST_ASSERT_TRUE(fabsf(fetal[i]) < 1e-6f);
  memset(gap, 1, sizeof gap);
  TEST_ASSERT_EQUAL(FECG_OK, fecg_refine_lead(&FECG_REFINE_PLAIN, x, gap, N, FS, beats, count, fetal, &arena));
  for (int i = 0; i < N; i++) TEST_ASSERT_TRUE(fetal[i] == 0);
}

static void without_a_model_it_is_plain(void) {
  fecg_refine p;
  TEST_ASSERT_EQUAL(0, fecg_refine_from(NULL, &p));
  TEST_ASSERT_EQUAL_MEMORY(&FECG_REFINE_PLAIN, &p, sizeof p);
}

int main(void) {
  UNITY_BEGIN();
  RUN_TEST(it_gives_what_pytorch_gives);
  RUN_TEST(it_errs_less_than_singular_vectors);
  RUN_TEST(a_gap_does_not_count);
  RUN_TEST(few_beats_and_a_flat_lead_are_no_matter);
  RUN_TEST(without_a_model_it_is_plain);
  return UNITY_END();
}
