/* ica.c — FastICA with symmetric orthogonalisation (Hyvarinen, Fast and robust fixed-point algorithms
 * for independent component analysis, IEEE Trans. Neural Networks 10, 1999). */
#include "signal/ica.h"

#include <math.h>
#include <string.h>

#include "signal/linalg.h"
#include "simd/kernels.h"

enum { ITERATIONS = 60 };

/* b <- (b b^T)^(-1/2) b */
static void orthogonalise(double *b, int k) {
  double gram[FECG_ICA_MAX * FECG_ICA_MAX], root[FECG_ICA_MAX * FECG_ICA_MAX], old[FECG_ICA_MAX * FECG_ICA_MAX];
  memcpy(old, b, (size_t)(k * k) * sizeof *b);
  for (int i = 0; i < k; i++)
    for (int j = 0; j < k; j++) {
      double s = 0;
      for (int c = 0; c < k; c++) s += b[i * k + c] * b[j * k + c];
      gram[i * k + j] = s;
    }
  fecg_inverse_root(gram, k, 1e-12, root);
  for (int i = 0; i < k; i++)
    for (int j = 0; j < k; j++) {
      double s = 0;
      for (int c = 0; c < k; c++) s += root[i * k + c] * old[c * k + j];
      b[i * k + j] = s;
    }
}

/* Sum of a[i] b[i], in double: single precision would lend leads that repeat others a variance of their own. */
static double product(const float *a, const float *b, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += (double)a[i] * b[i];
  return sum;
}

/* Spheres x: rows of p map leads to k uncorrelated signals of unit variance. */
static int sphere(float *const *x, int leads, size_t n, double *p) {
  double cov[FECG_MATRIX_MAX * FECG_MATRIX_MAX], vectors[FECG_MATRIX_MAX * FECG_MATRIX_MAX], values[FECG_MATRIX_MAX];
  for (int i = 0; i < leads; i++)
    for (int j = 0; j <= i; j++) cov[i * leads + j] = cov[j * leads + i] = product(x[i], x[j], n) / (double)n;
  fecg_eigen(cov, leads, values, vectors);
  int k = 0;
  for (; k < leads && k < FECG_ICA_MAX && values[k] > 1e-7 * values[0] && values[k] > 0; k++)
    for (int l = 0; l < leads; l++) p[k * leads + l] = vectors[k * leads + l] / sqrt(values[k]);
  return k;
}

fecg_status fecg_ica(const float *const *leads_x, int leads, size_t all, size_t step, fecg_contrast contrast, double *w,
                     int *components, fecg_arena *arena) {
  double p[FECG_ICA_MAX * FECG_MATRIX_MAX], b[FECG_ICA_MAX * FECG_ICA_MAX];
  *components = 0;
  const size_t n = all / step;
  if (n == 0) return FECG_OK;
  const fecg_arena_mark mark = fecg_arena_save(arena);
  float *x[FECG_MAX_LEADS];
  for (int l = 0; l < leads; l++) {
    x[l] = fecg_arena_floats(arena, n);
    if (!x[l]) return FECG_ERR_MEMORY;
    for (size_t i = 0; i < n; i++) x[l][i] = leads_x[l][i * step];
  }
  const int k = sphere(x, leads, n, p);
  float *z = fecg_arena_floats(arena, (size_t)(k > 0 ? k : 1) * n);
  float *u = fecg_arena_floats(arena, n), *g = fecg_arena_floats(arena, n);
  if (!z || !u || !g) return FECG_ERR_MEMORY;
  for (int c = 0; c < k; c++) {
    memset(z + (size_t)c * n, 0, n * sizeof *z);
    for (int l = 0; l < leads; l++) fecg_axpy(z + (size_t)c * n, (float)p[c * leads + l], x[l], n);
  }
  for (int i = 0; i < k * k; i++) b[i] = i % (k + 1) == 0;
  for (int iteration = 0; k > 1 && iteration < ITERATIONS; iteration++) {
    double next[FECG_ICA_MAX * FECG_ICA_MAX], change = 0;
    for (int c = 0; c < k; c++) {
      memset(u, 0, n * sizeof *u);
      for (int j = 0; j < k; j++) fecg_axpy(u, (float)b[c * k + j], z + (size_t)j * n, n);
      double slope;
      if (contrast == FECG_ICA_TANH) {
        fecg_tanh_rough(g, u, n);
        slope = 1.0 - fecg_dot(g, g, n) / (double)n;
      } else {
        for (size_t i = 0; i < n; i++) g[i] = u[i] * u[i] * u[i];
        slope = 3.0;
      }
      for (int j = 0; j < k; j++)
        next[c * k + j] = fecg_dot(z + (size_t)j * n, g, n) / (double)n - slope * b[c * k + j];
    }
    orthogonalise(next, k);
    for (int c = 0; c < k; c++) {
      double same = 0;
      for (int j = 0; j < k; j++) same += next[c * k + j] * b[c * k + j];
      if (1 - fabs(same) > change) change = 1 - fabs(same);
    }
    memcpy(b, next, (size_t)(k * k) * sizeof *b);
    if (change < 1e-6) break;
  }
  for (int c = 0; c < k; c++)
    for (int l = 0; l < leads; l++) {
      double s = 0;
      for (int j = 0; j < k; j++) s += b[c * k + j] * p[j * leads + l];
      w[c * leads + l] = s;
    }
  *components = k;
  fecg_arena_restore(arena, mark);
  return FECG_OK;
}
