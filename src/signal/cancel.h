/* cancel.h — one heart's beats taken out of one lead. */
#ifndef FECG_SIGNAL_CANCEL_H
#define FECG_SIGNAL_CANCEL_H

#include "base/mem.h"

typedef struct fecg_cancel {
  double before_s, after_s;  /* the beat's window around its fiducial */
  double taper_s;            /* raised-cosine cross-fade at its ends */
  int vectors;               /* singular vectors kept */
  int neighbours;            /* beats (nearest in time) they are taken from */
} fecg_cancel;

/* Beats as rows. cut: out[taps] is x from position start on, in samples with their fraction; x is zero outside. lay: the row
 * that was cut at start goes back onto the samples of heart[n], with raised-cosine flanks of `taper` samples, up to the
 * start of the next row (INFINITY: none), into which it fades. moved holds taps + 1, scratch taps + 1 + FECG_BEAT_SPARE. */
enum { FECG_BEAT_SPARE = 12 };
void fecg_beat_cut(const float *x, size_t n, double start, float *out, size_t taps, float *scratch);
void fecg_beat_lay(const float *row, size_t taps, double start, double next, double taper, float *heart, size_t n, float *moved,
                   float *scratch);

extern const fecg_cancel FECG_CANCEL_MATERNAL; /* -220..480 ms, 3 vectors of 40 beats */

/* heart[n]: the estimate of the heart's signal in x[n] (finite, rate fs, baseline removed); beats in
 * seconds, ascending, with their fraction of a sample. Zero outside all windows. FECG_ERR_MEMORY. */
fecg_status fecg_cancel_lead(const fecg_cancel *c, const float *x, size_t n, double fs, const double *beats, size_t count,
                             float *heart, fecg_arena *arena);
/* How many of the beats have their whole window before from_s: a number for the call below. */
size_t fecg_beats_before(const double *beats, size_t count, double from_s);
/* The same for the beats from number `first` on alone, by the latest neighbours; heart is zero before them. */
fecg_status fecg_cancel_newest(const fecg_cancel *c, const float *x, size_t n, double fs, const double *beats, size_t count, size_t first,
                               float *heart, fecg_arena *arena);

#endif
