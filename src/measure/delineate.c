/* delineate.c — see delineate.h. At 500 Hz, on the quadratic spline wavelet after Martinez, Almeida, Olmos, Rocha and
 * Laguna, IEEE Trans Biomed Eng 51, 2004: a wave lies between the first and the last steep flank of a window, and
 * begins and ends where the slope falls below a share of that flank's. Unlike there, whether and about where there
 * is a P or T is asked of all leads at once, by the curvature of each in units of its noise; leads in which the wave
 * is hidden take what the others agree on. Joined boundaries are quantiles over the leads that show the wave, in
 * place of the earliest that others confirm (Laguna, Jane and Caminal, Comput Biomed Res 27, 1994). */
#include "measure/delineate.h"

#include <math.h>
#include <string.h>

#include "measure/qrs_search.h"
#include "signal/resample.h"
#include "signal/spline_wavelet.h"
#include "signal/stats.h"

#define FS 500.0
enum { SCALES = 6, LEADS = FECG_DELINEATE_LEADS };
enum { P, QRS, T, WAVES };

/* How the boundaries of one wave are found. Lengths in s. */
typedef struct edges {
  int scale_on, scale_off;
  double before, after;  /* the window around the wave's middle in which its flanks lie */
  double first, last;    /* of the steepest flank of the window: the outermost flanks that belong to the wave */
  double on, off;        /* of the slope of these: here the wave has begun, has ended */
  double reach;          /* beyond them, at most */
  double join_on, join_off;   /* quantile over leads */
  double keep;           /* of how far a lead lies from the joined boundary: the rest is taken as chance */
  double most;           /* and at most so far */
} edges;
typedef struct constants {
  edges wave[WAVES];
  int p_scale, t_scale;           /* of curvature */
  double p_from, p_to;            /* before the QRS */
  double p_clear, p_surely;       /* times the curvature usual in diastole */
  double p_locked;                /* share of curvature that stays when beats are averaged at the QRS */
  double early;                   /* of the usual RR: a beat that may have another P, or none */
  double p_drift;                 /* cost of another PR than the usual, a s */
  double t_from, t_to, t_rr;      /* after the QRS; t_to times sqrt(RR); and before the next beat */
  double t_clear;
  double peak;                    /* about the joined peak, in a lead */
  double skirt;                   /* beyond the joined QRS: still QRS */
  double r_wave;                  /* of the largest downward deflection: an R, and the peak */
  double shown;                   /* of the median over leads in units of noise: the lead shows the wave */
} constants;
static const constants K = {
  {{4, 4, 0.06882, 0.07544, 0.301, 0.4215, 0.35, 0.6928, 0.08, 0.4214, 0.6062, 0.5623, 0.02164},
   {3, 3, 0.0579, 0.1201, 0.06956, 0.1572, 0.08106, 0.1128, 0.0741, 0.3331, 0.6908, 0.3488, 0.01985},
   {5, 5, 0.1287, 0.1113, 0.2549, 0.2913, 0.3515, 0.3006, 0.07748, 0.6214, 0.4029, 0.4485, 0.0403}},
  5, 5, 0.2563, 0.06, 2.577, 8, 0.86, 0.85, 1.682, 0.07861, 0.4168, 0.22, 1.483, 0.05, 0.004, 0.05, 0.3};

typedef struct lead_data {
  float *x, *w[SCALES];     /* w[k - 1]: scale 2^k */
  unsigned char *gap;
  int there;                /* has a signal at all */
  double noise[SCALES];     /* usual |curvature| */
} lead_data;
typedef struct work {
  lead_data lead[LEADS];
  int leads;
  size_t n;
} work;

static size_t samples(double s) { return (size_t)(s * FS + 0.5); }

/* Second difference at scale 2^k: an upward bump is positive at its peak. */
static double curve(const work *k, int l, int scale, int64_t i) {
  const int64_t half = (int64_t)1 << (scale - 2), n = (int64_t)k->n;
  const int64_t a = i - half < 0 ? 0 : i - half, b = i + half >= n ? n - 1 : i + half;
  return (double)k->lead[l].w[scale - 1][a] - (double)k->lead[l].w[scale - 1][b];
}

static int is_gap(const work *k, int l, int64_t i) { return i < 0 || i >= (int64_t)k->n || k->lead[l].gap[i]; }

/* In noise units, over leads. */
static double bend(const work *k, int scale, int64_t i) {
  double sum = 0, count = 0;
  for (int l = 0; l < k->leads; l++) {
    if (!k->lead[l].there || is_gap(k, l, i)) continue;
    const double c = curve(k, l, scale, i) / k->lead[l].noise[scale - 1];
    sum += c * c;
    count++;
  }
  return count > 0 ? sqrt(sum / count) : 0;
}

static void usual_curvature(work *k, int l, float *some) {
  lead_data *d = k->lead + l;
  float top = 0;
  for (size_t i = 0; i < k->n; i++)
    if (!d->gap[i]) top = fmaxf(top, fabsf(d->w[3][i]));
  for (int s = 4; s <= SCALES; s++) {
    size_t count = 0;
    for (size_t i = 0; i < k->n; i += 8)
      if (!d->gap[i]) some[count++] = (float)fabs(curve(k, l, s, (int64_t)i));
    d->noise[s - 1] = fmax(fecg_quantile(some, count, 0.5), 1e-3 * (double)top);
  }
}

static fecg_status prepare(work *k, const float *x, size_t n, double fs, fecg_arena *arena) {
  float *filled = fecg_arena_floats(arena, n), *some = fecg_arena_floats(arena, k->n / 4 + 1);
  if (!filled || !some) return FECG_ERR_MEMORY;
  for (int l = 0; l < k->leads; l++) {
    lead_data *d = k->lead + l;
    const float *from = x + (size_t)l * n;
    d->gap = fecg_arena_alloc(arena, k->n, 1);
    d->x = fecg_arena_floats(arena, k->n);
    for (int s = 0; s < SCALES; s++) d->w[s] = s == 0 ? NULL : fecg_arena_floats(arena, k->n);
    if (!d->gap || !d->x || !d->w[SCALES - 1]) return FECG_ERR_MEMORY;
    memset(d->gap, 0, k->n);
    size_t known = 0;
    for (size_t i = 0; i < n; i++) { /* gaps: a straight line between their ends */
      if (isfinite(from[i])) {
        for (size_t j = known; j < i; j++)
          filled[j] = known == 0 ? from[i] : filled[known - 1] + (from[i] - filled[known - 1]) * (float)(j - known + 1) / (float)(i - known + 1);
        filled[i] = from[i];
        known = i + 1;
      }
    }
    for (size_t j = known; j < n; j++) filled[j] = known == 0 ? 0 : filled[known - 1];
    for (size_t i = 0; i < n; i++)
      if (!isfinite(from[i])) {
        const double a = ((double)i - 1) / fs * FS, b = ((double)i + 1) / fs * FS;
        for (int64_t j = a < 0 ? 0 : (int64_t)a; (double)j <= b && j < (int64_t)k->n; j++) d->gap[j] = 1;
      }
    fecg_status status = fecg_resample(filled, n, fs, 0, d->x, k->n, FS, arena);
    if (!status) status = fecg_spline_wavelet(d->x, k->n, SCALES, d->w, arena);
    if (status) return status;
    float top = 0;
    for (size_t i = 0; i < k->n; i++)
      if (!d->gap[i]) top = fmaxf(top, fabsf(d->w[3][i]));
    d->there = top > 1; /* uV */
    usual_curvature(k, l, some);
  }
  return FECG_OK;
}

/* From the outermost flank of w in from..to (limits of the wave) that reaches `flank` of the steepest, outwards in
 * direction step until |w| < share of that flank or rises again; NaN where there is a gap before. */
static double edge(const work *k, int l, int scale, int64_t from, int64_t to, int step, double flank, double share, int64_t reach) {
  const float *w = k->lead[l].w[scale - 1];
  double steepest = 0;
  for (int64_t i = from; i <= to; i++) {
    if (is_gap(k, l, i)) return NAN;
    steepest = fmax(steepest, fabs((double)w[i]));
  }
  if (!(steepest > 0)) return NAN;
  int64_t i = step < 0 ? from : to;
  const int64_t end = step < 0 ? to : from;
  while (i != end) { /* inwards to the first local maximum that counts */
    const double here = fabs((double)w[i]), in = fabs((double)w[i - step]), out = is_gap(k, l, i + step) ? 0 : fabs((double)w[i + step]);
    if (here >= flank * steepest && here >= in && here >= out) break;
    i -= step;
  }
  const double limit = share * fabs((double)w[i]);
  double lowest = fabs((double)w[i]);
  int64_t lowest_at = i;
  for (int64_t steps = 0; steps < reach; steps++, i += step) {
    if (is_gap(k, l, i + step)) return NAN;
    const double here = fabs((double)w[i]), next = fabs((double)w[i + step]);
    if (next < lowest) lowest = next, lowest_at = i + step;
    else if (next > 1.5 * lowest + 0.1 * limit && lowest < 3 * limit) break; /* another wave */
    if (next < limit) return (double)i + 0.5 + step * (here > next ? (here - limit) / (here - next) : 0);
    if ((w[i] > 0) != (w[i + step] > 0)) return (double)i + 0.5 + step * 0.5;
  }
  return (double)lowest_at + 0.5;
}

static double quantile(double *v, size_t n, double q) {
  fecg_sort_doubles(v, n);
  const double at = q * (double)(n - 1);
  const size_t i = (size_t)at;
  return i + 1 < n ? v[i] + (at - (double)i) * (v[i + 1] - v[i]) : v[i];
}

/* Boundaries of a wave in every lead and joined; low..high: limits that it must not pass. mark: about its middle in
 * each lead; strength: how well each shows it. Result in samples. */
static void bound(const work *k, int wave, const int64_t *middle, const double *strength, double low, double high, fecg_wave *joined,
                  fecg_wave *const *lead) {
  const edges *e = K.wave + wave;
  double on[LEADS], off[LEADS], sure[LEADS], all_on[LEADS], all_off[LEADS];
  size_t count = 0, ons = 0, offs = 0;
  for (int l = 0; l < k->leads; l++)
    if (k->lead[l].there && strength[l] > 0) sure[count++] = strength[l];
  const double enough = count ? K.shown * quantile(sure, count, 0.5) : 0;
  for (int l = 0; l < k->leads; l++) {
    on[l] = off[l] = NAN;
    if (!k->lead[l].there || !(strength[l] > 0)) continue;
    int64_t from = middle[l] - (int64_t)samples(e->before), to = middle[l] + (int64_t)samples(e->after);
    if ((double)from < low) from = (int64_t)ceil(low);
    if ((double)to > high) to = (int64_t)floor(high);
    if (from < 0 || to >= (int64_t)k->n || from >= to) continue;
    on[l] = edge(k, l, e->scale_on, from, to, -1, e->first, e->on, (int64_t)samples(e->reach));
    off[l] = edge(k, l, e->scale_off, from, to, 1, e->last, e->off, (int64_t)samples(e->reach));
    if (!(strength[l] >= enough)) continue;
    if (isfinite(on[l])) all_on[ons++] = on[l];
    if (isfinite(off[l])) all_off[offs++] = off[l];
  }
  joined->on_s = joined->off_s = NAN;
  if (!ons || !offs) return;
  joined->on_s = fmax(low, quantile(all_on, ons, e->join_on));
  joined->off_s = fmin(high, quantile(all_off, offs, e->join_off));
  for (int l = 0; l < k->leads; l++) {
    if (!k->lead[l].there || is_gap(k, l, middle[l]) || !(strength[l] >= 0)) continue;
    const int shows = strength[l] >= enough;
    const double far = e->most * FS, a = isfinite(on[l]) && shows ? on[l] - joined->on_s : 0, b = isfinite(off[l]) && shows ? off[l] - joined->off_s : 0;
    lead[l]->on_s = fmax(low, joined->on_s + fmax(-far, fmin(far, e->keep * a)));
    lead[l]->off_s = fmin(high, joined->off_s + fmax(-far, fmin(far, e->keep * b)));
    for (int64_t i = (int64_t)lead[l]->on_s; i <= (int64_t)lead[l]->off_s + 1; i++)
      if (is_gap(k, l, i)) {
        lead[l]->on_s = lead[l]->off_s = NAN;
        break;
      }
  }
}

static const fecg_wave NONE = {NAN, NAN, NAN};

static void pointers(fecg_delineation *d, size_t beat, int wave, fecg_wave **to) {
  for (int l = 0; l < d->leads; l++) {
    fecg_beat_waves *b = d->lead + (size_t)l * d->beats + beat;
    to[l] = wave == P ? &b->p : wave == QRS ? &b->qrs : &b->t;
  }
}

static double middle_of(double *v, size_t n) { return n ? quantile(v, n, 0.5) : NAN; }

static void find_qrs(const work *k, fecg_delineation *d, const size_t *at) {
  for (size_t b = 0; b < d->beats; b++) {
    fecg_wave *lead[LEADS];
    int64_t middle[LEADS];
    double strength[LEADS], peaks[LEADS];
    size_t count = 0;
    pointers(d, b, QRS, lead);
    const double low = b ? 0.5 * (double)(at[b - 1] + at[b]) : 0, high = b + 1 < d->beats ? 0.5 * (double)(at[b] + at[b + 1]) : (double)k->n - 1;
    for (int l = 0; l < k->leads; l++) {
      middle[l] = (int64_t)at[b];
      double top = 0;
      for (int64_t i = (int64_t)at[b] - 40; i <= (int64_t)at[b] + 40; i++)
        if (!is_gap(k, l, i)) top = fmax(top, fabs((double)k->lead[l].w[3][i]));
      strength[l] = top / k->lead[l].noise[3];
    }
    bound(k, QRS, middle, strength, low, high, &d->joined[b].qrs, lead);
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
      lead[l]->peak_s = up >= K.r_wave * down ? r : s;
      peaks[count++] = lead[l]->peak_s;
    }
    d->joined[b].qrs.peak_s = count ? middle_of(peaks, count) : (double)at[b];
  }
}

/* Puts a straight line in the place of every QRS, so that P and T are looked at without its skirts. */
static fecg_status erase_qrs(work *k, const fecg_delineation *d, fecg_arena *arena) {
  float *y = fecg_arena_floats(arena, k->n), *some = fecg_arena_floats(arena, k->n / 4 + 1);
  if (!y || !some) return FECG_ERR_MEMORY;
  for (int l = 0; l < k->leads; l++) {
    memcpy(y, k->lead[l].x, k->n * sizeof *y);
    for (size_t b = 0; b < d->beats; b++) {
      const fecg_wave *q = &d->joined[b].qrs;
      const double on = isfinite(q->on_s) ? q->on_s - K.skirt * FS : q->peak_s - 0.05 * FS, off = isfinite(q->off_s) ? q->off_s + K.skirt * FS : q->peak_s + 0.06 * FS;
      const int64_t from = on < 0 ? 0 : (int64_t)on, to = off > (double)k->n - 1 ? (int64_t)k->n - 1 : (int64_t)off;
      for (int64_t i = from + 1; i < to; i++) y[i] = y[from] + (y[to] - y[from]) * (float)(i - from) / (float)(to - from);
    }
    const fecg_status status = fecg_spline_wavelet(y, k->n, SCALES, k->lead[l].w, arena);
    if (status) return status;
    usual_curvature(k, l, some);
  }
  return FECG_OK;
}

/* Places the peak of a P or T in each lead near the joined peak, then its boundaries. */
static void place(const work *k, fecg_delineation *d, size_t b, int wave, int scale, int64_t peak, double low, double high) {
  fecg_wave *lead[LEADS], *joined = wave == P ? &d->joined[b].p : &d->joined[b].t;
  int64_t middle[LEADS];
  double strength[LEADS], peaks[LEADS];
  size_t count = 0;
  pointers(d, b, wave, lead);
  const int64_t reach = (int64_t)samples(K.peak);
  for (int l = 0; l < k->leads; l++) {
    strength[l] = -1;
    middle[l] = peak;
    if (!k->lead[l].there || is_gap(k, l, peak)) continue;
    double sign = 1;
    for (int64_t i = peak - reach; i <= peak + reach; i++) {
      if (is_gap(k, l, i) || (double)i <= low || (double)i >= high) continue;
      const double c = curve(k, l, scale, i), s = fabs(c) / k->lead[l].noise[scale - 1];
      if (s > strength[l]) strength[l] = s, middle[l] = i, sign = c < 0 ? -1 : 1;
    }
    if (strength[l] < 0) continue;
    int64_t best = middle[l];
    for (int64_t i = middle[l] - 15; i <= middle[l] + 15; i++)
      if (!is_gap(k, l, i) && sign * k->lead[l].x[i] > sign * k->lead[l].x[best]) best = i;
    lead[l]->peak_s = (double)best;
  }
  bound(k, wave, middle, strength, low, high, joined, lead);
  for (int l = 0; l < k->leads; l++) {
    if (!isfinite(joined->on_s) || !isfinite(lead[l]->on_s) || !isfinite(lead[l]->peak_s)) {
      *lead[l] = NONE;
      continue;
    }
    lead[l]->peak_s = fmax(lead[l]->on_s, fmin(lead[l]->off_s, lead[l]->peak_s));
    peaks[count++] = lead[l]->peak_s;
  }
  if (isfinite(joined->on_s) && count) joined->peak_s = middle_of(peaks, count);
  else *joined = NONE;
}

static void find_t(const work *k, fecg_delineation *d) {
  for (size_t b = 0; b < d->beats; b++) {
    const fecg_wave *q = &d->joined[b].qrs;
    if (!isfinite(q->on_s)) continue;
    const double next = b + 1 < d->beats ? d->joined[b + 1].qrs.peak_s : (double)k->n + 0.3 * FS;
    double rr = b + 1 < d->beats ? next - q->peak_s : b ? q->peak_s - d->joined[b - 1].qrs.peak_s : FS;
    if (rr > 2 * FS) rr = 2 * FS;
    const double from = q->off_s + K.t_from * FS, to = fmin(fmin(q->on_s + K.t_to * sqrt(rr / FS) * FS, next - fmin(K.t_rr * FS, 0.35 * rr)), (double)k->n - 1);
    double best = 0;
    int64_t peak = -1;
    for (int64_t i = (int64_t)from; (double)i <= to; i++) {
      const double e = bend(k, K.t_scale, i);
      if (e > best && e >= bend(k, K.t_scale, i - 1) && e >= bend(k, K.t_scale, i + 1)) best = e, peak = i;
    }
    if (peak < 0 || best < K.t_clear) continue;
    place(k, d, b, T, K.t_scale, peak, q->off_s + 2, fmin(next - 0.06 * FS, (double)k->n - 1));
  }
}

/* Curvature of all leads along v. */
static double along(const work *k, const double *v, int64_t i) {
  double s = 0;
  for (int l = 0; l < k->leads; l++)
    if (k->lead[l].there && !is_gap(k, l, i)) s += v[l] * curve(k, l, K.p_scale, i) / k->lead[l].noise[K.p_scale - 1];
  return s;
}

static int64_t p_window(const work *k, const fecg_delineation *d, size_t b, int64_t *to) {
  (void)k;
  const double on = d->joined[b].qrs.on_s;
  double from = on - K.p_from * FS;
  if (b) {
    const fecg_beat_waves *before = d->joined + b - 1;
    from = fmax(from, isfinite(before->t.off_s) ? before->t.off_s - 0.02 * FS : before->qrs.peak_s + 0.25 * FS);
  }
  *to = (int64_t)(on - K.p_to * FS);
  return from < 0 ? 0 : (int64_t)from;
}

/* Share of the curvature along v that is the same in every beat, at the distance before the QRS where it is largest.
 * Early beats have a P of their own, or none, and are not asked. some[beats]: work. */
static double locked_share(const work *k, const fecg_delineation *d, const double *v, double noise, double *some) {
  for (size_t b = 1; b < d->beats; b++) some[b - 1] = d->joined[b].qrs.peak_s - d->joined[b - 1].qrs.peak_s;
  const double usual = d->beats > 1 ? quantile(some, d->beats - 1, 0.5) : 0;
  double locked = 0;
  for (int64_t lag = (int64_t)samples(K.p_to); lag <= (int64_t)samples(K.p_from); lag += 2) {
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

static fecg_status find_p(const work *k, fecg_delineation *d, fecg_arena *arena) {
  int64_t *peak = fecg_arena_alloc(arena, d->beats, sizeof *peak);
  double *pr = fecg_arena_alloc(arena, d->beats, sizeof *pr);
  float *rest = fecg_arena_floats(arena, k->n + 1);
  if (!peak || !pr || !rest) return FECG_ERR_MEMORY;
  double c[LEADS][LEADS] = {{0}}, v[LEADS] = {0};
  size_t count = 0;
  for (size_t b = 0; b < d->beats; b++) { /* the clearest bump before each beat, and how leads share these */
    peak[b] = -1;
    if (!isfinite(d->joined[b].qrs.on_s)) continue;
    int64_t to;
    double best = 0;
    for (int64_t i = p_window(k, d, b, &to); i <= to; i++) {
      const double e = bend(k, K.p_scale, i);
      if (e > best && e >= bend(k, K.p_scale, i - 1) && e >= bend(k, K.p_scale, i + 1)) best = e, peak[b] = i;
    }
    if (peak[b] < 0) continue;
    double h[LEADS];
    for (int l = 0; l < k->leads; l++)
      h[l] = k->lead[l].there && !is_gap(k, l, peak[b]) ? curve(k, l, K.p_scale, peak[b]) / k->lead[l].noise[K.p_scale - 1] : 0;
    for (int l = 0; l < k->leads; l++)
      for (int m = 0; m < k->leads; m++) c[l][m] += h[l] * h[m] / (1 + best * best);
  }
  for (int l = 0; l < k->leads; l++) v[l] = 1 + 0.01 * l;
  for (int it = 0; it < 40; it++) { /* power iteration */
    double next[LEADS] = {0}, norm = 0;
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
  const double usual = middle_of(pr, count);
  size_t quiet = 0;
  for (size_t b = 0; b < d->beats; b++) {
    peak[b] = -1;
    if (!isfinite(d->joined[b].qrs.on_s)) continue;
    int64_t to, from = p_window(k, d, b, &to);
    double best = 0;
    for (int64_t i = from; i <= to; i++) {
      const double s = along(k, v, i), drift = fabs(d->joined[b].qrs.on_s - (double)i - usual) / FS;
      if (s > 0 && s >= along(k, v, i - 1) && s >= along(k, v, i + 1) && s * (1 - fmin(0.9, K.p_drift * drift)) > best)
        best = s * (1 - fmin(0.9, K.p_drift * drift)), peak[b] = i;
    }
    if (b) from = (int64_t)(isfinite(d->joined[b - 1].t.off_s) ? d->joined[b - 1].t.off_s : d->joined[b - 1].qrs.peak_s + 0.35 * FS);
    for (int64_t i = from; i <= to && quiet < k->n; i++) rest[quiet++] = (float)fabs(along(k, v, i));
  }
  const double noise = quiet ? fecg_quantile(rest, quiet, 0.5) : 0;
  const double locked = locked_share(k, d, v, noise, pr);
  for (size_t b = 0; b < d->beats; b++) {
    if (peak[b] < 0) continue;
    const double s = along(k, v, peak[b]);
    if (!(s >= K.p_surely * noise || (s >= K.p_clear * noise && locked >= K.p_locked))) continue;
    const double low = b ? fmax(d->joined[b - 1].qrs.off_s, isfinite(d->joined[b - 1].t.peak_s) ? d->joined[b - 1].t.peak_s : 0) : 0;
    place(k, d, b, P, K.p_scale, peak[b], isfinite(low) ? low : 0, d->joined[b].qrs.on_s);
  }
  return FECG_OK;
}

static void seconds(fecg_wave *w, double last) {
  double *const v[] = {&w->on_s, &w->peak_s, &w->off_s};
  for (int i = 0; i < 3; i++) *v[i] = fmin(*v[i], last) / FS + (isfinite(*v[i]) ? 0 : NAN);
}

fecg_status fecg_delineate(const float *x, int leads, size_t n, double fs, fecg_arena *arena, fecg_delineation *out) {
  *out = (fecg_delineation){.leads = leads};
  if (leads < 1 || leads > LEADS || !(fs >= 100 && fs <= 1000)) return FECG_ERR_ARGUMENT;
  work *k = fecg_arena_alloc(arena, 1, sizeof *k);
  if (!k) return FECG_ERR_MEMORY;
  memset(k, 0, sizeof *k);
  k->leads = leads;
  const double m = floor((double)n / fs * FS);
  if (m < 0.2 * FS) return FECG_OK;
  if (m * 8 > (double)(SIZE_MAX / 4)) return FECG_ERR_MEMORY;
  k->n = (size_t)m;
  const size_t most = fecg_most_qrs(k->n, FS);
  size_t *at = fecg_arena_alloc(arena, most, sizeof *at), beats = 0;
  out->joined = fecg_arena_alloc(arena, most, sizeof *out->joined);
  out->lead = fecg_arena_alloc(arena, most * (size_t)leads, sizeof *out->lead);
  if (!at || !out->joined || !out->lead) return FECG_ERR_MEMORY;
  const fecg_arena_mark mark = fecg_arena_save(arena);
  fecg_status status = prepare(k, x, n, fs, arena);
  if (status) return status;
  fecg_qrs_lead search[LEADS];
  int used = 0;
  for (int l = 0; l < leads; l++)
    if (k->lead[l].there) search[used++] = (fecg_qrs_lead){k->lead[l].w[3], k->lead[l].w[2], k->lead[l].gap};
  if (used) status = fecg_search_qrs(search, used, k->n, FS, at, &beats, arena);
  if (status) return status;
  out->beats = beats;
  for (size_t b = 0; b < beats; b++) out->joined[b] = (fecg_beat_waves){NONE, NONE, NONE};
  for (size_t b = 0; b < beats * (size_t)leads; b++) out->lead[b] = (fecg_beat_waves){NONE, NONE, NONE};
  find_qrs(k, out, at);
  status = erase_qrs(k, out, arena);
  if (status) return status;
  find_t(k, out);
  status = find_p(k, out, arena);
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
