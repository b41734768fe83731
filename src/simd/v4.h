/* v4.h — one vector of four floats (v4), of four int32 (v4i) or eight int16 (v8s), three ways: wasm simd128
 * intrinsics, GCC/Clang vector extensions (native), and plain C (-DFECG_V4_SCALAR, the reference). Every
 * operation is a single IEEE operation per lane in the same order, so that all three give the same bits;
 * nothing is fused but v4_product() in the relaxed build (-mrelaxed-simd). */
#ifndef FECG_SIMD_V4_H
#define FECG_SIMD_V4_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#ifdef FECG_V4_SCALAR /* the reference need not be fast; inlined, a compiler with sanitizers takes minutes over it */
#define V4 static __attribute__((noinline, unused))
#else
#define V4 static inline __attribute__((always_inline, unused))
#endif

#if defined(__wasm_simd128__) && !defined(FECG_V4_SCALAR)
#include <wasm_simd128.h>
typedef v128_t v4;
V4 v4 v4_load(const float *p) { return wasm_v128_load(p); }
V4 void v4_store(float *p, v4 a) { wasm_v128_store(p, a); }
V4 v4 v4_splat(float x) { return wasm_f32x4_splat(x); }
V4 v4 v4_load_splat(const float *p) { return wasm_v128_load32_splat(p); }
V4 v4 v4_set(float a, float b, float c, float d) { return wasm_f32x4_make(a, b, c, d); }
V4 v4 v4_add(v4 a, v4 b) { return wasm_f32x4_add(a, b); }
V4 v4 v4_sub(v4 a, v4 b) { return wasm_f32x4_sub(a, b); }
V4 v4 v4_mul(v4 a, v4 b) { return wasm_f32x4_mul(a, b); }
V4 v4 v4_div(v4 a, v4 b) { return wasm_f32x4_div(a, b); }
V4 v4 v4_abs(v4 a) { return wasm_f32x4_abs(a); }
V4 v4 v4_min(v4 a, v4 b) { return wasm_f32x4_pmin(a, b); }
V4 v4 v4_max(v4 a, v4 b) { return wasm_f32x4_pmax(a, b); }
/* a > b ? c : d */
V4 v4 v4_greater(v4 a, v4 b, v4 c, v4 d) { return wasm_v128_bitselect(c, d, wasm_f32x4_gt(a, b)); }
/* (0 + 1) + (2 + 3) of each */
V4 v4 v4_sums(v4 a, v4 b, v4 c, v4 d) {
  const v4 ab = wasm_i32x4_shuffle(a, b, 0, 4, 2, 6), cd = wasm_i32x4_shuffle(c, d, 0, 4, 2, 6);
  const v4 ab1 = wasm_i32x4_shuffle(a, b, 1, 5, 3, 7), cd1 = wasm_i32x4_shuffle(c, d, 1, 5, 3, 7);
  const v4 s = v4_add(ab, ab1), t = v4_add(cd, cd1); /* a01 b01 a23 b23 */
  return v4_add(wasm_i32x4_shuffle(s, t, 0, 1, 4, 5), wasm_i32x4_shuffle(s, t, 2, 3, 6, 7));
}
V4 v4 v4_scale2(v4 p, v4 shifted) { return wasm_i32x4_add(p, wasm_i32x4_shl(shifted, 23)); }
typedef v128_t v4i;
typedef v128_t v8s;
V4 v4i v4i_zero(void) { return wasm_i32x4_splat(0); }
V4 v8s v8s_load(const int16_t *p) { return wasm_v128_load(p); }
V4 v8s v8s_pair(const int16_t *p) { return wasm_v128_load32_splat(p); }
V4 v4i v4i_madd(v8s a, v8s b, v4i c) { return wasm_i32x4_add(wasm_i32x4_dot_i16x8(a, b), c); }
V4 v4 v4_of_int(v4i a) { return wasm_f32x4_convert_i32x4(a); }
V4 v4i v4i_unshift(v4 shifted) { return wasm_i32x4_sub(shifted, wasm_i32x4_splat(0x4b400000)); }
V4 void v8s_narrow(int16_t *p, v4i low, v4i high) { wasm_v128_store(p, wasm_i16x8_narrow_i32x4(low, high)); }
#ifdef __wasm_relaxed_simd__
V4 v4 v4_product(v4 a, v4 b, v4 c) { return wasm_f32x4_relaxed_madd(a, b, c); }
#define FECG_V4_FUSED
#define FECG_V4_NAME "relaxed"
#else
#define FECG_V4_NAME "simd128"
#endif

#elif defined(__GNUC__) && !defined(FECG_V4_SCALAR)
typedef float v4 __attribute__((vector_size(16)));
typedef int v4i __attribute__((vector_size(16)));
typedef unsigned v4u __attribute__((vector_size(16)));
V4 v4 v4_load(const float *p) { v4 a; memcpy(&a, p, sizeof a); return a; }
V4 void v4_store(float *p, v4 a) { memcpy(p, &a, sizeof a); }
V4 v4 v4_splat(float x) { return (v4){x, x, x, x}; }
V4 v4 v4_load_splat(const float *p) { return v4_splat(*p); }
V4 v4 v4_set(float a, float b, float c, float d) { return (v4){a, b, c, d}; }
V4 v4 v4_add(v4 a, v4 b) { return a + b; }
V4 v4 v4_sub(v4 a, v4 b) { return a - b; }
V4 v4 v4_mul(v4 a, v4 b) { return a * b; }
V4 v4 v4_div(v4 a, v4 b) { return a / b; }
V4 v4 v4_abs(v4 a) { return (v4)((v4i)a & 0x7fffffff); }
V4 v4 v4_min(v4 a, v4 b) { const v4i m = b < a; return (v4)(((v4i)b & m) | ((v4i)a & ~m)); }
V4 v4 v4_max(v4 a, v4 b) { const v4i m = a < b; return (v4)(((v4i)b & m) | ((v4i)a & ~m)); }
V4 v4 v4_greater(v4 a, v4 b, v4 c, v4 d) { const v4i m = a > b; return (v4)(((v4i)c & m) | ((v4i)d & ~m)); }
V4 v4 v4_scale2(v4 p, v4 shifted) { return (v4)((v4u)p + ((v4u)shifted << 23)); }
typedef short v8s __attribute__((vector_size(16)));
V4 v4i v4i_zero(void) { return (v4i){0, 0, 0, 0}; }
V4 v8s v8s_load(const int16_t *p) { v8s a; memcpy(&a, p, sizeof a); return a; }
V4 v8s v8s_pair(const int16_t *p) { int x; memcpy(&x, p, sizeof x); return (v8s)(v4i){x, x, x, x}; }
V4 v4 v4_of_int(v4i a) { return __builtin_convertvector(a, v4); }
V4 v4i v4i_unshift(v4 shifted) { return (v4i)((v4u)shifted - 0x4b400000u); }
#ifdef __SSE2__
#include <emmintrin.h>
V4 v4 v4_sums(v4 a, v4 b, v4 c, v4 d) {
  const __m128 s = _mm_add_ps(_mm_shuffle_ps(a, b, 0x88), _mm_shuffle_ps(a, b, 0xdd)); /* a01 a23 b01 b23 */
  const __m128 t = _mm_add_ps(_mm_shuffle_ps(c, d, 0x88), _mm_shuffle_ps(c, d, 0xdd));
  return _mm_add_ps(_mm_shuffle_ps(s, t, 0x88), _mm_shuffle_ps(s, t, 0xdd));
}
V4 v4i v4i_madd(v8s a, v8s b, v4i c) { return (v4i)_mm_add_epi32(_mm_madd_epi16((__m128i)a, (__m128i)b), (__m128i)c); }
V4 void v8s_narrow(int16_t *p, v4i low, v4i high) { _mm_storeu_si128((__m128i *)p, _mm_packs_epi32((__m128i)low, (__m128i)high)); }
#else
V4 v4 v4_sums(v4 a, v4 b, v4 c, v4 d) {
  return (v4){(a[0] + a[1]) + (a[2] + a[3]), (b[0] + b[1]) + (b[2] + b[3]), (c[0] + c[1]) + (c[2] + c[3]), (d[0] + d[1]) + (d[2] + d[3])};
}
V4 v4i v4i_madd(v8s a, v8s b, v4i c) {
  for (int i = 0; i < 4; i++) c[i] += a[2 * i] * b[2 * i] + a[2 * i + 1] * b[2 * i + 1];
  return c;
}
V4 void v8s_narrow(int16_t *p, v4i low, v4i high) {
  for (int i = 0; i < 8; i++) {
    const int x = i < 4 ? low[i] : high[i - 4];
    p[i] = (int16_t)(x > 32767 ? 32767 : x < -32768 ? -32768 : x);
  }
}
#endif
#define FECG_V4_NAME "vector"

#else
typedef struct { float f[4]; } v4;
#define V4_EACH(expression) v4 r; for (int i = 0; i < 4; i++) r.f[i] = (expression); return r
V4 v4 v4_load(const float *p) { V4_EACH(p[i]); }
V4 void v4_store(float *p, v4 a) { memcpy(p, a.f, sizeof a.f); }
V4 v4 v4_splat(float x) { V4_EACH(x); }
V4 v4 v4_load_splat(const float *p) { return v4_splat(*p); }
V4 v4 v4_set(float a, float b, float c, float d) { return (v4){{a, b, c, d}}; }
V4 v4 v4_add(v4 a, v4 b) { V4_EACH(a.f[i] + b.f[i]); }
V4 v4 v4_sub(v4 a, v4 b) { V4_EACH(a.f[i] - b.f[i]); }
V4 v4 v4_mul(v4 a, v4 b) { V4_EACH(a.f[i] * b.f[i]); }
V4 v4 v4_div(v4 a, v4 b) { V4_EACH(a.f[i] / b.f[i]); }
V4 v4 v4_abs(v4 a) { V4_EACH(fabsf(a.f[i])); }
V4 v4 v4_min(v4 a, v4 b) { V4_EACH(b.f[i] < a.f[i] ? b.f[i] : a.f[i]); }
V4 v4 v4_max(v4 a, v4 b) { V4_EACH(a.f[i] < b.f[i] ? b.f[i] : a.f[i]); }
V4 v4 v4_greater(v4 a, v4 b, v4 c, v4 d) { V4_EACH(a.f[i] > b.f[i] ? c.f[i] : d.f[i]); }
V4 v4 v4_sums(v4 a, v4 b, v4 c, v4 d) {
  const v4 *x[4] = {&a, &b, &c, &d};
  V4_EACH((x[i]->f[0] + x[i]->f[1]) + (x[i]->f[2] + x[i]->f[3]));
}
V4 uint32_t v4_bits(float x) { uint32_t u; memcpy(&u, &x, sizeof u); return u; }
V4 float v4_float(uint32_t u) { float x; memcpy(&x, &u, sizeof x); return x; }
V4 v4 v4_scale2(v4 p, v4 shifted) { V4_EACH(v4_float(v4_bits(p.f[i]) + (v4_bits(shifted.f[i]) << 23))); }
typedef struct { int32_t i[4]; } v4i;
typedef struct { int16_t s[8]; } v8s;
V4 v4i v4i_zero(void) { return (v4i){{0, 0, 0, 0}}; }
V4 v8s v8s_load(const int16_t *p) { v8s a; memcpy(&a, p, sizeof a); return a; }
V4 v8s v8s_pair(const int16_t *p) { return (v8s){{p[0], p[1], p[0], p[1], p[0], p[1], p[0], p[1]}}; }
V4 v4i v4i_madd(v8s a, v8s b, v4i c) {
  for (int i = 0; i < 4; i++) c.i[i] += a.s[2 * i] * b.s[2 * i] + a.s[2 * i + 1] * b.s[2 * i + 1];
  return c;
}
V4 v4 v4_of_int(v4i a) { V4_EACH((float)a.i[i]); }
V4 v4i v4i_unshift(v4 shifted) {
  v4i r;
  for (int i = 0; i < 4; i++) r.i[i] = (int32_t)(v4_bits(shifted.f[i]) - 0x4b400000u);
  return r;
}
V4 void v8s_narrow(int16_t *p, v4i low, v4i high) {
  for (int i = 0; i < 8; i++) {
    const int32_t x = i < 4 ? low.i[i] : high.i[i - 4];
    p[i] = (int16_t)(x > 32767 ? 32767 : x < -32768 ? -32768 : x);
  }
}
#define FECG_V4_NAME "scalar"
#endif

/* a * b + c, rounded twice. */
V4 v4 v4_madd(v4 a, v4 b, v4 c) { return v4_add(v4_mul(a, b), c); }
/* (0 + 1) + (2 + 3) */
V4 float v4_sum(v4 a) {
  float f[4];
  v4_store(f, a);
  return (f[0] + f[1]) + (f[2] + f[3]);
}
/* a * b + c of the networks' matrix products: the relaxed build rounds once where the machine does. */
#ifndef FECG_V4_FUSED
V4 v4 v4_product(v4 a, v4 b, v4 c) { return v4_madd(a, b, c); }
#endif
/* |x| < 2^22 plus this has the nearest integer n in its low bits: v4_scale2(p, x + this) is p 2^n,
 * v4i_unshift(x + this) is n, and subtracting it again gives n as a float. */
#define V4_SHIFT 12582912.0f

#endif
