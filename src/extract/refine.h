/* refine.h — the fetal waveform of one lead once the beats are known. */
#ifndef FECG_EXTRACT_REFINE_H
#define FECG_EXTRACT_REFINE_H

#include "extract/segment.h"
#include "net/model.h"

enum { FECG_REFINE_HIDDEN = 8, FECG_REFINE_KEY = 2, FECG_REFINE_PAIR = 4, FECG_REFINE_GAIN = 3 };

/* Logits of the attention over beats: of the key a line, of the pair a line and one hidden layer. */
typedef struct fecg_refine {
  float key[FECG_REFINE_KEY];
  float pair_linear[FECG_REFINE_PAIR], pair_weight[FECG_REFINE_HIDDEN][FECG_REFINE_PAIR], pair_bias[FECG_REFINE_HIDDEN],
      pair_out[FECG_REFINE_HIDDEN];
  float gain[FECG_REFINE_GAIN]; /* logs: a gain for all; what holds a beat's own gain to 1, less 5; weight of noise in the shrinkage */
} fecg_refine;

/* Without weights: each beat counts inversely to its noise at each phase; no shrinkage, no gain of a beat's own. */
extern const fecg_refine FECG_REFINE_PLAIN;

/* The tensors "refine.*" of a model. 0: it has none, or not all, or of other sizes; *p is then FECG_REFINE_PLAIN. */
int fecg_refine_from(const fecg_model *m, fecg_refine *p);

/* fetal[n]: the fetal part of residual[n] (a lead without the mother, finite, rate fs, baseline removed). gap[n]: 1 where
 * there is no valid sample, or NULL. Beats in seconds, ascending, with their fraction of a sample. Zero outside all
 * beats' windows. FECG_ERR_MEMORY. */
fecg_status fecg_refine_lead(const fecg_refine *p, const float *residual, const unsigned char *gap, size_t n, double fs,
                             const double *beats, size_t count, float *fetal, fecg_arena *arena);
/* The same of the beats from number `wanted` on alone: those before lend themselves to the averages; fetal is zero there. */
fecg_status fecg_refine_newest(const fecg_refine *p, const float *residual, const unsigned char *gap, size_t n, double fs,
                               const double *beats, size_t count, size_t wanted, float *fetal, fecg_arena *arena);

/* The fetal part of each usable lead, fetal[lead][n], and her part anew in s->mecg. What took the mother out took some of the
 * fetus with her (an eighth of its amplitude); so she is taken again from the leads without a first estimate of the fetus.
 * No beats: fetal is zero and she stays as she was. Both are wanted from from_s on alone (0: all), by the averages of the time
 * before. fs: of the rows of s, FECG_WORK_FS or, of leads that hold nothing above, half of it. FECG_ERR_MEMORY. */
fecg_status fecg_separate_hearts(const fecg_refine *p, fecg_segment *s, const double *beats, size_t count, double from_s, double fs,
                                 float *const *fetal, fecg_arena *arena);

/* The attention alone, in place of the layout around it: rows[count][fecg_refine_taps(fs)] from -180 to +320 ms, valid 0
 * or 1 (rows are 0 where it is 0), rr[count] in seconds. Of the rows before number `wanted` out is only one mean, by which their
 * noise is judged. */
fecg_status fecg_refine_rows(const fecg_refine *p, const float *rows, const float *valid, const float *rr, size_t count, size_t wanted,
                             double fs, float *out, fecg_arena *arena);
size_t fecg_refine_taps(double fs);

#endif
