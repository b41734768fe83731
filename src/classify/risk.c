/* risk.c — see risk.h. Limits: rates of bradycardia and tachycardia after the ACC/AHA/HRS guidelines of 2018 and 2015 (50 and
 * 100 to 150 bpm, where treatment is weighed; pauses of 3 s), the ESC's of 2018 on syncope (pauses of 6 s), PR and QRS after the AHA/ACCF/HRS statement of 2009 part III, QTc after its
 * part IV (460 and, the limit of common practice for danger, 500 ms). Probabilities: half is moderate; infarction alone,
 * which cannot wait, is moderate from a fifth and high from half. */
#include "classify/risk.h"

#include <math.h>

/* Where the score of a row is 1/3 (moderate), 2/3 (high) and 1; between them it is a straight line, from `none` where it is
 * 0. Ascending or descending. */
typedef struct row {
  size_t field; /* index into fecg_risk_input as doubles */
  double none, moderate, high, most;
  const char *because;
} row;

#define FIELD(name) (offsetof(fecg_risk_input, name) / sizeof(double))
#define BEYOND 1.01, 1.02 /* no probability reaches it: such a row stays moderate */

static const row TABLE[FECG_RISK_ROWS] = {
    {FIELD(infarction), 0, 0.20, 0.50, 1, "probability of infarction"},
    {FIELD(qtcf_ms), 440, 460, 500, 600, "QTc (Fridericia) of 460 ms or more"},
    {FIELD(rate_bpm), 90, 110, 150, 220, "rate of 110 bpm or more"},
    {FIELD(rate_bpm), 55, 50, 40, 25, "rate of 50 bpm or less"},
    {FIELD(pause_s), 2, 3, 6, 10, "no beat for 3 s or more"},
    {FIELD(pr_ms), 200, 240, 400, 600, "PR of 240 ms or more"},
    {FIELD(qrs_ms), 110, 130, 180, 240, "QRS of 130 ms or more"},
    {FIELD(af), 0, 0.5, BEYOND, "probability of atrial fibrillation"},
    {FIELD(arrhythmia), 0, 0.5, BEYOND, "probability of an arrhythmia"},
    {FIELD(conduction), 0, 0.5, BEYOND, "probability of a conduction disorder"},
    {FIELD(qt), 0, 0.5, BEYOND, "probability of an abnormal QT"},
    {FIELD(hypertrophy), 0, 0.5, BEYOND, "probability of hypertrophy"},
    {FIELD(abnormal), 0, 0.5, BEYOND, "probability of an abnormal ECG"},
};

static double score_of(const row *r, double v) {
  if (isnan(v)) return 0;
  const double sign = r->most > r->none ? 1 : -1, x = sign * v;
  const double knots[] = {sign * r->none, sign * r->moderate, sign * r->high, sign * r->most};
  if (x <= knots[0]) return 0;
  for (int i = 0; i < 3; i++)
    if (x < knots[i + 1]) return (i + (x - knots[i]) / (knots[i + 1] - knots[i])) / 3;
  return 1;
}

void fecg_assess_risk(const fecg_risk_input *in, fecg_risk *out) {
  double score[FECG_RISK_ROWS];
  *out = (fecg_risk){FECG_RISK_LOW, 0, 0, {NULL}};
  for (int i = 0; i < FECG_RISK_ROWS; i++) {
    score[i] = score_of(TABLE + i, ((const double *)in)[TABLE[i].field]);
    if (score[i] > out->score) out->score = score[i];
  }
  out->level = out->score >= 2.0 / 3 ? FECG_RISK_HIGH : out->score >= 1.0 / 3 ? FECG_RISK_MODERATE : FECG_RISK_LOW;
  for (;;) {
    int next = -1;
    for (int i = 0; i < FECG_RISK_ROWS; i++)
      if (score[i] >= 1.0 / 3 && (next < 0 || score[i] > score[next])) next = i;
    if (next < 0) return;
    out->because[out->count++] = TABLE[next].because;
    score[next] = 0;
  }
}
