/* prepare.c — from raw samples to clean leads at the working rate. */
#include <math.h>
#include <string.h>

#include "base/math.h"
#include "extract/segment.h"
#include "signal/filter.h"
#include "signal/resample.h"
#include "signal/stats.h"

static const double FLAT_S = 0.200;      /* a constant run this long is no signal */
static const double SATURATED_S = 0.008; /* a constant run this long at the lead's extreme is clipping */
static const double BASELINE_S = 0.160;  /* three running means: high-pass at 3 Hz */
static const double BLIND_S = 0.25;      /* a beat is told where a lead has a sample this near */
enum { CLIPPED = 2 };
enum { GAP_REACH = 60 };                 /* ms: half a beat */

/* gap[n] for raw samples: 0, 1, or CLIPPED where the lead stands at its own extreme. *bottom and *top: its extremes so far, which
 * are carried on. */
static void mark_gaps(const float *x, size_t n, double fs, unsigned char *gap, float *bottom, float *top) {
  float low = *bottom, high = *top;
  for (size_t i = 0; i < n; i++) {
    gap[i] = !isfinite(x[i]);
    if (gap[i]) continue;
    if (x[i] < low) low = x[i];
    if (x[i] > high) high = x[i];
  }
  *bottom = low;
  *top = high;
  for (size_t i = 0; i < n;) {
    size_t end = i + 1;
    while (end < n && x[end] == x[i]) end++;
    const double run_s = (double)(end - i) / fs;
    const int extreme = x[i] == low || x[i] == high;
    const int clipped = extreme && low < high && end - i >= 4 && run_s >= SATURATED_S;
    if (run_s >= FLAT_S || clipped) memset(gap + i, clipped ? CLIPPED : 1, end - i);
    i = end;
  }
}

/* Bridges gaps by straight lines. */
static void bridge(float *x, size_t n, const unsigned char *gap) {
  size_t i = 0;
  while (i < n) {
    if (!gap[i]) {
      i++;
      continue;
    }
    size_t end = i;
    while (end < n && gap[end]) end++;
    const float left = i > 0 ? x[i - 1] : end < n ? x[end] : 0, right = end < n ? x[end] : left;
    for (size_t k = i; k < end; k++) x[k] = left + (right - left) * (float)(k - i + 1) / (float)(end - i + 1);
    i = end;
  }
}

/* Impulses: samples that leave the median of their neighbourhood by far more than the lead's own
 * steepest waves do for a few milliseconds. *limit: by how much; 0: to be found. */
static fecg_status remove_impulses(float *x, size_t n, float *limit, fecg_arena *arena) {
  enum { HALF = 6 }; /* a spike up to 6 ms is narrower than any QRS */
  if (n < 4 * HALF) return FECG_OK;
  const fecg_arena_mark mark = fecg_arena_save(arena);
  float *d = fecg_arena_floats(arena, n), *sorted = fecg_arena_floats(arena, n);
  if (!d || !sorted) return FECG_ERR_MEMORY;
  float w[2 * HALF + 1];
  for (size_t i = 0; i < n; i++) {
    const size_t from = i < HALF ? 0 : i + HALF >= n ? n - (2 * HALF + 1) : i - HALF;
    if (i == 0 || (i > HALF && i + HALF < n)) { /* slide the sorted window by one */
      if (i == 0) {
        for (size_t k = 0; k < 2 * HALF + 1; k++) {
          size_t j = k;
          for (; j > 0 && w[j - 1] > x[k]; j--) w[j] = w[j - 1];
          w[j] = x[k];
        }
      } else {
        const float old = x[from - 1], new = x[from + 2 * HALF];
        size_t j = 0;
        while (w[j] != old) j++;
        for (; j < 2 * HALF && w[j + 1] < new; j++) w[j] = w[j + 1];
        for (; j > 0 && w[j - 1] > new; j--) w[j] = w[j - 1];
        w[j] = new;
      }
    }
    d[i] = x[i] - w[HALF];
  }
  if (!(*limit > 0)) {
    for (size_t i = 0; i < n; i++) sorted[i] = fabsf(d[i]);
    *limit = 6 * fecg_quantile(sorted, n, 0.995);
  }
  for (size_t i = 0; i < n; i++)
    if (fabsf(d[i]) > *limit && *limit > 0) x[i] -= d[i];
  fecg_arena_restore(arena, mark);
  return FECG_OK;
}

static float range_of(const float *x, size_t n) {
  float low = x[0], high = x[0];
  for (size_t i = 1; i < n; i++) {
    low = x[i] < low ? x[i] : low;
    high = x[i] > high ? x[i] : high;
  }
  return high - low;
}

/* Tenths of a second far louder than any heart in the lead (a knock, a loose wire) become gaps, or they
 * would rule every average. Not where the lead is so for half of its time: then that is what it is. *limit: how loud, 0: to be
 * found. What was found before holds for every stretch after, until it is found anew. */
static fecg_status gap_artefacts(float *x, unsigned char *gap, size_t n, float *limit, fecg_arena *arena) {
  enum { LONG = 1600, SHORT = 50, REACH = 100 }; /* ms: a beat for sure; an artefact's steepest part; its surroundings */
  const float TIMES = 5;
  const fecg_arena_mark mark = fecg_arena_save(arena);
  float *ranges = fecg_arena_floats(arena, n / LONG + 1);
  unsigned char *bad = fecg_arena_alloc(arena, n, 1);
  if (!ranges || !bad) return FECG_ERR_MEMORY;
  size_t windows = 0, count = 0;
  const int known = *limit > 0;
  for (size_t i = 0; !known && i + LONG <= n; i += LONG) {
    size_t gaps = 0;
    for (size_t k = i; k < i + LONG; k++) gaps += gap[k];
    if (2 * gaps < LONG) ranges[windows++] = range_of(x + i, LONG);
  }
  if (windows > 2) *limit = TIMES * fecg_quantile(ranges, windows, 0.3);
  memset(bad, 0, n);
  for (size_t i = 0; *limit > 0 && i + SHORT <= n; i += SHORT / 2)
    if (range_of(x + i, SHORT) > *limit)
      for (size_t k = i > REACH ? i - REACH : 0; k < n && k < i + SHORT + REACH; k++) bad[k] = 1;
  for (size_t i = 0; i < n; i++) count += bad[i];
  if (!known && 2 * count >= n) *limit = 0;
  else if (count > 0) {
    for (size_t i = 0; i < n; i++) gap[i] |= bad[i];
    bridge(x, n, gap);
  }
  fecg_arena_restore(arena, mark);
  return FECG_OK;
}

/* Power of x[n] (rate fs) at hz through a Hann window, by Goertzel's recursion. */
static double power_at(const float *x, size_t n, double fs, double hz) {
  double re = 0, im = 0;
  const double w = 2 * FECG_PI * hz / fs, c = fecg_cos(w), s = fecg_sin(w);
  const double hw = 2 * FECG_PI / (double)n, hc = fecg_cos(hw), hs = fecg_sin(hw);
  double a = 1, b = 0, ha = 1, hb = 0;
  for (size_t i = 0; i < n; i++) {
    const double v = x[i] * (0.5 - 0.5 * ha);
    re += v * a;
    im += v * b;
    const double a2 = a * c - b * s, h2 = ha * hc - hb * hs;
    b = a * s + b * c;
    a = a2;
    hb = ha * hs + hb * hc;
    ha = h2;
  }
  return re * re + im * im;
}

/* Which mains line stands out of its surroundings, and where exactly; 0: none. */
static double find_mains(const fecg_segment *s, double wanted) {
  const size_t n = s->n < 10000 ? s->n : 10000, from = (s->n - n) / 2;
  double best = 0, best_ratio = 6;
  for (double line = 50; line <= 60; line += 10) {
    if (wanted > 0 && fabs(wanted - line) > 1) continue;
    double peak_hz = line, peak = 0, around = 0;
    for (int lead = 0; lead < s->leads; lead++) {
      if (s->state[lead] != FECG_LEAD_OK) continue;
      double top = 0, top_hz = line, side = 0;
      for (int k = -4; k <= 4; k++) {
        const double p = power_at(s->x[lead] + from, n, FECG_WORK_FS, line + 0.1 * k);
        if (p > top) top = p, top_hz = line + 0.1 * k;
      }
      static const double sides[] = {-3.2, -2.6, -2.0, -1.5, 1.5, 2.0, 2.6, 3.2};
      for (size_t k = 0; k < 8; k++) side += power_at(s->x[lead] + from, n, FECG_WORK_FS, line + sides[k]) / 8;
      if (top * (around + 1e-30) > peak * (side + 1e-30)) peak = top, around = side, peak_hz = top_hz;
    }
    const double ratio = peak / (around + 1e-30);
    if (ratio > best_ratio) best_ratio = ratio, best = peak_hz;
  }
  return best;
}

fecg_status fecg_mark_missing(fecg_segment *s, fecg_arena *arena) {
  s->missing = NULL;
  for (int i = 0; i < s->usable_count; i++) {
    const unsigned char *gap = s->gap[s->usable[i]];
    for (size_t t = 0; t < s->n; t++) {
      if (!gap[t]) continue;
      if (!s->missing) {
        s->missing = fecg_arena_alloc(arena, s->n, sizeof *s->missing);
        if (!s->missing) return FECG_ERR_MEMORY;
        memset(s->missing, 0, s->n * sizeof *s->missing);
      }
      size_t end = t;
      while (end < s->n && gap[end]) end++;
      const size_t from = t > GAP_REACH ? t - GAP_REACH : 0, to = end + GAP_REACH < s->n ? end + GAP_REACH : s->n;
      for (size_t k = from; k < to; k++) s->missing[k] |= (uint32_t)1 << i;
      t = end;
    }
  }
  return FECG_OK;
}

int fecg_in_gap(const fecg_segment *s, double t_s) {
  const double from = (t_s - BLIND_S) * FECG_WORK_FS, to = (t_s + BLIND_S) * FECG_WORK_FS;
  for (int i = 0; i < s->usable_count; i++)
    for (size_t k = from > 0 ? (size_t)from : 0; k < s->n && (double)k < to; k++)
      if (!s->gap[s->usable[i]][k]) return 0;
  return 1;
}

double fecg_next_gap(const fecg_segment *s, double from_s, double to_s, double *end_s) {
  static const double STEP_S = 0.05;
  const double stop = fmin(to_s, (double)s->n / FECG_WORK_FS);
  double t = fmax(from_s, 0);
  while (t < stop && !fecg_in_gap(s, t)) t += STEP_S;
  if (!(t < stop)) return INFINITY;
  for (*end_s = t; *end_s < stop && fecg_in_gap(s, *end_s);) *end_s += STEP_S;
  return t;
}

fecg_status fecg_prepare(fecg_segment *s, const fecg_raw_lead *raw, double mains_hz, fecg_arena *arena) {
  const size_t n = s->n;
  const fecg_levels *known = s->known;
  for (int l = 0; l < s->leads; l++) {
    const fecg_raw_lead *r = raw + l;
    float low = known ? known->low[l] : INFINITY, high = known ? known->high[l] : -INFINITY;
    float impulse = known ? known->impulse[l] : 0, artefact = known ? known->artefact[l] : 0;
    s->x[l] = fecg_arena_floats(arena, n);
    s->band[l] = fecg_arena_floats(arena, n);
    s->gap[l] = fecg_arena_alloc(arena, n, 1);
    s->mecg[l] = NULL;
    const fecg_arena_mark mark = fecg_arena_save(arena);
    float *copy = fecg_arena_floats(arena, r->n);
    unsigned char *gap = fecg_arena_alloc(arena, r->n, 1);
    float *base = fecg_arena_floats(arena, n);
    if (!s->x[l] || !s->band[l] || !s->gap[l] || !copy || !gap || !base) return FECG_ERR_MEMORY;
    if (r->n > 0) memcpy(copy, r->uv, r->n * sizeof *copy);
    mark_gaps(copy, r->n, r->fs, gap, &low, &high);
    bridge(copy, r->n, gap);
    fecg_status status = fecg_resample(copy, r->n, r->fs, -r->offset_s, s->x[l], n, FECG_WORK_FS, arena);
    if (status != FECG_OK) return status;
    size_t gaps = 0;
    for (size_t i = 0; i < n; i++) {
      const double at = ((double)i / FECG_WORK_FS - r->offset_s) * r->fs;
      const int64_t a = (int64_t)floor(at + 1e-6), b = (int64_t)ceil(at - 1e-6);
      s->gap[l][i] = a < 0 || b >= (int64_t)r->n || gap[a] || gap[b];
      gaps += s->gap[l][i];
    }
    size_t valid = 0, clipped = 0, constant = 0; /* samples there, and of them at the extreme, and standing still */
    for (size_t i = 0; i < r->n; i++) {
      const int there = isfinite(r->uv[i]) != 0;
      valid += (size_t)there;
      clipped += there && gap[i] == CLIPPED;
      constant += there && gap[i] == 1;
    }
    const double wanted = (double)n / FECG_WORK_FS * r->fs;
    s->state[l] = 2 * gaps <= n                ? FECG_LEAD_OK
                  : 2 * (double)valid < wanted ? FECG_LEAD_GAPS
                  : clipped > constant         ? FECG_LEAD_SATURATED
                                               : FECG_LEAD_FLAT;
    if (s->state[l] == FECG_LEAD_OK || known) { /* known: a lead that is off for the newest seconds is not off for good */
      status = remove_impulses(s->x[l], n, &impulse, arena);
      if (status == FECG_OK) status = gap_artefacts(s->x[l], s->gap[l], n, &artefact, arena);
      if (status != FECG_OK) return status;
      memcpy(base, s->x[l], n * sizeof *base);
      status = fecg_running_mean(base, n, (size_t)(BASELINE_S * FECG_WORK_FS), 3, arena);
      if (status != FECG_OK) return status;
      for (size_t i = 0; i < n; i++) s->x[l][i] -= base[i];
    } else {
      memset(s->x[l], 0, n * sizeof(float));
    }
    fecg_arena_restore(arena, mark);
    if (s->shown) {
      s->shown->low[l] = low;
      s->shown->high[l] = high;
      s->shown->impulse[l] = impulse;
      s->shown->artefact[l] = artefact;
    }
  }

  s->mains_hz = known ? known->mains_hz : find_mains(s, mains_hz);
  if (s->mains_hz > 0) {
    fecg_biquad notches[8];
    int count = 0;
    for (int k = 1; k <= 8 && k * s->mains_hz < 0.45 * FECG_WORK_FS; k++)
      notches[count++] = fecg_notch(k * s->mains_hz, 0.8, FECG_WORK_FS);
    const fecg_status status = fecg_zero_phase(s->x, s->leads, n, notches, count, 400, arena);
    if (status != FECG_OK) return status;
  }

  if (known) { /* the band serves only to choose the leads and to find her, which has been done */
    s->usable_count = known->usable_count;
    memcpy(s->usable, known->usable, sizeof s->usable);
    return fecg_mark_missing(s, arena);
  }
  const fecg_biquad band[] = {fecg_highpass(8, FECG_WORK_FS), fecg_lowpass(60, FECG_WORK_FS)};
  for (int l = 0; l < s->leads; l++) memcpy(s->band[l], s->x[l], n * sizeof(float));
  const fecg_status status = fecg_zero_phase(s->band, s->leads, n, band, 2, 300, arena);
  if (status != FECG_OK) return status;

  /* A lead whose band carries next to nothing beside the others is dead, whatever its header says. */
  float level[FECG_MAX_LEADS], sorted[FECG_MAX_LEADS];
  size_t alive = 0;
  const fecg_arena_mark mark = fecg_arena_save(arena);
  float *v = fecg_arena_floats(arena, n);
  if (!v) return FECG_ERR_MEMORY;
  for (int l = 0; l < s->leads; l++) {
    if (s->state[l] != FECG_LEAD_OK) continue;
    size_t m = 0;
    for (size_t i = 0; i < n; i++)
      if (!s->gap[l][i]) v[m++] = fabsf(s->band[l][i]);
      else s->band[l][i] = 0;
    level[l] = fecg_quantile(v, m, 0.9);
    sorted[alive++] = level[l];
  }
  fecg_arena_restore(arena, mark);
  const float middle = fecg_quantile(sorted, alive, 0.5);
  s->usable_count = 0;
  for (int l = 0; l < s->leads; l++) {
    if (s->state[l] == FECG_LEAD_OK && level[l] < 0.1f * middle) s->state[l] = FECG_LEAD_FLAT;
    if (s->state[l] == FECG_LEAD_OK) s->usable[s->usable_count++] = l;
  }
  if (s->shown) {
    s->shown->mains_hz = s->mains_hz;
    s->shown->usable_count = s->usable_count;
    memcpy(s->shown->usable, s->usable, sizeof s->usable);
  }
  return fecg_mark_missing(s, arena);
}

fecg_leads fecg_segment_leads(const fecg_segment *s, float *const *rows, float **view) {
  for (int i = 0; i < s->usable_count; i++) view[i] = rows[s->usable[i]];
  return (fecg_leads){view, s->usable_count, s->n, FECG_WORK_FS, s->missing};
}

fecg_status fecg_slopes(float *const *x, int count, size_t n, fecg_arena *arena) {
  const fecg_biquad band[] = {fecg_highpass(10, FECG_WORK_FS)};
  const fecg_status status = fecg_zero_phase(x, count, n, band, 1, 200, arena);
  for (int c = 0; c < count && status == FECG_OK && n > 0; c++) {
    float *y = x[c], before = y[0];
    for (size_t i = 0; i + 1 < n; i++) { /* central difference */
      const float now = y[i];
      y[i] = y[i + 1] - before;
      before = now;
    }
    y[n - 1] = 0;
  }
  return status;
}

fecg_status fecg_envelopes(float *const *slopes, int count, size_t n, fecg_arena *arena) {
  for (int c = 0; c < count; c++)
    for (size_t i = 0; i < n; i++) slopes[c][i] = fabsf(slopes[c][i]);
  const fecg_biquad smooth[] = {fecg_lowpass_critical(0.006, FECG_WORK_FS)};
  return fecg_zero_phase(slopes, count, n, smooth, 1, 50, arena);
}
