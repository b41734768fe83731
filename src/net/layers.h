/* layers.h — the layers of the networks, each once, over the kernels of simd/nn.h.
 *
 * A signal is rows of features, one row a time step: (rows, width), without gaps between rows. A convolution finds its
 * window as `taps` rows that follow one another, so it is a matrix product over overlapping rows and nothing is copied;
 * for that its input has a halo of zero rows before and after, named at each layer. Several leads are several signals
 * one after the other.
 *
 * Weights are packed when the model is made, both as floats and as int16 for the integer products; a layer takes no
 * memory. Inputs are finite by contract (the extraction zeroes gaps before it asks a network): what a NaN gives is not
 * said, except that nothing outside the outputs is touched. Magnitudes up to 1e4 cannot overflow. */
#ifndef FECG_NET_LAYERS_H
#define FECG_NET_LAYERS_H

#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"

enum { FECG_NO_GELU = 0, FECG_GELU = 1 };

/* y = W x + b. */
typedef struct fecg_dense {
  size_t in, out;
  float *weight;      /* panels of simd/nn.h */
  int16_t *weight16;  /* whole numbers in +-127, panels too; in is rounded up to even */
  float *scale;       /* of weight16, one for each output */
  float *bias;
} fecg_dense;

typedef struct fecg_conv {
  fecg_dense window; /* in: taps rows */
  size_t width, stride;
} fecg_conv;

/* ConvTranspose1d with 4 taps, stride 2 and padding 1: rows 2 t and 2 t + 1 each come from two rows of the input. Where
 * both together fit one panel they are one product over three rows. */
typedef struct fecg_upconv {
  fecg_dense even, odd, both; /* weight NULL: not used */
  size_t width, out;
} fecg_upconv;

typedef struct fecg_norm {
  size_t width;
  float *gain, *bias;
} fecg_norm;

typedef struct fecg_depthwise {
  size_t width, taps;
  float *weight, *bias; /* (taps, width), (width) */
} fecg_depthwise;

/* How products are computed. int16: activations become 16-bit integers with one scale for the whole input, weights are
 * the 8-bit integers above, and the sums are exact. */
typedef struct fecg_products {
  int int16;
  int16_t *quantised; /* room for the largest input and 8 more */
  float *scale;       /* room for the most outputs, rounded up to 8 */
} fecg_products;

/* weight (out, in) and bias (out), or NULL; levels (out), or NULL: weight is levels[row] times whole numbers in +-127.
 * Packs into a, whose `failed` says whether there was memory. */
void fecg_dense_pack(fecg_arena *a, fecg_dense *d, size_t in, size_t out, const float *weight, const float *bias, const float *levels);

/* y (rows, out) = [GELU] (W x (rows, in) + b + add (rows, out)); add may be NULL, or y. */
void fecg_linear(const fecg_products *p, const fecg_dense *d, const float *x, size_t rows, float *y, const float *add, int gelu);
/* y (rows, out); x holds (rows - 1) stride + taps rows, halo included. */
void fecg_convolve(const fecg_products *p, const fecg_conv *c, const float *x, size_t rows, float *y, int gelu);
/* y (2 rows, out) = [GELU] (up x + add (2 rows, out)); x (rows, width) with a halo of 1 on either side, at the halo. */
void fecg_upconvolve(const fecg_products *p, const fecg_upconv *u, const float *x, size_t rows, float *y, const float *add, int gelu);
/* y (rows, width), y may be x. */
void fecg_normalise(const fecg_norm *n, const float *x, size_t rows, float *y);
/* y (rows, width) = GELU(depthwise x); x at its halo of taps / 2 on either side. */
void fecg_depthwise_run(const fecg_depthwise *d, const float *x, size_t rows, float *y);

/* Attention of each row to each (Vaswani et al. 2017). qkv (rows, 3 width): query, key and value, each head after head;
 * y (rows, width). scratch holds fecg_attention_scratch() floats. width / heads is a multiple of 8. */
void fecg_attention(const float *qkv, size_t rows, size_t heads, size_t width, float *y, float *scratch);
size_t fecg_attention_scratch(size_t rows, size_t width);

/* Attention between leads at each time step. qkv (leads, rows, 3 width), there (leads) 1 or 0, y (leads, rows, width);
 * edge (rows, heads, leads, leads), receiving lead first. At least one lead is there. */
void fecg_graph_attention(const float *qkv, size_t leads, size_t rows, size_t heads, size_t width, const float *there, float *y, float *edge);
/* Attention of one learned query to the leads at each time step: y (rows, width) is the mean of x (leads, rows, width)
 * with weights (rows, leads), the softmax of query . x. */
void fecg_attention_pool(const float *query, const float *x, size_t leads, size_t rows, size_t width, const float *there, float *y, float *weights);

#endif
