/* safetensors.h — the weights' file format (https://github.com/huggingface/safetensors): eight bytes with the length of
 * a JSON header, the header, then the tensors' bytes without a hole.
 *
 *   {"__metadata__": {"key": "text", ..}, "NAME": {"dtype": "F16", "shape": [64, 48], "data_offsets": [0, 6144]}, ..}
 *
 * Read here: F32, F16, and I8 with a companion NAME.scale (F32, one for each output channel). Anything may come in; what
 * is not whole, not numbers, or larger than the limits below is an error, and a length is believed only when the bytes
 * are there. */
#ifndef FECG_NET_SAFETENSORS_H
#define FECG_NET_SAFETENSORS_H

#include "fecg.h"

enum { FECG_TENSOR_DIMS = 4, FECG_TENSORS_MAX = 1024, FECG_TENSORS_HEADER_MAX = 1 << 20 };

typedef enum fecg_dtype { FECG_F32, FECG_F16, FECG_I8 } fecg_dtype;

typedef struct fecg_stored { /* a tensor as it stands in the file */
  const char *name;
  fecg_dtype dtype;
  int dims, shape[FECG_TENSOR_DIMS];
  size_t count;         /* of elements, at least 1 */
  const uint8_t *bytes; /* little-endian */
} fecg_stored;

typedef struct fecg_safetensors {
  struct cJSON *header; /* names point into it */
  fecg_stored *tensors; /* in the order of their bytes */
  size_t count;
  const uint8_t *data;
  size_t data_size;
} fecg_safetensors;

/* Reads the header. bytes have to stay as long as the result is used. On failure nothing has to be closed, and *error,
 * which may be NULL, says more. Errors: FORMAT, UNSUPPORTED, MEMORY. */
fecg_status fecg_safetensors_open(const uint8_t *bytes, size_t n, fecg_safetensors *out, fecg_diagnostic *error);
void fecg_safetensors_close(fecg_safetensors *s);
/* NULL where there is none of that name. */
const fecg_stored *fecg_safetensors_find(const fecg_safetensors *s, const char *name);
/* A text of __metadata__; NULL where absent. */
const char *fecg_safetensors_metadata(const fecg_safetensors *s, const char *key);
/* The elements as floats (I8: as whole numbers). Gives the index of the first that is not finite, or t->count. */
size_t fecg_stored_floats(const fecg_stored *t, float *out);
/* Fills *error, which may be NULL, and gives status back. */
fecg_status fecg_fail(fecg_diagnostic *error, fecg_status status, int64_t offset, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
