/* extract.c — a recording as a row of segments. Each has a stretch of its own (a minute, the last up to
 * a minute and a half) and a margin on both sides that only lends context. Beats are taken from a
 * segment's own stretch; signals are given out as each segment is done, so that memory does not grow
 * with the recording, the beats excepted. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/math.h"
#include "extract/extractor.h"
#include "extract/network.h"
#include "extract/refine.h"
#include "measure/rate.h"
#include "signal/cancel.h"
#include "signal/resample.h"
#include "signal/stats.h"
#include "simd/kernels.h"

static const double CORE_S = 60, MARGIN_S = 5, TAIL_S = 30; /* a rest shorter than TAIL_S joins the segment before */
static const double SHORTEST_S = 5;
static const float LIMIT_UV = 1e9f; /* beyond: no voltage, a gap */
static const double SEAM_S = 0.15; /* beats nearer than this at a seam are one */
static const double DEAD_RATIO = 4; /* power of an averaged beat over that of averaged noise, which is 1 */
enum { DEAD_BEATS = 8 };
static const double AROUND_S = 0.4; /* a beat's time and half of its interval */
static const double SPARE = 64;    /* samples kept before a segment for the resampling filter */
static const fecg_cancel FETAL_BEAT = {0.120, 0.300, 0.030, 2, 40}; /* the waveform without a network */

static fecg_status add_beat(fecg_list *list, double t_s) {
  double *p = fecg_list_add(list, 1);
  if (!p) return FECG_ERR_MEMORY;
  *p = t_s;
  return FECG_OK;
}

const char *const FECG_METHOD_NAMES[FECG_METHODS] = {"classical", "network", "fhnet"};

/* The method that the options ask for; 0 where there is no such method, it lacks its model, or the
 * model is of another network. */
static int choose_method(const fecg_extract_options *o, fecg_method *method) {
  if (o->model && strcmp(fecg_model_architecture(o->model), FECG_METHOD_NAMES[FECG_FHNET]) != 0) return 0;
  *method = o->model ? FECG_FHNET : FECG_CLASSICAL;
  if (!o->method) return 1;
  for (int k = 0; k < FECG_METHODS; k++)
    if (strcmp(o->method, FECG_METHOD_NAMES[k]) == 0) {
      *method = (fecg_method)k;
      return k == FECG_CLASSICAL || o->model;
    }
  return 0;
}

fecg_status fecg_extract_create(const fecg_extract_options *o, fecg_extractor **out) {
  if (!out) return FECG_ERR_ARGUMENT;
  *out = NULL;
  if (!o || o->leads < 1 || o->leads > FECG_MAX_LEADS || !o->fs) return FECG_ERR_ARGUMENT;
  if (!(o->mains_hz == 0 || o->mains_hz == 50 || o->mains_hz == 60)) return FECG_ERR_ARGUMENT;
  for (int l = 0; l < o->leads; l++)
    if (!(o->fs[l] >= FECG_MIN_FS && o->fs[l] <= FECG_MAX_FS)) return FECG_ERR_ARGUMENT;
  fecg_method method;
  if (!choose_method(o, &method)) return FECG_ERR_ARGUMENT;
  fecg_extractor *x = fecg_alloc(1, sizeof *x);
  if (!x) return FECG_ERR_MEMORY;
  x->beat = fecg_alloc((size_t)o->leads, sizeof *x->beat);
  if (!x->beat) {
    fecg_free(x);
    return FECG_ERR_MEMORY;
  }
  x->leads = o->leads;
  x->mains_hz = o->mains_hz;
  x->signals = o->signals;
  x->method = method;
  x->model = method == FECG_CLASSICAL ? NULL : o->model;
  for (int l = 0; l < o->leads; l++) {
    x->fs[l] = o->fs[l];
    if (o->fs[l] > x->out_fs) x->out_fs = o->fs[l];
    x->input[l].item_size = sizeof(float);
    if (o->labels && o->labels[l]) snprintf(x->label[l], FECG_LABEL_MAX, "%s", o->labels[l]);
    else snprintf(x->label[l], FECG_LABEL_MAX, "lead%d", l);
  }
  x->maternal.item_size = x->fetal.item_size = sizeof(double);
  x->confidence.item_size = x->seen_s.item_size = x->time_contribution.item_size = sizeof(float);
  x->interpolated.item_size = 1;
  x->diagnostics.item_size = sizeof(fecg_diagnostic);
  *out = x;
  return FECG_OK;
}

void fecg_extract_destroy(fecg_extractor *x) {
  if (!x) return;
  for (int l = 0; l < x->leads; l++) fecg_list_destroy(x->input + l);
  fecg_list_destroy(&x->maternal);
  fecg_list_destroy(&x->fetal);
  fecg_list_destroy(&x->confidence);
  fecg_list_destroy(&x->interpolated);
  fecg_list_destroy(&x->seen_s);
  fecg_list_destroy(&x->diagnostics);
  fecg_list_destroy(&x->time_contribution);
  fecg_arena_destroy(&x->arena);
  fecg_free(x->beat);
  fecg_free(x);
}

fecg_status fecg_extract_push(fecg_extractor *x, int lead, const float *uv, size_t n) {
  if (!x || lead < 0 || lead >= x->leads || (!uv && n > 0)) return FECG_ERR_ARGUMENT;
  if (x->finished) return FECG_ERR_STATE;
  if (n == 0) return FECG_OK;
  float *to = fecg_list_add(x->input + lead, n);
  if (!to) return FECG_ERR_MEMORY;
  for (size_t i = 0; i < n; i++) to[i] = fabsf(uv[i]) < LIMIT_UV ? uv[i] : NAN;
  return FECG_OK;
}

fecg_status fecg_extract_finish(fecg_extractor *x) {
  if (!x) return FECG_ERR_ARGUMENT;
  x->finished = 1;
  return FECG_OK;
}

fecg_status fecg_extract_note(fecg_extractor *x, const char *code, const char *message, int64_t offset) {
  if (!x || !code || !message) return FECG_ERR_ARGUMENT;
  if (x->diagnostics.count >= FECG_DIAGNOSTICS_MAX) return FECG_OK;
  fecg_diagnostic *d = fecg_list_add(&x->diagnostics, 1);
  if (!d) return FECG_ERR_MEMORY;
  snprintf(d->code, sizeof d->code, "%s", code);
  snprintf(d->message, sizeof d->message, "%s", message);
  d->offset = offset;
  return FECG_OK;
}

static double lead_end(const fecg_extractor *x, int l) {
  return (double)(x->dropped[l] + x->input[l].count) / x->fs[l];
}

/* Time up to which every lead (at the end: any lead) has samples. */
static double available(const fecg_extractor *x) {
  double t = lead_end(x, 0);
  for (int l = 1; l < x->leads; l++) {
    const double end = lead_end(x, l);
    if (x->finished ? end > t : end < t) t = end;
  }
  return t;
}

/* Length of the next segment's own stretch, 0 where it cannot be worked on yet. */
static double next_core(const fecg_extractor *x) {
  const double rest = available(x) - x->core_s;
  if (rest >= CORE_S + TAIL_S + MARGIN_S) return CORE_S;
  if (!x->finished || x->done) return 0;
  return rest > CORE_S + TAIL_S ? CORE_S : rest;
}

static fecg_raw_lead raw_lead(const fecg_extractor *x, int l, double start_s, double end_s) {
  const double first = floor(start_s * x->fs[l]) - SPARE, last = ceil(end_s * x->fs[l]) + SPARE;
  const uint64_t have = x->dropped[l] + x->input[l].count;
  uint64_t from = first > (double)x->dropped[l] ? (uint64_t)first : x->dropped[l];
  if (from > have) from = have;
  uint64_t to = last < (double)have ? (uint64_t)last : have;
  if (to < from) to = from;
  const float *uv = x->input[l].items;
  return (fecg_raw_lead){uv ? uv + (from - x->dropped[l]) : NULL, (size_t)(to - from), x->fs[l], (double)from / x->fs[l] - start_s};
}

/* Marks leads in which no heart shows: neither the mother's nor the fetus's averaged beat stands out of
 * what averaging leaves of the noise. They did no harm in the search, but are no use to anybody. */
static fecg_status mark_dead(fecg_segment *s, const fecg_fetal *f, fecg_arena *arena) {
  if (s->maternal_count < DEAD_BEATS) return FECG_OK;
  const fecg_arena_mark mark = fecg_arena_save(arena);
  float *view[FECG_MAX_LEADS];
  const fecg_leads leads = fecg_segment_leads(s, s->band, view);
  const double *beats[2] = {s->maternal, f->beats};
  const size_t counts[2] = {s->maternal_count, f->present ? f->count : 0};
  double stands_out[FECG_MAX_LEADS] = {0};
  for (int heart = 0; heart < 2; heart++) {
    fecg_matched m;
    if (counts[heart] < DEAD_BEATS) continue;
    const fecg_status status = fecg_matched_fit(&m, &leads, beats[heart], counts[heart], 0, 1, 40, arena);
    if (status != FECG_OK) return status;
    for (int i = 0; i < leads.count; i++) {
      const float *b = m.beat + (size_t)i * m.taps;
      const double noise = m.covariance[i * leads.count + i] / (double)counts[heart];
      const double ratio = noise > 0 ? fecg_dot(b, b, m.taps) / (double)m.taps / noise : 0;
      if (ratio > stands_out[i]) stands_out[i] = ratio;
    }
  }
  for (int i = 0; i < leads.count; i++)
    if (stands_out[i] < DEAD_RATIO) s->state[s->usable[i]] = FECG_LEAD_FLAT;
  fecg_arena_restore(arena, mark);
  return FECG_OK;
}

/* Adds the segment's own stretch to each lead's account. Quality: the share of valid time, less the share
 * of seconds whose noise is three times the usual. */
static void tally_leads(fecg_extractor *x, const fecg_segment *s, size_t from, size_t to, fecg_arena *arena) {
  const double core = (double)(to - from) / FECG_WORK_FS;
  const fecg_arena_mark mark = fecg_arena_save(arena);
  float *power = fecg_arena_floats(arena, s->n / 1000 + 2);
  for (int l = 0; l < s->leads && power; l++) {
    fecg_lead_tally *t = x->tally + l;
    size_t valid = 0, windows = 0, loud = 0;
    for (size_t i = from; i < to; i++) valid += !s->gap[l][i];
    for (size_t i = from; s->mecg[l] && i + 1000 <= to; i += 1000) { /* slope of what is left without the mother */
      float sum = 0;
      for (size_t k = i; k + 4 < i + 1000; k++) {
        const float v = (s->x[l][k + 4] - s->mecg[l][k + 4]) - (s->x[l][k] - s->mecg[l][k]);
        if (!s->gap[l][k]) sum += v * v;
      }
      power[windows++] = sum;
    }
    const float usual = fecg_quantile(power, windows, 0.3);
    for (size_t i = 0; i < windows; i++) loud += power[i] > 9 * usual;
    fecg_lead_state state = s->state[l];
    if (state == FECG_LEAD_OK && 4 * loud > windows) state = FECG_LEAD_NOISY;
    if (state == FECG_LEAD_OK && valid < 9 * (to - from) / 10) state = FECG_LEAD_GAPS;
    t->state_s[state] += core;
    t->valid_s += (double)valid / FECG_WORK_FS;
    if (s->mecg[l] && state != FECG_LEAD_FLAT)
      t->quality_s += (double)valid / FECG_WORK_FS * (windows > 0 ? 1 - (double)loud / (double)windows : 1);
  }
  fecg_arena_restore(arena, mark);
}

/* Beats of the segment's own stretch, in recording time. */
static fecg_status keep_beats(fecg_extractor *x, const fecg_segment *s, const fecg_fetal *f, double start_s, double core, int last) {
  /* Both segments at a seam see its beats, each a little elsewhere: look back, and take none twice. */
  const double from = x->core_s > 0 ? x->core_s - SEAM_S : 0, to = last ? INFINITY : x->core_s + core;
  fecg_status status = FECG_OK;
  for (size_t i = 0; i < s->maternal_count && status == FECG_OK; i++) {
    const double t = start_s + s->maternal[i];
    const double *list = x->maternal.items, *before = x->maternal.count > 0 ? list + x->maternal.count - 1 : NULL;
    if (t >= from && t < to && !(before && t - *before < 2 * SEAM_S)) status = add_beat(&x->maternal, t);
  }
  for (size_t i = 0; f->present && i < f->count && status == FECG_OK; i++) {
    const double t = start_s + f->beats[i];
    const double *list = x->fetal.items, *before = x->fetal.count > 0 ? list + x->fetal.count - 1 : NULL;
    if (t < from || t >= to || (before && t - *before < SEAM_S)) continue;
    float *confidence = fecg_list_add(&x->confidence, 1), *seen_s = fecg_list_add(&x->seen_s, 1);
    unsigned char *interpolated = fecg_list_add(&x->interpolated, 1);
    status = confidence && seen_s && interpolated ? add_beat(&x->fetal, t) : FECG_ERR_MEMORY;
    if (status != FECG_OK) break;
    *confidence = f->confidence[i];
    *seen_s = f->seen_s[i];
    *interpolated = f->interpolated[i];
  }
  return status;
}

/* Adds what each lead and each quarter of a second had in the network's answer. A lead's share is what the network looked at
 * in it at the fetal beats; a time's is the probability that it gives to the likeliest fetal QRS around. */
static fecg_status tally_contribution(fecg_extractor *x, const fecg_segment *s, const fecg_network *w, const fecg_fetal *f, double start_s, double core) {
  const double fs = FECG_WORK_FS / FECG_INPUT_STEP;
  for (size_t b = 0; f->present && b < f->count; b++) {
    const double t = start_s + f->beats[b];
    const size_t i = (size_t)(fmax(f->beats[b], 0) * fs);
    if (t < x->core_s || t >= x->core_s + core || i >= w->answer.n) continue;
    for (int l = 0; l < s->usable_count; l++) x->lead_contribution[s->usable[l]] += w->attention[l][i];
  }
  const size_t ticks = (size_t)((x->core_s + core) * FECG_RATE_FS);
  while (x->time_contribution.count < ticks) {
    float *v = fecg_list_add(&x->time_contribution, 1);
    if (!v) return FECG_ERR_MEMORY;
    const double at = ((double)(x->time_contribution.count - 1) / FECG_RATE_FS - start_s) * fs, reach = AROUND_S * fs;
    float most = NAN;
    for (size_t i = at > reach ? (size_t)(at - reach) : 0; i < w->answer.n && (double)i <= at + reach; i++) {
      const float p = (float)(1 / (1 + fecg_exp(-w->answer.fqrs[i])));
      if (!(most >= p)) most = p;
    }
    *v = most;
  }
  return FECG_OK;
}

/* The fetal signal of each usable lead once the beats are known: fetal[lead][n]. FHNet's also mends the mother's part. */
static fecg_status fetal_waveforms(const fecg_extractor *x, fecg_segment *s, const fecg_network *w, const fecg_fetal *f, float *const *fetal,
                                   fecg_arena *arena) {
  const size_t count = f->present ? f->count : 0;
  fecg_status status = FECG_OK;
  if (x->method == FECG_FHNET) {
    fecg_refine p;
    fecg_refine_from(x->model, &p);
    return fecg_separate_hearts(&p, s, f->beats, count, fetal, arena);
  }
  const fecg_arena_mark mark = fecg_arena_save(arena);
  float *residual = fecg_arena_floats(arena, s->n);
  if (!residual) return FECG_ERR_MEMORY;
  for (int i = 0; i < s->usable_count && status == FECG_OK; i++) {
    const int l = s->usable[i];
    for (size_t t = 0; t < s->n; t++) residual[t] = s->x[l][t] - s->mecg[l][t];
    status = x->method == FECG_NETWORK ? fecg_network_waveform(w, i, fetal[l], s->n, arena)
                                       : fecg_cancel_lead(&FETAL_BEAT, residual, s->n, FECG_WORK_FS, f->beats, count, fetal[l], arena);
  }
  fecg_arena_restore(arena, mark);
  return status;
}

/* 1 where the fetal signal is known: between beats that follow each other, and around each. */
static void mark_known(const fecg_fetal *f, unsigned char *known, size_t n) {
  memset(known, 0, n);
  for (size_t i = 0; f->present && i < f->count; i++) {
    double from = f->beats[i] - 0.25, to = f->beats[i] + 0.35;
    if (i + 1 < f->count && f->beats[i + 1] - f->beats[i] < 1.1) to = f->beats[i + 1];
    if (from < 0) from = 0;
    for (size_t k = (size_t)(from * FECG_WORK_FS); k < n && (double)k < to * FECG_WORK_FS; k++) known[k] = 1;
  }
}

/* Fetal, maternal and residual signal at the output rate: they add up to the recording. */
static fecg_status give_signals(fecg_extractor *x, const fecg_segment *s, const fecg_fetal *f, const fecg_raw_lead *raw,
                                float *const *fetal, double start_s, double end_s) {
  fecg_arena *arena = &x->arena;
  const uint64_t to = (uint64_t)floor(end_s * x->out_fs + 0.5);
  const size_t n = to > x->released ? (size_t)(to - x->released) : 0;
  const double offset = (double)x->released / x->out_fs - start_s; /* of the first output sample in the segment */
  unsigned char *known = fecg_arena_alloc(arena, s->n, 1);
  if (!known) return FECG_ERR_MEMORY;
  mark_known(f, known, s->n);
  for (int l = 0; l < x->leads; l++) {
    for (int k = 0; k < 3; k++) {
      x->out[k][l] = fecg_arena_floats(arena, n);
      if (!x->out[k][l]) return FECG_ERR_MEMORY;
    }
    float *fecg = x->out[FECG_FETAL][l], *mecg = x->out[FECG_MATERNAL][l], *rest = x->out[FECG_RESIDUAL][l];
    if (!s->mecg[l]) {
      for (size_t i = 0; i < n; i++) fecg[i] = mecg[i] = rest[i] = NAN;
      continue;
    }
    fecg_status status = fecg_resample(fetal[l], s->n, FECG_WORK_FS, offset, fecg, n, x->out_fs, arena);
    if (status == FECG_OK) status = fecg_resample(s->mecg[l], s->n, FECG_WORK_FS, offset, mecg, n, x->out_fs, arena);
    if (status == FECG_OK && raw[l].fs != x->out_fs) { /* a slower lead is brought to the output rate */
      const fecg_arena_mark mark = fecg_arena_save(arena);
      float *copy = fecg_arena_floats(arena, raw[l].n);
      if (!copy) return FECG_ERR_MEMORY;
      float hold = 0;
      for (size_t i = 0; i < raw[l].n; i++) copy[i] = hold = isfinite(raw[l].uv[i]) ? raw[l].uv[i] : hold;
      status = fecg_resample(copy, raw[l].n, raw[l].fs, offset - raw[l].offset_s, rest, n, x->out_fs, arena);
      fecg_arena_restore(arena, mark);
    } else if (status == FECG_OK) {
      const int64_t first = (int64_t)floor((offset - raw[l].offset_s) * x->out_fs + 0.5);
      for (size_t i = 0; i < n; i++) {
        const int64_t at = first + (int64_t)i;
        rest[i] = at >= 0 && at < (int64_t)raw[l].n ? raw[l].uv[at] : NAN;
      }
    }
    if (status != FECG_OK) return status;
    for (size_t i = 0; i < n; i++) {
      double at = floor((offset + (double)i / x->out_fs) * FECG_WORK_FS + 0.5);
      if (at > (double)(s->n - 1)) at = (double)(s->n - 1);
      const size_t k = at > 0 ? (size_t)at : 0;
      if (s->gap[l][k] || !isfinite(rest[i])) {
        fecg[i] = mecg[i] = rest[i] = NAN;
        continue;
      }
      if (!known[k]) fecg[i] = NAN;
      rest[i] -= mecg[i] + (known[k] ? fecg[i] : 0);
    }
  }
  x->out_n = n;
  x->released = to;
  return FECG_OK;
}

/* A recording too short to work on still has its length: gaps. */
static fecg_status give_gaps(fecg_extractor *x, double end_s) {
  const size_t n = (size_t)floor(end_s * x->out_fs + 0.5);
  for (int l = 0; l < x->leads; l++)
    for (int k = 0; k < 3; k++) {
      x->out[k][l] = fecg_arena_floats(&x->arena, n);
      if (!x->out[k][l]) return FECG_ERR_MEMORY;
      for (size_t i = 0; i < n; i++) x->out[k][l][i] = NAN;
    }
  x->out_n = n;
  return FECG_OK;
}

static void drop_input(fecg_extractor *x) {
  for (int l = 0; l < x->leads; l++) {
    const double keep = floor((x->core_s - MARGIN_S) * x->fs[l]) - 2 * SPARE;
    if (keep <= (double)x->dropped[l]) continue;
    size_t gone = (size_t)(keep - (double)x->dropped[l]);
    if (gone > x->input[l].count) gone = x->input[l].count;
    float *uv = x->input[l].items;
    if (gone > 0) memmove(uv, uv + gone, (x->input[l].count - gone) * sizeof *uv);
    x->input[l].count -= gone;
    x->dropped[l] += gone;
  }
}

static fecg_status run_segment(fecg_extractor *x, double core) {
  const double end = available(x);
  const int last = x->finished && x->core_s + core >= end;
  const double start_s = floor((x->core_s > MARGIN_S ? x->core_s - MARGIN_S : 0) * FECG_WORK_FS) / FECG_WORK_FS;
  const double stop_s = x->core_s + core + MARGIN_S < end ? x->core_s + core + MARGIN_S : end;
  fecg_segment s = {.leads = x->leads, .n = (size_t)floor((stop_s - start_s) * FECG_WORK_FS + 0.5)};
  fecg_fetal f = {0};
  fecg_raw_lead raw[FECG_MAX_LEADS];
  for (int l = 0; l < x->leads; l++) raw[l] = raw_lead(x, l, start_s, stop_s);
  fecg_network w = {0};
  fecg_status status = fecg_prepare(&s, raw, x->mains_hz, &x->arena);
  if (status == FECG_OK) status = fecg_find_hearts(&s, &f, &x->arena);
  if (x->model) {
    const int waveforms = x->signals && x->method == FECG_NETWORK;
    int changed = 0;
    if (status == FECG_OK) status = fecg_ask_network(&s, x->model, waveforms, &w, &x->arena);
    if (status == FECG_OK) status = fecg_check_maternal(&s, &w, &changed, &x->arena);
    if (status == FECG_OK && changed) status = fecg_find_fetal(&s, &f, &x->arena);
    if (status == FECG_OK && changed) status = fecg_ask_network(&s, x->model, waveforms, &w, &x->arena);
    if (status == FECG_OK) status = fecg_fuse(&s, &w.answer, x->method == FECG_NETWORK, &f, NULL, &x->arena);
    if (status == FECG_OK) status = tally_contribution(x, &s, &w, &f, start_s, core);
  }
  if (status == FECG_OK) status = keep_beats(x, &s, &f, start_s, core, last);
  if (status == FECG_OK) status = mark_dead(&s, &f, &x->arena);
  if (status != FECG_OK) return status;
  x->segments++;
  x->present += f.present;
  x->second += f.second;
  x->locked += f.reason && strcmp(f.reason, "MATERNAL_LOCK") == 0;
  x->silent += s.usable_count == 0;
  const size_t from = (size_t)((x->core_s - start_s) * FECG_WORK_FS);
  size_t to = (size_t)((x->core_s + core - start_s) * FECG_WORK_FS + 0.5);
  if (to > s.n) to = s.n;
  tally_leads(x, &s, from < to ? from : to, to, &x->arena);

  float *fetal[FECG_MAX_LEADS] = {NULL}, *residual = fecg_arena_floats(&x->arena, s.n);
  for (int i = 0; i < s.usable_count; i++) fetal[s.usable[i]] = fecg_arena_floats(&x->arena, s.n);
  if (x->arena.failed) return FECG_ERR_MEMORY;
  if (x->signals || x->method == FECG_FHNET) status = fetal_waveforms(x, &s, &w, &f, fetal, &x->arena);
  if (status != FECG_OK) return status;
  for (int i = 0; i < s.usable_count; i++) {
    const int l = s.usable[i];
    for (size_t t = 0; t < s.n; t++) residual[t] = s.x[l][t] - s.mecg[l][t];
    for (size_t b = 0; f.present && b < f.count; b++)
      if (!f.interpolated[b] && start_s + f.beats[b] >= x->core_s && start_s + f.beats[b] < x->core_s + core)
        fecg_beat_add(x->beat + l, residual, s.gap[l], s.n, FECG_WORK_FS, f.beats[b]);
  }
  if (x->signals) status = give_signals(x, &s, &f, raw, fetal, start_s, x->core_s + core);
  x->core_s += core;
  if (last) x->done = 1;
  return status;
}

fecg_status fecg_extract_process(fecg_extractor *x, int *more) {
  if (!x || !more) return FECG_ERR_ARGUMENT;
  fecg_arena_reset(&x->arena);
  x->out_n = 0;
  *more = 0;
  const double core = next_core(x);
  fecg_status status = FECG_OK;
  if (core > 0 && (x->core_s > 0 || core >= SHORTEST_S)) {
    status = run_segment(x, core);
    if (status == FECG_OK) drop_input(x);
  } else if (x->finished && !x->done) {
    if (x->signals && core > 0) status = give_gaps(x, x->core_s + core);
    x->done = 1;
  }
  *more = status == FECG_OK && next_core(x) > 0;
  return status;
}

const float *fecg_extract_signal(const fecg_extractor *x, fecg_signal kind, int lead, size_t *n) {
  const int good = x && kind >= FECG_FETAL && kind <= FECG_RESIDUAL && lead >= 0 && lead < x->leads && x->out_n > 0;
  if (n) *n = good ? x->out_n : 0;
  return good ? x->out[kind][lead] : NULL;
}

double fecg_extract_signal_fs(const fecg_extractor *x) { return x ? x->out_fs : 0; }

const double *fecg_extract_beats(const fecg_extractor *x, size_t *n) {
  if (n) *n = x ? x->fetal.count : 0;
  return x ? x->fetal.items : NULL;
}
