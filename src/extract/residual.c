/* residual.c — what is left of the leads without the mother, made ready for the search: band-limited,
 * its noise white in time, and weighed down where and when it is loud. What each of the two
 * gives stands in docs/method.md. */
#include <math.h>
#include <string.h>

#include "extract/segment.h"
#include "signal/filter.h"
#include "signal/stats.h"
#include "signal/whiten.h"

static const double BAND_LOW = 8, BAND_HIGH = 80;         /* Hz */
enum { WHITEN_STEP = 5 };                                 /* ms between the whitening filter's taps */
static const double WHITEN_FLOOR = 0.02;
static const double BURST_S = 0.8;                        /* noise level follows bursts of this length */

/* Noise comes in bursts, lead by lead, and what is left of the mother comes with her beats. Each lead is
 * weighed down where its power, over about a second or at this delay from the mother's R, stands above
 * its usual level. */
static fecg_status weigh_by_noise(const fecg_segment *s, float *const *x, fecg_arena *arena) {
  enum { BEFORE = FECG_PHASE_BEFORE, PHASES = FECG_PHASES };
  const size_t n = s->n;
  const fecg_arena_mark mark = fecg_arena_save(arena);
  float *power = fecg_arena_floats(arena, n), *sorted = fecg_arena_floats(arena, n > PHASES ? n : PHASES), own[PHASES];
  if (!power || !sorted) return FECG_ERR_MEMORY;
  for (int i = 0; i < s->usable_count; i++) {
    for (size_t t = 0; t < n; t++) power[t] = x[i][t] * x[i][t];
    fecg_status status = fecg_running_mean(power, n, (size_t)(BURST_S * FECG_WORK_FS), 2, arena);
    if (status != FECG_OK) return status;
    if (!s->known) memcpy(sorted, power, n * sizeof *power);
    const float usual = s->known ? s->known->usual[i] : fecg_quantile(sorted, n, 0.5);
    for (size_t t = 0; t < n; t++)
      if (power[t] > usual) x[i][t] *= sqrtf(usual / power[t]);

    const float *phase = s->known ? s->known->phase[i] : own;
    if (!s->known) {
      memset(own, 0, sizeof own);
      for (size_t b = 0; b < s->maternal_count; b++) {
        const int64_t start = (int64_t)(s->maternal[b] * FECG_WORK_FS + 0.5) - BEFORE;
        for (size_t k = 0; k < PHASES; k++) {
          const int64_t t = start + (int64_t)k;
          if (t >= 0 && t < (int64_t)n) own[k] += x[i][t] * x[i][t];
        }
      }
      status = fecg_running_mean(own, PHASES, 20, 2, arena);
      if (status != FECG_OK) return status;
      memcpy(sorted, own, sizeof own);
      const float level = fecg_quantile(sorted, PHASES, 0.5);
      for (size_t k = 0; k < PHASES; k++) own[k] = own[k] > level ? sqrtf(level / own[k]) : 1;
    }
    if (s->shown) {
      s->shown->usual[i] = usual;
      memcpy(s->shown->phase[i], phase, sizeof own);
    }
    for (size_t b = 0; b < s->maternal_count; b++) {
      const int64_t start = (int64_t)(s->maternal[b] * FECG_WORK_FS + 0.5) - BEFORE;
      for (size_t k = 0; k < PHASES; k++) {
        const int64_t t = start + (int64_t)k;
        if (t >= 0 && t < (int64_t)n) x[i][t] *= phase[k];
      }
    }
  }
  fecg_arena_restore(arena, mark);
  return FECG_OK;
}

fecg_status fecg_make_residual(fecg_segment *s, fecg_arena *arena) {
  const size_t n = s->n;
  float *const *x = s->residual;
  for (int i = 0; i < s->usable_count; i++) {
    if (!s->residual[i]) s->residual[i] = fecg_arena_floats(arena, n);
    if (!s->residual[i]) return FECG_ERR_MEMORY;
    for (size_t t = 0; t < n; t++) x[i][t] = s->x[s->usable[i]][t] - s->mecg[s->usable[i]][t];
  }
  const fecg_biquad band[] = {fecg_highpass(BAND_LOW, FECG_WORK_FS), fecg_lowpass(BAND_HIGH, FECG_WORK_FS)};
  fecg_status status = fecg_zero_phase(x, s->usable_count, n, band, 2, 300, arena);
  double own[FECG_WHITEN_ORDER + 1];
  const double *predictor = s->known ? s->known->predictor : own;
  if (!s->known && status == FECG_OK) fecg_predictor(x, s->usable_count, n, WHITEN_STEP, WHITEN_FLOOR, own);
  if (s->shown && status == FECG_OK) memcpy(s->shown->predictor, predictor, sizeof own);
  if (status == FECG_OK) status = fecg_whiten(x, s->usable_count, n, WHITEN_STEP, predictor, arena);
  if (status == FECG_OK) status = weigh_by_noise(s, x, arena);
  for (int i = 0; i < s->usable_count && status == FECG_OK; i++)
    for (size_t t = 0; t < n; t++)
      if (s->gap[s->usable[i]][t]) x[i][t] = 0;
  return status;
}
