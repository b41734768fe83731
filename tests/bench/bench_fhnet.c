/* bench_fhnet.c — what bench_net.js times: FHNet's forward pass and its layers, and the machine's multiply-add.
 *   bench_fhnet WEIGHTS.safetensors */
#define NETWORK_LEADS 4
#define NETWORK_INPUTS(leads) ((leads) * FECG_FHNET_CHANNELS * FECG_FHNET_WINDOW)
#include "net_bench.h"

enum { T = FECG_FHNET_WINDOW, N = FECG_FHNET_TOKENS, W = 64, HEADS = FECG_FHNET_HEADS };

/* The fetal QRS logits. */
const float *bench_run(fecg_model *m, const float *input, int leads) {
  fecg_fhnet_output out;
  return fecg_fhnet_run(m, input, leads, UINT32_MAX, &out) == FECG_OK ? out.fqrs : NULL;
}

static const char *const NAMES[] = {"stem1 convolution, GELU", "stem2 convolution, GELU", "stem3 convolution, GELU",
  "leads: norm, qkv", "leads: graph attention", "leads: out", "leads: norm, pooling, token",
  "3 x norm, depthwise, GELU", "3 x mix", "3 x norm, qkv", "3 x attention", "3 x out", "3 x norm, up, GELU, down",
  "beats", "wave: lead, token, GELU", "up1, GELU", "up2, GELU", "up3"};

const char *bench_layer_name(int index) { return index >= 0 && (size_t)index < sizeof NAMES / sizeof *NAMES ? NAMES[index] : ""; }

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
