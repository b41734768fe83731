/* qrs_search.c — see qrs_search.h. Leads are joined into one detection signal, the RMS of their slopes at the
 * wavelet scale of the QRS, each in units of its own beats and weighed by how far these stand above what lies
 * between them. Peaks of it are beats where they reach a share of the local level; a pause is searched again with
 * half that share, and a peak soon after a beat has to be as sharp as a QRS: the rules of Pan and Tompkins, IEEE
 * Trans Biomed Eng 32, 1985, looking both ways, as the whole record is there. */
#include "measure/qrs_search.h"

#include <math.h>

#include "signal/beat_search.h"
#include "signal/filter.h"
#include "signal/stats.h"

typedef struct constants {
  double block_s;    /* holds a beat at 30 bpm */
  double smooth_s;
  double apart_s;    /* 250 bpm and a little */
  double most;       /* of its usual beat: what a lead contributes to one beat at most */
  double noise_sharp, clear_sharp; /* beats over what is between them: of mere noise, of a clear lead */
  double share;      /* of the local level: a beat */
  double again;      /* of that, in a pause */
  double pause;      /* of the usual interval */
  double t_wave_s, t_wave_sharp; /* after a beat: a T wave, where not as sharp as this share of it */
  double blunt, low; /* of the usual beat: not as sharp and not as high as this is none */
} constants;
static const constants K = {2.5, 0.05, 0.2, 2.5, 5, 12, 0.45, 0.5, 1.6, 0.36, 0.5, 0.4, 0.7};

size_t fecg_most_qrs(size_t n, double fs) { return (size_t)((double)n / (K.apart_s * fs)) + 2; }

/* Median over blocks of the largest |x| in each; blocks that are all gap or zero do not count. */
static float block_level(const float *x, const unsigned char *gap, size_t n, size_t block, float *scratch) {
  size_t blocks = 0;
  for (size_t from = 0; from < n; from += block) {
    if (from > 0 && n - from < block / 2) break;
    float top = 0;
    for (size_t i = from; i < n && i < from + block; i++)
      if (!(gap && gap[i])) top = fmaxf(top, fabsf(x[i]));
    if (top > 0) scratch[blocks++] = top;
  }
  return fecg_quantile(scratch, blocks, 0.5);
}

/* Weight of a lead: 0 for a flat one, little for noise, 1 where beats are clear. */
static float lead_weight(const fecg_qrs_lead *lead, size_t n, float level, float *scratch) {
  size_t count = 0;
  for (size_t i = 0; i < n; i += 4)
    if (!lead->gap[i]) scratch[count++] = fabsf(lead->slope[i]);
  if (!(level > 0) || count == 0) return 0;
  const double between = fecg_quantile(scratch, count, 0.5), sharp = level / fmax(between, 1e-6 * level);
  return (float)fmin(1, fmax(0.02, (sharp - K.noise_sharp) / (K.clear_sharp - K.noise_sharp)));
}

static float sharpness(const float *fine, size_t n, size_t at, size_t reach) {
  float top = 0;
  for (size_t i = at > reach ? at - reach : 0; i < n && i <= at + reach; i++) top = fmaxf(top, fine[i]);
  return top;
}

/* Level of the beats around sample i: median of the highest peak in each of five blocks. */
static float local_level(const float *tops, size_t blocks, size_t block) {
  float v[5];
  size_t count = 0;
  const size_t first = block > 2 ? block - 2 : 0;
  for (size_t b = first; b < blocks && b < first + 5; b++) v[count++] = tops[b];
  return fecg_quantile(v, count, 0.5);
}

static void drop(const fecg_peak *peaks, const float *sharp, const float *level, size_t count, double usual, unsigned char *taken) {
  for (size_t i = 0; i < count; i++) {
    if (!taken[i]) continue;
    if (sharp[i] < K.blunt * usual && peaks[i].level < K.low * level[i]) taken[i] = 0;
    for (size_t j = i > 2 ? i - 2 : 0; j < count && j <= i + 2; j++) /* T waves, and P waves before a sharper beat */
      if (j != i && taken[j] && fabs(peaks[i].t_s - peaks[j].t_s) < K.t_wave_s && sharp[i] < K.t_wave_sharp * sharp[j]) taken[i] = 0;
  }
}

/* Takes the highest peak of each pause. */
static void search_back(const fecg_peak *peaks, const float *level, size_t count, double usual_s, unsigned char *taken) {
  for (size_t i = 0, from = count; i < count; i++) {
    if (!taken[i]) continue;
    size_t best = count;
    if (from < count && peaks[i].t_s - peaks[from].t_s > K.pause * usual_s)
      for (size_t j = from + 1; j < i; j++)
        if (peaks[j].t_s - peaks[from].t_s > K.t_wave_s && peaks[i].t_s - peaks[j].t_s > K.t_wave_s &&
            peaks[j].level >= K.again * K.share * level[j] && (best == count || peaks[j].level > peaks[best].level))
          best = j;
    if (best < count) taken[best] = 1;
    from = i;
  }
}

/* taken[i]: peak i is a beat. some[count]: work. */
static void choose(const fecg_peak *peaks, const float *sharp, const float *level, size_t count, float overall, double *some,
                   unsigned char *taken) {
  size_t beats = 0, last = count, intervals = 0;
  for (size_t i = 0; i < count; i++) {
    taken[i] = peaks[i].level >= K.share * fmaxf(level[i], 0.3f * overall);
    if (taken[i]) some[beats++] = sharp[i];
  }
  if (beats == 0) return;
  fecg_sort_doubles(some, beats);
  const double usual = some[beats / 2];
  drop(peaks, sharp, level, count, usual, taken);
  for (size_t i = 0; i < count; i++) {
    if (!taken[i]) continue;
    if (last < count) some[intervals++] = peaks[i].t_s - peaks[last].t_s;
    last = i;
  }
  if (intervals == 0) return;
  fecg_sort_doubles(some, intervals);
  search_back(peaks, level, count, some[intervals / 2], taken);
  drop(peaks, sharp, level, count, usual, taken);
}

fecg_status fecg_search_qrs(const fecg_qrs_lead *lead, int leads, size_t n, double fs, size_t *at, size_t *count,
                            fecg_arena *arena) {
  *count = 0;
  if (n == 0) return FECG_OK;
  const fecg_arena_mark mark = fecg_arena_save(arena);
  const size_t block = (size_t)(K.block_s * fs), blocks = n / block + 1, most = fecg_most_qrs(n, fs);
  float *y = fecg_arena_floats(arena, n), *fine = fecg_arena_floats(arena, n), *total = fecg_arena_floats(arena, n);
  float *scratch = fecg_arena_floats(arena, n / 4 + blocks + 1), *tops = fecg_arena_floats(arena, blocks);
  fecg_peak *peaks = fecg_arena_alloc(arena, most, sizeof *peaks);
  float *sharp = fecg_arena_floats(arena, most), *level = fecg_arena_floats(arena, most);
  double *some = fecg_arena_alloc(arena, most, sizeof *some);
  unsigned char *taken = fecg_arena_alloc(arena, most, 1);
  if (!y || !fine || !total || !scratch || !tops || !peaks || !sharp || !level || !some || !taken) return FECG_ERR_MEMORY;
  for (size_t i = 0; i < n; i++) y[i] = fine[i] = total[i] = 0;
  for (int l = 0; l < leads; l++) {
    const float unit = block_level(lead[l].slope, lead[l].gap, n, block, scratch), weight = lead_weight(lead + l, n, unit, scratch);
    if (!(weight > 0)) continue;
    const float top = (float)K.most;
    for (size_t i = 0; i < n; i++) {
      if (lead[l].gap[i]) continue;
      const float s = fminf(top, fabsf(lead[l].slope[i]) / unit), f = fminf(top, fabsf(lead[l].fine[i]) / unit);
      y[i] += weight * s * s;
      fine[i] += weight * f * f;
      total[i] += weight;
    }
  }
  for (size_t i = 0; i < n; i++)
    if (total[i] > 0) y[i] /= total[i], fine[i] /= total[i];
  const fecg_status status = fecg_running_mean(y, n, (size_t)(K.smooth_s * fs), 2, arena);
  if (status) return status;
  for (size_t i = 0; i < n; i++) y[i] = sqrtf(y[i]), fine[i] = sqrtf(fine[i]);
  for (size_t b = 0; b < blocks; b++) tops[b] = 0;
  for (size_t i = 0; i < n; i++) tops[i / block] = fmaxf(tops[i / block], y[i]);
  const float overall = block_level(y, NULL, n, block, scratch);
  const size_t full = blocks > 1 && n % block < block / 2 ? blocks - 1 : blocks;
  const size_t found = fecg_find_peaks(y, n, fs, (size_t)(K.apart_s * fs), peaks);
  for (size_t i = 0; i < found; i++) {
    const size_t k = (size_t)rint(peaks[i].t_s * fs);
    sharp[i] = sharpness(fine, n, k, (size_t)(0.06 * fs));
    level[i] = local_level(tops, full, k / block < full ? k / block : full - 1);
  }
  choose(peaks, sharp, level, found, overall, some, taken);
  for (size_t i = 0; i < found; i++)
    if (taken[i]) at[(*count)++] = (size_t)rint(peaks[i].t_s * fs);
  fecg_arena_restore(arena, mark);
  return FECG_OK;
}
