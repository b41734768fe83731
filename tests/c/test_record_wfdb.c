/* Tests of reading WFDB records: header, sample formats, frames, skew, files, and damaged input. The
 * packed bytes are worked out by hand from signal(5). */
#include "record_feed.h"

void setUp(void) {}
void tearDown(void) {}

static feed *read_wfdb(const char *header, const void *dat, size_t n) {
  const feed_file files[] = {{"r.hea", header, strlen(header)}, {"r.dat", dat, n}};
  return feed_read(files, 2, NULL);
}

static fecg_channel channel(const feed *f, int i) {
  fecg_channel c;
  TEST_ASSERT_EQUAL(FECG_OK, fecg_reader_channel(f->reader, i, &c));
  return c;
}

static void signals_have_label_unit_rate_and_scale(void) {
  static const uint8_t dat[] = {100, 0, 200, 0, 0x9C, 0xFF, 0, 0x80};
  feed *f = read_wfdb("# first\nr 2 250/1000(0) 2 10:00:00 01/01/2000\r\n\nr.dat 16 10(50)/uV 12 7 100 0 0 Abdomen 1\nr.dat 16 2\n", dat, sizeof dat);
  TEST_ASSERT_EQUAL(FECG_OK, f->status);
  TEST_ASSERT_EQUAL_STRING("WFDB", fecg_reader_format(f->reader));
  fecg_channel a = channel(f, 0), b = channel(f, 1);
  TEST_ASSERT_EQUAL_STRING("Abdomen 1", a.label);
  TEST_ASSERT_EQUAL_STRING("uV", a.unit);
  TEST_ASSERT_EQUAL_STRING("ch1", b.label);
  TEST_ASSERT_EQUAL_STRING("mV", b.unit);
  TEST_ASSERT_TRUE(a.fs == 250 && a.samples == 2 && fecg_reader_duration_s(f->reader) == 0.008);
  TEST_ASSERT_DOUBLE_WITHIN(1e-9, (-32768 - 50) / 10.0, a.phys_min_uv);
  EXPECT_SAMPLES(f, 0, 5, -15);
  EXPECT_SAMPLES(f, 1, 1e5f, NAN);
  feed_close(f);
}

static void the_frame_rate_is_the_headers_where_every_signal_is_faster(void) {
  static const uint8_t dat[24] = {0};
  feed *f = read_wfdb("r 2 250 2\nr.dat 16x2 1/uV\nr.dat 16x4 1/uV\n", dat, sizeof dat);
  TEST_ASSERT_EQUAL(FECG_OK, f->status);
  TEST_ASSERT_TRUE(channel(f, 0).fs == 500 && channel(f, 1).fs == 1000);
  TEST_ASSERT_TRUE(fecg_reader_frame_fs(f->reader) == 250);
  feed_close(f);
}

static void defaults_of_the_header_hold(void) { /* 250 Hz, gain 200/mV, baseline = ADC zero */
  static const uint8_t dat[] = {0, 4};
  feed *f = read_wfdb("r 1\nr.dat 16 0 11 1000\n", dat, sizeof dat);
  TEST_ASSERT_TRUE(channel(f, 0).fs == 250);
  EXPECT_SAMPLES(f, 0, 120);
  feed_close(f);
}

static void every_sample_format_is_decoded(void) {
  static const struct { const char *format; int n; uint8_t bytes[12]; float want[6]; size_t samples; } CASES[] = {
      {"16", 6, {0x01, 0x00, 0xFF, 0x7F, 0x00, 0x80}, {1, 32767, NAN}, 3},
      {"24", 9, {0x01, 0x02, 0x03, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x80}, {197121, -1, NAN}, 3},
      {"32", 12, {1, 0, 0, 0, 0xFE, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0x80}, {1, -2, NAN}, 3},
      {"61", 6, {0x00, 0x01, 0x7F, 0xFF, 0x80, 0x00}, {1, 32767, NAN}, 3},
      {"80", 4, {129, 255, 1, 0}, {1, 127, -127, NAN}, 4},
      /* 212: 0x123, 0x456; -1, -2048 (invalid); a last one alone in two bytes: -2 */
      {"212", 8, {0x23, 0x41, 0x56, 0xFF, 0x8F, 0x00, 0xFE, 0x0F}, {291, 1110, -1, NAN, -2}, 5},
      /* 310: 1, -1, 0x155 = 341: low five bits 10101 in the first word, high five 01010 in the second */
      {"310", 4, {0x02, 0xA8, 0xFE, 0x57}, {1, -1, 341}, 3},
      {"310", 4, {0x00, 0x04, 0x00, 0x80}, {NAN, 0, NAN}, 3},
      /* 311: 1 | -1 << 10 | 341 << 20 */
      {"311", 4, {0x01, 0xFC, 0x5F, 0x15}, {1, -1, 341}, 3},
      {"311", 7, {0x00, 0x02, 0x00, 0x20, 0x02, 0x04, 0x00}, {NAN, 0, NAN, 2, 1}, 5}};
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
    char header[80];
    snprintf(header, sizeof header, "r 1 500 %zu\nr.dat %s 1(0)/uV\n", CASES[i].samples, CASES[i].format);
    feed *f = read_wfdb(header, CASES[i].bytes, (size_t)CASES[i].n);
    TEST_ASSERT_EQUAL_MESSAGE(FECG_OK, f->status, CASES[i].format);
    TEST_ASSERT_EQUAL_MESSAGE(0, diagnostic_count(f->reader), CASES[i].format);
    expect_samples(f, 0, CASES[i].want, CASES[i].samples);
    feed_close(f);
  }
}

static void packed_units_run_across_frames(void) { /* 3 signals in format 212: a frame is four and a half bytes */
  static const uint8_t dat[] = {0x01, 0x00, 0x02, 0x03, 0x00, 0x04, 0x05, 0x00, 0x06};
  feed *f = read_wfdb("r 3 100 2\nr.dat 212 1/uV\nr.dat 212 1/uV\nr.dat 212 1/uV\n", dat, sizeof dat);
  EXPECT_SAMPLES(f, 0, 1, 4);
  EXPECT_SAMPLES(f, 1, 2, 5);
  EXPECT_SAMPLES(f, 2, 3, 6);
  feed_close(f);
}

static void frames_may_hold_several_samples_of_a_signal(void) {
  static const uint8_t dat[] = {1, 0, 2, 0, 9, 0, 3, 0, 4, 0, 8, 0};
  feed *f = read_wfdb("r 2 100 2\nr.dat 16x2 1/uV 0 0 0 0 0 fast\nr.dat 16 1/uV 0 0 0 0 0 slow\n", dat, sizeof dat);
  TEST_ASSERT_TRUE(channel(f, 0).fs == 200 && channel(f, 1).fs == 100 && channel(f, 0).samples == 4);
  EXPECT_SAMPLES(f, 0, 1, 2, 3, 4);
  EXPECT_SAMPLES(f, 1, 9, 8);
  feed_close(f);
}

static void skew_and_byte_offset_are_applied(void) {
  static const uint8_t dat[] = {99, 99, 1, 0, 10, 0, 2, 0, 20, 0, 3, 0, 30, 0};
  feed *f = read_wfdb("r 2 100 3\nr.dat 16:1+2 1/uV\nr.dat 16+2 1/uV\n", dat, sizeof dat);
  EXPECT_SAMPLES(f, 0, 2, 3, NAN);
  EXPECT_SAMPLES(f, 1, 10, 20, 30);
  feed_close(f);
}

static const char TWO_FILES[] = "r 3 100 3\nr.dat 16 1/uV\ns.dat 80 1/uV\ns.dat 80 1/uV\n";
static const uint8_t SIXTEEN[] = {1, 0, 2, 0, 3, 0}, EIGHT[] = {129, 130, 131, 132, 133, 134};

static void several_files_are_read_side_by_side(void) {
  const feed_file files[] = {{"r.hea", TWO_FILES, sizeof TWO_FILES - 1}, {"r.dat", SIXTEEN, 6}, {"s.dat", EIGHT, 6}};
  feed *f = feed_read(files, 3, NULL);
  EXPECT_SAMPLES(f, 0, 1, 2, 3);
  EXPECT_SAMPLES(f, 1, 1, 3, 5);
  EXPECT_SAMPLES(f, 2, 2, 4, 6);
  feed_close(f);
}

static void a_missing_or_short_file_is_a_gap_beside_another(void) {
  const feed_file alone[] = {{"r.hea", TWO_FILES, sizeof TWO_FILES - 1}, {"r.dat", SIXTEEN, 6}};
  feed *f = feed_read(alone, 2, NULL);
  TEST_ASSERT_EQUAL(FECG_OK, f->status);
  EXPECT_SAMPLES(f, 0, 1, 2, 3);
  EXPECT_SAMPLES(f, 1, NAN, NAN, NAN);
  TEST_ASSERT_TRUE(has_diagnostic(f->reader, "MISSING_FILE"));
  feed_close(f);
  const feed_file cut[] = {alone[0], alone[1], {"s.dat", EIGHT, 3}};
  f = feed_read(cut, 3, NULL);
  EXPECT_SAMPLES(f, 0, 1, 2, 3);
  EXPECT_SAMPLES(f, 1, 1, 3, NAN);
  EXPECT_SAMPLES(f, 2, 2, NAN, NAN);
  TEST_ASSERT_TRUE(has_diagnostic(f->reader, "TRUNCATED"));
  feed_close(f);
}

static void a_record_without_any_signal_file_is_missing(void) {
  feed *f = read_text("r.hea", "r 1 100 3\nelsewhere.dat 16 1/uV\n", NULL);
  expect_error(f, FECG_ERR_MISSING, -1, "elsewhere.dat");
  int file;
  fecg_reader_error(f->reader, &file);
  TEST_ASSERT_EQUAL(1, file);
  feed_close(f);
}

static void a_file_cut_inside_a_frame_keeps_its_samples(void) {
  static const uint8_t dat[] = {1, 0, 2, 0, 3, 0, 4};
  for (int hide = 0; hide < 2; hide++) {
    static const char header[] = "r 2 100 60000\nr.dat 16 1/uV\nr.dat 16 1/uV\n";
    const feed_file files[] = {{"r.hea", header, sizeof header - 1}, {"r.dat", dat, sizeof dat}};
    const fecg_read_options o = {"r.hea", 0, NULL};
    feed f = {.hide_size = hide};
    TEST_ASSERT_EQUAL(FECG_OK, fecg_reader_create(&o, &f.reader));
    while (feed_on(&f, files, 2)) {}
    TEST_ASSERT_EQUAL(FECG_OK, f.status);
    EXPECT_SAMPLES(&f, 0, 1, 3);
    EXPECT_SAMPLES(&f, 1, 2, NAN);
    TEST_ASSERT_TRUE(has_diagnostic(f.reader, "TRUNCATED"));
    TEST_ASSERT_TRUE(fecg_reader_duration_s(f.reader) == 0.02);
    feed_close(&f);
  }
}

static void without_a_length_the_file_tells_it(void) {
  static const uint8_t dat[] = {1, 0, 2, 0, 3, 0};
  feed *f = read_wfdb("r 1 100\nr.dat 16 1/uV\n", dat, sizeof dat);
  EXPECT_SAMPLES(f, 0, 1, 2, 3);
  TEST_ASSERT_EQUAL(0, diagnostic_count(f->reader));
  feed_close(f);
  /* three samples in two units of format 212: the fourth is filling */
  static const uint8_t packed[] = {0x01, 0x00, 0x02, 0x03, 0x00, 0x00};
  f = read_wfdb("r 3 100\nr.dat 212 1/uV\nr.dat 212 1/uV\nr.dat 212 1/uV\n", packed, sizeof packed);
  EXPECT_SAMPLES(f, 0, 1);
  EXPECT_SAMPLES(f, 2, 3);
  feed_close(f);
}

static void an_empty_signal_file_is_refused(void) {
  feed *f = read_wfdb("r 1 100 3\nr.dat 16 1/uV\n", "", 0);
  expect_error(f, FECG_ERR_FORMAT, 0, "no sample");
  feed_close(f);
}

static void headers_that_make_no_sense_are_refused(void) {
  static const struct { const char *text; fecg_status status; int64_t line; const char *words; } CASES[] = {
      {"# only a comment\n", FECG_ERR_FORMAT, 1, "record line"},
      {"r\n", FECG_ERR_FORMAT, 1, "number of signals"},
      {"r 0 100 3\n", FECG_ERR_FORMAT, 1, "number of signals"},
      {"r -2 100 3\n", FECG_ERR_FORMAT, 1, "number of signals"},
      {"r 5000 100 3\n", FECG_ERR_UNSUPPORTED, 1, "1024"},
      {"r/3 2 100 3\n", FECG_ERR_UNSUPPORTED, 1, "segments"},
      {"r 1 0 3\n", FECG_ERR_FORMAT, 1, "sampling rate"},
      {"r 1 -5 3\n", FECG_ERR_FORMAT, 1, "sampling rate"},
      {"r 1 fast 3\n", FECG_ERR_FORMAT, 1, "sampling rate"},
      {"r 1 100 -3\n", FECG_ERR_FORMAT, 1, "number of samples"},
      {"r 1 100 99999999999999\n", FECG_ERR_FORMAT, 1, "number of samples"},
      {"r 2 100 3\n# c\nr.dat 16\n", FECG_ERR_FORMAT, 4, "ends after 1"},
      {"r 1 100 3\n../r.dat 16\n", FECG_ERR_FORMAT, 2, "plain name"},
      {"r 1 100 3\n/etc/r.dat 16\n", FECG_ERR_FORMAT, 2, "plain name"},
      {"r 1 100 3\nd\\r.dat 16\n", FECG_ERR_FORMAT, 2, "plain name"},
      {"r 1 100 3\nC:r.dat 16\n", FECG_ERR_FORMAT, 2, "plain name"},
      {"r 1 100 3\n.. 16\n", FECG_ERR_FORMAT, 2, "plain name"},
      {"r 1 100 3\n- 16\n", FECG_ERR_FORMAT, 2, "plain name"},
      {"r 1 100 3\nr.dat\n", FECG_ERR_FORMAT, 2, "sample format"},
      {"r 1 100 3\nr.dat 8\n", FECG_ERR_UNSUPPORTED, 2, "sample format"},
      {"r 1 100 3\nr.dat 516\n", FECG_ERR_UNSUPPORTED, 2, "sample format"},
      {"r 1 100 3\nr.dat 16x70000\n", FECG_ERR_UNSUPPORTED, 2, "fewer samples"},
      {"r 1 100 3\nr.dat 16x60000:60000\n", FECG_ERR_UNSUPPORTED, -1, "skew"},
      {"r 1 100 3\nr.dat 16x\n", FECG_ERR_FORMAT, 2, "sample format"},
      {"r 1 100 3\nr.dat 16x0\n", FECG_ERR_FORMAT, 2, "sample format"},
      {"r 1 100 3\nr.dat 16:-1\n", FECG_ERR_FORMAT, 2, "sample format"},
      {"r 1 100 3\nr.dat 16+x\n", FECG_ERR_FORMAT, 2, "sample format"},
      {"r 1 100 3\nr.dat 16 gain\n", FECG_ERR_FORMAT, 2, "gain"},
      {"r 1 100 3\nr.dat 16 200(5\n", FECG_ERR_FORMAT, 2, "gain"},
      {"r 1 100 3\nr.dat 16 200 twelve\n", FECG_ERR_FORMAT, 2, "resolution"},
      {"r 1 100 3\nr.dat 16 200 12 zero\n", FECG_ERR_FORMAT, 2, "ADC zero"},
      {"r 2 100 3\nr.dat 16\nr.dat 212\n", FECG_ERR_UNSUPPORTED, 3, "one sample format"},
      {"r 3 100 3\nr.dat 16\ns.dat 16\nr.dat 16\n", FECG_ERR_FORMAT, 4, "consecutive"}};
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
    feed *f = read_wfdb(CASES[i].text, SIXTEEN, 6);
    TEST_ASSERT_EQUAL_MESSAGE(CASES[i].status, f->status, CASES[i].text);
    expect_error(f, CASES[i].status, CASES[i].line, CASES[i].words);
    feed_close(f);
  }
}

static void a_header_that_is_not_text_is_refused(void) {
  static const char bytes[] = "r 1 100\0 3\nr.dat 16\n";
  const feed_file file = {"r.hea", bytes, sizeof bytes - 1};
  feed *f = feed_read(&file, 1, NULL);
  expect_error(f, FECG_ERR_FORMAT, 7, "not text");
  feed_close(f);
}

static void a_name_that_is_no_ascii_is_asked_for_as_it_stands(void) {
  static const char header[] = "r 1 100 3\n\xC3\xBC.dat 16 1/uV\n";
  const feed_file files[] = {{"r.hea", header, sizeof header - 1}, {"\xC3\xBC.dat", SIXTEEN, 6}};
  feed *f = feed_read(files, 2, NULL);
  EXPECT_SAMPLES(f, 0, 1, 2, 3);
  feed_close(f);
}

int main(void) {
  UNITY_BEGIN();
  RUN_TEST(signals_have_label_unit_rate_and_scale);
  RUN_TEST(the_frame_rate_is_the_headers_where_every_signal_is_faster);
  RUN_TEST(defaults_of_the_header_hold);
  RUN_TEST(every_sample_format_is_decoded);
  RUN_TEST(packed_units_run_across_frames);
  RUN_TEST(frames_may_hold_several_samples_of_a_signal);
  RUN_TEST(skew_and_byte_offset_are_applied);
  RUN_TEST(several_files_are_read_side_by_side);
  RUN_TEST(a_missing_or_short_file_is_a_gap_beside_another);
  RUN_TEST(a_record_without_any_signal_file_is_missing);
  RUN_TEST(a_file_cut_inside_a_frame_keeps_its_samples);
  RUN_TEST(without_a_length_the_file_tells_it);
  RUN_TEST(an_empty_signal_file_is_refused);
  RUN_TEST(headers_that_make_no_sense_are_refused);
  RUN_TEST(a_header_that_is_not_text_is_refused);
  RUN_TEST(a_name_that_is_no_ascii_is_asked_for_as_it_stands);
  return UNITY_END();
}
