/* beat_search.c — second-order dynamic programming over candidate peaks. The state is a pair of peaks
 * that follow each other (or with one missed beat between), so that the change of the RR interval has
 * a cost and no rate is preferred. Gains start from how far a peak stands above its surroundings and
 * are then twice re-estimated as the log likelihood ratio of two normal distributions of log level,
 * one of the peaks taken, one of the others. */
#include "signal/beat_search.h"

#include <math.h>
#include <string.h>

#include "base/math.h"
#include "signal/stats.h"
#include "simd/kernels.h"

const fecg_search FECG_SEARCH_FETAL = {0.245, 1.100, 60, 2, 1.2, 6, 2};
const fecg_search FECG_SEARCH_MATERNAL = {0.300, 1.600, 30, 2, 1.2, 6, 2};

enum { WHOLE = 4 }; /* a vector more than is asked for */
static const float GAIN_MIN = -0.4f, GAIN_MAX = 1.0f;
static const double EDGE = 1.5;   /* a first or last beat within this many longest intervals is in time */
static const double LOCAL_S = 5.0; /* half width of the surroundings of the first gains */

size_t fecg_find_peaks(const float *y, size_t n, double fs, size_t apart, fecg_peak *peaks) {
  size_t count = 0, last = 0;
  for (size_t i = 1; i + 1 < n; i++) {
    if (!(y[i] > 0 && y[i] >= y[i - 1] && y[i] > y[i + 1])) continue;
    if (count > 0 && i - last < apart) {
      if (y[i] <= y[last]) continue;
      count--;
    }
    const float bend = y[i - 1] - 2 * y[i] + y[i + 1];
    const double shift = bend < 0 ? 0.5 * (double)(y[i - 1] - y[i + 1]) / (double)bend : 0;
    peaks[count++] = (fecg_peak){((double)i + shift) / fs, y[i], 0};
    last = i;
  }
  return count;
}

static float clip_gain(double g) { return g < GAIN_MIN ? GAIN_MIN : g > GAIN_MAX ? GAIN_MAX : (float)g; }

static fecg_status first_gains(fecg_peak *peaks, size_t count, fecg_arena *arena) {
  const fecg_arena_mark mark = fecg_arena_save(arena);
  float *v = fecg_arena_floats(arena, count);
  if (!v) return FECG_ERR_MEMORY;
  for (size_t i = 0; i < count; i++) v[i] = peaks[i].level;
  const float middle = fecg_quantile(v, count, 0.5);
  size_t from = 0, to = 0;
  float high = middle;
  double known_s = -INFINITY; /* where `high` was taken; once a second is enough */
  for (size_t i = 0; i < count; i++) {
    if (peaks[i].t_s >= known_s + 1) {
      known_s = peaks[i].t_s;
      while (peaks[from].t_s < known_s - LOCAL_S) from++;
      while (to < count && peaks[to].t_s <= known_s + LOCAL_S) to++;
      for (size_t k = from; k < to; k++) v[k - from] = peaks[k].level;
      high = fecg_quantile(v, to - from, 0.9);
    }
    peaks[i].gain = high > middle ? clip_gain((peaks[i].level - middle) / (high - middle)) : 0;
  }
  fecg_arena_restore(arena, mark);
  return FECG_OK;
}

typedef struct moments {
  double n, mean, sd;
} moments;

static moments moments_of(const double *u, const unsigned char *taken, size_t count, int which, double least_sd) {
  moments m = {0, 0, 0};
  for (size_t i = 0; i < count; i++)
    if (taken[i] == which) m.n++, m.mean += u[i];
  if (m.n > 0) m.mean /= m.n;
  for (size_t i = 0; i < count; i++)
    if (taken[i] == which) m.sd += (u[i] - m.mean) * (u[i] - m.mean);
  m.sd = sqrt(m.n > 1 ? m.sd / (m.n - 1) : 0);
  if (m.sd < least_sd) m.sd = least_sd;
  return m;
}

static fecg_status likelihood_gains(fecg_peak *peaks, size_t count, const unsigned char *taken, fecg_arena *arena) {
  const fecg_arena_mark mark = fecg_arena_save(arena);
  double *u = fecg_arena_alloc(arena, count, sizeof *u);
  if (!u) return FECG_ERR_MEMORY;
  for (size_t i = 0; i < count; i++) u[i] = fecg_log(peaks[i].level);
  const moments beat = moments_of(u, taken, count, 1, 0.1), other = moments_of(u, taken, count, 0, 0.2);
  if (beat.n >= 3 && other.n >= 3)
    for (size_t i = 0; i < count; i++) {
      double x = u[i] > beat.mean ? beat.mean : u[i]; /* higher than a beat is no evidence against one */
      if (x < other.mean) x = other.mean;
      const double b = (x - beat.mean) / beat.sd, o = (x - other.mean) / other.sd;
      peaks[i].gain = clip_gain(0.5 * (o * o - b * b) + fecg_log(other.sd / beat.sd));
    }
  fecg_arena_restore(arena, mark);
  return FECG_OK;
}

/* The state (from, to): two peaks that follow each other with one or two intervals between them. The states that
 * leave one peak stand together, those of one interval first, each by the peak they lead to. */
typedef struct graph {
  int *begin[2];    /* [count] first state that leaves a peak with one interval, with two */
  int *to[2];       /* [count] the peak that this one leads to */
  int *first[2], *end[2]; /* [count] the peaks from which such a state leads here */
  int *leaving;     /* [count + 1] first state that leaves a peak */
  float *log_rr;    /* [states] */
  float *value;     /* [states] best total of a path that ends here */
  int *back;        /* [states] the state before; -1: none */
  int *origin;      /* [states] the peak that a state leaves */
} graph;

static fecg_status build_graph(graph *g, const fecg_search *p, const fecg_peak *peaks, size_t count, fecg_arena *arena) {
  size_t pairs = 0;
  for (size_t j = 0, first = 0; j < count; j++) {
    while (peaks[j].t_s - peaks[first].t_s > 2 * p->rr_max_s) first++;
    pairs += 2 * (j - first);
  }
  if (pairs > (size_t)1 << 28) return FECG_ERR_MEMORY;
  for (int more = 0; more < 2; more++) {
    g->begin[more] = fecg_arena_alloc(arena, count, sizeof(int));
    g->to[more] = fecg_arena_alloc(arena, count, sizeof(int));
    g->first[more] = fecg_arena_alloc(arena, count, sizeof(int));
    g->end[more] = fecg_arena_alloc(arena, count, sizeof(int));
  }
  g->leaving = fecg_arena_alloc(arena, count + 1, sizeof(int));
  g->back = fecg_arena_alloc(arena, pairs + 1, sizeof(int));
  g->origin = fecg_arena_alloc(arena, pairs + 1, sizeof(int));
  g->log_rr = fecg_arena_floats(arena, pairs + WHOLE);
  g->value = fecg_arena_floats(arena, pairs + WHOLE);
  if (arena->failed) return FECG_ERR_MEMORY;
  for (int more = 0; more < 2; more++) memset(g->end[more], 0, count * sizeof(int));
  int total = 0;
  for (size_t i = 0; i < count; i++) {
    g->leaving[i] = total;
    for (int more = 0; more < 2; more++) {
      size_t j = i + 1;
      while (j < count && (peaks[j].t_s - peaks[i].t_s) / (more + 1) < p->rr_min_s) j++;
      g->begin[more][i] = total;
      g->to[more][i] = (int)j;
      for (double rr; j < count && (rr = (peaks[j].t_s - peaks[i].t_s) / (more + 1)) <= p->rr_max_s; j++) {
        if (g->end[more][j] == 0) g->first[more][j] = (int)i;
        g->end[more][j] = (int)i + 1;
        g->origin[total] = (int)i;
        g->log_rr[total++] = (float)fecg_log(rr);
      }
    }
  }
  g->leaving[count] = total;
  memset(g->log_rr + total, 0, WHOLE * sizeof(float)); /* looked at, to no effect */
  return FECG_OK;
}

/* What the search goes by at each peak. */
typedef struct path {
  int *best_until; /* best state that ends at this peak or before; -1: none */
  int *best_at;    /* best state that ends at this peak */
  int *resume;     /* the run before one that starts at this peak, -1: none */
  int *from;       /* [states that end at one peak] those worth coming from */
  float *log_rr, *value; /* of these */
  float *at;       /* [states that leave one peak] which of them was come from */
} path;

static fecg_status search_once(const graph *g, const fecg_search *p, const fecg_peak *peaks, size_t count, double end_s,
                               unsigned char *taken, double *score, fecg_arena *arena) {
  const fecg_arena_mark mark = fecg_arena_save(arena);
  path h = {fecg_arena_alloc(arena, count, sizeof(int)), fecg_arena_alloc(arena, count, sizeof(int)), fecg_arena_alloc(arena, count, sizeof(int)),
            fecg_arena_alloc(arena, 2 * count, sizeof(int)), fecg_arena_floats(arena, 2 * count), fecg_arena_floats(arena, 2 * count),
            fecg_arena_floats(arena, 2 * count + WHOLE)};
  if (arena->failed) return FECG_ERR_MEMORY;
  const float weight = (float)p->rr_weight, cap = (float)p->rr_cap;
  for (size_t j = 0, ended = 0; j < count; j++) {
    while (peaks[j].t_s - peaks[ended].t_s >= p->rr_min_s) ended++; /* peaks before `ended` are over by now */
    float start = peaks[j].gain - (float)(peaks[j].t_s > EDGE * p->rr_max_s ? p->restart : 0); /* of a run that starts at this peak */
    h.resume[j] = -1;
    const int run = ended > 0 ? h.best_until[ended - 1] : -1;
    if (run >= 0 && g->value[run] > 0) {
      start = peaks[j].gain + g->value[run] - (float)p->restart;
      h.resume[j] = run;
    }
    /* the states that end here: all that lead to them is known */
    int best = -1, ending = 0;
    for (int more = 0; more < 2; more++) {
      const float earns = peaks[j].gain - (more ? (float)p->missed : 0);
      for (int i = g->end[more][j] > 0 ? g->first[more][j] : 0; i < g->end[more][j]; i++) {
        const int s = g->begin[more][i] + (int)j - g->to[more][i];
        g->value[s] += earns;
        h.from[ending++] = s;
        if (best < 0 || g->value[s] > g->value[best]) best = s;
      }
    }
    h.best_at[j] = best;
    h.best_until[j] = j > 0 ? h.best_until[j - 1] : -1;
    if (best >= 0 && (h.best_until[j] < 0 || g->value[best] > g->value[h.best_until[j]])) h.best_until[j] = best;
    /* the states that leave: a path may start here, or come from the best state at the full price of a change, or from one that is
     * worth more than both and whose change of rate costs less */
    float least = start;
    int back = -1;
    if (best >= 0 && g->value[best] - cap > least) least = g->value[best] - cap, back = best;
    int worth = 0;
    for (int e = 0; e < ending; e++) {
      const int s = h.from[e];
      if (!(g->value[s] > least)) continue;
      h.from[worth] = s;
      h.log_rr[worth] = g->log_rr[s];
      h.value[worth++] = g->value[s];
    }
    const int leaving = g->leaving[j], last = g->leaving[j + 1];
    fecg_best_steps(g->value + leaving, h.at, g->log_rr + leaving, (size_t)(last - leaving), h.log_rr, h.value, (size_t)worth, weight, least);
    for (int s = leaving; s < last; s++) g->back[s] = h.at[s - leaving] >= 0 ? h.from[(int)h.at[s - leaving]] : back;
  }
  int at = -1;
  for (size_t j = 0; j < count; j++) {
    if (h.best_at[j] < 0) continue;
    const double value = g->value[h.best_at[j]] - (peaks[j].t_s < end_s - EDGE * p->rr_max_s ? p->restart : 0);
    if (at < 0 || value > *score) at = h.best_at[j], *score = value;
  }
  memset(taken, 0, count);
  while (at >= 0) {
    const int i = g->origin[at], more = at >= g->begin[1][i];
    taken[g->to[more][i] + at - g->begin[more][i]] = 1;
    if (g->back[at] < 0) taken[i] = 1;
    at = g->back[at] >= 0 ? g->back[at] : h.resume[i];
  }
  fecg_arena_restore(arena, mark);
  return FECG_OK;
}

fecg_status fecg_search_beats(const fecg_search *search, fecg_peak *peaks, size_t count, double end_s,
                              unsigned char *taken, double *score, fecg_arena *arena) {
  *score = 0;
  if (count == 0) return FECG_OK;
  const fecg_arena_mark mark = fecg_arena_save(arena);
  graph g;
  fecg_status status = build_graph(&g, search, peaks, count, arena);
  if (status == FECG_OK) status = first_gains(peaks, count, arena);
  for (int round = 0; status == FECG_OK && round <= search->rounds; round++) {
    if (round > 0) status = likelihood_gains(peaks, count, taken, arena);
    if (status == FECG_OK) status = search_once(&g, search, peaks, count, end_s, taken, score, arena);
  }
  fecg_arena_restore(arena, mark);
  return status;
}
