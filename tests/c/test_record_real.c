/* Tests of reading the recordings of ../shared/data, where it is present: samples against the check
 * sums that WFDB headers carry, and against the 16-bit values of EDF files read plainly. */
#include "fecg.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unity.h"

void setUp(void) {}
void tearDown(void) {}

/* The folder beside the repository, found from this file: tests/c/../../../shared/data/fetal. */
static const char *data_path(const char *name) {
  static char path[4096];
  const char *end = strstr(__FILE__, "tests/c/");
  snprintf(path, sizeof path, "%.*s../shared/data/fetal/%s", end ? (int)(end - __FILE__) : 0, __FILE__, name);
  return path;
}

static uint8_t *slurp(const char *path, size_t *n) {
  FILE *f = fopen(path, "rb");
  uint8_t *bytes = NULL;
  *n = 0;
  if (!f) return NULL;
  for (size_t got = 1; got; *n += got) {
    bytes = realloc(bytes, *n + (1 << 20));
    TEST_ASSERT_NOT_NULL(bytes);
    got = fread(bytes + *n, 1, 1 << 20, f);
  }
  fclose(f);
  return bytes;
}

enum { CHANNELS = 8 };
typedef struct recording {
  float *uv[CHANNELS];
  size_t n[CHANNELS];
  fecg_reader *reader;
} recording;

/* Reads a file and the one signal file beside it; 0: it is not there. */
static int read_recording(const char *name, recording *rec) {
  char path[2][4096];
  snprintf(path[0], sizeof path[0], "%s", data_path(name));
  memset(rec, 0, sizeof *rec);
  const fecg_read_options o = {strrchr(path[0], '/') + 1, 0, NULL};
  size_t size[2] = {0, 0};
  uint8_t *file[2] = {slurp(path[0], &size[0]), NULL};
  fecg_read_event ev;
  if (!file[0]) return 0;
  TEST_ASSERT_EQUAL(FECG_OK, fecg_reader_create(&o, &rec->reader));
  while (fecg_reader_next(rec->reader, &ev) == FECG_OK && ev.kind != FECG_READ_END) {
    if (ev.kind == FECG_READ_NEED) {
      TEST_ASSERT_LESS_THAN(2, ev.file);
      if (!file[ev.file]) {
        snprintf(path[1], sizeof path[1], "%.*s%s", (int)(strrchr(path[0], '/') + 1 - path[0]), path[0], ev.name);
        file[ev.file] = slurp(path[1], &size[ev.file]);
        TEST_ASSERT_NOT_NULL(file[ev.file]);
      }
      size_t there = ev.offset < size[ev.file] ? size[ev.file] - (size_t)ev.offset : 0;
      fecg_reader_supply(rec->reader, file[ev.file] + (there ? ev.offset : 0), there < ev.size ? there : ev.size, size[ev.file]);
    }
    for (int i = 0; ev.kind == FECG_READ_BLOCK && i < fecg_reader_channel_count(rec->reader); i++) {
      size_t n;
      const float *uv = fecg_reader_block(rec->reader, i, &n);
      rec->uv[i] = realloc(rec->uv[i], (rec->n[i] + n) * sizeof(float));
      TEST_ASSERT_NOT_NULL(rec->uv[i]);
      memcpy(rec->uv[i] + rec->n[i], uv, n * sizeof(float));
      rec->n[i] += n;
    }
  }
  TEST_ASSERT_EQUAL(FECG_READ_END, ev.kind);
  free(file[0]), free(file[1]);
  return 1;
}

static void release(recording *rec) {
  for (int i = 0; i < CHANNELS; i++) free(rec->uv[i]);
  fecg_reader_destroy(rec->reader);
}

static void wfdb_samples_have_the_check_sums_of_their_headers(void) {
  static const struct { const char *name; int channels; double gain; int sum[8], first[8]; } CASES[] = {
      {"cinc2013/a01.hea", 4, 10, {14459, -21975, -14189, -17968}, {-33, -67, 30, -35}},
      {"cinc2013/a26.hea", 4, 2, {-16712, -30302, -24285, 27144}, {422, 391, 441, 329}},
      {"silesia_b2/b2_r02.hea", 5, 10, {63056, 142, 1173, 64439, 65366}, {39, 8, -35, -33, -17}},
      {"daisy/foetal_ecg.hea", 5, 200, {13040, 31212, 5720, 56504, 14864}, {29, 288, 854, -1851, -569}}};
  for (size_t k = 0; k < sizeof CASES / sizeof *CASES; k++) {
    recording rec;
    if (!read_recording(CASES[k].name, &rec)) TEST_IGNORE_MESSAGE("skipped: ../shared/data is not present");
    for (int i = 0; i < CASES[k].channels; i++) {
      int sum = 0;
      for (size_t j = 0; j < rec.n[i]; j++) sum += isnan(rec.uv[i][j]) ? -32768 : (int)rint(rec.uv[i][j] * CASES[k].gain);
      TEST_ASSERT_EQUAL_INT16_MESSAGE((int16_t)CASES[k].sum[i], (int16_t)sum, CASES[k].name);
      TEST_ASSERT_EQUAL(CASES[k].first[i], (int)rint(rec.uv[i][0] * CASES[k].gain));
    }
    release(&rec);
  }
}

static void edf_samples_are_those_of_the_records(void) {
  recording rec;
  size_t n;
  if (!read_recording("adfecgdb/r01.edf", &rec)) TEST_IGNORE_MESSAGE("skipped: ../shared/data is not present");
  uint8_t *bytes = slurp(data_path("adfecgdb/r01.edf"), &n);
  TEST_ASSERT_EQUAL(1792 + 60 * 51000, n);
  for (int i = 0; i < 5; i++) {
    TEST_ASSERT_EQUAL(300000, rec.n[i]);
    for (size_t k = 0; k < 300000; k++) { /* 60 records of 5 x 5000 samples and 1000 bytes of annotations */
      const uint8_t *p = bytes + 1792 + k / 5000 * 51000 + (size_t)i * 10000 + k % 5000 * 2;
      double uv = -3276.8 + ((int16_t)(p[0] | p[1] << 8) + 32768) * 6553.6 / 65535;
      if (fabs(rec.uv[i][k] - uv) > 1e-3) TEST_FAIL_MESSAGE("a sample differs");
    }
  }
  fecg_reader_annotations(rec.reader, &n);
  TEST_ASSERT_EQUAL(644, n);
  free(bytes);
  release(&rec);
}

static void annotation_files_are_read_whole(void) {
  static const struct { const char *name; size_t beats; double first_s; } CASES[] = {{"adfecgdb/r01.edf.qrs", 644, 0.183}, {"cinc2013/a01.fqrs", 145, 0.355}};
  for (size_t k = 0; k < sizeof CASES / sizeof *CASES; k++) {
    size_t size, n;
    fecg_annotation *a;
    uint8_t *bytes = slurp(data_path(CASES[k].name), &size);
    if (!bytes) TEST_IGNORE_MESSAGE("skipped: ../shared/data is not present");
    TEST_ASSERT_EQUAL(FECG_OK, fecg_annotations_read(bytes, size, 1000, &a, &n));
    TEST_ASSERT_EQUAL(CASES[k].beats, n);
    TEST_ASSERT_DOUBLE_WITHIN(1e-9, CASES[k].first_s, a[0].t_s);
    for (size_t i = 1; i < n; i++) TEST_ASSERT_TRUE(a[i].t_s > a[i - 1].t_s && a[i].t_s < 300);
    fecg_free(a);
    free(bytes);
  }
}

int main(void) {
  UNITY_BEGIN();
  RUN_TEST(wfdb_samples_have_the_check_sums_of_their_headers);
  RUN_TEST(edf_samples_are_those_of_the_records);
  RUN_TEST(annotation_files_are_read_whole);
  return UNITY_END();
}
