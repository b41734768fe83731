/* fetal.c — the fetal beats of a segment, once the mother's part is gone. Residual leads, their pairwise
 * differences and their independent components are candidates; each is searched for a heart; the best
 * seeds are refined by a matched filter over all leads at once; the winner is scored on how far its
 * beats stand apart, how much they earn, how steady they are, and must not follow the mother's. */
#include <math.h>
#include <string.h>

#include "base/math.h"
#include "extract/segment.h"
#include "signal/beat_search.h"
#include "signal/filter.h"
#include "signal/ica.h"
#include "signal/stats.h"
#include "simd/kernels.h"

enum {
  DECIMATE = 4,   /* ICA at 250 Hz */
  SHAPE_HALF = 50,
  HALF = 40,      /* matched filter over +-40 ms */
  APART = 60,    /* ms between candidate peaks */
  SEEDS = 5,
  REFINEMENTS = 2,
  CANDIDATES_MAX = 64
};
static const double SAME_BEATS = 0.97, SAME_SIGNAL = 0.999;
static const double SECOND_SCORE = 1.0;
/* When is it a fetus? The score grows by chance where few beats are fitted by many numbers, so that the
 * one asked for falls with the count of beats; and its QRS is narrower than any atrial wave or T of an
 * adult, which in a block or flutter keeps a rhythm of its own. Of 240 simulated minutes without a fetus
 * the best scores -0.5; real and simulated ones whose beats are right score 0 and more. */
static const double PRESENT_SCORE = -0.4, PRESENT_PER_BEAT = 27, PRESENT_SHARPNESS = 105;
static const double LOCK_WINDOW_S = 0.030;
static const double LOCK_VETO = 0.40;

typedef struct trial {
  double *beats;
  size_t count;
  double score, separation, gain, jitter, uncovered, lock, d_prime;
  int veto;
} trial;

typedef struct scratch { /* shared by all trials of a segment */
  const fecg_segment *s;
  fecg_leads leads; /* residual, 8..60 Hz */
  fecg_peak *peaks;
  unsigned char *taken;
  double *delays;
  float *y;
  fecg_arena *arena;
} scratch;

/* The largest share of beats within LOCK_WINDOW_S of one delay, after the mother's last beat or before
 * her next. */
static double maternal_lock(scratch *k, const double *beats, size_t count) {
  const fecg_segment *s = k->s;
  if (s->maternal_count < 3 || count < 3) return 0;
  size_t most = 0;
  for (int side = 0; side < 2; side++) {
    size_t m = 0, n = 0;
    for (size_t i = 0; i < count; i++) {
      while (m + 1 < s->maternal_count && s->maternal[m + 1] <= beats[i]) m++;
      if (s->maternal[m] > beats[i] || m + 1 >= s->maternal_count) continue;
      k->delays[n++] = side == 0 ? beats[i] - s->maternal[m] : s->maternal[m + 1] - beats[i];
    }
    fecg_sort_doubles(k->delays, n);
    for (size_t i = 0, j = 0; i < n; i++) {
      while (j < n && k->delays[j] <= k->delays[i] + LOCK_WINDOW_S) j++;
      if (j - i > most) most = j - i;
    }
  }
  return (double)most / (double)count;
}

/* Share of the segment's time that no pair of successive beats spans. */
static double uncovered_share(const fecg_segment *s, const double *beats, size_t count) {
  double covered = 0;
  for (size_t i = 1; i < count; i++) {
    const double rr = beats[i] - beats[i - 1];
    if (rr <= 1.2) covered += rr;
  }
  const double length = (double)s->n / FECG_WORK_FS - 0.6;
  const double share = length > 0 ? 1 - covered / length : 1;
  return share > 0 ? share : 0;
}

static double rate_jitter(const double *beats, size_t count) {
  double sum = 0, n = 0;
  for (size_t i = 2; i < count; i++) {
    double d = fabs(fecg_log((beats[i] - beats[i - 1]) / (beats[i - 1] - beats[i - 2])));
    if (d > 0.4) d = 0.4;
    sum += d;
    n++;
  }
  return n > 0 ? sum / n : 0.4;
}

/* Searches the peaks of a detection signal and measures what it finds. */
static fecg_status search_signal(scratch *k, const float *y, double *beats, trial *t) {
  const size_t found = fecg_find_peaks(y, k->s->n, FECG_WORK_FS, APART, k->peaks);
  double total;
  const fecg_status status = fecg_search_beats(&FECG_SEARCH_FETAL, k->peaks, found, (double)k->s->n / FECG_WORK_FS, k->taken, &total, k->arena);
  if (status != FECG_OK) return status;
  double sum[2] = {0, 0}, n[2] = {0, 0};
  t->beats = beats;
  t->count = 0;
  for (size_t i = 0; i < found; i++) {
    if (k->taken[i]) beats[t->count++] = k->peaks[i].t_s;
    sum[k->taken[i]] += fecg_log(k->peaks[i].level);
    n[k->taken[i]]++;
  }
  t->separation = n[0] < 3 || n[1] < 3 ? 0 : sum[1] / n[1] - sum[0] / n[0];
  t->gain = t->count > 0 ? total / (double)t->count : 0;
  t->jitter = rate_jitter(beats, t->count);
  t->uncovered = uncovered_share(k->s, beats, t->count);
  t->lock = maternal_lock(k, beats, t->count);
  t->d_prime = 0;
  t->veto = t->lock > LOCK_VETO;
  t->score = fecg_log(fmax(t->separation, 0.01)) + fecg_log(fmax(t->gain, 0.01)) - 3 * t->jitter - t->uncovered - 5 * t->veto;
  return FECG_OK;
}

static int complete(const fecg_leads *leads, double sample) {
  return !leads->missing || (sample < (double)leads->n && leads->missing[(size_t)sample] == 0);
}

/* d': (mean of the filter's output at beats - mean between them) / spread between them; each half of the
 * beats is judged by the filter fitted on the other half. */
static fecg_status cross_validate(scratch *k, trial *t) {
  double beat = 0, beats = 0, other = 0, square = 0, others = 0;
  for (size_t half = 0; half < 2; half++) {
    const fecg_arena_mark mark = fecg_arena_save(k->arena);
    fecg_matched m;
    fecg_status status = fecg_matched_fit(&m, &k->leads, t->beats, t->count, half, 2, HALF, k->arena);
    if (status == FECG_OK) status = fecg_matched_prepare(&m, k->arena);
    if (status != FECG_OK) return status;
    for (size_t i = 1 - half; i < t->count; i += 2) {
      const double at = t->beats[i] * FECG_WORK_FS;
      if (!complete(&k->leads, at)) continue;
      beat += fecg_matched_at(&m, &k->leads, (int64_t)(at + 0.5));
      beats++;
      if (i + 1 >= t->count) continue;
      const double rr = (t->beats[i + 1] - t->beats[i]) * FECG_WORK_FS;
      for (double d = 60; d < rr - 60; d += 10) {
        if (!complete(&k->leads, at + d)) continue;
        const double v = fecg_matched_at(&m, &k->leads, (int64_t)(at + d));
        other += v;
        square += v * v;
        others++;
      }
    }
    fecg_arena_restore(k->arena, mark);
  }
  if (beats < 3 || others < 10) return FECG_OK;
  const double mean = other / others, variance = square / others - mean * mean;
  t->d_prime = variance > 0 ? (beat / beats - mean) / sqrt(variance) : 0;
  return FECG_OK;
}

/* The beats of t averaged into a filter, and the filter's output searched for beats. */
static fecg_status refine(scratch *k, trial *t) {
  const fecg_arena_mark mark = fecg_arena_save(k->arena);
  fecg_matched m;
  fecg_status status = fecg_matched_fit(&m, &k->leads, t->beats, t->count, 0, 1, HALF, k->arena);
  if (status == FECG_OK) status = fecg_matched_run(&m, &k->leads, k->y, k->arena);
  if (status == FECG_OK) status = search_signal(k, k->y, t->beats, t);
  fecg_arena_restore(k->arena, mark);
  return status;
}

/* Beats of a that b has too, within 50 ms, as a share of the longer list. */
static double agreement(const trial *a, const trial *b) {
  size_t same = 0;
  for (size_t i = 0, j = 0; i < a->count; i++) {
    while (j < b->count && b->beats[j] < a->beats[i] - 0.05) j++;
    if (j < b->count && b->beats[j] <= a->beats[i] + 0.05) same++;
  }
  const size_t most = a->count > b->count ? a->count : b->count;
  return most > 0 ? (double)same / (double)most : 0;
}

/* RMS slope over RMS of the averaged beat, leads in units of their own power, 1/s. */
static fecg_status beat_sharpness(const fecg_leads *leads, const double *beats, size_t count, double *sharpness, fecg_arena *arena) {
  const fecg_arena_mark mark = fecg_arena_save(arena);
  fecg_matched m;
  const fecg_status status = fecg_matched_fit(&m, leads, beats, count, 0, 1, SHAPE_HALF, arena);
  if (status != FECG_OK) return status;
  double beat = 0, slope = 0;
  for (int l = 0; l < leads->count; l++) {
    const float *b = m.beat + (size_t)l * m.taps;
    const double power = fecg_dot(leads->x[l], leads->x[l], leads->n);
    if (!(power > 0)) continue;
    beat += fecg_dot(b, b, m.taps) / power;
    for (size_t i = 1; i < m.taps; i++) slope += (b[i] - b[i - 1]) * (b[i] - b[i - 1]) / power;
  }
  *sharpness = beat > 0 ? sqrt(slope / beat) * leads->fs : 0;
  fecg_arena_restore(arena, mark);
  return FECG_OK;
}

/* A second train of beats that is as clear as a first one would have to be, and not the same. */
static int second_heart(const trial *first, const trial *t) {
  return !t->veto && t->score > SECOND_SCORE && agreement(first, t) < 0.4 && fabs(fecg_log((double)t->count / (double)first->count)) < 0.5;
}

/* |Correlation| of two combinations of leads with covariance cov. */
static double correlation(const double *cov, int leads, const double *a, const double *b) {
  double ab = 0, aa = 0, bb = 0;
  for (int i = 0; i < leads; i++)
    for (int j = 0; j < leads; j++) {
      ab += a[i] * cov[i * leads + j] * b[j];
      aa += a[i] * cov[i * leads + j] * a[j];
      bb += b[i] * cov[i * leads + j] * b[j];
    }
  return aa > 0 && bb > 0 ? fabs(ab) / sqrt(aa * bb) : 1;
}

/* Rows of lead weights, one a candidate. */
static fecg_status candidate_weights(const scratch *k, double (*w)[FECG_MAX_LEADS], int *count) {
  const int leads = k->leads.count;
  int c = 0;
  for (int l = 0; l < leads; l++, c++)
    for (int i = 0; i < leads; i++) w[c][i] = i == l;
  for (int a = 0; a < leads; a++)
    for (int b = a + 1; b < leads && c < CANDIDATES_MAX - 2 * FECG_ICA_MAX; b++, c++)
      for (int i = 0; i < leads; i++) w[c][i] = i == a ? 1 : i == b ? -1 : 0;
  const fecg_arena_mark mark = fecg_arena_save(k->arena);
  const size_t few = k->leads.n / DECIMATE;
  float *thin[FECG_MAX_LEADS];
  for (int l = 0; l < leads; l++) {
    thin[l] = fecg_arena_floats(k->arena, few);
    if (!thin[l]) return FECG_ERR_MEMORY;
    for (size_t i = 0; i < few; i++) thin[l][i] = k->leads.x[l][i * DECIMATE];
  }
  double cov[FECG_MAX_LEADS * FECG_MAX_LEADS];
  for (int i = 0; i < leads; i++)
    for (int j = 0; j < leads; j++) cov[i * leads + j] = fecg_dot(thin[i], thin[j], few);
  for (int contrast = FECG_ICA_TANH; contrast <= FECG_ICA_CUBIC && leads > 1; contrast++) {
    double unmix[FECG_ICA_MAX * FECG_MAX_LEADS];
    int components;
    const fecg_status status = fecg_ica((const float *const *)thin, leads, few, (fecg_contrast)contrast, unmix, &components, k->arena);
    if (status != FECG_OK) return status;
    for (int j = 0; j < components; j++) {
      for (int i = 0; i < leads; i++) w[c][i] = unmix[j * leads + i];
      int twin = 0;
      for (int e = 0; e < c; e++) twin = twin || correlation(cov, leads, w[e], w[c]) > SAME_SIGNAL;
      c += !twin;
    }
  }
  *count = c;
  fecg_arena_restore(k->arena, mark);
  return FECG_OK;
}

fecg_status fecg_find_fetal(fecg_segment *s, fecg_fetal *f, fecg_arena *arena) {
  const size_t n = s->n, room = n / APART + 2;
  memset(f, 0, sizeof *f);
  f->reason = "NO_FETUS";
  if (s->usable_count == 0) return FECG_OK;
  scratch k = {.s = s, .arena = arena};
  k.peaks = fecg_arena_alloc(arena, room, sizeof *k.peaks);
  k.taken = fecg_arena_alloc(arena, room, 1);
  k.delays = fecg_arena_alloc(arena, room, sizeof *k.delays);
  k.y = fecg_arena_floats(arena, n);
  float *residual[FECG_MAX_LEADS], *slope[FECG_MAX_LEADS], *envelope = fecg_arena_floats(arena, n);
  if (!k.peaks || !k.taken || !k.delays || !k.y || !envelope) return FECG_ERR_MEMORY;
  for (int i = 0; i < s->usable_count; i++) {
    residual[i] = fecg_arena_floats(arena, n);
    slope[i] = fecg_arena_floats(arena, n);
    if (!residual[i] || !slope[i]) return FECG_ERR_MEMORY;
  }
  fecg_status status = fecg_residual(s, residual, arena);
  if (status != FECG_OK) return status;
  for (int i = 0; i < s->usable_count; i++) memcpy(slope[i], residual[i], n * sizeof(float));
  k.leads = (fecg_leads){residual, s->usable_count, n, FECG_WORK_FS, s->missing};
  status = fecg_slopes(slope, s->usable_count, n, arena);
  if (status != FECG_OK) return status;

  double w[CANDIDATES_MAX][FECG_MAX_LEADS];
  int candidates;
  status = candidate_weights(&k, w, &candidates);
  if (status != FECG_OK) return status;
  trial seeds[SEEDS + 1];
  int seed_count = 0;
  for (int i = 0; i <= SEEDS; i++) {
    seeds[i].beats = fecg_arena_alloc(arena, room, sizeof(double));
    if (!seeds[i].beats) return FECG_ERR_MEMORY;
  }
  for (int c = 0; c < candidates; c++) {
    memset(envelope, 0, n * sizeof *envelope);
    for (int l = 0; l < s->usable_count; l++)
      if (w[c][l] != 0) fecg_axpy(envelope, (float)w[c][l], slope[l], n);
    status = fecg_envelopes(&envelope, 1, n, arena);
    if (status != FECG_OK) return status;
    trial t;
    status = search_signal(&k, envelope, seeds[SEEDS].beats, &t);
    if (status != FECG_OK) return status;
    if (t.count < 4) continue;
    int at = seed_count, twin = -1;
    for (int i = 0; i < seed_count; i++)
      if (agreement(&t, seeds + i) > 0.9) twin = i;
    if (twin >= 0) {
      if (seeds[twin].score >= t.score) continue;
      at = twin;
    } else if (seed_count == SEEDS) {
      at = 0;
      for (int i = 1; i < SEEDS; i++)
        if (seeds[i].score < seeds[at].score) at = i;
      if (seeds[at].score >= t.score) continue;
    } else {
      seed_count++;
    }
    double *swap = seeds[at].beats;
    seeds[at] = t;
    seeds[SEEDS].beats = swap;
  }

  /* seeds that have become one after the first refinement go on as one */
  trial *best = NULL;
  for (int i = 0; i < seed_count; i++) {
    trial *t = seeds + i;
    for (int round = 0; round < REFINEMENTS && t->count >= 4; round++) {
      status = refine(&k, t);
      if (status != FECG_OK) return status;
      int same = 0;
      for (int j = 0; j < i && round == 0; j++) same = same || agreement(t, seeds + j) > SAME_BEATS;
      if (same) t->count = 0;
    }
    if (t->count < 4) continue;
    status = cross_validate(&k, t);
    if (status != FECG_OK) return status;
    t->score += fecg_log(fmax(t->d_prime, 0.1));
    if (!best || t->score > best->score) best = t;
  }
  if (!best || best->count < 4) return FECG_OK;
  fecg_matched m;
  status = fecg_matched_fit(&m, &k.leads, best->beats, best->count, 0, 1, HALF, arena);
  if (status == FECG_OK) status = fecg_matched_run(&m, &k.leads, k.y, arena);
  if (status != FECG_OK) return status;
  f->score = best->score;
  f->d_prime = best->d_prime;
  f->lock = best->lock;
  double sharpness = 0;
  status = fecg_finish_beats(best->beats, best->count, k.y, n, f, arena);
  /* the residual once more, wide enough to keep the shape of the QRS */
  for (int i = 0; i < s->usable_count; i++) {
    const int l = s->usable[i];
    for (size_t t = 0; t < n; t++) residual[i][t] = s->gap[l][t] ? 0 : s->x[l][t] - s->mecg[l][t];
  }
  const fecg_biquad wide[] = {fecg_lowpass(100, FECG_WORK_FS)};
  if (status == FECG_OK) status = fecg_zero_phase(residual, s->usable_count, n, wide, 1, 100, arena);
  if (status == FECG_OK) status = beat_sharpness(&k.leads, f->beats, f->count, &sharpness, arena);
  if (status == FECG_OK) status = fecg_align_fiducial(&k.leads, f->beats, f->count, arena);
  const int clear = best->score >= PRESENT_SCORE + PRESENT_PER_BEAT / (double)best->count && sharpness >= PRESENT_SHARPNESS;
  f->reason = best->veto ? "MATERNAL_LOCK" : clear ? NULL : "NO_FETUS";
  f->present = !f->reason;
  f->sharpness = sharpness;
  for (int i = 0; i < seed_count && f->present; i++)
    if (seeds + i != best && second_heart(best, seeds + i)) f->second = 1;
  return status;
}
