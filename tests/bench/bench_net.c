/* bench_net.c — what bench_net.js times: FHNet's forward pass and its layers, and the machine's multiply-add. As wasm its
 * calls are exported and JavaScript keeps the time; natively main() prints them.
 *   bench_net WEIGHTS.safetensors */
#include "net/model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "peak.h"

enum { T = FECG_FHNET_WINDOW, N = FECG_FHNET_TOKENS, W = 64, HEADS = FECG_FHNET_HEADS };

/* Gives the operations done, a multiplication and an addition as two. */
double bench_peak(int rounds);
fecg_model *bench_model(const uint8_t *bytes, size_t n, int int16);
/* Gives the fetal QRS logits, NULL on failure. */
const float *bench_run(fecg_model *m, const float *input, int leads);
/* Runs the layer of that index on what is there, that many times, for a model that has run with as many leads; gives its
 * operations in one run, 0 where there is no such layer. */
double bench_layer(fecg_model *m, int index, int leads, int times);
const char *bench_layer_name(int index);

double bench_peak(int rounds) { return peak(rounds); }

fecg_model *bench_model(const uint8_t *bytes, size_t n, int int16) {
  fecg_model *m;
  if (fecg_model_create(bytes, n, &m, NULL) != FECG_OK) return NULL;
  fecg_model_set_int16(m, int16);
  return m;
}

const float *bench_run(fecg_model *m, const float *input, int leads) {
  fecg_fhnet_output out;
  return fecg_fhnet_run(m, input, leads, UINT32_MAX, &out) == FECG_OK ? out.fqrs : NULL;
}

static const char *const NAMES[] = {"stem1 convolution, GELU", "stem2 convolution, GELU", "stem3 convolution, GELU",
  "leads: norm, qkv", "leads: graph attention", "leads: out", "leads: norm, pooling, token",
  "3 x norm, depthwise, GELU", "3 x mix", "3 x norm, qkv", "3 x attention", "3 x out", "3 x norm, up, GELU, down",
  "beats", "wave: lead, token, GELU", "up1, GELU", "up2, GELU", "up3"};

const char *bench_layer_name(int index) { return index >= 0 && (size_t)index < sizeof NAMES / sizeof *NAMES ? NAMES[index] : ""; }

static double dense(size_t rows, const fecg_dense *d) { return 2.0 * (double)(rows * d->in * d->out); }

static double layer(fecg_model *m, int index, size_t leads) {
  const fecg_fhnet *n = &m->fhnet;
  const fecg_fhnet_block *k = &n->block[0];
  const fecg_products *p = &m->work.products;
  fecg_fhnet_work *w = &m->work;
  const size_t all = leads * N;
  float there[FECG_MAX_LEADS];
  for (size_t l = 0; l < leads; l++) there[l] = 1;
  switch (index) {
  case 0:
    for (size_t l = 0; l < leads; l++) fecg_convolve(p, &n->stem1, w->x, T / 2, w->h1 + 4 * 24, FECG_GELU);
    return (double)leads * dense(T / 2, &n->stem1.window);
  case 1:
    for (size_t l = 0; l < leads; l++) fecg_convolve(p, &n->stem2, w->h1, T / 4, w->h2 + 2 * 48, FECG_GELU);
    return (double)leads * dense(T / 4, &n->stem2.window);
  case 2:
    for (size_t l = 0; l < leads; l++) fecg_convolve(p, &n->stem3, w->h2, N, w->h + l * N * W, FECG_GELU);
    return (double)leads * dense(N, &n->stem3.window);
  case 3:
    fecg_normalise(&n->graph_norm, w->h, all, w->normed);
    fecg_linear(p, &n->graph_qkv, w->normed, all, w->qkv, NULL, FECG_NO_GELU);
    return dense(all, &n->graph_qkv);
  case 4:
    fecg_graph_attention(w->qkv, leads, N, HEADS, W, there, w->mixed, w->edge);
    return 4.0 * (double)(all * leads * W);
  case 5:
    fecg_linear(p, &n->graph_out, w->mixed, all, w->qkv, w->h, FECG_NO_GELU);
    return dense(all, &n->graph_out);
  case 6:
    fecg_normalise(&n->pool_norm, w->h, all, w->normed);
    fecg_attention_pool(n->pool_query, w->normed, leads, N, W, there, w->z_normed, w->lead_weight);
    fecg_linear(p, &n->token, w->z_normed, N, w->z, n->position, FECG_NO_GELU);
    return 4.0 * (double)(all * W) + dense(N, &n->token);
  case 7:
    for (int i = 0; i < 3; i++) {
      fecg_normalise(&k->norm1, w->z, N, w->around + 15 * W);
      fecg_depthwise_run(&k->scales, w->around, N, w->z_mixed);
    }
    return 3 * 2.0 * N * 31 * W;
  case 8:
    for (int i = 0; i < 3; i++) fecg_linear(p, &k->mix, w->z_mixed, N, w->z_qkv, w->z, FECG_NO_GELU);
    return 3 * dense(N, &k->mix);
  case 9:
    for (int i = 0; i < 3; i++) {
      fecg_normalise(&k->norm2, w->z, N, w->z_normed);
      fecg_linear(p, &k->qkv, w->z_normed, N, w->z_qkv, NULL, FECG_NO_GELU);
    }
    return 3 * dense(N, &k->qkv);
  case 10:
    for (int i = 0; i < 3; i++) fecg_attention(w->z_qkv, N, HEADS, W, w->z_mixed, w->attention);
    return 3 * 4.0 * N * N * W;
  case 11:
    for (int i = 0; i < 3; i++) fecg_linear(p, &k->out, w->z_mixed, N, w->z_qkv, w->z, FECG_NO_GELU);
    return 3 * dense(N, &k->out);
  case 12:
    for (int i = 0; i < 3; i++) {
      fecg_normalise(&k->norm3, w->z, N, w->z_normed);
      fecg_linear(p, &k->up, w->z_normed, N, w->z_mixed, NULL, FECG_GELU);
      fecg_linear(p, &k->down, w->z_mixed, N, w->z_qkv, w->z, FECG_NO_GELU);
    }
    return 3 * (dense(N, &k->up) + dense(N, &k->down));
  case 13:
    fecg_linear(p, &n->qrs, w->z_normed, N, w->z_mixed, NULL, FECG_NO_GELU);
    return dense(N, &n->qrs);
  case 14:
    fecg_linear(p, &n->wave_token, w->z_normed, N, w->z_mixed, NULL, FECG_NO_GELU);
    for (size_t l = 0; l < leads; l++) fecg_linear(p, &n->wave_lead, w->normed + l * N * W, N, w->u + W, w->z_mixed, FECG_GELU);
    return dense(N, &n->wave_token) + dense(all, &n->wave_lead);
  case 15:
    for (size_t l = 0; l < leads; l++) fecg_upconvolve(p, &n->up1, w->u, N, w->u1 + 48, w->h2 + 2 * 48, FECG_GELU);
    return 2 * dense(all, &n->up1.even);
  case 16:
    for (size_t l = 0; l < leads; l++) fecg_upconvolve(p, &n->up2, w->u1, T / 4, w->u2 + 24, w->h1 + 4 * 24, FECG_GELU);
    return 2 * dense(leads * T / 4, &n->up2.even);
  case 17:
    for (size_t l = 0; l < leads; l++) fecg_upconvolve(p, &n->up3, w->u2, T / 2, w->wave, NULL, FECG_NO_GELU);
    return 2.0 * 2 * 2 * 2 * 24 * (double)(leads * T / 2); /* two taps of 24 for each of 2 values; half as many more are zeros */
  default:
    return 0;
  }
}

double bench_layer(fecg_model *m, int index, int leads, int times) {
  double operations = 0;
  for (int i = 0; i < times; i++) operations = layer(m, index, (size_t)leads);
  return operations;
}

#ifndef __EMSCRIPTEN__
static double now(void) {
  struct timespec t;
  timespec_get(&t, TIME_UTC);
  return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

/* Weights on the command line; prints one line each: name, ms of one window of 4 leads (the best of some), and the peak
 * as GFLOP/s. */
int main(int argc, char **argv) {
  static uint8_t bytes[1 << 22];
  static float input[4 * FECG_FHNET_CHANNELS * T];
  FILE *f = argc == 2 ? fopen(argv[1], "rb") : NULL;
  if (!f) return 2;
  const size_t n = fread(bytes, 1, sizeof bytes, f);
  fclose(f);
  for (int i = 0; i < 4 * FECG_FHNET_CHANNELS * T; i++) input[i] = (float)(i * 7919 % 1000) / 500 - 1;
  double best = 0;
  for (int r = 0; r < 9; r++) {
    const double start = now(), rate = bench_peak(1000000) / (now() - start) * 1e-6;
    if (rate > best) best = rate;
  }
  printf("peak %.2f\n", best);
  for (int int16 = 0; int16 <= 1; int16++) {
    fecg_model *m = bench_model(bytes, n, int16);
    if (!m) return 1;
    best = 1e9;
    for (int r = 0; r < 60; r++) {
      const double start = now();
      if (!bench_run(m, input, 4)) return 1;
      const double ms = now() - start;
      if (ms < best) best = ms;
    }
    printf("%s %.3f\n", int16 ? "int16" : "f32", best);
    for (int i = 0; *bench_layer_name(i); i++) {
      double operations = 0, ms = 1e9;
      for (int r = 0; r < 20; r++) {
        const double start = now();
        operations = bench_layer(m, i, 4, 1);
        if (now() - start < ms) ms = now() - start;
      }
      printf("  %s: %.3f ms %.1f\n", bench_layer_name(i), ms, operations / ms * 1e-6);
    }
    fecg_model_destroy(m);
  }
  return 0;
}
#endif
