/* intervals.c — see intervals.h. QT by rate: Bazett, Heart 7, 1920, and Fridericia, Acta Med Scand 53, 1920. Axes
 * from the net area of a wave in two frontal leads: that of I, and that of aVF, which in the unit of bipolar leads is
 * 2 / sqrt(3) aVF; II and III give aVF by Einthoven's law where it is not there. */
#include "measure/intervals.h"

#include <math.h>

#include "base/math.h"
#include "signal/stats.h"

static const double PREMATURE = 0.8; /* of the usual RR around */
static const double ODD_QRS_S = 0.04; /* a QRS this much wider than the median is another kind of beat */
static const double WIDE_S = 0.12;
static const double LEAST_UV = 20;   /* Q, R and S below are noise: CSE, Eur Heart J 6, 1985 */
static const double LEVEL_S = 0.016; /* baseline, J and ST are means over this */
enum { AROUND = 5 };                 /* intervals before and after that make the usual one */

static double median(double *v, size_t n) {
  if (n == 0) return NAN;
  fecg_sort_doubles(v, n);
  return n & 1 ? v[n / 2] : 0.5 * (v[n / 2 - 1] + v[n / 2]);
}

/* Reorders v. */
static fecg_middle middle(double *v, size_t n) {
  const double m = median(v, n);
  for (size_t i = 0; i < n; i++) v[i] = fabs(v[i] - m);
  return (fecg_middle){m, 1.4826 * median(v, n)};
}

/* Beat to beat. rr[beats - 1], NaN where the beats lie on both sides of a gap is not known here: an RR above 3 s
 * or three times the median counts as a gap. */
static void rhythm(const fecg_delineation *d, unsigned char *normal, double *rr, double *work, fecg_intervals *out) {
  size_t count = 0, steps = 0, premature = 0, wide = 0, widths = 0;
  const size_t beats = d->beats;
  for (size_t b = 0; b + 1 < beats; b++) work[count++] = rr[b] = d->joined[b + 1].qrs.peak_s - d->joined[b].qrs.peak_s;
  const double usual = median(work, count), longest = fmax(3, 3 * usual);
  double sum = 0, square = 0, successive = 0;
  count = 0;
  for (size_t b = 0; b + 1 < beats; b++) {
    if (!(rr[b] <= longest)) {
      rr[b] = NAN;
      continue;
    }
    sum += rr[b];
    count++;
  }
  const double mean = count ? sum / (double)count : NAN;
  for (size_t b = 0; b + 1 < beats; b++)
    if (isfinite(rr[b])) square += (rr[b] - mean) * (rr[b] - mean);
  for (size_t b = 0; b + 2 < beats; b++) {
    const double step = rr[b + 1] - rr[b];
    if (!isfinite(step)) continue;
    successive += step * step;
    work[steps++] = fabs(step);
  }
  out->rate_bpm = 60 / usual;
  out->rr_ms = 1000 * mean;
  out->rr_sd_ms = count > 1 ? 1000 * sqrt(square / (double)(count - 1)) : NAN;
  out->rr_rmssd_ms = steps ? 1000 * sqrt(successive / (double)steps) : NAN;
  out->irregularity = median(work, steps) / usual;
  for (size_t b = 0; b < beats; b++) {
    const double width = d->joined[b].qrs.off_s - d->joined[b].qrs.on_s;
    if (!isfinite(width)) continue;
    wide += width >= WIDE_S;
    work[widths++] = width;
  }
  const size_t measured = widths;
  const double usual_width = median(work, widths);
  for (size_t b = 0; b < beats; b++) {
    const double width = d->joined[b].qrs.off_s - d->joined[b].qrs.on_s;
    double around[2 * AROUND];
    size_t n = 0;
    for (size_t i = b > AROUND ? b - AROUND : 0; i + 1 < beats && i < b + AROUND; i++)
      if (isfinite(rr[i])) around[n++] = rr[i];
    const int early = b > 0 && rr[b - 1] < PREMATURE * median(around, n);
    premature += (size_t)early;
    normal[b] = width <= usual_width + ODD_QRS_S && !early;
    out->normal += normal[b];
  }
  if (2 * out->normal < measured) { /* no kind of beat is the usual one, as in atrial fibrillation: all count */
    out->normal = 0;
    for (size_t b = 0; b < beats; b++) {
      normal[b] = isfinite(d->joined[b].qrs.on_s);
      out->normal += normal[b];
    }
  }
  out->premature = beats > 1 ? (double)premature / (double)(beats - 1) : NAN;
  out->wide = measured ? (double)wide / (double)measured : NAN;
}

static void intervals(const fecg_delineation *d, const unsigned char *normal, const double *rr, double *work, fecg_intervals *out) {
  enum { P_MS, PR_MS, QRS_MS, QT_MS, QTCB_MS, QTCF_MS, COUNT };
  fecg_middle *const to[COUNT] = {&out->p_ms, &out->pr_ms, &out->qrs_ms, &out->qt_ms, &out->qtcb_ms, &out->qtcf_ms};
  size_t with_p = 0;
  for (size_t b = 0; b < d->beats; b++) with_p += isfinite(d->joined[b].p.peak_s);
  out->p_present = d->beats ? (double)with_p / (double)d->beats : NAN;
  for (int k = 0; k < COUNT; k++) {
    size_t n = 0;
    for (size_t b = 0; b < d->beats; b++) {
      const fecg_beat_waves *w = d->joined + b;
      if (!normal[b]) continue;
      double before = b > 0 ? rr[b - 1] : NAN; /* the QT follows the interval before it */
      if (!isfinite(before)) before = 60 / out->rate_bpm;
      const double qt = w->t.off_s - w->qrs.on_s;
      double v = NAN;
      switch (k) {
        case P_MS: v = w->p.off_s - w->p.on_s; break;
        case PR_MS: v = w->qrs.on_s - w->p.on_s; break;
        case QRS_MS: v = w->qrs.off_s - w->qrs.on_s; break;
        case QT_MS: v = qt; break;
        case QTCB_MS: v = qt / sqrt(before); break;
        default: v = qt / fecg_pow(before, 1.0 / 3); break;
      }
      if (isfinite(v)) work[n++] = 1000 * v;
    }
    *to[k] = middle(work, n);
  }
}

/* Of one lead. */
typedef struct view {
  const float *x;
  size_t n;
  double fs;
} view;

/* Mean over LEVEL_S around t_s; NaN at a gap or outside. */
static double level(const view *v, double t_s) {
  if (!isfinite(t_s)) return NAN;
  const double from = ceil((t_s - LEVEL_S / 2) * v->fs), to = floor((t_s + LEVEL_S / 2) * v->fs);
  double sum = 0, count = 0;
  for (double i = from; i <= to; i++) {
    if (i < 0 || i >= (double)v->n) return NAN;
    sum += (double)v->x[(size_t)i];
    count++;
  }
  if (count == 0) { /* between two samples */
    const double i = rint(t_s * v->fs);
    return i < 0 || i >= (double)v->n ? NAN : (double)v->x[(size_t)i];
  }
  return sum / count;
}

static double base(const view *v, const fecg_beat_waves *w) { return level(v, w->qrs.on_s - LEVEL_S / 2); }

/* Q, R and S of the samples between the QRS's ends: R is the highest above the baseline, Q and S the lowest before and
 * after it; where nothing rises above it the whole is a Q that some call QS. */
typedef struct qrs_parts {
  double q, q_s, r, s;
} qrs_parts;

static qrs_parts parts(const view *v, const fecg_wave *qrs, double zero) {
  qrs_parts p = {0, 0, 0, 0};
  const double first = ceil(qrs->on_s * v->fs), last = floor(qrs->off_s * v->fs);
  double top = 0, at = last + 1, q_end = first;
  for (double i = first; i <= last; i++) {
    if (i < 0 || i >= (double)v->n || !isfinite(v->x[(size_t)i])) return (qrs_parts){NAN, NAN, NAN, NAN};
    const double h = (double)v->x[(size_t)i] - zero;
    if (h > top && h >= LEAST_UV) top = h, at = i;
  }
  p.r = top;
  for (double i = first; i <= last; i++) {
    const double h = (double)v->x[(size_t)i] - zero;
    if (i < at) {
      p.q = fmin(p.q, h);
      if (h < 0) q_end = i;
    } else p.s = fmin(p.s, h);
  }
  if (p.q > -LEAST_UV) p.q = 0;
  if (p.s > -LEAST_UV) p.s = 0;
  if (p.q < 0) p.q_s = (q_end + 1) / v->fs - qrs->on_s;
  return p;
}

enum { P_UV, Q_UV, Q_MS, R_UV, S_UV, T_UV, J_UV, ST60_UV, FEATURES };

static void features(const view *v, const fecg_beat_waves *w, double *f) {
  const double zero = base(v, w);
  const qrs_parts p = isfinite(w->qrs.off_s) ? parts(v, &w->qrs, zero) : (qrs_parts){NAN, NAN, NAN, NAN};
  f[P_UV] = level(v, w->p.peak_s) - zero;
  f[Q_UV] = p.q;
  f[Q_MS] = 1000 * p.q_s;
  f[R_UV] = p.r;
  f[S_UV] = p.s;
  f[T_UV] = level(v, w->t.peak_s) - zero;
  f[J_UV] = level(v, w->qrs.off_s) - zero;
  f[ST60_UV] = level(v, w->qrs.off_s + 0.06) - zero;
  if (!isfinite(zero))
    for (int k = 0; k < FEATURES; k++) f[k] = NAN;
}

static void lead_measures(const fecg_delineation *d, int lead, const view *v, const unsigned char *normal, double *work,
                          fecg_lead_measures *out) {
  fecg_middle *const to[FEATURES] = {&out->p_uv, &out->q_uv, &out->q_ms, &out->r_uv, &out->s_uv, &out->t_uv, &out->j_uv, &out->st60_uv};
  for (int k = 0; k < FEATURES; k++) {
    size_t n = 0;
    for (size_t b = 0; b < d->beats; b++) {
      double f[FEATURES];
      if (!normal[b]) continue;
      features(v, d->lead + (size_t)lead * d->beats + b, f);
      if (isfinite(f[k])) work[n++] = f[k];
    }
    *to[k] = middle(work, n);
  }
}

/* Area of a lead above the straight line between a wave's joined ends, uV s. */
static double area(const view *v, const fecg_wave *w) {
  if (!isfinite(w->on_s) || !isfinite(w->off_s)) return NAN;
  const double first = ceil(w->on_s * v->fs), last = floor(w->off_s * v->fs), a = level(v, w->on_s), z = level(v, w->off_s);
  double sum = 0;
  for (double i = first; i <= last; i++) {
    if (i < 0 || i >= (double)v->n) return NAN;
    sum += (double)v->x[(size_t)i] - (a + (z - a) * (i - first) / fmax(1, last - first));
  }
  return sum / v->fs;
}

/* Two of the frontal leads give I and aVF, for Einthoven's law holds of areas too. */
static double axis(const double *lead) {
  const double i = lead[FECG_LEAD_I], ii = lead[FECG_LEAD_II], iii = lead[FECG_LEAD_III];
  double x = i, y = lead[FECG_LEAD_AVF];
  if (!isfinite(x)) x = ii - iii;
  if (!isfinite(y)) y = isfinite(ii) && isfinite(iii) ? 0.5 * (ii + iii) : ii - 0.5 * x;
  if (!isfinite(y)) y = iii + 0.5 * x;
  if (!isfinite(x)) x = 2 * (ii - y);
  y *= 2 / sqrt(3.0);
  return isfinite(x) && isfinite(y) && (x != 0 || y != 0) ? fecg_atan2(y, x) * 180 / FECG_PI : NAN;
}

fecg_status fecg_measure_intervals(const fecg_delineation *d, const float *x, size_t n, double fs, const int *standard,
                                   fecg_arena *arena, fecg_intervals *out) {
  static const fecg_middle none = {NAN, NAN};
  *out = (fecg_intervals){.beats = d->beats, .p_ms = none};
  for (int s = 0; s < FECG_STANDARD_LEADS; s++)
    out->lead[s] = (fecg_lead_measures){none, none, none, none, none, none, none, none};
  const fecg_arena_mark mark = fecg_arena_save(arena);
  unsigned char *normal = fecg_arena_alloc(arena, d->beats, 1);
  double *rr = fecg_arena_alloc(arena, d->beats, sizeof *rr), *work = fecg_arena_alloc(arena, d->beats, sizeof *work);
  if (!normal || !rr || !work) return FECG_ERR_MEMORY;
  rhythm(d, normal, rr, work, out);
  intervals(d, normal, rr, work, out);
  double areas[3][FECG_STANDARD_LEADS];
  for (int w = 0; w < 3; w++)
    for (int s = 0; s < FECG_STANDARD_LEADS; s++) areas[w][s] = NAN;
  unsigned seen = 0;
  for (int l = 0; l < d->leads; l++) {
    const int s = standard[l];
    if (s < 0 || s >= FECG_STANDARD_LEADS || (seen >> s & 1)) continue;
    seen |= 1u << s;
    const view v = {x + (size_t)l * n, n, fs};
    lead_measures(d, l, &v, normal, work, out->lead + s);
    for (int w = 0; w < 3; w++) {
      size_t count = 0;
      for (size_t b = 0; b < d->beats; b++) {
        const fecg_beat_waves *j = d->joined + b;
        const double a = area(&v, w == 0 ? &j->p : w == 1 ? &j->qrs : &j->t);
        if (normal[b] && isfinite(a)) work[count++] = a;
      }
      areas[w][s] = median(work, count);
    }
  }
  out->p_axis_deg = axis(areas[0]);
  out->qrs_axis_deg = axis(areas[1]);
  out->t_axis_deg = axis(areas[2]);
  fecg_arena_restore(arena, mark);
  return FECG_OK;
}
