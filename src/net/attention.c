/* attention.c — the layers that mix rows or leads by attention, and those that work on single features. */
#include <math.h>
#include <string.h>

#include "net/layers.h"
#include "simd/nn.h"

enum { PANEL = 8, BLOCK = 32 }; /* rows whose scores are worked on together, so that they stay in the nearest cache */

static const float NOTHING = -3e38f; /* a score whose softmax is below the rounding of any sum */

static size_t panels(size_t n) { return (n + PANEL - 1) / PANEL * PANEL; }

size_t fecg_attention_scratch(size_t rows, size_t width) { return panels(rows) * (2 * width + BLOCK); }

void fecg_attention(const float *qkv, size_t rows, size_t heads, size_t width, float *y, float *scratch) {
  const size_t head = width / heads, wide = panels(rows), step = 3 * width;
  const float scale = 1.0f / sqrtf((float)head);
  float *keys = scratch, *values = keys + wide * head, *scores = values + wide * head;
  for (size_t h = 0; h < heads; h++) {
    const float *q = qkv + h * head, *k = q + width, *v = k + width;
    for (size_t t = 0; t < wide; t++)
      for (size_t f = 0; f < head; f++) keys[t / PANEL * PANEL * head + f * PANEL + t % PANEL] = t < rows ? k[t * step + f] * scale : 0;
    for (size_t f = 0; f < head; f += PANEL)
      for (size_t t = 0; t < rows; t++) memcpy(values + f * rows + t * PANEL, v + t * step + f, PANEL * sizeof(float));
    for (size_t at = 0; at < rows; at += BLOCK) {
      const size_t m = rows - at < BLOCK ? rows - at : BLOCK;
      float *out = y + at * width + h * head, sums[BLOCK];
      const fecg_gemm score = {.m = m, .n = wide, .k = head, .c = scores, .c_step = wide};
      const fecg_gemm mix = {.m = m, .n = head, .k = rows, .c = out, .c_step = width};
      fecg_product(&score, q + at * step, step, keys);
      for (size_t i = 0; i < m; i++) {
        for (size_t j = rows; j < wide; j++) scores[i * wide + j] = NOTHING;
        sums[i] = fecg_softmax_terms(scores + i * wide, wide);
      }
      fecg_product(&mix, scores, wide, values);
      for (size_t i = 0; i < m; i++) {
        const float per = 1.0f / sums[i];
        for (size_t f = 0; f < head; f++) out[i * width + f] *= per;
      }
    }
  }
}

void fecg_graph_attention(const float *qkv, size_t leads, size_t rows, size_t heads, size_t width, const float *there, float *y, float *edge) {
  const size_t head = width / heads;
  const float scale = 1.0f / sqrtf((float)head);
  for (size_t t = 0; t < rows; t++)
    for (size_t h = 0; h < heads; h++, edge += leads * leads) {
      const float *q = qkv + t * 3 * width + h * head, *k = q + width, *v = k + width;
      fecg_graph_head(y + t * width + h * head, rows * width, edge, q, leads, k, v, leads, rows * 3 * width, head, scale, there);
    }
}

void fecg_attention_pool(const float *query, const float *x, size_t leads, size_t rows, size_t width, const float *there, float *y, float *weights) {
  for (size_t t = 0; t < rows; t++, x += width, y += width, weights += leads)
    fecg_graph_head(y, width, weights, query, 1, x, x, leads, rows * width, width, 1, there);
}

void fecg_normalise(const fecg_norm *n, const float *x, size_t rows, float *y) {
  fecg_layer_norm(y, n->width, x, n->width, rows, n->width, n->gain, n->bias);
}

void fecg_depthwise_run(const fecg_depthwise *d, const float *x, size_t rows, float *y) {
  fecg_depthwise_gelu(y, x, rows, d->width, d->weight, d->taps, d->bias);
}
