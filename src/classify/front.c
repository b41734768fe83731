/* front.c — see front.h. */
#include "classify/front.h"

#include <math.h>
#include <string.h>

#include "base/math.h"
#include "signal/denoise.h"
#include "signal/filter.h"
#include "signal/resample.h"
#include "signal/stats.h"
#include "simd/kernels.h"

static const double MOST_GAPS = 0.2;       /* share of a lead that may be missing */
static const float FLAT_UV = 8;            /* a lead that moves less holds no heart */
static const double STUCK = 0.1;           /* share of samples at one extreme value: an amplifier at its end */
static const double NOISY = 0.35;          /* quality below which a lead is left out */
static const double CONTRADICTION = 0.4;   /* RMS of I + III - II over that of the three, and of what III is not made of */
static const double LEAST_GAIN = 0.2;      /* of I and of II in III */
static const float REVERSED_P_UV = -15, REVERSED_QRS_UV = -50; /* in lead I */

/* What there is of a lead; moves_uv receives how much it moves, which is 0 for one of gaps. sorted is room for n. */
static fecg_electrode look(const float *x, size_t n, float *sorted, double *moves_uv) {
  size_t m = 0;
  for (size_t i = 0; i < n; i++)
    if (!isnan(x[i])) sorted[m++] = x[i];
  *moves_uv = 0;
  if ((double)m < (1 - MOST_GAPS) * (double)n || m < 2) return FECG_ELECTRODE_GAPS;
  const float low = fecg_quantile(sorted, m, 0.005), high = fecg_quantile(sorted, m, 0.995);
  *moves_uv = (double)(high - low);
  if (high - low < FLAT_UV) return FECG_ELECTRODE_FLAT;
  float least = sorted[0], most = sorted[0];
  size_t at_least = 0, at_most = 0;
  for (size_t i = 0; i < m; i++) least = fminf(least, sorted[i]), most = fmaxf(most, sorted[i]);
  for (size_t i = 0; i < m; i++) at_least += sorted[i] == least, at_most += sorted[i] == most;
  return (double)(at_least > at_most ? at_least : at_most) > STUCK * (double)m ? FECG_ELECTRODE_SATURATED : FECG_ELECTRODE_OK;
}

/* A row without gaps: straight lines across them, edge values at the ends. All NaN gives zeros. */
static void bridge_gaps(float *x, size_t n) {
  size_t from = n; /* the last known sample */
  for (size_t i = 0; i < n; i++) {
    if (isnan(x[i])) continue;
    if (from == n)
      for (size_t k = 0; k < i; k++) x[k] = x[i];
    else
      for (size_t k = from + 1; k < i; k++) x[k] = x[from] + (x[i] - x[from]) * (float)(k - from) / (float)(i - from);
    from = i;
  }
  for (size_t k = from == n ? 0 : from + 1; k < n; k++) x[k] = from == n ? 0 : x[from];
}

/* Share of a lead's size that is left after denoising, gaps aside; the baseline is neither heart nor noise. */
static fecg_status heart_share(const float *raw, const float *clean, size_t n, double fs, float *share, fecg_arena *arena) {
  const fecg_arena_mark mark = fecg_arena_save(arena);
  float *gone = fecg_arena_floats(arena, n), *base = fecg_arena_floats(arena, n);
  if (!gone || !base) return FECG_ERR_MEMORY;
  double heart = 0, noise = 0;
  for (size_t i = 0; i < n; i++) gone[i] = raw[i] - clean[i];
  bridge_gaps(gone, n);
  memcpy(base, gone, n * sizeof *gone);
  const fecg_status status = fecg_running_mean(base, n, (size_t)(0.3 * fs), 2, arena);
  for (size_t i = 0; i < n; i++) {
    if (isnan(clean[i])) continue;
    heart += (double)clean[i] * clean[i];
    noise += (double)(gone[i] - base[i]) * (gone[i] - base[i]);
  }
  *share = (float)(heart > 0 ? sqrt(heart) / (sqrt(heart) + sqrt(noise)) : 0);
  fecg_arena_restore(arena, mark);
  return status;
}

static double dot(const float *a, const float *b) {
  double sum = 0;
  for (int t = 0; t < FECG_FRONT_SAMPLES; t++) sum += (double)a[t] * b[t];
  return sum;
}

/* III = II - I (Einthoven 1913). Some records give each lead a gain of its own (all of LUDB), so what has to hold is
 * III = b II - a I with a and b that are clearly positive. */
static int einthoven_holds(const float *one, const float *two, const float *three) {
  const double aa = dot(one, one), bb = dot(two, two), cc = dot(three, three), ab = dot(one, two), ac = dot(one, three), bc = dot(two, three);
  const double off = aa + bb + cc - 2 * ab + 2 * ac - 2 * bc; /* |I + III - II|^2 */
  if (off < CONTRADICTION * CONTRADICTION * (aa + bb + cc) / 3) return 1;
  const double det = aa * bb - ab * ab;
  if (!(det > 1e-6 * aa * bb)) return 0;
  const double a = -(ac * bb - bc * ab) / det, b = (bc * aa - ac * ab) / det;
  const double left = cc + a * ac - b * bc; /* |III - b II + a I|^2 of the best a and b */
  return a > LEAST_GAIN && b > LEAST_GAIN && left < CONTRADICTION * CONTRADICTION * cc;
}

static double net_qrs(const fecg_lead_measures *m) { return m->q_uv.median + m->r_uv.median + m->s_uv.median; }

/* Do the limb leads agree with each other, and lead I with a heart on the left? x [lead][FECG_FRONT_SAMPLES] in uV. */
static fecg_limb check_limbs(const float *x, uint32_t mask, const fecg_intervals *m, int *doubtful) {
  const float *one = x + FECG_LEAD_I * FECG_FRONT_SAMPLES, *two = x + FECG_LEAD_II * FECG_FRONT_SAMPLES;
  const float *three = x + FECG_LEAD_III * FECG_FRONT_SAMPLES;
  const uint32_t einthoven = 1u << FECG_LEAD_I | 1u << FECG_LEAD_II | 1u << FECG_LEAD_III;
  if ((mask & einthoven) == einthoven && !einthoven_holds(one, two, three)) return FECG_LIMB_INCONSISTENT;
  const fecg_lead_measures *i = m->lead + FECG_LEAD_I;
  const double v6 = net_qrs(m->lead + FECG_LEAD_V6);
  const int negative = i->p_uv.median < REVERSED_P_UV && net_qrs(i) < REVERSED_QRS_UV;
  *doubtful = negative && isnan(v6);
  /* with the heart on the right side V6 would be negative too */
  return negative && v6 > 0 ? FECG_LIMB_REVERSED : FECG_LIMB_OK;
}

static void put(fecg_front *f, int i, double v) {
  f->known[i] = isfinite(v) ? 1 : 0;
  f->measures[i] = isfinite(v) ? (float)v : 0;
}

static void list_measures(fecg_front *f) {
  const fecg_intervals *m = &f->intervals;
  const double degree = FECG_PI / 180, rr = m->rr_ms;
  const int axis = f->limb == FECG_LIMB_OK && isfinite(m->qrs_axis_deg);
  const double qrs = axis ? m->qrs_axis_deg : NAN, to_t = axis ? m->t_axis_deg - qrs : NAN;
  const double global[FECG_GLOBAL_MEASURES] = {
      m->rate_bpm, m->rr_sd_ms / rr, m->rr_rmssd_ms / rr, m->irregularity, m->premature, m->wide, m->p_present,
      m->p_ms.median, m->pr_ms.median, m->qrs_ms.median, m->qt_ms.median, m->qtcf_ms.median,
      axis ? fecg_cos(qrs * degree) : NAN, axis ? fecg_sin(qrs * degree) : NAN, isfinite(to_t) ? fecg_cos(to_t * degree) : NAN};
  for (int i = 0; i < FECG_GLOBAL_MEASURES; i++) put(f, i, global[i]);
  for (int l = 0; l < FECG_STANDARD_LEADS; l++) {
    const fecg_lead_measures *k = m->lead + l;
    const double of_lead[FECG_LEAD_MEASURES] = {k->p_uv.median, k->q_uv.median, k->q_ms.median, k->r_uv.median,
                                                k->s_uv.median, k->t_uv.median, k->j_uv.median, k->st60_uv.median};
    for (int i = 0; i < FECG_LEAD_MEASURES; i++)
      put(f, FECG_GLOBAL_MEASURES + l * FECG_LEAD_MEASURES + i, f->mask >> l & 1 ? of_lead[i] : NAN);
  }
}

/* The denoised lead at 100 Hz, in uV. */
static fecg_status to_network(const float *clean, size_t n, double fs, float *x, fecg_arena *arena) {
  size_t m = (size_t)((double)n / fs * FECG_FRONT_FS);
  if (m > FECG_FRONT_SAMPLES) m = FECG_FRONT_SAMPLES;
  const fecg_arena_mark mark = fecg_arena_save(arena);
  float *whole = fecg_arena_floats(arena, n);
  if (!whole) return FECG_ERR_MEMORY;
  memcpy(whole, clean, n * sizeof *whole);
  bridge_gaps(whole, n);
  const fecg_status status = fecg_resample(whole, n, fs, 0, x, m, FECG_FRONT_FS, arena);
  for (size_t j = 0; j < m && status == FECG_OK; j++)
    if (isnan(clean[(size_t)((double)j * fs / FECG_FRONT_FS)])) x[j] = 0; /* a gap is silence, not a line */
  fecg_arena_restore(arena, mark);
  return status;
}

/* RMS of the middle lead of those that take part. */
static double middle_rms(const fecg_front *f) {
  float rms[FECG_STANDARD_LEADS];
  int count = 0;
  for (int l = 0; l < FECG_STANDARD_LEADS; l++) {
    if (!(f->mask >> l & 1)) continue;
    double sum = 0;
    for (int t = 0; t < FECG_FRONT_SAMPLES; t++) {
      const double v = f->x[l * FECG_FRONT_SAMPLES + t];
      sum += v * v;
    }
    rms[count++] = (float)sqrt(sum / FECG_FRONT_SAMPLES);
  }
  return fecg_quantile(rms, (size_t)count, 0.5);
}

/* Beats of a heart are alike, at least by kind; what a search for beats finds in noise is not. x [lead][FECG_FRONT_SAMPLES]. */
static fecg_status beat_likeness(const float *x, const fecg_delineation *d, fecg_arena *arena, double *likeness) {
  enum { HALF = 25, WIDTH = 2 * HALF + 1, ROW = FECG_STANDARD_LEADS * WIDTH }; /* half a second */
  *likeness = NAN;
  if (d->beats == 0) return FECG_OK;
  const fecg_arena_mark mark = fecg_arena_save(arena);
  float *rows = fecg_arena_alloc(arena, d->beats, ROW * sizeof *rows), *best = fecg_arena_floats(arena, d->beats);
  if (!rows || !best) return FECG_ERR_MEMORY;
  size_t count = 0;
  for (size_t b = 0; b < d->beats; b++) {
    const double at = rint(d->joined[b].qrs.peak_s * FECG_FRONT_FS);
    if (at < HALF || at + HALF >= FECG_FRONT_SAMPLES) continue;
    float *row = rows + count * ROW;
    for (int l = 0; l < FECG_STANDARD_LEADS; l++) {
      const float *from = x + l * FECG_FRONT_SAMPLES + (size_t)at - HALF;
      float sum = 0;
      for (int i = 0; i < WIDTH; i++) sum += from[i];
      for (int i = 0; i < WIDTH; i++) row[l * WIDTH + i] = from[i] - sum / WIDTH;
    }
    const float size = sqrtf(fecg_dot(row, row, ROW));
    if (!(size > 0)) continue;
    for (int i = 0; i < ROW; i++) row[i] /= size;
    count++;
  }
  for (size_t a = 0; a < count; a++) {
    best[a] = -1;
    for (size_t b = 0; b < count; b++)
      if (b != a) best[a] = fmaxf(best[a], fecg_dot(rows + a * ROW, rows + b * ROW, ROW));
  }
  if (count > 1) *likeness = (double)fecg_quantile(best, count, 0.5);
  fecg_arena_restore(arena, mark);
  return FECG_OK;
}

/* clean [leads][n]; a gap is where no lead has a signal. */
static double longest_pause(const float *clean, int leads, size_t n, double fs, const fecg_delineation *d) {
  double longest = 0, from = 0; /* samples */
  for (size_t i = 0, b = 0; i < n; i++) {
    int known = 0;
    for (int l = 0; l < leads && !known; l++) known = !isnan(clean[(size_t)l * n + i]);
    const int beat = b < d->beats && (double)i >= d->joined[b].qrs.peak_s * fs;
    if (beat) b++;
    if (beat || !known) from = (double)i;
    longest = fmax(longest, (double)i - from);
  }
  return longest / fs;
}

fecg_status fecg_classify_front(const float *uv, int leads, const int *standard, size_t n, double fs, unsigned stages,
                                double mains_hz, fecg_arena *arena, fecg_front *out) {
  if (leads < 1 || leads > FECG_STANDARD_LEADS || n < 2) return FECG_ERR_ARGUMENT;
  memset(out, 0, sizeof *out);
  const fecg_arena_mark mark = fecg_arena_save(arena);
  float *clean = fecg_arena_floats(arena, (size_t)leads * n), *sorted = fecg_arena_floats(arena, n);
  if (!clean || !sorted) return FECG_ERR_MEMORY;
  int used[FECG_STANDARD_LEADS], count = 0;
  fecg_status status = FECG_OK;
  for (int l = 0; l < leads && status == FECG_OK; l++) {
    const int to = standard[l];
    const float *raw = uv + (size_t)l * n;
    float *row = clean + (size_t)count * n;
    double moves_uv;
    out->state[to] = look(raw, n, sorted, &moves_uv);
    if (out->state[to] == FECG_ELECTRODE_FLAT && moves_uv > out->flat_uv) out->flat_uv = moves_uv;
    if (out->state[to] != FECG_ELECTRODE_OK) continue;
    memcpy(row, raw, n * sizeof *row);
    status = fecg_denoise_lead(row, n, fs, stages, mains_hz, arena);
    if (status == FECG_OK) status = heart_share(raw, row, n, fs, out->quality + to, arena);
    if (status == FECG_OK) status = to_network(row, n, fs, out->x + to * FECG_FRONT_SAMPLES, arena);
    if (out->quality[to] < NOISY) {
      out->state[to] = FECG_ELECTRODE_NOISY;
      memset(out->x + to * FECG_FRONT_SAMPLES, 0, FECG_FRONT_SAMPLES * sizeof(float));
      continue;
    }
    out->mask |= 1u << to;
    used[count++] = to;
  }
  fecg_delineation d;
  if (status == FECG_OK && count > 0) status = fecg_delineate(clean, count, n, fs, arena, &d);
  if (status == FECG_OK && count > 0) status = fecg_measure_intervals(&d, clean, n, fs, used, arena, &out->intervals);
  if (status == FECG_OK && count > 0) status = beat_likeness(out->x, &d, arena, &out->likeness);
  if (status == FECG_OK && count > 0) {
    out->pause_s = longest_pause(clean, count, n, fs, &d);
    out->rms_uv = middle_rms(out);
    out->limb = check_limbs(out->x, out->mask, &out->intervals, &out->doubtful);
    if (out->limb != FECG_LIMB_OK) {
      const uint32_t limbs = (1u << FECG_LEAD_V1) - 1;
      out->mask &= ~limbs;
      memset(out->x, 0, FECG_LEAD_V1 * FECG_FRONT_SAMPLES * sizeof(float));
    }
    for (int i = 0; i < FECG_STANDARD_LEADS * FECG_FRONT_SAMPLES; i++) {
      /* asinh(v) = sign(v) log(|v| + sqrt(v^2 + 1)) */
      const double v = fabs((double)out->x[i]) / FECG_FRONT_SCALE_UV, a = fecg_log(v + sqrt(v * v + 1));
      out->x[i] = (float)(out->x[i] < 0 ? -a : a);
    }
    list_measures(out);
  }
  fecg_arena_restore(arena, mark);
  return status;
}
