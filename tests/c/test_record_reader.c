/* Tests of the reader's conversation with its host: order of calls, requests, selection, rewinding. */
#include "record_feed.h"

void setUp(void) {}
void tearDown(void) {}

static const char TEXT[] = "# fs=500\n1,2,3\n4,5,6\n7,8,9\n";
static const feed_file FILE_OF_TEXT = {"a.csv", TEXT, sizeof TEXT - 1};

static feed open_text(void) {
  feed f;
  memset(&f, 0, sizeof f);
  const fecg_read_options o = {"a.csv", 0, NULL};
  TEST_ASSERT_EQUAL(FECG_OK, fecg_reader_create(&o, &f.reader));
  return f;
}

static void options_are_checked(void) {
  fecg_reader *r;
  const double rates[] = {-1, NAN, INFINITY, 1e7};
  for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
    const fecg_read_options o = {NULL, rates[i], NULL};
    TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_reader_create(&o, &r));
    TEST_ASSERT_NULL(r);
  }
  const fecg_read_options unit = {NULL, 0, "furlong"}, none = {NULL, 0, ""};
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_reader_create(&unit, &r));
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_reader_create(&none, &r));
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_reader_create(&none, NULL));
  TEST_ASSERT_EQUAL(FECG_OK, fecg_reader_create(NULL, &r));
  fecg_reader_destroy(r);
  fecg_reader_destroy(NULL);
}

static void calls_out_of_order_are_refused(void) {
  feed f = open_text();
  fecg_read_event ev;
  fecg_channel c;
  size_t n;
  const int first = 0;
  TEST_ASSERT_EQUAL(FECG_ERR_STATE, fecg_reader_supply(f.reader, (const uint8_t *)TEXT, 1, 1));
  TEST_ASSERT_EQUAL(FECG_ERR_STATE, fecg_reader_supply_missing(f.reader));
  TEST_ASSERT_EQUAL(FECG_ERR_STATE, fecg_reader_select(f.reader, &first, 1));
  TEST_ASSERT_EQUAL(FECG_ERR_STATE, fecg_reader_rewind(f.reader));
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_reader_channel(f.reader, 0, &c));
  TEST_ASSERT_EQUAL(0, fecg_reader_channel_count(f.reader));
  TEST_ASSERT_EQUAL_STRING("", fecg_reader_format(f.reader));
  TEST_ASSERT_NULL(fecg_reader_block(f.reader, 0, &n));
  TEST_ASSERT_NULL(fecg_reader_error(f.reader, NULL));
  TEST_ASSERT_EQUAL(FECG_OK, fecg_reader_next(f.reader, &ev));
  TEST_ASSERT_EQUAL(FECG_READ_NEED, ev.kind);
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_reader_supply(f.reader, (const uint8_t *)TEXT, (size_t)ev.size + 1, UINT64_MAX));
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_reader_supply(f.reader, NULL, 1, UINT64_MAX));
  TEST_ASSERT_EQUAL(FECG_OK, fecg_reader_next(f.reader, &ev)); /* asks again */
  TEST_ASSERT_TRUE(ev.kind == FECG_READ_NEED && ev.file == 0 && ev.offset == 0 && ev.size <= 1 << 20);
  TEST_ASSERT_EQUAL_STRING("a.csv", ev.name);
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_reader_next(f.reader, NULL));
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_reader_next(NULL, &ev));
  feed_close(&f);
}

static void selection_gives_those_channels_in_that_order(void) {
  feed f = open_text();
  const int order[] = {2, 0}, twice[] = {1, 1}, outside[] = {3}, negative[] = {-1};
  TEST_ASSERT_TRUE(feed_on(&f, &FILE_OF_TEXT, 1));
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_reader_select(f.reader, twice, 2));
  TEST_ASSERT_EQUAL(FECG_ERR_LEADS, fecg_reader_select(f.reader, outside, 1));
  TEST_ASSERT_EQUAL(FECG_ERR_LEADS, fecg_reader_select(f.reader, negative, 1));
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_reader_select(f.reader, order, 0));
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_reader_select(f.reader, NULL, 1));
  TEST_ASSERT_EQUAL(FECG_OK, fecg_reader_select(f.reader, order, 2));
  TEST_ASSERT_FALSE(feed_on(&f, &FILE_OF_TEXT, 1));
  EXPECT_SAMPLES(&f, 0, 3, 6, 9);
  EXPECT_SAMPLES(&f, 1, 1, 4, 7);
  TEST_ASSERT_EQUAL(0, f.n[2]);
  TEST_ASSERT_EQUAL(FECG_ERR_STATE, fecg_reader_select(f.reader, order, 2));
  feed_close(&f);
}

static void the_end_stays_the_end_and_rewinding_reads_again(void) {
  feed f = open_text();
  fecg_read_event ev;
  TEST_ASSERT_TRUE(feed_on(&f, &FILE_OF_TEXT, 1));
  for (int pass = 1; pass <= 3; pass++) {
    TEST_ASSERT_FALSE(feed_on(&f, &FILE_OF_TEXT, 1));
    TEST_ASSERT_EQUAL(3 * pass, f.n[0]);
    TEST_ASSERT_EQUAL(FECG_OK, fecg_reader_next(f.reader, &ev));
    TEST_ASSERT_EQUAL(FECG_READ_END, ev.kind);
    TEST_ASSERT_EQUAL(FECG_OK, fecg_reader_rewind(f.reader));
  }
  TEST_ASSERT_EQUAL(7, (int)f.uv[0][8]);
  feed_close(&f);
}

static void rewinding_repeats_no_annotation_and_no_diagnostic(void) {
  static edf_file e;
  const edf_spec s[] = {{.label = "A", .samples = 2}, {.label = "EDF Annotations", .unit = "", .samples = 20}};
  edf_begin(&e, "EDF+D", 3, "1", s, 2);
  EDF_SAMPLES(&e, 1, 2);
  EDF_TALS(&e, "+0\x14\x14\0+0\x15" "0.5\x14gap A\x14\0", 40);
  EDF_SAMPLES(&e, 3, 4);
  EDF_TALS(&e, "+2\x14\x14\0+2\x14two\x14\0bad\0", 40);
  const feed_file file = {"a.edf", e.bytes, e.n};
  const fecg_read_options o = {"a.edf", 0, NULL};
  feed f;
  memset(&f, 0, sizeof f);
  size_t annotations, diagnostics = 0;
  TEST_ASSERT_EQUAL(FECG_OK, fecg_reader_create(&o, &f.reader));
  TEST_ASSERT_TRUE(feed_on(&f, &file, 1));
  for (int pass = 1; pass <= 3; pass++) {
    TEST_ASSERT_FALSE(feed_on(&f, &file, 1));
    EXPECT_SAMPLES(&f, 0, NAN, 2, NAN, NAN, 3, 4);
    fecg_reader_annotations(f.reader, &annotations);
    TEST_ASSERT_EQUAL(1, annotations);
    if (pass == 1) diagnostics = diagnostic_count(f.reader);
    TEST_ASSERT_EQUAL(diagnostics, diagnostic_count(f.reader));
    TEST_ASSERT_EQUAL(2, diagnostics);
    TEST_ASSERT_EQUAL(FECG_OK, fecg_reader_rewind(f.reader));
    f.n[0] = 0;
  }
  feed_close(&f);
}

static void an_error_is_given_again_and_again(void) {
  feed *f = read_text("a.edf", "text", NULL);
  fecg_read_event ev;
  int file = -1;
  for (int i = 0; i < 3; i++) TEST_ASSERT_EQUAL(FECG_ERR_FORMAT, fecg_reader_next(f->reader, &ev));
  TEST_ASSERT_NOT_NULL(fecg_reader_error(f->reader, &file));
  TEST_ASSERT_EQUAL(0, file);
  TEST_ASSERT_EQUAL(FECG_ERR_STATE, fecg_reader_rewind(f->reader));
  feed_close(f);
}

static void a_missing_first_file_is_missing(void) {
  feed *f = feed_read(&(const feed_file){"a.edf", NULL, 0}, 0, NULL);
  expect_error(f, FECG_ERR_MISSING, -1, "missing");
  feed_close(f);
}

static void a_header_without_an_ending_is_known_by_its_content(void) {
  static const uint8_t dat[] = {1, 0, 2, 0};
  const feed_file files[] = {{"100", "# x\n100 1 500 2\n100.dat 16 1/uV\n", 32}, {"100.dat", dat, 4}};
  feed *f = feed_read(files, 2, NULL);
  TEST_ASSERT_EQUAL_STRING("WFDB", fecg_reader_format(f->reader));
  EXPECT_SAMPLES(f, 0, 1, 2);
  TEST_ASSERT_EQUAL(FECG_OK, fecg_reader_rewind(f->reader));
  TEST_ASSERT_FALSE(feed_on(f, files, 2));
  EXPECT_SAMPLES(f, 0, 1, 2, 1, 2);
  feed_close(f);
}

/* 24 hours of four channels at 500 Hz, made while they are asked for. */
static void a_day_is_read_within_bounded_memory_and_requests(void) {
  enum { RECORD = 4000, RECORDS = 86400 };
  static edf_file e;
  const edf_spec s[] = {{.label = "A", .samples = 500}, {.label = "B", .samples = 500}, {.label = "C", .samples = 500}, {.label = "D", .samples = 500}};
  edf_begin(&e, "", RECORDS, "1", s, 4);
  static uint8_t bytes[1 << 20];
  const uint64_t size = e.n + (uint64_t)RECORD * RECORDS;
  const fecg_read_options o = {"day.edf", 0, NULL};
  fecg_reader *r;
  fecg_read_event ev;
  uint64_t samples = 0, next = 0, largest = 0;
  TEST_ASSERT_EQUAL(FECG_OK, fecg_reader_create(&o, &r));
  while (fecg_reader_next(r, &ev) == FECG_OK && ev.kind != FECG_READ_END) {
    size_t n;
    if (ev.kind == FECG_READ_BLOCK) {
      const float *uv = fecg_reader_block(r, 0, &n);
      TEST_ASSERT_TRUE(uv[0] == (float)(int16_t)(samples / 500 & 0x7FFF));
      samples += n;
      if (n > largest) largest = n;
    }
    if (ev.kind != FECG_READ_NEED) continue;
    TEST_ASSERT_TRUE(ev.offset >= next || ev.offset == 0); /* each byte is asked for once */
    n = ev.size < size - ev.offset ? ev.size : (size_t)(size - ev.offset);
    next = ev.offset + n;
    for (uint64_t i = 0; i < n; i++) {
      uint64_t at = ev.offset + i, record = at < e.n ? 0 : (at - e.n) / RECORD;
      bytes[i] = at < e.n ? e.bytes[at] : (uint8_t)((at - e.n) % 2 ? (record & 0x7FFF) >> 8 : record & 255);
    }
    TEST_ASSERT_EQUAL(FECG_OK, fecg_reader_supply(r, bytes, n, size));
  }
  TEST_ASSERT_TRUE(samples == 500ull * RECORDS);
  TEST_ASSERT_TRUE(largest <= 1 << 18);
  fecg_reader_destroy(r);
}

int main(void) {
  UNITY_BEGIN();
  RUN_TEST(options_are_checked);
  RUN_TEST(calls_out_of_order_are_refused);
  RUN_TEST(selection_gives_those_channels_in_that_order);
  RUN_TEST(the_end_stays_the_end_and_rewinding_reads_again);
  RUN_TEST(rewinding_repeats_no_annotation_and_no_diagnostic);
  RUN_TEST(an_error_is_given_again_and_again);
  RUN_TEST(a_missing_first_file_is_missing);
  RUN_TEST(a_header_without_an_ending_is_known_by_its_content);
  RUN_TEST(a_day_is_read_within_bounded_memory_and_requests);
  return UNITY_END();
}
