/* fft.h — discrete Fourier transforms whose length is a power of two, in float over split real and imaginary
 * arrays. The self-sorting form of Stockham (Van Loan, Computational Frameworks for the Fast Fourier Transform,
 * 1992, 1.7) with radix 4: every inner loop runs over neighbours. */
#ifndef FECG_SIGNAL_FFT_H
#define FECG_SIGNAL_FFT_H

#include "base/mem.h"

typedef struct fecg_fft {
  size_t n;              /* the longest transform, a power of two >= 4 */
  const float *re, *im;  /* exp(-2 pi i k / n), k < n */
} fecg_fft;

/* Roots of unity for transforms of up to n samples, in the arena. FECG_ERR_MEMORY. */
fecg_status fecg_fft_plan(fecg_fft *f, size_t n, fecg_arena *arena);
/* In place, of m samples (a power of two, at most f->n): sum of x[t] exp(-2 pi i k t / m); work holds 2 m floats.
 * With re and im exchanged it is the inverse times m. */
void fecg_fft_complex(const fecg_fft *f, size_t m, float *re, float *im, float *work);
/* Spectrum re, im [n / 2 + 1] of the n real samples x; work holds n floats. */
void fecg_fft_real(const fecg_fft *f, const float *x, float *re, float *im, float *work);
/* x[n] from its spectrum, which is destroyed; work holds n floats. The inverse of fecg_fft_real(). */
void fecg_fft_real_inverse(const fecg_fft *f, float *re, float *im, float *x, float *work);

#endif
