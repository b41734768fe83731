/* rate.c — see rate.h. */
#include "measure/rate.h"

#include <math.h>

const fecg_rate_range FECG_RATE_FETAL = {60.0 / 220 * 0.98, 60.0 / 60 * 1.02};
const fecg_rate_range FECG_RATE_MATERNAL = {0.300, 1.600};

enum { EPOCH = 15, EPOCHS_A_MINUTE = 16, MINUTE = EPOCH * EPOCHS_A_MINUTE, BINS = 300, HALF_WINDOW = 1200 };

void fecg_rate(const double *beats, size_t count, fecg_rate_range range, float *bpm, size_t n) {
  size_t k = 0;
  for (size_t i = 0; i < n; i++) {
    const double t = (double)i / FECG_RATE_FS;
    while (k < count && beats[k] <= t) k++;
    bpm[i] = NAN;
    if (k == 0 || k == count) continue;
    const double rr = beats[k] - beats[k - 1];
    if (rr >= range.rr_min_s && rr <= range.rr_max_s) bpm[i] = (float)(60 / rr);
  }
}

void fecg_rate_hide(const double *beats, size_t count, double moment_s, float *bpm, size_t n) {
  size_t low = 0, high = count; /* the first beat after it lies in low..high */
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (beats[middle] > moment_s) high = middle;
    else low = middle + 1;
  }
  if (low == 0 || low == count) return;
  const double first = ceil(beats[low - 1] * FECG_RATE_FS);
  for (size_t i = first > 0 ? (size_t)first : 0; i < n && (double)i / FECG_RATE_FS < beats[low]; i++) bpm[i] = NAN;
}

/* The baseline of bpm[n], NaN where fewer than 10 s are known. */
static double baseline(const float *bpm, size_t n) {
  double histogram[BINS] = {0};
  size_t known = 0;
  for (size_t i = 0; i < n; i++)
    if (bpm[i] > 0 && bpm[i] < BINS) histogram[(int)bpm[i]]++, known++;
  if (known < 10 * FECG_RATE_FS) return NAN;
  int mode = 2;
  double most = -1;
  for (int b = 2; b + 2 < BINS; b++) { /* counted over 5 bpm */
    const double sum = histogram[b - 2] + histogram[b - 1] + histogram[b] + histogram[b + 1] + histogram[b + 2];
    if (sum > most) most = sum, mode = b;
  }
  double sum = 0, used = 0;
  for (size_t i = 0; i < n; i++)
    if (fabs(bpm[i] - (mode + 0.5)) <= 10) sum += bpm[i], used++;
  return sum / used;
}

void fecg_rate_variability(const float *bpm, size_t n, fecg_variability *out) {
  size_t known = 0, minutes = 0;
  double differences = 0, pairs = 0, ranges = 0;
  for (size_t i = 0; i < n; i++) known += bpm[i] > 0;
  out->coverage = n > 0 ? (double)known / (double)n : 0;
  out->baseline_bpm = baseline(bpm, n);
  for (size_t m = 0; m + MINUTE <= n; m += MINUTE) {
    double rr[EPOCHS_A_MINUTE], low = INFINITY, high = 0, difference = 0, steps = 0;
    size_t epochs = 0;
    for (int e = 0; e < EPOCHS_A_MINUTE; e++) {
      double sum = 0, have = 0;
      for (int i = 0; i < EPOCH; i++) {
        const float b = bpm[m + (size_t)(e * EPOCH + i)];
        if (b > 0) sum += 60000.0 / b, have++;
      }
      rr[e] = 2 * have >= EPOCH ? sum / have : NAN;
      if (!(rr[e] > 0)) continue;
      epochs++;
      if (rr[e] < low) low = rr[e];
      if (rr[e] > high) high = rr[e];
      if (e > 0 && rr[e - 1] > 0) difference += fabs(rr[e] - rr[e - 1]), steps++;
    }
    if (2 * epochs < EPOCHS_A_MINUTE || steps == 0) continue;
    differences += difference;
    pairs += steps;
    ranges += 60000 / low - 60000 / high;
    minutes++;
  }
  out->stv_ms = minutes > 0 ? differences / pairs : NAN;
  out->ltv_bpm = minutes > 0 ? ranges / (double)minutes : NAN;
}

fecg_status fecg_rate_events(const float *bpm, size_t n, fecg_list *events) {
  double level = NAN;
  size_t start = 0, last = 0;
  int side = 0; /* of the run that is open: 1 above, -1 below, 0 none */
  for (size_t i = 0; i <= n; i++) {
    if (i < n && i % 40 == 0) { /* the baseline every 10 s */
      const size_t from = i > HALF_WINDOW ? i - HALF_WINDOW : 0, to = i + HALF_WINDOW < n ? i + HALF_WINDOW : n;
      level = baseline(bpm + from, to - from);
    }
    const int here = i == n || !(bpm[i] > 0) ? 0 : bpm[i] >= level + 15 ? 1 : bpm[i] <= level - 15 ? -1 : 0;
    const int gap = i < n && !(bpm[i] > 0) && (double)(i - last) <= 2 * FECG_RATE_FS;
    if (side != 0 && here != side && !gap) {
      const double duration = (double)(last + 1 - start) / FECG_RATE_FS;
      if (duration >= 15 && duration <= 600) {
        fecg_rate_event *e = fecg_list_add(events, 1);
        if (!e) return FECG_ERR_MEMORY;
        *e = (fecg_rate_event){side > 0 ? "acceleration" : "deceleration", (double)start / FECG_RATE_FS, duration, FECG_EVENT_DEFINITION};
      }
      side = 0;
    }
    if (here != 0) {
      if (side == 0) start = i, side = here;
      last = i;
    }
  }
  return FECG_OK;
}
