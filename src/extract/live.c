/* live.c — see live.h. A step works the newest second, in two ways. Learning: the last half minute is a segment like any other of
 * the offline pipeline. Following, in between: the newest seconds are prepared by the levels that were learned, the mother's and
 * the fetal beats are searched by the filters that the beats of the half minute make, the network is asked about its newest window,
 * and what does not change any more is kept. So a second costs a fraction of a segment, and at every learning both ways meet. */
#include "extract/live.h"

#include <math.h>
#include <string.h>

#include "extract/fusion.h"
#include "extract/trial.h"
#include "signal/cancel.h"
#include "signal/stats.h"

enum {
  FIRST_MS = 10000, LEAST_MS = 5000,                /* nothing is told before; a finished recording may be as short */
  EARLY_MS = 5000, LOST_MS = 10000, STEADY_MS = 60000, /* from one learning to the next: at first, without a fetus, with one */
  SEARCHED = 12000,                                 /* samples in which beats are searched anew */
  TAIL = 5000, FRESH = 3000,                        /* samples worked on anew, and of these written: filters have settled */
  HOP_MS = 1000, SILENCE_MS = 5000,
  OFF_S = 3, BACK_S = 10,                           /* a lead that is away, or back, for so long is cause to learn */
  WINDOW = FECG_FHNET_WINDOW
};
static const double SAME_MOTHER = 0.95;
static const double REMEMBERED = 0.75; /* of the score that came before */

const char *const FECG_LIVE_REASONS[] = {NULL, "TOO_SHORT", "NO_FETUS", "MATERNAL_LOCK", "NO_SIGNAL"};

static uint64_t rows_offset(void) { return (sizeof(fecg_live) + 15) / 16 * 16; }

uint64_t fecg_live_size(int leads, int64_t raw_room) {
  const uint64_t each = 4 * (uint64_t)raw_room + 3 * 4 * (uint64_t)FECG_LIVE_N + FECG_LIVE_N + 4 * (uint64_t)FECG_LIVE_ASKED;
  return rows_offset() + (uint64_t)leads * each + 3 * 4 * (uint64_t)FECG_LIVE_ASKED;
}

fecg_live_rows fecg_live_views(fecg_live *v) {
  fecg_live_rows r = {.asked = {.n = FECG_LIVE_ASKED}};
  unsigned char *at = (unsigned char *)v + rows_offset();
  float *to = (float *)(void *)at;
  for (int k = 0; k < 3; k++) {
    *(k == 0 ? &r.asked.fqrs : k == 1 ? &r.asked.mqrs : &r.asked.total) = to;
    to += FECG_LIVE_ASKED;
  }
  for (int l = 0; l < v->leads; l++) {
    r.x[l] = to;
    r.mecg[l] = to + FECG_LIVE_N;
    r.residual[l] = to + 2 * FECG_LIVE_N;
    r.asked.attention[l] = to + 3 * FECG_LIVE_N;
    r.raw[l] = r.asked.attention[l] + FECG_LIVE_ASKED;
    to = r.raw[l] + v->raw_room;
  }
  for (int l = 0; l < v->leads; l++) r.gap[l] = (unsigned char *)to + (size_t)l * FECG_LIVE_N;
  return r;
}

void fecg_live_raw(const fecg_live *v, const fecg_live_rows *rows, double start_s, fecg_raw_lead *raw) {
  const double first_s = v->base_s + (double)(v->pushed - v->raw_count) / v->fs;
  for (int l = 0; l < v->leads; l++) raw[l] = (fecg_raw_lead){rows->raw[l], (size_t)v->raw_count, v->fs, first_s - start_s};
}

/* Row x[n] moved left by `by`, what comes in set to zero bytes. */
static void shift(void *x, size_t n, size_t by, size_t size) {
  unsigned char *bytes = x;
  memmove(bytes, bytes + by * size, (n - by) * size);
  memset(bytes + (n - by) * size, 0, by * size);
}

void fecg_live_advance(fecg_live *v, int64_t ms) {
  const fecg_live_rows r = fecg_live_views(v);
  const size_t by = (size_t)ms, asked = by / FECG_INPUT_STEP;
  for (int l = 0; l < v->leads; l++) {
    shift(r.x[l], FECG_LIVE_N, by, sizeof(float));
    shift(r.mecg[l], FECG_LIVE_N, by, sizeof(float));
    shift(r.residual[l], FECG_LIVE_N, by, sizeof(float));
    shift(r.gap[l], FECG_LIVE_N, by, 1);
    memset(r.gap[l] + FECG_LIVE_N - by, 1, by);
    shift(r.asked.attention[l], FECG_LIVE_ASKED, asked, sizeof(float));
  }
  shift(r.asked.fqrs, FECG_LIVE_ASKED, asked, sizeof(float));
  shift(r.asked.mqrs, FECG_LIVE_ASKED, asked, sizeof(float));
  shift(r.asked.total, FECG_LIVE_ASKED, asked, sizeof(float));
  v->end_ms += ms;
  v->n = v->n + ms < FECG_LIVE_N ? v->n + ms : FECG_LIVE_N;
}

/* The part of the rows' answer that is in use. */
static fecg_blend asked_of(const fecg_live *v, const fecg_live_rows *r, int usable) {
  fecg_blend b = r->asked;
  const size_t skip = (size_t)(FECG_LIVE_N - v->n) / FECG_INPUT_STEP;
  b.n -= skip;
  b.fqrs += skip;
  b.mqrs += skip;
  b.total += skip;
  b.leads = usable;
  for (int l = 0; l < usable; l++) b.attention[l] += skip;
  return b;
}

static double mean_odds(const fecg_live *v) {
  double sum = 0;
  for (int i = 0; i < v->odds_count; i++) sum += v->odds[i];
  return v->odds_count > 0 ? sum / v->odds_count : 0;
}

/* Beats in s from start_s on, of those that stand in s from the first sample; those before are left out. Returns how many. */
static size_t beats_from(const double *beats, int count, double start_s, double *out) {
  size_t n = 0;
  for (int i = 0; i < count; i++)
    if (beats[i] >= start_s && beats[i] < start_s + FECG_LIVE_S) out[n++] = beats[i] - start_s;
  return n;
}

static int32_t keep_beats(const double *beats, size_t count, double start_s, double *to, int room) {
  size_t skip = count > (size_t)room ? count - (size_t)room : 0;
  for (size_t i = skip; i < count; i++) to[i - skip] = beats[i] + start_s;
  return (int32_t)(count - skip);
}

static int same_mother(const fecg_live *v, const fecg_live_step *p, fecg_arena *arena) {
  double *before = fecg_arena_alloc(arena, FECG_LIVE_MATERNAL, sizeof *before);
  if (!before) return 0;
  const fecg_trial a = {.beats = before, .count = beats_from(v->maternal, v->maternal_count, p->start_s, before)};
  const fecg_trial b = {.beats = p->s.maternal, .count = p->s.maternal_count};
  return fecg_trial_agreement(&a, &b) > SAME_MOTHER;
}

/* Asks about the newest window. */
static fecg_status ask_newest(fecg_live *v, fecg_blend *b, const fecg_input *in, fecg_model *model, fecg_arena *arena) {
  float odds = 0;
  const fecg_status status = fecg_blend_window(b, b->n - WINDOW, in, in->n - WINDOW, model, &odds, arena);
  if (status != FECG_OK) return status;
  if (v->odds_count == FECG_LIVE_S) memmove(v->odds, v->odds + 1, (size_t)(--v->odds_count) * sizeof *v->odds);
  v->odds[v->odds_count++] = odds;
  return FECG_OK;
}

/* The network's answer over all of the segment; with `kept` what was asked second by second serves, and only its levels are new. */
static fecg_status ask(fecg_live *v, const fecg_live_rows *r, fecg_model *model, int kept, fecg_live_step *p, fecg_arena *arena) {
  fecg_input in;
  fecg_status status = fecg_network_input(&p->s, &in, arena);
  if (status != FECG_OK || in.leads == 0 || in.n == 0) return status;
  fecg_blend b = asked_of(v, r, in.leads);
  if (!kept) {
    memset(b.fqrs, 0, b.n * sizeof(float));
    memset(b.mqrs, 0, b.n * sizeof(float));
    memset(b.total, 0, b.n * sizeof(float));
    for (int l = 0; l < b.leads; l++) memset(b.attention[l], 0, b.n * sizeof(float));
    double present;
    status = fecg_blend_all(&b, &in, model, &present, arena);
    if (status != FECG_OK) return status;
    v->odds_count = FECG_LIVE_S / 2;
    for (int i = 0; i < v->odds_count; i++) v->odds[i] = present;
  } else {
    status = ask_newest(v, &b, &in, model, arena);
    if (status != FECG_OK) return status;
  }
  return fecg_blend_read(&b, mean_odds(v), &p->w, arena);
}

static int32_t reason_of(const fecg_live_step *p) {
  if (p->s.usable_count == 0) return FECG_LIVE_NO_SIGNAL;
  for (int32_t k = 1; p->f.reason && k < FECG_LIVE_REASON_COUNT; k++)
    if (strcmp(p->f.reason, FECG_LIVE_REASONS[k]) == 0) return k;
  return FECG_LIVE_KNOWN;
}

/* Half a minute's averaged beat can have two places that are nearly as steep, and noise decides between them. So that the fiducial
 * does not jump from one to the other, its score is that of what was learned before too, moved by what the search now puts the
 * same beats elsewhere. */
static fecg_status steady_fiducial(fecg_live *v, fecg_live_step *p, fecg_arena *arena) {
  double *before = fecg_arena_alloc(arena, FECG_LIVE_FETAL, sizeof *before), *scratch = fecg_arena_alloc(arena, FECG_LIVE_FETAL, sizeof *scratch);
  if (!before || !scratch) return FECG_ERR_MEMORY;
  const int known = v->present && p->f.present;
  const size_t count = known ? beats_from(v->found, v->found_count, p->start_s, before) : 0;
  const double moved = fecg_beats_moved(before, count, p->f.found, p->f.found_count, 0, 0, scratch) + v->moved_s;
  const int by = (int)rint(moved * 4 * FECG_WORK_FS);
  double highest = 0, score[FECG_FIDUCIAL];
  for (int i = 0; i < FECG_FIDUCIAL; i++) highest = fmax(highest, p->f.fiducial[i]);
  for (int i = 0; i < FECG_FIDUCIAL; i++) {
    const int was = i + by;
    score[i] = (highest > 0 ? p->f.fiducial[i] / highest : 0) + (known && was >= 0 && was < FECG_FIDUCIAL ? REMEMBERED * v->fiducial[was] : 0);
  }
  memcpy(v->fiducial, score, sizeof score);
  v->moved_s = 0;
  v->shift_s = p->f.present ? fecg_fiducial_shift(score) : 0;
  for (size_t i = 0; i < p->f.count; i++) p->f.beats[i] += v->shift_s - p->f.shift_s;
  return FECG_OK;
}

static fecg_status learn(fecg_live *v, const fecg_live_rows *r, fecg_model *model, fecg_live_step *p, fecg_arena *arena) {
  fecg_levels *levels = fecg_arena_alloc(arena, 1, sizeof *levels);
  if (!levels) return FECG_ERR_MEMORY;
  memset(levels, 0, sizeof *levels); /* the block's bytes are part of what save() gives */
  fecg_segment *s = &p->s;
  *s = (fecg_segment){.leads = v->leads, .n = (size_t)v->n, .shown = levels};
  fecg_raw_lead raw[FECG_MAX_LEADS];
  fecg_live_raw(v, r, p->start_s, raw);
  int changed = 0;
  fecg_status status = fecg_prepare(s, raw, v->mains_hz, arena);
  if (status == FECG_OK) status = fecg_find_hearts(s, &p->f, arena);
  if (model && status == FECG_OK && s->usable_count > 0) {
    const int kept = v->present && v->levels.usable_count == s->usable_count &&
                     memcmp(v->levels.usable, s->usable, sizeof s->usable) == 0 && same_mother(v, p, arena);
    status = ask(v, r, model, kept, p, arena);
    if (status == FECG_OK) status = fecg_check_maternal(s, &p->w, &changed, arena);
    if (status == FECG_OK && changed) status = fecg_find_fetal(s, &p->f, arena);
    if (status == FECG_OK && changed) status = ask(v, r, model, 0, p, arena);
    if (status == FECG_OK) status = fecg_fuse(s, &p->w.answer, 0, &p->f, NULL, arena);
  }
  if (status == FECG_OK) status = fecg_mark_dead(s, &p->f, arena);
  if (status != FECG_OK) return status;

  const size_t skip = FECG_LIVE_N - s->n;
  double most = 0;
  for (int l = 0; l < v->leads; l++) {
    size_t valid = 0;
    memcpy(r->x[l] + skip, s->x[l], s->n * sizeof(float));
    memcpy(r->gap[l] + skip, s->gap[l], s->n);
    if (s->mecg[l]) memcpy(r->mecg[l] + skip, s->mecg[l], s->n * sizeof(float));
    for (size_t i = 0; s->mecg[l] && i < s->n; i++) valid += !s->gap[l][i];
    most = fmax(most, (double)valid / FECG_WORK_FS);
    v->state[l] = (int32_t)s->state[l];
    v->away[l] = 0;
  }
  for (int i = 0; i < s->usable_count; i++) memcpy(r->residual[i] + skip, s->residual[i], s->n * sizeof(float));
  v->levels = *levels;
  v->seconds_learned = (int32_t)(most + 0.5); /* the last sample is not one of the last millisecond */
  status = steady_fiducial(v, p, arena);
  if (status != FECG_OK) return status;
  v->maternal_count = keep_beats(s->maternal, s->maternal_count, p->start_s, v->maternal, FECG_LIVE_MATERNAL);
  v->found_count = keep_beats(p->f.found, p->f.found_count, p->start_s, v->found, FECG_LIVE_FETAL);
  v->present = p->f.present;
  v->second = p->f.second;
  v->reason = reason_of(p);
  p->f.reason = FECG_LIVE_REASONS[v->reason];
  v->weight = p->f.weight;
  v->learned_ms = v->end_ms;
  v->next_ms = v->end_ms + (v->n < FECG_LIVE_N ? EARLY_MS : v->present ? STEADY_MS : LOST_MS);
  return FECG_OK;
}

/* Samples since no lead had any for SILENCE_MS; 0: it is so now. All of v->n where there was no such time. */
static int64_t since_silence(const fecg_live *v, const fecg_live_rows *r) {
  int64_t silent = 0, last = 0; /* the newest second has not been looked at */
  for (int64_t back = HOP_MS + 1; back <= v->n; back++) {
    int there = 0;
    for (int l = 0; l < v->leads && !there; l++) there = !r->gap[l][FECG_LIVE_N - back];
    silent = there ? 0 : silent + 1;
    if (there) last = back;
    if (silent >= SILENCE_MS) return last / FECG_INPUT_STEP * FECG_INPUT_STEP;
  }
  return v->n;
}

/* Whether the leads are other than they were when they were learned. */
static int restless(const fecg_live *v) {
  for (int l = 0; l < v->leads; l++) {
    int usable = 0;
    for (int i = 0; i < v->levels.usable_count; i++) usable = usable || v->levels.usable[i] == l;
    if (v->away[l] >= (usable ? OFF_S : BACK_S)) return v->end_ms - v->learned_ms >= EARLY_MS;
  }
  return 0;
}

/* Her beats of the last seconds, for a segment that starts `off_s` after s. */
static fecg_status maternal_from(const fecg_segment *s, double off_s, fecg_segment *tail, fecg_arena *arena) {
  tail->maternal = fecg_arena_alloc(arena, s->maternal_count + 1, sizeof(double));
  if (!tail->maternal) return FECG_ERR_MEMORY;
  tail->maternal_count = 0;
  for (size_t i = 0; i < s->maternal_count; i++)
    if (s->maternal[i] > off_s - 1) tail->maternal[tail->maternal_count++] = s->maternal[i] - off_s;
  return FECG_OK;
}

static fecg_status follow(fecg_live *v, const fecg_live_rows *r, fecg_model *model, fecg_live_step *p, fecg_arena *arena) {
  const size_t n = (size_t)v->n, length = n < TAIL ? n : TAIL, fresh = n < FRESH ? n : FRESH;
  const size_t skip = FECG_LIVE_N - n, off = n - length, old = FECG_LIVE_N - fresh;
  const double off_s = (double)off / FECG_WORK_FS;
  fecg_segment tail = {.leads = v->leads, .n = length, .known = &v->levels};
  fecg_raw_lead raw[FECG_MAX_LEADS];
  fecg_live_raw(v, r, p->start_s + off_s, raw);
  fecg_status status = fecg_prepare(&tail, raw, v->mains_hz, arena);
  if (status != FECG_OK) return status;
  fecg_segment *s = &p->s;
  *s = (fecg_segment){.leads = v->leads, .n = n, .known = &v->levels, .usable_count = v->levels.usable_count, .mains_hz = v->levels.mains_hz};
  memcpy(s->usable, v->levels.usable, sizeof s->usable);
  for (int l = 0; l < v->leads; l++) {
    memcpy(r->x[l] + old, tail.x[l] + length - fresh, fresh * sizeof(float));
    memcpy(r->gap[l] + old, tail.gap[l] + length - fresh, fresh);
    s->x[l] = r->x[l] + skip;
    s->gap[l] = r->gap[l] + skip;
    s->state[l] = tail.state[l] != FECG_LEAD_OK ? tail.state[l] : (fecg_lead_state)v->state[l];
  }
  int away[FECG_MAX_LEADS];
  for (int l = 0; l < v->leads; l++) away[l] = tail.state[l] == FECG_LEAD_OK;
  for (int i = 0; i < s->usable_count; i++) {
    const int l = s->usable[i];
    s->mecg[l] = r->mecg[l] + skip;
    s->residual[i] = r->residual[i] + skip;
    away[l] = !away[l];
  }
  for (int l = 0; l < v->leads; l++) v->away[l] = away[l] ? v->away[l] + (v->away[l] < BACK_S) : 0;
  p->f.reason = FECG_LIVE_REASONS[v->reason];
  if (s->usable_count == 0) return FECG_OK;

  status = fecg_mark_missing(s, arena);
  s->maternal = fecg_arena_alloc(arena, 2 * FECG_LIVE_MATERNAL, sizeof(double)); /* those known, and those found */
  float *hers = fecg_arena_floats(arena, n);
  if (!s->maternal || !hers) return FECG_ERR_MEMORY;
  s->maternal_count = beats_from(v->maternal, v->maternal_count, p->start_s, s->maternal);
  const double from_s = n > SEARCHED ? (double)(n - SEARCHED) / FECG_WORK_FS : 0;
  if (status == FECG_OK) status = fecg_search_maternal(s, from_s, arena);
  const size_t first = fecg_beats_before(s->maternal, s->maternal_count, (double)(n - fresh) / FECG_WORK_FS);
  for (int i = 0; i < s->usable_count && status == FECG_OK; i++) {
    const int l = s->usable[i];
    status = fecg_cancel_newest(&FECG_CANCEL_MATERNAL, s->x[l], n, FECG_WORK_FS, s->maternal, s->maternal_count, first, hers, arena);
    memcpy(r->mecg[l] + old, hers + n - fresh, fresh * sizeof(float));
  }

  for (int l = 0; l < v->leads; l++) { /* the tail as it now stands in the rows */
    tail.x[l] = s->x[l] + off;
    tail.gap[l] = s->gap[l] + off;
    tail.mecg[l] = s->mecg[l] ? s->mecg[l] + off : NULL;
  }
  if (status == FECG_OK) status = maternal_from(s, off_s, &tail, arena);
  if (status == FECG_OK) status = fecg_make_residual(&tail, arena);
  if (status != FECG_OK) return status;
  for (int i = 0; i < s->usable_count; i++) {
    memcpy(r->residual[i] + old, tail.residual[i] + length - fresh, fresh * sizeof(float));
    tail.residual[i] = s->residual[i] + off;
  }
  if (model && length >= FECG_INPUT_STEP * WINDOW) {
    fecg_input in;
    fecg_blend b = asked_of(v, r, s->usable_count);
    status = fecg_network_input(&tail, &in, arena);
    if (status == FECG_OK) status = ask_newest(v, &b, &in, model, arena);
    if (status == FECG_OK) status = fecg_blend_read(&b, mean_odds(v), &p->w, arena);
  }
  v->maternal_count = keep_beats(s->maternal, s->maternal_count, p->start_s, v->maternal, FECG_LIVE_MATERNAL);
  if (status != FECG_OK || !v->present) return status;
  double *found = fecg_arena_alloc(arena, FECG_LIVE_FETAL, sizeof *found);
  if (!found) return FECG_ERR_MEMORY;
  p->f = (fecg_fetal){.present = 1, .second = v->second, .shift_s = v->shift_s, .weight = v->weight, .found = found};
  p->f.found_count = beats_from(v->found, v->found_count, p->start_s, found);
  double moved = 0;
  status = fecg_fuse_newest(s, p->w.answer.n > 0 ? &p->w.answer : NULL, from_s, &moved, &p->f, arena);
  v->shift_s = p->f.shift_s;
  v->moved_s += moved;
  v->found_count = keep_beats(p->f.found, p->f.found_count, p->start_s, v->found, FECG_LIVE_FETAL);
  return status;
}

fecg_status fecg_live_work(fecg_live *v, fecg_model *model, fecg_live_step *out, fecg_arena *arena) {
  memset(out, 0, sizeof *out);
  const fecg_live_rows r = fecg_live_views(v);
  out->start_s = (double)(v->end_ms - v->n) / 1000;
  out->f.reason = FECG_LIVE_REASONS[FECG_LIVE_TOO_SHORT];
  out->s = (fecg_segment){.leads = v->leads, .n = (size_t)v->n};
  if (v->end_ms < (v->finished ? LEAST_MS : FIRST_MS)) return FECG_OK;
  const int64_t since = since_silence(v, &r);
  if (since < FIRST_MS) { /* the electrodes may be others now */
    v->seconds_learned = 0;
    v->next_ms = v->end_ms;
  }
  if (since == 0) v->since_ms = v->end_ms;
  const int due = v->end_ms >= v->next_ms || restless(v), new = v->learned_ms == 0 || (due && since >= FIRST_MS);
  if (new && v->learned_ms > 0) { /* what was before a silence is past */
    v->n = since;
    out->start_s = (double)(v->end_ms - v->n) / 1000;
  }
  return new ? learn(v, &r, model, out, arena) : follow(v, &r, model, out, arena);
}
