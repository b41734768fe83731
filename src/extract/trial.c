/* trial.c — see trial.h. */
#include "extract/trial.h"

#include <math.h>

#include "base/math.h"
#include "signal/stats.h"

static const double LOCK_WINDOW_S = 0.030;
static const double LOCK_VETO = 0.40; /* real fetuses stay below 0.2; waves of the mother's own reach 1 */

/* The largest share of beats within LOCK_WINDOW_S of one delay, after the mother's last beat or before
 * her next. */
static double maternal_lock(fecg_trials *k, const double *beats, size_t count) {
  const fecg_segment *s = k->s;
  if (s->maternal_count < 3 || count < 3) return 0;
  size_t most = 0;
  for (int side = 0; side < 2; side++) {
    size_t m = 0, n = 0;
    for (size_t i = 0; i < count; i++) {
      while (m + 1 < s->maternal_count && s->maternal[m + 1] <= beats[i]) m++;
      if (s->maternal[m] > beats[i] || m + 1 >= s->maternal_count) continue;
      k->delays[n++] = side == 0 ? beats[i] - s->maternal[m] : s->maternal[m + 1] - beats[i];
    }
    fecg_sort_doubles(k->delays, n);
    for (size_t i = 0, j = 0; i < n; i++) {
      while (j < n && k->delays[j] <= k->delays[i] + LOCK_WINDOW_S) j++;
      if (j - i > most) most = j - i;
    }
  }
  return (double)most / (double)count;
}

/* Share of the segment's time that no pair of successive beats spans. */
static double uncovered_share(const fecg_segment *s, const double *beats, size_t count) {
  double covered = 0;
  for (size_t i = 1; i < count; i++) {
    const double rr = beats[i] - beats[i - 1];
    if (rr <= 1.2) covered += rr;
  }
  const double length = (double)s->n / FECG_WORK_FS - 0.6;
  const double share = length > 0 ? 1 - covered / length : 1;
  return share > 0 ? share : 0;
}

static double rate_jitter(const double *beats, size_t count) {
  double sum = 0, n = 0;
  for (size_t i = 2; i < count; i++) {
    double d = fabs(fecg_log((beats[i] - beats[i - 1]) / (beats[i - 1] - beats[i - 2])));
    if (d > 0.4) d = 0.4;
    sum += d;
    n++;
  }
  return n > 0 ? sum / n : 0.4;
}

void fecg_trial_measure(fecg_trials *k, fecg_trial *t) {
  t->jitter = rate_jitter(t->beats, t->count);
  t->uncovered = uncovered_share(k->s, t->beats, t->count);
  t->lock = maternal_lock(k, t->beats, t->count);
  t->d_prime = 0;
  t->veto = t->lock > LOCK_VETO;
}

fecg_status fecg_trial_search(fecg_trials *k, const float *y, double *beats, fecg_trial *t) {
  const size_t found = fecg_find_peaks(y, k->s->n, FECG_WORK_FS, FECG_TRIAL_APART, k->peaks);
  double total;
  const fecg_status status = fecg_search_beats(&FECG_SEARCH_FETAL, k->peaks, found, (double)k->s->n / FECG_WORK_FS, k->taken, &total, k->arena);
  if (status != FECG_OK) return status;
  double sum[2] = {0, 0}, n[2] = {0, 0};
  t->beats = beats;
  t->count = 0;
  for (size_t i = 0; i < found; i++) {
    if (k->taken[i]) beats[t->count++] = k->peaks[i].t_s;
    sum[k->taken[i]] += fecg_log(k->peaks[i].level);
    n[k->taken[i]]++;
  }
  t->separation = n[0] < 3 || n[1] < 3 ? 0 : sum[1] / n[1] - sum[0] / n[0];
  t->gain = t->count > 0 ? total / (double)t->count : 0;
  fecg_trial_measure(k, t);
  t->score = fecg_log(fmax(t->separation, 0.01)) + fecg_log(fmax(t->gain, 0.01)) - 3 * t->jitter - t->uncovered - 5 * t->veto;
  return FECG_OK;
}

static int complete(const fecg_leads *leads, double sample) {
  return !leads->missing || (sample < (double)leads->n && leads->missing[(size_t)sample] == 0);
}

fecg_status fecg_trial_cross_validate(fecg_trials *k, fecg_trial *t) {
  double beat = 0, beats = 0, other = 0, square = 0, others = 0;
  for (size_t half = 0; half < 2; half++) {
    const fecg_arena_mark mark = fecg_arena_save(k->arena);
    fecg_matched m;
    fecg_status status = fecg_matched_fit(&m, &k->leads, t->beats, t->count, half, 2, FECG_TRIAL_HALF, k->arena);
    if (status == FECG_OK) status = fecg_matched_prepare(&m, k->arena);
    if (status != FECG_OK) return status;
    for (size_t i = 1 - half; i < t->count; i += 2) {
      const double at = t->beats[i] * FECG_WORK_FS;
      if (!complete(&k->leads, at)) continue;
      beat += fecg_matched_at(&m, &k->leads, (int64_t)(at + 0.5));
      beats++;
      if (i + 1 >= t->count) continue;
      const double rr = (t->beats[i + 1] - t->beats[i]) * FECG_WORK_FS;
      for (double d = 60; d < rr - 60; d += 10) {
        if (!complete(&k->leads, at + d)) continue;
        const double v = fecg_matched_at(&m, &k->leads, (int64_t)(at + d));
        other += v;
        square += v * v;
        others++;
      }
    }
    fecg_arena_restore(k->arena, mark);
  }
  if (beats < 3 || others < 10) {
    t->score += fecg_log(0.1);
    return FECG_OK;
  }
  const double mean = other / others, variance = square / others - mean * mean;
  t->d_prime = variance > 0 ? (beat / beats - mean) / sqrt(variance) : 0;
  t->score += fecg_log(fmax(t->d_prime, 0.1));
  return FECG_OK;
}

fecg_status fecg_trial_refine(fecg_trials *k, fecg_trial *t) {
  const fecg_arena_mark mark = fecg_arena_save(k->arena);
  fecg_matched m;
  fecg_status status = fecg_matched_fit(&m, &k->leads, t->beats, t->count, 0, 1, FECG_TRIAL_HALF, k->arena);
  if (status == FECG_OK) status = fecg_matched_run(&m, &k->leads, k->y, k->arena);
  if (status == FECG_OK) status = fecg_trial_search(k, k->y, t->beats, t);
  fecg_arena_restore(k->arena, mark);
  return status;
}

double fecg_trial_agreement(const fecg_trial *a, const fecg_trial *b) {
  size_t same = 0;
  for (size_t i = 0, j = 0; i < a->count; i++) {
    while (j < b->count && b->beats[j] < a->beats[i] - 0.05) j++;
    if (j < b->count && b->beats[j] <= a->beats[i] + 0.05) same++;
  }
  const size_t most = a->count > b->count ? a->count : b->count;
  return most > 0 ? (double)same / (double)most : 0;
}
