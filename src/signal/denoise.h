/* denoise.h — the ECG of one lead without what no heart makes: two wavelet stages, Morlet then Daubechies, block by
 * block. The stages' flags are those of fecg.h. Method: denoise.c and docs/denoise.md. */
#ifndef FECG_SIGNAL_DENOISE_H
#define FECG_SIGNAL_DENOISE_H

#include "base/mem.h"

/* A lead that is fed piece by piece. Its blocks are windows of `window` samples, a power of two of 16 to 32 s; of each
 * the middle is kept, with a cross-fade to the next, so a sample depends on nothing beyond 32 s from it. */
typedef struct fecg_denoise_stream {
  double fs, mains_hz;
  unsigned stages;
  size_t window, pad, hop, fade;
  size_t have;             /* samples of the window that are there, counting the `pad` before its block */
  size_t first;            /* the first of them that belongs to the lead */
  float *in;               /* [window] the lead, as fed */
  float *tail;             /* [fade] the end of the block before, to be faded out */
  const float *out;        /* [ready] samples settled by the last call */
  size_t ready;
  struct fecg_denoise_work *work;
  fecg_arena *arena;
} fecg_denoise_stream;

/* fs 100..1000 Hz; mains_hz 50, 60 or 0, which looks for both. Memory for the whole work is taken from the arena, which has to live as long.
 * Errors: RATE, ARGUMENT (stages, mains), MEMORY. */
fecg_status fecg_denoise_begin(fecg_denoise_stream *s, double fs, unsigned stages, double mains_hz, fecg_arena *arena);
/* Takes up to n samples (uV, NaN = gap; what is not finite or beyond 1e9 counts as one) and says how many; settles a block
 * once its window is full. Call until all are taken. FECG_ERR_MEMORY. */
fecg_status fecg_denoise_feed(fecg_denoise_stream *s, const float *uv, size_t n, size_t *taken);
/* After the last sample: settles what is left, a block a call, until ready is 0. FECG_ERR_MEMORY. */
fecg_status fecg_denoise_end(fecg_denoise_stream *s);

/* A whole lead, in place. n samples in, as many out; gaps stay. Errors: RATE, ARGUMENT, MEMORY. */
fecg_status fecg_denoise_lead(float *uv, size_t n, double fs, unsigned stages, double mains_hz, fecg_arena *arena);

#endif
