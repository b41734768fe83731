/* finish.c — from the beats found to the beats reported: single skips filled, the ends extended, each
 * beat's confidence, blanks where it is too low to say anything, and beats that are seen earlier than the
 * search, which prefers a steady rhythm, has put them. */
#include <math.h>
#include <string.h>

#include "base/math.h"
#include "extract/segment.h"
#include "signal/stats.h"

static const double REACH_S = 0.030;          /* a filled beat moves this far to a peak of the filter */
static const double BLANK_CONFIDENCE = 0.25;  /* mean over BLANK_BEATS on each side, below: no beat is reported */
static const double STEADY = 0.05;            /* farther than this share of the interval, a peak is not the skipped beat's */
static const double LONGEST_RR_S = 1.1;
static const double EARLIEST = 0.55, LATEST = 0.9; /* shares of the interval where an early beat is looked for */
static const float ABSENT = 0.2f, WEAK = 0.4f, PLAIN = 0.6f; /* own confidence below which a beat is not there, and may be elsewhere; that of one there */
static const float CLOCK_LEAST = 0.3f; /* of an averaged beat's output */
enum { BLANK_BEATS = 4, CLOCK_REACH = 12 /* ms */ };

static float level_at(const float *y, size_t n, double t_s) {
  const int64_t i = (int64_t)(t_s * FECG_WORK_FS + 0.5);
  return i >= 0 && i < (int64_t)n ? y[i] : 0;
}

/* The highest sample of y around t_s; t_s itself where none is above zero. */
static double nearest_peak(const float *y, size_t n, double t_s) {
  const int64_t centre = (int64_t)(t_s * FECG_WORK_FS + 0.5), reach = (int64_t)(REACH_S * FECG_WORK_FS);
  int64_t best = -1;
  for (int64_t i = centre - reach; i <= centre + reach; i++)
    if (i >= 1 && i + 1 < (int64_t)n && y[i] > 0 && y[i] >= y[i - 1] && y[i] > y[i + 1] && (best < 0 || y[i] > y[best])) best = i;
  return best < 0 ? t_s : (double)best / FECG_WORK_FS;
}

static void fill(const double *found, size_t count, const float *y, size_t n, fecg_fetal *f) {
  const double end = (double)n / FECG_WORK_FS;
  f->count = 0;
  if (count >= 4) {
    const double first = 2 * found[0] - found[1];
    if (first > 0) {
      f->beats[0] = nearest_peak(y, n, first);
      f->interpolated[f->count++] = 1;
    }
  }
  for (size_t i = 0; i < count; i++) {
    if (i > 0) {
      const double rr = found[i] - found[i - 1];
      int alike = 0; /* intervals nearby that are half as long */
      for (size_t j = i > 4 ? i - 4 : 1; j < count && j <= i + 4; j++)
        alike += j != i && fabs(fecg_log(2 * (found[j] - found[j - 1]) / rr)) < 0.25;
      if (alike >= 2) {
        const double middle = found[i - 1] + rr / 2, peak = nearest_peak(y, n, middle);
        f->beats[f->count] = fabs(peak - middle) < STEADY * rr / 2 ? peak : middle;
        f->interpolated[f->count++] = 1;
      }
    }
    f->beats[f->count] = found[i];
    f->interpolated[f->count++] = 0;
  }
  if (count >= 4) {
    const double last = 2 * found[count - 1] - found[count - 2];
    if (last < end) {
      f->beats[f->count] = nearest_peak(y, n, last);
      f->interpolated[f->count++] = 1;
    }
  }
}

/* Where beat i is seen, from where it is reported, s: 0 there, below 0 earlier, NaN nowhere. A premature beat leaves its
 * expected place empty and stands before it. */
static float seen_at(const float *y, size_t n, const fecg_fetal *f, size_t i, float own, float noise) {
  const float here = own < ABSENT || f->interpolated[i] ? NAN : 0;
  if (own >= WEAK || i == 0 || i + 1 >= f->count) return here;
  const double rr = (f->beats[i + 1] - f->beats[i - 1]) / 2, from = f->beats[i - 1] + EARLIEST * rr, to = f->beats[i - 1] + LATEST * rr;
  float most = noise + PLAIN * (1 - noise);
  double at = NAN;
  for (double t = from; t <= to && rr < LONGEST_RR_S; t += 1 / FECG_WORK_FS)
    if (level_at(y, n, t) > most) most = level_at(y, n, t), at = t;
  return isnan(at) ? here : (float)(at - f->beats[i]);
}

/* Confidence: how far the filter's output at the beat stands above its noise between beats, on a scale
 * where the averaged beat is 1 and the noise peak that one in twenty places reaches is 0; half of it the
 * beat's own, half its neighbours', since a beat in rhythm with clear ones is better known. */
static fecg_status judge(const float *y, size_t n, fecg_fetal *f, fecg_arena *arena) {
  const fecg_arena_mark mark = fecg_arena_save(arena);
  float *own = fecg_arena_floats(arena, f->count + 1), *between = fecg_arena_floats(arena, n);
  if (!own || !between) return FECG_ERR_MEMORY;
  size_t m = 0;
  for (size_t i = 0; i + 1 < f->count; i++)
    for (double t = f->beats[i] + 0.06; t < f->beats[i + 1] - 0.06 && m < n; t += 0.004) between[m++] = level_at(y, n, t);
  float noise = fecg_quantile(between, m, 0.95);
  if (noise > 0.9f) noise = 0.9f;
  for (size_t i = 0; i < f->count; i++) {
    const float c = (level_at(y, n, f->beats[i]) - noise) / (1 - noise);
    own[i] = c < 0 ? 0 : c > 1 ? 1 : c;
  }
  for (size_t i = 0; i < f->count; i++) f->seen_s[i] = seen_at(y, n, f, i, own[i], noise);
  for (size_t i = 0; i < f->count; i++) {
    double sum = 0, beats = 0;
    for (size_t j = i > BLANK_BEATS ? i - BLANK_BEATS : 0; j < f->count && j <= i + BLANK_BEATS; j++) sum += own[j], beats++;
    const double around = sum / beats;
    f->confidence[i] = around < BLANK_CONFIDENCE ? -1 : (float)(0.5 * own[i] + 0.5 * around);
  }
  size_t kept = 0;
  for (size_t i = 0; i < f->count; i++) {
    if (f->confidence[i] < 0) continue;
    f->beats[kept] = f->beats[i];
    f->confidence[kept] = f->confidence[i];
    f->seen_s[kept] = f->seen_s[i];
    f->interpolated[kept++] = f->interpolated[i];
  }
  f->count = kept;
  fecg_arena_restore(arena, mark);
  return FECG_OK;
}

void fecg_to_filter_peaks(const float *y, size_t n, fecg_fetal *f) {
  for (size_t b = 0; b < f->count; b++) {
    const int64_t at = (int64_t)(f->beats[b] * FECG_WORK_FS + 0.5);
    int64_t best = -1;
    for (int64_t i = at - CLOCK_REACH; i <= at + CLOCK_REACH && !f->interpolated[b]; i++)
      if (i >= 1 && i + 1 < (int64_t)n && y[i] > CLOCK_LEAST && y[i] >= y[i - 1] && y[i] > y[i + 1] && (best < 0 || y[i] > y[best])) best = i;
    if (best < 0) continue;
    const double a = y[best - 1], c = y[best + 1], bend = 2.0 * y[best] - a - c;
    f->beats[b] = ((double)best + (bend > 0 ? 0.5 * (c - a) / bend : 0)) / FECG_WORK_FS;
  }
}

fecg_status fecg_finish_beats(const double *found, size_t count, const float *y, size_t n, fecg_fetal *f, fecg_arena *arena) {
  f->beats = fecg_arena_alloc(arena, 2 * count + 2, sizeof *f->beats);
  f->confidence = fecg_arena_floats(arena, 2 * count + 2);
  f->seen_s = fecg_arena_floats(arena, 2 * count + 2);
  f->interpolated = fecg_arena_alloc(arena, 2 * count + 2, 1);
  if (!f->beats || !f->confidence || !f->seen_s || !f->interpolated) return FECG_ERR_MEMORY;
  fill(found, count, y, n, f);
  return judge(y, n, f, arena);
}
