/* p_waves.c — see p_waves.h. The clearest bumps before the beats tell how the leads share the P wave; along that
 * direction (the first principal component) every beat is searched again. P waves stay where they are when beats are
 * averaged at their QRS; waves of fibrillation, flutter and noise do not, so the share of curvature that stays decides
 * whether there is a P at all, unless one stands out by itself. */
#include "measure/p_waves.h"

#include "signal/stats.h"

typedef struct constants {
  int scale;
  double from_s, to_s;  /* before the QRS */
  double clear, surely; /* times the curvature usual in diastole: a P where P waves are locked, and anywhere */
  double locked;        /* share of curvature that stays */
  double early;         /* of the usual RR: a beat that may have another P, or none */
  double drift;         /* cost of another PR than the usual, a s */
} constants;
static const constants K = {5, 0.26, 0.048, 2.75, 12, 0.86, 0.85, 1.76};

/* Curvature of all leads along v. */
static double along(const fecg_wave_work *k, const double *v, int64_t i) {
  double s = 0;
  for (int l = 0; l < k->leads; l++)
    if (k->lead[l].there && !fecg_wave_gap(k, l, i)) s += v[l] * fecg_wave_curve(k, l, K.scale, i) / k->lead[l].noise[K.scale - 1];
  return s;
}

static int64_t p_window(const fecg_delineation *d, size_t b, int64_t *to) {
  const double on = d->joined[b].qrs.on_s;
  double from = on - K.from_s * FECG_WAVE_FS;
  if (b) {
    const fecg_beat_waves *before = d->joined + b - 1;
    from = fmax(from, isfinite(before->t.off_s) ? before->t.off_s - 0.02 * FECG_WAVE_FS : before->qrs.peak_s + 0.25 * FECG_WAVE_FS);
  }
  *to = (int64_t)(on - K.to_s * FECG_WAVE_FS);
  return from < 0 ? 0 : (int64_t)from;
}

/* Share of the curvature along v that is the same in every beat, at the distance before the QRS where it is largest.
 * Early beats have a P of their own, or none, and are not asked. some[beats]: work. */
static double locked_share(const fecg_wave_work *k, const fecg_delineation *d, const double *v, double noise, double *some) {
  for (size_t b = 1; b < d->beats; b++) some[b - 1] = d->joined[b].qrs.peak_s - d->joined[b - 1].qrs.peak_s;
  const double usual = d->beats > 1 ? fecg_wave_quantile(some, d->beats - 1, 0.5) : 0;
  double locked = 0;
  for (int64_t lag = (int64_t)fecg_wave_samples(K.to_s); lag <= (int64_t)fecg_wave_samples(K.from_s); lag += 2) {
    double mean = 0, square = 0, beats = 0;
    for (size_t b = 0; b < d->beats; b++) {
      const double on = d->joined[b].qrs.on_s;
      if (!isfinite(on) || on - (double)lag < 0) continue;
      if (b && d->joined[b].qrs.peak_s - d->joined[b - 1].qrs.peak_s < K.early * usual) continue;
      const double s = along(k, v, (int64_t)on - lag);
      mean += s, square += s * s, beats++;
    }
    if (beats >= 3 && mean > noise * beats) locked = fmax(locked, (mean * mean / beats / square - 1 / beats) / (1 - 1 / beats));
  }
  return locked;
}

fecg_status fecg_find_p_waves(const fecg_wave_work *k, fecg_delineation *d, fecg_arena *arena) {
  int64_t *peak = fecg_arena_alloc(arena, d->beats, sizeof *peak);
  double *pr = fecg_arena_alloc(arena, d->beats, sizeof *pr);
  float *rest = fecg_arena_floats(arena, k->n + 1);
  if (!peak || !pr || !rest) return FECG_ERR_MEMORY;
  double c[FECG_DELINEATE_LEADS][FECG_DELINEATE_LEADS] = {{0}}, v[FECG_DELINEATE_LEADS] = {0};
  size_t count = 0;
  for (size_t b = 0; b < d->beats; b++) { /* the clearest bump before each beat, and how leads share these */
    peak[b] = -1;
    if (!isfinite(d->joined[b].qrs.on_s)) continue;
    int64_t to;
    double best = 0;
    for (int64_t i = p_window(d, b, &to); i <= to; i++) {
      const double e = fecg_wave_bend(k, K.scale, i);
      if (e > best && e >= fecg_wave_bend(k, K.scale, i - 1) && e >= fecg_wave_bend(k, K.scale, i + 1)) best = e, peak[b] = i;
    }
    if (peak[b] < 0) continue;
    double h[FECG_DELINEATE_LEADS];
    for (int l = 0; l < k->leads; l++)
      h[l] = k->lead[l].there && !fecg_wave_gap(k, l, peak[b]) ? fecg_wave_curve(k, l, K.scale, peak[b]) / k->lead[l].noise[K.scale - 1] : 0;
    for (int l = 0; l < k->leads; l++)
      for (int m = 0; m < k->leads; m++) c[l][m] += h[l] * h[m] / (1 + best * best);
  }
  for (int l = 0; l < k->leads; l++) v[l] = 1 + 0.01 * l;
  for (int it = 0; it < 40; it++) { /* power iteration */
    double next[FECG_DELINEATE_LEADS] = {0}, norm = 0;
    for (int l = 0; l < k->leads; l++) {
      for (int m = 0; m < k->leads; m++) next[l] += c[l][m] * v[m];
      norm += next[l] * next[l];
    }
    if (!(norm > 0)) return FECG_OK;
    for (int l = 0; l < k->leads; l++) v[l] = next[l] / sqrt(norm);
  }
  double sign = 0;
  for (size_t b = 0; b < d->beats; b++)
    if (peak[b] >= 0) {
      sign += along(k, v, peak[b]) > 0 ? 1 : -1;
      pr[count++] = d->joined[b].qrs.on_s - (double)peak[b];
    }
  if (!count) return FECG_OK;
  if (sign < 0)
    for (int l = 0; l < k->leads; l++) v[l] = -v[l];
  const double usual = fecg_wave_median(pr, count);
  size_t quiet = 0;
  for (size_t b = 0; b < d->beats; b++) {
    peak[b] = -1;
    if (!isfinite(d->joined[b].qrs.on_s)) continue;
    int64_t to, from = p_window(d, b, &to);
    double best = 0;
    for (int64_t i = from; i <= to; i++) {
      const double s = along(k, v, i), drift = fabs(d->joined[b].qrs.on_s - (double)i - usual) / FECG_WAVE_FS;
      if (s > 0 && s >= along(k, v, i - 1) && s >= along(k, v, i + 1) && s * (1 - fmin(0.9, K.drift * drift)) > best)
        best = s * (1 - fmin(0.9, K.drift * drift)), peak[b] = i;
    }
    if (b) from = (int64_t)(isfinite(d->joined[b - 1].t.off_s) ? d->joined[b - 1].t.off_s : d->joined[b - 1].qrs.peak_s + 0.35 * FECG_WAVE_FS);
    for (int64_t i = from; i <= to && quiet < k->n; i++) rest[quiet++] = (float)fabs(along(k, v, i));
  }
  const double noise = quiet ? fecg_quantile(rest, quiet, 0.5) : 0;
  const double locked = locked_share(k, d, v, noise, pr);
  for (size_t b = 0; b < d->beats; b++) {
    if (peak[b] < 0) continue;
    const double s = along(k, v, peak[b]);
    if (!(s >= K.surely * noise || (s >= K.clear * noise && locked >= K.locked))) continue;
    const double low = b ? fmax(d->joined[b - 1].qrs.off_s, isfinite(d->joined[b - 1].t.peak_s) ? d->joined[b - 1].t.peak_s : 0) : 0;
    fecg_wave_place(k, d, b, FECG_WAVE_P, K.scale, peak[b], isfinite(low) ? low : 0, d->joined[b].qrs.on_s);
  }
  return FECG_OK;
}
