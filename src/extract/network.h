/* network.h — FHNet over a whole segment: windows of 4 s, half overlapping, joined without seams. */
#ifndef FECG_EXTRACT_NETWORK_H
#define FECG_EXTRACT_NETWORK_H

#include "extract/fusion.h"
#include "extract/input.h"
#include "net/model.h"

typedef struct fecg_network {
  fecg_answer answer;                 /* at 250 Hz, in the arena */
  float *mqrs;                        /* [answer.n] log odds of a maternal QRS */
  float *fetal[FECG_MAX_LEADS];       /* [usable lead][answer.n] asinh of the fetal waveform over its scale; NULL unless asked for */
  float scale_uv[FECG_MAX_LEADS];     /* that scale */
  float *attention[FECG_MAX_LEADS];   /* [usable lead][answer.n] share of the lead in what the network looked at, through
                                         pooling and graph; adds up to 1 over leads */
} fecg_network;

/* Answers of overlapping windows, each weighed by how much the window sees around a sample: sums over n samples at 250 Hz. */
typedef struct fecg_blend {
  size_t n;
  int leads;
  float *fqrs, *mqrs, *total;
  float *attention[FECG_MAX_LEADS];
  float *fetal[FECG_MAX_LEADS]; /* [0] NULL: not wanted */
} fecg_blend;

/* Asks about the window of `in` that starts at its sample `from` (its end empty, where `in` ends before), and adds the answer to
 * the blend from its sample `at` on. *present: the network's log odds that there is a fetus. FECG_ERR_MEMORY. */
fecg_status fecg_blend_window(fecg_blend *b, size_t at, const fecg_input *in, size_t from, fecg_model *model, float *present, fecg_arena *arena);
/* The joined answer; where no window was, that nothing speaks for a beat. present: mean log odds over windows. FECG_ERR_MEMORY. */
fecg_status fecg_blend_read(const fecg_blend *b, double present, fecg_network *out, fecg_arena *arena);

/* Asks the model about a segment whose mother is known. A segment shorter than a window is one window, its end empty.
 * Errors: MEMORY. */
fecg_status fecg_ask_network(const fecg_segment *s, fecg_model *model, int waveforms, fecg_network *out, fecg_arena *arena);

/* Where the network sees the mother in other beats than the classical stage does (a strong fetus in few leads was taken for
 * her), she is followed and cancelled anew; *changed is then 1, and what was asked and found before is void. */
fecg_status fecg_check_maternal(fecg_segment *s, const fecg_network *w, int *changed, fecg_arena *arena);

/* What a moment had in the answer, 0..1: the probability of the likeliest fetal QRS around it; NaN: nothing was asked there. */
float fecg_network_sees(const fecg_network *w, double t_s);

/* Asks about the whole of `in`, in windows half overlapping, into a blend that starts where it does. *present: mean log odds. */
fecg_status fecg_blend_all(fecg_blend *b, const fecg_input *in, fecg_model *model, double *present, fecg_arena *arena);

/* The fetal waveform of the i-th usable lead at the working rate, uV: out[s->n]. */
fecg_status fecg_network_waveform(const fecg_network *w, int i, float *out, size_t n, fecg_arena *arena);

#endif
