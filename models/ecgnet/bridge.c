/* bridge.c — the engine's diagnostic front end for training: the same code, called from Python through ctypes. Built as a
 * shared library by `cmake --build build/native --target ecgnet_bridge`. */
#include <string.h>

#include "classify/front.h"

/* uv [leads][n] at fs (100 to 1000 Hz, at most ten seconds), NaN = gap; which [leads]: 0..11, each once; stages of the
 * denoising. Fills in x [12][1000], there [12], measures and known [111]; gives the count of leads that take part, negative:
 * an error. */
int ecgnet_front(int leads, const int *which, size_t n, double fs, const float *uv, unsigned stages, float *x, float *there,
                 float *measures, float *known) {
  fecg_arena arena = {0};
  fecg_front *f = fecg_alloc(1, sizeof *f);
  const fecg_status status = f ? fecg_classify_front(uv, leads, which, n, fs, stages, 0, &arena, f) : FECG_ERR_MEMORY;
  int count = 0;
  if (status == FECG_OK) {
    memcpy(x, f->x, sizeof f->x);
    memcpy(measures, f->measures, sizeof f->measures);
    memcpy(known, f->known, sizeof f->known);
    for (int l = 0; l < FECG_STANDARD_LEADS; l++) {
      there[l] = f->mask >> l & 1 ? 1 : 0;
      count += (int)there[l];
    }
  }
  fecg_free(f);
  fecg_arena_destroy(&arena);
  return status == FECG_OK ? count : -(int)status;
}
