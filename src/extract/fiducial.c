/* fiducial.c — one convention for the time of a beat, fetal or maternal, whatever found it. The extremum of an
 * abdominal lead depends on the lead: R in one is S in the next, 10 to 14 ms apart, and no lead is the
 * scalp's. The fiducial is therefore where the averaged QRS moves fastest over all leads together: the
 * maximum of its slope magnitude, each lead in units of its own noise, smoothed over the width of a
 * fetal QRS. Other conventions were farther from the reference beats, see docs/method.md. */
#include <math.h>

#include "base/math.h"
#include "extract/segment.h"
#include "simd/kernels.h"

enum { HALF = 60, REACH = FECG_FIDUCIAL_REACH / 4, TAPS = 2 * HALF + 1 }; /* ms around the beats as found; how far the fiducial may lie */
static const double SMOOTH = 12;                     /* ms, standard deviation */

fecg_status fecg_fiducial_score(const fecg_leads *residual, const double *beats, size_t count, double *score, fecg_arena *arena) {
  const fecg_arena_mark mark = fecg_arena_save(arena);
  fecg_matched m;
  const fecg_status status = fecg_matched_fit(&m, residual, beats, count, 0, 1, HALF, arena);
  if (status != FECG_OK) return status;
  double slope[TAPS] = {0};
  for (int l = 0; l < residual->count; l++) {
    const double power = fecg_dot(residual->x[l], residual->x[l], residual->n) / (double)residual->n;
    const float *b = m.beat + (size_t)l * m.taps;
    for (int i = 1; i + 1 < TAPS && power > 0; i++) {
      const double d = b[i + 1] - b[i - 1];
      slope[i] += d * d / power;
    }
  }
  fecg_arena_restore(arena, mark);
  for (int i = 0; i < TAPS; i++) slope[i] = sqrt(slope[i]);
  for (int quarter = -4 * REACH; quarter <= 4 * REACH; quarter++) {
    const double at = HALF + quarter / 4.0;
    double sum = 0;
    for (int i = 0; i < TAPS; i++) {
      const double d = (i - at) / SMOOTH;
      sum += slope[i] * fecg_exp(-0.5 * d * d);
    }
    score[quarter + 4 * REACH] = sum;
  }
  return FECG_OK;
}

double fecg_fiducial_shift(const double *score) {
  double best = 0, shift = 0;
  for (int i = 0; i < FECG_FIDUCIAL; i++)
    if (score[i] > best) best = score[i], shift = (i - FECG_FIDUCIAL_REACH) / 4.0;
  return shift / FECG_WORK_FS;
}

fecg_status fecg_align_fiducial(const fecg_leads *residual, double *beats, size_t count, double *score, fecg_arena *arena) {
  const fecg_status status = fecg_fiducial_score(residual, beats, count, score, arena);
  if (status != FECG_OK) return status;
  const double shift = fecg_fiducial_shift(score);
  for (size_t i = 0; i < count; i++) beats[i] += shift;
  return FECG_OK;
}
