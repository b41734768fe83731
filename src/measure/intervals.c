/* intervals.c — see intervals.h. */
#include "measure/intervals.h"

#include <math.h>
#include <string.h>

#include "base/math.h"
#include "signal/stats.h"

static const double PREMATURE = 0.8;              /* of the median RR around */
enum { AROUND = 4 };                              /* beats on either side that are around */
static const double WIDE_S = 0.120;               /* AHA/ACCF/HRS 2009 part III: a wide QRS */
static const double WIDER = 1.3, WIDER_S = 0.020; /* than the median QRS: not a normal beat */
static const double BEFORE_FAR_S = 0.020, BEFORE_NEAR_S = 0.004; /* the level before the QRS is measured here */
static const float WAVE_UV = 20;                  /* smaller deflections within the QRS are none */
static const double J60_S = 0.060;
static const double MAD_SD = 1.4826;              /* to a normal distribution's standard deviation */

/* Values of one kind, one a beat; they are reordered when they are measured. */
typedef struct column {
  float *values;
  size_t count;
} column;

static void add(column *c, double v) {
  if (isfinite(v)) c->values[c->count++] = (float)v;
}

static fecg_middle middle(column *c) {
  if (c->count == 0) return (fecg_middle){NAN, NAN};
  const double median = (double)fecg_quantile(c->values, c->count, 0.5);
  for (size_t i = 0; i < c->count; i++) c->values[i] = fabsf(c->values[i] - (float)median);
  return (fecg_middle){median, MAD_SD * (double)fecg_quantile(c->values, c->count, 0.5)};
}

/* One lead as a function of time. */
typedef struct trace {
  const float *x;
  size_t n;
  double fs;
} trace;

/* Linear between samples; NaN outside and in gaps. */
static double level_at(const trace *s, double t_s) {
  const double at = t_s * s->fs;
  if (!(at >= 0 && at <= (double)(s->n - 1))) return NAN;
  const size_t i = (size_t)at, j = i + 1 < s->n ? i + 1 : i;
  return s->x[i] + (at - (double)i) * ((double)s->x[j] - s->x[i]);
}

static double mean_level(const trace *s, double from_s, double to_s) {
  double sum = 0;
  size_t count = 0;
  for (double t = from_s; t <= to_s + 1e-9; t += 1 / s->fs, count++) sum += level_at(s, t);
  return count ? sum / (double)count : NAN;
}

/* The value furthest from `level` within a wave. */
static double height(const trace *s, const fecg_wave *w, double level) {
  double most = NAN;
  for (double t = w->on_s; t <= w->off_s; t += 1 / s->fs) {
    const double v = level_at(s, t) - level;
    if (isnan(most) || fabs(v) > fabs(most)) most = v;
  }
  return most;
}

typedef struct qrs_shape {
  double q_uv, q_ms, r_uv, s_uv;
} qrs_shape;

/* Q, R and S of one lead within the joined QRS. Without an R all of a negative QRS is Q (a QS complex). */
static qrs_shape shape_of(const trace *s, const fecg_wave *qrs, double level) {
  qrs_shape q = {0, 0, 0, 0};
  double r_s = NAN, q_end_s = qrs->on_s;
  for (double t = qrs->on_s; t <= qrs->off_s; t += 1 / s->fs) {
    const double v = level_at(s, t) - level;
    if (isnan(v)) return (qrs_shape){NAN, NAN, NAN, NAN};
    if (v > q.r_uv && v > (double)WAVE_UV) q.r_uv = v, r_s = t;
  }
  for (double t = qrs->on_s; t <= qrs->off_s; t += 1 / s->fs) {
    const double v = level_at(s, t) - level;
    if (isnan(r_s) || t < r_s) {
      if (v < q.q_uv && v < -(double)WAVE_UV) q.q_uv = v;
      if (v < -(double)WAVE_UV) q_end_s = t;
    } else if (v < q.s_uv && v < -(double)WAVE_UV) q.s_uv = v;
  }
  if (q.q_uv < 0) q.q_ms = 1e3 * (q_end_s - qrs->on_s);
  return q;
}

static void measure_lead(const trace *s, const fecg_delineation *d, const unsigned char *normal, float *room, fecg_lead_measures *out) {
  enum { P, Q, Q_MS, R, S, T, J, ST60, KINDS };
  column c[KINDS];
  for (int k = 0; k < KINDS; k++) c[k] = (column){room + (size_t)k * d->beats, 0};
  for (size_t i = 0; i < d->beats; i++) {
    const fecg_beat_waves *b = d->joined + i;
    if (!normal[i] || !isfinite(b->qrs.on_s)) continue;
    const double level = mean_level(s, b->qrs.on_s - BEFORE_FAR_S, b->qrs.on_s - BEFORE_NEAR_S);
    if (isnan(level)) continue;
    const qrs_shape q = shape_of(s, &b->qrs, level);
    add(c + Q, q.q_uv), add(c + Q_MS, q.q_ms), add(c + R, q.r_uv), add(c + S, q.s_uv);
    add(c + J, level_at(s, b->qrs.off_s) - level);
    add(c + ST60, level_at(s, b->qrs.off_s + J60_S) - level);
    if (isfinite(b->p.on_s)) add(c + P, height(s, &b->p, level));
    if (isfinite(b->t.on_s)) add(c + T, height(s, &b->t, level));
    else if (isfinite(b->t.peak_s)) add(c + T, level_at(s, b->t.peak_s) - level);
  }
  *out = (fecg_lead_measures){middle(c + P), middle(c + Q), middle(c + Q_MS), middle(c + R), middle(c + S), middle(c + T), middle(c + J), middle(c + ST60)};
}

/* The median RR of those around beat i, without its own; NaN where there are none. */
static double rr_around(const double *rr, size_t beats, size_t i) {
  float near[2 * AROUND];
  size_t count = 0;
  for (size_t k = i > AROUND ? i - AROUND : 1; k < beats && k <= i + AROUND; k++)
    if (k != i) near[count++] = (float)rr[k];
  return count ? (double)fecg_quantile(near, count, 0.5) : NAN;
}

/* Rate and regularity; rr[i] is the interval before beat i (rr[0] is not there). */
static void measure_rhythm(const double *rr, size_t beats, const unsigned char *premature, float *room, fecg_intervals *out) {
  column all = {room, 0}, steps = {room + beats, 0};
  double sum = 0, squares = 0, differences = 0;
  for (size_t i = 1; i < beats; i++) {
    add(&all, rr[i]);
    sum += rr[i];
    if (i > 1) add(&steps, fabs(rr[i] - rr[i - 1])), differences += (rr[i] - rr[i - 1]) * (rr[i] - rr[i - 1]);
  }
  const double count = (double)beats - 1;
  if (count < 1) return;
  const double mean = sum / count, median = (double)fecg_quantile(all.values, all.count, 0.5);
  for (size_t i = 1; i < beats; i++) squares += (rr[i] - mean) * (rr[i] - mean);
  size_t early = 0;
  for (size_t i = 0; i < beats; i++) early += premature[i];
  out->rate_bpm = 60 / median;
  out->rr_ms = 1e3 * mean;
  out->premature = (double)early / (double)beats;
  if (count < 2) return;
  out->rr_sd_ms = 1e3 * sqrt(squares / (count - 1));
  out->rr_rmssd_ms = 1e3 * sqrt(differences / (count - 1));
  out->irregularity = (double)fecg_quantile(steps.values, steps.count, 0.5) / median;
}

static void measure_durations(const fecg_delineation *d, const unsigned char *normal, float *room, fecg_intervals *out) {
  column p = {room, 0}, pr = {room + d->beats, 0}, qrs = {room + 2 * d->beats, 0}, qt = {room + 3 * d->beats, 0};
  size_t with_p = 0, wide = 0;
  for (size_t i = 0; i < d->beats; i++) {
    const fecg_beat_waves *b = d->joined + i;
    with_p += isfinite(b->p.peak_s);
    wide += b->qrs.off_s - b->qrs.on_s >= WIDE_S;
    if (!normal[i]) continue;
    add(&p, 1e3 * (b->p.off_s - b->p.on_s));
    add(&pr, 1e3 * (b->qrs.on_s - b->p.on_s));
    add(&qrs, 1e3 * (b->qrs.off_s - b->qrs.on_s));
    add(&qt, 1e3 * (b->t.off_s - b->qrs.on_s));
  }
  if (d->beats > 0) {
    out->p_present = (double)with_p / (double)d->beats;
    out->wide = (double)wide / (double)d->beats;
  }
  out->p_ms = middle(&p), out->pr_ms = middle(&pr), out->qrs_ms = middle(&qrs), out->qt_ms = middle(&qt);
  const double rr_s = 60 / out->rate_bpm, bazett = 1 / sqrt(rr_s), fridericia = fecg_exp(-fecg_log(rr_s) / 3);
  out->qtcb_ms = (fecg_middle){out->qt_ms.median * bazett, out->qt_ms.spread * bazett};
  out->qtcf_ms = (fecg_middle){out->qt_ms.median * fridericia, out->qt_ms.spread * fridericia};
}

/* Degrees from amplitudes in I and aVF, whose lead vectors are at 0 and 90 degrees, the latter shorter by sqrt(3) / 2. */
static double axis(double one, double avf) {
  if (!isfinite(one) || !isfinite(avf) || (one == 0 && avf == 0)) return NAN;
  return fecg_atan2(avf * 2 / sqrt(3), one) * 180 / FECG_PI;
}

static void measure_axes(fecg_intervals *m) {
  const fecg_lead_measures *one = m->lead + FECG_LEAD_I, *two = m->lead + FECG_LEAD_II, *avf = m->lead + FECG_LEAD_AVF;
  const double net_one = one->q_uv.median + one->r_uv.median + one->s_uv.median;
  const double net_two = two->q_uv.median + two->r_uv.median + two->s_uv.median;
  double net_avf = avf->q_uv.median + avf->r_uv.median + avf->s_uv.median, p = avf->p_uv.median, t = avf->t_uv.median;
  if (isnan(net_avf)) { /* aVF = II - I / 2 (Goldberger) */
    net_avf = net_two - net_one / 2;
    p = two->p_uv.median - one->p_uv.median / 2;
    t = two->t_uv.median - one->t_uv.median / 2;
  }
  m->qrs_axis_deg = axis(net_one, net_avf);
  m->p_axis_deg = axis(one->p_uv.median, p);
  m->t_axis_deg = axis(one->t_uv.median, t);
}

static void nothing_known(fecg_intervals *m) {
  double *v = &m->rate_bpm;
  const size_t count = (sizeof *m - offsetof(fecg_intervals, rate_bpm)) / sizeof(double);
  for (size_t i = 0; i < count; i++) v[i] = NAN;
}

fecg_status fecg_measure_intervals(const fecg_delineation *d, const float *x, size_t n, double fs, const int *standard,
                                   fecg_arena *arena, fecg_intervals *out) {
  const size_t beats = d->beats;
  *out = (fecg_intervals){.beats = beats};
  nothing_known(out);
  if (beats == 0) return FECG_OK;
  const fecg_arena_mark mark = fecg_arena_save(arena);
  double *rr = fecg_arena_alloc(arena, beats, sizeof *rr);
  float *room = fecg_arena_floats(arena, 8 * beats);
  unsigned char *normal = fecg_arena_alloc(arena, beats, 1), *premature = fecg_arena_alloc(arena, beats, 1);
  if (!rr || !room || !normal || !premature) return FECG_ERR_MEMORY;
  column width = {room, 0};
  for (size_t i = 0; i < beats; i++) {
    const fecg_wave *q = &d->joined[i].qrs;
    rr[i] = i > 0 ? q->peak_s - d->joined[i - 1].qrs.peak_s : NAN;
    add(&width, q->off_s - q->on_s);
  }
  const double usual_s = middle(&width).median;
  for (size_t i = 0; i < beats; i++) {
    const fecg_wave *q = &d->joined[i].qrs;
    premature[i] = i > 0 && rr[i] < PREMATURE * rr_around(rr, beats, i);
    normal[i] = !premature[i] && !(q->off_s - q->on_s > WIDER * usual_s + WIDER_S);
    out->normal += normal[i];
  }
  measure_rhythm(rr, beats, premature, room, out);
  measure_durations(d, normal, room, out);
  for (int l = 0; l < d->leads; l++) {
    if (standard[l] < 0 || isfinite(out->lead[standard[l]].r_uv.median)) continue;
    const trace s = {x + (size_t)l * n, n, fs};
    measure_lead(&s, d, normal, room, out->lead + standard[l]);
  }
  measure_axes(out);
  fecg_arena_restore(arena, mark);
  return FECG_OK;
}
