/* input.c — see input.h. Levels are compressed by asinh and scaled by each lead's own noise, so that one set of weights
 * serves every montage and gain; whitening across leads (ZCA) brings out a fetus that stands in the small differences
 * of leads with a common reference. */
#include "extract/input.h"

#include <math.h>
#include <string.h>

#include "base/math.h"
#include "signal/filter.h"
#include "signal/linalg.h"
#include "signal/stats.h"
#include "simd/kernels.h"

static const double WHITEN_FLOOR = 1e-7;   /* of the largest eigenvalue, as in ica.h */
static const float NORMAL_MEDIAN = 1.4826f; /* standard deviation over median |x| of a normal variable */
static const float CLIP = 6;               /* of the compressed value: 200 times the noise */

fecg_status fecg_before_decimation(float *const *x, int count, size_t n, fecg_arena *arena) {
  const fecg_biquad low[] = {fecg_lowpass(100, FECG_WORK_FS), fecg_lowpass(100, FECG_WORK_FS)};
  return fecg_zero_phase(x, count, n, low, 2, 100, arena);
}

static float noise_level(const float *x, size_t n, float *v) {
  for (size_t i = 0; i < n; i++) v[i] = fabsf(x[i]);
  const float level = NORMAL_MEDIAN * fecg_quantile(v, n, 0.5);
  return level > 1e-6f ? level : 1e-6f;
}

static float compress(float v) {
  const double a = fabs((double)v), c = fecg_log(a + sqrt(a * a + 1));
  const float r = c < CLIP ? (float)c : CLIP;
  return v < 0 ? -r : r;
}

/* w[leads][leads] that makes x white across leads. */
static void whitening(float *const *x, int leads, size_t n, double *w) {
  double cov[FECG_MAX_LEADS * FECG_MAX_LEADS] = {0};
  for (int i = 0; i < leads; i++)
    for (int j = 0; j <= i; j++) cov[i * leads + j] = cov[j * leads + i] = fecg_dot(x[i], x[j], n) / (double)n;
  fecg_inverse_root(cov, leads, WHITEN_FLOOR, w);
}

static fecg_status whiten_leads(float *const *x, int leads, size_t n, const double *w, fecg_arena *arena) {
  float *y[FECG_MAX_LEADS];
  for (int i = 0; i < leads; i++) {
    y[i] = fecg_arena_floats(arena, n);
    if (!y[i]) return FECG_ERR_MEMORY;
    memset(y[i], 0, n * sizeof(float));
    for (int j = 0; j < leads; j++) fecg_axpy(y[i], (float)w[i * leads + j], x[j], n);
  }
  for (int i = 0; i < leads; i++) memcpy(x[i], y[i], n * sizeof(float));
  return FECG_OK;
}

fecg_status fecg_network_input(const fecg_segment *s, fecg_input *in, fecg_arena *arena) {
  const int leads = s->usable_count;
  const size_t n = s->n, m = n / FECG_INPUT_STEP;
  in->leads = leads;
  in->n = m;
  in->x = fecg_arena_floats(arena, (size_t)(leads > 0 ? leads : 1) * FECG_INPUT_CHANNELS * (m > 0 ? m : 1));
  if (!in->x) return FECG_ERR_MEMORY;
  if (leads == 0 || m == 0) return FECG_OK;
  const fecg_arena_mark mark = fecg_arena_save(arena);
  float *row[FECG_MAX_LEADS], *v = fecg_arena_floats(arena, n);
  for (int i = 0; i < leads; i++) row[i] = fecg_arena_floats(arena, n);
  if (!v || !row[leads - 1]) return FECG_ERR_MEMORY;
  fecg_status status = FECG_OK;
  for (int c = 0; c < FECG_INPUT_CHANNELS && status == FECG_OK; c++) {
    if (c == 2) {
      double own[FECG_MAX_LEADS * FECG_MAX_LEADS];
      for (int i = 0; i < leads; i++) memcpy(row[i], s->residual[i], n * sizeof(float));
      if (!s->known) whitening(row, leads, n, own);
      if (!s->known && s->shown) memcpy(s->shown->unmix, own, (size_t)(leads * leads) * sizeof *own);
      status = whiten_leads(row, leads, n, s->known ? s->known->unmix : own, arena);
    } else {
      for (int i = 0; i < leads; i++) {
        const int l = s->usable[i];
        for (size_t t = 0; t < n; t++) row[i][t] = s->gap[l][t] ? 0 : c == 0 ? s->x[l][t] : s->x[l][t] - s->mecg[l][t];
      }
      status = fecg_before_decimation(row, leads, n, arena);
    }
    for (int i = 0; i < leads && status == FECG_OK; i++) {
      float *to = in->x + ((size_t)i * FECG_INPUT_CHANNELS + (size_t)c) * m;
      const unsigned char *gap = s->gap[s->usable[i]];
      for (size_t t = 0; t < m; t++) to[t] = row[i][t * FECG_INPUT_STEP];
      const float scale = s->known ? s->known->scale[i][c] : noise_level(to, m, v);
      if (s->shown) s->shown->scale[i][c] = scale;
      if (c < 2) in->scale[i][c] = scale;
      for (size_t t = 0; t < m; t++) to[t] = gap[t * FECG_INPUT_STEP] ? 0 : compress(to[t] / scale);
    }
  }
  fecg_arena_restore(arena, mark);
  return status;
}
