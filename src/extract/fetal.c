/* fetal.c — the fetal beats of a segment, once the mother's part is gone. Residual leads, their pairwise
 * differences and their independent components are candidates; each is searched for a heart; the best
 * seeds are refined by a matched filter over all leads at once; the winner is scored on how far its
 * beats stand apart, how much they earn, how steady they are, and must not follow the mother's. */
#include <math.h>
#include <string.h>

#include "base/math.h"
#include "extract/trial.h"
#include "signal/filter.h"
#include "simd/kernels.h"

enum { SEEDS = 5, REFINEMENTS = 2, SHAPE_HALF = 50, LEAST_BEATS = 4 };
static const double TWIN_SEEDS = 0.90; /* agreement at which two trains are one before refinement; FECG_TRIAL_SAME after it */
static const double SECOND_SCORE = 1.0;
/* When is it a fetus? The score grows by chance where few beats are fitted by many numbers, so that the
 * one asked for falls with the count of beats; and its QRS is narrower than any atrial wave or T of an
 * adult, which in a block or flutter keeps a rhythm of its own. `npm run eval:controls` shows what these let
 * through. */
static const double PRESENT_SCORE = -0.4, PRESENT_PER_BEAT = 28;
static const double EXCHANGE = 1.2; /* the first heart is this much narrower than the second: it is the fetus */

/* A second train of beats that is as clear as a first one would have to be, and not the same. */
static int second_heart(const fecg_trial *first, const fecg_trial *t) {
  return !t->veto && t->score > SECOND_SCORE && fecg_trial_agreement(first, t) < 0.4 && fabs(fecg_log((double)t->count / (double)first->count)) < 0.5;
}

/* Where a new train belongs among the best SEEDS: in place of its twin or of the weakest, if better; -1: nowhere. */
static int seed_place(const fecg_trial *seeds, int *count, const fecg_trial *t) {
  int weakest = 0;
  for (int i = 0; i < *count; i++) {
    if (fecg_trial_agreement(t, seeds + i) > TWIN_SEEDS) return seeds[i].score < t->score ? i : -1;
    if (seeds[i].score < seeds[weakest].score) weakest = i;
  }
  if (*count < SEEDS) return (*count)++;
  return seeds[weakest].score < t->score ? weakest : -1;
}

fecg_status fecg_settle_beats(const fecg_segment *s, const double *found, size_t count, const float *y, const float *clock,
                              float *const *scratch, fecg_fetal *f, fecg_arena *arena) {
  fecg_status status = fecg_finish_beats(found, count, y, s->n, f, arena);
  if (status == FECG_OK && clock) fecg_to_filter_peaks(clock, s->n, f);
  /* the residual once more, wide enough to keep the shape of the QRS */
  for (int i = 0; i < s->usable_count; i++) {
    const int l = s->usable[i];
    for (size_t t = 0; t < s->n; t++) scratch[i][t] = s->gap[l][t] ? 0 : s->x[l][t] - s->mecg[l][t];
  }
  const fecg_biquad wide[] = {fecg_lowpass(100, FECG_WORK_FS)};
  float *row[FECG_MAX_LEADS];
  for (int i = 0; i < s->usable_count; i++) row[i] = scratch[i];
  const fecg_leads leads = {row, s->usable_count, s->n, FECG_WORK_FS, s->missing};
  fecg_beat_shape shape = {0, 0};
  if (status == FECG_OK) status = fecg_zero_phase(scratch, s->usable_count, s->n, wide, 1, 100, arena);
  if (status == FECG_OK) status = fecg_shape_of_beats(&leads, f->beats, f->count, SHAPE_HALF, &shape, arena);
  if (status == FECG_OK) status = fecg_align_fiducial(&leads, f->beats, f->count, f->fiducial, arena);
  f->sharpness = shape.sharpness;
  f->found = found;
  f->found_count = count;
  f->shift_s = fecg_fiducial_shift(f->fiducial);
  return status;
}

fecg_status fecg_find_fetal(fecg_segment *s, fecg_fetal *f, fecg_arena *arena) {
  const size_t n = s->n, room = n / FECG_TRIAL_APART + 2;
  memset(f, 0, sizeof *f);
  f->reason = "NO_FETUS";
  if (s->usable_count == 0) return FECG_OK;
  fecg_trials k = {.s = s, .arena = arena};
  k.peaks = fecg_arena_alloc(arena, room, sizeof *k.peaks);
  k.taken = fecg_arena_alloc(arena, room, 1);
  k.delays = fecg_arena_alloc(arena, room, sizeof *k.delays);
  k.y = fecg_arena_floats(arena, n);
  float *slope[FECG_MAX_LEADS], *envelope = fecg_arena_floats(arena, n);
  if (!k.peaks || !k.taken || !k.delays || !k.y || !envelope) return FECG_ERR_MEMORY;
  for (int i = 0; i < s->usable_count; i++) {
    slope[i] = fecg_arena_floats(arena, n);
    if (!slope[i]) return FECG_ERR_MEMORY;
    memcpy(slope[i], s->residual[i], n * sizeof(float));
  }
  k.leads = (fecg_leads){s->residual, s->usable_count, n, FECG_WORK_FS, s->missing};
  fecg_status status = fecg_slopes(slope, s->usable_count, n, arena);
  if (status != FECG_OK) return status;

  double w[FECG_CANDIDATES_MAX][FECG_MAX_LEADS];
  int candidates;
  status = fecg_candidates(&k.leads, w, &candidates, arena);
  if (status != FECG_OK) return status;
  fecg_trial seeds[SEEDS + 1];
  int seed_count = 0;
  for (int i = 0; i <= SEEDS; i++) {
    seeds[i].beats = fecg_arena_alloc(arena, room, sizeof(double));
    if (!seeds[i].beats) return FECG_ERR_MEMORY;
  }
  for (int c = 0; c < candidates; c++) {
    memset(envelope, 0, n * sizeof *envelope);
    for (int l = 0; l < s->usable_count; l++)
      if (w[c][l] != 0) fecg_axpy(envelope, (float)w[c][l], slope[l], n);
    status = fecg_envelopes(&envelope, 1, n, arena);
    if (status != FECG_OK) return status;
    fecg_trial t;
    status = fecg_trial_search(&k, envelope, seeds[SEEDS].beats, &t);
    if (status != FECG_OK) return status;
    if (t.count < LEAST_BEATS) continue;
    const int at = seed_place(seeds, &seed_count, &t);
    if (at < 0) continue;
    double *swap = seeds[at].beats;
    seeds[at] = t;
    seeds[SEEDS].beats = swap;
  }

  /* seeds that have become one after the first refinement go on as one */
  fecg_trial *best = NULL;
  for (int i = 0; i < seed_count; i++) {
    fecg_trial *t = seeds + i;
    for (int round = 0; round < REFINEMENTS && t->count >= LEAST_BEATS; round++) {
      status = fecg_trial_refine(&k, t);
      if (status != FECG_OK) return status;
      int same = 0;
      for (int j = 0; j < i && round == 0; j++) same = same || fecg_trial_agreement(t, seeds + j) > FECG_TRIAL_SAME;
      if (same) t->count = 0;
    }
    if (t->count < LEAST_BEATS) continue;
    status = fecg_trial_cross_validate(&k, t);
    if (status != FECG_OK) return status;
    if (!best || t->score > best->score) best = t;
  }
  if (!best || best->count < LEAST_BEATS) return FECG_OK;
  fecg_matched m;
  status = fecg_matched_fit(&m, &k.leads, best->beats, best->count, 0, 1, FECG_TRIAL_HALF, arena);
  if (status == FECG_OK) status = fecg_matched_run(&m, &k.leads, k.y, arena);
  if (status == FECG_OK) status = fecg_settle_beats(s, best->beats, best->count, k.y, NULL, slope, f, arena);
  if (status != FECG_OK) return status;
  f->clear = !best->veto && best->score >= PRESENT_SCORE + PRESENT_PER_BEAT / (double)best->count;
  f->reason = best->veto ? "MATERNAL_LOCK" : f->clear && f->sharpness >= FECG_FETAL_SHARPNESS ? NULL : "NO_FETUS";
  f->present = !f->reason;
  for (int i = 0; i < seed_count && f->present; i++)
    if (seeds + i != best && second_heart(best, seeds + i)) f->second = 1;
  return status;
}

fecg_status fecg_find_hearts(fecg_segment *s, fecg_fetal *f, fecg_arena *arena) {
  fecg_status status = fecg_find_maternal(s, arena);
  if (status == FECG_OK) status = fecg_find_fetal(s, f, arena);
  const int exchanged = f->clear && s->maternal_sharpness > EXCHANGE * f->sharpness &&
                        s->maternal_count > f->count; /* an adult's P waves in a block are wider and faster than her QRS */
  if (status != FECG_OK || !exchanged) return status;
  s->maternal = f->beats;
  s->maternal_count = f->count;
  status = fecg_cancel_maternal(s, arena);
  return status == FECG_OK ? fecg_find_fetal(s, f, arena) : status;
}
