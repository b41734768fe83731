/* signals.h — the separated signals of a segment. */
#ifndef FECG_EXTRACT_SIGNALS_H
#define FECG_EXTRACT_SIGNALS_H

#include "extract/method.h"
#include "extract/network.h"

/* The fetal signal of each usable lead once the beats are known: fetal[lead][s->n], wanted from from_s on. FHNet's also mends the
 * mother's part. w is read by the method network alone. work_fs: of the rows of s, see fecg_separate_hearts(). FECG_ERR_MEMORY. */
fecg_status fecg_fetal_waveforms(fecg_method method, const fecg_model *model, fecg_segment *s, const fecg_network *w, const fecg_fetal *f,
                                 double from_s, double work_fs, float *const *fetal, fecg_arena *arena);

/* Fetal, maternal and residual signal at the output rate, into arrays of n samples in the arena, the first offset (s) after
 * the segment's: they add up to the recording. NaN: a gap, or not known. FECG_ERR_MEMORY. */
fecg_status fecg_give_signals(const fecg_segment *s, const fecg_fetal *f, const fecg_raw_lead *raw, float *const *fetal, double work_fs,
                              double offset, double fs, size_t n, float *out[3][FECG_MAX_LEADS], fecg_arena *arena);

#endif
