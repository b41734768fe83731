/* method.c — see method.h. */
#include "extract/method.h"

#include <string.h>

const char *const FECG_METHOD_NAMES[FECG_METHODS] = {"classical", "network", "fhnet"};

int fecg_choose_method(const char *name, const fecg_model *model, fecg_method *method) {
  if (model && strcmp(fecg_model_architecture(model), FECG_METHOD_NAMES[FECG_FHNET]) != 0) return 0;
  *method = model ? FECG_FHNET : FECG_CLASSICAL;
  if (!name) return 1;
  for (int k = 0; k < FECG_METHODS; k++)
    if (strcmp(name, FECG_METHOD_NAMES[k]) == 0) {
      *method = (fecg_method)k;
      return k == FECG_CLASSICAL || model;
    }
  return 0;
}
