/* model.h — a file of weights, bound to the network that it names (see fecg.h, "models").
 *
 * __metadata__ of the file: `architecture` ("fhnet", "ecgnet"), `sha256` (of the bytes after the header, which are checked), and
 * where the trainer tells them `name`, `trained_on` (a JSON array of subjects, as text) and `precision`: "float32" (the
 * default) or "int16", how products are computed. Either works with weights of any type. Tensors "refine.*" of
 * fhnet belong to a second network; all others are the network's own, and each has to be there. */
#ifndef FECG_NET_MODEL_H
#define FECG_NET_MODEL_H

#include "net/ecgnet.h"
#include "net/fhnet.h"

typedef enum fecg_architecture { FECG_NET_FHNET, FECG_NET_ECGNET, FECG_ARCHITECTURES } fecg_architecture;

typedef struct fecg_tensor {
  char name[64];
  int dims, shape[FECG_TENSOR_DIMS];
  const float *x;
} fecg_tensor;

struct fecg_model {
  fecg_arena weights;
  fecg_architecture architecture;
  fecg_fhnet fhnet; /* the network of that architecture; the other is all zeros */
  fecg_fhnet_work work;
  fecg_ecgnet ecgnet;
  fecg_ecgnet_work ecgnet_work;
  fecg_tensor *tensors; /* "refine.*" */
  size_t count;
  struct cJSON *metadata;
  char sha256[65];
};

/* A tensor "refine.*" as floats, row-major; NULL where there is none of that name. */
const fecg_tensor *fecg_model_tensor(const fecg_model *m, const char *name);
/* How products are computed from now on, whatever the file says. */
void fecg_model_set_int16(fecg_model *m, int int16);

#endif
