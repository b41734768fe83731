/* matched.h — a matched filter over several leads at once. */
#ifndef FECG_SIGNAL_MATCHED_H
#define FECG_SIGNAL_MATCHED_H

#include "base/mem.h"

typedef struct fecg_leads { /* rows of equal length at one rate; gaps are zero in x */
  float **x;
  int count;
  size_t n;
  double fs;
  const uint32_t *missing; /* [n] bit l: lead l has a gap here or so near that a beat would meet it; NULL: no gaps */
} fecg_leads;

enum { FECG_MATCHED_SETS = 16 };

/* The filter of a beat shape. Leads that are near copies of each other are used through their small
 * differences, so a lead that is missing needs another filter, not a zero: there is one for each set of
 * missing leads met (the first FECG_MATCHED_SETS). */
typedef struct fecg_matched {
  float *beat;        /* the averaged beat, [leads][taps] */
  double covariance[FECG_MAX_LEADS * FECG_MAX_LEADS]; /* across leads, between beats */
  int leads;
  size_t half, taps;
  int sets;
  uint32_t set[FECG_MATCHED_SETS];
  float *filter[FECG_MATCHED_SETS]; /* noise^-1 beat over the leads that are there, scaled so that the beat gives 1 */
} fecg_matched;

/* Averages the leads around the beats (seconds; every `stride`-th from `first`, for cross-validation)
 * and takes the covariance across leads of what lies more than `half` from every beat. Memory from the
 * arena, here and in the calls below. */
fecg_status fecg_matched_fit(fecg_matched *m, const fecg_leads *leads, const double *beats, size_t count, size_t first,
                             size_t stride, size_t half, fecg_arena *arena);
/* The same leads from sample `from` on; view[leads->count] is theirs. */
fecg_leads fecg_leads_from(const fecg_leads *leads, size_t from, float **view);
/* y[n]: the filter's output, centred on the beat; 0 where no lead is there. */
fecg_status fecg_matched_run(fecg_matched *m, const fecg_leads *leads, float *y, fecg_arena *arena);
/* The output at one sample; 0 where the window leaves the segment or no filter has been made yet. */
float fecg_matched_at(const fecg_matched *m, const fecg_leads *leads, int64_t sample);
/* Makes the filter of complete leads, for fecg_matched_at() without a run. */
fecg_status fecg_matched_prepare(fecg_matched *m, fecg_arena *arena);

typedef struct fecg_beat_shape {
  double explained; /* share of the leads' energy that the averaged beat explains, 0..1 */
  double sharpness; /* RMS slope over RMS of the averaged beat, 1/s: a fetal QRS is half as wide as its mother's */
} fecg_beat_shape;
fecg_status fecg_shape_of_beats(const fecg_leads *leads, const double *beats, size_t count, size_t half, fecg_beat_shape *out,
                                fecg_arena *arena);

#endif
