/* resample.h — from any rate to any rate. */
#ifndef FECG_SIGNAL_RESAMPLE_H
#define FECG_SIGNAL_RESAMPLE_H

#include "base/mem.h"

/* y[m]: x[n] (finite, sample i at time i / fs_in) at times start_s + j / fs_out, band-limited to the
 * lower of both Nyquist rates. x goes on with its edge values. FECG_ERR_MEMORY. */
fecg_status fecg_resample(const float *x, size_t n, double fs_in, double start_s, float *y, size_t m, double fs_out,
                          fecg_arena *arena);

#endif
