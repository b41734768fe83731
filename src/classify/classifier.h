/* classifier.h — what a classification holds: shared by classify.c (windows) and report.c. */
#ifndef FECG_CLASSIFY_CLASSIFIER_H
#define FECG_CLASSIFY_CLASSIFIER_H

#include "base/mem.h"
#include "classify/front.h"
#include "net/ecgnet.h"

enum { FECG_CLASSIFY_LABEL_MAX = 64, FECG_CLASSIFY_NOTES = 64, FECG_CLASSIFY_OWN_NOTES = 8 };
/* Attribution over time is told in steps of five of the network's tokens, 0.4 s. */
enum { FECG_MOMENT_TOKENS = 5, FECG_MOMENTS = FECG_ECGNET_TOKENS / FECG_MOMENT_TOKENS };

/* Why a window has no answer. */
typedef enum fecg_silence { FECG_ANSWERED, FECG_TOO_SHORT, FECG_NO_SIGNAL, FECG_NO_BEATS, FECG_UNIT_SUSPECTED,
                            FECG_LEADS_SUSPECTED, FECG_FETAL_SUSPECTED, FECG_SILENCES } fecg_silence;

/* Ten seconds. */
typedef struct fecg_dx_window {
  double t_s, duration_s;
  fecg_silence silence;
  double probability[FECG_ECGNET_CLASSES], qt; /* calibrated; NaN: no answer */
  double rate_bpm, pr_ms, qrs_ms, qt_ms, qtcb_ms, qtcf_ms, axis_deg, irregularity, qtc_ms, pause_s;
  int unusual; /* its leads are smaller or larger than nearly all adults' */
  float time[FECG_MOMENTS]; /* 0..1, NaN where there was no answer */
} fecg_dx_window;

struct fecg_classifier {
  int leads, standard[FECG_STANDARD_LEADS];
  char label[FECG_STANDARD_LEADS][FECG_CLASSIFY_LABEL_MAX];
  double mains_hz;
  double fs[FECG_STANDARD_LEADS], work_fs; /* Hz; that in which windows are measured */
  fecg_model *model;                       /* the caller's */

  fecg_list input[FECG_STANDARD_LEADS];    /* float: samples from dropped[lead] on */
  uint64_t dropped[FECG_STANDARD_LEADS];
  double window_s;                         /* where the next window starts */
  int finished, done;
  fecg_arena arena;
  fecg_front *front;

  fecg_list windows;                       /* fecg_dx_window */
  fecg_list diagnostics;                   /* fecg_diagnostic */
  double state_s[FECG_STANDARD_LEADS][FECG_ELECTRODES], quality_s[FECG_STANDARD_LEADS]; /* weighted by seconds, by standard lead */
  double contribution[FECG_STANDARD_LEADS];
  int doubtful, reversed, inconsistent;              /* windows in which the limb leads are suspected */
  int told;                                /* what the document adds to the diagnostics is there */
};

#endif
