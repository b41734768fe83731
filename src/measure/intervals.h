/* intervals.h — what a delineated ECG measures: rate and its regularity, intervals, axes, and amplitudes of
 * each standard lead. NaN is what cannot be told. */
#ifndef FECG_MEASURE_INTERVALS_H
#define FECG_MEASURE_INTERVALS_H

#include "measure/delineate.h"
#include "measure/standard_leads.h"

/* Over beats: the median, and as its spread 1.4826 times the median distance from it. */
typedef struct fecg_middle {
  double median, spread;
} fecg_middle;

/* Of one lead, over normal beats, against the level just before the QRS (of the PR segment). q_uv and s_uv are
 * negative and 0 where there is no such wave; r_uv is positive, or 0. */
typedef struct fecg_lead_measures {
  fecg_middle p_uv, q_uv, q_ms, r_uv, s_uv, t_uv;
  fecg_middle j_uv, st60_uv; /* at the end of the QRS, and 60 ms later */
} fecg_lead_measures;

typedef struct fecg_intervals {
  size_t beats;          /* found */
  size_t normal;         /* of these, neither premature nor wide against their neighbours: medians are theirs */
  double rate_bpm;       /* 60 / median RR */
  double rr_ms, rr_sd_ms, rr_rmssd_ms; /* mean, standard deviation, RMS of successive differences */
  double irregularity;   /* median of |RR[i+1] - RR[i]| / median RR: a few ectopic beats leave it small, atrial
                            fibrillation does not */
  double premature;      /* share of beats: earlier than 80 % of the median RR around them */
  double wide;           /* share of beats with a QRS of 120 ms or more */
  double p_present;      /* share of beats with a joined P */
  fecg_middle p_ms, pr_ms, qrs_ms, qt_ms;
  fecg_middle qtcb_ms, qtcf_ms;                  /* QT / RR^(1/2), QT / RR^(1/3), RR in s */
  double qrs_axis_deg, p_axis_deg, t_axis_deg;   /* frontal plane, -180..180, 0 towards I, 90 towards aVF */
  fecg_lead_measures lead[FECG_STANDARD_LEADS];  /* NaN where the lead is not there */
} fecg_intervals;

/* x[d->leads][n] at fs: the signals that d was found in. standard[lead]: which of the standard leads it is, or -1.
 * Where one stands twice the first counts. FECG_ERR_MEMORY. */
fecg_status fecg_measure_intervals(const fecg_delineation *d, const float *x, size_t n, double fs, const int *standard,
                                   fecg_arena *arena, fecg_intervals *out);

#endif
