/* ecgnet.c — the forward pass of models/ecgnet/model.py, whose names it keeps: a convolutional stem with block attention for
 * each lead, graph attention over leads at each time step, pooling over leads, a transformer over time, pooling over time,
 * and the answers with what was measured beside them. Signals are rows of features (net/layers.h). Leads that are not there
 * are left out from the start, which gives what masking them gives. */
#include "net/ecgnet.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "net/model.h"
#include "simd/kernels.h"
#include "simd/nn.h"

enum {
  LEADS = FECG_ECGNET_LEADS, WINDOW = FECG_ECGNET_WINDOW, TOKENS = FECG_ECGNET_TOKENS, MEASURES = FECG_ECGNET_MEASURES,
  STEM1 = 16, STEM2 = 32, WIDTH = 64, HEADS = FECG_ECGNET_HEADS, HIDDEN = 128, BLOCKS = FECG_ECGNET_BLOCKS,
  CLASSES = FECG_ECGNET_CLASSES,
  T1 = WINDOW / 2, T2 = WINDOW / 4, /* rows after the first and second stem */
  TAPS1 = 15, TAPS2 = 9, TAPS3 = 5,
  ROWS_X = WINDOW + TAPS1 - 1, ROWS1 = T1 + TAPS2 - 1, ROWS2 = T2 + TAPS3 - 1, /* rows with their halo */
};
#define MEASURE_LIMIT 5.0f /* standardised measures go no further */

static void bind_block(fecg_binder *b, fecg_ecgnet_block *k, int index) {
  char name[32];
#define PART(part) (snprintf(name, sizeof name, "blocks.%d." part, index), name)
  fecg_bind_norm(b, &k->norm1, PART("norm1"), WIDTH);
  fecg_bind_linear(b, &k->qkv, PART("qkv"), WIDTH, 3 * WIDTH);
  fecg_bind_linear(b, &k->out, PART("out"), WIDTH, WIDTH);
  fecg_bind_norm(b, &k->norm2, PART("norm2"), WIDTH);
  fecg_bind_linear(b, &k->up, PART("up"), WIDTH, HIDDEN);
  fecg_bind_linear(b, &k->down, PART("down"), HIDDEN, WIDTH);
#undef PART
}

/* NAME.weight of a linear layer to one score, whose bias the softmax that follows does not see. */
static float *bind_query(fecg_binder *b, const char *weight, const char *bias) {
  fecg_bind_floats(b, bias, 1, (const size_t[]){1});
  return fecg_bind_floats(b, weight, 2, (const size_t[]){1, WIDTH});
}

/* "0." and digits of the file's metadata. */
static void bind_threshold(fecg_binder *b, fecg_ecgnet *n) {
  const char *text = fecg_safetensors_metadata(b->file, "threshold");
  double value = 0, place = 1;
  n->threshold = 0.5f;
  if (!text || b->status != FECG_OK) return;
  const size_t digits = strncmp(text, "0.", 2) == 0 ? strspn(text + 2, "0123456789") : 0;
  for (size_t i = 0; i < digits; i++) value += (text[2 + i] - '0') * (place /= 10);
  n->threshold = (float)value;
  if (text[digits ? 2 + digits : 0] || !(n->threshold > 0 && n->threshold < 1))
    b->status = fecg_fail(b->error, FECG_ERR_FORMAT, 8, "threshold %.40s, expected a number between 0 and 1 as 0.5", text);
}

static float *bind_optional(fecg_binder *b, const char *name) {
  return fecg_safetensors_find(b->file, name) ? fecg_bind_floats(b, name, 1, (const size_t[]){CLASSES}) : NULL;
}

void fecg_ecgnet_bind(fecg_binder *b, fecg_ecgnet *n) {
  fecg_bind_conv(b, &n->stem1, "stem1", 1, STEM1, TAPS1, 2);
  fecg_bind_conv(b, &n->stem2, "stem2", STEM1, STEM2, TAPS2, 2);
  fecg_bind_cbam(b, &n->cbam2, "cbam2", STEM2);
  fecg_bind_conv(b, &n->stem3, "stem3", STEM2, WIDTH, TAPS3, 2);
  fecg_bind_cbam(b, &n->cbam3, "cbam3", WIDTH);
  n->lead = fecg_bind_floats(b, "lead", 2, (const size_t[]){LEADS, WIDTH});
  fecg_bind_norm(b, &n->graph_norm, "gat.norm", WIDTH);
  fecg_bind_linear(b, &n->graph_qkv, "gat.qkv", WIDTH, 3 * WIDTH);
  fecg_bind_linear(b, &n->graph_out, "gat.out", WIDTH, WIDTH);
  fecg_bind_norm(b, &n->pool_norm, "pool_norm", WIDTH);
  n->pool_query = bind_query(b, "pool_score.weight", "pool_score.bias");
  fecg_bind_linear(b, &n->token, "token", WIDTH, WIDTH);
  for (int i = 0; i < BLOCKS; i++) bind_block(b, &n->block[i], i);
  fecg_bind_norm(b, &n->norm, "norm", WIDTH);
  n->time_query = bind_query(b, "time_score.weight", "time_score.bias");
  fecg_bind_linear(b, &n->measures, "measures", 2 * MEASURES, WIDTH);
  fecg_bind_linear(b, &n->join, "join", 3 * WIDTH, WIDTH);
  fecg_bind_linear(b, &n->answer, "answer", WIDTH, CLASSES);
  n->measure_mean = fecg_bind_floats(b, "measure_mean", 1, (const size_t[]){MEASURES});
  n->measure_scale = fecg_bind_floats(b, "measure_scale", 1, (const size_t[]){MEASURES});
  for (int i = 0; i < MEASURES && n->measure_scale; i++) {
    if (n->measure_scale[i] > 0) continue;
    b->status = fecg_fail(b->error, FECG_ERR_FORMAT, -1, "tensor measure_scale: scales are more than 0");
    return;
  }
  n->calibration_scale = bind_optional(b, "calibration.scale");
  n->calibration_bias = bind_optional(b, "calibration.bias");
  bind_threshold(b, n);
  n->position = fecg_bind_positions(b, TOKENS, WIDTH);
}

/* Zeroed, so that halos are zero: nothing writes there. */
static float *rows(fecg_arena *a, size_t count, size_t width) {
  float *x = fecg_arena_floats(a, count * width);
  if (x) memset(x, 0, count * width * sizeof(float));
  return x;
}

fecg_status fecg_ecgnet_reserve(fecg_ecgnet_work *w) {
  fecg_arena *a = &w->arena;
  w->x = rows(a, ROWS_X, 1);
  w->h1 = rows(a, ROWS1, STEM1);
  w->h2 = rows(a, ROWS2, STEM2);
  const size_t first = fecg_cbam_scratch(T2, STEM2), second = fecg_cbam_scratch(TOKENS, WIDTH);
  w->cbam = rows(a, 1, first > second ? first : second);
  w->h = rows(a, LEADS * TOKENS, WIDTH);
  w->normed = rows(a, LEADS * TOKENS, WIDTH);
  w->qkv = rows(a, LEADS * TOKENS, 3 * WIDTH);
  w->mixed = rows(a, LEADS * TOKENS, WIDTH);
  w->z = rows(a, TOKENS, WIDTH);
  w->z_normed = rows(a, TOKENS, WIDTH);
  w->z_qkv = rows(a, TOKENS, 3 * WIDTH);
  w->z_mixed = rows(a, TOKENS, HIDDEN);
  w->attention = rows(a, 1, fecg_attention_scratch(TOKENS, WIDTH));
  w->edge = rows(a, TOKENS * HEADS, LEADS * LEADS);
  w->pooled = rows(a, TOKENS, LEADS);
  w->lead_weight = rows(a, TOKENS, LEADS);
  w->time_weight = rows(a, TOKENS, 1);
  w->products.quantised = fecg_arena_alloc(a, LEADS * TOKENS * WIDTH + 8, sizeof(int16_t)); /* the largest that a product reads */
  w->products.scale = rows(a, 1, 3 * WIDTH);
  return a->failed ? FECG_ERR_MEMORY : FECG_OK;
}

/* What the forward pass works with. */
typedef struct pass {
  const fecg_ecgnet *net;
  const fecg_products *p;
  fecg_ecgnet_work *w;
  size_t leads;          /* that are there */
  size_t lead[LEADS];    /* which they are */
  fecg_products floats;  /* for single rows, where integers would gain nothing */
} pass;

static void stem(const pass *s, const float *x) {
  const fecg_ecgnet *n = s->net;
  fecg_ecgnet_work *w = s->w;
  float *h2 = w->h2 + TAPS3 / 2 * STEM2, *h = w->h;
  for (size_t l = 0; l < s->leads; l++, h += TOKENS * WIDTH) {
    memcpy(w->x + TAPS1 / 2, x + s->lead[l] * WINDOW, WINDOW * sizeof(float));
    fecg_convolve(s->p, &n->stem1, w->x, T1, w->h1 + TAPS2 / 2 * STEM1, FECG_GELU);
    fecg_convolve(s->p, &n->stem2, w->h1, T2, h2, FECG_GELU);
    fecg_cbam_run(&n->cbam2, h2, T2, NULL, w->cbam);
    fecg_convolve(s->p, &n->stem3, w->h2, TOKENS, h, FECG_GELU);
    fecg_cbam_run(&n->cbam3, h, TOKENS, n->lead + s->lead[l] * WIDTH, w->cbam);
  }
}

/* Leads hear each other, then are pooled to one token a time step. */
static void join_leads(const pass *s) {
  static const float THERE[LEADS] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
  const fecg_ecgnet *n = s->net;
  fecg_ecgnet_work *w = s->w;
  const size_t all = s->leads * TOKENS;
  fecg_normalise(&n->graph_norm, w->h, all, w->normed);
  fecg_linear(s->p, &n->graph_qkv, w->normed, all, w->qkv, NULL, FECG_NO_GELU);
  fecg_graph_attention(w->qkv, s->leads, TOKENS, HEADS, WIDTH, THERE, w->mixed, w->edge);
  fecg_linear(s->p, &n->graph_out, w->mixed, all, w->h, w->h, FECG_NO_GELU);
  fecg_normalise(&n->pool_norm, w->h, all, w->normed);
  fecg_attention_pool(n->pool_query, w->normed, s->leads, TOKENS, WIDTH, THERE, w->z_normed, w->pooled);
  fecg_linear(s->p, &n->token, w->z_normed, TOKENS, w->z, n->position, FECG_NO_GELU);
  memset(w->lead_weight, 0, TOKENS * LEADS * sizeof(float));
  for (size_t t = 0; t < TOKENS; t++)
    for (size_t l = 0; l < s->leads; l++) w->lead_weight[t * LEADS + s->lead[l]] = w->pooled[t * s->leads + l];
}

/* z += attention(z), z += feed-forward(z) */
static void transform(const pass *s, const fecg_ecgnet_block *k) {
  fecg_ecgnet_work *w = s->w;
  fecg_normalise(&k->norm1, w->z, TOKENS, w->z_normed);
  fecg_linear(s->p, &k->qkv, w->z_normed, TOKENS, w->z_qkv, NULL, FECG_NO_GELU);
  fecg_attention(w->z_qkv, TOKENS, HEADS, WIDTH, w->z_mixed, w->attention);
  fecg_linear(s->p, &k->out, w->z_mixed, TOKENS, w->z, w->z, FECG_NO_GELU);

  fecg_normalise(&k->norm2, w->z, TOKENS, w->z_normed);
  fecg_linear(s->p, &k->up, w->z_normed, TOKENS, w->z_mixed, NULL, FECG_GELU);
  fecg_linear(s->p, &k->down, w->z_mixed, TOKENS, w->z, w->z, FECG_NO_GELU);
}

/* pooled (2, WIDTH): the mean of the tokens with the weights that are found here, then the plain mean. */
static void join_time(const pass *s, float *pooled) {
  fecg_ecgnet_work *w = s->w;
  const float *z = w->z_normed;
  fecg_normalise(&s->net->norm, w->z, TOKENS, w->z_normed);
  for (size_t t = 0; t < TOKENS; t++) w->time_weight[t] = fecg_dot(s->net->time_query, z + t * WIDTH, WIDTH);
  const float per = 1.0f / fecg_softmax_terms(w->time_weight, TOKENS);
  memset(pooled, 0, 2 * WIDTH * sizeof(float));
  for (size_t t = 0; t < TOKENS; t++, z += WIDTH) {
    w->time_weight[t] *= per;
    fecg_axpy(pooled, w->time_weight[t], z, WIDTH);
    fecg_axpy(pooled + WIDTH, 1.0f / TOKENS, z, WIDTH);
  }
}

/* m (WIDTH) of the standardised measures and of which are known. */
static void measured(const pass *s, const float *measures, const float *known, float *m) {
  const fecg_ecgnet *n = s->net;
  float both[2 * MEASURES];
  for (int i = 0; i < MEASURES; i++) {
    const float x = known[i] != 0 ? (measures[i] - n->measure_mean[i]) / n->measure_scale[i] : 0;
    both[i] = (x > MEASURE_LIMIT ? MEASURE_LIMIT : x < -MEASURE_LIMIT ? -MEASURE_LIMIT : x) * known[i];
    both[MEASURES + i] = known[i];
  }
  fecg_linear(&s->floats, &n->measures, both, 1, m, NULL, FECG_GELU);
}

/* y (3, WIDTH): the tokens' two means, and the measures. */
static void answer(const pass *s, const float *y, fecg_ecgnet_output *out) {
  const fecg_ecgnet *n = s->net;
  float joined[WIDTH];
  fecg_linear(&s->floats, &n->join, y, 1, joined, NULL, FECG_GELU);
  fecg_linear(&s->floats, &n->answer, joined, 1, out->logits, NULL, FECG_NO_GELU);
  for (int c = 0; c < CLASSES; c++)
    out->probability[c] = out->logits[c] * (n->calibration_scale ? n->calibration_scale[c] : 1) + (n->calibration_bias ? n->calibration_bias[c] : 0);
  fecg_sigmoid(out->probability, CLASSES);
}

fecg_status fecg_ecgnet_run(fecg_model *m, const float *x, uint32_t mask, const float *measures, const float *known, fecg_ecgnet_output *out) {
  if (!m || m->architecture != FECG_NET_ECGNET || !x || !measures || !known || !out) return FECG_ERR_ARGUMENT;
  fecg_ecgnet_work *w = &m->ecgnet_work;
  pass s = {.net = &m->ecgnet, .p = &w->products, .w = w};
  for (size_t l = 0; l < LEADS; l++)
    if (mask >> l & 1) s.lead[s.leads++] = l;
  if (s.leads == 0) return FECG_ERR_ARGUMENT;
  float y[3 * WIDTH];
  out->lead_weight = w->lead_weight;
  out->time_weight = w->time_weight;
  stem(&s, x);
  join_leads(&s);
  for (int i = 0; i < BLOCKS; i++) transform(&s, &s.net->block[i]);
  join_time(&s, y);
  measured(&s, measures, known, y + 2 * WIDTH);
  answer(&s, y, out);
  return FECG_OK;
}
