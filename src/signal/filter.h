/* filter.h — zero-phase filters over whole segments. All take finite samples and work in place. */
#ifndef FECG_SIGNAL_FILTER_H
#define FECG_SIGNAL_FILTER_H

#include "base/mem.h"
#include "simd/kernels.h"

/* Second-order Butterworth sections by the bilinear transform, 0 < hz < fs / 2. */
fecg_biquad fecg_lowpass(double hz, double fs);
fecg_biquad fecg_highpass(double hz, double fs);
/* Both real poles at the same place: an impulse response without overshoot. */
fecg_biquad fecg_lowpass_critical(double tau_s, double fs);
/* Zero at hz, -3 dB at hz +- width / 2. */
fecg_biquad fecg_notch(double hz, double width_hz, double fs);

/* Forwards then backwards through `count` sections: `leads` rows x[lead][0..n). The order doubles and
 * the phase is zero; a corner is at -6 dB. The ends are continued by point reflection over `pad`
 * samples. FECG_ERR_MEMORY. */
fecg_status fecg_zero_phase(float *const *x, int leads, size_t n, const fecg_biquad *sections, int count, size_t pad,
                            fecg_arena *arena);

/* Running mean over `width` samples (made odd), `passes` times; past the ends the edge value goes on.
 * Sums are kept in double. */
fecg_status fecg_running_mean(float *x, size_t n, size_t width, int passes, fecg_arena *arena);

#endif
