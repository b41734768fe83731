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
static const double AROUND_S = 0.4; /* a beat's time and half of its interval */
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

/* Weights that are finite can still overflow; what comes of it, or of no window at all, is no evidence for anything. */
static float sound(float log_odds) { return log_odds > LIMIT_ODDS ? LIMIT_ODDS : log_odds >= -LIMIT_ODDS ? log_odds : -LIMIT_ODDS; }

/* A row of n zeros; NULL where memory ran out. */
static float *zeros(size_t n, fecg_arena *arena) {
  float *x = fecg_arena_floats(arena, n);
  if (x) memset(x, 0, n * sizeof *x);
  return x;
}

fecg_status fecg_blend_window(fecg_blend *b, size_t at, const fecg_input *in, size_t from, fecg_model *model, float *present, fecg_arena *arena) {
  const size_t leads = (size_t)in->leads, length = in->n - from < WINDOW ? in->n - from : WINDOW, rows = leads * FECG_INPUT_CHANNELS;
  const fecg_arena_mark mark = fecg_arena_save(arena);
  float *window = zeros(rows * WINDOW, arena);
  if (!window) return FECG_ERR_MEMORY;
  for (size_t r = 0; r < rows; r++) memcpy(window + r * WINDOW, in->x + r * in->n + from, length * sizeof *window);
  fecg_fhnet_output o;
  fecg_status (*const ask)(fecg_model *, const float *, int, uint32_t, fecg_fhnet_output *) = b->fetal[0] ? fecg_fhnet_run : fecg_fhnet_beats;
  const fecg_status status = ask(model, window, in->leads, leads == 32 ? UINT32_MAX : ((uint32_t)1 << leads) - 1, &o);
  fecg_arena_restore(arena, mark);
  if (status != FECG_OK) return status;
  *present = o.present;
  float weight[WINDOW];
  for (int i = 0; i < WINDOW; i++) weight[i] = (float)(0.5 - 0.5 * fecg_cos(2 * FECG_PI * (i + 1) / (WINDOW + 1))) + LEAST_WEIGHT;
  for (size_t i = 0; i < length; i++) {
    b->fqrs[at + i] += weight[i] * o.fqrs[i];
    b->mqrs[at + i] += weight[i] * o.mqrs[i];
    b->total[at + i] += weight[i];
  }
  for (size_t l = 0; l < leads && b->fetal[0]; l++)
    for (size_t i = 0; i < length; i++) b->fetal[l][at + i] += weight[i] * o.fetal[l * WINDOW + i];
  for (int t = 0; t < TOKENS; t++) {
    float share[FECG_MAX_LEADS];
    rollout(&o, in->leads, t, share);
    for (size_t i = (size_t)t * TOKEN; i < (size_t)(t + 1) * TOKEN && i < length; i++)
      for (size_t l = 0; l < leads; l++) b->attention[l][at + i] += weight[i] * share[l];
  }
  return FECG_OK;
}

fecg_status fecg_blend_read(const fecg_blend *b, double present, fecg_network *out, fecg_arena *arena) {
  const size_t n = b->n;
  float *fqrs = fecg_arena_floats(arena, n), *mqrs = fecg_arena_floats(arena, n);
  for (int l = 0; l < b->leads; l++) {
    out->attention[l] = fecg_arena_floats(arena, n);
    out->fetal[l] = b->fetal[0] ? fecg_arena_floats(arena, n) : NULL;
  }
  if (arena->failed) return FECG_ERR_MEMORY;
  for (size_t i = 0; i < n; i++) {
    fqrs[i] = sound(b->fqrs[i] / b->total[i]);
    mqrs[i] = sound(b->mqrs[i] / b->total[i]);
    for (int l = 0; l < b->leads; l++) {
      const float share = b->attention[l][i] / b->total[i];
      out->attention[l][i] = share >= 0 ? share : 0;
      if (out->fetal[l]) out->fetal[l][i] = b->fetal[l][i] / b->total[i];
    }
  }
  out->mqrs = mqrs;
  out->answer = (fecg_answer){fqrs, n, sound((float)present)};
  return FECG_OK;
}

fecg_status fecg_blend_all(fecg_blend *b, const fecg_input *in, fecg_model *model, double *present, fecg_arena *arena) {
  double sum = 0, windows = 0;
  for (size_t start = 0, last = 0; !last; start += HOP) {
    if (start + WINDOW >= in->n) {
      start = in->n > WINDOW ? in->n - WINDOW : 0;
      last = 1;
    }
    float odds = 0;
    const fecg_status status = fecg_blend_window(b, start, in, start, model, &odds, arena);
    if (status != FECG_OK) return status;
    sum += odds;
    windows++;
  }
  *present = sum / windows;
  return FECG_OK;
}

fecg_status fecg_ask_network(const fecg_segment *s, fecg_model *model, int waveforms, fecg_network *out, fecg_arena *arena) {
  memset(out, 0, sizeof *out);
  fecg_input in;
  fecg_status status = fecg_network_input(s, &in, arena);
  if (status != FECG_OK || in.leads == 0 || in.n == 0) return status;
  fecg_blend b = {.n = in.n, .leads = in.leads, .fqrs = zeros(in.n, arena), .mqrs = zeros(in.n, arena), .total = zeros(in.n, arena)};
  for (int l = 0; l < in.leads; l++) {
    b.attention[l] = zeros(in.n, arena);
    b.fetal[l] = waveforms ? zeros(in.n, arena) : NULL;
    out->scale_uv[l] = in.scale[l][1];
  }
  if (arena->failed) return FECG_ERR_MEMORY;
  double present = 0;
  status = fecg_blend_all(&b, &in, model, &present, arena);
  return status == FECG_OK ? fecg_blend_read(&b, present, out, arena) : status;
}

float fecg_network_sees(const fecg_network *w, double t_s) {
  const double at = t_s * FECG_FHNET_FS, reach = AROUND_S * FECG_FHNET_FS;
  float most = NAN;
  for (size_t i = at > reach ? (size_t)(at - reach) : 0; i < w->answer.n && (double)i <= at + reach; i++) {
    const float p = (float)(1 / (1 + fecg_exp(-w->answer.fqrs[i])));
    if (!(most >= p)) most = p;
  }
  return most;
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
