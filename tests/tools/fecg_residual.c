/* fecg_residual.c — what the waveform estimate works on: the leads without the mother, taken away for the second time, at
 * 1 kHz, and the fetal beats that the classical stage found, all as one segment. models/fhnet/refine.py trains and compares on it.
 *   fecg_residual simulate OUT SEED SECONDS FS LEADS SNR_DB FM_RATIO_DB FHR MHR SCENARIO
 *   fecg_residual extract  OUT IN.f32 FS LEADS      IN: raw float32, one lead after the other, NaN = gap
 * OUT: int32 leads, samples, beats, truth (1: simulated); double beat times; bytes of gaps [leads][samples]; float
 * residuals [leads][samples]; and where simulated the true fetal leads through the same baseline filter. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "extract/refine.h"
#include "signal/filter.h"
#include "signal/resample.h"

static const double BASELINE_S = 0.160; /* as src/extract/prepare.c */

static void *need(void *p) {
  if (!p) {
    fprintf(stderr, "fecg_residual: file or memory cannot be had\n");
    exit(1);
  }
  return p;
}

static void check(fecg_status status) {
  if (status == FECG_OK) return;
  fprintf(stderr, "fecg_residual: %s\n", fecg_strerror(status));
  exit(1);
}

static void put(FILE *f, const void *p, size_t size, size_t n) {
  if (fwrite(p, size, n, f) != n) need(NULL);
}

/* truth: fetal leads at the input's rate, or NULL. */
static void work(const char *path, float *const *x, float *const *truth, int leads, size_t n, double fs) {
  fecg_arena arena = {0};
  fecg_segment s = {.leads = leads, .n = (size_t)((double)n / fs * FECG_WORK_FS)};
  fecg_fetal f = {0};
  fecg_raw_lead raw[FECG_MAX_LEADS] = {{0}};
  for (int l = 0; l < leads; l++) raw[l] = (fecg_raw_lead){x[l], n, fs, 0};
  check(fecg_prepare(&s, raw, 0, &arena));
  check(fecg_find_hearts(&s, &f, &arena));
  float *fetal[FECG_MAX_LEADS];
  for (int l = 0; l < leads; l++) fetal[l] = need(fecg_arena_floats(&arena, s.n));
  if (f.present) check(fecg_separate_hearts(&FECG_REFINE_PLAIN, &s, f.beats, f.count, 0, FECG_WORK_FS, fetal, &arena));
  FILE *out = need(fopen(path, "wb"));
  const int32_t head[4] = {leads, (int32_t)s.n, f.present ? (int32_t)f.count : 0, truth != NULL};
  put(out, head, sizeof *head, 4);
  put(out, f.beats, sizeof *f.beats, (size_t)head[2]);
  for (int l = 0; l < leads; l++) put(out, s.gap[l], 1, s.n);
  for (int l = 0; l < leads; l++) {
    for (size_t t = 0; t < s.n; t++) s.x[l][t] = s.mecg[l] && !s.gap[l][t] ? s.x[l][t] - s.mecg[l][t] : 0;
    put(out, s.x[l], sizeof(float), s.n);
  }
  float *y = need(fecg_arena_floats(&arena, s.n)), *base = need(fecg_arena_floats(&arena, s.n));
  for (int l = 0; truth && l < leads; l++) { /* resampled and without its baseline, as fecg_prepare does it */
    check(fecg_resample(truth[l], n, fs, 0, y, s.n, FECG_WORK_FS, &arena));
    memcpy(base, y, s.n * sizeof *y);
    check(fecg_running_mean(base, s.n, (size_t)(BASELINE_S * FECG_WORK_FS), 3, &arena));
    for (size_t t = 0; t < s.n; t++) y[t] -= base[t];
    put(out, y, sizeof *y, s.n);
  }
  if (fclose(out)) need(NULL);
  fecg_arena_destroy(&arena);
}

static void simulate(char **a) {
  fecg_sim_options o = {.seed = strtoull(a[1], NULL, 10), .seconds = strtod(a[2], NULL), .fs = strtod(a[3], NULL), .leads = atoi(a[4]),
                        .snr_db = strtod(a[5], NULL), .fm_ratio_db = strtod(a[6], NULL), .fhr_bpm = strtod(a[7], NULL),
                        .mhr_bpm = strtod(a[8], NULL), .scenario = a[9]};
  fecg_sim *sim;
  check(fecg_sim_create(&o, &sim));
  size_t n = (size_t)(o.seconds * o.fs);
  float *fetal[FECG_MAX_LEADS], *maternal[FECG_MAX_LEADS], *mixed[FECG_MAX_LEADS];
  for (int l = 0; l < o.leads; l++) {
    fetal[l] = need(calloc(n + 1, sizeof(float)));
    maternal[l] = need(calloc(n + 1, sizeof(float)));
    mixed[l] = need(calloc(n + 1, sizeof(float)));
  }
  check(fecg_sim_read(sim, fetal, maternal, mixed, &n));
  for (int l = 0; l < o.leads; l++)
    for (size_t i = 0; i < n; i++) mixed[l][i] += fetal[l][i] + maternal[l][i];
  work(a[0], mixed, fetal, o.leads, n, o.fs);
  for (int l = 0; l < o.leads; l++) free(fetal[l]), free(maternal[l]), free(mixed[l]);
  fecg_sim_destroy(sim);
}

static void extract(char **a) {
  FILE *f = need(fopen(a[1], "rb"));
  const double fs = strtod(a[2], NULL);
  const int leads = atoi(a[3]);
  if (leads < 1 || leads > FECG_MAX_LEADS || fseek(f, 0, SEEK_END)) need(NULL);
  const size_t n = (size_t)ftell(f) / sizeof(float) / (size_t)leads;
  rewind(f);
  float *x[FECG_MAX_LEADS] = {0};
  for (int l = 0; l < leads; l++) {
    x[l] = need(malloc((n + 1) * sizeof(float)));
    if (fread(x[l], sizeof(float), n, f) != n) need(NULL);
  }
  fclose(f);
  work(a[0], x, NULL, leads, n, fs);
  for (int l = 0; l < leads; l++) free(x[l]);
}

int main(int argc, char **argv) {
  if (argc == 12 && !strcmp(argv[1], "simulate")) simulate(argv + 2);
  else if (argc == 6 && !strcmp(argv[1], "extract")) extract(argv + 2);
  else {
    fprintf(stderr, "fecg_residual simulate OUT SEED SECONDS FS LEADS SNR_DB FM_RATIO_DB FHR MHR SCENARIO | extract OUT IN.f32 FS LEADS\n");
    return 2;
  }
  return 0;
}
