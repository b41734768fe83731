/* refine.h — the fetal waveform of one lead once the beats are known. */
#ifndef FECG_EXTRACT_REFINE_H
#define FECG_EXTRACT_REFINE_H

#include "net/model.h"

enum { FECG_REFINE_HIDDEN = 8, FECG_REFINE_KEY = 2, FECG_REFINE_PAIR = 4 };

/* Logits of the attention over beats: a line and one hidden layer, each for the key and for the pair. */
typedef struct fecg_refine {
  float key_linear[FECG_REFINE_KEY], key_weight[FECG_REFINE_HIDDEN][FECG_REFINE_KEY], key_bias[FECG_REFINE_HIDDEN], key_out[FECG_REFINE_HIDDEN];
  float pair_linear[FECG_REFINE_PAIR], pair_weight[FECG_REFINE_HIDDEN][FECG_REFINE_PAIR], pair_bias[FECG_REFINE_HIDDEN],
      pair_out[FECG_REFINE_HIDDEN];
  float gain[2]; /* log of a gain for all; log of what holds a beat's own gain to 1, less 5 */
} fecg_refine;

/* Without weights: each beat counts inversely to its noise at each phase, and no beat has a gain of its own. */
extern const fecg_refine FECG_REFINE_PLAIN;

/* The tensors "refine.*" of a model. 0: it has none, or not all, or of other sizes; *p is then FECG_REFINE_PLAIN. */
int fecg_refine_from(const fecg_model *m, fecg_refine *p);

/* fetal[n]: the fetal part of residual[n] (a lead without the mother, finite, rate fs, baseline removed). gap[n]: 1 where
 * there is no valid sample, or NULL. Beats in seconds, ascending, with their fraction of a sample. Zero outside all
 * beats' windows. FECG_ERR_MEMORY. */
fecg_status fecg_refine_lead(const fecg_refine *p, const float *residual, const unsigned char *gap, size_t n, double fs,
                             const double *beats, size_t count, float *fetal, fecg_arena *arena);

/* The attention alone, in place of the layout around it: rows[count][fecg_refine_taps(fs)] from -180 to +320 ms, valid 0
 * or 1 (rows are 0 where it is 0), rr[count] in seconds. */
fecg_status fecg_refine_rows(const fecg_refine *p, const float *rows, const float *valid, const float *rr, size_t count, double fs,
                             float *out, fecg_arena *arena);
size_t fecg_refine_taps(double fs);

#endif
