/* filter.c — see filter.h. Section coefficients after Oppenheim and Schafer, Discrete-Time Signal
 * Processing, bilinear transform with the corner prewarped. */
#include "signal/filter.h"

#include <string.h>

#include "base/math.h"

enum { LANES = 4 };

static fecg_biquad section(double b0, double b1, double b2, double a0, double a1, double a2) {
  const fecg_biquad q = {(float)(b0 / a0), (float)(b1 / a0), (float)(b2 / a0), (float)(a1 / a0), (float)(a2 / a0)};
  return q;
}

static double prewarp(double hz, double fs) {
  const double w = FECG_PI * hz / fs;
  return fecg_sin(w) / fecg_cos(w);
}

fecg_biquad fecg_lowpass(double hz, double fs) {
  const double k = prewarp(hz, fs), r2 = 1.41421356237309504880;
  return section(k * k, 2 * k * k, k * k, 1 + r2 * k + k * k, 2 * (k * k - 1), 1 - r2 * k + k * k);
}

fecg_biquad fecg_highpass(double hz, double fs) {
  const double k = prewarp(hz, fs), r2 = 1.41421356237309504880;
  return section(1, -2, 1, 1 + r2 * k + k * k, 2 * (k * k - 1), 1 - r2 * k + k * k);
}

fecg_biquad fecg_lowpass_critical(double tau_s, double fs) {
  const double p = fecg_exp(-1.0 / (tau_s * fs));
  return section((1 - p) * (1 - p), 0, 0, 1, -2 * p, p * p);
}

fecg_biquad fecg_notch(double hz, double width_hz, double fs) {
  const double c = fecg_cos(2 * FECG_PI * hz / fs), k = prewarp(width_hz, fs);
  return section(1, -2 * c, 1, 1 + k, -2 * c, 1 - k);
}

fecg_status fecg_zero_phase(float *const *x, int leads, size_t n, const fecg_biquad *sections, int count, size_t pad,
                            fecg_arena *arena) {
  if (n == 0) return FECG_OK;
  if (pad > n - 1) pad = n - 1;
  const size_t total = n + 2 * pad;
  const fecg_arena_mark mark = fecg_arena_save(arena);
  float *frames = fecg_arena_floats(arena, total * LANES);
  if (!frames) return FECG_ERR_MEMORY;
  for (int first = 0; first < leads; first += LANES) {
    const int lanes = leads - first < LANES ? leads - first : LANES;
    if (lanes < LANES) memset(frames, 0, total * LANES * sizeof *frames);
    for (int l = 0; l < lanes; l++) {
      const float *s = x[first + l];
      float *f = frames + l;
      for (size_t i = 0; i < pad; i++) f[i * LANES] = 2 * s[0] - s[pad - i];
      for (size_t i = 0; i < n; i++) f[(pad + i) * LANES] = s[i];
      for (size_t i = 0; i < pad; i++) f[(pad + n + i) * LANES] = 2 * s[n - 1] - s[n - 2 - i];
    }
    fecg_biquads(frames, total, sections, count, 0);
    fecg_biquads(frames, total, sections, count, 1);
    for (int l = 0; l < lanes; l++)
      for (size_t i = 0; i < n; i++) x[first + l][i] = frames[(pad + i) * LANES + (size_t)l];
  }
  fecg_arena_restore(arena, mark);
  return FECG_OK;
}

fecg_status fecg_running_mean(float *x, size_t n, size_t width, int passes, fecg_arena *arena) {
  if (n == 0) return FECG_OK;
  const size_t half = width / 2;
  const double scale = 1.0 / (double)(2 * half + 1);
  const fecg_arena_mark mark = fecg_arena_save(arena);
  float *old = fecg_arena_floats(arena, n);
  if (!old) return FECG_ERR_MEMORY;
  for (int p = 0; p < passes; p++) {
    memcpy(old, x, n * sizeof *x);
    double sum = (double)old[0] * (double)half;
    for (size_t i = 0; i <= half; i++) sum += old[i < n ? i : n - 1];
    for (size_t i = 0; i < n; i++) {
      x[i] = (float)(sum * scale);
      sum += (double)old[i + half + 1 < n ? i + half + 1 : n - 1] - (double)old[i >= half ? i - half : 0];
    }
  }
  fecg_arena_restore(arena, mark);
  return FECG_OK;
}
