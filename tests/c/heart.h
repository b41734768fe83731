/* heart.h — an ECG whose waves begin and end at known times, for the tests of what measures them: each wave is a
 * raised cosine. Beats are HEART_RR apart, the first R at HEART_FIRST. */
#ifndef FECG_TEST_HEART_H
#define FECG_TEST_HEART_H

#include <math.h>
#include <stddef.h>
#include <stdio.h>

#include "base/math.h"
#include "unity.h"

typedef struct heart_wave {
  double middle_s, width_s, uv; /* middle: after R */
} heart_wave;
enum { HEART_P, HEART_Q, HEART_R, HEART_S, HEART_T, HEART_WAVES };
static const heart_wave HEART[HEART_WAVES] = {
    {-0.16, 0.10, 120}, {-0.020, 0.024, -100}, {0, 0.044, 1000}, {0.026, 0.032, -250}, {0.28, 0.18, 300}};
static const double HEART_RR = 0.8, HEART_FIRST = 0.5;
static const double HEART_P_ON = -0.21, HEART_P_OFF = -0.11, HEART_QRS_ON = -0.032, HEART_QRS_OFF = 0.042, HEART_T_OFF = 0.37;

static inline double heart_bump(const heart_wave *w, double t) {
  const double phase = (t - w->middle_s) / w->width_s;
  return fabs(phase) < 0.5 ? w->uv * 0.5 * (1 + fecg_cos(2 * FECG_PI * phase)) : 0;
}

/* Adds the beat whose R is at r_s, each wave times its gain. */
static inline void heart_add(float *x, size_t n, double fs, double r_s, const double *gain) {
  for (size_t i = 0; i < n; i++)
    for (int w = 0; w < HEART_WAVES; w++) x[i] += (float)(gain[w] * heart_bump(HEART + w, (double)i / fs - r_s));
}

/* A lead x[n] at fs: every beat alike. */
static inline void heart_lead(float *x, size_t n, double fs, const double *gain) {
  for (size_t i = 0; i < n; i++) x[i] = 0;
  for (double r = HEART_FIRST; r < (double)n / fs + 1; r += HEART_RR) heart_add(x, n, fs, r, gain);
}

static inline void within(const char *what, double tolerance, double wanted, double got) {
  char message[120];
  snprintf(message, sizeof message, "%s: %.4f, wanted %.4f within %.3g", what, got, wanted, tolerance);
  TEST_ASSERT_TRUE_MESSAGE(fabs(got - wanted) <= tolerance, message);
}

#endif
