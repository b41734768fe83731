/* fuzz_mit_annotations.c — MIT annotation files. */
#include "fecg.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fecg_annotation *a;
  size_t n;
  fecg_status s = fecg_annotations_read(data, size, 500, &a, &n);
  if ((s != FECG_OK && s != FECG_ERR_FORMAT) || (n && !a) || n > size / 2) abort();
  for (size_t i = 0; i < n; i++)
    if (!(a[i].t_s >= 0 && isfinite(a[i].t_s)) || !*a[i].text || !memchr(a[i].text, 0, sizeof a->text)) abort();
  fecg_free(a);
  return 0;
}
