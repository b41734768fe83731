/* fhnet.h — the network that finds the fetal ECG: models/fhnet/model.py, after FHNet (arXiv 2509.19308). */
#ifndef FECG_NET_FHNET_H
#define FECG_NET_FHNET_H

#include "net/bind.h"

enum { FECG_FHNET_CHANNELS = 3, FECG_FHNET_WINDOW = 1000, FECG_FHNET_TOKENS = 125, FECG_FHNET_HEADS = 4, FECG_FHNET_BLOCKS = 3 };
#define FECG_FHNET_FS 250.0 /* Hz */

/* What one window gives. The arrays are the model's own, valid until its next run. */
typedef struct fecg_fhnet_output {
  const float *fqrs, *mqrs;      /* [1000] logits of a fetal, a maternal QRS at each sample */
  const float *fetal, *maternal; /* [leads][1000] waveforms, in units of the second and first input channel's scale */
  float present;                 /* logit that there is a fetus */
  float quality;                 /* fetal level over noise, in units of 10 dB */
  const float *lead_weight;      /* [125][leads] attention of the pooling over leads */
  const float *edge;             /* [125][4][leads][leads] graph attention, receiving lead first */
} fecg_fhnet_output;

/* input [leads][3][1000], finite, leads 1..32: of each lead the lead itself, the lead without the mother, and that whitened.
 * Bit l of mask: lead l takes part; what a lead that does not take part receives is computed, but nobody hears it. Takes
 * memory where no call before had as many leads. Errors: ARGUMENT (no lead takes part,
 * or the model is not of this network), MEMORY. */
fecg_status fecg_fhnet_run(fecg_model *m, const float *input, int leads, uint32_t mask, fecg_fhnet_output *out);
/* The same without waveforms (NULL then), which take a quarter of the time. */
fecg_status fecg_fhnet_beats(fecg_model *m, const float *input, int leads, uint32_t mask, fecg_fhnet_output *out);

typedef struct fecg_fhnet_block {
  fecg_norm norm1, norm2, norm3;
  fecg_depthwise scales;
  fecg_dense mix, qkv, out, up, down;
} fecg_fhnet_block;

/* The weights. */
typedef struct fecg_fhnet {
  fecg_conv stem1, stem2, stem3;
  fecg_norm graph_norm;
  fecg_dense graph_qkv, graph_out;
  fecg_norm pool_norm;
  float *pool_query;
  fecg_dense token;
  float *position; /* (tokens, width) */
  fecg_fhnet_block block[FECG_FHNET_BLOCKS];
  fecg_norm norm;
  fecg_dense qrs, state, wave_lead, wave_token;
  fecg_upconv up1, up2, up3;
} fecg_fhnet;

/* Working memory, for a number of leads. A name's rows stand in front; (+h) is a halo of h zero rows on either side. */
typedef struct fecg_fhnet_work {
  fecg_arena arena;
  int leads;
  float *x;                      /* (1000 +7, 3) of one lead */
  float *h1, *h2;                /* [leads] (500 +4, STEM1), (250 +2, STEM2) */
  float *h, *normed, *qkv, *mixed; /* [leads] (125, WIDTH), qkv 3 WIDTH */
  float *z, *around, *z_normed, *z_qkv, *z_mixed; /* (125, WIDTH), around +15, qkv 3 WIDTH, mixed HIDDEN */
  float *attention;
  float *u, *u1, *u2, *wave;     /* of one lead: (125 +1, WIDTH), (250 +1, STEM2), (500 +1, STEM1), (1000, 2) */
  float *fqrs, *mqrs, *fetal, *maternal, *lead_weight, *edge;
  fecg_products products;
} fecg_fhnet_work;

void fecg_fhnet_bind(fecg_binder *b, fecg_fhnet *n);
/* Makes room for that many leads; what was there stays when it fails. Errors: MEMORY. */
fecg_status fecg_fhnet_reserve(fecg_fhnet_work *w, int leads);

#endif
