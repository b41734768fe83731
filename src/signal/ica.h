/* ica.h — independent components of a few leads. */
#ifndef FECG_SIGNAL_ICA_H
#define FECG_SIGNAL_ICA_H

#include "base/mem.h"

enum { FECG_ICA_MAX = 12 };
typedef enum fecg_contrast { FECG_ICA_TANH, FECG_ICA_CUBIC } fecg_contrast;

/* Unmixes x[leads][n] (zero mean, finite; every `step`-th sample is used) into *components <= min(leads, FECG_ICA_MAX) signals of unit
 * variance: component c is the sum over leads of w[c * leads + l] x[l]. Directions with less than
 * 1e-7 of the largest variance are left out. FECG_ERR_MEMORY. Deterministic: starts at the identity. */
fecg_status fecg_ica(const float *const *x, int leads, size_t n, size_t step, fecg_contrast contrast, double *w, int *components,
                     fecg_arena *arena);

#endif
