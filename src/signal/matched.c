/* matched.c — see matched.h. With noise covariance C across leads (white in time within the band) the
 * filter of largest signal-to-noise ratio for the beat B is C^-1 B (Van Trees, Detection, Estimation
 * and Modulation Theory, ch. 4); it equals whitening leads and beat by C^(-1/2) and correlating. */
#include "signal/matched.h"

#include <math.h>
#include <string.h>

#include "signal/linalg.h"
#include "simd/kernels.h"

static const double COVARIANCE_FLOOR = 1e-6; /* common-reference leads differ by little: keep the differences */

static uint32_t missing_at(const fecg_leads *leads, size_t i) { return leads->missing ? leads->missing[i] : 0; }

/* End of the run of samples from i on that miss the same leads. */
static size_t run_end(const fecg_leads *leads, size_t i, size_t limit) {
  if (!leads->missing) return limit;
  size_t end = i + 1;
  while (end < limit && leads->missing[end] == leads->missing[i]) end++;
  return end;
}

/* Sums over the stretches between beats; each pair of leads where both are there. */
static void between_beats(const fecg_leads *leads, const double *beats, size_t count, size_t half, double *cov) {
  const int c = leads->count;
  double used[FECG_MAX_LEADS * FECG_MAX_LEADS] = {0};
  memset(cov, 0, (size_t)(c * c) * sizeof *cov);
  size_t from = 0;
  for (size_t k = 0; k <= count; k++) {
    size_t to = leads->n, next = leads->n;
    if (k < count) {
      const double centre = beats[k] * leads->fs;
      to = centre > (double)half ? (size_t)(centre - (double)half) : 0;
      next = (size_t)(centre + (double)half) + 1;
    }
    if (to > leads->n) to = leads->n;
    for (size_t i = from, end; i < to; i = end) {
      end = run_end(leads, i, to);
      const uint32_t gone = missing_at(leads, i);
      for (int a = 0; a < c; a++)
        for (int b = 0; b <= a; b++) {
          if (gone >> a & 1 || gone >> b & 1) continue;
          cov[a * c + b] += fecg_dot(leads->x[a] + i, leads->x[b] + i, end - i);
          used[a * c + b] += (double)(end - i);
        }
    }
    if (next > from) from = next;
    if (from > leads->n) from = leads->n;
  }
  for (int a = 0; a < c; a++)
    for (int b = 0; b <= a; b++) {
      if (used[a * c + b] > 0) cov[a * c + b] /= used[a * c + b];
      cov[b * c + a] = cov[a * c + b];
    }
}

fecg_status fecg_matched_fit(fecg_matched *m, const fecg_leads *leads, const double *beats, size_t count, size_t first,
                             size_t stride, size_t half, fecg_arena *arena) {
  m->leads = leads->count;
  m->half = half;
  m->taps = 2 * half + 1;
  m->sets = 0;
  const size_t size = (size_t)leads->count * m->taps;
  m->beat = fecg_arena_floats(arena, size);
  if (!m->beat) return FECG_ERR_MEMORY;
  memset(m->beat, 0, size * sizeof(float));
  float used[FECG_MAX_LEADS] = {0};
  for (size_t k = first; k < count; k += stride) {
    const int64_t centre = (int64_t)(beats[k] * leads->fs + 0.5), start = centre - (int64_t)half;
    if (start < 0 || (uint64_t)start + m->taps > leads->n) continue;
    const uint32_t gone = missing_at(leads, (size_t)centre);
    for (int l = 0; l < leads->count; l++) {
      if (gone >> l & 1) continue;
      fecg_axpy(m->beat + (size_t)l * m->taps, 1, leads->x[l] + start, m->taps);
      used[l]++;
    }
  }
  for (int l = 0; l < leads->count; l++)
    for (size_t i = 0; i < m->taps && used[l] > 0; i++) m->beat[(size_t)l * m->taps + i] /= used[l];
  between_beats(leads, beats, count, half, m->covariance);
  return FECG_OK;
}

fecg_leads fecg_leads_from(const fecg_leads *leads, size_t from, float **view) {
  for (int l = 0; l < leads->count; l++) view[l] = leads->x[l] + from;
  return (fecg_leads){view, leads->count, leads->n - from, leads->fs, leads->missing ? leads->missing + from : NULL};
}

static const float *known_filter(const fecg_matched *m, uint32_t gone) {
  for (int i = 0; i < m->sets; i++)
    if (m->set[i] == gone) return m->filter[i];
  return NULL;
}

/* The filter over the leads that are not gone; *filter is NULL where there is no room for another. */
static fecg_status find_filter(fecg_matched *m, uint32_t gone, const float **filter, fecg_arena *arena) {
  *filter = known_filter(m, gone);
  if (*filter || m->sets == FECG_MATCHED_SETS) return FECG_OK;
  const size_t size = (size_t)m->leads * m->taps;
  float *f = fecg_arena_floats(arena, size);
  if (!f) return FECG_ERR_MEMORY;
  memset(f, 0, size * sizeof *f);
  int there[FECG_MAX_LEADS], c = 0;
  for (int l = 0; l < m->leads; l++)
    if (!(gone >> l & 1)) there[c++] = l;
  double cov[FECG_MAX_LEADS * FECG_MAX_LEADS], root[FECG_MAX_LEADS * FECG_MAX_LEADS];
  for (int i = 0; i < c; i++)
    for (int j = 0; j < c; j++) cov[i * c + j] = m->covariance[there[i] * m->leads + there[j]];
  if (c > 0) fecg_inverse_root(cov, c, COVARIANCE_FLOOR, root);
  for (int i = 0; i < c; i++)
    for (int j = 0; j < c; j++) {
      double inverse = 0;
      for (int k = 0; k < c; k++) inverse += root[i * c + k] * root[k * c + j];
      fecg_axpy(f + (size_t)there[i] * m->taps, (float)inverse, m->beat + (size_t)there[j] * m->taps, m->taps);
    }
  const float energy = fecg_dot(f, m->beat, size);
  for (size_t i = 0; i < size; i++) f[i] = energy > 0 ? f[i] / energy : 0;
  m->set[m->sets] = gone;
  m->filter[m->sets++] = f;
  *filter = f;
  return FECG_OK;
}

fecg_status fecg_matched_prepare(fecg_matched *m, fecg_arena *arena) {
  const float *filter;
  return find_filter(m, 0, &filter, arena);
}

fecg_status fecg_matched_run(fecg_matched *m, const fecg_leads *leads, float *y, fecg_arena *arena) {
  const size_t n = leads->n;
  memset(y, 0, n * sizeof *y);
  for (size_t i = 0, end; i < n; i = end) { /* the filters outlive the scratch row below */
    end = run_end(leads, i, n);
    const float *filter;
    if (find_filter(m, missing_at(leads, i), &filter, arena) != FECG_OK) return FECG_ERR_MEMORY;
  }
  const fecg_arena_mark mark = fecg_arena_save(arena);
  float *padded = fecg_arena_floats(arena, n + m->taps);
  if (!padded) return FECG_ERR_MEMORY;
  memset(padded, 0, (n + m->taps) * sizeof *padded);
  for (int l = 0; l < leads->count; l++) {
    memcpy(padded + m->half, leads->x[l], n * sizeof *padded);
    for (size_t i = 0, end; i < n; i = end) {
      end = run_end(leads, i, n);
      const float *filter = known_filter(m, missing_at(leads, i));
      if (filter) fecg_correlate(y + i, padded + i, end - i, filter + (size_t)l * m->taps, m->taps);
    }
  }
  fecg_arena_restore(arena, mark);
  return FECG_OK;
}

float fecg_matched_at(const fecg_matched *m, const fecg_leads *leads, int64_t sample) {
  const int64_t start = sample - (int64_t)m->half;
  if (start < 0 || (uint64_t)start + m->taps > leads->n) return 0;
  const float *filter = known_filter(m, missing_at(leads, (size_t)sample));
  float s = 0;
  for (int l = 0; l < leads->count && filter; l++) s += fecg_dot(filter + (size_t)l * m->taps, leads->x[l] + start, m->taps);
  return s;
}

fecg_status fecg_shape_of_beats(const fecg_leads *leads, const double *beats, size_t count, size_t half, fecg_beat_shape *out,
                                fecg_arena *arena) {
  const fecg_arena_mark mark = fecg_arena_save(arena);
  fecg_matched m;
  const fecg_status status = fecg_matched_fit(&m, leads, beats, count, 0, 1, half, arena);
  if (status != FECG_OK) return status;
  double all = 0, beat = 0, slope = 0;
  for (int l = 0; l < leads->count; l++) {
    const float *b = m.beat + (size_t)l * m.taps;
    all += fecg_dot(leads->x[l], leads->x[l], leads->n);
    beat += fecg_dot(b, b, m.taps);
    for (size_t i = 1; i < m.taps; i++) slope += (b[i] - b[i - 1]) * (b[i] - b[i - 1]);
  }
  fecg_arena_restore(arena, mark);
  out->explained = all > 0 ? beat * (double)count / all : 0;
  out->sharpness = beat > 0 ? sqrt(slope / beat) * leads->fs : 0;
  return FECG_OK;
}
