/* stats.c — see stats.h. Selection is Hoare's quickselect with the median of three as pivot. */
#include "signal/stats.h"

float fecg_quantile(float *v, size_t n, double q) {
  if (n == 0) return 0;
  size_t k = (size_t)(q * (double)(n - 1) + 0.5), low = 0, high = n - 1;
  if (k > n - 1) k = n - 1;
  while (low < high) {
    const size_t mid = low + (high - low) / 2;
    const float a = v[low], b = v[mid], c = v[high];
    const float pivot = a < b ? (b < c ? b : a < c ? c : a) : (a < c ? a : b < c ? c : b);
    size_t i = low, j = high;
    for (;;) {
      while (v[i] < pivot) i++;
      while (v[j] > pivot) j--;
      if (i >= j) break;
      const float swap = v[i];
      v[i++] = v[j];
      v[j--] = swap;
    }
    if (k <= j) high = j;
    else low = j + 1;
  }
  return v[k];
}

void fecg_sort_doubles(double *v, size_t n) { /* Shell's sort, Ciura's gaps */
  static const size_t gaps[] = {1750, 701, 301, 132, 57, 23, 10, 4, 1};
  for (size_t g = 0; g < sizeof gaps / sizeof *gaps; g++)
    for (size_t i = gaps[g]; i < n; i++) {
      const double x = v[i];
      size_t j = i;
      for (; j >= gaps[g] && v[j - gaps[g]] > x; j -= gaps[g]) v[j] = v[j - gaps[g]];
      v[j] = x;
    }
}
