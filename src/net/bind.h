/* bind.h — from the tensors of a safetensors file to packed layers. A layer is asked for by its name in PyTorch's
 * state_dict and its exact size. The first that is missing or of another shape ends the work: it is named in *error,
 * and the calls that follow do nothing. */
#ifndef FECG_NET_BIND_H
#define FECG_NET_BIND_H

#include "net/layers.h"
#include "net/safetensors.h"

typedef struct fecg_binder {
  const fecg_safetensors *file;
  fecg_arena *weights;   /* what is kept */
  fecg_arena scratch;
  unsigned char *used;   /* [file->count]: which tensors were asked for */
  fecg_status status;
  fecg_diagnostic *error; /* or NULL */
} fecg_binder;

void fecg_binder_begin(fecg_binder *b, const fecg_safetensors *file, fecg_arena *weights, fecg_diagnostic *error);
/* Releases what it took; gives the status. */
fecg_status fecg_binder_end(fecg_binder *b);

/* NAME.weight and NAME.bias of nn.Linear (out, in), nn.Conv1d (out, in, taps), nn.ConvTranspose1d (in, out, 4) with
 * stride 2 and padding 1, nn.LayerNorm. */
void fecg_bind_linear(fecg_binder *b, fecg_dense *d, const char *name, size_t in, size_t out);
void fecg_bind_conv(fecg_binder *b, fecg_conv *c, const char *name, size_t in, size_t out, size_t taps, size_t stride);
void fecg_bind_upconv(fecg_binder *b, fecg_upconv *u, const char *name, size_t in, size_t out);
void fecg_bind_norm(fecg_binder *b, fecg_norm *n, const char *name, size_t width);
/* Depthwise convolutions NAME.0, NAME.1, .. of the same input that are summed: they are one of the widest's taps. All are
 * odd and centred, the last is the widest. */
void fecg_bind_depthwise(fecg_binder *b, fecg_depthwise *d, const char *name, size_t width, const int *taps, int count);
/* Sinusoidal positions (Vaswani et al. 2017) in the weights, (tokens, width): sine in the even features, cosine in the odd. */
float *fecg_bind_positions(fecg_binder *b, size_t tokens, size_t width);
/* Any tensor as floats, I8 by the scales of its first dimension, kept in the weights; NULL on failure. dims 0: any shape. */
float *fecg_bind_floats(fecg_binder *b, const char *name, int dims, const size_t *shape);

#endif
