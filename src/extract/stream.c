/* stream.c — a live recording as a row of frames: samples in, one second at a time into live.c, and what that has settled out. */
#include <math.h>
#include <string.h>

#include "base/math.h"
#include "extract/live.h"
#include "extract/signals.h"
#include "measure/rate.h"
#include "signal/resample.h"

enum { VERSION = 1, HOP_MS = 1000 };
static const uint32_t MAGIC = 0x4c434546; /* "FECL" */
static const double LATER_S = 1.5;        /* what follows a moment before it is told */
static const double RECENT_S = 10;        /* quality and contributions are those of so long */
static const double SEAM_S = 0.15;        /* a beat nearer than this to one that was told is that one */
static const double LONGEST_RR_S = 1.1;   /* fetal beats further apart do not follow each other */
static const double LIVE_S = 20;          /* of valid signal, and what the leads are like has settled; or in any case after 30 s */
static const double HALF_FS = 250;        /* leads of this rate and below hold nothing that half of the working rate cannot */
static const float LIMIT_UV = 1e9f;       /* beyond: no voltage, a gap */

_Static_assert(sizeof(fecg_live) == 82536, "a state goes from build to build: another layout is another VERSION");

struct fecg_stream {
  fecg_live *v;
  fecg_model *model; /* NULL: classical */
  fecg_arena arena;
  fecg_frame frame;
  int has_frame;
};

static int64_t raw_room(double fs) { return (int64_t)ceil((FECG_LIVE_S + 1) * fs) + 2 * FECG_LIVE_SPARE; }

static fecg_live *make(int leads, double fs) {
  const int64_t room = raw_room(fs);
  const uint64_t size = fecg_live_size(leads, room);
  fecg_live *v = size < SIZE_MAX ? fecg_alloc(1, (size_t)size) : NULL;
  if (!v) return NULL;
  v->magic = MAGIC;
  v->version = VERSION;
  v->size = size;
  v->leads = leads;
  v->fs = fs;
  v->raw_room = room;
  return v;
}

fecg_status fecg_stream_create(const fecg_stream_options *o, fecg_stream **out) {
  if (!out) return FECG_ERR_ARGUMENT;
  *out = NULL;
  if (!o || o->leads < 1 || o->leads > FECG_MAX_LEADS || !(o->fs >= FECG_MIN_FS && o->fs <= FECG_MAX_FS)) return FECG_ERR_ARGUMENT;
  if (!(o->mains_hz == 0 || o->mains_hz == 50 || o->mains_hz == 60)) return FECG_ERR_ARGUMENT;
  fecg_method method;
  if (!fecg_choose_method(o->method, o->model, &method) || method == FECG_NETWORK) return FECG_ERR_ARGUMENT;
  fecg_stream *s = fecg_alloc(1, sizeof *s);
  if (!s) return FECG_ERR_MEMORY;
  s->v = make(o->leads, o->fs);
  if (!s->v) {
    fecg_free(s);
    return FECG_ERR_MEMORY;
  }
  s->model = method == FECG_CLASSICAL ? NULL : o->model;
  s->v->method = (int32_t)method;
  s->v->mains_hz = o->mains_hz;
  s->v->reason = FECG_LIVE_TOO_SHORT;
  if (s->model) memcpy(s->v->weights, fecg_model_sha256(s->model), 64);
  *out = s;
  return FECG_OK;
}

void fecg_stream_destroy(fecg_stream *s) {
  if (!s) return;
  fecg_arena_destroy(&s->arena);
  fecg_free(s->v);
  fecg_free(s);
}

/* How many samples there will be at the end of the next step. */
static int64_t next_step(const fecg_live *v) {
  const double end_s = (double)(v->end_ms + HOP_MS) / 1000;
  const int64_t wanted = (int64_t)ceil((end_s - v->base_s) * v->fs - 1e-6);
  return wanted > v->pushed ? wanted : v->pushed;
}

static double pushed_s(const fecg_live *v) { return v->base_s + (double)v->pushed / v->fs; }

/* beats[count] of the segment between from_s less a seam and to_s that were not told before: appended to told[]. Returns how many;
 * which[], unless it is NULL, receives their numbers. What is old is let go. */
static int add_told(const fecg_segment *s, const double *beats, size_t count, double start_s, double from_s, double to_s, double apart_s,
                    double *told, int32_t *told_count, int room, size_t *which) {
  int added = 0;
  int32_t old = 0;
  while (old < *told_count && told[old] < to_s - FECG_LIVE_S) old++;
  memmove(told, told + old, (size_t)(*told_count - old) * sizeof *told);
  *told_count -= old;
  for (size_t i = 0; i < count && *told_count < room; i++) {
    const double t = beats[i] + start_s;
    if (t < from_s - SEAM_S || t >= to_s || t < 0 || (*told_count > 0 && t - told[*told_count - 1] < apart_s)) continue;
    if (fecg_in_gap(s, beats[i])) continue;
    told[(*told_count)++] = t;
    if (which) which[added] = i;
    added++;
  }
  return added;
}

/* Up to where a rate cannot change any more: to the last beat told, or so far that the next is too late to belong to it. */
static double settled_s(const double *told, int count, double told_s, fecg_rate_range range) {
  const double late = told_s - range.rr_max_s, last = count > 0 ? told[count - 1] : -INFINITY;
  return last > late ? last : late;
}

/* bpm[n] of beats told, from tick0_s on; `at` has room for them. */
static void rate_of(const fecg_live_step *p, const double *told, int count, fecg_rate_range range, double tick0_s, double *at, float *bpm, size_t n) {
  for (int i = 0; i < count; i++) at[i] = told[i] - tick0_s;
  fecg_rate(at, (size_t)count, range, bpm, n);
  for (double t = count > 0 ? told[0] - p->start_s : INFINITY, end_s; isfinite(t = fecg_next_gap(&p->s, t, INFINITY, &end_s)); t = end_s)
    fecg_rate_hide(at, (size_t)count, t + p->start_s - tick0_s, bpm, n);
}

static fecg_status add_rates(fecg_stream *s, const fecg_live_step *p, double to_s) {
  fecg_live *v = s->v;
  fecg_frame *f = &s->frame;
  double until = fmin(settled_s(v->told_fetal, v->told_fetal_count, to_s, FECG_RATE_FETAL),
                      settled_s(v->told_maternal, v->told_maternal_count, to_s, FECG_RATE_MATERNAL));
  if (v->finished) until = to_s;
  int64_t end = (int64_t)floor(until * FECG_RATE_FS); /* the first tick that is not settled, or one before */
  if (v->finished) end = (int64_t)(to_s * FECG_RATE_FS);
  if (end < v->tick) end = v->tick;
  const size_t n = (size_t)(end - v->tick);
  const double tick0_s = (double)v->tick / FECG_RATE_FS;
  float *fhr = fecg_arena_floats(&s->arena, n + 1), *mhr = fecg_arena_floats(&s->arena, n + 1);
  double *at = fecg_arena_alloc(&s->arena, FECG_LIVE_FETAL, sizeof *at);
  if (!fhr || !mhr || !at) return FECG_ERR_MEMORY;
  rate_of(p, v->told_fetal, v->told_fetal_count, FECG_RATE_FETAL, tick0_s, at, fhr, n);
  rate_of(p, v->told_maternal, v->told_maternal_count, FECG_RATE_MATERNAL, tick0_s, at, mhr, n);
  f->tick0_s = tick0_s;
  f->ticks = n;
  f->fetal_bpm = fhr;
  f->maternal_bpm = mhr;
  v->tick = end;
  return FECG_OK;
}

static fecg_status add_beats(fecg_stream *s, const fecg_live_step *p, double to_s) {
  fecg_live *v = s->v;
  fecg_frame *f = &s->frame;
  const size_t count = p->f.present ? p->f.count : 0;
  size_t *which = fecg_arena_alloc(&s->arena, count + 1, sizeof *which);
  float *confidence = fecg_arena_floats(&s->arena, count + 1);
  unsigned char *interpolated = fecg_arena_alloc(&s->arena, count + 1, 1);
  if (!which || !confidence || !interpolated) return FECG_ERR_MEMORY;
  const int hers = add_told(&p->s, p->s.maternal, p->s.maternal_count, p->start_s, v->told_s, to_s, 2 * SEAM_S, v->told_maternal, &v->told_maternal_count,
                            FECG_LIVE_MATERNAL, NULL);
  const int its = add_told(&p->s, p->f.beats, count, p->start_s, v->told_s, to_s, SEAM_S, v->told_fetal, &v->told_fetal_count, FECG_LIVE_FETAL, which);
  for (int i = 0; i < its; i++) {
    confidence[i] = p->f.confidence[which[i]];
    interpolated[i] = p->f.interpolated[which[i]];
  }
  f->maternal_count = (size_t)hers;
  f->maternal_s = v->told_maternal + v->told_maternal_count - hers;
  f->fetal_count = (size_t)its;
  f->fetal_s = v->told_fetal + v->told_fetal_count - its;
  f->confidence = confidence;
  f->interpolated = interpolated;
  return FECG_OK;
}

static fecg_status add_quality(fecg_stream *s, fecg_live_step *p, double to_s) {
  fecg_live *v = s->v;
  fecg_frame *f = &s->frame;
  const double from = fmax(to_s - RECENT_S - p->start_s, 0), to = to_s - p->start_s;
  float *quality = fecg_arena_floats(&s->arena, (size_t)v->leads), *share = fecg_arena_floats(&s->arena, (size_t)v->leads);
  const char **state = fecg_arena_alloc(&s->arena, (size_t)v->leads, sizeof *state);
  fecg_lead_tally *tally = fecg_arena_alloc(&s->arena, (size_t)v->leads, sizeof *tally);
  if (!quality || !share || !state || !tally) return FECG_ERR_MEMORY;
  memset(tally, 0, (size_t)v->leads * sizeof *tally);
  if (v->learned_ms > 0) {
    const size_t first = (size_t)(from * FECG_WORK_FS), last = (size_t)(to * FECG_WORK_FS);
    fecg_tally_leads(&p->s, first, last < p->s.n ? last : p->s.n, tally, &s->arena);
  }
  for (int l = 0; l < v->leads; l++) {
    quality[l] = (float)fecg_tallied_quality(tally + l);
    state[l] = FECG_LEAD_STATE_NAMES[v->learned_ms > 0 ? fecg_tallied_state(tally + l) : FECG_LEAD_GAPS];
    share[l] = 0;
  }
  double sum = 0, covered = 0, beats = 0;
  float total = 0;
  for (size_t b = 0; p->f.present && b < p->f.count; b++) {
    const double t = p->f.beats[b], rr = b > 0 ? t - p->f.beats[b - 1] : INFINITY;
    if (t < from || t >= to) continue;
    sum += p->f.confidence[b];
    beats++;
    if (rr < LONGEST_RR_S) covered += rr;
    const size_t i = (size_t)(t * FECG_FHNET_FS);
    for (int u = 0; u < p->s.usable_count && i < p->w.answer.n; u++) {
      share[p->s.usable[u]] += p->w.attention[u][i];
      total += p->w.attention[u][i];
    }
  }
  for (int l = 0; l < v->leads && total > 0; l++) share[l] /= total;
  f->fetal_quality = beats > 0 && to > from ? sum / beats * fmin(covered / (to - from), 1) : 0;
  f->reason = p->f.present ? NULL : p->f.reason;
  f->lead_quality = quality;
  f->lead_state = state;
  f->lead_contribution = s->model ? share : NULL;
  f->live = v->learned_ms > 0 && (v->seconds_learned >= LIVE_S || v->end_ms - v->since_ms >= FECG_LIVE_N);
  return FECG_OK;
}

static fecg_status add_moments(fecg_stream *s, const fecg_live_step *p, double to_s) {
  fecg_live *v = s->v;
  fecg_frame *f = &s->frame;
  f->moment0_s = (double)v->moment / FECG_RATE_FS;
  f->moments = 0;
  if (!s->model) return FECG_OK;
  const int64_t end = (int64_t)ceil(to_s * FECG_RATE_FS);
  const size_t n = end > v->moment ? (size_t)(end - v->moment) : 0;
  float *sees = fecg_arena_floats(&s->arena, n + 1);
  if (!sees) return FECG_ERR_MEMORY;
  for (size_t i = 0; i < n; i++) sees[i] = fecg_network_sees(&p->w, (double)(v->moment + (int64_t)i) / FECG_RATE_FS - p->start_s);
  f->moments = n;
  f->time_contribution = sees;
  v->moment += (int64_t)n;
  return FECG_OK;
}

static fecg_status add_signals(fecg_stream *s, const fecg_live_step *p, double to_s) {
  fecg_live *v = s->v;
  fecg_frame *f = &s->frame;
  fecg_arena *arena = &s->arena;
  const int64_t end = (int64_t)floor((to_s - v->base_s) * v->fs + 0.5);
  f->n = end > v->released ? (size_t)(end - v->released) : 0;
  f->fs = v->fs;
  f->t0_s = v->base_s + (double)v->released / v->fs;
  float *out[3][FECG_MAX_LEADS];
  if (v->learned_ms > 0) {
    const fecg_live_rows rows = fecg_live_views(v);
    fecg_raw_lead raw[FECG_MAX_LEADS];
    fecg_live_raw(v, &rows, p->start_s, raw);
    float *fetal[FECG_MAX_LEADS] = {NULL};
    const size_t step = v->fs <= HALF_FS ? 2 : 1;
    const double work_fs = FECG_WORK_FS / (double)step;
    fecg_segment half = p->s; /* a copy: the mother's part is mended for what is shown, not for the seconds to come */
    half.n = p->s.n / step;
    for (int l = 0; l < v->leads; l++) {
      half.gap[l] = fecg_arena_alloc(arena, half.n, 1);
      if (!half.gap[l]) return FECG_ERR_MEMORY;
      for (size_t i = 0; i < half.n; i++) half.gap[l][i] = p->s.gap[l][step * i];
    }
    for (int i = 0; i < p->s.usable_count; i++) {
      const int l = p->s.usable[i];
      half.x[l] = fecg_arena_floats(arena, half.n);
      half.mecg[l] = fecg_arena_floats(arena, half.n);
      fetal[l] = fecg_arena_floats(arena, half.n);
      if (!half.x[l] || !half.mecg[l] || !fetal[l]) return FECG_ERR_MEMORY;
      for (size_t k = 0; k < half.n; k++) {
        half.x[l][k] = p->s.x[l][step * k];
        half.mecg[l][k] = p->s.mecg[l][step * k];
      }
    }
    const double wanted = fmax(f->t0_s - p->start_s - 0.05, 0);
    fecg_status status = fecg_fetal_waveforms((fecg_method)v->method, s->model, &half, &p->w, &p->f, wanted, work_fs, fetal, arena);
    if (status == FECG_OK) status = fecg_give_signals(&half, &p->f, raw, fetal, work_fs, f->t0_s - p->start_s, v->fs, f->n, out, arena);
    if (status != FECG_OK) return status;
  } else {
    for (int k = 0; k < 3; k++)
      for (int l = 0; l < v->leads; l++) {
        out[k][l] = fecg_arena_floats(arena, f->n);
        if (!out[k][l]) return FECG_ERR_MEMORY;
        for (size_t i = 0; i < f->n; i++) out[k][l][i] = NAN;
      }
  }
  for (int k = 0; k < 3; k++)
    for (int l = 0; l < v->leads; l++) f->signal[k][l] = out[k][l];
  v->released = end > v->released ? end : v->released;
  return FECG_OK;
}

/* Works the `ms` milliseconds that have come, and settles the frame up to to_s. */
static fecg_status settle(fecg_stream *s, int64_t ms, double to_s) {
  fecg_live *v = s->v;
  fecg_live_step *p = fecg_arena_alloc(&s->arena, 1, sizeof *p);
  if (!p) return FECG_ERR_MEMORY;
  if (ms > 0) fecg_live_advance(v, ms);
  fecg_status status = fecg_live_work(v, s->model, p, &s->arena);
  if (status != FECG_OK || (v->learned_ms == 0 && !v->finished)) return status;
  memset(&s->frame, 0, sizeof s->frame);
  status = add_beats(s, p, to_s);
  if (status == FECG_OK) status = add_rates(s, p, to_s);
  if (status == FECG_OK) status = add_moments(s, p, to_s);
  if (status == FECG_OK) status = add_quality(s, p, to_s);
  if (status == FECG_OK) status = add_signals(s, p, to_s);
  v->told_s = to_s;
  s->has_frame = status == FECG_OK;
  return status;
}

/* Lets raw samples go that lie before the rows. */
static void drop_raw(fecg_live *v) {
  const int64_t keep = (int64_t)ceil(FECG_LIVE_S * v->fs) + FECG_LIVE_SPARE, gone = v->raw_count - keep;
  if (gone <= 0) return;
  const fecg_live_rows r = fecg_live_views(v);
  for (int l = 0; l < v->leads; l++) memmove(r.raw[l], r.raw[l] + gone, (size_t)keep * sizeof(float));
  v->raw_count = keep;
}

fecg_status fecg_stream_push(fecg_stream *s, const float *const *uv, size_t n, size_t *used, int *ready) {
  if (used) *used = 0;
  if (ready) *ready = 0;
  if (!s || !used || !ready || (!uv && n > 0)) return FECG_ERR_ARGUMENT;
  fecg_live *v = s->v;
  for (int l = 0; l < v->leads && n > 0; l++)
    if (!uv[l]) return FECG_ERR_ARGUMENT;
  if (v->finished) return FECG_ERR_STATE;
  const int64_t wanted = next_step(v), missing = wanted - v->pushed;
  const size_t take = n < (size_t)missing ? n : (size_t)missing;
  const fecg_live_rows r = fecg_live_views(v);
  for (int l = 0; l < v->leads; l++)
    for (size_t i = 0; i < take; i++) r.raw[l][v->raw_count + (int64_t)i] = fabsf(uv[l][i]) < LIMIT_UV ? uv[l][i] : NAN;
  v->raw_count += (int64_t)take;
  v->pushed += (int64_t)take;
  *used = take;
  if (v->pushed < wanted) return FECG_OK;
  fecg_arena_reset(&s->arena);
  s->has_frame = 0;
  const fecg_status status = settle(s, HOP_MS, (double)(v->end_ms + HOP_MS) / 1000 - LATER_S);
  drop_raw(v);
  *ready = s->has_frame;
  return status;
}

fecg_status fecg_stream_finish(fecg_stream *s, int *ready) {
  if (!s || !ready) return FECG_ERR_ARGUMENT;
  *ready = 0;
  fecg_live *v = s->v;
  if (v->finished) return FECG_OK;
  v->finished = 1;
  fecg_arena_reset(&s->arena);
  s->has_frame = 0;
  const double end_s = pushed_s(v);
  int64_t rest = (int64_t)floor((end_s - (double)v->end_ms / 1000) * 1000 + 1e-6) / FECG_INPUT_STEP * FECG_INPUT_STEP;
  if (rest < 0) rest = 0;
  if (end_s <= 0) return FECG_OK;
  const fecg_status status = settle(s, rest, end_s);
  *ready = s->has_frame;
  return status;
}

fecg_status fecg_stream_frame(const fecg_stream *s, fecg_frame *out) {
  if (!s || !out) return FECG_ERR_ARGUMENT;
  if (!s->has_frame) return FECG_ERR_STATE;
  *out = s->frame;
  return FECG_OK;
}

fecg_status fecg_stream_set_rate(fecg_stream *s, double fs) {
  if (!s || !(fs >= FECG_MIN_FS && fs <= FECG_MAX_FS)) return FECG_ERR_ARGUMENT;
  fecg_live *old = s->v;
  if (old->finished) return FECG_ERR_STATE;
  if (fs == old->fs) return FECG_OK;
  fecg_live *v = make(old->leads, fs);
  if (!v) return FECG_ERR_MEMORY;
  const uint64_t size = v->size;
  const int64_t room = v->raw_room;
  memcpy(v, old, sizeof *v);
  v->size = size;
  v->raw_room = room;
  v->fs = fs;
  v->base_s = pushed_s(old);
  v->pushed = 0;
  v->released = (int64_t)ceil((old->base_s + (double)old->released / old->fs - v->base_s) * fs - 1e-6);
  const int64_t most = room - next_step(v); /* what is still to come before the next step needs its place */
  v->raw_count = (int64_t)floor((double)old->raw_count / old->fs * fs);
  if (v->raw_count > most) v->raw_count = most;
  const fecg_live_rows from = fecg_live_views(old), to = fecg_live_views(v);
  fecg_arena_reset(&s->arena);
  s->has_frame = 0;
  fecg_status status = FECG_OK;
  const size_t n = (size_t)old->raw_count, m = (size_t)v->raw_count;
  const double start_s = (double)n / old->fs - (double)m / fs; /* of the first new sample, from the first old one */
  for (int l = 0; l < v->leads && status == FECG_OK; l++) {
    memcpy(to.x[l], from.x[l], FECG_LIVE_N * sizeof(float));
    memcpy(to.mecg[l], from.mecg[l], FECG_LIVE_N * sizeof(float));
    memcpy(to.residual[l], from.residual[l], FECG_LIVE_N * sizeof(float));
    memcpy(to.gap[l], from.gap[l], FECG_LIVE_N);
    memcpy(to.asked.attention[l], from.asked.attention[l], FECG_LIVE_ASKED * sizeof(float));
    const fecg_arena_mark mark = fecg_arena_save(&s->arena);
    float *held = fecg_arena_floats(&s->arena, n + 1), hold = 0;
    if (!held) status = FECG_ERR_MEMORY;
    for (size_t i = 0; held && i < n; i++) held[i] = hold = isfinite(from.raw[l][i]) ? from.raw[l][i] : hold;
    if (held && n > 0) status = fecg_resample(held, n, old->fs, start_s, to.raw[l], m, fs, &s->arena);
    for (size_t i = 0; held && i < m; i++) { /* a gap stays one */
      const double at = (start_s + (double)i / fs) * old->fs;
      const size_t a = at > 0 ? (size_t)at : 0, b = a + 1 < n ? a + 1 : a;
      if (a >= n || !isfinite(from.raw[l][a]) || !isfinite(from.raw[l][b])) to.raw[l][i] = NAN;
    }
    fecg_arena_restore(&s->arena, mark);
  }
  memcpy(to.asked.fqrs, from.asked.fqrs, FECG_LIVE_ASKED * sizeof(float));
  memcpy(to.asked.mqrs, from.asked.mqrs, FECG_LIVE_ASKED * sizeof(float));
  memcpy(to.asked.total, from.asked.total, FECG_LIVE_ASKED * sizeof(float));
  if (status != FECG_OK) {
    fecg_free(v);
    return status;
  }
  s->v = v;
  fecg_free(old);
  return FECG_OK;
}

/* FNV-1a of what lies behind the field `check`, and of the size. */
static uint32_t check_of(const fecg_live *v) {
  const unsigned char *bytes = (const unsigned char *)v;
  uint32_t h = 2166136261u;
  for (uint64_t i = offsetof(fecg_live, check) + sizeof v->check; i < v->size; i++) h = (h ^ bytes[i]) * 16777619u;
  return h;
}

const uint8_t *fecg_stream_save(fecg_stream *s, size_t *n) {
  if (n) *n = s ? (size_t)s->v->size : 0;
  if (!s) return NULL;
  s->v->check = check_of(s->v);
  return (const uint8_t *)s->v;
}

static int within(double v, double low, double high) { return v >= low && v <= high; }

static int finite_row(const float *x, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (!isfinite(x[i])) return 0;
  return 1;
}

static int near(double a_s, double b_s) { return fabs(a_s - b_s) <= FECG_LIVE_S; }

/* Whether a block whose size is right can be worked on: all that is counted or pointed at is in its range. */
static int sound_block(fecg_live *v) {
  if (v->check != check_of(v)) return 0;
  if (!within(v->base_s, 0, 1e9) || !within(v->told_s, -LATER_S, 2e9) || v->pushed < 0 || v->pushed > INT64_C(1) << 50) return 0;
  if (v->raw_count < 0 || v->end_ms < 0 || v->end_ms > INT64_C(1) << 50) return 0;
  if (v->raw_count + next_step(v) - v->pushed > v->raw_room || v->finished < 0 || v->finished > 1) return 0;
  if (v->n < 0 || v->n > FECG_LIVE_N || v->n > v->end_ms || v->n % FECG_INPUT_STEP || v->end_ms % FECG_INPUT_STEP) return 0;
  if (v->learned_ms < 0 || v->learned_ms > v->end_ms || v->since_ms < 0 || v->since_ms > v->end_ms) return 0;
  if (fabs(pushed_s(v) - (double)v->end_ms / 1000) > 1.001 || !near((double)v->end_ms / 1000, v->told_s)) return 0;
  if (!near(v->base_s + (double)v->released / v->fs, v->told_s) || !near((double)v->tick / FECG_RATE_FS, v->told_s)) return 0;
  if (v->method != FECG_CLASSICAL && !near((double)v->moment / FECG_RATE_FS, v->told_s)) return 0;
  if (!within(v->mains_hz, 0, 60) || !within(v->levels.mains_hz, 0, 65) || !within(v->shift_s, -1, 1) || !within(v->moved_s, -1, 1) || !isfinite(v->weight)) return 0;
  if (v->levels.usable_count < 0 || v->levels.usable_count > v->leads || v->reason < 0 || v->reason >= FECG_LIVE_REASON_COUNT) return 0;
  if (v->maternal_count < 0 || v->maternal_count > FECG_LIVE_MATERNAL || v->found_count < 0 || v->found_count > FECG_LIVE_FETAL) return 0;
  if (v->told_maternal_count < 0 || v->told_maternal_count > FECG_LIVE_MATERNAL) return 0;
  if (v->told_fetal_count < 0 || v->told_fetal_count > FECG_LIVE_FETAL || v->odds_count < 0 || v->odds_count > FECG_LIVE_S) return 0;
  for (int i = 0; i < v->levels.usable_count; i++)
    if (v->levels.usable[i] < 0 || v->levels.usable[i] >= v->leads || (i > 0 && v->levels.usable[i] <= v->levels.usable[i - 1])) return 0;
  const fecg_live_rows r = fecg_live_views(v);
  for (int l = 0; l < v->leads; l++) {
    if (v->state[l] < 0 || v->state[l] >= FECG_LEAD_STATES) return 0;
    for (int64_t i = 0; i < v->raw_count; i++)
      if (fabsf(r.raw[l][i]) >= LIMIT_UV) return 0;
    if (!finite_row(r.x[l], FECG_LIVE_N) || !finite_row(r.mecg[l], FECG_LIVE_N) || !finite_row(r.residual[l], FECG_LIVE_N)) return 0;
  }
  return 1;
}

fecg_status fecg_stream_restore(fecg_stream *s, const uint8_t *bytes, size_t n) {
  if (!s || (!bytes && n > 0)) return FECG_ERR_ARGUMENT;
  if (n < sizeof(fecg_live)) return FECG_ERR_FORMAT;
  fecg_live *head = fecg_alloc(1, sizeof *head); /* bytes need not be aligned */
  if (!head) return FECG_ERR_MEMORY;
  memcpy(head, bytes, sizeof *head);
  const int ours = head->magic == MAGIC && head->version == VERSION && head->size == n && head->leads >= 1 && head->leads <= FECG_MAX_LEADS &&
                   within(head->fs, FECG_MIN_FS, FECG_MAX_FS) && head->raw_room == raw_room(head->fs) &&
                   head->size == fecg_live_size(head->leads, head->raw_room);
  const int same = head->leads == s->v->leads && head->method == s->v->method && memcmp(head->weights, s->v->weights, sizeof head->weights) == 0;
  fecg_free(head);
  if (!ours) return FECG_ERR_FORMAT;
  if (!same) return FECG_ERR_ARGUMENT;
  fecg_live *v = fecg_alloc(1, n);
  if (!v) return FECG_ERR_MEMORY;
  memcpy(v, bytes, n);
  if (!sound_block(v)) {
    fecg_free(v);
    return FECG_ERR_FORMAT;
  }
  fecg_free(s->v);
  s->v = v;
  s->has_frame = 0;
  return FECG_OK;
}
