/* rate.h — what the beats of a heart say of its rate. Beats are seconds, ascending. */
#ifndef FECG_MEASURE_RATE_H
#define FECG_MEASURE_RATE_H

#include "base/mem.h"

#define FECG_RATE_FS 4.0 /* Hz, the rate at which rates are given */

typedef struct fecg_rate_range { double rr_min_s, rr_max_s; } fecg_rate_range;
extern const fecg_rate_range FECG_RATE_FETAL;    /* 60..220 bpm */
extern const fecg_rate_range FECG_RATE_MATERNAL; /* 37.5..200 bpm */

/* bpm[n] at times i / 4 s: 60 over the interval between the two beats around that time, NaN where that
 * interval is outside the range (a beat is missing there) or there is none. Nothing is filled. */
void fecg_rate(const double *beats, size_t count, fecg_rate_range range, float *bpm, size_t n);

/* No rate over the interval that holds a moment in which no lead was there: a beat may be missing in it. Times as above. */
void fecg_rate_hide(const double *beats, size_t count, double moment_s, float *bpm, size_t n);

typedef struct fecg_variability {
  double baseline_bpm; /* NaN: not known */
  double stv_ms;
  double ltv_bpm;
  double coverage;     /* share of time with a rate, 0..1 */
} fecg_variability;

/* Baseline: the mean of the rate within +-10 bpm of its most frequent value, so that accelerations and
 * decelerations (FIGO 2015: 15 bpm and more) stay outside. STV and LTV after Dawes, Moulden and Redman
 * (1991) in epochs of 3.75 s: STV is the mean absolute difference of the mean RR of successive epochs;
 * LTV the mean over minutes of the range of the epochs' rates. Both need a minute with at least half of
 * its epochs. FECG_ERR_MEMORY. */
void fecg_rate_variability(const float *bpm, size_t n, fecg_variability *out);

typedef struct fecg_rate_event {
  const char *type; /* here "acceleration" or "deceleration" */
  double t_s, duration_s;
  const char *definition;
} fecg_rate_event;
#define FECG_EVENT_DEFINITION "rate at least 15 bpm from the baseline of the ten minutes around, for 15 s to 10 min (FIGO 2015)"

/* Finds accelerations and decelerations and appends them to `events` (fecg_rate_event). A gap of more
 * than 2 s ends one. FECG_ERR_MEMORY. */
fecg_status fecg_rate_events(const float *bpm, size_t n, fecg_list *events);

#endif
