/* bridge.c — the engine's classical front end for training: the same code, called from Python through ctypes. Built as a
 * shared library by `cmake --build build/native --target fhnet_bridge`. */
#include <math.h>
#include <string.h>

#include "extract/fusion.h"
#include "extract/input.h"
#include "signal/filter.h"

/* Removes the baseline of clean rows as prepare.c does with the recording, and takes every fourth sample. */
static fecg_status clean(const fecg_segment *s, const float *const *rows, float *out, size_t m, fecg_arena *arena) {
  for (int i = 0; i < s->usable_count; i++) {
    const fecg_arena_mark mark = fecg_arena_save(arena);
    float *x = fecg_arena_floats(arena, s->n), *base = fecg_arena_floats(arena, s->n);
    if (!x || !base) return FECG_ERR_MEMORY;
    memcpy(x, rows[s->usable[i]], s->n * sizeof *x);
    memcpy(base, x, s->n * sizeof *x);
    fecg_status status = fecg_running_mean(base, s->n, 160, 3, arena);
    for (size_t t = 0; t < s->n; t++) x[t] -= base[t];
    if (status == FECG_OK) status = fecg_before_decimation(&x, 1, s->n, arena);
    if (status != FECG_OK) return status;
    for (size_t t = 0; t < m; t++) out[(size_t)i * m + t] = x[t * FECG_INPUT_STEP];
    fecg_arena_restore(arena, mark);
  }
  return FECG_OK;
}

/* uv, fetal, maternal: [leads][n] at fs, NaN = gap; fetal and maternal finite at 1 kHz, or NULL. Fills in [usable][3][n / 4], fetal_out and
 * maternal_out [usable][n / 4] in uV, scale [usable][2], usable[]; gives the count of usable leads, negative: an error. */
int fhnet_front(int leads, int n, double fs, const float *uv, const float *fetal, const float *maternal, float *in, float *fetal_out,
                float *maternal_out, float *scale, int *usable) {
  fecg_arena arena = {0};
  fecg_segment s = {.leads = leads, .n = (size_t)((double)n / fs * FECG_WORK_FS + 0.5)};
  fecg_raw_lead raw[FECG_MAX_LEADS];
  const float *f[FECG_MAX_LEADS], *m[FECG_MAX_LEADS];
  for (int l = 0; l < leads; l++) {
    raw[l] = (fecg_raw_lead){uv + (size_t)l * (size_t)n, (size_t)n, fs, 0};
    f[l] = fetal ? fetal + (size_t)l * (size_t)n : NULL;
    m[l] = maternal ? maternal + (size_t)l * (size_t)n : NULL;
  }
  fecg_input input;
  fecg_status status = fecg_prepare(&s, raw, 0, &arena);
  if (status == FECG_OK && s.usable_count > 0) status = fecg_find_maternal(&s, &arena);
  if (status == FECG_OK && s.usable_count > 0) status = fecg_network_input(&s, &input, &arena);
  if (status == FECG_OK && s.usable_count > 0) {
    memcpy(in, input.x, (size_t)input.leads * FECG_INPUT_CHANNELS * input.n * sizeof *in);
    memcpy(scale, input.scale, (size_t)input.leads * sizeof input.scale[0]);
    if (fetal) status = clean(&s, f, fetal_out, input.n, &arena);
    if (maternal && status == FECG_OK) status = clean(&s, m, maternal_out, input.n, &arena);
  }
  memcpy(usable, s.usable, sizeof s.usable);
  fecg_arena_destroy(&arena);
  return status == FECG_OK ? s.usable_count : -(int)status;
}

/* The beats of a recording uv [leads][n] at fs Hz (one segment) by the log odds of the network, fqrs [m] at 250 Hz: joined
 * with the classical stage (method 2), alone (1), or the classical stage alone (0). present: whether a fetus is reported,
 * and whether the classical stage does. Each train of fusion.h: its beats [FECG_WAYS][room], counts [FECG_WAYS], evidence
 * [FECG_WAYS][FECG_EVIDENCE + 2], the last its odds and veto. Gives the count of beats, negative: an error. */
int fhnet_beats(int leads, int n, double fs, const float *uv, int method, const float *fqrs, int m, float present_odds, double *beats,
                float *confidence, int room, int *present, double *trains, int *counts, double *evidence) {
  fecg_arena arena = {0};
  fecg_segment s = {.leads = leads, .n = (size_t)((double)n / fs * FECG_WORK_FS + 0.5)};
  fecg_raw_lead raw[FECG_MAX_LEADS];
  for (int l = 0; l < leads; l++) raw[l] = (fecg_raw_lead){uv + (size_t)l * (size_t)n, (size_t)n, fs, 0};
  fecg_fetal f = {0};
  fecg_candidate c[FECG_WAYS] = {{0}};
  fecg_status status = fecg_prepare(&s, raw, 0, &arena);
  if (status == FECG_OK) status = fecg_find_hearts(&s, &f, &arena);
  present[1] = f.present;
  const fecg_answer a = {fqrs, (size_t)m, present_odds};
  if (status == FECG_OK && method > 0) status = fecg_fuse(&s, &a, method == 1, &f, c, &arena);
  present[0] = f.present;
  const int count = (int)f.count < room ? (int)f.count : room;
  for (int i = 0; i < count; i++) beats[i] = f.beats[i], confidence[i] = f.confidence[i];
  for (int w = 0; w < FECG_WAYS; w++) {
    counts[w] = (int)c[w].count < room ? (int)c[w].count : room;
    if (counts[w] > 0) memcpy(trains + (size_t)w * (size_t)room, c[w].beats, (size_t)counts[w] * sizeof(double));
    double *e = evidence + w * (FECG_EVIDENCE + 2);
    memcpy(e, c[w].evidence, sizeof c[w].evidence);
    e[FECG_EVIDENCE] = c[w].odds;
    e[FECG_EVIDENCE + 1] = c[w].veto;
  }
  fecg_arena_destroy(&arena);
  return status == FECG_OK ? count : -(int)status;
}
