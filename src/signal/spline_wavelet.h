/* spline_wavelet.h — dyadic wavelet transform with the quadratic spline: at scale 2^k it is the slope of the
 * signal smoothed over about 2^k samples. */
#ifndef FECG_SIGNAL_SPLINE_WAVELET_H
#define FECG_SIGNAL_SPLINE_WAVELET_H

#include "base/mem.h"

/* w[k - 1][n] receives scale 2^k of x[n] (finite) for k = 1 .. scales; NULL: not wanted. Values are differences
 * over 2^(k-1) samples, in the unit of x; w[.][i] belongs to the time half a sample after x[i], at every scale.
 * x goes on with its edge values. FECG_ERR_MEMORY. */
fecg_status fecg_spline_wavelet(const float *x, size_t n, int scales, float *const *w, fecg_arena *arena);

#endif
