/* beat.c — see beat.h. */
#include "measure/beat.h"

#include <math.h>
#include <string.h>

enum { ZERO = FECG_BEAT_BEFORE, MS = 2 /* ms a sample */ };

void fecg_beat_add(fecg_beat_sums *s, const float *x, const unsigned char *gap, size_t n, double fs, double t_s) {
  double beat[FECG_BEAT_TAPS];
  for (int i = 0; i < FECG_BEAT_TAPS; i++) {
    const double at = (t_s + (i - ZERO) / FECG_BEAT_FS) * fs, whole = floor(at);
    if (whole < 0 || whole + 1 >= (double)n) return;
    const size_t k = (size_t)whole;
    if (gap[k] || gap[k + 1]) return;
    beat[i] = x[k] + (at - whole) * ((double)x[k + 1] - (double)x[k]);
  }
  size_t total = 0;
  for (int g = 0; g < FECG_BEAT_GROUPS; g++) total += s->count[g];
  const size_t g = total % FECG_BEAT_GROUPS;
  for (int i = 0; i < FECG_BEAT_TAPS; i++) {
    s->sum[g][i] += beat[i];
    s->square += beat[i] * beat[i];
  }
  s->count[g]++;
}

typedef struct intervals {
  double pr, qrs, qt;
} intervals;

/* Onset, offset and waves of an average x with standard error `error` per sample. */
static intervals delineate(const double *x, double error) {
  intervals r = {NAN, NAN, NAN};
  double slope[FECG_BEAT_TAPS] = {0}, peak = 0;
  for (int i = 2; i + 2 < FECG_BEAT_TAPS; i++) slope[i] = (x[i + 1] - x[i - 1]) / 2 + (x[i + 2] - x[i - 2]) / 4;
  for (int i = ZERO - 20; i <= ZERO + 20; i++)
    if (fabs(slope[i]) > peak) peak = fabs(slope[i]);
  double limit = 0.10 * peak;
  if (limit < 2 * error) limit = 2 * error;
  if (limit > 0.4 * peak) return r; /* too noisy to see where it begins */
  int on = ZERO, off = ZERO;
  for (int i = ZERO, quiet = 0; i > ZERO - 40 && quiet < 4; i--) {
    quiet = fabs(slope[i]) < limit ? quiet + 1 : 0;
    if (quiet == 0) on = i;
  }
  for (int i = ZERO, quiet = 0; i < ZERO + 45 && quiet < 4; i++) {
    quiet = fabs(slope[i]) < limit ? quiet + 1 : 0;
    if (quiet == 0) off = i;
  }
  if (off - on < 10 || off - on > 60) return r; /* 20..120 ms, or it is no QRS */
  r.qrs = (off - on) * MS;

  const double base = (x[on - 3] + x[on - 4] + x[on - 5] + x[on - 6]) / 4;
  int p = -1;
  for (int i = on - 65; i <= on - 12; i++) /* 24..130 ms before the QRS */
    if (i > 4 && (p < 0 || fabs(x[i] - base) > fabs(x[p] - base))) p = i;
  if (p > 8 && p > on - 62 && p < on - 13 && fabs(x[p] - base) > 5 * error) {
    int begin = p;
    const double foot = 0.15 * fabs(x[p] - base);
    while (begin > 4 && p - begin < 25 && fabs(x[begin] - base) > foot) begin--;
    if (fabs(x[begin] - base) <= foot) r.pr = (on - begin) * MS;
  }

  int t = -1;
  for (int i = off + 20; i <= off + 110 && i + 4 < FECG_BEAT_TAPS; i++) /* 40..220 ms after it */
    if (t < 0 || fabs(x[i] - base) > fabs(x[t] - base)) t = i;
  if (t > off + 22 && t < FECG_BEAT_TAPS - 12 && fabs(x[t] - base) > 5 * error) {
    const double sign = x[t] > base ? 1 : -1;
    int steep = t + 1;
    for (int i = t + 1; i < t + 40 && i + 3 < FECG_BEAT_TAPS; i++)
      if (sign * slope[i] < sign * slope[steep]) steep = i;
    const double per_sample = sign * slope[steep] / 2; /* slope[] holds two samples' worth */
    if (per_sample < 0) {
      const double end = steep + sign * (x[steep] - base) / -per_sample;
      if (end < FECG_BEAT_TAPS) r.qt = (end - on) * MS;
    }
  }
  return r;
}

/* Standard error of the mean of `n` like values of which v[groups] are the groups'. */
static double spread(const double *v) {
  double sum = 0, square = 0, n = 0;
  for (int g = 0; g < FECG_BEAT_GROUPS; g++)
    if (v[g] == v[g]) sum += v[g], square += v[g] * v[g], n++;
  if (n < 3) return NAN;
  const double variance = (square - sum * sum / n) / (n - 1);
  return sqrt(variance > 0 ? variance / n : 0);
}

int fecg_beat_measure(const fecg_beat_sums *s, fecg_beat *out) {
  double mean[FECG_BEAT_TAPS] = {0}, total = 0, energy = 0;
  for (int g = 0; g < FECG_BEAT_GROUPS; g++) {
    if (s->count[g] < 2) return 0;
    total += (double)s->count[g];
    for (int i = 0; i < FECG_BEAT_TAPS; i++) mean[i] += s->sum[g][i];
  }
  int top = ZERO;
  for (int i = 0; i < FECG_BEAT_TAPS; i++) {
    mean[i] /= total;
    energy += mean[i] * mean[i];
    if (i >= ZERO - 12 && i <= ZERO + 12 && fabs(mean[i]) > fabs(mean[top])) top = i;
  }
  const double variance = (s->square / total - energy) / FECG_BEAT_TAPS;
  const double error = sqrt(variance > 0 ? variance / total : 0), sign = mean[top] < 0 ? -1 : 1;
  double pr[FECG_BEAT_GROUPS], qrs[FECG_BEAT_GROUPS], qt[FECG_BEAT_GROUPS];
  for (int g = 0; g < FECG_BEAT_GROUPS; g++) {
    double x[FECG_BEAT_TAPS];
    for (int i = 0; i < FECG_BEAT_TAPS; i++) x[i] = sign * s->sum[g][i] / (double)s->count[g];
    const intervals r = delineate(x, error * sqrt((double)FECG_BEAT_GROUPS));
    pr[g] = r.pr, qrs[g] = r.qrs, qt[g] = r.qt;
  }
  for (int i = 0; i < FECG_BEAT_TAPS; i++) {
    mean[i] *= sign;
    out->uv[i] = (float)mean[i];
  }
  const intervals all = delineate(mean, error);
  out->snr = error > 0 ? fabs(mean[top]) / error : 0;
  out->pr_ms = all.pr, out->pr_ms_sd = spread(pr);
  out->qrs_ms = all.qrs, out->qrs_ms_sd = spread(qrs);
  out->qt_ms = all.qt, out->qt_ms_sd = spread(qt);
  return 1;
}
