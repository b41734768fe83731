/* waves.c — see waves.h. The quadratic spline wavelet after Martinez, Almeida, Olmos, Rocha and Laguna, IEEE Trans Biomed
 * Eng 51, 2004: a wave lies between the first and the last steep flank of a window, and begins and ends where the slope
 * falls below a share of that flank's. Joined boundaries are quantiles over the leads that show the wave, in place of
 * the earliest that others confirm (Laguna, Jane and Caminal, Comput Biomed Res 27, 1994). A lead then keeps a part of
 * its distance from these; one that hides the wave takes them. */
#include "measure/waves.h"

#include <string.h>

#include "signal/resample.h"
#include "signal/spline_wavelet.h"
#include "signal/stats.h"

/* How the boundaries of one wave are found. Lengths in s. Chosen by random search for the least errors against the
 * experts of LUDB in the records with an odd number (docs/delineation.md). */
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
static const edges EDGES[FECG_WAVES] = {
    {4, 4, 0.069, 0.070, 0.333, 0.490, 0.411, 0.700, 0.049, 0.387, 0.718, 0.529, 0.021},
    {3, 3, 0.059, 0.096, 0.065, 0.209, 0.108, 0.117, 0.134, 0.301, 0.792, 0.228, 0.015},
    {5, 5, 0.107, 0.108, 0.270, 0.285, 0.325, 0.291, 0.072, 0.503, 0.403, 0.438, 0.026},
};
static const double PEAK_S = 0.05;    /* about the joined peak: that of a lead */
static const double SKIRT_S = 0.004;  /* beyond the joined QRS: still QRS */
static const double SHOWN = 0.3;      /* of the median over leads, in units of noise: the lead shows the wave */
static const double LEAST_UV = 1;     /* of slope: a lead that never has as much is flat */
static const float MOST_UV = 1e9f;    /* nothing that an electrode gives: a gap */

static int usable(float x) { return fabsf(x) < MOST_UV; }

int fecg_wave_gap(const fecg_wave_work *k, int l, int64_t i) { return i < 0 || i >= (int64_t)k->n || k->lead[l].gap[i]; }

double fecg_wave_curve(const fecg_wave_work *k, int l, int scale, int64_t i) {
  const int64_t half = (int64_t)1 << (scale - 2), n = (int64_t)k->n;
  const int64_t a = i - half < 0 ? 0 : i - half, b = i + half >= n ? n - 1 : i + half;
  return (double)k->lead[l].w[scale - 1][a] - (double)k->lead[l].w[scale - 1][b];
}

double fecg_wave_bend(const fecg_wave_work *k, int scale, int64_t i) {
  double sum = 0, count = 0;
  for (int l = 0; l < k->leads; l++) {
    if (!k->lead[l].there || fecg_wave_gap(k, l, i)) continue;
    const double c = fecg_wave_curve(k, l, scale, i) / k->lead[l].noise[scale - 1];
    sum += c * c;
    count++;
  }
  return count > 0 ? sqrt(sum / count) : 0;
}

static void usual_curvature(fecg_wave_work *k, int l, float *some) {
  fecg_wave_lead *d = k->lead + l;
  float top = 0;
  for (size_t i = 0; i < k->n; i++)
    if (!d->gap[i]) top = fmaxf(top, fabsf(d->w[3][i]));
  for (int s = 4; s <= FECG_WAVE_SCALES; s++) {
    size_t count = 0;
    for (size_t i = 0; i < k->n; i += 8)
      if (!d->gap[i]) some[count++] = (float)fabs(fecg_wave_curve(k, l, s, (int64_t)i));
    d->noise[s - 1] = fmax(fecg_quantile(some, count, 0.5), 1e-3 * (double)top);
  }
}

fecg_status fecg_wave_prepare(fecg_wave_work *k, const float *x, size_t n, double fs, fecg_arena *arena) {
  float *filled = fecg_arena_floats(arena, n), *some = fecg_arena_floats(arena, k->n / 4 + 1);
  if (!filled || !some) return FECG_ERR_MEMORY;
  for (int l = 0; l < k->leads; l++) {
    fecg_wave_lead *d = k->lead + l;
    const float *from = x + (size_t)l * n;
    d->gap = fecg_arena_alloc(arena, k->n, 1);
    d->x = fecg_arena_floats(arena, k->n);
    for (int s = 0; s < FECG_WAVE_SCALES; s++) d->w[s] = s == 0 ? NULL : fecg_arena_floats(arena, k->n);
    if (!d->gap || !d->x || !d->w[FECG_WAVE_SCALES - 1]) return FECG_ERR_MEMORY;
    memset(d->gap, 0, k->n);
    size_t known = 0;
    for (size_t i = 0; i < n; i++) { /* gaps: a straight line between their ends */
      if (usable(from[i])) {
        for (size_t j = known; j < i; j++)
          filled[j] = known == 0 ? from[i] : filled[known - 1] + (from[i] - filled[known - 1]) * (float)(j - known + 1) / (float)(i - known + 1);
        filled[i] = from[i];
        known = i + 1;
      }
    }
    for (size_t j = known; j < n; j++) filled[j] = known == 0 ? 0 : filled[known - 1];
    for (size_t i = 0; i < n; i++)
      if (!usable(from[i])) {
        const double a = ((double)i - 1) / fs * FECG_WAVE_FS, b = ((double)i + 1) / fs * FECG_WAVE_FS;
        for (int64_t j = a < 0 ? 0 : (int64_t)a; (double)j <= b && j < (int64_t)k->n; j++) d->gap[j] = 1;
      }
    fecg_status status = fecg_resample(filled, n, fs, 0, d->x, k->n, FECG_WAVE_FS, arena);
    if (!status) status = fecg_spline_wavelet(d->x, k->n, FECG_WAVE_SCALES, d->w, arena);
    if (status) return status;
    float top = 0;
    for (size_t i = 0; i < k->n; i++)
      if (!d->gap[i]) top = fmaxf(top, fabsf(d->w[3][i]));
    d->there = (double)top > LEAST_UV;
    usual_curvature(k, l, some);
  }
  return FECG_OK;
}

/* From the outermost flank of w in from..to (limits of the wave) that reaches `flank` of the steepest, outwards in
 * direction step until |w| < share of that flank or rises again; NaN where there is a gap before. */
static double edge(const fecg_wave_work *k, int l, int scale, int64_t from, int64_t to, int step, double flank, double share, int64_t reach) {
  const float *w = k->lead[l].w[scale - 1];
  double steepest = 0;
  for (int64_t i = from; i <= to; i++) {
    if (fecg_wave_gap(k, l, i)) return NAN;
    steepest = fmax(steepest, fabs((double)w[i]));
  }
  if (!(steepest > 0)) return NAN;
  int64_t i = step < 0 ? from : to;
  const int64_t end = step < 0 ? to : from;
  while (i != end) { /* inwards to the first local maximum that counts */
    const double here = fabs((double)w[i]), in = fabs((double)w[i - step]), out = fecg_wave_gap(k, l, i + step) ? 0 : fabs((double)w[i + step]);
    if (here >= flank * steepest && here >= in && here >= out) break;
    i -= step;
  }
  const double limit = share * fabs((double)w[i]);
  double lowest = fabs((double)w[i]);
  int64_t lowest_at = i;
  for (int64_t steps = 0; steps < reach; steps++, i += step) {
    if (fecg_wave_gap(k, l, i + step)) return NAN;
    const double here = fabs((double)w[i]), next = fabs((double)w[i + step]);
    if (next < lowest) lowest = next, lowest_at = i + step;
    else if (next > 1.5 * lowest + 0.1 * limit && lowest < 3 * limit) break; /* another wave */
    if (next < limit) return (double)i + 0.5 + step * (here > next ? (here - limit) / (here - next) : 0);
    if ((w[i] > 0) != (w[i + step] > 0)) return (double)i + 0.5 + step * 0.5;
  }
  return (double)lowest_at + 0.5;
}

double fecg_wave_quantile(double *v, size_t n, double q) {
  fecg_sort_doubles(v, n);
  const double at = q * (double)(n - 1);
  const size_t i = (size_t)at;
  return i + 1 < n ? v[i] + (at - (double)i) * (v[i + 1] - v[i]) : v[i];
}

double fecg_wave_median(double *v, size_t n) { return n ? fecg_wave_quantile(v, n, 0.5) : NAN; }

void fecg_wave_bound(const fecg_wave_work *k, int wave, const int64_t *middle, const double *strength, double low, double high, fecg_wave *joined,
                  fecg_wave *const *lead) {
  const edges *e = EDGES + wave;
  double on[FECG_DELINEATE_LEADS], off[FECG_DELINEATE_LEADS], sure[FECG_DELINEATE_LEADS], all_on[FECG_DELINEATE_LEADS], all_off[FECG_DELINEATE_LEADS];
  size_t count = 0, ons = 0, offs = 0;
  for (int l = 0; l < k->leads; l++)
    if (k->lead[l].there && strength[l] > 0) sure[count++] = strength[l];
  const double enough = count ? SHOWN * fecg_wave_quantile(sure, count, 0.5) : 0;
  for (int l = 0; l < k->leads; l++) {
    on[l] = off[l] = NAN;
    if (!k->lead[l].there || !(strength[l] > 0)) continue;
    int64_t from = middle[l] - (int64_t)fecg_wave_samples(e->before), to = middle[l] + (int64_t)fecg_wave_samples(e->after);
    if ((double)from < low) from = (int64_t)ceil(low);
    if ((double)to > high) to = (int64_t)floor(high);
    if (from < 0 || to >= (int64_t)k->n || from >= to) continue;
    on[l] = edge(k, l, e->scale_on, from, to, -1, e->first, e->on, (int64_t)fecg_wave_samples(e->reach));
    off[l] = edge(k, l, e->scale_off, from, to, 1, e->last, e->off, (int64_t)fecg_wave_samples(e->reach));
    if (!(strength[l] >= enough)) continue;
    if (isfinite(on[l])) all_on[ons++] = on[l];
    if (isfinite(off[l])) all_off[offs++] = off[l];
  }
  joined->on_s = joined->off_s = NAN;
  if (!ons || !offs) return;
  joined->on_s = fmax(low, fecg_wave_quantile(all_on, ons, e->join_on));
  joined->off_s = fmin(high, fecg_wave_quantile(all_off, offs, e->join_off));
  for (int l = 0; l < k->leads; l++) {
    if (!k->lead[l].there || fecg_wave_gap(k, l, middle[l]) || !(strength[l] >= 0)) continue;
    const int shows = strength[l] >= enough;
    const double far = e->most * FECG_WAVE_FS, a = isfinite(on[l]) && shows ? on[l] - joined->on_s : 0, b = isfinite(off[l]) && shows ? off[l] - joined->off_s : 0;
    lead[l]->on_s = fmax(low, joined->on_s + fmax(-far, fmin(far, e->keep * a)));
    lead[l]->off_s = fmin(high, joined->off_s + fmax(-far, fmin(far, e->keep * b)));
    for (int64_t i = (int64_t)lead[l]->on_s; i <= (int64_t)lead[l]->off_s + 1; i++)
      if (fecg_wave_gap(k, l, i)) {
        lead[l]->on_s = lead[l]->off_s = NAN;
        break;
      }
  }
}

void fecg_wave_pointers(fecg_delineation *d, size_t beat, int wave, fecg_wave **to) {
  for (int l = 0; l < d->leads; l++) {
    fecg_beat_waves *b = d->lead + (size_t)l * d->beats + beat;
    to[l] = wave == FECG_WAVE_P ? &b->p : wave == FECG_WAVE_QRS ? &b->qrs : &b->t;
  }
}

fecg_status fecg_wave_erase_qrs(fecg_wave_work *k, const fecg_delineation *d, fecg_arena *arena) {
  float *y = fecg_arena_floats(arena, k->n), *some = fecg_arena_floats(arena, k->n / 4 + 1);
  if (!y || !some) return FECG_ERR_MEMORY;
  for (int l = 0; l < k->leads; l++) {
    memcpy(y, k->lead[l].x, k->n * sizeof *y);
    for (size_t b = 0; b < d->beats; b++) {
      const fecg_wave *q = &d->joined[b].qrs;
      const double on = isfinite(q->on_s) ? q->on_s - SKIRT_S * FECG_WAVE_FS : q->peak_s - 0.05 * FECG_WAVE_FS, off = isfinite(q->off_s) ? q->off_s + SKIRT_S * FECG_WAVE_FS : q->peak_s + 0.06 * FECG_WAVE_FS;
      const int64_t from = on < 0 ? 0 : (int64_t)on, to = off > (double)k->n - 1 ? (int64_t)k->n - 1 : (int64_t)off;
      for (int64_t i = from + 1; i < to; i++) y[i] = y[from] + (y[to] - y[from]) * (float)(i - from) / (float)(to - from);
    }
    const fecg_status status = fecg_spline_wavelet(y, k->n, FECG_WAVE_SCALES, k->lead[l].w, arena);
    if (status) return status;
    usual_curvature(k, l, some);
  }
  return FECG_OK;
}

void fecg_wave_place(const fecg_wave_work *k, fecg_delineation *d, size_t b, int wave, int scale, int64_t peak, double low, double high) {
  fecg_wave *lead[FECG_DELINEATE_LEADS], *joined = wave == FECG_WAVE_P ? &d->joined[b].p : &d->joined[b].t;
  int64_t middle[FECG_DELINEATE_LEADS];
  double strength[FECG_DELINEATE_LEADS], peaks[FECG_DELINEATE_LEADS];
  size_t count = 0;
  fecg_wave_pointers(d, b, wave, lead);
  const int64_t reach = (int64_t)fecg_wave_samples(PEAK_S);
  for (int l = 0; l < k->leads; l++) {
    strength[l] = -1;
    middle[l] = peak;
    if (!k->lead[l].there || fecg_wave_gap(k, l, peak)) continue;
    double sign = 1;
    for (int64_t i = peak - reach; i <= peak + reach; i++) {
      if (fecg_wave_gap(k, l, i) || (double)i <= low || (double)i >= high) continue;
      const double c = fecg_wave_curve(k, l, scale, i), s = fabs(c) / k->lead[l].noise[scale - 1];
      if (s > strength[l]) strength[l] = s, middle[l] = i, sign = c < 0 ? -1 : 1;
    }
    if (strength[l] < 0) continue;
    int64_t best = middle[l];
    for (int64_t i = middle[l] - 15; i <= middle[l] + 15; i++)
      if (!fecg_wave_gap(k, l, i) && sign * k->lead[l].x[i] > sign * k->lead[l].x[best]) best = i;
    lead[l]->peak_s = (double)best;
  }
  fecg_wave_bound(k, wave, middle, strength, low, high, joined, lead);
  for (int l = 0; l < k->leads; l++) {
    if (!isfinite(joined->on_s) || !isfinite(lead[l]->on_s) || !isfinite(lead[l]->peak_s)) {
      *lead[l] = FECG_NO_WAVE;
      continue;
    }
    lead[l]->peak_s = fmax(lead[l]->on_s, fmin(lead[l]->off_s, lead[l]->peak_s));
    peaks[count++] = lead[l]->peak_s;
  }
  if (isfinite(joined->on_s) && count) joined->peak_s = fecg_wave_median(peaks, count);
  else *joined = FECG_NO_WAVE;
}
