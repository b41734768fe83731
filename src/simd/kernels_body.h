/* kernels_body.h — the kernels of kernels.h, for one choice of v4 and one name prefix K(). */

float K(dot)(const float *a, const float *b, size_t n) {
  v4 s0 = v4_splat(0), s1 = s0, s2 = s0, s3 = s0;
  size_t i = 0;
  for (; i + 16 <= n; i += 16) {
    s0 = v4_madd(v4_load(a + i), v4_load(b + i), s0);
    s1 = v4_madd(v4_load(a + i + 4), v4_load(b + i + 4), s1);
    s2 = v4_madd(v4_load(a + i + 8), v4_load(b + i + 8), s2);
    s3 = v4_madd(v4_load(a + i + 12), v4_load(b + i + 12), s3);
  }
  for (; i + 4 <= n; i += 4) s0 = v4_madd(v4_load(a + i), v4_load(b + i), s0);
  float sum = v4_sum(v4_add(v4_add(s0, s1), v4_add(s2, s3)));
  for (; i < n; i++) sum += a[i] * b[i];
  return sum;
}

void K(axpy)(float *y, float s, const float *x, size_t n) {
  const v4 vs = v4_splat(s);
  size_t i = 0;
  for (; i + 4 <= n; i += 4) v4_store(y + i, v4_madd(vs, v4_load(x + i), v4_load(y + i)));
  for (; i < n; i++) y[i] = s * x[i] + y[i];
}

void K(correlate)(float *y, const float *x, size_t n, const float *h, size_t k) {
  size_t t = 0;
  for (; t + 16 <= n; t += 16) {
    v4 s0 = v4_load(y + t), s1 = v4_load(y + t + 4), s2 = v4_load(y + t + 8), s3 = v4_load(y + t + 12);
    const float *p = x + t;
    for (size_t j = 0; j < k; j++, p++) {
      const v4 c = v4_splat(h[j]);
      s0 = v4_madd(c, v4_load(p), s0);
      s1 = v4_madd(c, v4_load(p + 4), s1);
      s2 = v4_madd(c, v4_load(p + 8), s2);
      s3 = v4_madd(c, v4_load(p + 12), s3);
    }
    v4_store(y + t, s0);
    v4_store(y + t + 4, s1);
    v4_store(y + t + 8, s2);
    v4_store(y + t + 12, s3);
  }
  for (; t < n; t++) {
    float s = y[t];
    for (size_t j = 0; j < k; j++) s = h[j] * x[t + j] + s;
    y[t] = s;
  }
}

/* Direct form I: in single precision it keeps the low corner frequencies used here stable and quiet
 * where the transposed forms lose bits in the state. */
void K(biquads)(float *frames, size_t n, const fecg_biquad *sections, int count, int backward) {
  if (n == 0) return;
  for (int s = 0; s < count; s++) {
    const fecg_biquad *q = sections + s;
    const v4 b0 = v4_splat(q->b0), b1 = v4_splat(q->b1), b2 = v4_splat(q->b2);
    const v4 a1 = v4_splat(-q->a1), a2 = v4_splat(-q->a2);
    const float gain = (q->b0 + q->b1 + q->b2) / (1.0f + q->a1 + q->a2);
    const float *first = backward ? frames + 4 * (n - 1) : frames;
    v4 x1 = v4_load(first), x2 = x1, y1 = v4_mul(v4_splat(gain), x1), y2 = y1;
    for (size_t i = 0; i < n; i++) {
      float *p = frames + 4 * (backward ? n - 1 - i : i);
      const v4 x = v4_load(p);
      v4 y = v4_madd(b2, x2, v4_madd(b1, x1, v4_mul(b0, x)));
      y = v4_madd(a1, y1, v4_madd(a2, y2, y));
      v4_store(p, y);
      x2 = x1;
      x1 = x;
      y2 = y1;
      y1 = y;
    }
  }
}

void K(tanh_rough)(float *y, const float *x, size_t n) {
  const v4 limit = v4_splat(4.97f), low = v4_splat(-4.97f);
  size_t i = 0;
  float tail[4] = {0, 0, 0, 0};
  for (; i < n; i += 4) {
    const int whole = i + 4 <= n;
    if (!whole) memcpy(tail, x + i, (n - i) * sizeof(float));
    const v4 a = v4_min(v4_max(whole ? v4_load(x + i) : v4_load(tail), low), limit);
    const v4 z = v4_mul(a, a);
    /* continued fraction of tanh, seventh convergent */
    const v4 p = v4_madd(v4_madd(v4_add(z, v4_splat(378.f)), z, v4_splat(17325.f)), z, v4_splat(135135.f));
    const v4 q = v4_madd(v4_madd(v4_madd(v4_splat(28.f), z, v4_splat(3150.f)), z, v4_splat(62370.f)), z, v4_splat(135135.f));
    const v4 r = v4_div(v4_mul(a, p), q);
    if (whole) v4_store(y + i, r);
    else {
      v4_store(tail, r);
      memcpy(y + i, tail, (n - i) * sizeof(float));
    }
  }
}

void K(best_steps)(float *value, float *at, const float *x, size_t n, const float *u, const float *v, size_t count, float weight, float least) {
  const v4 w = v4_splat(weight), one = v4_splat(1);
  for (size_t i = 0; i < n; i += 4) {
    const v4 here = v4_load(x + i);
    v4 most = v4_splat(least), best = v4_splat(-1), index = v4_splat(0);
    for (size_t e = 0; e < count; e++) {
      const v4 d = v4_sub(v4_load_splat(u + e), here), worth = v4_sub(v4_load_splat(v + e), v4_mul(v4_mul(w, d), d));
      best = v4_greater(worth, most, index, best);
      most = v4_max(most, worth);
      index = v4_add(index, one);
    }
    v4_store(value + i, most);
    v4_store(at + i, best);
  }
}
