/* beat_search.h — which of many peaks are the beats of one heart? */
#ifndef FECG_SIGNAL_BEAT_SEARCH_H
#define FECG_SIGNAL_BEAT_SEARCH_H

#include "base/mem.h"

typedef struct fecg_peak {
  double t_s;
  float level;  /* > 0: height of the detection signal */
  float gain;   /* what the search earns by taking the peak */
} fecg_peak;

typedef struct fecg_search {
  double rr_min_s, rr_max_s;
  double rr_weight;  /* cost of a change of rate: rr_weight (d log RR)^2, at most rr_cap */
  double rr_cap;
  double missed;     /* cost of one beat without a peak */
  double restart;    /* cost of losing the rhythm and starting anew, of starting late and of ending early */
  int rounds;        /* likelihood-ratio re-estimations of the gains */
} fecg_search;

extern const fecg_search FECG_SEARCH_FETAL;     /* 245..1100 ms: 60..220 bpm with room for variability */
extern const fecg_search FECG_SEARCH_MATERNAL;  /* 300..1600 ms */

/* Local maxima of y[n] (rate fs) above zero, at least `apart` samples from a higher one; times by a
 * parabola through three samples. Returns how many were written to peaks (room for n / apart + 2). */
size_t fecg_find_peaks(const float *y, size_t n, double fs, size_t apart, fecg_peak *peaks);

/* Chooses the beats among peaks (ascending in time) of a signal from 0 to end_s by dynamic programming
 * over pairs of peaks. taken[count] receives 1 for a beat; *score the total of gains less costs. FECG_ERR_MEMORY. */
fecg_status fecg_search_beats(const fecg_search *search, fecg_peak *peaks, size_t count, double end_s,
                              unsigned char *taken, double *score, fecg_arena *arena);

#endif
