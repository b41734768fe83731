/* wavelet.h — two wavelet transforms with their inverses: Daubechies' orthogonal one, and the complex Morlet
 * analysis over scales. Samples are finite. */
#ifndef FECG_SIGNAL_WAVELET_H
#define FECG_SIGNAL_WAVELET_H

#include "signal/fft.h"

/* ---- Daubechies -------------------------------------------------------------------------------------- */
enum { FECG_DB_MIN = 2, FECG_DB_MAX = 10 }; /* vanishing moments; the filter has twice as many taps */

/* The scaling filter of db2 .. db10, 2 * moments taps, of sum sqrt(2) and energy 1. */
const double *fecg_daubechies(int moments);

/* The pyramid of Mallat (1989) over `levels` levels, periodic; a row of odd length is made even by
 * repeating its last sample. On return x[0..n) is the approximation, then the details from coarse to fine, where
 * level l (1 the finest) has fecg_dwt_length(n, l) of them. x has room for fecg_dwt_room(n, levels) values. */
size_t fecg_dwt_length(size_t n, int level);
size_t fecg_dwt_room(size_t n, int levels);
fecg_status fecg_dwt(float *x, size_t n, int moments, int levels, fecg_arena *arena);
/* Back to the n samples. Both: FECG_ERR_MEMORY. */
fecg_status fecg_dwt_inverse(float *x, size_t n, int moments, int levels, fecg_arena *arena);

/* ---- Morlet ------------------------------------------------------------------------------------------ */
enum { FECG_MORLET_BANDS = 24 };

/* One scale: the analytic wavelet is a Gaussian about hz over the bins first .. first + bins - 1 of the spectrum. */
typedef struct fecg_morlet_band {
  double hz;
  size_t first, bins, count;  /* count: coefficients, a power of two >= bins, evenly over the n samples */
  const float *weight;        /* [bins] */
} fecg_morlet_band;

typedef struct fecg_morlet {
  fecg_fft fft;
  double fs;
  int bands;
  fecg_morlet_band band[FECG_MORLET_BANDS];
  float *share;  /* [n / 2 + 1]: what all bands together hold of each bin, 0..1 */
} fecg_morlet;

/* Scales from low_hz to high_hz (or to half the rate), `per_octave` of them in each octave, for windows of n samples
 * (a power of two). w0 is the wavelet's radian frequency times its width (Torrence and Compo 1998: 6). The
 * weights are divided by their sum over all scales, those outside the range too, so that the reconstruction by one
 * integral (Torrence and Compo, eq. 11; its constant is 1 here) is exact wherever share is 1. FECG_ERR_MEMORY. */
fecg_status fecg_morlet_plan(fecg_morlet *m, size_t n, double fs, double low_hz, double high_hz, double per_octave, double w0,
                             fecg_arena *arena);
/* One band more, about any frequency of 0 < hz < fs / 2, a Gaussian of the given width with weight 1 at its middle: a
 * wavelet as long as it needs to be, for a line. FECG_ERR_MEMORY. */
fecg_status fecg_morlet_line(const fecg_morlet *m, double hz, double width_hz, fecg_morlet_band *out, fecg_arena *arena);
/* The coefficients of one scale, turned back by its first bin: re, im [count] at the times i n / count. Their real
 * parts, turned forwards again and summed over the scales, are the signal. work: 2 count floats. */
void fecg_morlet_analyse(const fecg_morlet *m, const fecg_morlet_band *band, const float *x_re, const float *x_im, float *re,
                         float *im, float *work);
/* Adds such coefficients, which are destroyed, to a spectrum. */
void fecg_morlet_add(const fecg_morlet *m, const fecg_morlet_band *band, float *re, float *im, float *x_re, float *x_im, float *work);

#endif
