/* fft.c — see fft.h. */
#include "signal/fft.h"

#include <string.h>

#include "base/math.h"

enum { FINE = 64 }; /* roots of unity are products of a coarse and a fine one */

fecg_status fecg_fft_plan(fecg_fft *f, size_t n, fecg_arena *arena) {
  float *re = fecg_arena_floats(arena, n), *im = fecg_arena_floats(arena, n);
  if (!re || !im) return FECG_ERR_MEMORY;
  double fine_re[FINE], fine_im[FINE];
  for (size_t k = 0; k < FINE; k++) {
    const double w = 2 * FECG_PI * (double)k / (double)n;
    fine_re[k] = fecg_cos(w);
    fine_im[k] = -fecg_sin(w);
  }
  for (size_t first = 0; first < n; first += FINE) {
    const double w = 2 * FECG_PI * (double)first / (double)n, c = fecg_cos(w), s = -fecg_sin(w);
    for (size_t k = 0; k < FINE && first + k < n; k++) {
      re[first + k] = (float)(c * fine_re[k] - s * fine_im[k]);
      im[first + k] = (float)(c * fine_im[k] + s * fine_re[k]);
    }
  }
  *f = (fecg_fft){n, re, im};
  return FECG_OK;
}

/* One pass of radix 4: m samples as transforms of `length`, `stride` of them interleaved. */
static void pass4(const fecg_fft *f, size_t length, size_t stride, const float *xr, const float *xi, float *restrict yr, float *restrict yi) {
  const size_t quarter = length / 4, step = f->n / length, far = quarter * stride;
  for (size_t p = 0; p < quarter; p++) {
    const float c1 = f->re[p * step], s1 = f->im[p * step], c2 = f->re[2 * p * step], s2 = f->im[2 * p * step];
    const float c3 = f->re[3 * p * step], s3 = f->im[3 * p * step];
    const float *ar = xr + p * stride, *ai = xi + p * stride;
    float *br = yr + 4 * p * stride, *bi = yi + 4 * p * stride;
    for (size_t q = 0; q < stride; q++) {
      const float r0 = ar[q] + ar[q + 2 * far], i0 = ai[q] + ai[q + 2 * far];
      const float r1 = ar[q] - ar[q + 2 * far], i1 = ai[q] - ai[q + 2 * far];
      const float r2 = ar[q + far] + ar[q + 3 * far], i2 = ai[q + far] + ai[q + 3 * far];
      const float r3 = ar[q + far] - ar[q + 3 * far], i3 = ai[q + far] - ai[q + 3 * far];
      br[q] = r0 + r2, bi[q] = i0 + i2;
      const float u1 = r1 + i3, v1 = i1 - r3, u2 = r0 - r2, v2 = i0 - i2, u3 = r1 - i3, v3 = i1 + r3;
      br[q + stride] = u1 * c1 - v1 * s1, bi[q + stride] = u1 * s1 + v1 * c1;
      br[q + 2 * stride] = u2 * c2 - v2 * s2, bi[q + 2 * stride] = u2 * s2 + v2 * c2;
      br[q + 3 * stride] = u3 * c3 - v3 * s3, bi[q + 3 * stride] = u3 * s3 + v3 * c3;
    }
  }
}

void fecg_fft_complex(const fecg_fft *f, size_t m, float *re, float *im, float *work) {
  float *xr = re, *xi = im, *yr = work, *yi = work + m;
  size_t length = m, stride = 1;
  for (; length >= 4; length /= 4, stride *= 4) {
    pass4(f, length, stride, xr, xi, yr, yi);
    float *tr = xr, *ti = xi;
    xr = yr, xi = yi, yr = tr, yi = ti;
  }
  if (length == 2) {
    for (size_t q = 0; q < stride; q++) {
      yr[q] = xr[q] + xr[q + stride], yi[q] = xi[q] + xi[q + stride];
      yr[q + stride] = xr[q] - xr[q + stride], yi[q + stride] = xi[q] - xi[q + stride];
    }
    xr = yr, xi = yi;
  }
  if (xr != re) {
    memcpy(re, xr, m * sizeof *re);
    memcpy(im, xi, m * sizeof *im);
  }
}

/* The real samples as half as many complex ones (even real, odd imaginary): their spectrum Z gives
 * X[k] = (Z[k] + Z*[h-k]) / 2 - i exp(-2 pi i k / n) (Z[k] - Z*[h-k]) / 2. */
void fecg_fft_real(const fecg_fft *f, const float *x, float *re, float *im, float *work) {
  const size_t h = f->n / 2;
  for (size_t k = 0; k < h; k++) re[k] = x[2 * k], im[k] = x[2 * k + 1];
  fecg_fft_complex(f, h, re, im, work);
  re[h] = re[0] - im[0];
  re[0] = re[0] + im[0];
  im[0] = im[h] = 0;
  for (size_t k = 1; k <= h / 2; k++) {
    const float er = 0.5f * (re[k] + re[h - k]), ei = 0.5f * (im[k] - im[h - k]);
    const float dr = 0.5f * (im[k] + im[h - k]), di = -0.5f * (re[k] - re[h - k]);
    const float c = f->re[k], s = f->im[k], tr = dr * c - di * s, ti = dr * s + di * c;
    re[k] = er + tr, im[k] = ei + ti;
    re[h - k] = er - tr, im[h - k] = ti - ei;
  }
}

void fecg_fft_real_inverse(const fecg_fft *f, float *re, float *im, float *x, float *work) {
  const size_t h = f->n / 2;
  const float scale = 1.0f / (float)f->n;
  const float first = re[0] + re[h], second = re[0] - re[h];
  re[0] = first, im[0] = second;
  for (size_t k = 1; k <= h / 2; k++) {
    const float er = re[k] + re[h - k], ei = im[k] - im[h - k];
    const float tr = re[k] - re[h - k], ti = im[k] + im[h - k];
    const float c = f->re[k], s = f->im[k], dr = tr * c + ti * s, di = ti * c - tr * s; /* by the conjugate root */
    re[k] = er - di, im[k] = ei + dr;
    re[h - k] = er + di, im[h - k] = dr - ei;
  }
  fecg_fft_complex(f, h, im, re, work);
  for (size_t k = 0; k < h; k++) x[2 * k] = scale * re[k], x[2 * k + 1] = scale * im[k];
}
