/* beat.h — the averaged beat and its intervals. */
#ifndef FECG_MEASURE_BEAT_H
#define FECG_MEASURE_BEAT_H

#include "base/mem.h"

#define FECG_BEAT_FS 500.0
enum { FECG_BEAT_BEFORE = 100, FECG_BEAT_AFTER = 175, FECG_BEAT_TAPS = FECG_BEAT_BEFORE + FECG_BEAT_AFTER + 1,
       FECG_BEAT_GROUPS = 6 };

/* Running sums of one lead's aligned beats: -200..350 ms at 500 Hz. Beats go round robin into groups:
 * what groups do not share is noise, and their leaving out in turn is the uncertainty of a measure. */
typedef struct fecg_beat_sums {
  double sum[FECG_BEAT_GROUPS][FECG_BEAT_TAPS];
  size_t count[FECG_BEAT_GROUPS];
} fecg_beat_sums;

/* Adds the beat at t_s of a lead x[n] (rate fs, uV, first sample at time 0). Beats that leave x or meet
 * a gap are left out. */
void fecg_beat_add(fecg_beat_sums *s, const float *x, const unsigned char *gap, size_t n, double fs, double t_s);

typedef struct fecg_beat {
  int lead;                 /* the one that shows it best, and whose average this is */
  float uv[FECG_BEAT_TAPS]; /* R upwards */
  double snr;               /* QRS peak over the standard error of the average */
  double pr_ms, pr_ms_sd, qrs_ms, qrs_ms_sd, qt_ms, qt_ms_sd; /* over all leads; sd: standard
                                                                  uncertainty; NaN: cannot be told */
} fecg_beat;

/* The averaged beat of the clearest of `leads` leads, and the intervals of all of them together; 0 where
 * no lead has 2 beats a group. rr_s: mean interval between beats. */
int fecg_beat_measure(const fecg_beat_sums *s, int leads, double rr_s, fecg_beat *out);

#endif
