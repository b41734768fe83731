/* candidates.c — the signals in which the fetus is looked for; see trial.h. */
#include <math.h>

#include "extract/trial.h"
#include "signal/ica.h"
#include "simd/kernels.h"

enum { DECIMATE = 4 }; /* ICA at 250 Hz */
static const double SAME_SIGNAL = 0.999; /* a component this alike to another candidate is left out */

/* |Correlation| of two combinations of leads with covariance cov. */
static double correlation(const double *cov, int leads, const double *a, const double *b) {
  double ab = 0, aa = 0, bb = 0;
  for (int i = 0; i < leads; i++)
    for (int j = 0; j < leads; j++) {
      ab += a[i] * cov[i * leads + j] * b[j];
      aa += a[i] * cov[i * leads + j] * a[j];
      bb += b[i] * cov[i * leads + j] * b[j];
    }
  return aa > 0 && bb > 0 ? fabs(ab) / sqrt(aa * bb) : 1;
}

fecg_status fecg_candidates(const fecg_leads *l, double (*w)[FECG_MAX_LEADS], int *count, fecg_arena *arena) {
  const int leads = l->count;
  int c = 0;
  for (int a = 0; a < leads; a++, c++)
    for (int i = 0; i < leads; i++) w[c][i] = i == a;
  for (int a = 0; a < leads; a++)
    for (int b = a + 1; b < leads && c < FECG_CANDIDATES_MAX - 2 * FECG_ICA_MAX; b++, c++)
      for (int i = 0; i < leads; i++) w[c][i] = i == a ? 1 : i == b ? -1 : 0;
  double cov[FECG_MAX_LEADS * FECG_MAX_LEADS];
  for (int i = 0; i < leads; i++)
    for (int j = 0; j < leads; j++) cov[i * leads + j] = fecg_dot(l->x[i], l->x[j], l->n);
  for (int contrast = FECG_ICA_TANH; contrast <= FECG_ICA_CUBIC && leads > 1; contrast++) {
    double unmix[FECG_ICA_MAX * FECG_MAX_LEADS];
    int components;
    const fecg_status status = fecg_ica((const float *const *)l->x, leads, l->n, DECIMATE, (fecg_contrast)contrast, unmix, &components, arena);
    if (status != FECG_OK) return status;
    for (int j = 0; j < components; j++) {
      for (int i = 0; i < leads; i++) w[c][i] = unmix[j * leads + i];
      int twin = 0;
      for (int e = 0; e < c; e++) twin = twin || correlation(cov, leads, w[e], w[c]) > SAME_SIGNAL;
      c += !twin;
    }
  }
  *count = c;
  return FECG_OK;
}
