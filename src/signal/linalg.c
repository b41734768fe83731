/* linalg.c — see linalg.h. */
#include "signal/linalg.h"

#include <math.h>
#include <string.h>

void fecg_eigen(double *a, int n, double *values, double *vectors) {
  for (int i = 0; i < n; i++)
    for (int j = 0; j < n; j++) vectors[i * n + j] = i == j;
  for (int sweep = 0; sweep < 60; sweep++) {
    double off = 0, diagonal = 0;
    for (int i = 0; i < n; i++) {
      diagonal += a[i * n + i] * a[i * n + i];
      for (int j = i + 1; j < n; j++) off += a[i * n + j] * a[i * n + j];
    }
    if (!(off > 1e-26 * diagonal)) break;
    for (int p = 0; p < n; p++)
      for (int q = p + 1; q < n; q++) {
        const double apq = a[p * n + q];
        if (apq == 0) continue;
        const double theta = (a[q * n + q] - a[p * n + p]) / (2 * apq);
        const double t = (theta >= 0 ? 1.0 : -1.0) / (fabs(theta) + sqrt(theta * theta + 1));
        const double c = 1 / sqrt(t * t + 1), s = t * c;
        for (int k = 0; k < n; k++) {
          const double kp = a[k * n + p], kq = a[k * n + q];
          a[k * n + p] = c * kp - s * kq;
          a[k * n + q] = s * kp + c * kq;
        }
        for (int k = 0; k < n; k++) {
          const double pk = a[p * n + k], qk = a[q * n + k];
          a[p * n + k] = c * pk - s * qk;
          a[q * n + k] = s * pk + c * qk;
        }
        for (int k = 0; k < n; k++) {
          const double pk = vectors[p * n + k], qk = vectors[q * n + k];
          vectors[p * n + k] = c * pk - s * qk;
          vectors[q * n + k] = s * pk + c * qk;
        }
      }
  }
  for (int i = 0; i < n; i++) values[i] = a[i * n + i];
  for (int i = 0; i < n; i++) {
    int best = i;
    for (int j = i + 1; j < n; j++)
      if (values[j] > values[best]) best = j;
    if (best == i) continue;
    const double v = values[i];
    values[i] = values[best];
    values[best] = v;
    for (int k = 0; k < n; k++) {
      const double x = vectors[i * n + k];
      vectors[i * n + k] = vectors[best * n + k];
      vectors[best * n + k] = x;
    }
  }
}

void fecg_inverse_root(const double *a, int n, double floor, double *w) {
  double copy[FECG_MATRIX_MAX * FECG_MATRIX_MAX], vectors[FECG_MATRIX_MAX * FECG_MATRIX_MAX], values[FECG_MATRIX_MAX];
  memcpy(copy, a, (size_t)n * (size_t)n * sizeof *a);
  fecg_eigen(copy, n, values, vectors);
  const double least = values[0] > 0 ? values[0] * floor : 1.0;
  memset(w, 0, (size_t)n * (size_t)n * sizeof *w);
  for (int k = 0; k < n; k++) {
    const double s = 1 / sqrt(values[k] > least ? values[k] : least);
    for (int i = 0; i < n; i++)
      for (int j = 0; j < n; j++) w[i * n + j] += s * vectors[k * n + i] * vectors[k * n + j];
  }
}
