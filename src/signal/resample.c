/* resample.c — windowed-sinc interpolation from a table of phases (Smith, Digital Audio Resampling,
 * 2002), so that the ratio of rates may be any. Equal rates and whole offsets copy. */
#include "signal/resample.h"

#include <math.h>
#include <string.h>

#include "base/math.h"
#include "simd/kernels.h"

enum { ZEROS = 12, PHASES = 256 }; /* zero crossings on each side; table steps between two samples */

/* The interpolator's taps for one phase. */
static void make_phase(float *taps_of, size_t taps, double cutoff, size_t phase) {
  const size_t half = taps / 2;
  double sum = 0;
  for (size_t j = 0; j < taps; j++) {
    const double d = (double)j - (double)(half - 1) - (double)phase / PHASES, a = FECG_PI * cutoff * d;
    const double w = fabs(d) >= (double)half ? 0 : fecg_cos(FECG_PI * d / (2.0 * (double)half));
    const double h = fabs(d) < 1e-9 ? 1.0 : fecg_sin(a) / a * w * w;
    taps_of[j] = (float)h;
    sum += h;
  }
  for (size_t j = 0; j < taps; j++) taps_of[j] = (float)(taps_of[j] / sum);
}

fecg_status fecg_resample(const float *x, size_t n, double fs_in, double start_s, float *y, size_t m, double fs_out,
                          fecg_arena *arena) {
  const double step = fs_in / fs_out, origin = start_s * fs_in;
  if (n == 0) {
    memset(y, 0, m * sizeof *y);
    return FECG_OK;
  }
  if (step == 1.0 && fabs(origin - rint(origin)) < 1e-6) {
    const int64_t first = (int64_t)rint(origin);
    for (size_t j = 0; j < m; j++) {
      const int64_t at = first + (int64_t)j;
      y[j] = x[at < 0 ? 0 : at >= (int64_t)n ? (int64_t)n - 1 : at];
    }
    return FECG_OK;
  }
  const double cutoff = step > 1 ? 0.92 / step : 0.92; /* of the input's Nyquist rate */
  const size_t half = (size_t)ceil(ZEROS / cutoff), taps = 2 * half;
  const fecg_arena_mark mark = fecg_arena_save(arena);
  float *table = fecg_arena_floats(arena, taps * (PHASES + 1)), *window = fecg_arena_floats(arena, taps);
  if (!table || !window) return FECG_ERR_MEMORY;
  unsigned char made[PHASES + 1] = {0}; /* rates in a small ratio meet few phases */
  for (size_t j = 0; j < m; j++) {
    const double at = origin + (double)j * step, whole = floor(at);
    const double phase = (at - whole) * PHASES;
    const size_t p = phase >= PHASES ? PHASES - 1 : (size_t)phase;
    const float blend = (float)(phase - (double)p);
    const int64_t first = (int64_t)whole - (int64_t)(half - 1);
    const float *source = window;
    if (first >= 0 && first + (int64_t)taps <= (int64_t)n) source = x + first;
    else
      for (size_t i = 0; i < taps; i++) {
        const int64_t k = first + (int64_t)i;
        window[i] = x[k < 0 ? 0 : k >= (int64_t)n ? (int64_t)n - 1 : k];
      }
    for (size_t k = p; k <= p + 1; k++)
      if (!made[k]) make_phase(table + k * taps, taps, cutoff, k), made[k] = 1;
    const float a = fecg_dot(source, table + p * taps, taps), b = fecg_dot(source, table + (p + 1) * taps, taps);
    y[j] = a + blend * (b - a);
  }
  fecg_arena_restore(arena, mark);
  return FECG_OK;
}
