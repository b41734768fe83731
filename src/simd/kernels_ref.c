/* kernels_ref.c — the kernels over plain C: the reference of the tests. */
#define FECG_V4_SCALAR
#include "simd/kernels.h"
#include "simd/nn.h"
#include "simd/v4.h"

#define K(name) fecg_ref_##name
#include "simd/kernels_body.h"
#include "simd/nn_body.h"
