/* model.c — see model.h. */
#include "net/model.h"

#include <cJSON.h>
#include <stdio.h>
#include <string.h>

#include "base/sha256.h"

#define REFINE "refine."

static const char *const ARCHITECTURES[FECG_ARCHITECTURES] = {[FECG_NET_FHNET] = "fhnet", [FECG_NET_ECGNET] = "ecgnet"};

/* The tensors of the second network, then none may be left. */
static void bind_rest(fecg_binder *b, fecg_model *m) {
  const fecg_safetensors *f = b->file;
  if (b->status != FECG_OK) return;
  m->tensors = fecg_arena_alloc(b->weights, f->count + 1, sizeof *m->tensors);
  if (!m->tensors) return;
  for (size_t i = 0; i < f->count && b->status == FECG_OK; i++) {
    const fecg_stored *t = f->tensors + i;
    if (b->used[i]) continue;
    fecg_tensor *to = m->tensors + m->count;
    if (m->architecture != FECG_NET_FHNET || strncmp(t->name, REFINE, strlen(REFINE)) != 0)
      b->status = fecg_fail(b->error, FECG_ERR_FORMAT, 8, "tensor %.80s is none of this network", t->name);
    else if (strlen(t->name) >= sizeof to->name)
      b->status = fecg_fail(b->error, FECG_ERR_UNSUPPORTED, 8, "tensor %.80s has too long a name", t->name);
    else if ((to->x = fecg_bind_floats(b, t->name, 0, NULL))) {
      memcpy(to->name, t->name, strlen(t->name) + 1);
      to->dims = t->dims;
      memcpy(to->shape, t->shape, sizeof to->shape);
      m->count++;
    }
  }
}

static fecg_status check_metadata(const fecg_safetensors *f, fecg_model *m, fecg_diagnostic *error) {
  const char *architecture = fecg_safetensors_metadata(f, "architecture"), *sha256 = fecg_safetensors_metadata(f, "sha256");
  const char *precision = fecg_safetensors_metadata(f, "precision");
  char found[65];
  if (!architecture || !sha256) return fecg_fail(error, FECG_ERR_FORMAT, 8, "__metadata__ lacks %s", architecture ? "sha256" : "architecture");
  int kind = 0;
  while (kind < FECG_ARCHITECTURES && strcmp(architecture, ARCHITECTURES[kind]) != 0) kind++;
  if (kind == FECG_ARCHITECTURES) return fecg_fail(error, FECG_ERR_UNSUPPORTED, 8, "architecture %.40s; fhnet and ecgnet are known", architecture);
  m->architecture = (fecg_architecture)kind;
  const int int16 = precision && strcmp(precision, "int16") == 0;
  fecg_model_set_int16(m, int16);
  if (precision && !int16 && strcmp(precision, "float32") != 0)
    return fecg_fail(error, FECG_ERR_UNSUPPORTED, 8, "precision %.40s; float32 and int16 are known", precision);
  fecg_sha256(f->data, f->data_size, found);
  if (strcmp(found, sha256) != 0) return fecg_fail(error, FECG_ERR_FORMAT, 8, "the weights are not those of the header's sha256: the file is damaged");
  return FECG_OK;
}

fecg_status fecg_model_create(const uint8_t *bytes, size_t n, fecg_model **out, fecg_diagnostic *error) {
  if (out) *out = NULL;
  if (!bytes || !out) return fecg_fail(error, FECG_ERR_ARGUMENT, -1, "%s", fecg_strerror(FECG_ERR_ARGUMENT));
  fecg_safetensors f;
  fecg_status status = fecg_safetensors_open(bytes, n, &f, error);
  if (status != FECG_OK) return status;
  fecg_model *m = fecg_alloc(1, sizeof *m);
  if (!m) status = fecg_fail(error, FECG_ERR_MEMORY, -1, "%s", fecg_strerror(FECG_ERR_MEMORY));
  else status = check_metadata(&f, m, error);
  if (status == FECG_OK) {
    fecg_binder b;
    fecg_binder_begin(&b, &f, &m->weights, error);
    if (m->architecture == FECG_NET_FHNET) fecg_fhnet_bind(&b, &m->fhnet);
    else {
      fecg_ecgnet_bind(&b, &m->ecgnet);
      if (b.status == FECG_OK) b.status = fecg_ecgnet_reserve(&m->ecgnet_work);
    }
    bind_rest(&b, m);
    status = fecg_binder_end(&b);
  }
  if (status == FECG_OK) {
    m->metadata = cJSON_DetachItemFromObjectCaseSensitive(f.header, "__metadata__");
    fecg_sha256(bytes, n, m->sha256);
    *out = m;
  } else fecg_model_destroy(m);
  fecg_safetensors_close(&f);
  return status;
}

void fecg_model_destroy(fecg_model *m) {
  if (!m) return;
  cJSON_Delete(m->metadata);
  fecg_arena_destroy(&m->weights);
  fecg_arena_destroy(&m->work.arena);
  fecg_arena_destroy(&m->ecgnet_work.arena);
  fecg_free(m);
}

const char *fecg_model_metadata(const fecg_model *m, const char *key) {
  const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(m->metadata, key));
  return text ? text : "";
}

const char *fecg_model_name(const fecg_model *m) { return fecg_model_metadata(m, "name"); }
const char *fecg_model_sha256(const fecg_model *m) { return m->sha256; }
const char *fecg_model_architecture(const fecg_model *m) { return ARCHITECTURES[m->architecture]; }

const fecg_tensor *fecg_model_tensor(const fecg_model *m, const char *name) {
  for (size_t i = 0; i < m->count; i++)
    if (strcmp(m->tensors[i].name, name) == 0) return m->tensors + i;
  return NULL;
}

void fecg_model_set_int16(fecg_model *m, int int16) { m->work.products.int16 = m->ecgnet_work.products.int16 = int16 != 0; }
