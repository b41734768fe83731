/* record_feed.h — a host for tests: reads a recording from files in memory and keeps all it gave. */
#ifndef FECG_RECORD_FEED_H
#define FECG_RECORD_FEED_H

#include "fecg.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unity.h"

typedef struct feed_file {
  const char *name;
  const void *bytes;
  size_t n;
} feed_file;

enum { FEED_CHANNELS = 16, FEED_SAMPLES = 4096 };

typedef struct feed {
  fecg_reader *reader;
  fecg_status status;
  float uv[FEED_CHANNELS][FEED_SAMPLES];  /* of the selected channels */
  size_t n[FEED_CHANNELS];
  size_t blocks, requests;
  int hide_size;  /* the host does not know file sizes */
} feed;

static inline void feed_need(feed *f, const fecg_read_event *ev, const feed_file *files, size_t count) {
  size_t i = 0;
  f->requests++;
  if (ev->file > 0)
    for (i = 1; i < count && strcmp(files[i].name, ev->name) != 0;) i++;
  if (i >= count) {
    TEST_ASSERT_EQUAL(FECG_OK, fecg_reader_supply_missing(f->reader));
    return;
  }
  size_t there = ev->offset < files[i].n ? files[i].n - (size_t)ev->offset : 0;
  if (there > ev->size) there = ev->size;
  fecg_status s = fecg_reader_supply(f->reader, (const uint8_t *)files[i].bytes + (there ? ev->offset : 0), there,
                                     f->hide_size ? UINT64_MAX : files[i].n);
  TEST_ASSERT_TRUE(s == FECG_OK || s == FECG_ERR_MEMORY);
}

/* Goes on to the HEADER event (1), or to the end or an error (0); blocks are kept. */
static inline int feed_on(feed *f, const feed_file *files, size_t count) {
  fecg_read_event ev;
  while ((f->status = fecg_reader_next(f->reader, &ev)) == FECG_OK && ev.kind != FECG_READ_END) {
    if (ev.kind == FECG_READ_NEED) feed_need(f, &ev, files, count);
    if (ev.kind == FECG_READ_HEADER) return 1;
    if (ev.kind != FECG_READ_BLOCK) continue;
    f->blocks++;
    for (int i = 0; i < FEED_CHANNELS; i++) {
      size_t n;
      const float *uv = fecg_reader_block(f->reader, i, &n);
      for (size_t k = 0; k < n; k++, f->n[i]++)
        if (f->n[i] < FEED_SAMPLES) f->uv[i][f->n[i]] = uv[k];
    }
  }
  return 0;
}

/* Reads files[0], which may name the others, from beginning to end. Release with feed_close(). */
static inline feed *feed_read(const feed_file *files, size_t count, const fecg_read_options *options) {
  static feed f;
  const fecg_read_options o = {files[0].name, options ? options->fs : 0, options ? options->unit : NULL};
  memset(&f, 0, sizeof f);
  f.status = fecg_reader_create(&o, &f.reader);
  if (f.status == FECG_OK)
    while (feed_on(&f, files, count)) {}
  return &f;
}

static inline void feed_close(feed *f) {
  fecg_reader_destroy(f->reader);
  f->reader = NULL;
}

static inline void expect_samples(const feed *f, int channel, const float *want, size_t n) {
  TEST_ASSERT_EQUAL_MESSAGE(n, f->n[channel], "number of samples");
  for (size_t i = 0; i < n; i++) {
    const float got = f->uv[channel][i];
    TEST_ASSERT_EQUAL_MESSAGE(isnan(want[i]), isnan(got), "a gap");
    if (!isnan(want[i])) {
      TEST_ASSERT_FLOAT_WITHIN(1e-6f * fabsf(want[i]) + 1e-9f, want[i], got);
    }
  }
}
#define EXPECT_SAMPLES(f, channel, ...) \
  expect_samples(f, channel, (const float[]){__VA_ARGS__}, sizeof((const float[]){__VA_ARGS__}) / sizeof(float))

static inline int has_diagnostic(const fecg_reader *r, const char *code) {
  size_t n;
  const fecg_diagnostic *d = fecg_reader_diagnostics(r, &n);
  for (size_t i = 0; i < n; i++)
    if (strcmp(d[i].code, code) == 0) return 1;
  return 0;
}

static inline size_t diagnostic_count(const fecg_reader *r) {
  size_t n;
  fecg_reader_diagnostics(r, &n);
  return n;
}

/* The read failed with this status at this offset, and the message holds the words. */
static inline void expect_error(const feed *f, fecg_status status, int64_t offset, const char *words) {
  TEST_ASSERT_EQUAL_STRING(fecg_status_code(status), fecg_status_code(f->status));
  const fecg_diagnostic *e = fecg_reader_error(f->reader, NULL);
  TEST_ASSERT_NOT_NULL(e);
  TEST_ASSERT_EQUAL_STRING(fecg_status_code(status), e->code);
  TEST_ASSERT_NOT_NULL_MESSAGE(strstr(e->message, words), e->message);
  TEST_ASSERT_TRUE_MESSAGE(offset == e->offset, e->message);
}

/* ---- building EDF files ---- */

typedef struct edf_spec {  /* a signal; NULL: "", "uV", the 16-bit range: a digit is a microvolt */
  const char *label, *unit, *pmin, *pmax, *dmin, *dmax;
  int samples;
} edf_spec;

typedef struct edf_file {
  uint8_t bytes[16384];
  size_t n;
} edf_file;

static inline void edf_field(uint8_t *at, int width, const char *text) {
  for (int i = 0; i < width; i++) at[i] = (uint8_t)(*text ? *text++ : ' ');
}

static inline void edf_integer(uint8_t *at, int width, int v) {
  char text[16];
  snprintf(text, sizeof text, "%d", v);
  edf_field(at, width, text);
}

static inline void edf_begin(edf_file *e, const char *reserved, int records, const char *duration, const edf_spec *s, int ns) {
  static const int WIDTH[] = {16, 80, 8, 8, 8, 8, 8, 80, 8, 32};
  uint8_t *h = e->bytes;
  memset(e, 0, sizeof *e);
  memset(h, ' ', 256 * (size_t)(ns + 1));
  edf_field(h, 8, "0");
  if (strncmp(reserved, "BDF", 3) == 0 || strcmp(reserved, "24BIT") == 0) memcpy(h, "\xFF" "BIOSEMI", 8);
  edf_integer(h + 184, 8, 256 * (ns + 1));
  edf_field(h + 192, 44, reserved);
  edf_integer(h + 236, 8, records);
  edf_field(h + 244, 8, duration);
  edf_integer(h + 252, 4, ns);
  uint8_t *at = h + 256;
  for (int field = 0; field < 10; field++)
    for (int i = 0; i < ns; at += WIDTH[field], i++) {
      const char *const text[] = {s[i].label ? s[i].label : "", "", s[i].unit ? s[i].unit : "uV", s[i].pmin ? s[i].pmin : "-32768",
                                  s[i].pmax ? s[i].pmax : "32767", s[i].dmin ? s[i].dmin : "-32768", s[i].dmax ? s[i].dmax : "32767",
                                  "", "", ""};
      if (field == 8) edf_integer(at, 8, s[i].samples);
      else edf_field(at, WIDTH[field], text[field]);
    }
  e->n = 256 * (size_t)(ns + 1);
}

static inline void edf_samples(edf_file *e, const int16_t *v, size_t n) {
  for (size_t i = 0; i < n; i++) {
    e->bytes[e->n++] = (uint8_t)((uint16_t)v[i] & 255);
    e->bytes[e->n++] = (uint8_t)((uint16_t)v[i] >> 8);
  }
}
#define EDF_SAMPLES(e, ...) edf_samples(e, (const int16_t[]){__VA_ARGS__}, sizeof((const int16_t[]){__VA_ARGS__}) / 2)

/* An annotation signal's part of a record, filled up with zeros to `width` bytes. */
static inline void edf_tals(edf_file *e, const char *text, size_t n, size_t width) {
  memcpy(e->bytes + e->n, text, n);
  e->n += width;
}
#define EDF_TALS(e, text, width) edf_tals(e, text, sizeof(text) - 1, width)

static inline feed *read_edf(const edf_file *e) {
  const feed_file file = {"a.edf", e->bytes, e->n};
  return feed_read(&file, 1, NULL);
}

static inline feed *read_text(const char *name, const char *text, const fecg_read_options *options) {
  const feed_file file = {name, text, strlen(text)};
  return feed_read(&file, 1, options);
}

#endif
