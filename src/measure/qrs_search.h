/* qrs_search.h — where are the beats of an adult ECG? */
#ifndef FECG_MEASURE_QRS_SEARCH_H
#define FECG_MEASURE_QRS_SEARCH_H

#include "base/mem.h"

/* One lead: its spline wavelet at two scales (signal/spline_wavelet.h), and where there is no signal. */
typedef struct fecg_qrs_lead {
  const float *slope;      /* the scale of 8 to 27 Hz, where the QRS stands out */
  const float *fine;       /* the next finer one, which T waves hardly reach */
  const unsigned char *gap;
} fecg_qrs_lead;

/* Beats of 1 to 12 leads of n samples at fs; samples, ascending, into at[fecg_most_qrs(n, fs)]. FECG_ERR_MEMORY. */
size_t fecg_most_qrs(size_t n, double fs);
fecg_status fecg_search_qrs(const fecg_qrs_lead *lead, int leads, size_t n, double fs, size_t *at, size_t *count,
                            fecg_arena *arena);

#endif
