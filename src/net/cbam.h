/* cbam.h — block attention after a convolution (CBAM: Woo, Park, Lee and Kweon, "Convolutional block attention module",
 * ECCV 2018, equations 1 to 3, without their repeated blocks): a gate for each channel from its mean and largest value over
 * time, then one for each moment from mean and largest value over channels. Class CBAM of models/ecgnet/model.py. */
#ifndef FECG_NET_CBAM_H
#define FECG_NET_CBAM_H

#include "net/bind.h"

enum { FECG_CBAM_SQUEEZE = 8, FECG_CBAM_TAPS = 7 };

typedef struct fecg_cbam {
  fecg_dense down, up;
  float *taps, *bias; /* of the gate over time: (2, FECG_CBAM_TAPS), those of the means first; (1) */
} fecg_cbam;

/* width is a multiple of 8. */
void fecg_bind_cbam(fecg_binder *b, fecg_cbam *c, const char *name, size_t width);
/* x (rows, width), in place; then each row gets add (width) on top, unless that is NULL. The gates are always computed in floats: they are few
 * products. scratch holds fecg_cbam_scratch() floats. */
void fecg_cbam_run(const fecg_cbam *c, float *x, size_t rows, const float *add, float *scratch);
size_t fecg_cbam_scratch(size_t rows, size_t width);

#endif
