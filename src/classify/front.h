/* front.h — what a diagnostic network is given: ten seconds of the standard leads, denoised and at 100 Hz, and what was
 * measured in them at their own rate. Training calls the same code (models/ecgnet/bridge.c). */
#ifndef FECG_CLASSIFY_FRONT_H
#define FECG_CLASSIFY_FRONT_H

#include "measure/intervals.h"

#define FECG_FRONT_FS 100.0 /* Hz, to the network */
#define FECG_FRONT_SCALE_UV 250.0f /* the network hears asinh(uv / 250) */
enum {
  FECG_FRONT_SAMPLES = 1000, /* ten seconds */
  FECG_GLOBAL_MEASURES = 15, /* rate, SD and RMSSD of RR over RR, irregularity, premature, wide, p_present, P, PR, QRS, QT, QTcF (ms),
                                cosine and sine of the QRS axis, cosine of the angle from QRS to T */
  FECG_LEAD_MEASURES = 8,    /* P, Q (uV), Q (ms), R, S, T, J, J + 60 ms (uV) */
  FECG_MEASURES = FECG_GLOBAL_MEASURES + FECG_STANDARD_LEADS * FECG_LEAD_MEASURES
};

typedef enum fecg_electrode { FECG_ELECTRODE_OK, FECG_ELECTRODE_FLAT, FECG_ELECTRODE_SATURATED, FECG_ELECTRODE_NOISY,
                              FECG_ELECTRODE_GAPS, FECG_ELECTRODES } fecg_electrode;

typedef enum fecg_limb { FECG_LIMB_OK, FECG_LIMB_REVERSED, FECG_LIMB_INCONSISTENT } fecg_limb;

typedef struct fecg_front {
  float x[FECG_STANDARD_LEADS * FECG_FRONT_SAMPLES]; /* [lead][sample], 0 where the lead does not take part or ends */
  uint32_t mask;                          /* bit l: standard lead l takes part */
  float measures[FECG_MEASURES], known[FECG_MEASURES]; /* 0 where unknown */
  fecg_intervals intervals;
  double rms_uv;                          /* median over leads of the RMS of the denoised lead */
  double flat_uv;                         /* how much the liveliest of the flat leads moves */
  double likeness;                        /* of beats: median over them of the correlation with the one most like each, over
                                             half a second of all leads; NaN: fewer than two */
  double pause_s;                         /* the longest time without a beat in which there was a signal */
  fecg_electrode state[FECG_STANDARD_LEADS];
  float quality[FECG_STANDARD_LEADS];     /* 0..1: what of the lead's size within 0.5 to 40 Hz is heart and not noise */
  int doubtful;                           /* lead I is upside down, and there is no V6 to tell why */
  fecg_limb limb;                         /* what Einthoven's law and the signs of lead I say of the limb electrodes */
} fecg_front;

/* uv [leads][n] at fs (100 to 1000 Hz), NaN = gap, at most ten seconds of it; standard[lead]: which standard lead each is,
 * each once. stages and mains_hz: of signal/denoise.h. Limb leads that contradict each other are measured but do not take part. A
 * recording in which no lead can be used has mask 0. Errors: ARGUMENT, MEMORY. */
fecg_status fecg_classify_front(const float *uv, int leads, const int *standard, size_t n, double fs, unsigned stages,
                                double mains_hz, fecg_arena *arena, fecg_front *out);

#endif
