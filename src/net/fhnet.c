/* fhnet.c — the forward pass of models/fhnet/model.py, whose names it keeps: a convolutional stem for each lead, graph
 * attention over leads at each time step, pooling over leads, a multi-scale transformer over time, and heads for beats,
 * state and waveforms. Signals are rows of features (net/layers.h). */
#include "net/fhnet.h"

#include <stdio.h>
#include <string.h>

#include "net/model.h"
#include "simd/kernels.h"

enum {
  CHANNELS = FECG_FHNET_CHANNELS, WINDOW = FECG_FHNET_WINDOW, TOKENS = FECG_FHNET_TOKENS, SUB = WINDOW / TOKENS,
  STEM1 = 24, STEM2 = 48, WIDTH = 64, HEADS = FECG_FHNET_HEADS, HIDDEN = 128, BLOCKS = FECG_FHNET_BLOCKS,
  T1 = WINDOW / 2, T2 = WINDOW / 4,          /* rows after the first and second stem */
  TAPS1 = 15, TAPS2 = 9, TAPS3 = 5, SCALES = 3, MOST = 31,
  /* rows with their halo */
  ROWS_X = WINDOW + TAPS1 - 1, ROWS1 = T1 + TAPS2 - 1, ROWS2 = T2 + TAPS3 - 1, ROWS_Z = TOKENS + MOST - 1,
};
static const int KERNELS[SCALES] = {7, 15, MOST};

static void bind_block(fecg_binder *b, fecg_fhnet_block *k, int index) {
  char name[32];
#define PART(part) (snprintf(name, sizeof name, "blocks.%d." part, index), name)
  fecg_bind_norm(b, &k->norm1, PART("norm1"), WIDTH);
  fecg_bind_depthwise(b, &k->scales, PART("scales"), WIDTH, KERNELS, SCALES);
  fecg_bind_linear(b, &k->mix, PART("mix"), WIDTH, WIDTH);
  fecg_bind_norm(b, &k->norm2, PART("norm2"), WIDTH);
  fecg_bind_linear(b, &k->qkv, PART("qkv"), WIDTH, 3 * WIDTH);
  fecg_bind_linear(b, &k->out, PART("out"), WIDTH, WIDTH);
  fecg_bind_norm(b, &k->norm3, PART("norm3"), WIDTH);
  fecg_bind_linear(b, &k->up, PART("up"), WIDTH, HIDDEN);
  fecg_bind_linear(b, &k->down, PART("down"), HIDDEN, WIDTH);
#undef PART
}

void fecg_fhnet_bind(fecg_binder *b, fecg_fhnet *n) {
  fecg_bind_conv(b, &n->stem1, "stem1", CHANNELS, STEM1, TAPS1, 2);
  fecg_bind_conv(b, &n->stem2, "stem2", STEM1, STEM2, TAPS2, 2);
  fecg_bind_conv(b, &n->stem3, "stem3", STEM2, WIDTH, TAPS3, 2);
  fecg_bind_norm(b, &n->graph_norm, "gat.norm", WIDTH);
  fecg_bind_linear(b, &n->graph_qkv, "gat.qkv", WIDTH, 3 * WIDTH);
  fecg_bind_linear(b, &n->graph_out, "gat.out", WIDTH, WIDTH);
  fecg_bind_norm(b, &n->pool_norm, "pool_norm", WIDTH);
  n->pool_query = fecg_bind_floats(b, "pool_score.weight", 2, (const size_t[]){1, WIDTH});
  /* adds the same to each lead's score, which the softmax does not see */
  fecg_bind_floats(b, "pool_score.bias", 1, (const size_t[]){1});
  fecg_bind_linear(b, &n->token, "token", WIDTH, WIDTH);
  for (int i = 0; i < BLOCKS; i++) bind_block(b, &n->block[i], i);
  fecg_bind_norm(b, &n->norm, "norm", WIDTH);
  fecg_bind_linear(b, &n->qrs, "qrs", WIDTH, 2 * SUB);
  fecg_bind_linear(b, &n->state, "state", WIDTH, 2);
  fecg_bind_linear(b, &n->wave_lead, "wave_lead", WIDTH, WIDTH);
  fecg_bind_linear(b, &n->wave_token, "wave_token", WIDTH, WIDTH);
  fecg_bind_upconv(b, &n->up1, "up1", WIDTH, STEM2);
  fecg_bind_upconv(b, &n->up2, "up2", STEM2, STEM1);
  fecg_bind_upconv(b, &n->up3, "up3", STEM1, 2);
  n->position = fecg_bind_positions(b, TOKENS, WIDTH);
}

/* Zeroed, so that halos are zero: nothing writes there. */
static float *rows(fecg_arena *a, size_t count, size_t width) {
  float *x = fecg_arena_floats(a, count * width);
  if (x) memset(x, 0, count * width * sizeof(float));
  return x;
}

fecg_status fecg_fhnet_reserve(fecg_fhnet_work *w, int leads) {
  if (leads <= w->leads) return FECG_OK;
  const size_t n = (size_t)leads;
  fecg_fhnet_work v = {.leads = leads, .products.int16 = w->products.int16};
  fecg_arena *a = &v.arena;
  v.x = rows(a, ROWS_X, CHANNELS);
  v.h1 = rows(a, n * ROWS1, STEM1);
  v.h2 = rows(a, n * ROWS2, STEM2);
  v.h = rows(a, n * TOKENS, WIDTH);
  v.normed = rows(a, n * TOKENS, WIDTH);
  v.qkv = rows(a, n * TOKENS, 3 * WIDTH);
  v.mixed = rows(a, n * TOKENS, WIDTH);
  v.z = rows(a, TOKENS, WIDTH);
  v.around = rows(a, ROWS_Z, WIDTH);
  v.z_normed = rows(a, TOKENS, WIDTH);
  v.z_qkv = rows(a, TOKENS, 3 * WIDTH);
  v.z_mixed = rows(a, TOKENS, HIDDEN);
  v.attention = rows(a, 1, fecg_attention_scratch(TOKENS, WIDTH));
  v.u = rows(a, TOKENS + 2, WIDTH);
  v.u1 = rows(a, T2 + 2, STEM2);
  v.u2 = rows(a, T1 + 2, STEM1);
  v.wave = rows(a, WINDOW, 2);
  v.fqrs = rows(a, WINDOW, 1);
  v.mqrs = rows(a, WINDOW, 1);
  v.fetal = rows(a, n, WINDOW);
  v.maternal = rows(a, n, WINDOW);
  v.lead_weight = rows(a, TOKENS, n);
  v.edge = rows(a, TOKENS * HEADS, n * n);
  size_t largest = n * TOKENS * WIDTH; /* what any product reads */
  if (largest < ROWS1 * STEM1) largest = ROWS1 * STEM1;
  if (largest < TOKENS * HIDDEN) largest = TOKENS * HIDDEN;
  v.products.quantised = fecg_arena_alloc(a, largest + 8, sizeof(int16_t));
  v.products.scale = rows(a, 1, 3 * WIDTH);
  if (a->failed) {
    fecg_arena_destroy(a);
    return FECG_ERR_MEMORY;
  }
  fecg_arena_destroy(&w->arena);
  *w = v;
  return FECG_OK;
}

/* What the forward pass works with. */
typedef struct pass {
  const fecg_fhnet *net;
  const fecg_products *p;
  fecg_fhnet_work *w;
  size_t leads;
  float there[FECG_MAX_LEADS];
} pass;

static void stem(const pass *s, const float *input) {
  const fecg_fhnet *n = s->net;
  fecg_fhnet_work *w = s->w;
  for (size_t l = 0; l < s->leads; l++, input += CHANNELS * WINDOW) {
    float *h1 = w->h1 + l * ROWS1 * STEM1, *h2 = w->h2 + l * ROWS2 * STEM2, *x = w->x + TAPS1 / 2 * CHANNELS;
    for (int t = 0; t < WINDOW; t++)
      for (int c = 0; c < CHANNELS; c++) x[t * CHANNELS + c] = input[c * WINDOW + t];
    fecg_convolve(s->p, &n->stem1, w->x, T1, h1 + TAPS2 / 2 * STEM1, FECG_GELU);
    fecg_convolve(s->p, &n->stem2, h1, T2, h2 + TAPS3 / 2 * STEM2, FECG_GELU);
    fecg_convolve(s->p, &n->stem3, h2, TOKENS, w->h + l * TOKENS * WIDTH, FECG_GELU);
  }
}

/* Leads hear each other, then are pooled to one token a time step. `normed` keeps each lead for its waveform. */
static void join_leads(const pass *s) {
  const fecg_fhnet *n = s->net;
  fecg_fhnet_work *w = s->w;
  const size_t all = s->leads * TOKENS;
  fecg_normalise(&n->graph_norm, w->h, all, w->normed);
  fecg_linear(s->p, &n->graph_qkv, w->normed, all, w->qkv, NULL, FECG_NO_GELU);
  fecg_graph_attention(w->qkv, s->leads, TOKENS, HEADS, WIDTH, s->there, w->mixed, w->edge);
  fecg_linear(s->p, &n->graph_out, w->mixed, all, w->h, w->h, FECG_NO_GELU);
  fecg_normalise(&n->pool_norm, w->h, all, w->normed);
  fecg_attention_pool(n->pool_query, w->normed, s->leads, TOKENS, WIDTH, s->there, w->z_normed, w->lead_weight);
  fecg_linear(s->p, &n->token, w->z_normed, TOKENS, w->z, n->position, FECG_NO_GELU);
}

/* z += mix(multi-scale(z)), z += attention(z), z += feed-forward(z) */
static void transform(const pass *s, const fecg_fhnet_block *k) {
  fecg_fhnet_work *w = s->w;
  fecg_normalise(&k->norm1, w->z, TOKENS, w->around + MOST / 2 * WIDTH);
  fecg_depthwise_run(&k->scales, w->around, TOKENS, w->z_mixed);
  fecg_linear(s->p, &k->mix, w->z_mixed, TOKENS, w->z, w->z, FECG_NO_GELU);

  fecg_normalise(&k->norm2, w->z, TOKENS, w->z_normed);
  fecg_linear(s->p, &k->qkv, w->z_normed, TOKENS, w->z_qkv, NULL, FECG_NO_GELU);
  fecg_attention(w->z_qkv, TOKENS, HEADS, WIDTH, w->z_mixed, w->attention);
  fecg_linear(s->p, &k->out, w->z_mixed, TOKENS, w->z, w->z, FECG_NO_GELU);

  fecg_normalise(&k->norm3, w->z, TOKENS, w->z_normed);
  fecg_linear(s->p, &k->up, w->z_normed, TOKENS, w->z_mixed, NULL, FECG_GELU);
  fecg_linear(s->p, &k->down, w->z_mixed, TOKENS, w->z, w->z, FECG_NO_GELU);
}

static void beats_and_state(const pass *s, fecg_fhnet_output *out) {
  fecg_fhnet_work *w = s->w;
  float *logits = w->z_mixed, mean[WIDTH] = {0}, state[2];
  fecg_linear(s->p, &s->net->qrs, w->z_normed, TOKENS, logits, NULL, FECG_NO_GELU);
  for (int t = 0; t < TOKENS; t++, logits += 2 * SUB) {
    memcpy(w->fqrs + t * SUB, logits, SUB * sizeof(float));
    memcpy(w->mqrs + t * SUB, logits + SUB, SUB * sizeof(float));
    fecg_axpy(mean, 1.0f / TOKENS, w->z_normed + t * WIDTH, WIDTH);
  }
  fecg_linear(s->p, &s->net->state, mean, 1, state, NULL, FECG_NO_GELU);
  out->present = state[0];
  out->quality = state[1];
}

/* Each lead's own features and the token meet, and go up to the sampling rate past what the stem saw there. */
static void waveforms(const pass *s) {
  const fecg_fhnet *n = s->net;
  fecg_fhnet_work *w = s->w;
  fecg_linear(s->p, &n->wave_token, w->z_normed, TOKENS, w->z, NULL, FECG_NO_GELU);
  for (size_t l = 0; l < s->leads; l++) {
    const float *h1 = w->h1 + l * ROWS1 * STEM1 + TAPS2 / 2 * STEM1, *h2 = w->h2 + l * ROWS2 * STEM2 + TAPS3 / 2 * STEM2;
    float *fetal = w->fetal + l * WINDOW, *maternal = w->maternal + l * WINDOW;
    fecg_linear(s->p, &n->wave_lead, w->normed + l * TOKENS * WIDTH, TOKENS, w->u + WIDTH, w->z, FECG_GELU);
    fecg_upconvolve(s->p, &n->up1, w->u, TOKENS, w->u1 + STEM2, h2, FECG_GELU);
    fecg_upconvolve(s->p, &n->up2, w->u1, T2, w->u2 + STEM1, h1, FECG_GELU);
    fecg_upconvolve(s->p, &n->up3, w->u2, T1, w->wave, NULL, FECG_NO_GELU);
    for (int t = 0; t < WINDOW; t++) fetal[t] = w->wave[2 * t], maternal[t] = w->wave[2 * t + 1];
  }
}

fecg_status fecg_fhnet_beats(fecg_model *m, const float *input, int leads, uint32_t mask, fecg_fhnet_output *out) {
  if (!m || m->architecture != FECG_NET_FHNET || !input || !out || leads < 1 || leads > FECG_MAX_LEADS || !(mask & UINT32_MAX >> (32 - leads))) return FECG_ERR_ARGUMENT;
  const fecg_status status = fecg_fhnet_reserve(&m->work, leads);
  if (status != FECG_OK) return status;
  fecg_fhnet_work *w = &m->work;
  pass s = {.net = &m->fhnet, .p = &w->products, .w = w, .leads = (size_t)leads};
  for (int l = 0; l < leads; l++) s.there[l] = mask >> l & 1 ? 1 : 0;
  *out = (fecg_fhnet_output){.fqrs = w->fqrs, .mqrs = w->mqrs, .lead_weight = w->lead_weight, .edge = w->edge};
  stem(&s, input);
  join_leads(&s);
  for (int i = 0; i < BLOCKS; i++) transform(&s, &s.net->block[i]);
  fecg_normalise(&s.net->norm, w->z, TOKENS, w->z_normed);
  beats_and_state(&s, out);
  return FECG_OK;
}

fecg_status fecg_fhnet_run(fecg_model *m, const float *input, int leads, uint32_t mask, fecg_fhnet_output *out) {
  const fecg_status status = fecg_fhnet_beats(m, input, leads, mask, out);
  if (status != FECG_OK) return status;
  fecg_fhnet_work *w = &m->work;
  waveforms(&(pass){.net = &m->fhnet, .p = &w->products, .w = w, .leads = (size_t)leads});
  out->fetal = w->fetal;
  out->maternal = w->maternal;
  return FECG_OK;
}
