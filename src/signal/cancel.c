/* cancel.c — the maternal (or any) heart by singular vectors of its aligned beats, after Kanjilal et al.
 * (IEEE Trans. Biomed. Eng. 44, 1997) and Varanini et al. (Physiol. Meas. 35, 2014). Each beat is
 * projected on the leading singular vectors of itself and its neighbours. With U the leading left
 * singular vectors of the neighbours' beats X, the projection of beat k is row k of U U^T X, so only
 * the small Gram matrix X X^T is decomposed. Beats are aligned to a fraction of a sample. */
#include "signal/cancel.h"

#include <math.h>
#include <string.h>

#include "base/math.h"
#include "simd/kernels.h"

const fecg_cancel FECG_CANCEL_MATERNAL = {0.220, 0.480, 0.050, 3, 40};

static const double LONGEST_AFTER_S = 0.5; /* no window reaches farther behind its beat */

enum { SINC = FECG_BEAT_SPARE, NEIGHBOURS_MAX = 64, VECTORS_MAX = 8, FIRST_ITERATIONS = 12, ITERATIONS = 4 };

/* Taps that move a signal by `fraction` of a sample: y[i] = sum h[j] x[i + j - SINC/2 + 1]. */
static void fractional_taps(double fraction, float *h) {
  double sum = 0, tap[SINC];
  for (int j = 0; j < SINC; j++) {
    const double d = j - SINC / 2 + 1 - fraction, w = fecg_cos(FECG_PI * d / (SINC + 1));
    tap[j] = fabs(d) < 1e-9 ? 1.0 : fecg_sin(FECG_PI * d) / (FECG_PI * d) * w * w;
    sum += tap[j];
  }
  for (int j = 0; j < SINC; j++) h[j] = (float)(tap[j] / sum);
}

void fecg_beat_cut(const float *x, size_t n, double start, float *out, size_t taps, float *scratch) {
  float h[SINC];
  const double whole = floor(start);
  fractional_taps(start - whole, h);
  const int64_t first = (int64_t)whole - SINC / 2 + 1;
  for (size_t i = 0; i < taps + SINC - 1; i++) {
    const int64_t at = first + (int64_t)i;
    scratch[i] = at >= 0 && at < (int64_t)n ? x[at] : 0;
  }
  memset(out, 0, taps * sizeof *out);
  fecg_correlate(out, scratch, taps, h, SINC);
}

/* The leading eigenvectors u[vectors][m] of the Gram matrix g[m][m], by orthogonal iteration from
 * where u stands (Golub and Van Loan, 8.2). */
static void leading(const float *g, int m, int vectors, int iterations, double *u) {
  double next[VECTORS_MAX * NEIGHBOURS_MAX];
  for (int iteration = 0; iteration < iterations; iteration++)
    for (int v = 0; v < vectors; v++) {
      double *w = next + v * m;
      for (int i = 0; i < m; i++) {
        double s = 0;
        for (int j = 0; j < m; j++) s += (double)g[i * m + j] * u[v * m + j];
        w[i] = s;
      }
      for (int k = 0; k < v; k++) {
        double s = 0;
        for (int i = 0; i < m; i++) s += w[i] * u[k * m + i];
        for (int i = 0; i < m; i++) w[i] -= s * u[k * m + i];
      }
      double norm = 0;
      for (int i = 0; i < m; i++) norm += w[i] * w[i];
      norm = sqrt(norm);
      for (int i = 0; i < m; i++) u[v * m + i] = norm > 0 ? w[i] / norm : 0;
    }
}

static void start_direction(double *u, int v, int m) {
  for (int i = 0; i < m; i++) u[i] = fecg_cos(FECG_PI * v * (i + 0.5) / m);
}

static double fade(double position, double taper) { /* 0 at 0, 1 from taper on */
  if (position <= 0) return 0;
  if (position >= taper) return 1;
  return 0.5 - 0.5 * fecg_cos(FECG_PI * position / taper);
}

void fecg_beat_lay(const float *row, size_t taps, double start, double next, double taper, float *heart, size_t n, float *moved,
                   float *scratch) {
  const double whole = floor(start), last = (double)(taps - 1), end = next - start + taper < last ? next - start + taper : last;
  fecg_beat_cut(row, taps, whole - start, moved, taps + 1, scratch);
  for (size_t i = 0; i <= taps; i++) {
    const int64_t at = (int64_t)whole + (int64_t)i;
    const double position = (double)at - start;
    if (at < 0 || at >= (int64_t)n || position > end) continue;
    heart[at] += moved[i] * (float)(fade(position, taper) * fade(end - position, taper));
  }
}

size_t fecg_beats_before(const double *beats, size_t count, double from_s) {
  size_t before = 0;
  while (before < count && beats[before] < from_s - LONGEST_AFTER_S) before++;
  return before;
}

fecg_status fecg_cancel_newest(const fecg_cancel *c, const float *x, size_t n, double fs, const double *beats, size_t count, size_t first,
                               float *heart, fecg_arena *arena) {
  memset(heart, 0, n * sizeof *heart);
  if (first > 0) { /* as many beats as a full row of neighbours needs */
    const size_t full = count > (size_t)c->neighbours ? count - (size_t)c->neighbours : 0, skip = full < first ? full : first;
    beats += skip;
    count -= skip;
    first -= skip;
  }
  if (count <= first) return FECG_OK;
  const fecg_arena_mark mark = fecg_arena_save(arena);
  const double before = rint(c->before_s * fs), taper = c->taper_s * fs;
  const size_t taps = (size_t)(before + rint(c->after_s * fs)) + 1;
  int near = c->neighbours < NEIGHBOURS_MAX ? c->neighbours : NEIGHBOURS_MAX;
  if ((size_t)near > count) near = (int)count;
  const int vectors = c->vectors < near ? c->vectors : near;
  float *rows = fecg_arena_floats(arena, count * taps);
  float *dots = fecg_arena_floats(arena, count * (size_t)near); /* beat k with k, k + 1, .. */
  float *scratch = fecg_arena_floats(arena, taps + 1 + SINC), *estimate = fecg_arena_floats(arena, taps);
  float *moved = fecg_arena_floats(arena, taps + 1);
  if (!rows || !dots || !scratch || !estimate || !moved) return FECG_ERR_MEMORY;
  for (size_t k = 0; k < count; k++) fecg_beat_cut(x, n, beats[k] * fs - before, rows + k * taps, taps, scratch);
  for (size_t k = 0; k < count; k++)
    for (size_t d = 0; d < (size_t)near; d++)
      dots[k * (size_t)near + d] = k + d < count ? fecg_dot(rows + k * taps, rows + (k + d) * taps, taps) : 0;

  double u[VECTORS_MAX * NEIGHBOURS_MAX] = {0};
  float gram[NEIGHBOURS_MAX * NEIGHBOURS_MAX];
  size_t last_from = SIZE_MAX;
  for (size_t k = first; k < count; k++) {
    size_t from = k > (size_t)near / 2 ? k - (size_t)near / 2 : 0;
    if (from + (size_t)near > count) from = count - (size_t)near;
    if (from != last_from) {
      for (int i = 0; i < near; i++)
        for (int j = i; j < near; j++)
          gram[i * near + j] = gram[j * near + i] = dots[(from + (size_t)i) * (size_t)near + (size_t)(j - i)];
      if (last_from != SIZE_MAX) { /* the neighbours have moved on by one beat; the newest starts as its predecessor ends */
        for (int v = 0; v < vectors; v++) memmove(u + v * near, u + v * near + 1, (size_t)(near - 1) * sizeof *u);
      }
      for (int v = 0; v < vectors; v++) { /* neighbours that were all zero, in a long gap, have left no direction */
        double size = 0;
        for (int i = 0; i < near; i++) size += u[v * near + i] * u[v * near + i];
        if (!(size > 0)) start_direction(u + v * near, v, near);
      }
      leading(gram, near, vectors, last_from == SIZE_MAX ? FIRST_ITERATIONS : ITERATIONS, u);
      last_from = from;
    }
    memset(estimate, 0, taps * sizeof *estimate);
    for (int j = 0; j < near; j++) {
      double weight = 0;
      for (int v = 0; v < vectors; v++) weight += u[v * near + (int)(k - from)] * u[v * near + j];
      fecg_axpy(estimate, (float)weight, rows + (from + (size_t)j) * taps, taps);
    }
    const double start = beats[k] * fs - before;
    fecg_beat_lay(estimate, taps, start, k + 1 < count ? beats[k + 1] * fs - before : INFINITY, taper, heart, n, moved, scratch);
  }
  fecg_arena_restore(arena, mark);
  return FECG_OK;
}

fecg_status fecg_cancel_lead(const fecg_cancel *c, const float *x, size_t n, double fs, const double *beats, size_t count,
                             float *heart, fecg_arena *arena) {
  return fecg_cancel_newest(c, x, n, fs, beats, count, 0, heart, arena);
}
