/* waves.h — what the searches for P, QRS and T of delineate.c share: the leads at one rate with their wavelet, and the
 * boundaries of a wave about whose place is known. Times here are samples at FECG_WAVE_FS. */
#ifndef FECG_MEASURE_WAVES_H
#define FECG_MEASURE_WAVES_H

#include <math.h>

#include "measure/delineate.h"

#define FECG_WAVE_FS 500.0
#define FECG_NO_WAVE ((fecg_wave){NAN, NAN, NAN})
enum { FECG_WAVE_P, FECG_WAVE_QRS, FECG_WAVE_T, FECG_WAVES };
enum { FECG_WAVE_SCALES = 6 };

typedef struct fecg_wave_lead {
  float *x, *w[FECG_WAVE_SCALES]; /* w[k - 1]: scale 2^k (signal/spline_wavelet.h) */
  unsigned char *gap;
  int there;                      /* has a signal at all */
  double noise[FECG_WAVE_SCALES]; /* usual |curvature| */
} fecg_wave_lead;
typedef struct fecg_wave_work {
  fecg_wave_lead lead[FECG_DELINEATE_LEADS];
  int leads;
  size_t n;
} fecg_wave_work;

static inline size_t fecg_wave_samples(double s) { return (size_t)(s * FECG_WAVE_FS + 0.5); }

/* Fills k->lead from x[k->leads][n] at fs; k->n samples at FECG_WAVE_FS. FECG_ERR_MEMORY. */
fecg_status fecg_wave_prepare(fecg_wave_work *k, const float *x, size_t n, double fs, fecg_arena *arena);
/* Puts a straight line in the place of every joined QRS in the wavelets, so that P and T are looked at without its
 * skirts. FECG_ERR_MEMORY. */
fecg_status fecg_wave_erase_qrs(fecg_wave_work *k, const fecg_delineation *d, fecg_arena *arena);

int fecg_wave_gap(const fecg_wave_work *k, int lead, int64_t i); /* or outside */
/* Second difference at scale 2^scale: an upward bump is positive at its peak; uV. */
double fecg_wave_curve(const fecg_wave_work *k, int lead, int scale, int64_t i);
/* RMS of it over leads, in units of what is usual in each. */
double fecg_wave_bend(const fecg_wave_work *k, int scale, int64_t i);

/* Boundaries of a wave in every lead and joined. middle[lead]: about where it is; strength[lead]: how well the lead
 * shows it, below 0: not at all; low..high: limits that it must not pass. What cannot be told stays as it was in lead
 * and becomes NaN in joined. */
void fecg_wave_bound(const fecg_wave_work *k, int wave, const int64_t *middle, const double *strength, double low, double high,
                     fecg_wave *joined, fecg_wave *const *lead);
/* The peak of the P or T of a beat in each lead, near the sample `peak` that all agree on, and its boundaries. scale:
 * of the curvature that peaks there. */
void fecg_wave_place(const fecg_wave_work *k, fecg_delineation *d, size_t beat, int wave, int scale, int64_t peak, double low,
                     double high);

/* to[lead]: the wave of a beat. */
void fecg_wave_pointers(fecg_delineation *d, size_t beat, int wave, fecg_wave **to);
double fecg_wave_quantile(double *v, size_t n, double q); /* interpolated; sorts v; n > 0 */
double fecg_wave_median(double *v, size_t n);             /* NaN where n is 0 */

#endif
