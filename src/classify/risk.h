/* risk.h — low, moderate or high: a table over probabilities and measurements. No data set labels this risk: the table is
 * ours, written from the limits that the statements named in risk.c call abnormal and urgent, and is no more than it
 * says. It is monotone: more of anything in it never lowers the level or the score. */
#ifndef FECG_CLASSIFY_RISK_H
#define FECG_CLASSIFY_RISK_H

#include <stddef.h>

typedef enum fecg_risk_level { FECG_RISK_LOW, FECG_RISK_MODERATE, FECG_RISK_HIGH } fecg_risk_level;

/* What the table reads; NaN: not known, and then that row says nothing. */
typedef struct fecg_risk_input {
  double abnormal, arrhythmia, af, conduction, infarction, qt, hypertrophy; /* probabilities */
  double rate_bpm, pr_ms, qrs_ms, qtcf_ms, pause_s;
} fecg_risk_input;

enum { FECG_RISK_ROWS = 13 };

typedef struct fecg_risk {
  fecg_risk_level level;
  double score;                       /* 0..1: from 1/3 on moderate, from 2/3 on high */
  size_t count;
  const char *because[FECG_RISK_ROWS]; /* of the rows that reach moderate, the weightiest first */
} fecg_risk;

void fecg_assess_risk(const fecg_risk_input *in, fecg_risk *out);

#endif
