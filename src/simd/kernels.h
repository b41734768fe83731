/* kernels.h — the loops that take the time, written once over v4.h. kernels_body.h is compiled twice: as
 * fecg_NAME over the build's vectors and as fecg_ref_NAME over plain C; tests hold the two to the
 * same bits. Arrays need no alignment. Inputs are finite (gaps are filled or zeroed before). */
#ifndef FECG_SIMD_KERNELS_H
#define FECG_SIMD_KERNELS_H

#include <stddef.h>

/* One second-order section, a0 = 1: y = b0 x + b1 x' + b2 x'' - a1 y' - a2 y''. */
typedef struct fecg_biquad {
  float b0, b1, b2, a1, a2;
} fecg_biquad;

#define FECG_KERNELS(PREFIX)                                                                        \
  /* sum of a[i] b[i] */                                                                            \
  float PREFIX##dot(const float *a, const float *b, size_t n);                                      \
  /* y += s x */                                                                                    \
  void PREFIX##axpy(float *y, float s, const float *x, size_t n);                                   \
  /* y[t] += sum over j < k of h[j] x[t + j], t < n; x holds n + k - 1 samples */                   \
  void PREFIX##correlate(float *y, const float *x, size_t n, const float *h, size_t k);             \
  /* cascade of sections, in place, over n frames of four interleaved channels, forwards or          \
   * backwards; starts as if the first frame had lasted for ever */                                 \
  void PREFIX##biquads(float *frames, size_t n, const fecg_biquad *sections, int count, int backward); \
  /* y[i] = tanh(x[i]) by a rational approximation, |error| < 1e-4 (the contrast of ICA needs no more) */ \
  void PREFIX##tanh_rough(float *y, const float *x, size_t n);                                      \
  /* value[i] = the largest of `least` and, over e < count, v[e] - weight (u[e] - x[i])^2; at[i] = that e, the first of \
   * equals, -1 for `least`. Arrays of n reach to a multiple of four; count < 2^24 */                \
  void PREFIX##best_steps(float *value, float *at, const float *x, size_t n, const float *u, const float *v, size_t count, float weight, \
                          float least);

FECG_KERNELS(fecg_)
FECG_KERNELS(fecg_ref_)

#endif
