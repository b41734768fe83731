/* trial.h — a train of beats that might be the fetal heart: found in a detection signal, refined, judged. */
#ifndef FECG_EXTRACT_TRIAL_H
#define FECG_EXTRACT_TRIAL_H

#include "extract/segment.h"
#include "signal/beat_search.h"

enum {
  FECG_TRIAL_APART = 60, /* ms between peaks: a wider guard loses beats beside a rest of the mother's QRS */
  FECG_TRIAL_HALF = 40,  /* ms of the matched filter on both sides of a beat */
  FECG_CANDIDATES_MAX = 64
};

#define FECG_TRIAL_SAME 0.97         /* agreement at which two trains are one */
#define FECG_FETAL_SHARPNESS 105.0   /* 1/s, see fecg_beat_shape: a fetal QRS is sharper, no adult's QRS, P, T or flutter is */

typedef struct fecg_trial {
  double *beats;        /* s */
  size_t count;
  double separation;    /* mean log level of its beats less that of the other peaks */
  double gain;          /* what the search earned a beat */
  double jitter;        /* mean |change of log RR| */
  double uncovered;     /* share of time that no two successive beats span */
  double lock;          /* share of beats at one delay from the mother's */
  double d_prime;       /* 0 until cross-validated */
  int veto;             /* follows the mother */
  double score;         /* log separation + log gain + log d' - 3 jitter - uncovered - 5 veto */
} fecg_trial;

typedef struct fecg_trials { /* what all trials of a segment share */
  const fecg_segment *s;
  fecg_leads leads; /* residual, ready for the search */
  fecg_peak *peaks;
  unsigned char *taken;
  double *delays;
  float *y;
  fecg_arena *arena;
} fecg_trials;

/* Searches y[n] for beats, into beats[], and measures what it finds. */
fecg_status fecg_trial_search(fecg_trials *k, const float *y, double *beats, fecg_trial *t);
/* Jitter, uncovered time, lock and veto of the beats that stand in t. */
void fecg_trial_measure(fecg_trials *k, fecg_trial *t);
/* Averages the beats of t into a matched filter and searches its output anew, into the same beats. */
fecg_status fecg_trial_refine(fecg_trials *k, fecg_trial *t);
/* d': (mean of the filter's output at beats - mean between them) / spread between them, each half of the
 * beats judged by the filter fitted on the other half; adds its logarithm to the score. */
fecg_status fecg_trial_cross_validate(fecg_trials *k, fecg_trial *t);
/* Beats of a that b has too, within 50 ms, as a share of the longer list. */
double fecg_trial_agreement(const fecg_trial *a, const fecg_trial *b);

/* Signals in which to look for the fetus, as rows of weights of the residual leads: leads, pairwise
 * differences, and independent components by two contrasts. Differences or components alone find the
 * fetus behind a common reference; both together are safest. */
fecg_status fecg_candidates(const fecg_leads *leads, double (*w)[FECG_MAX_LEADS], int *count, fecg_arena *arena);

#endif
