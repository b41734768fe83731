/* refine.c — the fetal waveform by attention over beats at equal phase; models/fhnet/refine.py is the same in PyTorch
 * and tells how it was trained.
 *
 * What is left of a lead without the mother is laid out as beats x phase. At each phase p, beat k is the mean of all
 * beats j with weights softmax_j(u_j(p) + v_kj). The key u says how far beat j can be trusted at that phase, from the
 * noise around it: noise comes in bursts and with the mother's beats. The pair v says how alike two beats are: near in
 * time, of equal interval, of equal QRS. A second pass knows the noise better. Since exp(u + v) = exp(u) exp(v), all of
 * it is two matrix products. Last, each phase is shrunk by its share of noise, and each beat has a gain of its own, held
 * to 1 by noise. */
#include "extract/refine.h"

#include <math.h>
#include <string.h>

#include "base/math.h"
#include "signal/cancel.h"
#include "simd/kernels.h"
#include "simd/nn.h"

static const double BEFORE_S = 0.180, AFTER_S = 0.320, TAPER_S = 0.030;
static const double SMOOTH_S = 0.020, QRS_S = 0.060; /* on either side */
static const double EPSILON = 0.02, CLAMP = 12, LEAST_RR = 0.2, MOST_RR = 1.2;
enum { PASSES = 2, PANEL = 8, PAST = 48 }; /* PAST: beats before those wanted that lend themselves, some 20 s */

const fecg_refine FECG_REFINE_PLAIN = {.key = {-1, 0}, .gain = {0, 20, -20}};

int fecg_refine_from(const fecg_model *m, fecg_refine *p) {
  const struct { const char *name; float *to; size_t n; } parts[] = {
      {"refine.key", p->key, FECG_REFINE_KEY},
      {"refine.pair_linear", p->pair_linear, FECG_REFINE_PAIR},
      {"refine.pair.hidden.weight", p->pair_weight[0], FECG_REFINE_HIDDEN * FECG_REFINE_PAIR},
      {"refine.pair.hidden.bias", p->pair_bias, FECG_REFINE_HIDDEN},
      {"refine.pair_out", p->pair_out, FECG_REFINE_HIDDEN},
      {"refine.gain", p->gain, FECG_REFINE_GAIN},
  };
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    const fecg_tensor *t = m ? fecg_model_tensor(m, parts[i].name) : NULL;
    size_t n = t != NULL;
    for (int d = 0; t && d < t->dims; d++) n *= (size_t)t->shape[d];
    if (n != parts[i].n) {
      *p = FECG_REFINE_PLAIN;
      return 0;
    }
    memcpy(parts[i].to, t->x, n * sizeof *t->x);
  }
  return 1;
}

size_t fecg_refine_taps(double fs) { return (size_t)(rint(BEFORE_S * fs) + rint(AFTER_S * fs)) + 1; }

static double clamped(double x, double most) { return x > most ? most : x < -most ? -most : x; }

static double pair_logit(const fecg_refine *p, const float *x) {
  double sum = 0;
  for (int f = 0; f < FECG_REFINE_PAIR; f++) sum += p->pair_linear[f] * x[f];
  for (int h = 0; h < FECG_REFINE_HIDDEN; h++) {
    if (p->pair_out[h] == 0) continue;
    double a = p->pair_bias[h];
    for (int f = 0; f < FECG_REFINE_PAIR; f++) a += p->pair_weight[h][f] * x[f];
    sum += p->pair_out[h] * fecg_tanh(a);
  }
  return sum;
}

/* power[t] and, unless it is NULL, level[t], its logarithm: the mean of (row - mean)^2 over valid samples within `half`, above a floor. */
static void noise_level(const float *row, const float *estimate, const float *valid, size_t taps, size_t half, double floor_,
                        float *level, float *power) {
  double sum = 0, count = 0, counted = 0, per = 1; /* per: one over the count, which seldom changes */
  for (size_t i = 0, in = 0, out = 0; i < taps; i++) {
    for (; in < taps && in <= i + half; in++) {
      const float d = valid[in] * (row[in] - estimate[in]);
      sum += d * d;
      count += valid[in];
    }
    for (; out + half < i; out++) {
      const float d = valid[out] * (row[out] - estimate[out]);
      sum -= d * d;
      count -= valid[out];
    }
    if (count != counted) {
      counted = count;
      per = 1 / (count > 1 ? count : 1);
    }
    power[i] = (float)((sum > 0 ? sum : 0) * per + floor_);
  }
  if (!level) return;
  /* a mean over 2 half + 1 samples changes slowly: the logarithm of every fifth of half of it, straight lines between */
  const size_t step = half / 5 > 1 ? half / 5 : 1;
  float last = (float)fecg_log(power[0]);
  level[0] = last;
  for (size_t from = 0; from + 1 < taps; from += step) {
    const size_t width = taps - 1 - from < step ? taps - 1 - from : step;
    const float next = (float)fecg_log(power[from + width]), rise = (next - last) / (float)width;
    for (size_t i = 1; i <= width; i++) level[from + i] = last + rise * (float)i;
    last = next;
  }
}

static int has_pair(const fecg_refine *p) {
  for (int f = 0; f < FECG_REFINE_PAIR; f++)
    if (p->pair_linear[f] != 0) return 1;
  for (int h = 0; h < FECG_REFINE_HIDDEN; h++)
    if (p->pair_out[h] != 0) return 1;
  return 0;
}

/* Weights are one over the noise and nothing else: no logarithm is needed. */
static int by_noise_alone(const fecg_refine *p) { return !has_pair(p) && p->key[0] == -1 && p->key[1] == 0; }

/* exp(v_kj); qrs: the QRS of the first row. */
static float pair_weight(const fecg_refine *p, const float *qrs, size_t taps, size_t width, const float *size, const float *log_rr,
                         const float *noise, size_t k, size_t j) {
  float x[FECG_REFINE_PAIR] = {0, 0, 0, 1};
  if (j != k) {
    const double apart = (double)(j > k ? j - k : k - j) / 40, change = 10 * fabs((double)log_rr[k] - (double)log_rr[j]);
    const double product = fecg_dot(qrs + k * taps, qrs + j * taps, width);
    const double unlike = ((double)size[k] + (double)size[j] - 2 * product) / (double)width / ((double)noise[k] + (double)noise[j]);
    x[0] = (float)(apart < 4 ? apart : 4);
    x[1] = (float)(change < 3 ? change : 3);
    x[2] = unlike > 1 ? (float)fecg_log(unlike) : 0;
    x[3] = 0;
  }
  return (float)fecg_exp(clamped(pair_logit(p, x), CLAMP));
}

/* rows[count][taps] as fecg_product() takes its second factor. */
static void pack(const float *rows, size_t count, size_t taps, float *packed) {
  for (size_t from = 0; from < taps; from += PANEL)
    for (size_t k = 0; k < count; k++)
      for (size_t i = 0; i < PANEL; i++) *packed++ = from + i < taps ? rows[k * taps + from + i] : 0;
}

fecg_status fecg_refine_rows(const fecg_refine *p, const float *rows, const float *valid, const float *rr, size_t count, size_t wanted,
                             double fs, float *out, fecg_arena *arena) {
  const size_t taps = fecg_refine_taps(fs), cells = count * taps, half = (size_t)rint(SMOOTH_S * fs);
  const size_t reach = (size_t)rint(QRS_S * fs), qrs = (size_t)rint(BEFORE_S * fs) - reach, width = 2 * reach + 1;
  const fecg_arena_mark mark = fecg_arena_save(arena);
  float *key = fecg_arena_floats(arena, cells);      /* exp(u) where valid, else 0; before that log of the noise */
  float *weighted = fecg_arena_floats(arena, cells); /* key times row */
  float *power_at = fecg_arena_floats(arena, cells); /* noise */
  float *noise = fecg_arena_floats(arena, count), *size = fecg_arena_floats(arena, count), *log_rr = fecg_arena_floats(arena, count);
  float *pair = fecg_arena_floats(arena, (count - wanted + 1) * count), *below = fecg_arena_floats(arena, cells); /* weights; sums of them */
  float *packed = fecg_arena_floats(arena, count * ((taps + PANEL - 1) / PANEL * PANEL)), *sum = fecg_arena_floats(arena, taps);
  float *keys = fecg_arena_floats(arena, taps), *variance = fecg_arena_floats(arena, taps); /* of the mean over beats */
  if (!key || !weighted || !power_at || !noise || !size || !log_rr || !pair || !below || !packed || !sum || !keys || !variance) return FECG_ERR_MEMORY;

  memset(sum, 0, taps * sizeof *sum);
  float *first = out; /* the mean of all, in the first row; then in every row */
  memset(first, 0, taps * sizeof *first);
  double known = 0;
  for (size_t k = 0; k < count; k++) {
    for (size_t i = 0; i < taps; i++) first[i] += rows[k * taps + i], sum[i] += valid[k * taps + i];
    size[k] = fecg_dot(rows + k * taps + qrs, rows + k * taps + qrs, width);
    log_rr[k] = (float)fecg_log(rr[k]);
  }
  for (size_t i = 0; i < taps; i++) known += sum[i], first[i] /= sum[i] > 1 ? sum[i] : 1;
  for (size_t k = 1; k < count; k++) memcpy(out + k * taps, first, taps * sizeof *first);

  const int simple = by_noise_alone(p);
  for (int pass = 0; pass < PASSES; pass++) {
    double power = 0, centre = 0;
    for (size_t k = 0; k < count; k++) {
      float sum_of = 0;
      for (size_t c = k * taps; c < (k + 1) * taps; c++) sum_of += valid[c] * (rows[c] - out[c]) * (rows[c] - out[c]);
      power += sum_of;
    }
    const double floor_ = EPSILON * power / (known > 1 ? known : 1) + 1e-12;
    for (size_t k = 0; k < count; k++) {
      float *level = simple ? NULL : key + k * taps;
      noise_level(rows + k * taps, out + k * taps, valid + k * taps, taps, half, floor_, level, power_at + k * taps);
      if (simple) continue;
      double all = 0, inside = 0;
      for (size_t i = 0; i < taps; i++) all += level[i];
      for (size_t i = qrs; i < qrs + width; i++) inside += level[i];
      centre += all / (double)cells;
      noise[k] = (float)((all - inside) / (double)(taps - width));
    }
    memset(keys, 0, taps * sizeof *keys);
    memset(variance, 0, taps * sizeof *variance);
    for (size_t k = 0; k < count; k++) {
      float *u = key + k * taps, scale = 1;
      if (simple) {
        for (size_t i = 0; i < taps; i++) u[i] = (float)floor_ / power_at[k * taps + i];
        noise[k] = (float)fecg_log(floor_);
      } else {
        const float most_of = (float)CLAMP, own = (float)(p->key[1] * (noise[k] - centre) - p->key[0] * centre);
        float most = -most_of;
        for (size_t i = 0; i < taps; i++) {
          const float v = p->key[0] * u[i] + own;
          u[i] = v > most_of ? most_of : v < -most_of ? -most_of : v;
          most = u[i] > most ? u[i] : most;
        }
        fecg_softmax_terms(u, taps); /* exp(u - most) */
        scale = (float)fecg_exp(most);
      }
      for (size_t i = 0; i < taps; i++) {
        u[i] *= scale * valid[k * taps + i];
        weighted[k * taps + i] = u[i] * rows[k * taps + i];
        keys[i] += u[i];
        variance[i] += u[i] * u[i] * power_at[k * taps + i];
      }
      noise[k] = (float)fecg_exp(noise[k]);
    }
    /* one row for each beat wanted, and before them one for the mean that the others share; without a pair's part it is all of them's */
    const size_t from = has_pair(p) ? wanted : count, mean = from > 0, different = count - from + mean;
    float *rows_out = out + (from - mean) * taps;
    for (size_t j = 0; j < count && mean; j++) pair[j] = 1;
    for (size_t k = from; k < count; k++)
      for (size_t j = 0; j < count; j++) {
        const size_t row = k - from + mean;
        pair[row * count + j] = j < k && j >= from ? pair[(j - from + mean) * count + k]
                                                   : pair_weight(p, rows + qrs, taps, width, size, log_rr, noise, k, j);
      }
    const fecg_gemm top = {.m = different, .n = taps, .k = count, .c = rows_out, .c_step = taps};
    pack(weighted, count, taps, packed);
    fecg_product(&top, pair, count, packed);
    const fecg_gemm bottom = {.m = different, .n = taps, .k = count, .c = below, .c_step = taps};
    pack(key, count, taps, packed);
    fecg_product(&bottom, pair, count, packed);
    for (size_t c = 0; c < different * taps; c++) rows_out[c] = below[c] > 1e-12f ? rows_out[c] / below[c] : 0;
    for (size_t k = 0; k + 1 < from; k++) memcpy(out + k * taps, rows_out, taps * sizeof *out);
  }
  /* the share of the signal in what stands at each phase */
  const double noisy = fecg_exp(p->gain[2]);
  for (size_t i = 0; i < taps; i++) {
    keys[i] = keys[i] > 1e-12f ? variance[i] / keys[i] / keys[i] : 0;
    variance[i] = 0;
    for (size_t k = 0; k < count; k++) variance[i] += out[k * taps + i] * out[k * taps + i] / (float)count;
  }
  for (size_t i = 0; i < taps; i++) {
    double signal = 0, error = 0;
    for (size_t t = i > half ? i - half : 0; t < taps && t <= i + half; t++) signal += variance[t], error += keys[t];
    sum[i] = (float)(signal / (signal + noisy * error + 1e-12));
  }
  const double all_gain = fecg_exp(p->gain[0]), hold = fecg_exp((double)p->gain[1] + 5);
  for (size_t k = 0; k < count; k++) {
    float *e = out + k * taps;
    double cross = 0, own = 0;
    for (size_t i = qrs; i < qrs + width; i++) {
      const double a = valid[k * taps + i] * e[i];
      cross += a * rows[k * taps + i];
      own += a * a;
    }
    double gain = (cross / (fs * noise[k]) + hold) / (own / (fs * noise[k]) + hold);
    gain = all_gain * (gain < 0.5 ? 0.5 : gain > 2 ? 2 : gain);
    for (size_t i = 0; i < taps; i++) e[i] *= (float)gain * sum[i];
  }
  fecg_arena_restore(arena, mark);
  return FECG_OK;
}

fecg_status fecg_refine_lead(const fecg_refine *p, const float *residual, const unsigned char *gap, size_t n, double fs,
                             const double *beats, size_t count, float *fetal, fecg_arena *arena) {
  return fecg_refine_newest(p, residual, gap, n, fs, beats, count, 0, fetal, arena);
}

fecg_status fecg_refine_newest(const fecg_refine *p, const float *residual, const unsigned char *gap, size_t n, double fs,
                               const double *beats, size_t count, size_t wanted, float *fetal, fecg_arena *arena) {
  memset(fetal, 0, n * sizeof *fetal);
  if (count <= wanted) return FECG_OK;
  const fecg_arena_mark mark = fecg_arena_save(arena);
  const size_t taps = fecg_refine_taps(fs);
  const double before = rint(BEFORE_S * fs);
  float *rows = fecg_arena_floats(arena, count * taps), *valid = fecg_arena_floats(arena, count * taps);
  float *estimate = fecg_arena_floats(arena, count * taps), *rr = fecg_arena_floats(arena, count);
  float *scratch = fecg_arena_floats(arena, taps + 1 + FECG_BEAT_SPARE), *moved = fecg_arena_floats(arena, taps + 1);
  if (!rows || !valid || !estimate || !rr || !scratch || !moved) return FECG_ERR_MEMORY;
  for (size_t k = 0; k < count; k++) {
    const double start = beats[k] * fs - before;
    fecg_beat_cut(residual, n, start, rows + k * taps, taps, scratch);
    for (size_t i = 0; i < taps; i++) {
      const int64_t at = (int64_t)floor(start + 0.5) + (int64_t)i;
      valid[k * taps + i] = at >= 0 && at < (int64_t)n && !(gap && gap[at]) ? 1 : 0;
      rows[k * taps + i] *= valid[k * taps + i];
    }
    const double interval = k + 1 < count ? beats[k + 1] - beats[k] : k > 0 ? beats[k] - beats[k - 1] : LEAST_RR;
    rr[k] = (float)(interval < LEAST_RR ? LEAST_RR : interval > MOST_RR ? MOST_RR : interval);
  }
  const fecg_status status = fecg_refine_rows(p, rows, valid, rr, count, wanted, fs, estimate, arena);
  if (status != FECG_OK) return status;
  for (size_t k = wanted; k < count; k++)
    fecg_beat_lay(estimate + k * taps, taps, beats[k] * fs - before, k + 1 < count ? beats[k + 1] * fs - before : INFINITY, TAPER_S * fs,
                  fetal, n, moved, scratch);
  fecg_arena_restore(arena, mark);
  return FECG_OK;
}

fecg_status fecg_separate_hearts(const fecg_refine *p, fecg_segment *s, const double *beats, size_t count, double from_s, double fs,
                                 float *const *fetal, fecg_arena *arena) {
  const size_t hers = fecg_beats_before(s->maternal, s->maternal_count, from_s);
  size_t its = fecg_beats_before(beats, count, from_s);
  const size_t old = its > PAST ? its - PAST : 0;
  beats += old;
  count -= old;
  its -= old;
  const fecg_arena_mark mark = fecg_arena_save(arena);
  float *rest = fecg_arena_floats(arena, s->n), *anew = fecg_arena_floats(arena, s->n);
  if (!rest || !anew) return FECG_ERR_MEMORY;
  const size_t wanted = from_s > 0 ? (size_t)(from_s * fs) : 0;
  fecg_status status = FECG_OK;
  for (int i = 0; i < s->usable_count && status == FECG_OK; i++) {
    const int l = s->usable[i];
    memset(fetal[l], 0, s->n * sizeof(float));
    if (count == 0) continue;
    for (size_t t = 0; t < s->n; t++) rest[t] = s->x[l][t] - s->mecg[l][t];
    status = fecg_refine_lead(&FECG_REFINE_PLAIN, rest, s->gap[l], s->n, fs, beats, count, fetal[l], arena);
    for (size_t t = 0; t < s->n; t++) rest[t] = s->x[l][t] - fetal[l][t];
    if (status == FECG_OK)
      status = fecg_cancel_newest(&FECG_CANCEL_MATERNAL, rest, s->n, fs, s->maternal, s->maternal_count, hers, anew, arena);
    for (size_t t = wanted; t < s->n; t++) s->mecg[l][t] = anew[t];
    for (size_t t = 0; t < s->n; t++) rest[t] = s->x[l][t] - s->mecg[l][t];
    if (status == FECG_OK) status = fecg_refine_newest(p, rest, s->gap[l], s->n, fs, beats, count, its, fetal[l], arena);
  }
  fecg_arena_restore(arena, mark);
  return status;
}
