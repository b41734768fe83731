/* beat.c — see beat.h. For each wave the leads are joined into the one sum of them, each in units of its
 * noise, that shows it most: the first principal component (Castells, Laguna, Sornmo, Bollmann and Roig,
 * EURASIP J Adv Signal Process 2007). The QRS begins and ends where the slope falls below a share of its
 * maximum (Laguna, Jane and Caminal, Comput Biomed Res 27, 1994). P begins and T ends where the tangent to
 * the steepest part of the flank meets the level beyond it (Lepeschkin and Surawicz, Circulation 6, 1952).
 * Uncertainty is the jackknife over groups of beats (Efron and Stein, Ann Stat 9, 1981), the sample step,
 * and how far this method lies from the truth where nothing else is wrong. */
#include "measure/beat.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ZERO = FECG_BEAT_BEFORE, TAPS = FECG_BEAT_TAPS, GROUPS = FECG_BEAT_GROUPS };
enum { QRS_REACH = 22, QRS_HALF = 2, P_HALF = 5, T_HALF = 8 }; /* samples; half: of the line fitted to take a slope */
static const double MS = 1000 / FECG_BEAT_FS;
static const double QRS_EDGE = 0.05;  /* of the QRS's steepest slope: it has begun */
static const double STEEP = 0.4;      /* of the same: surely within */
static const double NOISY = 0.25;     /* of the same: noise that hides where it begins */
static const double FOOT = 0.2;       /* of a flank's steepest slope: the flank has ended */
static const double CLEAR = 5;        /* standard errors by which P and T stand out */
static const double RIVAL = 0.5;      /* of the wave: another that may be it as well */
static const double FLAT_T = 0.06;    /* of the QRS, peak to peak: a T below has no end to speak of */
static const double WIDEST_P = 45;    /* samples: 90 ms, or it is no fetal P */

enum { PR, QRS, QT, INTERVALS };
/* What an interval of a fetus may be (QT as at a rate of 60, after Bazett); the jackknife's standard error
 * above which groups disagree; and about the error left with little noise, against clean simulated leads
 * and against scalp leads (tests/eval/beat.js); all ms. */
static const struct { double low, high, disagree, method; } LIMITS[INTERVALS] = {{60, 200, 10, 4.5}, {20, 100, 10, 4.5}, {300, 600, 15, 8}};

void fecg_beat_add(fecg_beat_sums *s, const float *x, const unsigned char *gap, size_t n, double fs, double t_s) {
  double beat[TAPS];
  for (int i = 0; i < TAPS; i++) {
    const double at = (t_s + (i - ZERO) / FECG_BEAT_FS) * fs, whole = floor(at);
    if (whole < 0 || whole + 1 >= (double)n) return;
    const size_t k = (size_t)whole;
    if (gap[k] || gap[k + 1]) return;
    beat[i] = x[k] + (at - whole) * ((double)x[k + 1] - (double)x[k]);
  }
  size_t total = 0;
  for (int g = 0; g < GROUPS; g++) total += s->count[g];
  const size_t g = total % GROUPS;
  for (int i = 0; i < TAPS; i++) s->sum[g][i] += beat[i];
  s->count[g]++;
}

/* Average at sample i without group `skip`; -1: of all. */
static double average(const fecg_beat_sums *s, int skip, int i) {
  double sum = 0, count = 0;
  for (int g = 0; g < GROUPS; g++)
    if (g != skip) sum += s->sum[g][i], count += (double)s->count[g];
  return sum / count;
}

/* Jackknife: the variance of a mean, or of what was worked out from it, by leaving out each group. */
static double jackknife(const double *without) {
  double mean = 0, square = 0;
  for (int g = 0; g < GROUPS; g++) mean += without[g] / GROUPS;
  for (int g = 0; g < GROUPS; g++) square += (without[g] - mean) * (without[g] - mean);
  return square * (GROUPS - 1) / GROUPS;
}

static int in_qrs(int i) { return abs(i - ZERO) < 25; }

/* Standard error of a lead's average, outside the QRS, where it would be jitter. */
static double lead_error(const fecg_beat_sums *s) {
  double sum = 0, count = 0;
  for (int i = 0; i < TAPS; i++) {
    double without[GROUPS];
    for (int g = 0; g < GROUPS; g++) without[g] = average(s, g, i);
    if (!in_qrs(i)) sum += jackknife(without), count++;
  }
  return sqrt(sum / count);
}

/* Leads joined, smooth: value and slope (a sample) of the line fitted to the samples around each, in the
 * average without group g and, last, of all; the standard errors of the latter. */
enum { ALL = GROUPS, SETS };
typedef struct joined {
  double value[SETS][TAPS], slope[SETS][TAPS];
  double error, slope_error;
  int first, last; /* where there is a line */
} joined;

static void fit_lines(joined *j, int set, const double *x, int half) {
  double square = 0;
  for (int k = -half; k <= half; k++) square += k * k;
  for (int i = half; i + half < TAPS; i++) {
    double sum = 0, moment = 0;
    for (int k = -half; k <= half; k++) sum += x[i + k], moment += k * x[i + k];
    j->value[set][i] = sum / (2 * half + 1);
    j->slope[set][i] = moment / square;
  }
}

/* error[lead] = 0: not used. The component is that of samples from..to. */
static void join(joined *j, const fecg_beat_sums *s, int leads, const double *error, int from, int to, int half) {
  double c[FECG_MAX_LEADS][FECG_MAX_LEADS] = {{0}}, mean[FECG_MAX_LEADS] = {0}, y[FECG_MAX_LEADS] = {0}, u[FECG_MAX_LEADS] = {0};
  int top = 0;
  for (int pass = 0; pass < 2; pass++)
    for (int i = from; i <= to; i++)
      for (int l = 0; l < leads; l++) {
        if (error[l] > 0) y[l] = average(s + l, -1, i) / error[l] - mean[l];
        if (pass == 0) c[0][l] += y[l] / (to - from + 1);
        else
          for (int m = 0; m <= l; m++) c[l][m] += y[l] * y[m];
        if (pass == 0 && i == to) mean[l] = c[0][l], c[0][l] = 0;
      }
  for (int l = 0; l < leads; l++) {
    for (int m = 0; m < l; m++) c[m][l] = c[l][m];
    if (c[l][l] > c[top][top]) top = l;
  }
  u[top] = 1;
  for (int k = 0; k < 50; k++) { /* power iteration */
    double next[FECG_MAX_LEADS] = {0}, norm = 0;
    for (int l = 0; l < leads; l++) {
      for (int m = 0; m < leads; m++) next[l] += c[l][m] * u[m];
      norm += next[l] * next[l];
    }
    for (int l = 0; l < leads && norm > 0; l++) u[l] = next[l] / sqrt(norm);
  }
  for (int set = 0; set < SETS; set++) {
    double x[TAPS] = {0};
    for (int l = 0; l < leads; l++)
      for (int i = 0; i < TAPS && error[l] > 0; i++) x[i] += u[l] / error[l] * average(s + l, set == ALL ? -1 : set, i);
    fit_lines(j, set, x, half);
  }
  j->first = half;
  j->last = TAPS - 1 - half;
  double value = 0, slope = 0, count = 0;
  for (int i = j->first; i <= j->last; i++) {
    double v[GROUPS], d[GROUPS];
    for (int g = 0; g < GROUPS; g++) v[g] = j->value[g][i], d[g] = j->slope[g][i];
    if (!in_qrs(i)) value += jackknife(v), slope += jackknife(d), count++;
  }
  j->error = sqrt(value / count);
  j->slope_error = sqrt(slope / count);
}

/* Where |slope| falls below `limit` and stays there for 8 ms, from sample `from` on in direction step. */
static double qrs_edge(const double *slope, int from, int step, double limit) {
  double edge = NAN;
  for (int i = from, quiet = 0; abs(i - from) < 25 && quiet < 4; i += step) {
    const double here = fabs(slope[i]), next = fabs(slope[i + step]);
    quiet = here < limit ? quiet + 1 : 0;
    if (here >= limit && next < limit) edge = i + step * (here - limit) / (here - next);
  }
  return edge;
}

typedef struct span {
  double on, off, peak_to_peak;
} span;

static span find_qrs(const joined *j, int set) {
  const double *slope = j->slope[set], *value = j->value[set];
  double steepest = 0, low = value[ZERO], high = value[ZERO];
  int first = ZERO + QRS_REACH, last = ZERO - QRS_REACH;
  for (int i = ZERO - QRS_REACH; i <= ZERO + QRS_REACH; i++) {
    steepest = fmax(steepest, fabs(slope[i]));
    low = fmin(low, value[i]);
    high = fmax(high, value[i]);
  }
  for (int i = ZERO + QRS_REACH; i >= ZERO - QRS_REACH; i--)
    if (fabs(slope[i]) >= STEEP * steepest) first = i;
  for (int i = first; i <= ZERO + QRS_REACH; i++)
    if (fabs(slope[i]) >= STEEP * steepest) last = i;
  const double limit = fmax(QRS_EDGE * steepest, 3 * j->slope_error);
  const span none = {NAN, NAN, NAN};
  if (limit > NOISY * steepest) return none;
  const span q = {qrs_edge(slope, first, -1, limit), qrs_edge(slope, last, 1, limit), high - low};
  return q.off > q.on ? q : none;
}

/* By how much sample i stands out, upwards for sign 1, both of those from..i and of those i..to. */
static double prominence(const double *value, double sign, int i, int from, int to) {
  double left = 0, right = 0;
  for (int k = from; k < i; k++) left = fmax(left, sign * (value[i] - value[k]));
  for (int k = i + 1; k <= to; k++) right = fmax(right, sign * (value[i] - value[k]));
  return fmin(left, right);
}

/* The peak between from and to that stands out most, up or down, and by how much. -1: there is none that
 * stands out by `least`, or another of its kind comes near it. */
static int find_wave(const double *value, int from, int to, double least, double *sign) {
  int best = -1;
  double height = 0;
  for (int s = -1; s <= 1; s += 2)
    for (int i = from + 1; i < to; i++) {
      const double h = prominence(value, s, i, from, to);
      if (h > height) height = h, best = i, *sign = s;
    }
  for (int i = from + 1; best >= 0 && i < to; i++)
    if (i != best && prominence(value, *sign, i, i < best ? from : best, i < best ? best : to) > RIVAL * height) return -1;
  return height >= least ? best : -1;
}

/* Where the flank of a wave ends, from its peak in direction step, not beyond sample `last`. */
static double tangent(const joined *j, int set, int peak, double sign, int step, int last) {
  const double *value = j->value[set], *slope = j->slope[set];
  int lowest = peak, steep = peak;
  for (int i = peak; i != last + step; i += step)
    if (sign * value[i] < sign * value[lowest]) lowest = i;
  for (int i = peak; i != lowest + step; i += step)
    if (step * sign * slope[i] < step * sign * slope[steep]) steep = i;
  int foot = steep;
  while (foot != lowest && step * sign * slope[foot] < FOOT * step * sign * slope[steep]) foot += step;
  return step * sign * slope[steep] < 0 ? steep + (value[foot] - value[steep]) / slope[steep] : NAN;
}

static double p_onset(const joined *j, int set, const span *qrs) {
  const int to = (int)qrs->on - P_HALF - 3, from = (int)fmax(qrs->on - 80, j->first);
  double sign = 1;
  const int peak = find_wave(j->value[set], from, to, CLEAR * j->error, &sign);
  if (peak < 0) return NAN;
  const double on = tangent(j, set, peak, sign, -1, peak - 30 > j->first ? peak - 30 : j->first);
  return tangent(j, set, peak, sign, 1, to) - on <= WIDEST_P ? on : NAN;
}

static double t_end(const joined *j, int set, const span *qrs, int to) {
  double sign = 1;
  const int peak = find_wave(j->value[set], (int)qrs->off + T_HALF + 5, to, fmax(CLEAR * j->error, FLAT_T * qrs->peak_to_peak), &sign);
  return peak < 0 ? NAN : tangent(j, set, peak, sign, 1, to);
}

static void measure_intervals(const fecg_beat_sums *s, int leads, const double *error, double rr_s, double v[INTERVALS][SETS]) {
  joined j;
  span qrs[SETS];
  double p[SETS], t[SETS];
  join(&j, s, leads, error, ZERO - 25, ZERO + 25, QRS_HALF);
  for (int set = 0; set < SETS; set++) qrs[set] = find_qrs(&j, set), p[set] = t[set] = NAN;
  const span q = qrs[ALL];
  if (isfinite(q.on)) {
    join(&j, s, leads, error, (int)fmax(q.on - 80, 0), (int)q.on - 4, P_HALF);
    for (int set = 0; set < SETS; set++)
      if (isfinite(qrs[set].on)) p[set] = p_onset(&j, set, qrs + set);
    /* T ends before the P of the next beat begins */
    const double rr = rr_s * FECG_BEAT_FS, next = isfinite(p[ALL]) ? p[ALL] + 0.95 * rr : q.on + 0.65 * rr;
    const int to = (int)fmin(next, TAPS - 1 - T_HALF);
    if (to > q.off + 40) {
      join(&j, s, leads, error, (int)q.off + 8, to, T_HALF);
      for (int set = 0; set < SETS; set++)
        if (isfinite(qrs[set].on)) t[set] = t_end(&j, set, qrs + set, to);
    }
  }
  for (int set = 0; set < SETS; set++) {
    v[PR][set] = (qrs[set].on - p[set]) * MS;
    v[QRS][set] = (qrs[set].off - qrs[set].on) * MS;
    v[QT][set] = (t[set] - qrs[set].on) * MS;
  }
}

int fecg_beat_measure(const fecg_beat_sums *s, int leads, double rr_s, fecg_beat *out) {
  double error[FECG_MAX_LEADS] = {0}, v[INTERVALS][SETS];
  out->snr = -1;
  for (int l = 0; l < leads; l++) {
    int enough = 1;
    for (int g = 0; g < GROUPS; g++) enough &= s[l].count[g] >= 2;
    if (!enough) continue;
    double peak = 0;
    for (int i = ZERO - 12; i <= ZERO + 12; i++) {
      const double x = average(s + l, -1, i);
      if (fabs(x) > fabs(peak)) peak = x;
    }
    error[l] = fmax(lead_error(s + l), 1e-6 * fabs(peak));
    const double snr = error[l] > 0 ? fabs(peak) / error[l] : 0;
    if (snr <= out->snr) continue;
    out->snr = snr;
    out->lead = l;
    for (int i = 0; i < TAPS; i++) out->uv[i] = (float)(peak < 0 ? -average(s + l, -1, i) : average(s + l, -1, i));
  }
  if (out->snr < 0) return 0;
  measure_intervals(s, leads, error, rr_s, v);
  double *const to[INTERVALS][2] = {{&out->pr_ms, &out->pr_ms_sd}, {&out->qrs_ms, &out->qrs_ms_sd}, {&out->qt_ms, &out->qt_ms_sd}};
  for (int k = 0; k < INTERVALS; k++) {
    const double variance = jackknife(v[k]);
    const double at_60 = k == QT ? v[k][ALL] / sqrt(rr_s) : v[k][ALL];
    const int told = at_60 >= LIMITS[k].low && at_60 <= LIMITS[k].high && sqrt(variance) <= LIMITS[k].disagree;
    *to[k][0] = told ? v[k][ALL] : NAN;
    *to[k][1] = told ? sqrt(variance + MS * MS / 6 + LIMITS[k].method * LIMITS[k].method) : NAN; /* two edges */
  }
  return 1;
}
