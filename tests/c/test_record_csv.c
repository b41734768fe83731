/* Tests of reading CSV and TSV: rate, names, delimiters, gaps, and damaged files. */
#include "record_feed.h"

void setUp(void) {}
void tearDown(void) {}

static const fecg_read_options AT_500 = {NULL, 500, NULL};

static fecg_channel channel(const feed *f, int i) {
  fecg_channel c;
  TEST_ASSERT_EQUAL(FECG_OK, fecg_reader_channel(f->reader, i, &c));
  return c;
}

static void the_first_line_gives_rate_unit_and_names(void) {
  feed *f = read_text("a.csv", "# fs=500 unit=mV ch=Abd 1,B\n1,2\n-0.5,4e-3\n", NULL);
  TEST_ASSERT_EQUAL(FECG_OK, f->status);
  TEST_ASSERT_EQUAL_STRING("CSV", fecg_reader_format(f->reader));
  TEST_ASSERT_EQUAL_STRING("Abd 1", channel(f, 0).label);
  TEST_ASSERT_EQUAL_STRING("B", channel(f, 1).label);
  TEST_ASSERT_EQUAL_STRING("mV", channel(f, 0).unit);
  TEST_ASSERT_TRUE(channel(f, 0).fs == 500);
  EXPECT_SAMPLES(f, 0, 1000, -500);
  EXPECT_SAMPLES(f, 1, 2000, 4);
  feed_close(f);
}

static void the_given_rate_and_unit_are_taken_before_the_files_own(void) {
  const fecg_read_options o = {NULL, 250, "V"};
  feed *f = read_text("a.csv", "# fs=500 unit=mV\n1\n2\n", &o);
  TEST_ASSERT_TRUE(channel(f, 0).fs == 250);
  EXPECT_SAMPLES(f, 0, 1e6f, 2e6f);
  feed_close(f);
}

static void a_time_column_gives_the_rate_and_its_missing_rows(void) {
  feed *f = read_text("a.csv", "time,A\n10,1\n10.004,2\n10.016,3\n10.02,4\n10.024,5\n", NULL);
  TEST_ASSERT_EQUAL(1, fecg_reader_channel_count(f->reader));
  TEST_ASSERT_TRUE(channel(f, 0).fs == 250);
  EXPECT_SAMPLES(f, 0, 1, 2, NAN, NAN, 3, 4, 5);
  feed_close(f);
}

static void rounded_times_give_the_whole_rate(void) { /* 256 Hz in milliseconds: steps of 3 and 4 ms */
  static char text[20000];
  size_t n = (size_t)sprintf(text, "t,A\n");
  for (int i = 0; i < 1000; i++) n += (size_t)sprintf(text + n, "%d.%03d,%d\n", i * 1000 / 256 / 1000, (i * 1000 + 128) / 256 % 1000, i);
  feed *f = read_text("a.csv", text, NULL);
  TEST_ASSERT_TRUE(channel(f, 0).fs == 256);
  TEST_ASSERT_EQUAL(1000, f->n[0]);
  TEST_ASSERT_EQUAL(999, (int)f->uv[0][999]);
  feed_close(f);
}

static void a_time_column_that_contradicts_the_given_rate_is_not_used(void) {
  feed *f = read_text("a.csv", "t,A\n0,1\n0.004,2\n0.008,3\n", &AT_500);
  TEST_ASSERT_TRUE(channel(f, 0).fs == 500 && has_diagnostic(f->reader, "RATE_MISMATCH"));
  EXPECT_SAMPLES(f, 0, 1, 2, 3);
  feed_close(f);
}

static void without_a_rate_it_is_an_error(void) {
  feed *f = read_text("a.csv", "A,B\n1,2\n3,4\n", NULL);
  expect_error(f, FECG_ERR_RATE, 2, "no sampling rate");
  feed_close(f);
  f = read_text("a.csv", "t,A\n1,2\n1,4\n", NULL);
  expect_error(f, FECG_ERR_RATE, 2, "does not rise");
  feed_close(f);
}

static void delimiters_are_found(void) {
  static const struct { const char *name, *text; } CASES[] = {
      {"a.csv", "1,2.5\n-3,4\n"},          {"a.csv", "1;2,5\r\n-3;4\r\n"},     {"a.csv", "1\t2.5\n-3\t4"},
      {"a.tsv", "1\t2,5\n-3\t4\n"},         {"a.txt", "  1   2.5\n -3 4  \n"}, {"noname", "\xEF\xBB\xBF" "1;2.5\n-3;4\n"},
      {"a.csv", "\"1\", \"2.5\"\n-3 , 4\n"}, {"a.csv", "1,2.5,\n-3,4,\n"},      {"a.csv", "# a remark\n1,2.5\n# another\n\n-3,4\n\n"}};
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
    feed *f = read_text(CASES[i].name, CASES[i].text, &AT_500);
    TEST_ASSERT_EQUAL_MESSAGE(FECG_OK, f->status, CASES[i].text);
    TEST_ASSERT_EQUAL_MESSAGE(2, fecg_reader_channel_count(f->reader), CASES[i].text);
    TEST_ASSERT_EQUAL_MESSAGE(0, diagnostic_count(f->reader), CASES[i].text);
    EXPECT_SAMPLES(f, 0, 1, -3);
    EXPECT_SAMPLES(f, 1, 2.5f, 4);
    feed_close(f);
  }
}

static void a_line_of_names_gives_labels(void) {
  feed *f = read_text("a.csv", "\"Abd, left\",,Abd 3\n1,2,3\n", &AT_500);
  TEST_ASSERT_EQUAL_STRING("Abd, left", channel(f, 0).label);
  TEST_ASSERT_EQUAL_STRING("ch1", channel(f, 1).label);
  TEST_ASSERT_EQUAL_STRING("Abd 3", channel(f, 2).label);
  EXPECT_SAMPLES(f, 2, 3);
  feed_close(f);
}

/* A row of names as RFC 4180 writes it. */
static void write_names(char *dst, const char *const *names, size_t n) {
  for (size_t i = 0; i < n; i++) {
    if (i) *dst++ = ',';
    *dst++ = '"';
    for (const char *c = names[i]; *c; c++) {
      if (*c == '"') *dst++ = '"';
      *dst++ = *c;
    }
    *dst++ = '"';
  }
  strcpy(dst, "\n1,2,3,4,5,6\n");
}

static void names_with_delimiters_and_quotes_come_back(void) {
  static const char *const NAMES[] = {"abd, left", "abd \"x\", b", "\"", "\"\",", "it's", ",\","};
  char text[200];
  write_names(text, NAMES, 6);
  feed *f = read_text("a.csv", text, &AT_500);
  TEST_ASSERT_EQUAL(FECG_OK, f->status);
  TEST_ASSERT_EQUAL(6, fecg_reader_channel_count(f->reader));
  for (int i = 0; i < 6; i++) TEST_ASSERT_EQUAL_STRING(NAMES[i], channel(f, i).label);
  EXPECT_SAMPLES(f, 5, 6);
  TEST_ASSERT_EQUAL(0, diagnostic_count(f->reader));
  feed_close(f);
  f = read_text("a.csv", "abd \"x\", \"b, c\" ,'d''s','\n1,2,3,4\n", &AT_500); /* quotes inside, behind a blank, single, alone */
  TEST_ASSERT_EQUAL(4, fecg_reader_channel_count(f->reader));
  TEST_ASSERT_EQUAL_STRING("abd \"x\"", channel(f, 0).label);
  TEST_ASSERT_EQUAL_STRING("b, c", channel(f, 1).label);
  TEST_ASSERT_EQUAL_STRING("d's", channel(f, 2).label);
  TEST_ASSERT_EQUAL_STRING("'", channel(f, 3).label);
  feed_close(f);
}

static void empty_and_nan_cells_are_gaps(void) {
  feed *f = read_text("a.csv", "1,2\n,3\nNaN,4\n5,\n,\n6,NA\n", &AT_500);
  EXPECT_SAMPLES(f, 0, 1, NAN, NAN, 5, NAN, 6);
  EXPECT_SAMPLES(f, 1, 2, 3, 4, NAN, NAN, NAN);
  TEST_ASSERT_EQUAL(0, diagnostic_count(f->reader));
  feed_close(f);
}

static void an_empty_line_in_a_single_column_is_a_gap(void) {
  feed *f = read_text("a.csv", "\n1\n2\n\n\n5\n\n\n", &AT_500);
  EXPECT_SAMPLES(f, 0, 1, 2, NAN, NAN, 5);
  feed_close(f);
}

static void ragged_rows_keep_their_cells(void) {
  feed *f = read_text("a.csv", "1,2\n3\n4,5,6\n7,8\n", &AT_500);
  size_t n;
  const fecg_diagnostic *d = fecg_reader_diagnostics(f->reader, &n);
  EXPECT_SAMPLES(f, 0, 1, 3, 4, 7);
  EXPECT_SAMPLES(f, 1, 2, NAN, 5, 8);
  TEST_ASSERT_EQUAL(2, n);
  TEST_ASSERT_EQUAL_STRING("RAGGED_ROW", d[0].code);
  TEST_ASSERT_TRUE(d[0].offset == 2 && d[1].offset == 3);
  feed_close(f);
}

static void letters_in_a_cell_are_a_gap_with_its_line(void) {
  feed *f = read_text("a.csv", "1,2\n3,abc\n1e999,5\n", &AT_500);
  size_t n;
  const fecg_diagnostic *d = fecg_reader_diagnostics(f->reader, &n);
  EXPECT_SAMPLES(f, 1, 2, NAN, 5);
  EXPECT_SAMPLES(f, 0, 1, 3, NAN);
  TEST_ASSERT_EQUAL(2, n);
  TEST_ASSERT_EQUAL_STRING("BAD_VALUE", d[0].code);
  TEST_ASSERT_EQUAL(2, d[0].offset);
  TEST_ASSERT_NOT_NULL(strstr(d[0].message, "\"abc\""));
  feed_close(f);
}

static void a_text_is_refused(void) {
  feed *f = read_text("a.csv", "a poem, with\ncommas, and\nlines, of\nletters, 1\n", &AT_500);
  expect_error(f, FECG_ERR_FORMAT, 2, "most cells");
  feed_close(f);
  feed_close(f);
}

static void a_file_without_a_row_of_numbers_names_its_line_and_what_was_expected(void) {
  static const struct { const char *text; int64_t line; const char *words; } CASES[] = {
      {"hello\n", 1, "line 1: \"hello\" and no row of numbers after it, expected a recording in EDF, BDF, WFDB or CSV"},
      {"hello", 1, "line 1: \"hello\""},
      {"# a remark\n\nA,B\n\n", 3, "line 3: \"A,B\""},
      {"\n\n# nothing\n", 3, "line 3: no row of numbers up to here, expected"}};
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
    feed *f = read_text("a.txt", CASES[i].text, &AT_500);
    expect_error(f, FECG_ERR_FORMAT, CASES[i].line, CASES[i].words);
    feed_close(f);
  }
}

static void a_rate_that_is_none_and_a_time_alone_are_refused(void) {
  feed *f = read_text("a.csv", "# fs=fast\n1,2\n", NULL);
  expect_error(f, FECG_ERR_FORMAT, 1, "\"fast\"");
  feed_close(f);
  f = read_text("a.csv", "t\n0\n0.002\n", NULL);
  expect_error(f, FECG_ERR_FORMAT, 2, "time column alone");
  feed_close(f);
}

static void bytes_that_are_no_text_are_refused(void) {
  static const char utf16[] = "\xFF\xFE" "1\0,\0", binary[] = "12\x01";
  feed *f = feed_read(&(const feed_file){"a.csv", utf16, 6}, 1, &AT_500);
  expect_error(f, FECG_ERR_FORMAT, 0, "UTF-16");
  feed_close(f);
  f = feed_read(&(const feed_file){"a", binary, 3}, 1, &AT_500);
  expect_error(f, FECG_ERR_FORMAT, 2, "not text");
  feed_close(f);
}

static void a_time_that_does_not_rise_ends_reading_with_its_line(void) {
  feed *f = read_text("a.csv", "t,A\n0,1\n0.002,2\n0.004,3\n0.004,4\n0.006,5\n", NULL);
  EXPECT_SAMPLES(f, 0, 1, 2, 3); /* what was sound before it is given */
  expect_error(f, FECG_ERR_FORMAT, 5, "does not rise");
  feed_close(f);
}

static void a_gap_of_weeks_ends_reading(void) {
  feed *f = read_text("a.csv", "t,A\n0,1\n0.002,2\n0.004,3\n700000,4\n", NULL);
  TEST_ASSERT_EQUAL(FECG_OK, f->status);
  EXPECT_SAMPLES(f, 0, 1, 2, 3);
  TEST_ASSERT_TRUE(has_diagnostic(f->reader, "GAP_TOO_LONG"));
  feed_close(f);
}

static void a_long_gap_comes_in_pieces(void) {
  feed *f = read_text("a.csv", "t,A\n0,1\n0.002,2\n0.004,3\n1000,4\n", NULL);
  TEST_ASSERT_EQUAL(FECG_OK, f->status);
  TEST_ASSERT_EQUAL(500001, f->n[0]);
  TEST_ASSERT_GREATER_THAN(4, f->blocks);
  feed_close(f);
}

static char *repeated(const char *head, const char *part, size_t n) {
  size_t a = strlen(head), b = strlen(part);
  char *s = malloc(a + n * b + 1);
  TEST_ASSERT_NOT_NULL(s);
  memcpy(s, head, a + 1);
  for (size_t i = 0; i < n; i++) memcpy(s + a + i * b, part, b + 1);
  return s;
}

static void very_long_lines_are_refused(void) {
  char *digits = repeated("# fs=500\n", "1234567890", 100000), *columns = repeated("# fs=500\n", "1,", 500000);
  char *longer = repeated("1\n2\n", "1234567890", 110000), *later = repeated("1\n", "1 # remark\n", 300000);
  feed *f = read_text("a.csv", digits, NULL); /* 10^6 digits: one cell, beyond any number */
  TEST_ASSERT_EQUAL(FECG_ERR_FORMAT, f->status);
  feed_close(f);
  f = read_text("a.csv", columns, NULL);
  expect_error(f, FECG_ERR_UNSUPPORTED, 2, "1024 columns");
  feed_close(f);
  f = read_text("a.csv", longer, &AT_500);
  expect_error(f, FECG_ERR_FORMAT, 3, "1 MiB");
  feed_close(f);
  memset(later + 3000000, '7', 300000); /* a line of 300,000 digits, far behind what is looked at first */
  f = read_text("a.csv", later, &AT_500);
  TEST_ASSERT_EQUAL(FECG_OK, f->status);
  TEST_ASSERT_TRUE(has_diagnostic(f->reader, "BAD_VALUE") || has_diagnostic(f->reader, "MORE"));
  feed_close(f);
  free(digits), free(columns), free(longer), free(later);
}

static void diagnostics_are_bounded(void) {
  char *text = repeated("1,2\n3,4\n5,6\n", "7\n", 1000);
  feed *f = read_text("a.csv", text, &AT_500);
  size_t n;
  const fecg_diagnostic *d = fecg_reader_diagnostics(f->reader, &n);
  TEST_ASSERT_EQUAL(64, n);
  TEST_ASSERT_EQUAL_STRING("MORE", d[63].code);
  TEST_ASSERT_EQUAL(1003, f->n[0]);
  feed_close(f);
  free(text);
}

int main(void) {
  UNITY_BEGIN();
  RUN_TEST(the_first_line_gives_rate_unit_and_names);
  RUN_TEST(the_given_rate_and_unit_are_taken_before_the_files_own);
  RUN_TEST(a_time_column_gives_the_rate_and_its_missing_rows);
  RUN_TEST(rounded_times_give_the_whole_rate);
  RUN_TEST(a_time_column_that_contradicts_the_given_rate_is_not_used);
  RUN_TEST(without_a_rate_it_is_an_error);
  RUN_TEST(delimiters_are_found);
  RUN_TEST(a_line_of_names_gives_labels);
  RUN_TEST(names_with_delimiters_and_quotes_come_back);
  RUN_TEST(empty_and_nan_cells_are_gaps);
  RUN_TEST(an_empty_line_in_a_single_column_is_a_gap);
  RUN_TEST(ragged_rows_keep_their_cells);
  RUN_TEST(letters_in_a_cell_are_a_gap_with_its_line);
  RUN_TEST(a_text_is_refused);
  RUN_TEST(a_file_without_a_row_of_numbers_names_its_line_and_what_was_expected);
  RUN_TEST(a_rate_that_is_none_and_a_time_alone_are_refused);
  RUN_TEST(bytes_that_are_no_text_are_refused);
  RUN_TEST(a_time_that_does_not_rise_ends_reading_with_its_line);
  RUN_TEST(a_gap_of_weeks_ends_reading);
  RUN_TEST(a_long_gap_comes_in_pieces);
  RUN_TEST(very_long_lines_are_refused);
  RUN_TEST(diagnostics_are_bounded);
  return UNITY_END();
}
