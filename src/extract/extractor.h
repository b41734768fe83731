/* extractor.h — what an extraction holds: shared by extract.c (segments and stitching) and report.c. */
#ifndef FECG_EXTRACT_EXTRACTOR_H
#define FECG_EXTRACT_EXTRACTOR_H

#include "base/mem.h"
#include "extract/quality.h"
#include "extract/signals.h"
#include "measure/beat.h"

enum { FECG_LABEL_MAX = 64, FECG_DIAGNOSTICS_MAX = 64 };

struct fecg_extractor {
  int leads;
  char label[FECG_MAX_LEADS][FECG_LABEL_MAX];
  double fs[FECG_MAX_LEADS], out_fs, mains_hz;
  int signals;
  fecg_method method;
  fecg_model *model;                 /* the caller's; NULL where the method is classical */

  fecg_list input[FECG_MAX_LEADS];   /* float: samples from dropped[lead] on */
  uint64_t dropped[FECG_MAX_LEADS];  /* samples worked on and let go */
  uint64_t released;                 /* output samples given out so far */
  double core_s;                     /* start of the next segment's own stretch */
  int finished, done;
  fecg_arena arena;

  fecg_list maternal, fetal;         /* double: beats, s */
  fecg_list confidence;              /* float */
  fecg_list interpolated;            /* unsigned char */
  fecg_list seen_s;                  /* float: see fecg_fetal */
  fecg_list gaps;                    /* double: a moment, s, of each stretch in which no lead is there */
  fecg_list diagnostics;             /* fecg_diagnostic */
  fecg_lead_tally tally[FECG_MAX_LEADS];
  fecg_beat_sums *beat;              /* [leads] */
  double lead_contribution[FECG_MAX_LEADS]; /* sums over the recording; the report makes them add up to 1 */
  fecg_list time_contribution;       /* float: 0..1, NaN where not known, one each 0.25 s from the start */
  int segments, present, locked, silent, second; /* how many segments, and of them: with a fetus, vetoed, without a lead, with a second heart */

  float *out[3][FECG_MAX_LEADS];     /* signals of the last segment, in the arena */
  size_t out_n;
};

#endif
