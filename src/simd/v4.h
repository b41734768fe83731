/* v4.h — one vector of four floats, three ways: wasm simd128 intrinsics, GCC/Clang vector extensions
 * (native), and plain C (-DFECG_V4_SCALAR, the reference). Every operation is a single IEEE operation
 * per lane in the same order, so that all three give the same bits; nothing is fused. */
#ifndef FECG_SIMD_V4_H
#define FECG_SIMD_V4_H

#include <math.h>
#include <string.h>

#define V4 static inline __attribute__((always_inline, unused))

#if defined(__wasm_simd128__) && !defined(FECG_V4_SCALAR)
#include <wasm_simd128.h>
typedef v128_t v4;
V4 v4 v4_load(const float *p) { return wasm_v128_load(p); }
V4 void v4_store(float *p, v4 a) { wasm_v128_store(p, a); }
V4 v4 v4_splat(float x) { return wasm_f32x4_splat(x); }
V4 v4 v4_add(v4 a, v4 b) { return wasm_f32x4_add(a, b); }
V4 v4 v4_sub(v4 a, v4 b) { return wasm_f32x4_sub(a, b); }
V4 v4 v4_mul(v4 a, v4 b) { return wasm_f32x4_mul(a, b); }
V4 v4 v4_div(v4 a, v4 b) { return wasm_f32x4_div(a, b); }
V4 v4 v4_abs(v4 a) { return wasm_f32x4_abs(a); }
V4 v4 v4_min(v4 a, v4 b) { return wasm_f32x4_pmin(a, b); }
V4 v4 v4_max(v4 a, v4 b) { return wasm_f32x4_pmax(a, b); }
#define FECG_V4_NAME "simd128"

#elif defined(__GNUC__) && !defined(FECG_V4_SCALAR)
typedef float v4 __attribute__((vector_size(16)));
typedef int v4i __attribute__((vector_size(16)));
V4 v4 v4_load(const float *p) { v4 a; memcpy(&a, p, sizeof a); return a; }
V4 void v4_store(float *p, v4 a) { memcpy(p, &a, sizeof a); }
V4 v4 v4_splat(float x) { return (v4){x, x, x, x}; }
V4 v4 v4_add(v4 a, v4 b) { return a + b; }
V4 v4 v4_sub(v4 a, v4 b) { return a - b; }
V4 v4 v4_mul(v4 a, v4 b) { return a * b; }
V4 v4 v4_div(v4 a, v4 b) { return a / b; }
V4 v4 v4_abs(v4 a) { return (v4)((v4i)a & 0x7fffffff); }
V4 v4 v4_min(v4 a, v4 b) { const v4i m = b < a; return (v4)(((v4i)b & m) | ((v4i)a & ~m)); }
V4 v4 v4_max(v4 a, v4 b) { const v4i m = a < b; return (v4)(((v4i)b & m) | ((v4i)a & ~m)); }
#define FECG_V4_NAME "vector"

#else
typedef struct { float f[4]; } v4;
#define V4_EACH(expression) v4 r; for (int i = 0; i < 4; i++) r.f[i] = (expression); return r
V4 v4 v4_load(const float *p) { V4_EACH(p[i]); }
V4 void v4_store(float *p, v4 a) { memcpy(p, a.f, sizeof a.f); }
V4 v4 v4_splat(float x) { V4_EACH(x); }
V4 v4 v4_add(v4 a, v4 b) { V4_EACH(a.f[i] + b.f[i]); }
V4 v4 v4_sub(v4 a, v4 b) { V4_EACH(a.f[i] - b.f[i]); }
V4 v4 v4_mul(v4 a, v4 b) { V4_EACH(a.f[i] * b.f[i]); }
V4 v4 v4_div(v4 a, v4 b) { V4_EACH(a.f[i] / b.f[i]); }
V4 v4 v4_abs(v4 a) { V4_EACH(fabsf(a.f[i])); }
V4 v4 v4_min(v4 a, v4 b) { V4_EACH(b.f[i] < a.f[i] ? b.f[i] : a.f[i]); }
V4 v4 v4_max(v4 a, v4 b) { V4_EACH(a.f[i] < b.f[i] ? b.f[i] : a.f[i]); }
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

#endif
