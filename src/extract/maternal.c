/* maternal.c — the mother's beats and her part of each lead. The candidates are the leads and their
 * independent components; the one whose beats explain most of the energy, stand apart from the peaks
 * between them and keep the steadiest rate is the mother's. Two passes of a multi-lead matched filter
 * then find every beat to a fraction of a sample. */
#include <math.h>
#include <string.h>

#include "base/math.h"
#include "extract/segment.h"
#include "signal/beat_search.h"
#include "signal/cancel.h"
#include "signal/ica.h"
#include "signal/stats.h"
#include "simd/kernels.h"

enum { DECIMATE = 4, HALF = 50 }; /* ICA at 250 Hz; matched filter over +-50 ms */
static const double ADULT_SHARPNESS = 90; /* 1/s, see fecg_beat_shape: hers is near this and below, a fetal QRS near 180 */
static const double SHARP_WEIGHT = 4;      /* so that a fetus of her own amplitude is not taken for her */
static const size_t APART = 200;  /* ms between maternal peaks */

/* Mean level of the peaks taken over that of the others. */
static double separation(const fecg_peak *peaks, const unsigned char *taken, size_t count) {
  double sum[2] = {0, 0}, n[2] = {1e-9, 1e-9};
  for (size_t i = 0; i < count; i++) {
    sum[taken[i]] += fecg_log(peaks[i].level);
    n[taken[i]]++;
  }
  return n[0] < 3 ? 3.0 : sum[1] / n[1] - sum[0] / n[0];
}

static double unsteadiness(const double *beats, size_t count) {
  double s = 0;
  size_t n = 0;
  for (size_t i = 2; i < count; i++) {
    const double d = fabs(fecg_log((beats[i] - beats[i - 1]) / (beats[i - 1] - beats[i - 2])));
    s += d < 0.5 ? d : 0.5;
    n++;
  }
  return n > 0 ? s / (double)n : 1;
}

static size_t taken_beats(const fecg_peak *peaks, const unsigned char *taken, size_t count, double *beats) {
  size_t n = 0;
  for (size_t i = 0; i < count; i++)
    if (taken[i]) beats[n++] = peaks[i].t_s;
  return n;
}

fecg_status fecg_find_maternal(fecg_segment *s, fecg_arena *arena) {
  const size_t n = s->n, room = n / APART + 2;
  float *view[FECG_MAX_LEADS];
  const fecg_leads leads = fecg_segment_leads(s, s->band, view);
  float *wide_view[FECG_MAX_LEADS];
  const fecg_leads wide = fecg_segment_leads(s, s->x, wide_view);
  s->maternal = fecg_arena_alloc(arena, room, sizeof(double));
  s->maternal_count = 0;
  double best = -INFINITY;
  if (!s->maternal) return FECG_ERR_MEMORY;
  const fecg_arena_mark mark = fecg_arena_save(arena);

  /* candidates: leads, then components */
  float *candidate[FECG_MAX_LEADS + FECG_ICA_MAX];
  double w[FECG_ICA_MAX * FECG_MAX_LEADS];
  int components = 0, count = leads.count;
  fecg_status status = fecg_ica((const float *const *)leads.x, leads.count, n, DECIMATE, FECG_ICA_TANH, w, &components, arena);
  if (status != FECG_OK) return status;
  count += components;
  for (int c = 0; c < count; c++) {
    candidate[c] = fecg_arena_floats(arena, n);
    if (!candidate[c]) return FECG_ERR_MEMORY;
    if (c < leads.count) {
      memcpy(candidate[c], leads.x[c], n * sizeof(float));
    } else {
      memset(candidate[c], 0, n * sizeof(float));
      for (int l = 0; l < leads.count; l++)
        fecg_axpy(candidate[c], (float)w[(c - leads.count) * leads.count + l], leads.x[l], n);
    }
  }
  status = fecg_slopes(candidate, count, n, arena);
  if (status == FECG_OK) status = fecg_envelopes(candidate, count, n, arena);
  if (status != FECG_OK) return status;

  fecg_peak *peaks = fecg_arena_alloc(arena, room, sizeof *peaks);
  unsigned char *taken = fecg_arena_alloc(arena, room, 1);
  double *beats = fecg_arena_alloc(arena, room, sizeof *beats);
  if (!peaks || !taken || !beats) return FECG_ERR_MEMORY;
  for (int c = 0; c < count; c++) {
    const size_t found = fecg_find_peaks(candidate[c], n, FECG_WORK_FS, APART, peaks);
    double gain;
    status = fecg_search_beats(&FECG_SEARCH_MATERNAL, peaks, found, (double)n / FECG_WORK_FS, taken, &gain, arena);
    if (status != FECG_OK) return status;
    const size_t k = taken_beats(peaks, taken, found, beats);
    if (k < 3) continue;
    fecg_beat_shape beat;
    status = fecg_shape_of_beats(&wide, beats, k, HALF, &beat, arena);
    if (status != FECG_OK) return status;
    const double score = 2 * fecg_log(beat.explained + 1e-4) + 0.5 * separation(peaks, taken, found) -
                         5 * unsteadiness(beats, k) - SHARP_WEIGHT * fecg_log(fmax(beat.sharpness, ADULT_SHARPNESS));
    if (score > best) {
      best = score;
      memcpy(s->maternal, beats, k * sizeof *beats);
      s->maternal_count = k;
    }
  }

  fecg_arena_restore(arena, mark);
  return fecg_follow_maternal(s, arena);
}

fecg_status fecg_follow_maternal(fecg_segment *s, fecg_arena *arena) {
  fecg_status status = fecg_search_maternal(s, 0, arena);
  if (status == FECG_OK) status = fecg_search_maternal(s, 0, arena);
  return status == FECG_OK ? fecg_cancel_maternal(s, arena) : status;
}

size_t fecg_join_beats(const double *old, size_t old_count, const double *new, size_t new_count, double new_start_s, double from_s, double *out) {
  size_t n = 0;
  for (size_t i = 0; i < old_count; i++)
    if (old[i] < from_s) out[n++] = old[i];
  for (size_t i = 0; i < new_count; i++)
    if (new[i] + new_start_s >= from_s) out[n++] = new[i] + new_start_s;
  return n;
}

fecg_status fecg_search_maternal(fecg_segment *s, double from_s, fecg_arena *arena) {
  const size_t room = s->n / APART + 2, from = from_s > FECG_SEARCH_LEAD ? (size_t)((from_s - FECG_SEARCH_LEAD) * FECG_WORK_FS) : 0;
  if (s->maternal_count <= 2) return FECG_OK;
  const fecg_arena_mark mark = fecg_arena_save(arena);
  float *view[FECG_MAX_LEADS], *tail_view[FECG_MAX_LEADS], *y = fecg_arena_floats(arena, s->n - from);
  const fecg_leads wide = fecg_segment_leads(s, s->x, view), tail = fecg_leads_from(&wide, from, tail_view);
  fecg_peak *peaks = fecg_arena_alloc(arena, room, sizeof *peaks);
  unsigned char *taken = fecg_arena_alloc(arena, room, 1);
  double *found = fecg_arena_alloc(arena, room, sizeof *found), *old = fecg_arena_alloc(arena, s->maternal_count, sizeof *old);
  if (!y || !peaks || !taken || !found || !old) return FECG_ERR_MEMORY;
  fecg_matched m;
  fecg_status status = fecg_matched_fit(&m, &wide, s->maternal, s->maternal_count, 0, 1, HALF, arena);
  if (status == FECG_OK) status = fecg_matched_run(&m, &tail, y, arena);
  if (status != FECG_OK) return status;
  const size_t count = fecg_find_peaks(y, tail.n, FECG_WORK_FS, APART, peaks);
  double gain;
  status = fecg_search_beats(&FECG_SEARCH_MATERNAL, peaks, count, (double)tail.n / FECG_WORK_FS, taken, &gain, arena);
  if (status != FECG_OK) return status;
  const size_t new = taken_beats(peaks, taken, count, found);
  memcpy(old, s->maternal, s->maternal_count * sizeof *old);
  s->maternal_count = fecg_join_beats(old, s->maternal_count, found, new, (double)from / FECG_WORK_FS, from > 0 ? from_s : 0, s->maternal);
  fecg_arena_restore(arena, mark);
  return FECG_OK;
}

fecg_status fecg_maternal_train(const float *level, size_t n, double *beats, size_t *count, fecg_arena *arena) {
  const fecg_arena_mark mark = fecg_arena_save(arena);
  fecg_peak *peaks = fecg_arena_alloc(arena, n / APART + 2, sizeof *peaks);
  unsigned char *taken = fecg_arena_alloc(arena, n / APART + 2, 1);
  if (!peaks || !taken) return FECG_ERR_MEMORY;
  const size_t found = fecg_find_peaks(level, n, FECG_WORK_FS, APART, peaks);
  double gain;
  const fecg_status status = fecg_search_beats(&FECG_SEARCH_MATERNAL, peaks, found, (double)n / FECG_WORK_FS, taken, &gain, arena);
  if (status == FECG_OK) *count = taken_beats(peaks, taken, found, beats);
  fecg_arena_restore(arena, mark);
  return status;
}

fecg_status fecg_cancel_maternal(fecg_segment *s, fecg_arena *arena) {
  float *view[FECG_MAX_LEADS];
  const fecg_leads wide = fecg_segment_leads(s, s->x, view);
  fecg_beat_shape beat = {0, 0};
  fecg_status status = FECG_OK;
  if (s->maternal_count > 2) {
    double score[FECG_FIDUCIAL];
    status = fecg_align_fiducial(&wide, s->maternal, s->maternal_count, score, arena);
    if (status == FECG_OK) status = fecg_shape_of_beats(&wide, s->maternal, s->maternal_count, HALF, &beat, arena);
  }
  s->maternal_sharpness = beat.sharpness;
  for (int i = 0; i < s->usable_count && status == FECG_OK; i++) {
    const int l = s->usable[i];
    if (!s->mecg[l]) s->mecg[l] = fecg_arena_floats(arena, s->n);
    if (!s->mecg[l]) return FECG_ERR_MEMORY;
    status = fecg_cancel_lead(&FECG_CANCEL_MATERNAL, s->x[l], s->n, FECG_WORK_FS, s->maternal, s->maternal_count, s->mecg[l], arena);
  }
  return status == FECG_OK ? fecg_make_residual(s, arena) : status;
}
