/* nn.h — the loops of the networks, kernels as those of kernels.h (compiled twice, the same bits; in the relaxed
 * build fecg_product and what is named so there may differ in the last ones). Matrices are rows of floats; a step is
 * the number of elements from one row to the next, which may be less than a row: rows that overlap are the windows
 * of a convolution. */
#ifndef FECG_SIMD_NN_H
#define FECG_SIMD_NN_H

#include <stddef.h>
#include <stdint.h>

/* c (m, n) = a (m, k) b (k, n) + bias (n) + add (m, n), then GELU where gelu is set. c may be add: each element is read
 * just before it is written. b is packed in panels of eight columns, bias and scale reach to whole panels:
 *   product    b[n / 8][k][8], zeros beyond n
 *   product16  b[n / 8][k / 2][8][2], k even; a product of integers, to be scaled by scale[n] */
typedef struct fecg_gemm {
  size_t m, n, k;
  const float *bias; /* NULL: nothing */
  const float *add;  /* NULL: nothing */
  size_t add_step;
  float *c;
  size_t c_step;
  int gelu;
} fecg_gemm;

#define FECG_NN_KERNELS(PREFIX)                                                                                  \
  void PREFIX##product(const fecg_gemm *g, const float *a, size_t a_step, const float *b);                       \
  /* each sum of k products has to fit 32 bits */                                                                \
  void PREFIX##product16(const fecg_gemm *g, const int16_t *a, size_t a_step, const int16_t *b, const float *scale); \
  /* largest |x[i]|; 0 for n = 0 */                                                                              \
  float PREFIX##largest(const float *x, size_t n);                                                               \
  /* q[i] = x[i] * gain to the nearest integer (ties to even), |x[i] gain| < 2^15 */                             \
  void PREFIX##quantise(int16_t *q, const float *x, float gain, size_t n);                                       \
  /* x[i] = x Phi(x) in its tanh form, in place; absolute error < 1e-6 (1 + |x|) */                              \
  void PREFIX##gelu(float *x, size_t n);                                                                         \
  /* x[i] = exp(x[i] - largest x), in place; gives their sum. n > 0; relative error < 1e-6 down to e^-20 */      \
  float PREFIX##softmax_terms(float *x, size_t n);                                                               \
  /* y (m, n) = (x - mean) / sqrt(var + 1e-5) * gain + bias over each row; n a multiple of 4 */                  \
  void PREFIX##layer_norm(float *y, size_t y_step, const float *x, size_t x_step, size_t m, size_t n,            \
                          const float *gain, const float *bias);                                                 \
  /* y (m, n) = GELU(bias (n) + sum over j < k of h (k, n)[j] x[row + j]), x of m + k - 1 rows; n a multiple of 8 */ \
  void PREFIX##depthwise_gelu(float *y, const float *x, size_t m, size_t n, const float *h, size_t k, const float *bias); \
  /* One head of attention over the nodes of a graph, of `width` features, a multiple of 4. Receiver i has its query at \
   * q + i step and its output at out + i out_step; node j, which sends, its key and value at k, v + j step. edge      \
   * (receivers, nodes) is the softmax of scale q.k over those nodes whose `there` is 1 (the others' is 0, and their  \
   * edge 0) */                                                                                                  \
  void PREFIX##graph_head(float *out, size_t out_step, float *edge, const float *q, size_t receivers, const float *k, \
                          const float *v, size_t nodes, size_t step, size_t width, float scale, const float *there); \
  /* x[i] = 1 / (1 + exp(-x[i])), in place; relative error < 1e-6 down to e^-20 */                               \
  void PREFIX##sigmoid(float *x, size_t n);                                                                      \
  /* mean (n) and largest (n) of each column of x (m, n); m > 0, n a multiple of 4 */                            \
  void PREFIX##columns(float *mean, float *largest, const float *x, size_t m, size_t n);                         \
  /* x (m, n), each row times gate (n), in place; mean (m) and largest (m) of each row after it; n a multiple of 4 */ \
  void PREFIX##gate_columns(float *x, size_t m, size_t n, const float *gate, float *mean, float *largest);       \
  /* x (m, n), row r times gate[r], plus add (n) unless that is NULL, in place; n a multiple of 4 */             \
  void PREFIX##gate_rows(float *x, size_t m, size_t n, const float *gate, const float *add);

FECG_NN_KERNELS(fecg_)
FECG_NN_KERNELS(fecg_ref_)

#endif
