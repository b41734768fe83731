/* matched.c — see matched.h. With noise covariance C across leads (white in time within the band) the
 * filter of largest signal-to-noise ratio for the beat B is C^-1 B (Van Trees, Detection, Estimation
 * and Modulation Theory, ch. 4); it equals whitening leads and beat by C^(-1/2) and correlating. */
#include "signal/matched.h"

#include <string.h>

#include "signal/linalg.h"
#include "simd/kernels.h"

static const double COVARIANCE_FLOOR = 1e-6; /* common-reference leads differ by little: keep the differences */

static void noise_inverse(const fecg_leads *leads, const double *beats, size_t count, size_t half, double *inverse) {
  const int c = leads->count;
  double cov[FECG_MATRIX_MAX * FECG_MATRIX_MAX] = {0}, root[FECG_MATRIX_MAX * FECG_MATRIX_MAX];
  size_t from = 0;
  for (size_t k = 0; k <= count; k++) { /* the stretches between beats */
    size_t to = leads->n, next = leads->n;
    if (k < count) {
      const double centre = beats[k] * leads->fs;
      to = centre > (double)half ? (size_t)(centre - (double)half) : 0;
      next = (size_t)(centre + (double)half) + 1;
    }
    if (to > leads->n) to = leads->n;
    if (to > from)
      for (int i = 0; i < c; i++)
        for (int j = 0; j <= i; j++) cov[i * c + j] += fecg_dot(leads->x[i] + from, leads->x[j] + from, to - from);
    if (next > from) from = next;
    if (from > leads->n) from = leads->n;
  }
  for (int i = 0; i < c; i++)
    for (int j = 0; j < i; j++) cov[j * c + i] = cov[i * c + j];
  fecg_inverse_root(cov, c, COVARIANCE_FLOOR, root);
  for (int i = 0; i < c; i++)
    for (int j = 0; j < c; j++) {
      double s = 0;
      for (int k = 0; k < c; k++) s += root[i * c + k] * root[k * c + j];
      inverse[i * c + j] = s;
    }
}

fecg_status fecg_matched_fit(fecg_matched *m, const fecg_leads *leads, const double *beats, size_t count, size_t first,
                             size_t stride, size_t half, fecg_arena *arena) {
  m->leads = leads->count;
  m->half = half;
  m->taps = 2 * half + 1;
  const size_t size = (size_t)leads->count * m->taps;
  m->beat = fecg_arena_floats(arena, size);
  m->filter = fecg_arena_floats(arena, size);
  if (!m->beat || !m->filter) return FECG_ERR_MEMORY;
  memset(m->beat, 0, size * sizeof(float));
  memset(m->filter, 0, size * sizeof(float));
  double used = 0;
  for (size_t k = first; k < count; k += stride) {
    const int64_t start = (int64_t)(beats[k] * leads->fs + 0.5) - (int64_t)half;
    if (start < 0 || (uint64_t)start + m->taps > leads->n) continue;
    for (int l = 0; l < leads->count; l++) fecg_axpy(m->beat + (size_t)l * m->taps, 1, leads->x[l] + start, m->taps);
    used++;
  }
  if (used == 0) return FECG_OK;
  for (size_t i = 0; i < size; i++) m->beat[i] = (float)(m->beat[i] / used);
  double inverse[FECG_MATRIX_MAX * FECG_MATRIX_MAX];
  noise_inverse(leads, beats, count, half, inverse);
  for (int i = 0; i < leads->count; i++)
    for (int j = 0; j < leads->count; j++)
      fecg_axpy(m->filter + (size_t)i * m->taps, (float)inverse[i * leads->count + j], m->beat + (size_t)j * m->taps, m->taps);
  const float energy = fecg_dot(m->filter, m->beat, size);
  for (size_t i = 0; i < size; i++) m->filter[i] = energy > 0 ? m->filter[i] / energy : 0;
  return FECG_OK;
}

fecg_status fecg_matched_run(const fecg_matched *m, const fecg_leads *leads, float *y, fecg_arena *arena) {
  const size_t n = leads->n;
  memset(y, 0, n * sizeof *y);
  const fecg_arena_mark mark = fecg_arena_save(arena);
  float *padded = fecg_arena_floats(arena, n + m->taps);
  if (!padded) return FECG_ERR_MEMORY;
  memset(padded, 0, (n + m->taps) * sizeof *padded);
  for (int l = 0; l < leads->count; l++) {
    memcpy(padded + m->half, leads->x[l], n * sizeof *padded);
    fecg_correlate(y, padded, n, m->filter + (size_t)l * m->taps, m->taps);
  }
  fecg_arena_restore(arena, mark);
  return FECG_OK;
}

float fecg_matched_at(const fecg_matched *m, const fecg_leads *leads, int64_t sample) {
  const int64_t start = sample - (int64_t)m->half;
  if (start < 0 || (uint64_t)start + m->taps > leads->n) return 0;
  float s = 0;
  for (int l = 0; l < leads->count; l++) s += fecg_dot(m->filter + (size_t)l * m->taps, leads->x[l] + start, m->taps);
  return s;
}
