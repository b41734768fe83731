/* fuzz_safetensors.c — files of weights, as a container and as a model. */
#include "net/safetensors.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PROMISE(condition) do { if (!(condition)) abort(); } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void told(fecg_status status, const fecg_diagnostic *e) {
  PROMISE(status == FECG_ERR_FORMAT || status == FECG_ERR_UNSUPPORTED || status == FECG_ERR_MEMORY);
  PROMISE(strcmp(e->code, fecg_status_code(status)) == 0 && *e->message && memchr(e->message, 0, sizeof e->message));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fecg_safetensors s;
  fecg_diagnostic error;
  fecg_model *m;
  memset(&error, 0, sizeof error);
  fecg_status status = fecg_safetensors_open(data, size, &s, &error);
  if (status != FECG_OK) told(status, &error);
  else {
    size_t bytes = 0;
    for (size_t i = 0; i < s.count; i++) {
      const fecg_stored *t = s.tensors + i;
      float *x = malloc(t->count * sizeof *x);
      PROMISE(fecg_safetensors_find(&s, t->name) == t && x && t->count > 0);
      const size_t finite = fecg_stored_floats(t, x);
      PROMISE(finite <= t->count && (finite == t->count || t->dtype != FECG_I8));
      for (size_t k = 0; k < finite; k++) PROMISE(isfinite(x[k]));
      bytes += t->count * (t->dtype == FECG_F32 ? 4 : t->dtype == FECG_F16 ? 2 : 1);
      free(x);
    }
    PROMISE(bytes == s.data_size);
    fecg_safetensors_metadata(&s, "name");
    fecg_safetensors_close(&s);
  }
  status = fecg_model_create(data, size, &m, &error);
  if (status != FECG_OK) told(status, &error);
  PROMISE((status == FECG_OK) == (m != NULL));
  fecg_model_destroy(m);
  return 0;
}
