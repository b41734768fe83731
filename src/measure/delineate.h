/* delineate.h — onset, peak and offset of P, QRS and T of an adult ECG, in each lead and joined over leads. */
#ifndef FECG_MEASURE_DELINEATE_H
#define FECG_MEASURE_DELINEATE_H

#include "base/mem.h"

enum { FECG_DELINEATE_LEADS = 12 }; /* at most */

/* Seconds from the first sample. All three are NaN where the wave is absent or a gap is in it. */
typedef struct fecg_wave {
  double on_s, peak_s, off_s;
} fecg_wave;

typedef struct fecg_beat_waves {
  fecg_wave p, qrs, t;
} fecg_beat_waves;

/* joined[beats]: what all leads say together: a wave is absent in all or in none that has a signal. Its qrs.peak_s is
 * always known; at the ends of a recording and beside gaps the rest may not be. lead[leads][beats]: a lead in which a
 * wave is hidden (isoelectric, or lost in noise) has the joined times. QRS peaks are those of R, or where there is no
 * R to speak of, of the largest deflection. */
typedef struct fecg_delineation {
  int leads;
  size_t beats;
  fecg_beat_waves *joined, *lead;
} fecg_delineation;

/* x[leads][n]: uV, NaN = gap, 100 to 1000 Hz; 1 to FECG_DELINEATE_LEADS leads of one body, in any order. No wave
 * reaches into a gap of its lead. Where no beats are found `beats` is 0. The result lives in `arena`.
 * FECG_ERR_ARGUMENT: leads or fs out of range. FECG_ERR_MEMORY. */
fecg_status fecg_delineate(const float *x, int leads, size_t n, double fs, fecg_arena *arena, fecg_delineation *out);

#endif
