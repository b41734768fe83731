/* beat.h — the averaged beat and its intervals. */
#ifndef FECG_MEASURE_BEAT_H
#define FECG_MEASURE_BEAT_H

#include "base/mem.h"

#define FECG_BEAT_FS 500.0
enum { FECG_BEAT_BEFORE = 100, FECG_BEAT_AFTER = 175, FECG_BEAT_TAPS = FECG_BEAT_BEFORE + FECG_BEAT_AFTER + 1,
       FECG_BEAT_GROUPS = 6 };

/* Running sums of one lead's aligned beats: -200..350 ms at 500 Hz. Beats go round robin into groups;
 * the spread between the groups' measurements is the uncertainty of the whole. */
typedef struct fecg_beat_sums {
  double sum[FECG_BEAT_GROUPS][FECG_BEAT_TAPS];
  double square;                  /* of all samples, for the noise */
  size_t count[FECG_BEAT_GROUPS];
} fecg_beat_sums;

/* Adds the beat at t_s of a lead x[n] (rate fs, uV, first sample at time 0). Beats that leave x or meet
 * a gap are left out. */
void fecg_beat_add(fecg_beat_sums *s, const float *x, const unsigned char *gap, size_t n, double fs, double t_s);

typedef struct fecg_beat {
  float uv[FECG_BEAT_TAPS]; /* R upwards */
  double snr;               /* QRS peak over the standard error of the average */
  double pr_ms, pr_ms_sd, qrs_ms, qrs_ms_sd, qt_ms, qt_ms_sd; /* NaN: cannot be told */
} fecg_beat;

/* The averaged beat and its intervals; 0 where fewer than 2 beats a group are there. QRS: where the
 * slope of the average leaves and regains the noise. P and T: waves that stand out of it, T's end by the
 * tangent at its steepest descent (Lepeschkin and Surawicz 1952). */
int fecg_beat_measure(const fecg_beat_sums *s, fecg_beat *out);

#endif
