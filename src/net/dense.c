/* dense.c — the layers that are matrix products: linear, convolution, transposed convolution. */
#include <math.h>
#include <string.h>

#include "net/layers.h"
#include "simd/nn.h"

enum { PANEL = 8, LEVELS = 127 };

static size_t panels(size_t n) { return (n + PANEL - 1) / PANEL * PANEL; }

void fecg_dense_pack(fecg_arena *a, fecg_dense *d, size_t in, size_t out, const float *weight, const float *bias, const float *levels) {
  const size_t wide = panels(out), even = (in + 1) / 2 * 2;
  *d = (fecg_dense){in, out, fecg_arena_floats(a, wide * in), fecg_arena_alloc(a, wide * even, sizeof(int16_t)), fecg_arena_floats(a, wide), fecg_arena_floats(a, wide)};
  if (a->failed) return;
  memset(d->weight, 0, wide * in * sizeof(float));
  memset(d->weight16, 0, wide * even * sizeof(int16_t));
  memset(d->scale, 0, wide * sizeof(float));
  memset(d->bias, 0, wide * sizeof(float));
  for (size_t n = 0; n < out; n++) {
    const float *row = weight + n * in;
    const float largest = fecg_largest(row, in);
    d->scale[n] = levels ? levels[n] : largest / LEVELS;
    d->bias[n] = bias ? bias[n] : 0;
    for (size_t k = 0; k < in; k++) {
      const float whole = d->scale[n] > 0 ? rintf(row[k] / d->scale[n]) : 0;
      d->weight[n / PANEL * PANEL * in + k * PANEL + n % PANEL] = row[k];
      d->weight16[n / PANEL * PANEL * even + (k / 2 * PANEL + n % PANEL) * 2 + k % 2] = (int16_t)(whole > LEVELS ? LEVELS : whole < -LEVELS ? -LEVELS : whole);
    }
  }
}

/* The largest whole number that `in` products with weights of +-127 leave inside 32 bits. */
static float activation_range(size_t in) {
  const size_t fits = (size_t)INT32_MAX / (LEVELS * in);
  return fits < INT16_MAX ? (float)fits : INT16_MAX;
}

/* Gives the scale of the quantised activations; `in` is the inner size of the product. */
static float quantise(const fecg_products *p, const float *x, size_t n, size_t in) {
  const float largest = fecg_largest(x, n), range = activation_range(in);
  fecg_quantise(p->quantised, x, largest > 0 ? range / largest : 0, n);
  memset(p->quantised + n, 0, 2 * sizeof(int16_t)); /* the last row's odd column, with a weight of 0 */
  return largest / range;
}

static void product16(const fecg_products *p, const fecg_dense *d, const int16_t *x, size_t x_step, float scale, fecg_gemm *g) {
  for (size_t n = 0; n < panels(d->out); n++) p->scale[n] = d->scale[n] * scale;
  g->k = (d->in + 1) / 2 * 2;
  fecg_product16(g, x, x_step, d->weight16, p->scale);
}

/* c (rows, out) from rows of x that are x_step apart. */
static void product(const fecg_products *p, const fecg_dense *d, const float *x, size_t x_step, fecg_gemm *g) {
  g->n = d->out;
  g->k = d->in;
  g->bias = d->bias;
  if (p->int16) product16(p, d, p->quantised, x_step, quantise(p, x, (g->m - 1) * x_step + d->in, d->in), g);
  else fecg_product(g, x, x_step, d->weight);
}

void fecg_linear(const fecg_products *p, const fecg_dense *d, const float *x, size_t rows, float *y, const float *add, int gelu) {
  fecg_gemm g = {.m = rows, .add = add, .add_step = d->out, .c = y, .c_step = d->out, .gelu = gelu};
  product(p, d, x, d->in, &g);
}

void fecg_convolve(const fecg_products *p, const fecg_conv *c, const float *x, size_t rows, float *y, int gelu) {
  fecg_gemm g = {.m = rows, .c = y, .c_step = c->window.out, .gelu = gelu};
  product(p, &c->window, x, c->width * c->stride, &g);
}

void fecg_upconvolve(const fecg_products *p, const fecg_upconv *u, const float *x, size_t rows, float *y, const float *add, int gelu) {
  fecg_gemm g = {.m = rows, .add = add, .add_step = 2 * u->out, .c = y, .c_step = 2 * u->out, .gelu = gelu};
  if (u->both.weight) {
    product(p, &u->both, x, u->width, &g);
    return;
  }
  float scale = 0;
  if (p->int16) scale = quantise(p, x, (rows + 2) * u->width, 2 * u->width);
  for (size_t odd = 0; odd < 2; odd++) {
    const fecg_dense *d = odd ? &u->odd : &u->even;
    g.n = d->out;
    g.k = d->in;
    g.bias = d->bias;
    g.c = y + odd * u->out;
    g.add = add ? add + odd * u->out : NULL;
    if (p->int16) product16(p, d, p->quantised + odd * u->width, u->width, scale, &g);
    else fecg_product(&g, x + odd * u->width, u->width, d->weight);
  }
}
