/* matched.h — a matched filter over several leads at once. */
#ifndef FECG_SIGNAL_MATCHED_H
#define FECG_SIGNAL_MATCHED_H

#include "base/mem.h"

typedef struct fecg_leads { /* rows of equal length at one rate; gaps are zero in x */
  float **x;
  int count;
  size_t n;
  double fs;
} fecg_leads;

/* The filter of a beat shape: template[count][2 half + 1] whitened across leads. */
typedef struct fecg_matched {
  float *beat;    /* the averaged beat, [leads][taps] */
  float *filter;  /* noise^-1 beat, scaled so that the beat itself gives 1 */
  int leads;
  size_t half, taps;
} fecg_matched;

/* Averages the leads around the beats (seconds; every `stride`-th from `first`, for cross-validation)
 * and whitens the average with the covariance across leads of what lies more than `half` from every
 * beat. Memory from the arena. */
fecg_status fecg_matched_fit(fecg_matched *m, const fecg_leads *leads, const double *beats, size_t count, size_t first,
                             size_t stride, size_t half, fecg_arena *arena);
/* y[n]: the filter's output, centred on the beat. */
fecg_status fecg_matched_run(const fecg_matched *m, const fecg_leads *leads, float *y, fecg_arena *arena);
/* The output at one sample; 0 where the window leaves the segment. */
float fecg_matched_at(const fecg_matched *m, const fecg_leads *leads, int64_t sample);

#endif
