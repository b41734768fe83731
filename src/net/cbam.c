/* cbam.c — see cbam.h. */
#include "net/cbam.h"

#include <stdio.h>
#include <string.h>

#include "simd/kernels.h"
#include "simd/nn.h"

enum { TAPS = FECG_CBAM_TAPS, HALO = TAPS / 2 };

static const fecg_products FLOATS = {0};

void fecg_bind_cbam(fecg_binder *b, fecg_cbam *c, const char *name, size_t width) {
  char part[64];
#define PART(ending) (snprintf(part, sizeof part, "%.40s" ending, name), part)
  fecg_bind_linear(b, &c->down, PART(".down"), width, width / FECG_CBAM_SQUEEZE);
  fecg_bind_linear(b, &c->up, PART(".up"), width / FECG_CBAM_SQUEEZE, width);
  c->taps = fecg_bind_floats(b, PART(".gate.weight"), 3, (const size_t[]){1, 2, TAPS});
  c->bias = fecg_bind_floats(b, PART(".gate.bias"), 1, (const size_t[]){1});
#undef PART
}

/* sigmoid(score(mean) + score(largest)), score(v) = up GELU(down v) */
static void channel_gate(const fecg_cbam *c, const float *x, size_t rows, float *gate, float *scratch) {
  float *pooled = scratch, *hidden = pooled + 2 * c->up.out; /* (2, width), (2, width / FECG_CBAM_SQUEEZE) */
  fecg_columns(pooled, pooled + c->up.out, x, rows, c->up.out);
  fecg_linear(&FLOATS, &c->down, pooled, 2, hidden, NULL, FECG_GELU);
  fecg_linear(&FLOATS, &c->up, hidden, 1, gate, NULL, FECG_NO_GELU);
  fecg_linear(&FLOATS, &c->up, hidden + c->up.in, 1, gate, gate, FECG_NO_GELU);
  fecg_sigmoid(gate, c->up.out);
}

size_t fecg_cbam_scratch(size_t rows, size_t width) { return 3 * width + 2 * (width / FECG_CBAM_SQUEEZE) + 3 * rows + 4 * HALO; }

void fecg_cbam_run(const fecg_cbam *c, float *x, size_t rows, const float *add, float *scratch) {
  const size_t width = c->up.out, around = rows + 2 * HALO;
  float *channels = scratch, *mean = channels + width, *largest = mean + around, *moments = largest + around;
  channel_gate(c, x, rows, channels, moments + rows);
  memset(mean, 0, 2 * around * sizeof(float)); /* the halos are zeros */
  fecg_gate_columns(x, rows, width, channels, mean + HALO, largest + HALO);
  for (size_t t = 0; t < rows; t++) moments[t] = *c->bias;
  fecg_correlate(moments, mean, rows, c->taps, TAPS);
  fecg_correlate(moments, largest, rows, c->taps + TAPS, TAPS);
  fecg_sigmoid(moments, rows);
  fecg_gate_rows(x, rows, width, moments, add);
}
