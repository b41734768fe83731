/* whiten.h — noise made white in time. */
#ifndef FECG_SIGNAL_WHITEN_H
#define FECG_SIGNAL_WHITEN_H

#include "base/mem.h"

enum { FECG_WHITEN_ORDER = 10 };

/* The prediction-error filter a[FECG_WHITEN_ORDER + 1], taps `step` samples apart, that flattens the common spectrum of
 * x[leads][n] (zero mean, band-limited to fs / (2 step)); white noise of `floor` times the power is assumed beneath, which
 * bounds how far weak frequencies are raised. a[0] is 1, or 0 where x is too short or silent to tell. */
void fecg_predictor(float *const *x, int leads, size_t n, size_t step, double floor, double *a);

/* x[leads][n] through that filter, in place; nothing changes where a[0] is 0. The filter is causal: it moves a beat by a few
 * milliseconds. FECG_ERR_MEMORY. */
fecg_status fecg_whiten(float *const *x, int leads, size_t n, size_t step, const double *a, fecg_arena *arena);

#endif
