/* whiten.h — noise made white in time. */
#ifndef FECG_SIGNAL_WHITEN_H
#define FECG_SIGNAL_WHITEN_H

#include "base/mem.h"

enum { FECG_WHITEN_ORDER = 10 };

/* Flattens the common spectrum of x[leads][n] (zero mean, band-limited to fs / (2 step)), in place, by one
 * prediction-error filter with taps `step` samples apart; white noise of `floor` times the power is
 * assumed beneath, which bounds how far weak frequencies are raised. The filter is causal: it moves a
 * beat by a few milliseconds. FECG_ERR_MEMORY. */
fecg_status fecg_whiten(float *const *x, int leads, size_t n, size_t step, double floor, fecg_arena *arena);

#endif
