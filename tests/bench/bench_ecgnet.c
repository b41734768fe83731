/* bench_ecgnet.c — what bench_net.js times: ECGNet's forward pass and its layers, and the machine's multiply-add.
 *   bench_ecgnet WEIGHTS.safetensors */
#define NETWORK_LEADS 12
#define NETWORK_INPUTS(leads) (FECG_ECGNET_LEADS * FECG_ECGNET_WINDOW + 2 * FECG_ECGNET_MEASURES)
#include "net_bench.h"

#include "simd/nn.h"

enum { T = FECG_ECGNET_WINDOW, N = FECG_ECGNET_TOKENS, W = 64, HEADS = FECG_ECGNET_HEADS, BLOCKS = FECG_ECGNET_BLOCKS, LEADS = FECG_ECGNET_LEADS,
       MEASURES = FECG_ECGNET_MEASURES, STEM1 = 16, STEM2 = 32 };

/* The logits. input: all leads, of which the first so many are there, the measures, and which are known. */
const float *bench_run(fecg_model *m, const float *input, int leads) {
  static fecg_ecgnet_output out;
  const float *measures = input + LEADS * T;
  return fecg_ecgnet_run(m, input, ((uint32_t)1 << leads) - 1, measures, measures + MEASURES, &out) == FECG_OK ? out.logits : NULL;
}

static const char *const NAMES[] = {"stem1 convolution, GELU", "stem2 convolution, GELU", "stem2 CBAM", "stem3 convolution, GELU", "stem3 CBAM",
  "leads: norm, qkv", "leads: graph attention", "leads: out", "leads: norm, pooling, token",
  "2 x norm, qkv", "2 x attention", "2 x out", "2 x norm, up, GELU, down", "measures, join, answer"};

const char *bench_layer_name(int index) { return index >= 0 && (size_t)index < sizeof NAMES / sizeof *NAMES ? NAMES[index] : ""; }

static double layer(fecg_model *m, int index, size_t leads) {
  static const float THERE[LEADS] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
  const fecg_ecgnet *n = &m->ecgnet;
  const fecg_ecgnet_block *k = &n->block[0];
  const fecg_products *p = &m->ecgnet_work.products, floats = {0};
  fecg_ecgnet_work *w = &m->ecgnet_work;
  const size_t all = leads * N;
  switch (index) {
  case 0:
    for (size_t l = 0; l < leads; l++) fecg_convolve(p, &n->stem1, w->x, T / 2, w->h1 + 4 * STEM1, FECG_GELU);
    return (double)leads * dense(T / 2, &n->stem1.window);
  case 1:
    for (size_t l = 0; l < leads; l++) fecg_convolve(p, &n->stem2, w->h1, T / 4, w->h2 + 2 * STEM2, FECG_GELU);
    return (double)leads * dense(T / 4, &n->stem2.window);
  case 2: /* on fresh numbers: gates make them smaller each time */
    for (size_t l = 0; l < leads; l++) {
      memcpy(w->mixed, w->normed, (size_t)T / 4 * STEM2 * sizeof(float));
      fecg_cbam_run(&n->cbam2, w->mixed, T / 4, NULL, w->cbam);
    }
    return (double)(leads * T / 4) * (STEM2 * 6.0 + 4 * FECG_CBAM_TAPS);
  case 3:
    for (size_t l = 0; l < leads; l++) fecg_convolve(p, &n->stem3, w->h2, N, w->h + l * N * W, FECG_GELU);
    return (double)leads * dense(N, &n->stem3.window);
  case 4:
    for (size_t l = 0; l < leads; l++) {
      memcpy(w->mixed, w->normed, (size_t)N * W * sizeof(float));
      fecg_cbam_run(&n->cbam3, w->mixed, N, n->lead, w->cbam);
    }
    return (double)(leads * N) * (W * 7.0 + 4 * FECG_CBAM_TAPS);
  case 5:
    fecg_normalise(&n->graph_norm, w->h, all, w->normed);
    fecg_linear(p, &n->graph_qkv, w->normed, all, w->qkv, NULL, FECG_NO_GELU);
    return dense(all, &n->graph_qkv);
  case 6:
    fecg_graph_attention(w->qkv, leads, N, HEADS, W, THERE, w->mixed, w->edge);
    return 4.0 * (double)(all * leads * W);
  case 7:
    fecg_linear(p, &n->graph_out, w->mixed, all, w->qkv, w->h, FECG_NO_GELU);
    return dense(all, &n->graph_out);
  case 8:
    fecg_normalise(&n->pool_norm, w->h, all, w->normed);
    fecg_attention_pool(n->pool_query, w->normed, leads, N, W, THERE, w->z_normed, w->pooled);
    fecg_linear(p, &n->token, w->z_normed, N, w->z, n->position, FECG_NO_GELU);
    return 4.0 * (double)(all * W) + dense(N, &n->token);
  case 9:
    for (int i = 0; i < BLOCKS; i++) {
      fecg_normalise(&k->norm1, w->z, N, w->z_normed);
      fecg_linear(p, &k->qkv, w->z_normed, N, w->z_qkv, NULL, FECG_NO_GELU);
    }
    return BLOCKS * dense(N, &k->qkv);
  case 10:
    for (int i = 0; i < BLOCKS; i++) fecg_attention(w->z_qkv, N, HEADS, W, w->z_mixed, w->attention);
    return BLOCKS * 4.0 * N * N * W;
  case 11:
    for (int i = 0; i < BLOCKS; i++) fecg_linear(p, &k->out, w->z_mixed, N, w->z_qkv, w->z, FECG_NO_GELU);
    return BLOCKS * dense(N, &k->out);
  case 12:
    for (int i = 0; i < BLOCKS; i++) {
      fecg_normalise(&k->norm2, w->z, N, w->z_normed);
      fecg_linear(p, &k->up, w->z_normed, N, w->z_mixed, NULL, FECG_GELU);
      fecg_linear(p, &k->down, w->z_mixed, N, w->z_qkv, w->z, FECG_NO_GELU);
    }
    return BLOCKS * (dense(N, &k->up) + dense(N, &k->down));
  case 13:
    fecg_linear(&floats, &n->measures, w->z, 1, w->z_mixed, NULL, FECG_GELU);
    fecg_linear(&floats, &n->join, w->z, 1, w->z_mixed, NULL, FECG_GELU);
    fecg_linear(&floats, &n->answer, w->z, 1, w->z_mixed, NULL, FECG_NO_GELU);
    return dense(1, &n->measures) + dense(1, &n->join) + dense(1, &n->answer);
  default:
    return 0;
  }
}
