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
#include "measure/rate.h"

static const double CORE_S = 60, MARGIN_S = 5, TAIL_S = 30; /* a rest shorter than TAIL_S joins the segment before */
static const double SHORTEST_S = 5;
static const float LIMIT_UV = 1e9f; /* beyond: no voltage, a gap */
static const double SEAM_S = 0.15; /* beats nearer than this at a seam are one */
static const double SPARE = 64;    /* samples kept before a segment for the resampling filter */

static fecg_status add_beat(fecg_list *list, double t_s) {
  double *p = fecg_list_add(list, 1);
  if (!p) return FECG_ERR_MEMORY;
  *p = t_s;
  return FECG_OK;
}

fecg_status fecg_extract_create(const fecg_extract_options *o, fecg_extractor **out) {
  if (!out) return FECG_ERR_ARGUMENT;
  *out = NULL;
  if (!o || o->leads < 1 || o->leads > FECG_MAX_LEADS || !o->fs) return FECG_ERR_ARGUMENT;
  if (!(o->mains_hz == 0 || o->mains_hz == 50 || o->mains_hz == 60)) return FECG_ERR_ARGUMENT;
  for (int l = 0; l < o->leads; l++)
    if (!(o->fs[l] >= FECG_MIN_FS && o->fs[l] <= FECG_MAX_FS)) return FECG_ERR_ARGUMENT;
  fecg_method method;
  if (!fecg_choose_method(o->method, o->model, &method)) return FECG_ERR_ARGUMENT;
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
  x->maternal.item_size = x->fetal.item_size = x->gaps.item_size = sizeof(double);
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
  fecg_list_destroy(&x->gaps);
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

/* Beats of the segment's own stretch, in recording time. */
static fecg_status keep_beats(fecg_extractor *x, const fecg_segment *s, const fecg_fetal *f, double start_s, double core, int last) {
  /* Both segments at a seam see its beats, each a little elsewhere: look back, and take none twice. */
  const double from = x->core_s > 0 ? x->core_s - SEAM_S : 0, to = last ? INFINITY : x->core_s + core;
  fecg_status status = FECG_OK;
  for (size_t i = 0; i < s->maternal_count && status == FECG_OK; i++) {
    const double t = start_s + s->maternal[i];
    const double *list = x->maternal.items, *before = x->maternal.count > 0 ? list + x->maternal.count - 1 : NULL;
    if (t >= from && t < to && !(before && t - *before < 2 * SEAM_S) && !fecg_in_gap(s, s->maternal[i])) status = add_beat(&x->maternal, t);
  }
  for (size_t i = 0; f->present && i < f->count && status == FECG_OK; i++) {
    const double t = start_s + f->beats[i];
    const double *list = x->fetal.items, *before = x->fetal.count > 0 ? list + x->fetal.count - 1 : NULL;
    if (t < from || t >= to || (before && t - *before < SEAM_S) || fecg_in_gap(s, f->beats[i])) continue;
    float *confidence = fecg_list_add(&x->confidence, 1), *seen_s = fecg_list_add(&x->seen_s, 1);
    unsigned char *interpolated = fecg_list_add(&x->interpolated, 1);
    status = confidence && seen_s && interpolated ? add_beat(&x->fetal, t) : FECG_ERR_MEMORY;
    if (status != FECG_OK) break;
    *confidence = f->confidence[i];
    *seen_s = f->seen_s[i];
    *interpolated = f->interpolated[i];
  }
  for (double t = x->core_s - start_s, end_s; status == FECG_OK; t = end_s) {
    t = fecg_next_gap(s, t, x->core_s + core - start_s, &end_s);
    if (!isfinite(t)) break;
    status = add_beat(&x->gaps, start_s + t);
  }
  return status;
}

/* Adds what each lead and each quarter of a second had in the network's answer. A lead's share is what the network looked at
 * in it at the fetal beats. */
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
    *v = fecg_network_sees(w, (double)(x->time_contribution.count - 1) / FECG_RATE_FS - start_s);
  }
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
  if (status == FECG_OK) status = fecg_mark_dead(&s, &f, &x->arena);
  if (status != FECG_OK) return status;
  x->segments++;
  x->present += f.present;
  x->second += f.second;
  x->locked += f.reason && strcmp(f.reason, "MATERNAL_LOCK") == 0;
  x->silent += s.usable_count == 0;
  const size_t from = (size_t)((x->core_s - start_s) * FECG_WORK_FS);
  size_t to = (size_t)((x->core_s + core - start_s) * FECG_WORK_FS + 0.5);
  if (to > s.n) to = s.n;
  fecg_tally_leads(&s, from < to ? from : to, to, x->tally, &x->arena);

  float *fetal[FECG_MAX_LEADS] = {NULL}, *residual = fecg_arena_floats(&x->arena, s.n);
  for (int i = 0; i < s.usable_count; i++) fetal[s.usable[i]] = fecg_arena_floats(&x->arena, s.n);
  if (x->arena.failed) return FECG_ERR_MEMORY;
  if (x->signals || x->method == FECG_FHNET) status = fecg_fetal_waveforms(x->method, x->model, &s, &w, &f, 0, FECG_WORK_FS, fetal, &x->arena);
  if (status != FECG_OK) return status;
  for (int i = 0; i < s.usable_count; i++) {
    const int l = s.usable[i];
    for (size_t t = 0; t < s.n; t++) residual[t] = s.x[l][t] - s.mecg[l][t];
    for (size_t b = 0; f.present && b < f.count; b++)
      if (!f.interpolated[b] && start_s + f.beats[b] >= x->core_s && start_s + f.beats[b] < x->core_s + core)
        fecg_beat_add(x->beat + l, residual, s.gap[l], s.n, FECG_WORK_FS, f.beats[b]);
  }
  if (x->signals) {
    const uint64_t out_to = (uint64_t)floor((x->core_s + core) * x->out_fs + 0.5);
    x->out_n = out_to > x->released ? (size_t)(out_to - x->released) : 0;
    const double offset = (double)x->released / x->out_fs - start_s; /* of the first output sample in the segment */
    status = fecg_give_signals(&s, &f, raw, fetal, FECG_WORK_FS, offset, x->out_fs, x->out_n, x->out, &x->arena);
    x->released = out_to;
  }
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
