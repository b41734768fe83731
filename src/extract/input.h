/* input.h — what FHNet sees of a segment. */
#ifndef FECG_EXTRACT_INPUT_H
#define FECG_EXTRACT_INPUT_H

#include "extract/segment.h"

enum { FECG_INPUT_STEP = 4 }; /* samples of the working rate per sample of the network's 250 Hz */

typedef struct fecg_input {
  int leads;                       /* the usable leads of the segment, in their order */
  size_t n;                        /* samples at 250 Hz */
  float *x;                        /* [leads][channel][n]: the lead, the lead without the mother, that whitened in time and
                                      across leads; each asinh(value / scale), zero in gaps */
  float scale[FECG_MAX_LEADS][2];  /* uV: noise level of the first two channels, standard deviation by the median */
} fecg_input;

/* Needs the mother's part of each usable lead. Memory from the arena. */
fecg_status fecg_network_input(const fecg_segment *s, fecg_input *in, fecg_arena *arena);

/* x[count][n] at the working rate, low-passed at 100 Hz in place, for taking every fourth sample. */
fecg_status fecg_before_decimation(float *const *x, int count, size_t n, fecg_arena *arena);

#endif
