/* whiten.c — linear prediction by Levinson's recursion (Makhoul, Linear prediction: a tutorial review,
 * Proc. IEEE 63, 1975). Muscle and residual maternal noise fall by 20 dB and more over the band of the
 * fetal QRS, so a matched filter for white noise would listen where the noise is. */
#include "signal/whiten.h"

#include <string.h>

#include "simd/kernels.h"

enum { P = FECG_WHITEN_ORDER };

void fecg_predictor(float *const *x, int leads, size_t n, size_t step, double floor, double *a) {
  double r[P + 1] = {0};
  memset(a, 0, (P + 1) * sizeof *a);
  if (n <= (P + 1) * step) return;
  for (int l = 0; l < leads; l++) {
    const double power = fecg_dot(x[l], x[l], n);
    for (int k = 0; k <= P && power > 0; k++) r[k] += fecg_dot(x[l], x[l] + (size_t)k * step, n - (size_t)k * step) / power;
  }
  if (!(r[0] > 0)) return;
  r[0] *= 1 + floor;
  a[0] = 1;
  double error = r[0];
  for (int k = 1; k <= P; k++) {
    double sum = 0, old[P + 1];
    for (int j = 0; j < k; j++) sum += a[j] * r[k - j];
    const double reflection = -sum / error;
    memcpy(old, a, sizeof old);
    for (int j = 1; j <= k; j++) a[j] = (j < k ? old[j] : 0) + reflection * old[k - j];
    error *= 1 - reflection * reflection;
  }
}

fecg_status fecg_whiten(float *const *x, int leads, size_t n, size_t step, const double *a, fecg_arena *arena) {
  if (!(a[0] > 0) || n == 0) return FECG_OK;
  const fecg_arena_mark mark = fecg_arena_save(arena);
  const size_t past = P * step;
  float *copy = fecg_arena_floats(arena, n + past);
  if (!copy) return FECG_ERR_MEMORY;
  for (int l = 0; l < leads; l++) {
    for (size_t i = 0; i < past; i++) copy[i] = x[l][0];
    memcpy(copy + past, x[l], n * sizeof *copy);
    for (int k = 1; k <= P; k++) fecg_axpy(x[l], (float)a[k], copy + past - (size_t)k * step, n);
  }
  fecg_arena_restore(arena, mark);
  return FECG_OK;
}
