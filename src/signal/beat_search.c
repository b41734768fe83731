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

const fecg_search FECG_SEARCH_FETAL = {0.245, 1.100, 60, 2, 1.2, 6, 2};
const fecg_search FECG_SEARCH_MATERNAL = {0.300, 1.600, 30, 2, 1.2, 6, 2};

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

/* The state (from, to): two peaks that follow each other with one or two intervals between them. The
 * states that end at one peak stand together, those of one interval first, each by falling interval. */
typedef struct graph {
  size_t states;
  int *begin;      /* [count + 1] first state that ends at a peak */
  int *skips;      /* [count] first of them with a missed beat */
  int *from, *to;  /* [states] */
  float *log_rr;   /* [states] */
  float *value;    /* [states] best total of a path that ends here */
  int *back;       /* [states] the state before; -1: none */
} graph;

static fecg_status build_graph(graph *g, const fecg_search *p, const fecg_peak *peaks, size_t count, fecg_arena *arena) {
  size_t pairs = 0;
  for (size_t j = 0, first = 0; j < count; j++) {
    while (peaks[j].t_s - peaks[first].t_s > 2 * p->rr_max_s) first++;
    pairs += 2 * (j - first);
  }
  if (pairs > (size_t)1 << 28) return FECG_ERR_MEMORY;
  g->begin = fecg_arena_alloc(arena, count + 1, sizeof(int));
  g->skips = fecg_arena_alloc(arena, count + 1, sizeof(int));
  g->from = fecg_arena_alloc(arena, pairs + 1, sizeof(int));
  g->to = fecg_arena_alloc(arena, pairs + 1, sizeof(int));
  g->back = fecg_arena_alloc(arena, pairs + 1, sizeof(int));
  g->log_rr = fecg_arena_floats(arena, pairs + 1);
  g->value = fecg_arena_floats(arena, pairs + 1);
  if (arena->failed) return FECG_ERR_MEMORY;
  int total = 0;
  size_t first = 0;
  for (size_t j = 0; j < count; j++) {
    while (peaks[j].t_s - peaks[first].t_s > 2 * p->rr_max_s) first++;
    g->begin[j] = total;
    for (int intervals = 1; intervals <= 2; intervals++) {
      if (intervals == 2) g->skips[j] = total;
      for (size_t i = first; i < j; i++) {
        const double rr = (peaks[j].t_s - peaks[i].t_s) / intervals;
        if (rr < p->rr_min_s || rr > p->rr_max_s) continue;
        g->from[total] = (int)i;
        g->to[total] = (int)j;
        g->log_rr[total++] = (float)fecg_log(rr);
      }
    }
  }
  g->begin[count] = total;
  g->states = (size_t)total;
  return FECG_OK;
}

/* The best state in [begin, end) to come from, at interval log_rr; only those whose change of rate costs
 * less than the cap are looked at. The next peak asks from the same states with a longer interval, so
 * *start, the first within reach, only ever moves towards begin. */
static void best_before(const graph *g, int begin, int end, int *start, float log_rr, float weight, float reach,
                        float *value, int *back) {
  while (*start > begin && g->log_rr[*start - 1] <= log_rr + reach) --*start;
  for (int b = *start; b < end && g->log_rr[b] >= log_rr - reach; b++) {
    const float d = g->log_rr[b] - log_rr, v = g->value[b] - weight * d * d;
    if (v > *value) *value = v, *back = b;
  }
}

static fecg_status search_once(const graph *g, const fecg_search *p, const fecg_peak *peaks, size_t count, double end_s,
                               unsigned char *taken, double *score, fecg_arena *arena) {
  const fecg_arena_mark mark = fecg_arena_save(arena);
  int *best_until = fecg_arena_alloc(arena, count, sizeof(int)); /* best state that ends at this peak or before */
  int *best_at = fecg_arena_alloc(arena, count, sizeof(int));    /* best state that ends at this peak */
  float *start = fecg_arena_floats(arena, count);                /* value of a run that starts at this peak */
  int *resume = fecg_arena_alloc(arena, count, sizeof(int));     /* the run before it, -1: none */
  int(*reached)[2][2] = fecg_arena_alloc(arena, count, sizeof *reached); /* for peak, its one or two intervals, ours */
  if (!best_until || !best_at || !start || !resume || !reached) return FECG_ERR_MEMORY;
  const float weight = (float)p->rr_weight, cap = (float)p->rr_cap, reach = (float)sqrt(p->rr_cap / p->rr_weight);
  for (size_t j = 0, ended = 0; j < count; j++) {
    while (peaks[j].t_s - peaks[ended].t_s >= p->rr_min_s) ended++; /* peaks before `ended` are over by now */
    start[j] = peaks[j].gain - (float)(peaks[j].t_s > EDGE * p->rr_max_s ? p->restart : 0);
    resume[j] = -1;
    const int run = ended > 0 ? best_until[ended - 1] : -1;
    if (run >= 0 && g->value[run] > 0) {
      start[j] = peaks[j].gain + g->value[run] - (float)p->restart;
      resume[j] = run;
    }
    best_at[j] = -1;
    reached[j][0][0] = reached[j][0][1] = g->skips[j];
    reached[j][1][0] = reached[j][1][1] = g->begin[j + 1];
    for (int s = g->begin[j]; s < g->begin[j + 1]; s++) {
      const int i = g->from[s];
      float value = start[i];
      int back = -1;
      if (best_at[i] >= 0) {
        const float v = g->value[best_at[i]] - cap;
        if (v > value) value = v, back = best_at[i];
        const int skip = s >= g->skips[j];
        best_before(g, g->begin[i], g->skips[i], &reached[i][0][skip], g->log_rr[s], weight, reach, &value, &back);
        best_before(g, g->skips[i], g->begin[i + 1], &reached[i][1][skip], g->log_rr[s], weight, reach, &value, &back);
      }
      g->value[s] = value + peaks[j].gain - (s >= g->skips[j] ? (float)p->missed : 0);
      g->back[s] = back;
      if (best_at[j] < 0 || g->value[s] > g->value[best_at[j]]) best_at[j] = s;
    }
    best_until[j] = j > 0 ? best_until[j - 1] : -1;
    if (best_at[j] >= 0 && (best_until[j] < 0 || g->value[best_at[j]] > g->value[best_until[j]])) best_until[j] = best_at[j];
  }
  int at = -1;
  for (size_t j = 0; j < count; j++) {
    if (best_at[j] < 0) continue;
    const double value = g->value[best_at[j]] - (peaks[j].t_s < end_s - EDGE * p->rr_max_s ? p->restart : 0);
    if (at < 0 || value > *score) at = best_at[j], *score = value;
  }
  memset(taken, 0, count);
  while (at >= 0) {
    taken[g->to[at]] = 1;
    if (g->back[at] < 0) taken[g->from[at]] = 1;
    at = g->back[at] >= 0 ? g->back[at] : resume[g->from[at]];
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
