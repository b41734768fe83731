/* bind.c — see bind.h. */
#include "net/bind.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/math.h"

enum { NAME_MAX_LENGTH = 128 };

void fecg_binder_begin(fecg_binder *b, const fecg_safetensors *file, fecg_arena *weights, fecg_diagnostic *error) {
  *b = (fecg_binder){.file = file, .weights = weights, .error = error};
  b->used = fecg_alloc(file->count + 1, 1);
  if (!b->used) b->status = FECG_ERR_MEMORY;
}

fecg_status fecg_binder_end(fecg_binder *b) {
  if (b->weights->failed || b->scratch.failed) b->status = FECG_ERR_MEMORY;
  if (b->status == FECG_ERR_MEMORY) fecg_fail(b->error, b->status, -1, "%s", fecg_strerror(b->status));
  fecg_free(b->used);
  fecg_arena_destroy(&b->scratch);
  return b->status;
}

/* Whether more can be bound. */
static int going(const fecg_binder *b) { return b->status == FECG_OK && !b->weights->failed && !b->scratch.failed; }

static const char *shape_words(char *out, size_t room, int dims, const size_t *shape) {
  size_t n = 0;
  for (int i = 0; i < dims && n < room; i++) n += (size_t)snprintf(out + n, room - n, i ? " x %lu" : "%lu", (unsigned long)shape[i]);
  return out;
}

static const fecg_stored *find(fecg_binder *b, const char *name, int dims, const size_t *shape) {
  char wanted[96] = "", found[96] = "";
  shape_words(wanted, sizeof wanted, dims, shape);
  const fecg_stored *t = fecg_safetensors_find(b->file, name);
  if (!t) {
    b->status = fecg_fail(b->error, FECG_ERR_FORMAT, 8, "tensor %.80s (%s) is missing", name, wanted);
    return NULL;
  }
  size_t has[FECG_TENSOR_DIMS] = {0};
  int same = dims == 0 || t->dims == dims;
  for (int i = 0; i < t->dims; i++) has[i] = (size_t)t->shape[i];
  for (int i = 0; i < dims && same; i++) same = has[i] == shape[i];
  if (!same) {
    b->status = fecg_fail(b->error, FECG_ERR_FORMAT, 8, "tensor %.80s is %s, expected %s", name, shape_words(found, sizeof found, t->dims, has), wanted);
    return NULL;
  }
  b->used[t - b->file->tensors] = 1;
  return t;
}

static float *finite(fecg_binder *b, const fecg_stored *t, fecg_arena *a) {
  float *x = fecg_arena_floats(a, t->count);
  if (!x) return NULL;
  const size_t bad = fecg_stored_floats(t, x);
  if (bad == t->count) return x;
  b->status = fecg_fail(b->error, FECG_ERR_FORMAT, -1, "tensor %.80s: element %lu is not a finite number", t->name, (unsigned long)bad);
  return NULL;
}

/* The tensor as floats in arena a. *levels: the scales of an I8 tensor, one for each index of dimension `axis`; NULL for
 * others. */
static float *load(fecg_binder *b, const char *name, int dims, const size_t *shape, int axis, fecg_arena *a, const float **levels) {
  *levels = NULL;
  if (!going(b)) return NULL;
  const fecg_stored *t = find(b, name, dims, shape);
  float *x = t ? finite(b, t, a) : NULL;
  if (!x || t->dtype != FECG_I8) return x;
  char scale_name[NAME_MAX_LENGTH + 8];
  snprintf(scale_name, sizeof scale_name, "%.120s.scale", name);
  if (t->dims < 2) {
    b->status = fecg_fail(b->error, FECG_ERR_UNSUPPORTED, 8, "tensor %.80s is I8 and has less than two dimensions", name);
    return NULL;
  }
  const size_t rows = (size_t)t->shape[axis];
  const fecg_stored *s = find(b, scale_name, 1, &rows);
  float *scale = s ? finite(b, s, &b->scratch) : NULL;
  if (!scale) return NULL;
  size_t inner = 1;
  for (int i = axis + 1; i < t->dims; i++) inner *= (size_t)t->shape[i];
  for (size_t r = 0; r < rows; r++)
    if (s->dtype == FECG_I8 || !(scale[r] >= 0)) {
      b->status = fecg_fail(b->error, FECG_ERR_FORMAT, -1, "tensor %.80s: scales are floats of 0 or more", scale_name);
      return NULL;
    }
  for (size_t i = 0; i < t->count; i++) {
    x[i] *= scale[i / inner % rows];
    if (isfinite(x[i])) continue;
    b->status = fecg_fail(b->error, FECG_ERR_FORMAT, -1, "tensor %.80s: a weight is not finite once scaled", name);
    return NULL;
  }
  *levels = scale;
  return x;
}

static const char *join(char out[NAME_MAX_LENGTH], const char *name, const char *ending) {
  snprintf(out, NAME_MAX_LENGTH, "%.80s%s", name, ending);
  return out;
}

static float *weight(fecg_binder *b, const char *name, int dims, const size_t *shape, int axis, const float **levels) {
  char full[NAME_MAX_LENGTH];
  return load(b, join(full, name, ".weight"), dims, shape, axis, &b->scratch, levels);
}

static float *bias(fecg_binder *b, const char *name, size_t n, fecg_arena *a) {
  char full[NAME_MAX_LENGTH];
  const float *levels;
  return load(b, join(full, name, ".bias"), 1, &n, 0, a, &levels);
}

void fecg_bind_linear(fecg_binder *b, fecg_dense *d, const char *name, size_t in, size_t out) {
  const float *levels, *w = weight(b, name, 2, (const size_t[]){out, in}, 0, &levels), *v = bias(b, name, out, &b->scratch);
  if (w && v) fecg_dense_pack(b->weights, d, in, out, w, v, levels);
}

void fecg_bind_conv(fecg_binder *b, fecg_conv *c, const char *name, size_t in, size_t out, size_t taps, size_t stride) {
  const float *levels, *w = weight(b, name, 3, (const size_t[]){out, in, taps}, 0, &levels), *v = bias(b, name, out, &b->scratch);
  float *window = fecg_arena_floats(&b->scratch, out * in * taps);
  if (!w || !v || !window) return;
  for (size_t o = 0; o < out; o++)
    for (size_t i = 0; i < in; i++)
      for (size_t j = 0; j < taps; j++) window[(o * taps + j) * in + i] = w[(o * in + i) * taps + j];
  c->width = in;
  c->stride = stride;
  fecg_dense_pack(b->weights, &c->window, in * taps, out, window, v, levels);
}

/* Row 2 t of the output is tap 3 on row t - 1 and tap 1 on row t; row 2 t + 1 is tap 2 on row t and tap 0 on row t + 1. */
void fecg_bind_upconv(fecg_binder *b, fecg_upconv *u, const char *name, size_t in, size_t out) {
  const float *levels, *w = weight(b, name, 3, (const size_t[]){in, out, 4}, 1, &levels), *v = bias(b, name, out, &b->scratch);
  float *even = fecg_arena_floats(&b->scratch, out * 2 * in), *odd = fecg_arena_floats(&b->scratch, out * 2 * in);
  float *both = fecg_arena_floats(&b->scratch, 2 * out * 3 * in), *twice = fecg_arena_floats(&b->scratch, 4 * out);
  if (!w || !v || !even || !odd || !both || !twice) return;
  memset(both, 0, 2 * out * 3 * in * sizeof(float));
  for (size_t o = 0; o < out; o++) {
    for (size_t i = 0; i < in; i++) {
      const float *tap = w + (i * out + o) * 4;
      even[o * 2 * in + i] = both[o * 3 * in + i] = tap[3];
      even[o * 2 * in + in + i] = both[o * 3 * in + in + i] = tap[1];
      odd[o * 2 * in + i] = both[(out + o) * 3 * in + in + i] = tap[2];
      odd[o * 2 * in + in + i] = both[(out + o) * 3 * in + 2 * in + i] = tap[0];
    }
    twice[o] = twice[out + o] = v[o];
    if (levels) twice[2 * out + o] = twice[3 * out + o] = levels[o];
  }
  u->width = in;
  u->out = out;
  if (2 * out <= 8) fecg_dense_pack(b->weights, &u->both, 3 * in, 2 * out, both, twice, levels ? twice + 2 * out : NULL);
  else {
    fecg_dense_pack(b->weights, &u->even, 2 * in, out, even, v, levels);
    fecg_dense_pack(b->weights, &u->odd, 2 * in, out, odd, v, levels);
  }
}

void fecg_bind_norm(fecg_binder *b, fecg_norm *n, const char *name, size_t width) {
  char full[NAME_MAX_LENGTH];
  const float *levels;
  n->width = width;
  n->gain = load(b, join(full, name, ".weight"), 1, &width, 0, b->weights, &levels);
  n->bias = bias(b, name, width, b->weights);
}

void fecg_bind_depthwise(fecg_binder *b, fecg_depthwise *d, const char *name, size_t width, const int *taps, int count) {
  const size_t most = (size_t)taps[count - 1];
  *d = (fecg_depthwise){width, most, fecg_arena_floats(b->weights, most * width), fecg_arena_floats(b->weights, width)};
  if (!going(b)) return;
  memset(d->weight, 0, most * width * sizeof(float));
  memset(d->bias, 0, width * sizeof(float));
  for (int s = 0; s < count; s++) {
    char scale[NAME_MAX_LENGTH];
    const size_t k = (size_t)taps[s], from = (most - k) / 2;
    snprintf(scale, sizeof scale, "%.80s.%d", name, s);
    const float *levels, *w = weight(b, scale, 3, (const size_t[]){width, 1, k}, 0, &levels), *v = bias(b, scale, width, &b->scratch);
    if (!w || !v) return;
    for (size_t f = 0; f < width; f++) {
      d->bias[f] += v[f];
      for (size_t j = 0; j < k; j++) d->weight[(from + j) * width + f] += w[f * k + j];
    }
  }
}

float *fecg_bind_floats(fecg_binder *b, const char *name, int dims, const size_t *shape) {
  const float *levels;
  return load(b, name, dims, shape, 0, b->weights, &levels);
}

float *fecg_bind_positions(fecg_binder *b, size_t tokens, size_t width) {
  float *out = fecg_arena_floats(b->weights, tokens * width);
  for (size_t t = 0; t < tokens && out; t++)
    for (size_t f = 0; f < width; f += 2) {
      const double angle = (double)t * fecg_exp((double)f * (-fecg_log(1000.0) / (double)width));
      out[t * width + f] = (float)fecg_sin(angle);
      out[t * width + f + 1] = (float)fecg_cos(angle);
    }
  return out;
}
