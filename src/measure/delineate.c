/* delineate.c — see delineate.h. At 500 Hz, on the quadratic spline wavelet (waves.c). Unlike in the paper, whether and
 * about where there is a P or T is asked of all leads at once, by the curvature of each in units of what is usual in it,
 * and with every QRS replaced by a straight line. */
#include "measure/delineate.h"

#include <string.h>

#include "measure/p_waves.h"
#include "measure/qrs_search.h"
#include "measure/waves.h"

enum { QRS_SCALE = 4, T_SCALE = 5 };
static const double R_WAVE = 0.05;            /* of the deepest deflection: an upward one that is an R, and the peak */
static const double T_FROM_S = 0.08;        /* after the QRS */
static const double T_TO_S = 0.417;           /* from its onset, times sqrt(RR) */
static const double T_BEFORE_NEXT_S = 0.332; /* and not later than this, or this share of RR, before the next beat */
static const double T_BEFORE_NEXT_RR = 0.35;
static const double T_CLEAR = 1.45;          /* times the usual curvature */
static const double LONGEST_RR_S = 2;

static void find_qrs(const fecg_wave_work *k, fecg_delineation *d, const size_t *at) {
  for (size_t b = 0; b < d->beats; b++) {
    fecg_wave *lead[FECG_DELINEATE_LEADS];
    int64_t middle[FECG_DELINEATE_LEADS];
    double strength[FECG_DELINEATE_LEADS], peaks[FECG_DELINEATE_LEADS];
    size_t count = 0;
    fecg_wave_pointers(d, b, FECG_WAVE_QRS, lead);
    const double low = b ? 0.5 * (double)(at[b - 1] + at[b]) : 0, high = b + 1 < d->beats ? 0.5 * (double)(at[b] + at[b + 1]) : (double)k->n - 1;
    for (int l = 0; l < k->leads; l++) {
      middle[l] = (int64_t)at[b];
      double top = 0;
      for (int64_t i = (int64_t)at[b] - 40; i <= (int64_t)at[b] + 40; i++)
        if (!fecg_wave_gap(k, l, i)) top = fmax(top, fabs((double)k->lead[l].w[QRS_SCALE - 1][i]));
      strength[l] = top / k->lead[l].noise[QRS_SCALE - 1];
    }
    fecg_wave_bound(k, FECG_WAVE_QRS, middle, strength, low, high, &d->joined[b].qrs, lead);
    if (!isfinite(d->joined[b].qrs.on_s)) { /* at the record's end or a gap: the beat is known, no more */
      d->joined[b].qrs = (fecg_wave){NAN, (double)at[b], NAN};
      continue;
    }
    for (int l = 0; l < k->leads; l++) {
      if (!isfinite(lead[l]->on_s)) continue;
      const int64_t on = (int64_t)lead[l]->on_s, off = (int64_t)ceil(lead[l]->off_s);
      const double a = k->lead[l].x[on], z = k->lead[l].x[off >= (int64_t)k->n ? (int64_t)k->n - 1 : off];
      double up = 0, down = 0, r = (double)on, s = (double)on;
      for (int64_t i = on; i <= off && i < (int64_t)k->n; i++) {
        const double h = k->lead[l].x[i] - (a + (z - a) * (double)(i - on) / (double)(off - on));
        if (h > up) up = h, r = (double)i;
        if (-h > down) down = -h, s = (double)i;
      }
      lead[l]->peak_s = up >= R_WAVE * down ? r : s;
      peaks[count++] = lead[l]->peak_s;
    }
    d->joined[b].qrs.peak_s = count ? fecg_wave_median(peaks, count) : (double)at[b];
  }
}

static void find_t(const fecg_wave_work *k, fecg_delineation *d) {
  for (size_t b = 0; b < d->beats; b++) {
    const fecg_wave *q = &d->joined[b].qrs;
    if (!isfinite(q->on_s)) continue;
    const double next = b + 1 < d->beats ? d->joined[b + 1].qrs.peak_s : (double)k->n + 0.3 * FECG_WAVE_FS;
    double rr = b + 1 < d->beats ? next - q->peak_s : b ? q->peak_s - d->joined[b - 1].qrs.peak_s : FECG_WAVE_FS;
    rr = fmin(rr, LONGEST_RR_S * FECG_WAVE_FS);
    const double from = q->off_s + T_FROM_S * FECG_WAVE_FS, to = fmin(fmin(q->on_s + T_TO_S * sqrt(rr / FECG_WAVE_FS) * FECG_WAVE_FS, next - fmin(T_BEFORE_NEXT_S * FECG_WAVE_FS, T_BEFORE_NEXT_RR * rr)), (double)k->n - 1);
    double best = 0;
    int64_t peak = -1;
    for (int64_t i = (int64_t)from; (double)i <= to; i++) {
      const double e = fecg_wave_bend(k, T_SCALE, i);
      if (e > best && e >= fecg_wave_bend(k, T_SCALE, i - 1) && e >= fecg_wave_bend(k, T_SCALE, i + 1)) best = e, peak = i;
    }
    if (peak < 0 || best < T_CLEAR) continue;
    fecg_wave_place(k, d, b, FECG_WAVE_T, T_SCALE, peak, q->off_s + 2, fmin(next - 0.06 * FECG_WAVE_FS, (double)k->n - 1));
  }
}

static void seconds(fecg_wave *w, double last) {
  double *const v[] = {&w->on_s, &w->peak_s, &w->off_s};
  for (int i = 0; i < 3; i++) *v[i] = fmin(*v[i], last) / FECG_WAVE_FS + (isfinite(*v[i]) ? 0 : NAN);
}

fecg_status fecg_delineate(const float *x, int leads, size_t n, double fs, fecg_arena *arena, fecg_delineation *out) {
  *out = (fecg_delineation){.leads = leads};
  if (leads < 1 || leads > FECG_DELINEATE_LEADS || !(fs >= 100 && fs <= 1000)) return FECG_ERR_ARGUMENT;
  fecg_wave_work *k = fecg_arena_alloc(arena, 1, sizeof *k);
  if (!k) return FECG_ERR_MEMORY;
  memset(k, 0, sizeof *k);
  k->leads = leads;
  const double m = floor((double)n / fs * FECG_WAVE_FS);
  if (m < 0.2 * FECG_WAVE_FS) return FECG_OK;
  if (m * 8 > (double)(SIZE_MAX / 4)) return FECG_ERR_MEMORY;
  k->n = (size_t)m;
  const size_t most = fecg_most_qrs(k->n, FECG_WAVE_FS);
  size_t *at = fecg_arena_alloc(arena, most, sizeof *at), beats = 0;
  out->joined = fecg_arena_alloc(arena, most, sizeof *out->joined);
  out->lead = fecg_arena_alloc(arena, most * (size_t)leads, sizeof *out->lead);
  if (!at || !out->joined || !out->lead) return FECG_ERR_MEMORY;
  const fecg_arena_mark mark = fecg_arena_save(arena);
  fecg_status status = fecg_wave_prepare(k, x, n, fs, arena);
  if (status) return status;
  fecg_qrs_lead search[FECG_DELINEATE_LEADS];
  int used = 0;
  for (int l = 0; l < leads; l++)
    if (k->lead[l].there) search[used++] = (fecg_qrs_lead){k->lead[l].w[QRS_SCALE - 1], k->lead[l].w[QRS_SCALE - 2], k->lead[l].gap};
  if (used) status = fecg_search_qrs(search, used, k->n, FECG_WAVE_FS, at, &beats, arena);
  if (status) return status;
  out->beats = beats;
  for (size_t b = 0; b < beats; b++) out->joined[b] = (fecg_beat_waves){FECG_NO_WAVE, FECG_NO_WAVE, FECG_NO_WAVE};
  for (size_t b = 0; b < beats * (size_t)leads; b++) out->lead[b] = (fecg_beat_waves){FECG_NO_WAVE, FECG_NO_WAVE, FECG_NO_WAVE};
  find_qrs(k, out, at);
  status = fecg_wave_erase_qrs(k, out, arena);
  if (status) return status;
  find_t(k, out);
  status = fecg_find_p_waves(k, out, arena);
  if (status) return status;
  for (size_t b = 0; b < beats * (size_t)(leads + 1); b++) {
    fecg_beat_waves *w = b < beats ? out->joined + b : out->lead + (b - beats);
    seconds(&w->p, (double)k->n - 1);
    seconds(&w->qrs, (double)k->n - 1);
    seconds(&w->t, (double)k->n - 1);
  }
  fecg_arena_restore(arena, mark);
  return FECG_OK;
}
