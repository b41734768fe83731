/* spline_wavelet.c — see spline_wavelet.h. Filters h = [1 3 3 1] / 8 and g = 2 [1 -1] of Mallat and Zhong, IEEE
 * Trans Pattern Anal Mach Intell 14, 1992, with holes (a trous) instead of decimation, as Martinez, Almeida,
 * Olmos, Rocha and Laguna use them on the ECG (IEEE Trans Biomed Eng 51, 2004); without the factor 2 of g. */
#include "signal/spline_wavelet.h"

#include <string.h>

static float at(const float *x, size_t n, int64_t i) { return x[i < 0 ? 0 : i >= (int64_t)n ? (int64_t)n - 1 : i]; }

/* Taps of the next scale lie at i + first + {0, 1, 2, 3} step; those of the difference are the middle two. */
static void scale(const float *a, size_t n, int64_t first, int64_t step, float *restrict next, float *restrict w) {
  const int64_t m = (int64_t)n;
  int64_t from = -first, to = m - first - 3 * step; /* all taps inside */
  if (from > m) from = m;
  if (to < from) to = from;
  for (int64_t i = 0; i < m; i++) {
    if (i == from) i = to;
    if (i == m) break;
    const int64_t k = i + first;
    next[i] = 0.125f * (at(a, n, k) + at(a, n, k + 3 * step)) + 0.375f * (at(a, n, k + step) + at(a, n, k + 2 * step));
    if (w) w[i] = at(a, n, k + 2 * step) - at(a, n, k + step);
  }
  for (int64_t i = from; i < to; i++) {
    const float *p = a + i + first;
    next[i] = 0.125f * (p[0] + p[3 * step]) + 0.375f * (p[step] + p[2 * step]);
  }
  for (int64_t i = from; w && i < to; i++) w[i] = a[i + first + 2 * step] - a[i + first + step];
}

fecg_status fecg_spline_wavelet(const float *x, size_t n, int scales, float *const *w, fecg_arena *arena) {
  const fecg_arena_mark mark = fecg_arena_save(arena);
  float *smooth[2] = {fecg_arena_floats(arena, n), fecg_arena_floats(arena, n)};
  if (!smooth[0] || !smooth[1]) return FECG_ERR_MEMORY;
  const float *from = x;
  for (int k = 0; k < scales; k++) { /* the first step of one sample moves everything by half a sample */
    const int64_t step = (int64_t)1 << k, first = k == 0 ? -1 : -3 * step / 2;
    scale(from, n, first, step, smooth[k & 1], w[k]);
    from = smooth[k & 1];
  }
  fecg_arena_restore(arena, mark);
  return FECG_OK;
}
