/* net_file.h — safetensors files for tests: a whole FHNet or ECGNet with weights of a formula that models/fhnet/vectors.py and
 * models/ecgnet/vectors.py know too, in any type and with any fault, and the vectors that PyTorch wrote. */
#ifndef FECG_NET_FILE_H
#define FECG_NET_FILE_H

#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sha256.h"
#include "fecg.h"
#include "unity.h"

/* [-1, 1): formula() of vectors.py */
static inline float net_formula(const char *name, uint32_t i) {
  uint32_t h = 0x811c9dc5;
  for (const char *c = name; *c; c++) h = (h ^ (uint8_t)*c) * 0x01000193;
  h += i * 0x9e3779b9u;
  h = (h ^ h >> 16) * 0x85ebca6bu;
  h = (h ^ h >> 13) * 0xc2b2ae35u;
  h ^= h >> 16;
  return (float)(h >> 8) * 1.1920928955078125e-07f - 1.0f;
}

typedef struct net_tensor {
  char name[64];
  const char *dtype; /* F32, F16, I8 or a fault */
  int dims, shape[4];
} net_tensor;

typedef struct net_file {
  net_tensor tensor[256];
  int count;
  char extra[256];         /* more members of __metadata__: ,"key":"value" */
  char architecture[32];
  char header[1 << 16];
  uint8_t *bytes;
  size_t n, room;
} net_file;

static inline net_tensor *net_add(net_file *f, const char *name, int a, int b, int c) {
  net_tensor *t = f->tensor + f->count++;
  TEST_ASSERT_LESS_OR_EQUAL(256, f->count);
  *t = (net_tensor){.dtype = "F32", .dims = 1 + (b > 0) + (c > 0), .shape = {a, b, c}};
  TEST_ASSERT_LESS_THAN(sizeof t->name, strlen(name));
  strcpy(t->name, name);
  return t;
}

/* weight and bias */
static inline void net_layer(net_file *f, const char *name, int out, int in, int taps) {
  char full[80];
  snprintf(full, sizeof full, "%s.weight", name);
  net_add(f, full, out, in, taps);
  snprintf(full, sizeof full, "%s.bias", name);
  net_add(f, full, strncmp(name, "up", 2) == 0 ? in : out, 0, 0);
}

/* The tensors of FHNet. */
static inline void net_fhnet(net_file *f) {
  char name[64];
  memset(f, 0, sizeof *f);
  strcpy(f->architecture, "fhnet");
  net_layer(f, "stem1", 24, 3, 15);
  net_layer(f, "stem2", 48, 24, 9);
  net_layer(f, "stem3", 64, 48, 5);
  net_layer(f, "gat.norm", 64, 0, 0);
  net_layer(f, "gat.qkv", 192, 64, 0);
  net_layer(f, "gat.out", 64, 64, 0);
  net_layer(f, "pool_norm", 64, 0, 0);
  net_layer(f, "pool_score", 1, 64, 0);
  net_layer(f, "token", 64, 64, 0);
  for (int b = 0; b < 3; b++) {
    static const struct { const char *name; int out, in, taps; } PARTS[] = {{"norm1", 64, 0, 0}, {"norm2", 64, 0, 0}, {"norm3", 64, 0, 0},
      {"scales.0", 64, 1, 7}, {"scales.1", 64, 1, 15}, {"scales.2", 64, 1, 31}, {"mix", 64, 64, 0}, {"qkv", 192, 64, 0}, {"out", 64, 64, 0},
      {"up", 128, 64, 0}, {"down", 64, 128, 0}};
    for (size_t i = 0; i < sizeof PARTS / sizeof *PARTS; i++) {
      snprintf(name, sizeof name, "blocks.%d.%s", b, PARTS[i].name);
      net_layer(f, name, PARTS[i].out, PARTS[i].in, PARTS[i].taps);
    }
  }
  net_layer(f, "norm", 64, 0, 0);
  net_layer(f, "qrs", 16, 64, 0);
  net_layer(f, "state", 2, 64, 0);
  net_layer(f, "wave_lead", 64, 64, 0);
  net_layer(f, "wave_token", 64, 64, 0);
  net_layer(f, "up1", 64, 48, 4);
  net_layer(f, "up2", 48, 24, 4);
  net_layer(f, "up3", 24, 2, 4);
}

/* The tensors of ECGNet. */
static inline void net_ecgnet(net_file *f) {
  static const struct { const char *name; int out, in, taps; } PARTS[] = {{"stem1", 16, 1, 15}, {"stem2", 32, 16, 9}, {"stem3", 64, 32, 5},
    {"cbam2.down", 4, 32, 0}, {"cbam2.up", 32, 4, 0}, {"cbam2.gate", 1, 2, 7}, {"cbam3.down", 8, 64, 0}, {"cbam3.up", 64, 8, 0},
    {"cbam3.gate", 1, 2, 7}, {"gat.norm", 64, 0, 0}, {"gat.qkv", 192, 64, 0}, {"gat.out", 64, 64, 0}, {"pool_norm", 64, 0, 0},
    {"pool_score", 1, 64, 0}, {"token", 64, 64, 0}, {"norm", 64, 0, 0}, {"time_score", 1, 64, 0}, {"measures", 64, 222, 0},
    {"join", 64, 192, 0}, {"answer", 6, 64, 0}};
  static const struct { const char *name; int out, in; } BLOCK[] = {{"norm1", 64, 0}, {"norm2", 64, 0}, {"qkv", 192, 64}, {"out", 64, 64},
    {"up", 128, 64}, {"down", 64, 128}};
  char name[64];
  memset(f, 0, sizeof *f);
  strcpy(f->architecture, "ecgnet");
  for (size_t i = 0; i < sizeof PARTS / sizeof *PARTS; i++) net_layer(f, PARTS[i].name, PARTS[i].out, PARTS[i].in, PARTS[i].taps);
  for (int b = 0; b < 2; b++)
    for (size_t i = 0; i < sizeof BLOCK / sizeof *BLOCK; i++) {
      snprintf(name, sizeof name, "blocks.%d.%s", b, BLOCK[i].name);
      net_layer(f, name, BLOCK[i].out, BLOCK[i].in, 0);
    }
  net_add(f, "lead", 12, 64, 0);
  net_add(f, "measure_mean", 111, 0, 0);
  net_add(f, "measure_scale", 111, 0, 0);
}

static inline net_tensor *net_named(net_file *f, const char *name) {
  for (int i = 0; i < f->count; i++)
    if (strcmp(f->tensor[i].name, name) == 0) return f->tensor + i;
  TEST_FAIL_MESSAGE(name);
  return NULL;
}

static inline size_t net_elements(const net_tensor *t) {
  size_t n = 1;
  for (int i = 0; i < t->dims; i++) n *= (size_t)t->shape[i];
  return n;
}

static inline size_t net_size(const net_tensor *t) {
  return net_elements(t) * (strcmp(t->dtype, "F16") == 0 ? 2 : strcmp(t->dtype, "I8") == 0 ? 1 : 4);
}

/* fill() of vectors.py, and ECGNet's measures */
static inline float net_weight(const net_tensor *t, uint32_t i) {
  const float u = net_formula(t->name, i);
  const char *dot = strrchr(t->name, '.');
  if (t->dims == 1) {
    const int gain = (dot && strcmp(dot, ".weight") == 0) || strcmp(t->name, "measure_scale") == 0; /* a norm's */
    return gain ? 1 + u * 0.125f : u * 0.125f;
  }
  const int fan_in = strncmp(t->name, "up", 2) == 0 ? t->shape[0] * 2 : t->shape[1] * (t->dims > 2 ? t->shape[2] : 1);
  return u * sqrtf(3.0f / (float)fan_in);
}

static inline uint16_t net_half(float x) { /* of a normal number in the range of binary16, to nearest */
  uint32_t b;
  memcpy(&b, &x, sizeof b);
  const uint32_t size = (b & 0x7fffffff) + 0xfff + (b >> 13 & 1);
  return (uint16_t)(b >> 16 & 0x8000) | (uint16_t)(size < 0x38800000 ? 0 : (size - 0x38000000) >> 13);
}

static inline void net_put(net_file *f, size_t *at, const char *format, ...) __attribute__((format(printf, 3, 4)));
static inline void net_put(net_file *f, size_t *at, const char *format, ...) {
  va_list args;
  va_start(args, format);
  *at += (size_t)vsnprintf(f->header + *at, sizeof f->header - *at, format, args);
  va_end(args);
  TEST_ASSERT_LESS_THAN(sizeof f->header, *at);
}

/* I8 tensors need their NAME.scale among the tensors; their numbers are then the formula's over that scale. */
static inline void net_write(net_file *f) {
  size_t data = 0, at = 0;
  for (int i = 0; i < f->count; i++) data += net_size(f->tensor + i);
  uint8_t *d = malloc(data + 1);
  TEST_ASSERT_NOT_NULL(d);
  size_t to = 0;
  for (int i = 0; i < f->count; i++) {
    const net_tensor *t = f->tensor + i;
    for (uint32_t k = 0; k < net_elements(t); k++) {
      float x = net_weight(t, k);
      if (strlen(t->name) > 6 && strcmp(t->name + strlen(t->name) - 6, ".scale") == 0) x = 1.0f / 400;
      if (strcmp(t->dtype, "F16") == 0) {
        const uint16_t h = net_half(x);
        d[to++] = (uint8_t)h, d[to++] = (uint8_t)(h >> 8);
      } else if (strcmp(t->dtype, "I8") == 0) {
        const float q = rintf(x * 400);
        d[to++] = (uint8_t)(int8_t)(q > 127 ? 127 : q < -127 ? -127 : q);
      } else {
        uint32_t b;
        memcpy(&b, &x, sizeof b);
        for (int s = 0; s < 32; s += 8) d[to++] = (uint8_t)(b >> s);
      }
    }
  }
  char sha256[65];
  fecg_sha256(d, data, sha256);
  net_put(f, &at, "{\"__metadata__\":{\"architecture\":\"%s\",\"sha256\":\"%s\",\"name\":\"formula\"%s}", f->architecture, sha256, f->extra);
  for (int i = 0, begin = 0; i < f->count; i++) {
    const net_tensor *t = f->tensor + i;
    const int end = begin + (int)net_size(t);
    net_put(f, &at, ",\"%s\":{\"dtype\":\"%s\",\"shape\":[", t->name, t->dtype);
    for (int k = 0; k < t->dims; k++) net_put(f, &at, k ? ",%d" : "%d", t->shape[k]);
    net_put(f, &at, "],\"data_offsets\":[%d,%d]}", begin, end);
    begin = end;
  }
  net_put(f, &at, "}");
  f->n = 8 + at + data;
  f->bytes = malloc(f->n);
  TEST_ASSERT_NOT_NULL(f->bytes);
  for (int i = 0; i < 8; i++) f->bytes[i] = (uint8_t)((uint64_t)at >> 8 * i);
  memcpy(f->bytes + 8, f->header, at);
  memcpy(f->bytes + 8 + at, d, data);
  free(d);
}

/* Changes a written tensor's first number, of four bytes, and the sha256 with it. */
static inline void net_spoil(net_file *f, const char *name, const uint8_t number[4]) {
  char found[65], *sha256;
  const size_t data = 8 + strlen(f->header);
  size_t at = data;
  for (int i = 0; strcmp(f->tensor[i].name, name) != 0; i++) at += net_size(f->tensor + i);
  memcpy(f->bytes + at, number, 4);
  fecg_sha256(f->bytes + data, f->n - data, found);
  sha256 = strstr((char *)f->bytes + 8, "\"sha256\":\"");
  TEST_ASSERT_NOT_NULL(sha256);
  memcpy(sha256 + 10, found, 64);
}

static inline void net_free(net_file *f) {
  free(f->bytes);
  f->bytes = NULL;
}

/* window() of vectors.py */
static inline float *net_window(int leads) {
  char name[16];
  snprintf(name, sizeof name, "input%d", leads);
  float *x = malloc(sizeof(float) * (size_t)leads * 3000);
  TEST_ASSERT_NOT_NULL(x);
  for (uint32_t i = 0; i < (uint32_t)leads * 3000; i++) x[i] = net_formula(name, i) * 2;
  return x;
}

/* A file of the repository, in memory of its exact size. */
static inline uint8_t *net_read(const char *name, size_t *n) {
  char path[4096];
  const char *end = strstr(__FILE__, "tests/c/");
  snprintf(path, sizeof path, "%.*s%s", end ? (int)(end - __FILE__) : 0, __FILE__, name);
  FILE *f = fopen(path, "rb");
  TEST_ASSERT_NOT_NULL_MESSAGE(f, path);
  TEST_ASSERT_EQUAL(0, fseek(f, 0, SEEK_END));
  const long size = ftell(f);
  uint8_t *bytes = malloc((size_t)size);
  TEST_ASSERT_NOT_NULL(bytes);
  rewind(f);
  *n = fread(bytes, 1, (size_t)size, f);
  TEST_ASSERT_EQUAL(size, *n);
  fclose(f);
  return bytes;
}

/* The same of tests/data. */
static inline uint8_t *net_data(const char *name, size_t *n) {
  char path[128];
  snprintf(path, sizeof path, "tests/data/%s", name);
  return net_read(path, n);
}

#endif
