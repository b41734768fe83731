/* network.c — see network.h. Windows are weighed by a raised cosine, so that each sample is told mostly by the window
 * that sees most around it. */
#include "extract/network.h"

#include <math.h>
#include <string.h>

#include "base/math.h"
#include "net/fhnet.h"
#include "signal/resample.h"
#include "simd/kernels.h"

enum { WINDOW = FECG_FHNET_WINDOW, HOP = WINDOW / 2, TOKENS = FECG_FHNET_TOKENS, TOKEN = WINDOW / TOKENS, HEADS = FECG_FHNET_HEADS };
enum { LEAST_BEATS = 4 };
static const double REACH_S = 0.030, SURE = 2; /* log odds by which the network's maternal beats have to be better */
static const float LIMIT = 12, LIMIT_ODDS = 40;
static const float LEAST_WEIGHT = 1e-3f; /* so that the ends, which only one window sees, are told too */

/* Share of each lead in token t: the pooling over leads, and half of what each lead took from the others in the graph, the
 * other half being its own (attention rollout, Abnar and Zuidema, ACL 2020). */
static void rollout(const fecg_fhnet_output *o, int leads, int t, float *share) {
  const float *pool = o->lead_weight + (size_t)t * (size_t)leads;
  for (int j = 0; j < leads; j++) share[j] = 0.5f * pool[j];
  for (int h = 0; h < HEADS; h++)
    for (int i = 0; i < leads; i++) {
      const float *edge = o->edge + (((size_t)t * HEADS + (size_t)h) * (size_t)leads + (size_t)i) * (size_t)leads;
      for (int j = 0; j < leads; j++) share[j] += 0.5f / HEADS * pool[i] * edge[j];
    }
}

/* Weights that are finite can still overflow; what comes of it is no evidence for anything. */
static float sound(float log_odds) { return log_odds > LIMIT_ODDS ? LIMIT_ODDS : log_odds >= -LIMIT_ODDS ? log_odds : -LIMIT_ODDS; }

fecg_status fecg_ask_network(const fecg_segment *s, fecg_model *model, int waveforms, fecg_network *out, fecg_arena *arena) {
  memset(out, 0, sizeof *out);
  fecg_input in;
  fecg_status status = fecg_network_input(s, &in, arena);
  if (status != FECG_OK || in.leads == 0 || in.n == 0) return status;
  const size_t n = in.n, leads = (size_t)in.leads;
  float *fqrs = fecg_arena_floats(arena, n), *mqrs = fecg_arena_floats(arena, n), *total = fecg_arena_floats(arena, n), weight[WINDOW];
  float *window = fecg_arena_floats(arena, leads * FECG_INPUT_CHANNELS * WINDOW);
  for (size_t l = 0; l < leads; l++) {
    out->attention[l] = fecg_arena_floats(arena, n);
    if (waveforms) out->fetal[l] = fecg_arena_floats(arena, n);
    out->scale_uv[l] = in.scale[l][1];
  }
  if (arena->failed) return FECG_ERR_MEMORY;
  memset(fqrs, 0, n * sizeof *fqrs);
  memset(mqrs, 0, n * sizeof *mqrs);
  memset(total, 0, n * sizeof *total);
  for (size_t l = 0; l < leads; l++) {
    memset(out->attention[l], 0, n * sizeof(float));
    if (waveforms) memset(out->fetal[l], 0, n * sizeof(float));
  }
  for (int i = 0; i < WINDOW; i++) weight[i] = (float)(0.5 - 0.5 * fecg_cos(2 * FECG_PI * (i + 1) / (WINDOW + 1))) + LEAST_WEIGHT;
  const uint32_t mask = leads == 32 ? UINT32_MAX : ((uint32_t)1 << leads) - 1;
  double present = 0, windows = 0;
  for (size_t start = 0, last = 0; !last; start += HOP) {
    if (start + WINDOW >= n) {
      start = n > WINDOW ? n - WINDOW : 0;
      last = 1;
    }
    const size_t length = n - start < WINDOW ? n - start : WINDOW;
    memset(window, 0, leads * FECG_INPUT_CHANNELS * WINDOW * sizeof *window);
    for (size_t r = 0; r < leads * FECG_INPUT_CHANNELS; r++) memcpy(window + r * WINDOW, in.x + r * n + start, length * sizeof *window);
    fecg_fhnet_output o;
    status = fecg_fhnet_run(model, window, in.leads, mask, &o);
    if (status != FECG_OK) return status;
    present += o.present;
    windows++;
    for (size_t i = 0; i < length; i++) {
      fqrs[start + i] += weight[i] * o.fqrs[i];
      mqrs[start + i] += weight[i] * o.mqrs[i];
      total[start + i] += weight[i];
    }
    for (size_t l = 0; l < leads && waveforms; l++)
      for (size_t i = 0; i < length; i++) out->fetal[l][start + i] += weight[i] * o.fetal[l * WINDOW + i];
    for (int t = 0; t < TOKENS; t++) {
      float share[FECG_MAX_LEADS];
      rollout(&o, in.leads, t, share);
      for (size_t i = (size_t)t * TOKEN; i < (size_t)(t + 1) * TOKEN && i < length; i++)
        for (size_t l = 0; l < leads; l++) out->attention[l][start + i] += weight[i] * share[l];
    }
  }
  for (size_t i = 0; i < n; i++) {
    fqrs[i] = sound(fqrs[i] / total[i]);
    mqrs[i] = sound(mqrs[i] / total[i]);
    for (size_t l = 0; l < leads; l++) {
      const float share = out->attention[l][i] / total[i];
      out->attention[l][i] = share >= 0 ? share : 0;
    }
    for (size_t l = 0; l < leads && waveforms; l++) out->fetal[l][i] /= total[i];
  }
  out->mqrs = mqrs;
  out->answer = (fecg_answer){fqrs, n, sound((float)(present / windows))};
  return FECG_OK;
}

/* Mean over beats of the highest of x[n] (250 Hz) within REACH_S. */
static double mean_at(const float *x, size_t n, const double *beats, size_t count) {
  double sum = 0;
  for (size_t b = 0; b < count; b++) {
    float most = -LIMIT;
    for (double t = beats[b] - REACH_S; t <= beats[b] + REACH_S; t += 1 / FECG_FHNET_FS) {
      const int64_t i = (int64_t)(t * FECG_FHNET_FS + 0.5);
      if (i >= 0 && i < (int64_t)n && x[i] > most) most = x[i];
    }
    sum += most;
  }
  return count > 0 ? sum / (double)count : -LIMIT;
}

fecg_status fecg_check_maternal(fecg_segment *s, const fecg_network *w, int *changed, fecg_arena *arena) {
  *changed = 0;
  const size_t m = w->answer.n, n = s->n;
  if (m == 0) return FECG_OK;
  double *beats = fecg_arena_alloc(arena, n / 200 + 2, sizeof *beats);
  const fecg_arena_mark mark = fecg_arena_save(arena);
  float *level = fecg_arena_floats(arena, n);
  if (!level || !beats) return FECG_ERR_MEMORY;
  size_t count = 0;
  fecg_status status = fecg_resample(w->mqrs, m, FECG_FHNET_FS, 0, level, n, FECG_WORK_FS, arena);
  for (size_t i = 0; i < n; i++) level[i] = (float)fecg_exp(0.25 * level[i]);
  if (status == FECG_OK) status = fecg_maternal_train(level, n, beats, &count, arena);
  const double hers = mean_at(w->mqrs, m, s->maternal, s->maternal_count), others = mean_at(w->mqrs, m, beats, count);
  if (status == FECG_OK && count >= LEAST_BEATS && others > SURE && others > hers + SURE) {
    s->maternal = beats;
    s->maternal_count = count;
    *changed = 1;
  }
  fecg_arena_restore(arena, mark);
  return status == FECG_OK && *changed ? fecg_follow_maternal(s, arena) : status;
}

fecg_status fecg_network_waveform(const fecg_network *w, int i, float *out, size_t n, fecg_arena *arena) {
  const fecg_arena_mark mark = fecg_arena_save(arena);
  float *uv = fecg_arena_floats(arena, w->answer.n);
  if (!uv) return FECG_ERR_MEMORY;
  for (size_t t = 0; t < w->answer.n; t++) {
    const double e = fecg_exp(w->fetal[i][t]); /* sinh */
    uv[t] = w->scale_uv[i] * (float)(0.5 * (e - 1 / e));
  }
  const fecg_status status = fecg_resample(uv, w->answer.n, FECG_FHNET_FS, 0, out, n, FECG_WORK_FS, arena);
  fecg_arena_restore(arena, mark);
  return status;
}
