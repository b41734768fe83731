/* nn_body.h — the kernels of nn.h, for one choice of v4 and one name prefix K(). */

/* 2^x, |x| <= 126: the nearest integer goes to the exponent, the rest through a minimax polynomial of degree 5 (error
 * 7.5e-8, by reweighted least squares). */
V4 v4 K(v_exp2)(v4 x) {
  const v4 shifted = v4_add(x, v4_splat(V4_SHIFT)), f = v4_sub(x, v4_sub(shifted, v4_splat(V4_SHIFT)));
  const v4 f2 = v4_mul(f, f);
  const v4 p01 = v4_madd(v4_splat(0.693146967f), f, v4_splat(1.0f));
  const v4 p23 = v4_madd(v4_splat(0.0555071327f), f, v4_splat(0.240221197f));
  const v4 p45 = v4_madd(v4_splat(0.0013276472f), f, v4_splat(0.00967554135f));
  return v4_scale2(v4_madd(v4_madd(p45, f2, p23), f2, p01), shifted);
}

/* exp x for x <= 0; at and below -87 1.6e-38 */
V4 v4 K(v_exp)(v4 x) { return K(v_exp2)(v4_mul(v4_max(x, v4_splat(-87.0f)), v4_splat(1.44269504f))); }

/* x / 2 (1 + tanh u) = x / (1 + exp(-2 u)), u = sqrt(2 / pi) (x + 0.044715 x^3) */
V4 v4 K(v_gelu)(v4 x) {
  const v4 c1 = v4_splat(-2.30220818f), c3 = v4_splat(-0.102943240f); /* -2 log2(e) sqrt(2 / pi), times 0.044715 */
  v4 u = v4_mul(x, v4_madd(c3, v4_mul(x, x), c1));
  u = v4_min(v4_max(u, v4_splat(-126.0f)), v4_splat(126.0f));
  return v4_div(x, v4_add(v4_splat(1.0f), K(v_exp2)(u)));
}

/* Products go by blocks of 4 rows and 8 columns: the eight sums and what one step needs fit the sixteen vector registers
 * of SSE, which larger blocks do not. What follows the sums: a block of `rows` rows gets `add` and GELU. */
V4 void K(finish)(float *c, size_t c_step, const float *tile, size_t rows, const float *add, size_t add_step, int gelu) {
  for (size_t r = 0; r < rows; r++, tile += 8, c += c_step) {
    v4 x0 = v4_load(tile), x1 = v4_load(tile + 4);
    if (add) {
      x0 = v4_add(x0, v4_load(add));
      x1 = v4_add(x1, v4_load(add + 4));
      add += add_step;
    }
    if (gelu) {
      x0 = K(v_gelu)(x0);
      x1 = K(v_gelu)(x1);
    }
    v4_store(c, x0);
    v4_store(c + 4, x1);
  }
}

/* The same for the last panel where it holds less than 8 columns. Apart, so that its calls of memcpy do not take the
 * registers of the loop above. */
static __attribute__((noinline)) void K(finish_narrow)(const fecg_gemm *g, float *tile, size_t row, size_t rows, size_t at) {
  const size_t bytes = (g->n - at) * sizeof(float);
  float add[32] = {0};
  for (size_t r = 0; r < rows && g->add; r++) memcpy(add + 8 * r, g->add + (row + r) * g->add_step + at, bytes);
  K(finish)(tile, 8, tile, rows, g->add ? add : NULL, 8, g->gelu);
  for (size_t r = 0; r < rows; r++) memcpy(g->c + (row + r) * g->c_step + at, tile + 8 * r, bytes);
}

/* Steps stay apart: of several, V8 loads for all at once, and runs out of registers. */
#define NOT_UNROLLED __asm__ volatile("");

void K(product)(const fecg_gemm *gemm, const float *a, size_t a_step, const float *panels) {
  const fecg_gemm g = *gemm;
  for (size_t at = 0; at < g.n; at += 8) {
    const float *panel = panels + at * g.k;
    const v4 bias0 = g.bias ? v4_load(g.bias + at) : v4_splat(0), bias1 = g.bias ? v4_load(g.bias + at + 4) : v4_splat(0);
    for (size_t row = 0; row < g.m; row += 4) {
      const size_t rows = g.m - row < 4 ? g.m - row : 4;
      /* rows that are not there repeat the first */
      const float *b = panel, *a0 = a + row * a_step, *a1 = rows > 1 ? a0 + a_step : a0;
      const float *a2 = rows > 2 ? a1 + a_step : a0, *a3 = rows > 3 ? a2 + a_step : a0;
      v4 c00 = bias0, c01 = bias1, c10 = bias0, c11 = bias1, c20 = bias0, c21 = bias1, c30 = bias0, c31 = bias1;
      for (size_t k = g.k; k > 0; k--) {
        const v4 y0 = v4_load(b), y1 = v4_load(b + 4);
        const v4 x0 = v4_load_splat(a0), x1 = v4_load_splat(a1), x2 = v4_load_splat(a2), x3 = v4_load_splat(a3);
        c00 = v4_product(x0, y0, c00), c01 = v4_product(x0, y1, c01);
        c10 = v4_product(x1, y0, c10), c11 = v4_product(x1, y1, c11);
        c20 = v4_product(x2, y0, c20), c21 = v4_product(x2, y1, c21);
        c30 = v4_product(x3, y0, c30), c31 = v4_product(x3, y1, c31);
        b += 8, a0++, a1++, a2++, a3++;
        NOT_UNROLLED
      }
      float *c = g.c + row * g.c_step + at;
      if (rows == 4 && g.n - at >= 8 && !g.add && !g.gelu) { /* nothing follows */
        v4_store(c, c00), v4_store(c + 4, c01), v4_store(c + g.c_step, c10), v4_store(c + g.c_step + 4, c11), c += 2 * g.c_step;
        v4_store(c, c20), v4_store(c + 4, c21), v4_store(c + g.c_step, c30), v4_store(c + g.c_step + 4, c31);
        continue;
      }
      float tile[32];
      v4_store(tile, c00), v4_store(tile + 4, c01), v4_store(tile + 8, c10), v4_store(tile + 12, c11);
      v4_store(tile + 16, c20), v4_store(tile + 20, c21), v4_store(tile + 24, c30), v4_store(tile + 28, c31);
      if (g.n - at >= 8) K(finish)(c, g.c_step, tile, rows, g.add ? g.add + row * g.add_step + at : NULL, g.add_step, g.gelu);
      else K(finish_narrow)(gemm, tile, row, rows, at);
    }
  }
}

void K(product16)(const fecg_gemm *gemm, const int16_t *a, size_t a_step, const int16_t *panels, const float *scale) {
  const fecg_gemm g = *gemm;
  for (size_t at = 0; at < g.n; at += 8) {
    const int16_t *panel = panels + at * g.k;
    const v4 bias0 = g.bias ? v4_load(g.bias + at) : v4_splat(0), bias1 = g.bias ? v4_load(g.bias + at + 4) : v4_splat(0);
    const v4 scale0 = v4_load(scale + at), scale1 = v4_load(scale + at + 4);
    for (size_t row = 0; row < g.m; row += 4) {
      const size_t rows = g.m - row < 4 ? g.m - row : 4;
      const int16_t *b = panel, *a0 = a + row * a_step, *a1 = rows > 1 ? a0 + a_step : a0;
      const int16_t *a2 = rows > 2 ? a1 + a_step : a0, *a3 = rows > 3 ? a2 + a_step : a0;
      v4i c00 = v4i_zero(), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00;
      for (size_t k = g.k; k > 0; k -= 2) {
        const v8s y0 = v8s_load(b), y1 = v8s_load(b + 8);
        const v8s x0 = v8s_pair(a0), x1 = v8s_pair(a1), x2 = v8s_pair(a2), x3 = v8s_pair(a3);
        c00 = v4i_madd(x0, y0, c00), c01 = v4i_madd(x0, y1, c01);
        c10 = v4i_madd(x1, y0, c10), c11 = v4i_madd(x1, y1, c11);
        c20 = v4i_madd(x2, y0, c20), c21 = v4i_madd(x2, y1, c21);
        c30 = v4i_madd(x3, y0, c30), c31 = v4i_madd(x3, y1, c31);
        b += 16, a0 += 2, a1 += 2, a2 += 2, a3 += 2;
        NOT_UNROLLED
      }
      float tile[32];
      v4_store(tile, v4_madd(v4_of_int(c00), scale0, bias0)), v4_store(tile + 4, v4_madd(v4_of_int(c01), scale1, bias1));
      v4_store(tile + 8, v4_madd(v4_of_int(c10), scale0, bias0)), v4_store(tile + 12, v4_madd(v4_of_int(c11), scale1, bias1));
      v4_store(tile + 16, v4_madd(v4_of_int(c20), scale0, bias0)), v4_store(tile + 20, v4_madd(v4_of_int(c21), scale1, bias1));
      v4_store(tile + 24, v4_madd(v4_of_int(c30), scale0, bias0)), v4_store(tile + 28, v4_madd(v4_of_int(c31), scale1, bias1));
      if (g.n - at >= 8) K(finish)(g.c + row * g.c_step + at, g.c_step, tile, rows, g.add ? g.add + row * g.add_step + at : NULL, g.add_step, g.gelu);
      else K(finish_narrow)(gemm, tile, row, rows, at);
    }
  }
}

float K(largest)(const float *x, size_t n) {
  v4 m0 = v4_splat(0), m1 = m0;
  size_t i = 0;
  for (; i + 8 <= n; i += 8) {
    m0 = v4_max(m0, v4_abs(v4_load(x + i)));
    m1 = v4_max(m1, v4_abs(v4_load(x + i + 4)));
  }
  float m[4], largest = 0;
  v4_store(m, v4_max(m0, m1));
  for (int j = 0; j < 4; j++) largest = m[j] > largest ? m[j] : largest;
  for (; i < n; i++) largest = fabsf(x[i]) > largest ? fabsf(x[i]) : largest;
  return largest;
}

V4 void K(quantise8)(int16_t *q, const float *x, v4 gain) {
  const v4 shift = v4_splat(V4_SHIFT);
  v8s_narrow(q, v4i_unshift(v4_madd(v4_load(x), gain, shift)), v4i_unshift(v4_madd(v4_load(x + 4), gain, shift)));
}

void K(quantise)(int16_t *q, const float *x, float gain, size_t n) {
  const v4 g = v4_splat(gain);
  size_t i = 0;
  for (; i + 8 <= n; i += 8) K(quantise8)(q + i, x + i, g);
  if (i < n) {
    float from[8] = {0, 0, 0, 0, 0, 0, 0, 0};
    int16_t to[8];
    memcpy(from, x + i, (n - i) * sizeof(float));
    K(quantise8)(to, from, g);
    memcpy(q + i, to, (n - i) * sizeof(int16_t));
  }
}

void K(gelu)(float *x, size_t n) {
  size_t i = 0;
  for (; i + 4 <= n; i += 4) v4_store(x + i, K(v_gelu)(v4_load(x + i)));
  if (i < n) {
    float tail[4] = {0, 0, 0, 0};
    memcpy(tail, x + i, (n - i) * sizeof(float));
    v4_store(tail, K(v_gelu)(v4_load(tail)));
    memcpy(x + i, tail, (n - i) * sizeof(float));
  }
}

float K(softmax_terms)(float *x, size_t n) {
  v4 m = v4_splat(x[0]);
  size_t i = 0;
  for (; i + 4 <= n; i += 4) m = v4_max(m, v4_load(x + i));
  float tail[4], largest = x[0];
  v4_store(tail, m);
  for (int j = 0; j < 4; j++) largest = tail[j] > largest ? tail[j] : largest;
  for (; i < n; i++) largest = x[i] > largest ? x[i] : largest;
  m = v4_splat(largest);
  v4 s = v4_splat(0);
  for (i = 0; i + 4 <= n; i += 4) {
    const v4 e = K(v_exp)(v4_sub(v4_load(x + i), m));
    v4_store(x + i, e);
    s = v4_add(s, e);
  }
  float sum = v4_sum(s);
  if (i < n) {
    for (size_t j = 0; j < 4; j++) tail[j] = i + j < n ? x[i + j] : largest;
    v4_store(tail, K(v_exp)(v4_sub(v4_load(tail), m)));
    for (size_t j = 0; i + j < n; j++) sum += x[i + j] = tail[j];
  }
  return sum;
}

void K(layer_norm)(float *y, size_t y_step, const float *x, size_t x_step, size_t m, size_t n, const float *gain, const float *bias) {
  const float per = 1.0f / (float)n;
  for (; m > 0; m--, x += x_step, y += y_step) {
    v4 s = v4_splat(0), v = s;
    for (size_t i = 0; i < n; i += 4) s = v4_add(s, v4_load(x + i));
    const v4 mean = v4_splat(v4_sum(s) * per);
    for (size_t i = 0; i < n; i += 4) {
      const v4 d = v4_sub(v4_load(x + i), mean);
      v = v4_madd(d, d, v);
    }
    const v4 scale = v4_splat(1.0f / sqrtf(v4_sum(v) * per + 1e-5f));
    for (size_t i = 0; i < n; i += 4)
      v4_store(y + i, v4_madd(v4_mul(v4_sub(v4_load(x + i), mean), scale), v4_load(gain + i), v4_load(bias + i)));
  }
}

void K(depthwise_gelu)(float *y, const float *x, size_t m, size_t n, const float *h, size_t k, const float *bias) {
  for (size_t at = 0; at < n; at += 8)
    for (size_t row = 0; row < m; row += 4) {
      const size_t rows = m - row < 4 ? m - row : 4;
      const float *w = h + at, *x0 = x + row * n + at, *x1 = rows > 1 ? x0 + n : x0;
      const float *x2 = rows > 2 ? x1 + n : x0, *x3 = rows > 3 ? x2 + n : x0;
      v4 c00 = v4_load(bias + at), c01 = v4_load(bias + at + 4), c10 = c00, c11 = c01, c20 = c00, c21 = c01, c30 = c00, c31 = c01;
      for (size_t j = 0; j < k; j++, w += n, x0 += n, x1 += n, x2 += n, x3 += n) {
        const v4 w0 = v4_load(w), w1 = v4_load(w + 4);
        c00 = v4_madd(w0, v4_load(x0), c00), c01 = v4_madd(w1, v4_load(x0 + 4), c01);
        c10 = v4_madd(w0, v4_load(x1), c10), c11 = v4_madd(w1, v4_load(x1 + 4), c11);
        c20 = v4_madd(w0, v4_load(x2), c20), c21 = v4_madd(w1, v4_load(x2 + 4), c21);
        c30 = v4_madd(w0, v4_load(x3), c30), c31 = v4_madd(w1, v4_load(x3 + 4), c31);
      }
      float tile[32], *to = y + row * n + at;
      v4_store(tile, c00), v4_store(tile + 4, c01), v4_store(tile + 8, c10), v4_store(tile + 12, c11);
      v4_store(tile + 16, c20), v4_store(tile + 20, c21), v4_store(tile + 24, c30), v4_store(tile + 28, c31);
      for (size_t r = 0; r < rows; r++, to += n) {
        v4_store(to, K(v_gelu)(v4_load(tile + 8 * r)));
        v4_store(to + 4, K(v_gelu)(v4_load(tile + 8 * r + 4)));
      }
    }
}

/* softmax of four rows of scores in e over the nodes that are there, a row to a lane; rows that are not there repeat the
 * first */
V4 void K(edges)(float *e, size_t rows, size_t nodes, const float *there) {
  float *e1 = rows > 1 ? e + nodes : e, *e2 = rows > 2 ? e1 + nodes : e, *e3 = rows > 3 ? e2 + nodes : e, lanes[4];
  v4 largest = v4_splat(-3e38f), sum = v4_splat(0);
  for (size_t j = 0; j < nodes; j++)
    if (there[j] != 0) largest = v4_max(largest, v4_set(e[j], e1[j], e2[j], e3[j]));
  for (size_t j = 0; j < nodes; j++) {
    v4 x = v4_splat(0);
    if (there[j] != 0) x = K(v_exp)(v4_sub(v4_set(e[j], e1[j], e2[j], e3[j]), largest));
    sum = v4_add(sum, x);
    v4_store(lanes, x);
    e3[j] = lanes[3], e2[j] = lanes[2], e1[j] = lanes[1], e[j] = lanes[0];
  }
  v4_store(lanes, v4_div(v4_splat(1), sum));
  for (size_t j = 0; j < nodes; j++) {
    if (rows > 3) e3[j] *= lanes[3];
    if (rows > 2) e2[j] *= lanes[2];
    if (rows > 1) e1[j] *= lanes[1];
    e[j] *= lanes[0];
  }
}

void K(graph_head)(float *out, size_t out_step, float *edge, const float *q, size_t receivers, const float *k,
                   const float *v, size_t nodes, size_t step, size_t width, float scale, const float *there) {
  for (size_t i = 0; i < receivers; i++)
    for (size_t j = 0; j < nodes; j += 4) { /* four senders at a time; those that are not there repeat the first */
      const size_t n = nodes - j < 4 ? nodes - j : 4;
      const float *k0 = k + j * step, *k1 = n > 1 ? k0 + step : k0, *k2 = n > 2 ? k1 + step : k0, *k3 = n > 3 ? k2 + step : k0;
      v4 s0 = v4_splat(0), s1 = s0, s2 = s0, s3 = s0;
      for (size_t f = 0; f < width; f += 4) {
        const v4 x = v4_load(q + i * step + f);
        s0 = v4_madd(x, v4_load(k0 + f), s0);
        s1 = v4_madd(x, v4_load(k1 + f), s1);
        s2 = v4_madd(x, v4_load(k2 + f), s2);
        s3 = v4_madd(x, v4_load(k3 + f), s3);
      }
      const v4 s = v4_mul(v4_sums(s0, s1, s2, s3), v4_splat(scale));
      float *to = edge + i * nodes + j, e[4];
      if (n == 4) v4_store(to, s);
      else v4_store(e, s), memcpy(to, e, n * sizeof(float));
    }
  for (size_t i = 0; i < receivers; i += 4) K(edges)(edge + i * nodes, receivers - i < 4 ? receivers - i : 4, nodes, there);
  for (size_t i = 0; i < receivers; i++, edge += nodes, out += out_step)
    for (size_t f = 0; f < width; f += 4) {
      v4 s = v4_splat(0);
      for (size_t j = 0; j < nodes; j++) s = v4_madd(v4_load_splat(edge + j), v4_load(v + j * step + f), s);
      v4_store(out + f, s);
    }
}

V4 v4 K(v_sigmoid)(v4 x) {
  const v4 u = v4_min(v4_max(x, v4_splat(-87.0f)), v4_splat(87.0f));
  return v4_div(v4_splat(1.0f), v4_add(v4_splat(1.0f), K(v_exp2)(v4_mul(u, v4_splat(-1.44269504f)))));
}

void K(sigmoid)(float *x, size_t n) {
  size_t i = 0;
  for (; i + 4 <= n; i += 4) v4_store(x + i, K(v_sigmoid)(v4_load(x + i)));
  if (i < n) {
    float tail[4] = {0, 0, 0, 0};
    memcpy(tail, x + i, (n - i) * sizeof(float));
    v4_store(tail, K(v_sigmoid)(v4_load(tail)));
    memcpy(x + i, tail, (n - i) * sizeof(float));
  }
}

void K(columns)(float *mean, float *largest, const float *x, size_t m, size_t n) {
  const v4 per = v4_splat(1.0f / (float)m);
  for (size_t at = 0; at < n; at += 4) {
    const float *from = x + at;
    v4 s = v4_load(from), most = s;
    for (size_t row = 1; row < m; row++) {
      const v4 y = v4_load(from += n);
      s = v4_add(s, y);
      most = v4_max(most, y);
    }
    v4_store(mean + at, v4_mul(s, per));
    v4_store(largest + at, most);
  }
}

void K(gate_columns)(float *x, size_t m, size_t n, const float *gate, float *mean, float *largest) {
  const float per = 1.0f / (float)n;
  for (size_t row = 0; row < m; row++, x += n) {
    v4 s = v4_mul(v4_load(x), v4_load(gate)), most = s;
    v4_store(x, s);
    for (size_t i = 4; i < n; i += 4) {
      const v4 y = v4_mul(v4_load(x + i), v4_load(gate + i));
      v4_store(x + i, y);
      s = v4_add(s, y);
      most = v4_max(most, y);
    }
    float tail[4];
    v4_store(tail, most);
    const float a = tail[0] < tail[1] ? tail[1] : tail[0], b = tail[2] < tail[3] ? tail[3] : tail[2];
    mean[row] = v4_sum(s) * per;
    largest[row] = a < b ? b : a;
  }
}

void K(gate_rows)(float *x, size_t m, size_t n, const float *gate, const float *add) {
  for (size_t row = 0; row < m; row++, x += n) {
    const v4 g = v4_splat(gate[row]);
    for (size_t i = 0; i < n; i += 4) v4_store(x + i, v4_madd(v4_load(x + i), g, add ? v4_load(add + i) : v4_splat(0)));
  }
}
