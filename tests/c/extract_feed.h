/* extract_feed.h — recordings from the simulator or made up, and what the extractor says of them. */
#ifndef FECG_EXTRACT_FEED_H
#define FECG_EXTRACT_FEED_H

#include <cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fecg.h"
#include "unity.h"

typedef struct input {
  int leads;
  double fs[FECG_MAX_LEADS];
  size_t n[FECG_MAX_LEADS];
  float *uv[FECG_MAX_LEADS];
  double *fetal, *maternal; /* true beats, s */
  size_t fetal_count, maternal_count;
} input;

typedef struct result {
  char *json;
  cJSON *root;
  double fs;      /* of the signals */
  size_t n;       /* their length */
  float *signal[3][FECG_MAX_LEADS];
  double *beats;  /* of the last call */
  size_t beat_count;
} result;

static inline void *feed_take(size_t size) {
  void *p = malloc(size + 1);
  TEST_ASSERT_NOT_NULL(p);
  return p;
}

static inline fecg_sim_options sim_of(uint64_t seed, double seconds, const char *scenario) {
  fecg_sim_options o;
  fecg_sim_defaults(&o);
  o.seed = seed;
  o.seconds = seconds;
  o.scenario = scenario;
  return o;
}

static inline double *feed_beats(const fecg_sim *sim, fecg_sim_heart heart, size_t *count) {
  const double *from = fecg_sim_beats(sim, heart, count);
  double *to = feed_take(*count * sizeof *to);
  if (*count > 0) memcpy(to, from, *count * sizeof *to);
  return to;
}

static inline input simulated(fecg_sim_options o) {
  input in = {.leads = o.leads};
  fecg_sim *sim;
  TEST_ASSERT_EQUAL(FECG_OK, fecg_sim_create(&o, &sim));
  const size_t n = (size_t)rint(o.seconds * o.fs);
  float *part[3][FECG_MAX_LEADS];
  for (int l = 0; l < o.leads; l++) {
    in.fs[l] = o.fs;
    in.n[l] = n;
    in.uv[l] = feed_take(n * sizeof(float));
    for (int c = 0; c < 3; c++) part[c][l] = feed_take(n * sizeof(float));
  }
  size_t made = n;
  TEST_ASSERT_EQUAL(FECG_OK, fecg_sim_read(sim, part[0], part[1], part[2], &made));
  TEST_ASSERT_EQUAL_UINT32((uint32_t)n, (uint32_t)made);
  for (int l = 0; l < o.leads; l++) {
    for (size_t i = 0; i < n; i++) in.uv[l][i] = part[0][l][i] + part[1][l][i] + part[2][l][i];
    for (int c = 0; c < 3; c++) free(part[c][l]);
  }
  in.fetal = feed_beats(sim, FECG_SIM_FETUS, &in.fetal_count);
  in.maternal = feed_beats(sim, FECG_SIM_MOTHER, &in.maternal_count);
  fecg_sim_destroy(sim);
  return in;
}

/* Leads of n samples at 500 Hz that all hold one value. */
static inline input constant(int leads, size_t n, float value) {
  input in = {.leads = leads};
  for (int l = 0; l < leads; l++) {
    in.fs[l] = 500;
    in.n[l] = n;
    in.uv[l] = feed_take(n * sizeof(float));
    for (size_t i = 0; i < n; i++) in.uv[l][i] = value;
  }
  return in;
}

static inline void free_input(input *in) {
  for (int l = 0; l < in->leads; l++) free(in->uv[l]);
  free(in->fetal);
  free(in->maternal);
}

static inline fecg_status work_off(fecg_extractor *x, int leads, int signals, result *r) {
  for (int more = 1; more;) {
    const fecg_status status = fecg_extract_process(x, &more);
    if (status != FECG_OK) return status;
    size_t n = 0, lengths = 0;
    for (int k = 0; k < 3 && signals; k++)
      for (int l = 0; l < leads; l++) {
        const float *v = fecg_extract_signal(x, (fecg_signal)k, l, &n);
        TEST_ASSERT_TRUE((k == 0 && l == 0) || n == lengths);
        lengths = n;
        if (n == 0) continue;
        r->signal[k][l] = realloc(r->signal[k][l], (r->n + n) * sizeof(float));
        TEST_ASSERT_NOT_NULL(r->signal[k][l]);
        memcpy(r->signal[k][l] + r->n, v, n * sizeof(float));
      }
    r->n += n;
  }
  return FECG_OK;
}

/* How extracted() works: NULL and NULL are the classical stage. */
static const char *feed_method;
static fecg_model *feed_model;

/* Extracts, feeding `chunk_s` seconds of each lead at a time and working after each. */
static inline result extracted(const input *in, double chunk_s, int signals) {
  const fecg_extract_options o = {.leads = in->leads, .fs = in->fs, .signals = signals, .method = feed_method, .model = feed_model};
  result r = {0};
  fecg_extractor *x;
  TEST_ASSERT_EQUAL(FECG_OK, fecg_extract_create(&o, &x));
  size_t fed[FECG_MAX_LEADS] = {0};
  for (int left = 1; left;) {
    left = 0;
    for (int l = 0; l < in->leads; l++) {
      size_t n = in->n[l] - fed[l];
      if ((double)n > chunk_s * in->fs[l]) n = (size_t)ceil(chunk_s * in->fs[l]);
      TEST_ASSERT_EQUAL(FECG_OK, fecg_extract_push(x, l, in->uv[l] + fed[l], n));
      fed[l] += n;
      left |= fed[l] < in->n[l];
    }
    TEST_ASSERT_EQUAL(FECG_OK, work_off(x, in->leads, signals, &r));
  }
  TEST_ASSERT_EQUAL(FECG_OK, fecg_extract_finish(x));
  TEST_ASSERT_EQUAL(FECG_OK, work_off(x, in->leads, signals, &r));
  size_t length;
  TEST_ASSERT_EQUAL(FECG_OK, fecg_extract_json(x, "a", &r.json, &length));
  TEST_ASSERT_EQUAL_UINT32((uint32_t)strlen(r.json), (uint32_t)length);
  r.root = cJSON_ParseWithLengthOpts(r.json, length + 1, NULL, 1);
  TEST_ASSERT_NOT_NULL_MESSAGE(r.root, "the result is no JSON");
  r.fs = fecg_extract_signal_fs(x);
  const double *beats = fecg_extract_beats(x, &r.beat_count);
  r.beats = feed_take(r.beat_count * sizeof(double));
  if (r.beat_count > 0) memcpy(r.beats, beats, r.beat_count * sizeof(double));
  fecg_extract_destroy(x);
  return r;
}

static inline void free_result(result *r) {
  for (int k = 0; k < 3; k++)
    for (int l = 0; l < FECG_MAX_LEADS; l++) free(r->signal[k][l]);
  free(r->beats);
  cJSON_Delete(r->root);
  fecg_free(r->json);
}

/* The value at "fetal.rate.bpm". */
static inline const cJSON *at(const result *r, const char *path) {
  const cJSON *v = r->root;
  char key[64];
  while (*path) {
    size_t n = strcspn(path, ".");
    TEST_ASSERT_LESS_THAN(sizeof key, n);
    memcpy(key, path, n);
    key[n] = 0;
    v = cJSON_GetObjectItemCaseSensitive(v, key);
    TEST_ASSERT_NOT_NULL_MESSAGE(v, key);
    path += n + (path[n] == '.');
  }
  return v;
}

/* F1 of beats within 50 ms, one to one; what lies within 0.1 s of the ends is no matter. */
static inline double f1_of(const double *truth, size_t truth_count, const double *beats, size_t count, double seconds) {
  size_t hit = 0, wrong = 0;
  for (size_t i = 0, j = 0; i < truth_count || j < count;) {
    const double t = i < truth_count ? truth[i] : 1e9, b = j < count ? beats[j] : 1e9;
    const int same = fabs(t - b) <= 0.05;
    const double which = t < b ? t : b;
    if (which > 0.1 && which < seconds - 0.1) hit += (size_t)same, wrong += !same;
    if (same || t < b) i++;
    if (same || b < t) j++;
  }
  return hit + wrong > 0 ? 2 * (double)hit / (double)(2 * hit + wrong) : 1;
}

#endif
