/* ecgnet.h — the network that tells what is abnormal in an ECG: models/ecgnet/model.py, after FoundationalECGNet
 * (arXiv 2509.08961). */
#ifndef FECG_NET_ECGNET_H
#define FECG_NET_ECGNET_H

#include "net/cbam.h"

enum {
  FECG_ECGNET_LEADS = 12,      /* I II III aVR aVL aVF V1..V6 */
  FECG_ECGNET_WINDOW = 1000, FECG_ECGNET_TOKENS = 125,
  FECG_ECGNET_HEADS = 4, FECG_ECGNET_BLOCKS = 2,
  FECG_ECGNET_MEASURES = 15 + FECG_ECGNET_LEADS * 8,
};
#define FECG_ECGNET_FS 100.0 /* Hz */

typedef enum fecg_ecgnet_class {
  FECG_ABNORMAL, FECG_ARRHYTHMIA, FECG_CONDUCTION, FECG_INFARCTION, FECG_HYPERTROPHY, FECG_ATRIAL_FIBRILLATION,
  FECG_ECGNET_CLASSES
} fecg_ecgnet_class;

/* What ten seconds give. The arrays are the model's own, valid until its next run. */
typedef struct fecg_ecgnet_output {
  float logits[FECG_ECGNET_CLASSES];
  float probability[FECG_ECGNET_CLASSES]; /* calibrated: sigmoid(scale logit + bias) (Platt 1999) */
  const float *lead_weight;               /* [125][12] attention of the pooling over leads; 0 for leads that are not there */
  const float *time_weight;               /* [125] attention of the pooling over time */
} fecg_ecgnet_output;

/* x [12][1000], finite: asinh of the denoised lead over 250 uV. Bit l of mask: lead l is there; the others are not read.
 * measures and known [111]: what was measured, and 1 where it is known, else 0; a measure that is not known is not read.
 * Takes no memory. Errors: ARGUMENT (no lead is there, or the model is not of this network). */
fecg_status fecg_ecgnet_run(fecg_model *m, const float *x, uint32_t mask, const float *measures, const float *known, fecg_ecgnet_output *out);

typedef struct fecg_ecgnet_block {
  fecg_norm norm1, norm2;
  fecg_dense qkv, out, up, down;
} fecg_ecgnet_block;

/* The weights, and with them what turns logits into answers: tensors `calibration.scale` and `calibration.bias`, and
 * `threshold` of the metadata, each of which may be absent. */
typedef struct fecg_ecgnet {
  fecg_conv stem1, stem2, stem3;
  fecg_cbam cbam2, cbam3;
  float *lead; /* (leads, width) */
  fecg_norm graph_norm;
  fecg_dense graph_qkv, graph_out;
  fecg_norm pool_norm;
  float *pool_query;
  fecg_dense token;
  float *position; /* (tokens, width) */
  fecg_ecgnet_block block[FECG_ECGNET_BLOCKS];
  fecg_norm norm;
  float *time_query;
  fecg_dense measures, join, answer;
  float *measure_mean, *measure_scale;            /* (measures) */
  float *calibration_scale, *calibration_bias;    /* (classes); NULL where the file has none: 1 and 0 */
  float threshold;                                /* of the probability of abnormal; 0.5 where the file has none */
} fecg_ecgnet;

/* Working memory. A name's rows stand in front; (+h) is a halo of h zero rows on either side. */
typedef struct fecg_ecgnet_work {
  fecg_arena arena;
  float *x, *h1, *h2;                  /* of one lead: (1000 +7, 1), (500 +4, STEM1), (250 +2, STEM2) */
  float *cbam;
  float *h, *normed, *qkv, *mixed;     /* [leads that are there] (125, WIDTH), qkv 3 WIDTH */
  float *z, *z_normed, *z_qkv, *z_mixed; /* (125, WIDTH), qkv 3 WIDTH, mixed HIDDEN */
  float *attention;
  float *edge, *pooled;                /* (125, HEADS, leads, leads), (125, leads) of those that are there */
  float *lead_weight, *time_weight;
  fecg_products products;
} fecg_ecgnet_work;

void fecg_ecgnet_bind(fecg_binder *b, fecg_ecgnet *n);
/* Takes the memory that every run needs. Errors: MEMORY. */
fecg_status fecg_ecgnet_reserve(fecg_ecgnet_work *w);

#endif
