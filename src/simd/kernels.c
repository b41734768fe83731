/* kernels.c — the kernels over the build's vectors. */
#include "simd/kernels.h"

#include "fecg.h"
#include "simd/nn.h"
#include "simd/v4.h"

#define K(name) fecg_##name
#include "simd/kernels_body.h"
#include "simd/nn_body.h"

const char *fecg_simd(void) { return FECG_V4_NAME; }
