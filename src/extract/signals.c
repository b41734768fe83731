/* signals.c — the separated signals of a segment; see signals.h. */
#include "extract/signals.h"

#include <math.h>
#include <string.h>

#include "extract/refine.h"
#include "signal/cancel.h"
#include "signal/resample.h"

static const fecg_cancel FETAL_BEAT = {0.120, 0.300, 0.030, 2, 40}; /* the waveform without a network */

fecg_status fecg_fetal_waveforms(fecg_method method, const fecg_model *model, fecg_segment *s, const fecg_network *w, const fecg_fetal *f,
                                 double from_s, double work_fs, float *const *fetal, fecg_arena *arena) {
  const size_t count = f->present ? f->count : 0;
  fecg_status status = FECG_OK;
  if (method == FECG_FHNET) {
    fecg_refine p;
    fecg_refine_from(model, &p);
    return fecg_separate_hearts(&p, s, f->beats, count, from_s, work_fs, fetal, arena);
  }
  const fecg_arena_mark mark = fecg_arena_save(arena);
  float *residual = fecg_arena_floats(arena, s->n);
  if (!residual) return FECG_ERR_MEMORY;
  for (int i = 0; i < s->usable_count && status == FECG_OK; i++) {
    const int l = s->usable[i];
    for (size_t t = 0; t < s->n; t++) residual[t] = s->x[l][t] - s->mecg[l][t];
    status = method == FECG_NETWORK ? fecg_network_waveform(w, i, fetal[l], s->n, arena)
                                       : fecg_cancel_newest(&FETAL_BEAT, residual, s->n, work_fs, f->beats, count, fecg_beats_before(f->beats, count, from_s), fetal[l], arena);
  }
  fecg_arena_restore(arena, mark);
  return status;
}

/* 1 where the fetal signal is known: between beats that follow each other, and around each. */
static void mark_known(const fecg_fetal *f, double fs, unsigned char *known, size_t n) {
  memset(known, 0, n);
  for (size_t i = 0; f->present && i < f->count; i++) {
    double from = f->beats[i] - 0.25, to = f->beats[i] + 0.35;
    if (i + 1 < f->count && f->beats[i + 1] - f->beats[i] < 1.1) to = f->beats[i + 1];
    if (from < 0) from = 0;
    for (size_t k = (size_t)(from * fs); k < n && (double)k < to * fs; k++) known[k] = 1;
  }
}

fecg_status fecg_give_signals(const fecg_segment *s, const fecg_fetal *f, const fecg_raw_lead *raw, float *const *fetal, double work_fs,
                              double offset, double fs, size_t n, float *out[3][FECG_MAX_LEADS], fecg_arena *arena) {
  unsigned char *known = fecg_arena_alloc(arena, s->n, 1);
  if (!known) return FECG_ERR_MEMORY;
  mark_known(f, work_fs, known, s->n);
  for (int l = 0; l < s->leads; l++) {
    for (int k = 0; k < 3; k++) {
      out[k][l] = fecg_arena_floats(arena, n);
      if (!out[k][l]) return FECG_ERR_MEMORY;
    }
    float *fecg = out[FECG_FETAL][l], *mecg = out[FECG_MATERNAL][l], *rest = out[FECG_RESIDUAL][l];
    if (!s->mecg[l]) {
      for (size_t i = 0; i < n; i++) fecg[i] = mecg[i] = rest[i] = NAN;
      continue;
    }
    fecg_status status = fecg_resample(fetal[l], s->n, work_fs, offset, fecg, n, fs, arena);
    if (status == FECG_OK) status = fecg_resample(s->mecg[l], s->n, work_fs, offset, mecg, n, fs, arena);
    if (status == FECG_OK && raw[l].fs != fs) { /* a slower lead is brought to the output rate */
      const fecg_arena_mark mark = fecg_arena_save(arena);
      float *copy = fecg_arena_floats(arena, raw[l].n);
      if (!copy) return FECG_ERR_MEMORY;
      float hold = 0;
      for (size_t i = 0; i < raw[l].n; i++) copy[i] = hold = isfinite(raw[l].uv[i]) ? raw[l].uv[i] : hold;
      status = fecg_resample(copy, raw[l].n, raw[l].fs, offset - raw[l].offset_s, rest, n, fs, arena);
      fecg_arena_restore(arena, mark);
    } else if (status == FECG_OK) {
      const int64_t first = (int64_t)floor((offset - raw[l].offset_s) * fs + 0.5);
      for (size_t i = 0; i < n; i++) {
        const int64_t at = first + (int64_t)i;
        rest[i] = at >= 0 && at < (int64_t)raw[l].n ? raw[l].uv[at] : NAN;
      }
    }
    if (status != FECG_OK) return status;
    for (size_t i = 0; i < n; i++) {
      double at = floor((offset + (double)i / fs) * work_fs + 0.5);
      if (at > (double)(s->n - 1)) at = (double)(s->n - 1);
      const size_t k = at > 0 ? (size_t)at : 0;
      if (s->gap[l][k] || !isfinite(rest[i])) {
        fecg[i] = mecg[i] = rest[i] = NAN;
        continue;
      }
      if (!known[k]) fecg[i] = NAN;
      rest[i] -= mecg[i] + (known[k] ? fecg[i] : 0);
    }
  }
  return FECG_OK;
}
