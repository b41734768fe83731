/* safetensors.c — see safetensors.h. */
#include "net/safetensors.h"

#include <cJSON.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define METADATA "__metadata__"
#define NAME "%.80s" /* names come from the file */

fecg_status fecg_fail(fecg_diagnostic *error, fecg_status status, int64_t offset, const char *format, ...) {
  if (!error) return status;
  va_list args;
  va_start(args, format);
  snprintf(error->code, sizeof error->code, "%s", fecg_status_code(status));
  vsnprintf(error->message, sizeof error->message, format, args);
  error->offset = offset;
  va_end(args);
  return status;
}

static uint64_t little_endian(const uint8_t *p, int bytes) {
  uint64_t x = 0;
  while (bytes-- > 0) x = x << 8 | p[bytes];
  return x;
}

/* A whole number in [0, limit]. */
static int whole(const cJSON *item, uint64_t limit, uint64_t *out) {
  if (!cJSON_IsNumber(item) || !(item->valuedouble >= 0 && item->valuedouble < 9007199254740992.0)) return 0;
  *out = (uint64_t)item->valuedouble;
  return (double)*out == item->valuedouble && *out <= limit;
}

/* cJSON gives NULL for text that is no JSON and where memory runs out. In the second case either a block larger than
 * each it takes cannot be had, or its next try goes further. */
static fecg_status parse(const char *text, size_t n, cJSON **out, const char **end) {
  *out = cJSON_ParseWithLengthOpts(text, n, end, 0);
  if (*out) return FECG_OK;
  void *probe = fecg_alloc(n + sizeof(cJSON), 1);
  fecg_free(probe);
  if (!probe) return FECG_ERR_MEMORY;
  cJSON *again = cJSON_ParseWithLengthOpts(text, n, end, 0);
  cJSON_Delete(again);
  return again ? FECG_ERR_MEMORY : FECG_ERR_FORMAT;
}

static fecg_status read_tensor(const cJSON *item, fecg_stored *t, const fecg_safetensors *s, fecg_diagnostic *error) {
  static const struct {
    const char *word;
    size_t size;
  } DTYPES[] = {[FECG_F32] = {"F32", 4}, [FECG_F16] = {"F16", 2}, [FECG_I8] = {"I8", 1}};
  const cJSON *dtype = cJSON_GetObjectItemCaseSensitive(item, "dtype"), *shape = cJSON_GetObjectItemCaseSensitive(item, "shape");
  const cJSON *offsets = cJSON_GetObjectItemCaseSensitive(item, "data_offsets");
  t->name = item->string;
  if (!cJSON_IsString(dtype) || !cJSON_IsArray(shape) || !cJSON_IsArray(offsets) || cJSON_GetArraySize(offsets) != 2)
    return fecg_fail(error, FECG_ERR_FORMAT, 8, "tensor " NAME " lacks dtype, shape or data_offsets", t->name);
  int kind = 0;
  while (kind < 3 && strcmp(DTYPES[kind].word, dtype->valuestring) != 0) kind++;
  if (kind == 3) return fecg_fail(error, FECG_ERR_UNSUPPORTED, 8, "tensor " NAME " is %.16s; F32, F16 and I8 are read", t->name, dtype->valuestring);
  t->dtype = (fecg_dtype)kind;
  t->dims = 0;
  uint64_t count = 1, d, begin, end;
  const cJSON *size;
  cJSON_ArrayForEach(size, shape) {
    if (t->dims == FECG_TENSOR_DIMS) return fecg_fail(error, FECG_ERR_UNSUPPORTED, 8, "tensor " NAME " has more than %d dimensions", t->name, FECG_TENSOR_DIMS);
    /* count <= data_size < 2^53 here, so the product below fits */
    if (!whole(size, 1 << 10, &d) || d == 0)
      return fecg_fail(error, FECG_ERR_UNSUPPORTED, 8, "tensor " NAME " has a dimension that is not 1 to 1024", t->name);
    if ((count *= d) > s->data_size) return fecg_fail(error, FECG_ERR_FORMAT, 8, "tensor " NAME " is larger than the file", t->name);
    t->shape[t->dims++] = (int)d;
  }
  if (!whole(cJSON_GetArrayItem(offsets, 0), s->data_size, &begin) || !whole(cJSON_GetArrayItem(offsets, 1), s->data_size, &end))
    return fecg_fail(error, FECG_ERR_FORMAT, 8, "tensor " NAME " lies outside the file", t->name);
  if (end < begin || end - begin != count * DTYPES[kind].size)
    return fecg_fail(error, FECG_ERR_FORMAT, 8, "tensor " NAME " has other bytes than its shape", t->name);
  t->count = (size_t)count;
  t->bytes = s->data + begin;
  return FECG_OK;
}

static int by_place(const void *a, const void *b) {
  const fecg_stored *x = a, *y = b;
  return x->bytes < y->bytes ? -1 : x->bytes > y->bytes;
}

static fecg_status read_header(fecg_safetensors *s, fecg_diagnostic *error) {
  if (!cJSON_IsObject(s->header)) return fecg_fail(error, FECG_ERR_FORMAT, 8, "the header is no JSON object");
  const cJSON *item, *metadata = cJSON_GetObjectItemCaseSensitive(s->header, METADATA);
  if (metadata && !cJSON_IsObject(metadata)) return fecg_fail(error, FECG_ERR_FORMAT, 8, METADATA " is no JSON object");
  cJSON_ArrayForEach(item, metadata)
    if (!cJSON_IsString(item)) return fecg_fail(error, FECG_ERR_FORMAT, 8, METADATA " " NAME " is no text", item->string);
  const int items = cJSON_GetArraySize(s->header);
  if (items > FECG_TENSORS_MAX) return fecg_fail(error, FECG_ERR_UNSUPPORTED, 8, "more than %d tensors", FECG_TENSORS_MAX);
  if (!(s->tensors = fecg_alloc((size_t)items + 1, sizeof *s->tensors))) return fecg_fail(error, FECG_ERR_MEMORY, -1, "%s", fecg_strerror(FECG_ERR_MEMORY));
  cJSON_ArrayForEach(item, s->header) {
    if (item == metadata) continue;
    if (cJSON_GetObjectItemCaseSensitive(s->header, item->string) != item)
      return fecg_fail(error, FECG_ERR_FORMAT, 8, "tensor " NAME " stands twice in the header", item->string);
    const fecg_status status = read_tensor(item, s->tensors + s->count, s, error);
    if (status != FECG_OK) return status;
    s->count++;
  }
  qsort(s->tensors, s->count, sizeof *s->tensors, by_place);
  const uint8_t *at = s->data;
  static const size_t SIZES[] = {[FECG_F32] = 4, [FECG_F16] = 2, [FECG_I8] = 1};
  for (size_t i = 0; i < s->count; at += s->tensors[i].count * SIZES[s->tensors[i].dtype], i++)
    if (s->tensors[i].bytes != at)
      return fecg_fail(error, FECG_ERR_FORMAT, 8, "tensor " NAME " overlaps another or follows a hole", s->tensors[i].name);
  if (at != s->data + s->data_size) return fecg_fail(error, FECG_ERR_FORMAT, -1, "bytes follow the last tensor");
  return FECG_OK;
}

fecg_status fecg_safetensors_open(const uint8_t *bytes, size_t n, fecg_safetensors *out, fecg_diagnostic *error) {
  memset(out, 0, sizeof *out);
  if (n < 8) return fecg_fail(error, FECG_ERR_FORMAT, 0, "%lu bytes, too few for a safetensors file", (unsigned long)n);
  const uint64_t length = little_endian(bytes, 8);
  if (length > n - 8) return fecg_fail(error, FECG_ERR_FORMAT, 0, "the header is longer than the file: it is cut, or no safetensors file");
  if (length > FECG_TENSORS_HEADER_MAX) return fecg_fail(error, FECG_ERR_UNSUPPORTED, 0, "the header is longer than %d bytes", FECG_TENSORS_HEADER_MAX);
  out->data = bytes + 8 + length;
  out->data_size = n - 8 - (size_t)length;
  const char *text = (const char *)bytes + 8, *end = text;
  fecg_status status = parse(text, (size_t)length, &out->header, &end);
  if (status == FECG_ERR_MEMORY) return fecg_fail(error, status, -1, "%s", fecg_strerror(status));
  while (status == FECG_OK && end < text + length && (*end == ' ' || *end == '\n')) end++;
  if (status != FECG_OK || end != text + length) status = fecg_fail(error, FECG_ERR_FORMAT, end - (const char *)bytes, "the header is no JSON");
  else status = read_header(out, error);
  if (status != FECG_OK) fecg_safetensors_close(out);
  return status;
}

void fecg_safetensors_close(fecg_safetensors *s) {
  cJSON_Delete(s->header);
  fecg_free(s->tensors);
  memset(s, 0, sizeof *s);
}

const fecg_stored *fecg_safetensors_find(const fecg_safetensors *s, const char *name) {
  for (size_t i = 0; i < s->count; i++)
    if (strcmp(s->tensors[i].name, name) == 0) return s->tensors + i;
  return NULL;
}

const char *fecg_safetensors_metadata(const fecg_safetensors *s, const char *key) {
  return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(s->header, METADATA), key));
}

/* The bits of binary16 as those of binary32. */
static uint32_t half(uint32_t h) {
  const uint32_t sign = (h & 0x8000) << 16, exponent = h >> 10 & 31, fraction = h & 0x3ff;
  if (exponent == 31) return sign | 0x7f800000 | fraction << 13;
  if (exponent != 0) return sign | (exponent + 112) << 23 | fraction << 13;
  const float small = (float)fraction * 5.9604644775390625e-8f; /* 2^-24 */
  uint32_t bits;
  memcpy(&bits, &small, sizeof bits);
  return sign | bits;
}

size_t fecg_stored_floats(const fecg_stored *t, float *out) {
  for (size_t i = 0; i < t->count; i++) {
    if (t->dtype == FECG_I8) {
      out[i] = (float)(int8_t)t->bytes[i];
      continue;
    }
    const uint32_t bits = t->dtype == FECG_F32 ? (uint32_t)little_endian(t->bytes + 4 * i, 4) : half((uint32_t)little_endian(t->bytes + 2 * i, 2));
    if ((bits & 0x7f800000) == 0x7f800000) return i;
    memcpy(out + i, &bits, sizeof bits);
  }
  return t->count;
}
