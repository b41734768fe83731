/* Tests of memory: whichever allocation fails, reading and writing end with FECG_ERR_MEMORY and
 * release everything. */
#include "alloc_fail.h"
#include "record_feed.h"

void setUp(void) {}
void tearDown(void) {}

/* Reads with each allocation failing in turn; the last round is the sound one. */
static void sweep_read(const feed_file *files, size_t count, const fecg_read_options *options, size_t samples) {
  for (long n = 1;; n++) {
    alloc_fail_at(n);
    feed *f = feed_read(files, count, options);
    int failed = alloc_fail_failed != 0;
    if (failed) {
      TEST_ASSERT_EQUAL_STRING("MEMORY", fecg_status_code(f->status));
      TEST_ASSERT_TRUE(!f->reader || strcmp(fecg_reader_error(f->reader, NULL)->code, "MEMORY") == 0);
    } else {
      TEST_ASSERT_EQUAL(FECG_OK, f->status);
      TEST_ASSERT_EQUAL(samples, f->n[0]);
    }
    feed_close(f);
    alloc_fail_end();
    if (!failed) {
      TEST_ASSERT_GREATER_THAN(6, n);
      return;
    }
  }
}

static void edf_with_gaps_and_annotations(void) {
  static edf_file e;
  const edf_spec s[] = {{.label = "A", .samples = 2}, {.label = "B", .samples = 4}, {.label = "EDF Annotations", .unit = "", .samples = 30}};
  edf_begin(&e, "EDF+D", 2, "1", s, 3);
  EDF_SAMPLES(&e, 1, 2, 3, 4, 5, 6);
  EDF_TALS(&e, "+0\x14\x14\0+0\x15" "0.5\x14gap A\x14\0+0.1\x14QRS\x14\0", 60);
  EDF_SAMPLES(&e, 1, 2, 3, 4, 5, 6);
  EDF_TALS(&e, "+1000\x14\x14\0", 60);
  const feed_file file = {"a.edf", e.bytes, e.n};
  sweep_read(&file, 1, NULL, 2002);
}

static void wfdb_with_two_files(void) {
  static const char header[] = "r 3 500 4\nr.dat 212\nr.dat 212\ns.dat 16\n";
  static const uint8_t bytes[16] = {1, 2, 3};
  const feed_file files[] = {{"r.hea", header, sizeof header - 1}, {"r.dat", bytes, 12}, {"s.dat", bytes, 8}};
  sweep_read(files, 3, NULL, 4);
}

static void csv_with_time_and_gaps(void) {
  static const char text[] = "t,A,B\n0,1,2\n0.002,3,x\n0.01,5,6\n";
  const feed_file file = {"a.csv", text, sizeof text - 1};
  sweep_read(&file, 1, NULL, 6);
}

static void mit_annotations(void) {
  uint8_t bytes[202];
  for (size_t i = 0; i < 200; i += 2) bytes[i] = 1, bytes[i + 1] = 4;
  bytes[200] = bytes[201] = 0;
  for (long n = 1;; n++) {
    fecg_annotation *a;
    size_t count;
    alloc_fail_at(n);
    fecg_status s = fecg_annotations_read(bytes, sizeof bytes, 500, &a, &count);
    int failed = alloc_fail_failed != 0;
    TEST_ASSERT_EQUAL(failed ? FECG_ERR_MEMORY : FECG_OK, s);
    TEST_ASSERT_EQUAL(failed ? 0 : 100, count);
    TEST_ASSERT_TRUE(!failed || !a);
    fecg_free(a);
    alloc_fail_end();
    if (!failed) {
      TEST_ASSERT_GREATER_THAN(3, n);
      return;
    }
  }
}

static fecg_status write_some(size_t *bytes) {
  const fecg_edf_channel c[] = {{"A", 500, -100, 100}, {"B", 250, -100, 100}};
  fecg_edf_writer *w;
  float uv[2600] = {0};
  size_t n;
  fecg_status s = fecg_edf_writer_create(c, 2, &w);
  *bytes = 0;
  if (s == FECG_OK) s = fecg_edf_writer_push(w, 0, uv, 2600);
  if (s == FECG_OK) s = fecg_edf_writer_push(w, 1, uv, 700);
  for (int i = 0; i < 40 && s == FECG_OK; i++) s = fecg_edf_writer_annotate(w, 0.1 * i, 0, "fQRS");
  while (s == FECG_OK && (fecg_edf_writer_take(w, &n), n)) *bytes += n;
  if (s == FECG_OK) s = fecg_edf_writer_finish(w);
  while (s == FECG_OK && (fecg_edf_writer_take(w, &n), n)) *bytes += n;
  fecg_edf_writer_destroy(w);
  return s;
}

static void edf_out(void) {
  size_t bytes, whole = 1024 + 6 * (1000 + 500 + 32 + 512 + 2 * 64); /* header; records of 1 s */
  for (long n = 1;; n++) {
    alloc_fail_at(n);
    fecg_status s = write_some(&bytes);
    int failed = alloc_fail_failed != 0;
    TEST_ASSERT_EQUAL(failed ? FECG_ERR_MEMORY : FECG_OK, s);
    alloc_fail_end();
    if (!failed) {
      TEST_ASSERT_EQUAL(whole, bytes);
      TEST_ASSERT_GREATER_THAN(6, n);
      return;
    }
  }
}

int main(void) {
  UNITY_BEGIN();
  RUN_TEST(edf_with_gaps_and_annotations);
  RUN_TEST(wfdb_with_two_files);
  RUN_TEST(csv_with_time_and_gaps);
  RUN_TEST(mit_annotations);
  RUN_TEST(edf_out);
  return UNITY_END();
}
