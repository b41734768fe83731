/* fhr_terms.c — see fhr_terms.h.
 *
 * What separates a change of the baseline from a deceleration is ten minutes, in both standards. So the level that is
 * taken for the baseline while looking for excursions is the most frequent rate of twenty minutes: what lasts less than
 * ten is always the smaller part of them, what lasts longer becomes the baseline. */
#include "measure/fhr_terms.h"

#include <math.h>
#include <string.h>

enum {
  SECOND = (int)FECG_RATE_FS, MINUTE = 60 * SECOND, STRETCH = 10 * MINUTE, WINDOW = 20 * MINUTE, STEP = 10 * SECOND,
  BINS = 300, SPREAD = 10, /* bpm around the most frequent value that are baseline */
  CELL = 2 * SECOND, CELLS = MINUTE / CELL,
  LEAST = 2 * MINUTE, /* of baseline in a stretch, NICHD */
  GAP = 2 * SECOND,   /* the longest that an excursion goes on through */
  LOST = MINUTE,      /* the longest that a run goes on through */
};
static const double LEAVES = 5, REACHES = 15, LASTS_S = 15, CHANGE_S = 600, DIFFERS = 25;
static const double FIGO_LOW = 5, WIDE = 25, UNDETECTABLE = 1;
static const size_t REDUCED_MIN = 50, INCREASED_MIN = 30;

const char *const FECG_FHR_REASON_NAMES[FECG_FHR_REASONS] = {NULL, "TOO_SHORT", "LOW_COVERAGE", "UNSTABLE", "UNSEEN_BEATS", "NOT_LASTING"};
const char *const FECG_FHR_STANDARD_NAMES[FECG_FHR_STANDARDS] = {"figo", "nichd"};

#define FIGO "FIGO 2015: "
#define NICHD "NICHD 2008: "
#define MEASURED "; measured from where the mean of 2 s leaves the baseline by 5 bpm until it is back"
#define NOT_BEFORE_32 "; gestational age is not known, so the 10 bpm and 10 s of before 32 weeks are not used"
const char *const FECG_FHR_BASELINE[FECG_FHR_STANDARDS] = {
    FIGO "mean rate of 10 min outside accelerations, decelerations and minutes with a bandwidth above 25 bpm, of which 2 min are needed",
    NICHD "mean rate of 10 min outside accelerations, decelerations and marked variability, to the nearest 5 bpm; at least 2 min, not differing by more than 25 bpm"};
const char *const FECG_FHR_VARIABILITY[FECG_FHR_STANDARDS] = {
    FIGO "mean bandwidth of minutes outside accelerations and decelerations, of means of 2 s; normal 5 to 25 bpm, reduced below 5 for more than 50 min, increased (saltatory) above 25 for more than 30 min",
    NICHD "range of the rate in 10 min outside accelerations and decelerations, taken as the mean of its minutes; absent undetectable (below 1 bpm), minimal to 5, moderate to 25, marked above 25"};
const char *const FECG_FHR_TACHYCARDIA[FECG_FHR_STANDARDS] = {
    FIGO "baseline above 160 bpm for more than 10 min", NICHD "baseline, to the nearest 5 bpm, above 160 bpm for at least 10 min"};
const char *const FECG_FHR_BRADYCARDIA[FECG_FHR_STANDARDS] = {
    FIGO "baseline below 110 bpm for more than 10 min", NICHD "baseline, to the nearest 5 bpm, below 110 bpm for at least 10 min"};
const char FECG_FHR_IRREGULAR[] =
    "at least three premature beats, each within 30 s of the next; premature: an interval of at most 80 % of the median of the ten around, after one that is not and before one of 90 to 160 % of it; told where at least 90 % of the beats are seen, regular where 97 %";

static int figo_acceleration(const fecg_fhr_excursion *e) {
  return e->furthest_bpm > REACHES && e->duration_s > LASTS_S && e->duration_s < CHANGE_S && e->to_furthest_s < 30;
}
static int figo_deceleration(const fecg_fhr_excursion *e) { return e->furthest_bpm < -REACHES && e->duration_s > LASTS_S; }
static int figo_prolonged(const fecg_fhr_excursion *e) { return figo_deceleration(e) && e->duration_s > 180; }
static int nichd_up(const fecg_fhr_excursion *e) {
  return e->furthest_bpm >= REACHES && e->duration_s >= LASTS_S && e->duration_s < CHANGE_S && e->to_furthest_s < 30;
}
static int nichd_down(const fecg_fhr_excursion *e) {
  return e->furthest_bpm <= -REACHES && e->duration_s >= LASTS_S && e->duration_s < CHANGE_S;
}
static int nichd_acceleration(const fecg_fhr_excursion *e) { return nichd_up(e) && e->duration_s < 120; }
static int nichd_prolonged_acceleration(const fecg_fhr_excursion *e) { return nichd_up(e) && e->duration_s >= 120; }
static int nichd_deceleration(const fecg_fhr_excursion *e) { return nichd_down(e) && e->duration_s < 120; }
static int nichd_prolonged(const fecg_fhr_excursion *e) { return nichd_down(e) && e->duration_s >= 120; }

const fecg_fhr_named FECG_FHR_NAMES[FECG_FHR_NAMED] = {
    {FECG_FIGO, "accelerations", FIGO "more than 15 bpm above the baseline, more than 15 s and less than 10 min, its top within 30 s" MEASURED NOT_BEFORE_32, figo_acceleration},
    {FECG_FIGO, "decelerations", FIGO "more than 15 bpm below the baseline, more than 15 s" MEASURED, figo_deceleration},
    {FECG_FIGO, "prolonged_decelerations", FIGO "a deceleration of more than 3 min", figo_prolonged},
    {FECG_NICHD, "accelerations", NICHD "at least 15 bpm above the baseline, at least 15 s and less than 2 min, its top within 30 s" MEASURED NOT_BEFORE_32, nichd_acceleration},
    {FECG_NICHD, "prolonged_accelerations", NICHD "an acceleration of at least 2 min and less than 10 min", nichd_prolonged_acceleration},
    {FECG_NICHD, "decelerations", NICHD "at least 15 bpm below the baseline, at least 15 s and less than 2 min; early, late and variable are not told apart, since contractions are not known" MEASURED, nichd_deceleration},
    {FECG_NICHD, "prolonged_decelerations", NICHD "at least 15 bpm below the baseline, at least 2 min and less than 10 min" MEASURED, nichd_prolonged},
};

double fecg_nichd_baseline(double bpm) { return 5 * floor(bpm / 5 + 0.5); }

const char *fecg_nichd_variability(double bandwidth_bpm) {
  return !(bandwidth_bpm >= 0)           ? NULL
         : bandwidth_bpm < UNDETECTABLE ? "absent"
         : bandwidth_bpm <= 5           ? "minimal"
         : bandwidth_bpm <= WIDE        ? "moderate"
                                        : "marked";
}

/* A trace and what is found out about it, tick by tick. */
typedef struct trace {
  size_t n, steps, minutes;
  float *mean;          /* of 2 s around, NaN where the rate itself is not known */
  float *level;         /* one each STEP, NaN: no baseline */
  float *bandwidth;     /* one a minute, NaN */
  unsigned char *apart; /* 1: in an excursion */
} trace;

static int is_known(float x) { return x > 0; }

static void smooth(const float *bpm, trace *t) {
  for (size_t i = 0; i < t->n; i++) {
    double sum = 0, count = 0;
    for (size_t k = i < CELL / 2 ? 0 : i - CELL / 2; k < i + CELL / 2 && k < t->n; k++)
      if (is_known(bpm[k])) sum += bpm[k], count++;
    t->mean[i] = is_known(bpm[i]) ? (float)(sum / count) : NAN;
  }
}

/* Rates of the window that slides over the trace. Their sums are exact: floats of one size, in doubles. */
typedef struct histogram { double count[BINS], sum[BINS]; } histogram;

static void weigh(histogram *h, float x, double weight) {
  if (!is_known(x) || x >= BINS) return;
  h->count[(int)x] += weight;
  h->sum[(int)x] += weight * x;
}

static float most_frequent(const histogram *h) {
  int mode = 2;
  double most = -1, sum = 0, count = 0;
  for (int b = 2; b + 2 < BINS; b++) { /* counted over 5 bpm */
    const double here = h->count[b - 2] + h->count[b - 1] + h->count[b] + h->count[b + 1] + h->count[b + 2];
    if (here > most) most = here, mode = b;
  }
  for (int b = mode - SPREAD < 0 ? 0 : mode - SPREAD; b <= mode + SPREAD && b < BINS; b++) sum += h->sum[b], count += h->count[b];
  return count >= LEAST ? (float)(sum / count) : NAN;
}

static void find_level(const float *bpm, trace *t) {
  histogram h = {{0}, {0}};
  size_t from = 0, to = 0;
  for (size_t j = 0; j < t->steps; j++) {
    const size_t middle = j * STEP + STEP / 2;
    size_t start = middle > WINDOW / 2 ? middle - WINDOW / 2 : 0;
    if (start + WINDOW > t->n) start = t->n > WINDOW ? t->n - WINDOW : 0;
    for (; to < start + WINDOW && to < t->n; to++) weigh(&h, bpm[to], 1);
    for (; from < start; from++) weigh(&h, bpm[from], -1);
    t->level[j] = most_frequent(&h);
  }
}

static double away(const trace *t, size_t i) { return (double)t->mean[i] - t->level[i / STEP]; } /* NaN: not known */

static fecg_status find_excursions(trace *t, fecg_list *out) {
  size_t start = 0, last = 0, furthest = 0;
  int side = 0; /* of the one that is open */
  for (size_t i = 0; i <= t->n; i++) {
    const double d = i < t->n ? away(t, i) : NAN;
    const int here = d >= LEAVES ? 1 : d <= -LEAVES ? -1 : 0;
    if (side != 0 && here != side && (i == t->n || !isnan(d) || i - last > GAP)) {
      const fecg_fhr_excursion e = {(double)start / FECG_RATE_FS, (double)(last + 1 - start) / FECG_RATE_FS, away(t, furthest),
                                    (double)(furthest - start) / FECG_RATE_FS};
      if (fabs(e.furthest_bpm) >= REACHES && e.duration_s >= LASTS_S && e.duration_s < CHANGE_S) {
        fecg_fhr_excursion *to = fecg_list_add(out, 1);
        if (!to) return FECG_ERR_MEMORY;
        *to = e;
        memset(t->apart + start, 1, last + 1 - start);
      }
      side = 0;
    }
    if (here == 0) continue;
    if (side == 0) start = furthest = i, side = here;
    if (fabs(d) > fabs(away(t, furthest))) furthest = i;
    last = i;
  }
  return FECG_OK;
}

static void find_bandwidths(const float *bpm, trace *t) {
  for (size_t m = 0; m < t->minutes; m++) {
    double low = INFINITY, high = 0;
    int cells = 0;
    for (size_t c = 0; c < CELLS; c++) {
      double sum = 0, count = 0;
      for (size_t i = m * MINUTE + c * CELL; i < m * MINUTE + (c + 1) * CELL; i++)
        if (is_known(bpm[i]) && !t->apart[i]) sum += bpm[i], count++;
      if (2 * count < CELL) continue;
      cells++;
      low = fmin(low, sum / count);
      high = fmax(high, sum / count);
    }
    t->bandwidth[m] = 2 * cells >= CELLS ? (float)(high - low) : NAN;
  }
}

static fecg_fhr_stretch stretch_at(const float *bpm, const trace *t, size_t from) {
  fecg_fhr_stretch s = {(double)from / FECG_RATE_FS, NAN, NAN, FECG_FHR_KNOWN};
  double sum = 0, widths = 0, low = INFINITY, high = 0;
  size_t known = 0, used = 0, minutes = 0;
  for (size_t i = from; i < from + STRETCH; i++) {
    const float level = t->level[i / STEP];
    if (!is_known(bpm[i])) continue;
    known++;
    if (t->apart[i] || !is_known(level) || t->bandwidth[i / MINUTE] > WIDE) continue;
    used++;
    sum += bpm[i];
    low = fmin(low, level);
    high = fmax(high, level);
  }
  for (size_t m = from / MINUTE; m < (from + STRETCH) / MINUTE; m++)
    if (!isnan(t->bandwidth[m])) widths += t->bandwidth[m], minutes++;
  if (minutes >= LEAST / MINUTE) s.bandwidth_bpm = widths / (double)minutes;
  if (used >= LEAST && high - low <= DIFFERS) s.baseline_bpm = sum / (double)used;
  else s.reason = known < LEAST ? FECG_FHR_LOW_COVERAGE : FECG_FHR_UNSTABLE;
  return s;
}

/* Runs of ticks at a baseline above or below; excursions within go by, at the ends they do not count. */
static fecg_status find_runs(const trace *t, fecg_fhr_standard standard, double low, double high, fecg_list *out) {
  size_t start = 0, last = 0, heard = 0;
  int side = 0;
  for (size_t i = 0; i <= t->n; i++) {
    if (i < t->n && !is_known(t->mean[i])) continue;
    const int lost = i == t->n || i - heard > LOST;
    heard = i;
    if (!lost && t->apart[i]) continue;
    const float level = i < t->n ? t->level[i / STEP] : NAN;
    const int here = i == t->n || t->apart[i] ? 0 : level > high ? 1 : level < low ? -1 : 0;
    if (side != 0 && (lost || here != side)) {
      const double seconds = (double)(last + 1 - start) / FECG_RATE_FS;
      if (standard == FECG_FIGO ? seconds > CHANGE_S : seconds >= CHANGE_S) {
        fecg_fhr_run *r = fecg_list_add(out, 1);
        if (!r) return FECG_ERR_MEMORY;
        *r = (fecg_fhr_run){standard, side > 0, (double)start / FECG_RATE_FS, seconds};
      }
      side = 0;
    }
    if (here == 0) continue;
    if (side == 0) start = i, side = here;
    last = i;
  }
  return FECG_OK;
}

/* The most minutes in a row whose bandwidth lies in [from, to). */
static size_t longest(const trace *t, double from, double to) {
  size_t most = 0, row = 0;
  for (size_t m = 0; m < t->minutes; m++) {
    row = t->bandwidth[m] >= from && t->bandwidth[m] < to ? row + 1 : 0;
    if (row > most) most = row;
  }
  return most;
}

static void figo_variability(const trace *t, fecg_fhr_terms *out) {
  double sum = 0;
  size_t minutes = 0;
  for (size_t m = 0; m < t->minutes; m++)
    if (!isnan(t->bandwidth[m])) sum += t->bandwidth[m], minutes++;
  out->figo_variability_reason = out->excursions_reason;
  if (out->excursions_reason != FECG_FHR_KNOWN) return;
  if (2 * minutes < t->minutes) {
    out->figo_variability_reason = FECG_FHR_LOW_COVERAGE;
    return;
  }
  out->bandwidth_bpm = sum / (double)minutes;
  if (longest(t, 0, FIGO_LOW) > REDUCED_MIN) out->figo_variability = "reduced";
  else if (longest(t, nextafter(WIDE, BINS), INFINITY) > INCREASED_MIN) out->figo_variability = "increased";
  else if (out->bandwidth_bpm >= FIGO_LOW && out->bandwidth_bpm <= WIDE) out->figo_variability = "normal";
  else out->figo_variability_reason = FECG_FHR_NOT_LASTING;
}

static fecg_status find(const float *bpm, trace *t, fecg_fhr_terms *out) {
  size_t known = 0, levels = 0, baselines = 0;
  for (size_t i = 0; i < t->n; i++) known += is_known(bpm[i]);
  smooth(bpm, t);
  find_level(bpm, t);
  for (size_t j = 0; j < t->steps; j++) levels += is_known(t->level[j]);
  fecg_status status = find_excursions(t, &out->excursions);
  find_bandwidths(bpm, t);
  for (size_t from = 0; status == FECG_OK && from + STRETCH <= t->n; from += STRETCH) {
    fecg_fhr_stretch *s = fecg_list_add(&out->stretches, 1);
    if (!s) return FECG_ERR_MEMORY;
    *s = stretch_at(bpm, t, from);
    baselines += s->reason == FECG_FHR_KNOWN;
  }
  /* a baseline of 162.4 is 160 to the nearest 5 */
  if (status == FECG_OK) status = find_runs(t, FECG_FIGO, 110, 160, &out->runs);
  if (status == FECG_OK) status = find_runs(t, FECG_NICHD, 107.5, nextafter(162.5, 0), &out->runs);
  const int enough = 2 * known >= t->n;
  out->excursions_reason = known < LEAST && t->n < STRETCH ? FECG_FHR_TOO_SHORT : !enough ? FECG_FHR_LOW_COVERAGE : 2 * levels < t->steps ? FECG_FHR_UNSTABLE : FECG_FHR_KNOWN;
  for (int s = 0; s < FECG_FHR_STANDARDS; s++)
    out->runs_reason[s] = t->n < STRETCH || (s == FECG_FIGO && t->n == STRETCH) ? FECG_FHR_TOO_SHORT
                          : !enough                                             ? FECG_FHR_LOW_COVERAGE
                          : baselines == 0                                      ? FECG_FHR_UNSTABLE
                                                                                : FECG_FHR_KNOWN;
  figo_variability(t, out);
  return status;
}

fecg_status fecg_fhr_terms_find(const float *bpm, size_t n, fecg_fhr_terms *out) {
  *out = (fecg_fhr_terms){.stretches.item_size = sizeof(fecg_fhr_stretch), .excursions.item_size = sizeof(fecg_fhr_excursion),
                          .runs.item_size = sizeof(fecg_fhr_run), .bandwidth_bpm = NAN};
  trace t = {.n = n, .steps = (n + STEP - 1) / STEP, .minutes = n / MINUTE};
  t.mean = fecg_alloc(n + t.steps + t.minutes + 1, sizeof *t.mean);
  t.apart = fecg_alloc(n + 1, 1);
  fecg_status status = FECG_ERR_MEMORY;
  if (t.mean && t.apart) {
    t.level = t.mean + n;
    t.bandwidth = t.level + t.steps;
    status = find(bpm, &t, out);
  }
  fecg_free(t.mean);
  fecg_free(t.apart);
  return status;
}

void fecg_fhr_terms_destroy(fecg_fhr_terms *t) {
  fecg_list_destroy(&t->stretches);
  fecg_list_destroy(&t->excursions);
  fecg_list_destroy(&t->runs);
}

static fecg_status add_event(fecg_list *events, const char *type, double t_s, double duration_s, const char *definition) {
  fecg_rate_event *e = fecg_list_add(events, 1);
  if (!e) return FECG_ERR_MEMORY;
  *e = (fecg_rate_event){type, t_s, duration_s, definition};
  return FECG_OK;
}

fecg_status fecg_fhr_terms_events(const fecg_fhr_terms *t, fecg_list *events) {
  const fecg_fhr_run *r = t->runs.items;
  const fecg_fhr_excursion *e = t->excursions.items;
  fecg_status status = FECG_OK;
  for (size_t i = 0; status == FECG_OK && i < t->runs.count; i++) /* FIGO's; each of NICHD's lies in one of them, or is as long as ten minutes */
    if (r[i].standard == FECG_FIGO)
      status = add_event(events, r[i].fast ? "tachycardia" : "bradycardia", r[i].t_s, r[i].duration_s, (r[i].fast ? FECG_FHR_TACHYCARDIA : FECG_FHR_BRADYCARDIA)[FECG_FIGO]);
  for (size_t i = 0; status == FECG_OK && t->excursions_reason == FECG_FHR_KNOWN && i < t->excursions.count; i++)
    if (nichd_prolonged(e + i)) /* FIGO's of more than 3 min are among them */
      status = add_event(events, "prolonged-deceleration", e[i].t_s, e[i].duration_s, FECG_FHR_NAMES[FECG_FHR_NAMED - 1].definition);
  return status;
}

/* ---- rhythm ----------------------------------------------------------------------------------------- */

enum { AROUND = 5, FEWEST = 6, PREMATURE = 3 };
static const double EARLY = 0.8, RECOVERS = 0.9, MISSED = 1.6, APART_S = 30, RHYTHM_S = 60;
static const double UNSEEN_REGULAR = 0.03, UNSEEN_IRREGULAR = 0.1; /* shares of the beats; with more, what is seen is noise */
static const double SHORTEST_S = 0.13; /* a premature beat's interval may be half of that at 220 bpm */

/* A row of beats. */
typedef struct row {
  const double *beats;
  const float *seen_s;
  size_t count;
} row;

static double time_of(const row *r, size_t k) { return r->beats[k] + r->seen_s[k]; } /* NaN: not seen */

/* The interval that ends at beat k, NaN where one of its beats was not seen or it is none of a fetus. */
static double interval(const row *r, size_t k) {
  const double rr = k < 1 || k >= r->count ? NAN : time_of(r, k) - time_of(r, k - 1);
  return rr >= SHORTEST_S && rr <= FECG_RATE_FETAL.rr_max_s ? rr : NAN;
}

/* The median of the ten intervals around the one that ends at beat k, NaN where fewer than six are known. */
static double usual(const row *r, size_t k) {
  double sorted[2 * AROUND];
  size_t n = 0;
  for (size_t j = k > AROUND ? k - AROUND : 1; j <= k + AROUND && j < r->count; j++) {
    const double rr = interval(r, j);
    if (j == k || isnan(rr)) continue;
    size_t at = n++;
    for (; at > 0 && sorted[at - 1] > rr; at--) sorted[at] = sorted[at - 1];
    sorted[at] = rr;
  }
  return n >= FEWEST ? (sorted[(n - 1) / 2] + sorted[n / 2]) / 2 : NAN;
}

fecg_status fecg_fhr_rhythm_find(const double *beats, const float *seen_s, size_t count, double duration_s, fecg_fhr_rhythm *out,
                                 fecg_list *events) {
  const row r = {beats, seen_s, count};
  *out = (fecg_fhr_rhythm){.irregular = -1};
  double known_s = 0, start = 0, last = 0;
  size_t together = 0, found = 0, unseen = 0; /* premature beats within APART_S of each other */
  for (size_t k = 0; k < count; k++) {
    const double rr = interval(&r, k), next = interval(&r, k + 1), median = usual(&r, k);
    unseen += isnan(seen_s[k]);
    if (!isnan(rr)) known_s += rr;
    const double before = k > 0 ? interval(&r, k - 1) : NAN; /* two that are short have one beat too many between them */
    if (before < EARLY * median || !(rr <= EARLY * median && next >= RECOVERS * median && next <= MISSED * median)) continue;
    out->premature++;
    if (together > 0 && time_of(&r, k) - last > APART_S) together = 0;
    if (together++ == 0) start = time_of(&r, k);
    last = time_of(&r, k);
    if (together < PREMATURE) continue;
    if (together == PREMATURE) {
      const fecg_status status = add_event(events, "irregular", start, 0, FECG_FHR_IRREGULAR);
      if (status != FECG_OK) return status;
      found++;
    }
    ((fecg_rate_event *)events->items + events->count - 1)->duration_s = last - start;
  }
  const double most = found > 0 ? UNSEEN_IRREGULAR : UNSEEN_REGULAR;
  out->reason = duration_s < RHYTHM_S                      ? FECG_FHR_TOO_SHORT
                : 2 * known_s < duration_s                 ? FECG_FHR_LOW_COVERAGE
                : (double)unseen > most * (double)count    ? FECG_FHR_UNSEEN
                                                           : FECG_FHR_KNOWN;
  if (out->reason != FECG_FHR_KNOWN) events->count -= found;
  if (out->reason == FECG_FHR_KNOWN) out->irregular = found > 0;
  return FECG_OK;
}
