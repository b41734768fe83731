/* fusion.c — see fusion.h. The network knows what a fetal QRS looks like among noise and rests of the mother, whatever the
 * woman; the matched filter knows what this fetus's QRS looks like in these leads, once some beats are known. Their log
 * likelihood ratios are added and searched together by the dynamic programming of the classical stage; the beats found
 * make a better filter, twice. The network's beats and the classical ones are both tried as starts. */
#include "extract/fusion.h"

#include <math.h>
#include <string.h>

#include "base/math.h"
#include "extract/input.h"
#include "extract/trial.h"
#include "signal/resample.h"
#include "signal/stats.h"

enum { ROUNDS = 2, LEAST_BEATS = 4, LEAST_BELIEVED = 8 };
static const double LIGHT = 0.3;         /* weight of the filter beside the network, against 1 */
static const double SAME_S = 0.030;      /* a peak this near to a beat is its own */
static const double MOVED_S = 0.050;     /* and a beat this near to one before is that one */
static const double BELIEVED = 1.2;      /* log odds that the classical stage's own belief adds to its train */
/* Log odds that a train is a fetus's, from its evidence: logistic regression on trains found in simulated women, see
 * models/fhnet/judge.py. */
static const double JUDGE[FECG_EVIDENCE] = {0.168, 0.404, 0.112, -5.000, -4.515, -2.345, -0.438, 0.179}, JUDGE_BIAS = -0.801;
/* Believed above these log odds. Of simulated minutes without a fetus the likeliest reaches -1.32. */
static const double BELIEVE = -0.75;
static const double DOUBT = -4; /* below, not even if the classical stage believes in it */
static const float FILTER_LIMIT = 8;     /* of the filter's log likelihood ratio: one loud artefact is no proof */
static const double LEVEL = 0.25;        /* the search takes levels above zero and works on their logarithm */

/* y[n] at the working rate from the network's log odds. */
static fecg_status odds_at_working_rate(const fecg_segment *s, const fecg_answer *a, float *odds, fecg_arena *arena) {
  return fecg_resample(a->fqrs, a->n, FECG_WORK_FS / 4, 0, odds, s->n, FECG_WORK_FS, arena);
}

/* Mean and standard deviation of y at the beats and between them. */
typedef struct levels {
  double beat, other, sd;
} levels;

static levels levels_of(const float *y, size_t n, const double *beats, size_t count) {
  double beat = 0, at = 0, other = 0, square = 0, others = 0;
  for (size_t i = 0; i < count; i++) {
    const int64_t k = (int64_t)(beats[i] * FECG_WORK_FS + 0.5);
    if (k >= 0 && k < (int64_t)n) beat += y[k], at++;
    if (i + 1 >= count) continue;
    for (double t = beats[i] + 0.06; t < beats[i + 1] - 0.06; t += 0.004) {
      const int64_t j = (int64_t)(t * FECG_WORK_FS + 0.5);
      if (j >= 0 && j < (int64_t)n) other += y[j], square += (double)y[j] * y[j], others++;
    }
  }
  levels l = {at > 0 ? beat / at : 0, others > 0 ? other / others : 0, 0};
  const double variance = others > 0 ? square / others - l.other * l.other : 0;
  l.sd = variance > 0 ? sqrt(variance) : 0;
  return l;
}

/* joint = odds, plus the matched filter's log likelihood ratio of a beat of unit size in normal noise, times `weight`. */
static void join(const float *odds, const float *y, size_t n, levels l, double weight, float *joint) {
  const double rise = l.beat - l.other, precision = l.sd > 0 ? weight * rise / (l.sd * l.sd) : 0, half = 0.5 * (l.beat + l.other);
  for (size_t i = 0; i < n; i++) {
    const float v = (float)(precision * (y[i] - half));
    joint[i] = odds[i] + (v > FILTER_LIMIT ? FILTER_LIMIT : v < -FILTER_LIMIT ? -FILTER_LIMIT : v);
  }
}

/* Only at maxima and beside them, where a search looks for peaks; else zero, which is none. */
static void to_levels(const float *log_odds, size_t n, float *y) {
  memset(y, 0, n * sizeof *y);
  for (size_t i = 1; i + 1 < n; i++) {
    if (!(log_odds[i] >= log_odds[i - 1] && log_odds[i] > log_odds[i + 1])) continue;
    for (size_t t = i - 1; t <= i + 1; t++) y[t] = (float)fecg_exp(LEVEL * log_odds[t]);
  }
}

typedef struct fusion {
  fecg_trials k;
  const float *odds;
  float *joint, *level, *row[FECG_MAX_LEADS]; /* row: of k.leads */
  fecg_leads past; /* what the filters are fitted on: k.leads, or more before them */
} fusion;

/* Room for trains of up to `room` beats; 0 where memory ran out. */
static int prepare(fusion *u, size_t room) {
  const fecg_segment *s = u->k.s;
  fecg_arena *arena = u->k.arena;
  for (int i = 0; i < s->usable_count; i++) u->row[i] = s->residual[i];
  u->joint = fecg_arena_floats(arena, s->n);
  u->level = fecg_arena_floats(arena, s->n);
  u->k.y = fecg_arena_floats(arena, s->n);
  u->k.peaks = fecg_arena_alloc(arena, room, sizeof *u->k.peaks);
  u->k.taken = fecg_arena_alloc(arena, room, 1);
  u->k.delays = fecg_arena_alloc(arena, room, sizeof *u->k.delays);
  u->past = u->k.leads = (fecg_leads){u->row, s->usable_count, s->n, FECG_WORK_FS, s->missing};
  return !arena->failed;
}

/* y = log_odds on a scale where it is 1 at a mean beat and 0 between beats. */
static void as_shares(const float *log_odds, size_t n, const double *beats, size_t count, float *y) {
  const levels l = levels_of(log_odds, n, beats, count);
  for (size_t i = 0; i < n; i++) y[i] = l.beat > l.other ? (float)((log_odds[i] - l.other) / (l.beat - l.other)) : 0;
}

/* Searches `log_odds` into t. */
static fecg_status search(fusion *u, const float *log_odds, double *beats, fecg_trial *t) {
  to_levels(log_odds, u->k.s->n, u->level);
  return fecg_trial_search(&u->k, u->level, beats, t);
}

/* u->k.y: the output of the matched filter that these beats make. */
static fecg_status filter(fusion *u, const double *beats, size_t count) {
  const fecg_arena_mark mark = fecg_arena_save(u->k.arena);
  fecg_matched m;
  fecg_status status = fecg_matched_fit(&m, &u->past, beats, count, 0, 1, FECG_TRIAL_HALF, u->k.arena);
  if (status == FECG_OK) status = fecg_matched_run(&m, &u->k.leads, u->k.y, u->k.arena);
  fecg_arena_restore(u->k.arena, mark);
  return status;
}

/* u->joint: the network's log odds and those of the matched filter that these beats make. */
static fecg_status join_own(fusion *u, const double *beats, size_t count, double weight) {
  const fecg_status status = filter(u, beats, count);
  if (status == FECG_OK) join(u->odds, u->k.y, u->k.s->n, levels_of(u->k.y, u->k.s->n, beats, count), weight, u->joint);
  return status;
}

/* Filter and network together, ROUNDS times. */
static fecg_status refine(fusion *u, double weight, fecg_trial *t) {
  fecg_status status = FECG_OK;
  for (int round = 0; round < ROUNDS && t->count >= LEAST_BEATS && status == FECG_OK; round++) {
    status = join_own(u, t->beats, t->count, weight);
    if (status == FECG_OK) status = search(u, u->joint, t->beats, t);
  }
  return status;
}

static double limit(double v, double most) { return v > most ? most : v < -most ? -most : v; }

/* What bears a train of beats out, the same for each way it was found; u->joint becomes its own. */
static fecg_status weigh(fusion *u, const fecg_answer *a, fecg_candidate *c, fecg_trial *t) {
  const fecg_segment *s = u->k.s;
  c->odds = -INFINITY;
  if (c->count < LEAST_BEATS) return FECG_OK;
  t->beats = c->beats;
  t->count = c->count;
  fecg_trial_measure(&u->k, t);
  const fecg_status status = join_own(u, c->beats, c->count, 1);
  if (status != FECG_OK) return status;
  to_levels(u->joint, s->n, u->level);
  const size_t found = fecg_find_peaks(u->level, s->n, FECG_WORK_FS, FECG_TRIAL_APART, u->k.peaks);
  double sum[2] = {0, 0}, n[2] = {0, 0};
  for (size_t i = 0, b = 0; i < found; i++) {
    while (b < c->count && c->beats[b] < u->k.peaks[i].t_s - SAME_S) b++;
    const int taken = b < c->count && c->beats[b] <= u->k.peaks[i].t_s + SAME_S;
    sum[taken] += fecg_log(u->k.peaks[i].level);
    n[taken]++;
  }
  const levels l = levels_of(u->odds, s->n, c->beats, c->count);
  double *e = c->evidence;
  e[FECG_OF_NETWORK] = l.sd > 0 ? (l.beat - l.other) / l.sd : 0;
  e[FECG_OF_ODDS] = limit(l.beat, 6);
  e[FECG_OF_SEPARATION] = n[0] > 2 && n[1] > 2 ? sum[1] / n[1] - sum[0] / n[0] : 0;
  e[FECG_OF_JITTER] = t->jitter;
  e[FECG_OF_UNCOVERED] = t->uncovered;
  e[FECG_OF_LOCK] = t->lock;
  e[FECG_OF_FEW] = 28 / (double)c->count;
  e[FECG_OF_PRESENT] = limit(a->present, 6);
  c->veto = t->veto;
  c->odds = JUDGE_BIAS - 10 * t->veto;
  for (int i = 0; i < FECG_EVIDENCE; i++) c->odds += JUDGE[i] * e[i];
  return FECG_OK;
}

fecg_status fecg_fuse(fecg_segment *s, const fecg_answer *a, int alone, fecg_fetal *f, fecg_candidate *candidates, fecg_arena *arena) {
  const size_t n = s->n, room = n / FECG_TRIAL_APART + 2 + 2 * f->count;
  double *classical = f->beats;
  const size_t classical_count = f->count;
  const int second = f->second, believed = !alone && f->present; /* by the classical stage */
  fusion u = {.k = {.s = s, .arena = arena}};
  float *odds = fecg_arena_floats(arena, n), *scratch[FECG_MAX_LEADS];
  fecg_candidate own[FECG_WAYS], *c = candidates ? candidates : own;
  memset(c, 0, FECG_WAYS * sizeof *c);
  u.odds = odds;
  prepare(&u, room);
  for (int w = 0; w < FECG_WAYS; w++) c[w].beats = fecg_arena_alloc(arena, room, sizeof(double));
  for (int i = 0; i < s->usable_count; i++) scratch[i] = fecg_arena_floats(arena, n);
  if (arena->failed) return FECG_ERR_MEMORY;
  memset(f, 0, sizeof *f);
  f->reason = "NO_FETUS";
  if (s->usable_count == 0) return FECG_OK;
  fecg_status status = odds_at_working_rate(s, a, odds, arena);

  int best = -1, same = 0;
  for (int way = 0; way < (alone ? 1 : FECG_WAYS) && status == FECG_OK; way++) {
    fecg_trial t = {.beats = c[way].beats};
    if (way == FECG_BY_NETWORK) {
      status = search(&u, odds, t.beats, &t);
      const fecg_trial theirs = {.beats = classical, .count = classical_count};
      same = fecg_trial_agreement(&t, &theirs) > FECG_TRIAL_SAME; /* one start leads where the other does */
    } else {
      const int by_network = way < FECG_CLASSICAL_LIGHT;
      if (!by_network && way != FECG_BY_CLASSICAL && same) continue;
      t.count = by_network ? c[FECG_BY_NETWORK].count : classical_count;
      if (t.count > 0) memcpy(t.beats, by_network ? c[FECG_BY_NETWORK].beats : classical, t.count * sizeof *t.beats);
      if (way != FECG_BY_CLASSICAL) status = refine(&u, way == FECG_NETWORK_FULL || way == FECG_CLASSICAL_FULL ? 1 : LIGHT, &t);
    }
    c[way].count = t.count;
    if (status == FECG_OK) status = weigh(&u, a, c + way, &t);
    if (way == FECG_BY_CLASSICAL && believed) c[way].odds += BELIEVED;
    if (c[way].count >= LEAST_BEATS && (best < 0 || c[way].odds > c[best].odds)) best = way;
  }
  if (status != FECG_OK || best < 0) return status;

  /* confidence and filled beats by the joined signal, 1 at a mean beat and 0 between beats */
  const fecg_candidate *b = c + best;
  const double weight = best == FECG_BY_NETWORK || best == FECG_NETWORK_LIGHT || best == FECG_CLASSICAL_LIGHT ? LIGHT : 1;
  if (!alone) status = join_own(&u, b->beats, b->count, weight);
  float *clock = fecg_arena_floats(arena, n);
  if (!clock) return FECG_ERR_MEMORY;
  memcpy(clock, u.k.y, n * sizeof *clock);
  as_shares(alone ? odds : u.joint, n, b->beats, b->count, u.k.y);
  if (status == FECG_OK) status = fecg_settle_beats(s, b->beats, b->count, u.k.y, alone ? NULL : clock, scratch, f, arena);
  f->clear = b->odds > (believed ? DOUBT : BELIEVE) && (believed || f->count >= LEAST_BELIEVED);
  f->reason = b->veto ? "MATERNAL_LOCK" : f->clear && f->sharpness >= FECG_FETAL_SHARPNESS ? NULL : "NO_FETUS";
  f->present = !f->reason;
  f->second = f->present && second;
  f->weight = weight;
  return status;
}

double fecg_beats_moved(const double *old, size_t old_count, const double *new, size_t new_count, double new_start_s, double from_s, double *scratch) {
  size_t same = 0, seen = 0;
  for (size_t i = 0, j = 0; i < old_count; i++) {
    if (old[i] < from_s) continue;
    seen++;
    while (j < new_count && new[j] + new_start_s < old[i] - MOVED_S) j++;
    if (j < new_count && new[j] + new_start_s <= old[i] + MOVED_S) scratch[same++] = new[j] + new_start_s - old[i];
  }
  fecg_sort_doubles(scratch, same);
  return same >= LEAST_BEATS && 2 * same > seen ? scratch[same / 2] : 0;
}

fecg_status fecg_fuse_newest(fecg_segment *s, const fecg_answer *a, double from_s, double *moved, fecg_fetal *f, fecg_arena *arena) {
  const size_t start = from_s > FECG_SEARCH_LEAD ? (size_t)((from_s - FECG_SEARCH_LEAD) * FECG_WORK_FS) / FECG_INPUT_STEP * FECG_INPUT_STEP : 0;
  const size_t n = s->n - start, room = s->n / FECG_TRIAL_APART + 2 + f->found_count;
  const double start_s = (double)start / FECG_WORK_FS;
  fecg_segment tail = *s; /* the searched part; trains in it are not measured against the mother */
  tail.n = n;
  tail.missing = s->missing ? s->missing + start : NULL;
  tail.maternal_count = 0;
  for (int i = 0; i < s->usable_count; i++) tail.residual[i] = s->residual[i] + start;
  fusion u = {.k = {.s = &tail, .arena = arena}};
  if (!prepare(&u, room)) return FECG_ERR_MEMORY;
  float *whole[FECG_MAX_LEADS];
  for (int i = 0; i < s->usable_count; i++) whole[i] = s->residual[i];
  u.past = (fecg_leads){whole, s->usable_count, s->n, FECG_WORK_FS, s->missing};
  float *odds = fecg_arena_floats(arena, n);
  double *found = fecg_arena_alloc(arena, room, sizeof *found), *all = fecg_arena_alloc(arena, room, sizeof *all);
  if (!odds || !found || !all) return FECG_ERR_MEMORY;
  u.odds = odds;
  fecg_trial t = {.beats = found};
  fecg_status status = FECG_OK;
  if (a) {
    const fecg_answer newest = {a->fqrs + start / FECG_INPUT_STEP, a->n - start / FECG_INPUT_STEP, a->present};
    status = odds_at_working_rate(&tail, &newest, odds, arena);
  } else {
    memset(odds, 0, n * sizeof *odds);
  }
  if (status == FECG_OK) status = filter(&u, f->found, f->found_count);
  if (status != FECG_OK) return status;
  const float *level = u.k.y;
  if (a) { /* the filter's levels are those at the beats that made it */
    for (size_t i = 0; i < f->found_count; i++)
      if (f->found[i] >= start_s) found[t.count++] = f->found[i] - start_s;
    join(odds, u.k.y, n, levels_of(u.k.y, n, found, t.count), f->weight, u.joint);
    to_levels(u.joint, n, u.level);
    level = u.level;
  }
  status = fecg_trial_search(&u.k, level, found, &t);
  if (status != FECG_OK) return status;
  float *clock = fecg_arena_floats(arena, n);
  if (!clock) return FECG_ERR_MEMORY;
  memcpy(clock, u.k.y, n * sizeof *clock);
  if (a) as_shares(u.joint, n, found, t.count, u.k.y);
  fecg_fetal newest = {0};
  status = fecg_finish_beats(found, t.count, u.k.y, n, &newest, arena);
  if (a) fecg_to_filter_peaks(clock, n, &newest);
  if (status != FECG_OK) return status;

  /* before from_s all stays as it was, but that all is moved, and its fiducial back, by what the search has moved what it saw again */
  const double from = start > 0 ? from_s : 0;
  *moved = fecg_beats_moved(f->found, f->found_count, found, t.count, start_s, from, all);
  size_t old = 0;
  while (old < f->found_count && f->found[old] < from) old++;
  f->shift_s -= *moved;
  for (size_t i = 0; i < old; i++) all[i] = f->found[i] + *moved;
  size_t count = old;
  for (size_t i = 0; i < t.count; i++)
    if (found[i] + start_s >= from) all[count++] = found[i] + start_s;
  double *beats = fecg_arena_alloc(arena, old + newest.count + 1, sizeof *beats);
  float *confidence = fecg_arena_floats(arena, old + newest.count + 1);
  unsigned char *interpolated = fecg_arena_alloc(arena, old + newest.count + 1, 1);
  if (!beats || !confidence || !interpolated) return FECG_ERR_MEMORY;
  f->count = 0;
  for (size_t i = 0; i < old; i++) {
    beats[f->count] = all[i] + f->shift_s;
    confidence[f->count] = 0; /* told long ago; here they only make the averages */
    interpolated[f->count++] = 0;
  }
  for (size_t i = 0; i < newest.count; i++) {
    if (newest.beats[i] + start_s < from) continue;
    beats[f->count] = newest.beats[i] + start_s + f->shift_s;
    confidence[f->count] = newest.confidence[i];
    interpolated[f->count++] = newest.interpolated[i];
  }
  f->beats = beats;
  f->confidence = confidence;
  f->interpolated = interpolated;
  f->found = all;
  f->found_count = count;
  return FECG_OK;
}
