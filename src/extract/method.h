/* method.h — by what the fetus is found. */
#ifndef FECG_EXTRACT_METHOD_H
#define FECG_EXTRACT_METHOD_H

#include "fecg.h"

typedef enum fecg_method { FECG_CLASSICAL, FECG_NETWORK, FECG_FHNET, FECG_METHODS } fecg_method;
extern const char *const FECG_METHOD_NAMES[FECG_METHODS];

/* The method of that name; NULL: fhnet where there is a model, else classical. 0 where there is no such method, it lacks its
 * model, or the model is of another network. */
int fecg_choose_method(const char *name, const fecg_model *model, fecg_method *method);

#endif
