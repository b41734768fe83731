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

const fecg_search FECG_SEARCH_FETAL = {0.270, 1.000, 60, 2, 1.2, 6, 2};
const fecg_search FECG_SEARCH_MATERNAL = {0.400, 1.600, 30, 2, 1.2, 6, 2};

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
  for (size_t i = 0; i < count; i++) {
    while (peaks[from].t_s < peaks[i].t_s - LOCAL_S) from++;
    while (to < count && peaks[to].t_s <= peaks[i].t_s + LOCAL_S) to++;
    for (size_t k = from; k < to; k++) v[k - from] = peaks[k].level;
    const float high = fecg_quantile(v, to - from, 0.9);
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

typedef struct state { /* the pair (from, this peak) with `step` beats between them */
  int from;
  int back;            /* state of the peak `from` that came before, -1: the pair starts a run */
  int resume;          /* where it starts a run: the state that ended the run before, or -1 */
  int peak;
  double log_rr, value;
} state;

static fecg_status search_once(const fecg_search *p, const fecg_peak *peaks, size_t count, double end_s,
                               unsigned char *taken, double *score, fecg_arena *arena) {
  const fecg_arena_mark mark = fecg_arena_save(arena);
  memset(taken, 0, count);
  *score = 0;
  size_t pairs = 0;
  for (size_t j = 0, first = 0; j < count; j++) {
    while (peaks[j].t_s - peaks[first].t_s > 2 * p->rr_max_s) first++;
    pairs += 2 * (j - first);
  }
  if (pairs > (size_t)1 << 28) return FECG_ERR_MEMORY;
  state *states = fecg_arena_alloc(arena, pairs + 1, sizeof *states);
  int *begin = fecg_arena_alloc(arena, count + 1, sizeof *begin); /* states of peak j: begin[j]..begin[j+1] */
  int *best_until = fecg_arena_alloc(arena, count + 1, sizeof *best_until);
  if (!states || !begin || !best_until) return FECG_ERR_MEMORY;
  int total = 0;
  size_t first = 0;
  for (size_t j = 0; j < count; j++) {
    begin[j] = total;
    best_until[j] = j > 0 ? best_until[j - 1] : -1;
    while (peaks[j].t_s - peaks[first].t_s > 2 * p->rr_max_s) first++;
    for (size_t i = first; i < j; i++) {
      const double span = peaks[j].t_s - peaks[i].t_s;
      for (int beats = 1; beats <= 2; beats++) {
        const double rr = span / beats;
        if (rr < p->rr_min_s || rr > p->rr_max_s) continue;
        state s = {(int)i, -1, -1, (int)j, fecg_log(rr), 0};
        /* a new run: free at the very start, else after the best run that has ended by then */
        s.value = peaks[i].gain - (peaks[i].t_s > EDGE * p->rr_max_s ? p->restart : 0);
        for (size_t k = i; k-- > 0;) {
          if (peaks[i].t_s - peaks[k].t_s < p->rr_min_s) continue;
          if (best_until[k] >= 0 && states[best_until[k]].value > 0) {
            s.resume = best_until[k];
            s.value = peaks[i].gain + states[s.resume].value - p->restart;
          }
          break;
        }
        for (int b = begin[i]; b < begin[i + 1]; b++) {
          const double d = states[b].log_rr - s.log_rr, cost = p->rr_weight * d * d;
          const double value = states[b].value - (cost < p->rr_cap ? cost : p->rr_cap);
          if (value > s.value) {
            s.value = value;
            s.back = b;
            s.resume = -1;
          }
        }
        s.value += peaks[j].gain - (beats - 1) * p->missed;
        states[total] = s;
        if (best_until[j] < 0 || s.value > states[best_until[j]].value) best_until[j] = total;
        total++;
      }
    }
    begin[j + 1] = total;
  }
  int at = -1;
  for (int b = 0; b < total; b++) {
    const double value = states[b].value - (peaks[states[b].peak].t_s < end_s - EDGE * p->rr_max_s ? p->restart : 0);
    if (at < 0 || value > *score) {
      at = b;
      *score = value;
    }
  }
  while (at >= 0) {
    taken[states[at].peak] = 1;
    if (states[at].back < 0) taken[states[at].from] = 1;
    at = states[at].back >= 0 ? states[at].back : states[at].resume;
  }
  fecg_arena_restore(arena, mark);
  return FECG_OK;
}

fecg_status fecg_search_beats(const fecg_search *search, fecg_peak *peaks, size_t count, double end_s,
                              unsigned char *taken, double *score, fecg_arena *arena) {
  *score = 0;
  if (count == 0) return FECG_OK;
  fecg_status status = first_gains(peaks, count, arena);
  for (int round = 0; status == FECG_OK && round <= search->rounds; round++) {
    if (round > 0) status = likelihood_gains(peaks, count, taken, arena);
    if (status == FECG_OK) status = search_once(search, peaks, count, end_s, taken, score, arena);
  }
  return status;
}
