/* Tests of reading EDF, EDF+ and BDF: scale, time, gaps, annotations, and damaged files. */
#include "record_feed.h"

void setUp(void) {}
void tearDown(void) {}

static const edf_spec ABD = {.label = "Abdomen 1", .samples = 4};
static const edf_spec TALS = {.label = "EDF Annotations", .unit = "", .samples = 20};
static edf_file e;

static fecg_channel channel(const feed *f, int i) {
  fecg_channel c;
  TEST_ASSERT_EQUAL(FECG_OK, fecg_reader_channel(f->reader, i, &c));
  return c;
}

static void channels_have_label_unit_rate_and_scale(void) {
  const edf_spec s[] = {{"A", "uV", "-100", "100", "-1000", "1000", 4}, {"B", "mV", "-1", "1", "-100", "100", 2}};
  edf_begin(&e, "", 2, "0.5", s, 2);
  EDF_SAMPLES(&e, 0, 10, -10, 1000, 1, -100);
  EDF_SAMPLES(&e, 5, 6, 7, 8, 50, 100);
  feed *f = read_edf(&e);
  TEST_ASSERT_EQUAL(FECG_OK, f->status);
  TEST_ASSERT_EQUAL_STRING("EDF", fecg_reader_format(f->reader));
  TEST_ASSERT_TRUE(fecg_reader_duration_s(f->reader) == 1);
  fecg_channel a = channel(f, 0), b = channel(f, 1);
  TEST_ASSERT_EQUAL_STRING("A", a.label);
  TEST_ASSERT_EQUAL_STRING("mV", b.unit);
  TEST_ASSERT_TRUE(a.fs == 8 && b.fs == 4 && a.samples == 8 && b.samples == 4);
  TEST_ASSERT_TRUE(fecg_reader_frame_fs(f->reader) == 4); /* the slowest channel's */
  TEST_ASSERT_TRUE(b.phys_min_uv == -1000 && b.phys_max_uv == 1000);
  EXPECT_SAMPLES(f, 0, 0, 1, -1, 100, 0.5f, 0.6f, 0.7f, 0.8f);
  EXPECT_SAMPLES(f, 1, 10, -1000, 500, 1000);
  TEST_ASSERT_EQUAL(0, diagnostic_count(f->reader));
  feed_close(f);
}

static void a_unit_that_is_no_voltage_leaves_values_as_they_are_and_is_told_of(void) {
  const edf_spec s[] = {{"Toco", "mmHg", "0", "100", "0", "1000", 2}, {"A", "", "0", "100", "0", "1000", 1}, {"B", "nV", "0", "100", "0", "1000", 1}};
  edf_begin(&e, "", 1, "1", s, 3);
  EDF_SAMPLES(&e, 0, 500, 500, 500);
  feed *f = read_edf(&e);
  size_t n;
  const fecg_diagnostic *d = fecg_reader_diagnostics(f->reader, &n);
  EXPECT_SAMPLES(f, 0, 0, 50);
  EXPECT_SAMPLES(f, 1, 50);
  EXPECT_SAMPLES(f, 2, 0.05f);
  TEST_ASSERT_EQUAL(1, n);
  TEST_ASSERT_EQUAL_STRING("UNIT_UNKNOWN", d->code);
  TEST_ASSERT_TRUE(strstr(d->message, "\"Toco\"") && strstr(d->message, "\"mmHg\""));
  feed_close(f);
}

static void the_given_unit_overrides(void) {
  const edf_spec s = {"A", "uV", "-1", "1", "-10", "10", 2};
  const fecg_read_options mv = {NULL, 0, "mV"};
  edf_begin(&e, "", 1, "1", &s, 1);
  EDF_SAMPLES(&e, 10, -5);
  const feed_file file = {"a.edf", e.bytes, e.n};
  feed *f = feed_read(&file, 1, &mv);
  EXPECT_SAMPLES(f, 0, 1000, -500);
  TEST_ASSERT_EQUAL_STRING("mV", channel(f, 0).unit);
  feed_close(f);
}

static void bdf_samples_have_24_bits(void) {
  const edf_spec s = {.label = "A", .pmin = "-8388608", .pmax = "8388607", .dmin = "-8388608", .dmax = "8388607", .samples = 4};
  static const uint8_t bytes[] = {0, 0, 0x80, 0xFF, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0x01, 0x02, 0x03};
  edf_begin(&e, "24BIT", 1, "1", &s, 1);
  memcpy(e.bytes + e.n, bytes, sizeof bytes);
  e.n += sizeof bytes;
  feed *f = read_edf(&e);
  TEST_ASSERT_EQUAL_STRING("BDF", fecg_reader_format(f->reader));
  EXPECT_SAMPLES(f, 0, -8388608, 8388607, -1, 0x030201);
  feed_close(f);
}

static void the_content_tells_the_format_where_the_name_does_not(void) {
  edf_begin(&e, "", 1, "1", &ABD, 1);
  EDF_SAMPLES(&e, 1, 2, 3, 4);
  const feed_file file = {"recording", e.bytes, e.n};
  feed *f = feed_read(&file, 1, NULL);
  TEST_ASSERT_EQUAL_STRING("EDF", fecg_reader_format(f->reader));
  feed_close(f);
}

static void annotations_are_read_and_time_stamps_are_not_among_them(void) {
  const edf_spec s[] = {ABD, TALS};
  edf_begin(&e, "EDF+C", 2, "1", s, 2);
  EDF_SAMPLES(&e, 1, 2, 3, 4);
  EDF_TALS(&e, "+0.25\x14\x14\0+0.75\x15" "0.5\x14QRS\x14two\x14\0", 40);
  EDF_SAMPLES(&e, 5, 6, 7, 8);
  EDF_TALS(&e, "+1.25\x14\x14\0-1\x14" "before\x14\0", 40);
  feed *f = read_edf(&e);
  size_t n;
  const fecg_annotation *a = fecg_reader_annotations(f->reader, &n);
  TEST_ASSERT_EQUAL_STRING("EDF+C", fecg_reader_format(f->reader));
  TEST_ASSERT_EQUAL(1, fecg_reader_channel_count(f->reader));
  TEST_ASSERT_EQUAL(3, n);
  TEST_ASSERT_EQUAL_STRING("QRS", a[0].text);
  TEST_ASSERT_TRUE(a[0].t_s == 0.5 && a[0].duration_s == 0.5 && a[1].t_s == 0.5 && a[2].t_s == -1.25);
  TEST_ASSERT_EQUAL_STRING("two", a[1].text);
  EXPECT_SAMPLES(f, 0, 1, 2, 3, 4, 5, 6, 7, 8);
  feed_close(f);
}

static void damaged_annotations_are_told_of_and_samples_stay(void) {
  const edf_spec s[] = {ABD, TALS};
  edf_begin(&e, "EDF+C", 1, "1", s, 2);
  EDF_SAMPLES(&e, 1, 2, 3, 4);
  EDF_TALS(&e, "+0\x14\x14\0nonsense\0+1\x15x\x14y\x14\0+2\x14ok\x14\0+3\x14", 40); /* the last has no text */
  feed *f = read_edf(&e);
  size_t n;
  const fecg_annotation *a = fecg_reader_annotations(f->reader, &n);
  TEST_ASSERT_EQUAL(1, n);
  TEST_ASSERT_EQUAL_STRING("ok", a[0].text);
  TEST_ASSERT_TRUE(has_diagnostic(f->reader, "BAD_ANNOTATION"));
  EXPECT_SAMPLES(f, 0, 1, 2, 3, 4);
  feed_close(f);
}

static void annotations_are_bounded(void) { /* 2 MB of annotations of one letter, three times */
  const edf_spec s[] = {{.label = "A", .samples = 1}, {.label = "EDF Annotations", .unit = "", .samples = 1 << 20}};
  edf_begin(&e, "EDF+C", 3, "1", s, 2);
  const size_t record = 2 + (2u << 20), n = e.n + 3 * record;
  uint8_t *bytes = calloc(n, 1);
  TEST_ASSERT_NOT_NULL(bytes);
  memcpy(bytes, e.bytes, e.n);
  for (size_t i = 0; i < 3; i++) {
    uint8_t *p = bytes + e.n + i * record + 2;
    memcpy(p, "+0\x14\x14\0+0\x14", 8);
    for (size_t k = 8; k + 2 < record - 2; k += 2) p[k] = 'x', p[k + 1] = 0x14;
  }
  const feed_file file = {"a.edf", bytes, n};
  feed *f = feed_read(&file, 1, NULL);
  size_t count;
  fecg_reader_annotations(f->reader, &count);
  TEST_ASSERT_EQUAL(FECG_OK, f->status);
  TEST_ASSERT_EQUAL(1 << 21, count);
  TEST_ASSERT_TRUE(has_diagnostic(f->reader, "ANNOTATIONS"));
  EXPECT_SAMPLES(f, 0, 0, 0, 0);
  feed_close(f);
  free(bytes);
}

static void time_between_records_of_edf_plus_d_is_a_gap(void) {
  const edf_spec s[] = {ABD, {.label = "slow", .samples = 2}, TALS};
  edf_begin(&e, "EDF+D", 3, "1", s, 3);
  EDF_SAMPLES(&e, 1, 2, 3, 4, 10, 20);
  EDF_TALS(&e, "+100\x14\x14\0", 40);
  EDF_SAMPLES(&e, 5, 6, 7, 8, 30, 40);
  EDF_TALS(&e, "+102.5\x14\x14\0", 40);
  EDF_SAMPLES(&e, 9, 9, 9, 9, 50, 60);
  EDF_TALS(&e, "+103.5\x14\x14\0+103.5\x14late\x14\0", 40);
  feed *f = read_edf(&e);
  size_t n;
  TEST_ASSERT_EQUAL_STRING("EDF+D", fecg_reader_format(f->reader));
  TEST_ASSERT_TRUE(fecg_reader_duration_s(f->reader) == 4.5 && channel(f, 0).samples == 18); /* known at the end */
  EXPECT_SAMPLES(f, 0, 1, 2, 3, 4, NAN, NAN, NAN, NAN, NAN, NAN, 5, 6, 7, 8, 9, 9, 9, 9);
  EXPECT_SAMPLES(f, 1, 10, 20, NAN, NAN, NAN, 30, 40, 50, 60);
  TEST_ASSERT_TRUE(fecg_reader_annotations(f->reader, &n)[0].t_s == 3.5);
  feed_close(f);
}

static void a_long_gap_comes_in_pieces(void) {
  const edf_spec s[] = {ABD, TALS};
  edf_begin(&e, "EDF+D", 2, "1", s, 2);
  EDF_SAMPLES(&e, 1, 2, 3, 4);
  EDF_TALS(&e, "+0\x14\x14\0", 40);
  EDF_SAMPLES(&e, 5, 6, 7, 8);
  EDF_TALS(&e, "+500001\x14\x14\0", 40);
  feed *f = read_edf(&e);
  TEST_ASSERT_EQUAL(FECG_OK, f->status);
  TEST_ASSERT_EQUAL(4 * 500002, f->n[0]);
  TEST_ASSERT_GREATER_THAN(5, f->blocks);
  feed_close(f);
}

static void records_whose_time_is_not_sound_end_or_follow(void) {
  const edf_spec s[] = {ABD, TALS};
  static const struct { const char *stamp; size_t samples; } CASES[] = {
      {"+700000\x14\x14", 4}, {"-5\x14\x14", 4}, {"+0.5\x14\x14", 8}, {"x", 8}};
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
    edf_begin(&e, "EDF+D", 2, "1", s, 2);
    EDF_SAMPLES(&e, 1, 2, 3, 4);
    EDF_TALS(&e, "+0\x14\x14\0", 40);
    EDF_SAMPLES(&e, 5, 6, 7, 8);
    edf_tals(&e, CASES[i].stamp, strlen(CASES[i].stamp), 40);
    feed *f = read_edf(&e);
    TEST_ASSERT_EQUAL(FECG_OK, f->status);
    TEST_ASSERT_EQUAL_MESSAGE(CASES[i].samples, f->n[0], CASES[i].stamp);
    TEST_ASSERT_TRUE(has_diagnostic(f->reader, "RECORD_TIME"));
    feed_close(f);
  }
}

static void annotated_gaps_are_gap_samples(void) {
  const edf_spec s[] = {ABD, {.label = "Abdomen 2", .samples = 4}, {.label = "EDF Annotations", .unit = "", .samples = 40}};
  edf_begin(&e, "EDF+C", 3, "1", s, 3);
  EDF_SAMPLES(&e, 1, 2, 3, 4, 1, 2, 3, 4);
  EDF_TALS(&e, "+0\x14\x14\0+0.25\x15" "0.25\x14gap Abdomen 1\x14\0+0.75\x15" "1\x14gap Abdomen 2\x14\0", 80);
  EDF_SAMPLES(&e, 5, 6, 7, 8, 5, 6, 7, 8);
  EDF_TALS(&e, "+1\x14\x14\0+1\x15" "0.5\x14gap Thorax\x14\0", 80); /* of no channel: an annotation */
  EDF_SAMPLES(&e, 9, 9, 9, 9, 9, 9, 9, 9);
  EDF_TALS(&e, "+2\x14\x14\0", 80);
  feed *f = read_edf(&e);
  size_t n;
  EXPECT_SAMPLES(f, 0, 1, NAN, 3, 4, 5, 6, 7, 8, 9, 9, 9, 9);
  EXPECT_SAMPLES(f, 1, 1, 2, 3, NAN, NAN, NAN, NAN, 8, 9, 9, 9, 9);
  TEST_ASSERT_EQUAL_STRING("gap Thorax", fecg_reader_annotations(f->reader, &n)->text);
  TEST_ASSERT_EQUAL(1, n);
  feed_close(f);
}

static void a_gap_named_by_a_label_of_two_channels_is_an_annotation(void) {
  const edf_spec s[] = {ABD, ABD, {.label = "EDF Annotations", .unit = "", .samples = 30}};
  edf_begin(&e, "EDF+C", 1, "1", s, 3);
  EDF_SAMPLES(&e, 1, 2, 3, 4, 5, 6, 7, 8);
  EDF_TALS(&e, "+0\x14\x14\0+0.25\x15" "0.25\x14gap Abdomen 1\x14\0", 60);
  feed *f = read_edf(&e);
  size_t n;
  EXPECT_SAMPLES(f, 0, 1, 2, 3, 4);
  EXPECT_SAMPLES(f, 1, 5, 6, 7, 8);
  TEST_ASSERT_EQUAL_STRING("gap Abdomen 1", fecg_reader_annotations(f->reader, &n)->text);
  feed_close(f);
}

static void digits_outside_the_digital_range_are_gaps(void) {
  const edf_spec s[] = {{"A", "uV", "-100", "100", "-1000", "1000", 4}, {"B", "uV", "-32767", "32767", "-32767", "32767", 4}, {.label = "C", .samples = 2}};
  edf_begin(&e, "", 2, "1", s, 3);
  EDF_SAMPLES(&e, -1000, -1001, 1001, 1000, -32768, -32767, 32767, 0, -32768, 32767);
  EDF_SAMPLES(&e, 10, -32768, 32767, 1000, -32768, 1, 2, -32768, -32768, 32767);
  feed *f = read_edf(&e);
  size_t n;
  const fecg_diagnostic *d = fecg_reader_diagnostics(f->reader, &n);
  EXPECT_SAMPLES(f, 0, -100, NAN, NAN, 100, 1, NAN, NAN, 100);
  EXPECT_SAMPLES(f, 1, NAN, -32767, 32767, 0, NAN, 1, 2, NAN);
  EXPECT_SAMPLES(f, 2, -32768, 32767, -32768, 32767); /* its range holds them all */
  TEST_ASSERT_EQUAL(1, n); /* once a channel; -32768 alone is a gap by intent */
  TEST_ASSERT_EQUAL_STRING("OUT_OF_RANGE", d->code);
  TEST_ASSERT_NOT_NULL(strstr(d->message, "\"A\""));
  feed_close(f);
}

static void bdf_digits_outside_the_digital_range_are_gaps(void) {
  const edf_spec s = {.label = "A", .pmin = "-8388607", .pmax = "8388607", .dmin = "-8388607", .dmax = "8388607", .samples = 2};
  static const uint8_t bytes[] = {0, 0, 0x80, 1, 0, 0x80};
  edf_begin(&e, "24BIT", 1, "1", &s, 1);
  memcpy(e.bytes + e.n, bytes, sizeof bytes);
  e.n += sizeof bytes;
  feed *f = read_edf(&e);
  EXPECT_SAMPLES(f, 0, NAN, -8388607);
  feed_close(f);
}

static void a_record_larger_than_a_block_is_given_in_pieces(void) {
  const edf_spec s[] = {{.label = "A", .samples = 400000}, {.label = "B", .samples = 200000}};
  edf_begin(&e, "", 1, "100", s, 2);
  size_t n = e.n + 1200000;
  uint8_t *bytes = calloc(n, 1);
  TEST_ASSERT_NOT_NULL(bytes);
  memcpy(bytes, e.bytes, e.n);
  bytes[e.n + 2 * 4000] = 7;
  bytes[n - 2] = 9;
  const feed_file file = {"a.edf", bytes, n};
  feed *f = feed_read(&file, 1, NULL);
  TEST_ASSERT_EQUAL(FECG_OK, f->status);
  TEST_ASSERT_EQUAL(400000, f->n[0]);
  TEST_ASSERT_EQUAL(200000, f->n[1]);
  TEST_ASSERT_EQUAL(3, f->blocks);
  TEST_ASSERT_EQUAL(7, (int)f->uv[0][4000]);
  feed_close(f);
  free(bytes);
}

/* ---- damaged files ---- */

static void an_empty_file_and_a_text_file_are_refused(void) {
  feed *f = read_text("a.edf", "", NULL);
  expect_error(f, FECG_ERR_FORMAT, 0, "empty");
  feed_close(f);
  f = read_text("a.edf", "this is not a recording at all\n", NULL);
  expect_error(f, FECG_ERR_FORMAT, 0, "\"this is \"");
  feed_close(f);
}

static void every_cut_of_the_header_is_refused(void) {
  const edf_spec s[] = {ABD, TALS};
  edf_begin(&e, "EDF+C", 1, "1", s, 2);
  size_t whole = e.n;
  for (e.n = 0; e.n <= whole; e.n++) {
    feed *f = read_edf(&e);
    TEST_ASSERT_EQUAL(FECG_ERR_FORMAT, f->status);
    feed_close(f);
  }
}

static void every_cut_of_the_records_keeps_the_whole_samples(void) {
  const edf_spec s[] = {ABD, {.label = "B", .samples = 2}};
  for (int hide = 0; hide < 2; hide++)
    for (size_t cut = 1; cut < 24; cut++) {
      edf_begin(&e, "", 2, "1", s, 2);
      size_t header = e.n;
      EDF_SAMPLES(&e, 1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6);
      e.n -= cut;
      const feed_file file = {"a.edf", e.bytes, e.n};
      feed f = {.hide_size = hide};
      const fecg_read_options o = {"a.edf", 0, NULL};
      TEST_ASSERT_EQUAL(FECG_OK, fecg_reader_create(&o, &f.reader));
      while (feed_on(&f, &file, 1)) {}
      size_t bytes = e.n - header, rest = bytes % 12;
      if (bytes < 2) expect_error(&f, FECG_ERR_FORMAT, (int64_t)header, "no data record");
      else {
        TEST_ASSERT_EQUAL(FECG_OK, f.status);
        size_t records = bytes / 12 + (rest >= 2), sound = 0;
        TEST_ASSERT_EQUAL(records * 4, f.n[0]);
        TEST_ASSERT_EQUAL(records * 2, f.n[1]);
        for (size_t i = 0; i < f.n[0]; i++) sound += !isnan(f.uv[0][i]);
        for (size_t i = 0; i < f.n[1]; i++) sound += !isnan(f.uv[1][i]);
        TEST_ASSERT_EQUAL(bytes / 2, sound);
        TEST_ASSERT_TRUE(has_diagnostic(f.reader, rest ? "TRUNCATED" : "RECORD_COUNT"));
      }
      feed_close(&f);
    }
}

static void record_counts_that_are_not_so_are_told_of(void) {
  static const struct { const char *count, *code; size_t samples; } CASES[] = {
      {"-1", NULL, 8}, {"3", "RECORD_COUNT", 8}, {"99999999", "RECORD_COUNT", 8}, {"1", "TRAILING_BYTES", 4},
      {"0", "RECORD_COUNT", 8}, {"-7", "RECORD_COUNT", 8}, {"many", "RECORD_COUNT", 8}};
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
    edf_begin(&e, "", 2, "1", &ABD, 1);
    EDF_SAMPLES(&e, 1, 2, 3, 4, 5, 6, 7, 8);
    edf_field(e.bytes + 236, 8, CASES[i].count);
    feed *f = read_edf(&e);
    TEST_ASSERT_EQUAL(FECG_OK, f->status);
    TEST_ASSERT_EQUAL_MESSAGE(CASES[i].samples, f->n[0], CASES[i].count);
    TEST_ASSERT_EQUAL(CASES[i].code != NULL, diagnostic_count(f->reader));
    TEST_ASSERT_TRUE_MESSAGE(!CASES[i].code || has_diagnostic(f->reader, CASES[i].code), CASES[i].count);
    feed_close(f);
  }
}

static void header_fields_that_make_no_sense_are_refused(void) {
  static const struct { int offset, width; const char *text; fecg_status status; const char *words; } CASES[] = {
      {252, 4, "0", FECG_ERR_FORMAT, "signals"},        {252, 4, "-1", FECG_ERR_FORMAT, "signals"},
      {252, 4, "x", FECG_ERR_FORMAT, "signals"},        {252, 4, "9999", FECG_ERR_UNSUPPORTED, "1024"},
      {184, 8, "100", FECG_ERR_FORMAT, "expected 512"}, {184, 8, "99999999", FECG_ERR_FORMAT, "header size"},
      {244, 8, "0", FECG_ERR_FORMAT, "duration"},       {244, 8, "-1", FECG_ERR_FORMAT, "duration"},
      {244, 8, "1e999", FECG_ERR_FORMAT, "duration"},   {244, 8, "", FECG_ERR_FORMAT, "duration"},
      {472, 8, "0", FECG_ERR_FORMAT, "samples"},        {472, 8, "-4", FECG_ERR_FORMAT, "samples"},
      {472, 8, "4.5", FECG_ERR_FORMAT, "samples"},      {472, 8, "99999999", FECG_ERR_UNSUPPORTED, "64 MiB"},
      {472, 8, "2000000", FECG_ERR_UNSUPPORTED, "1 MHz"}};
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
    edf_begin(&e, "", 1, "1", &ABD, 1);
    EDF_SAMPLES(&e, 1, 2, 3, 4);
    edf_field(e.bytes + CASES[i].offset, CASES[i].width, CASES[i].text);
    feed *f = read_edf(&e);
    expect_error(f, CASES[i].status, CASES[i].offset, CASES[i].words);
    feed_close(f);
  }
}

static void a_file_of_annotations_alone_is_refused(void) {
  edf_begin(&e, "EDF+C", 1, "0", &TALS, 1);
  EDF_TALS(&e, "+0\x14\x14\0", 40);
  feed *f = read_edf(&e);
  expect_error(f, FECG_ERR_FORMAT, 256, "annotations alone");
  feed_close(f);
}

static void a_channel_without_a_scale_is_all_gaps(void) {
  static const edf_spec BAD[] = {{.label = "same", .dmin = "5", .dmax = "5", .samples = 2}, {.label = "swap", .dmin = "5", .dmax = "-5", .samples = 2},
                                 {.label = "phys", .pmin = "1", .pmax = "1", .samples = 2}, {.label = "text", .pmin = "low", .samples = 2}};
  for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
    const edf_spec s[] = {ABD, BAD[i]};
    edf_begin(&e, "", 1, "1", s, 2);
    EDF_SAMPLES(&e, 1, 2, 3, 4, 5, 6);
    feed *f = read_edf(&e);
    TEST_ASSERT_EQUAL(FECG_OK, f->status);
    EXPECT_SAMPLES(f, 0, 1, 2, 3, 4);
    EXPECT_SAMPLES(f, 1, NAN, NAN);
    TEST_ASSERT_TRUE(has_diagnostic(f->reader, "BAD_RANGE"));
    TEST_ASSERT_TRUE(channel(f, 1).phys_min_uv == 0 && channel(f, 1).phys_max_uv == 0);
    feed_close(f);
    edf_begin(&e, "", 1, "1", &BAD[i], 1);
    EDF_SAMPLES(&e, 5, 6);
    f = read_edf(&e);
    TEST_ASSERT_EQUAL(FECG_ERR_FORMAT, f->status);
    feed_close(f);
  }
}

static void values_beyond_a_kilovolt_are_gaps(void) {
  const edf_spec s = {"A", "V", "-32768", "32767", "-32768", "32767", 2};
  edf_begin(&e, "", 1, "1", &s, 1);
  EDF_SAMPLES(&e, 1, 2000);
  feed *f = read_edf(&e);
  EXPECT_SAMPLES(f, 0, 1e6f, NAN);
  feed_close(f);
}

int main(void) {
  UNITY_BEGIN();
  RUN_TEST(channels_have_label_unit_rate_and_scale);
  RUN_TEST(a_unit_that_is_no_voltage_leaves_values_as_they_are_and_is_told_of);
  RUN_TEST(the_given_unit_overrides);
  RUN_TEST(bdf_samples_have_24_bits);
  RUN_TEST(the_content_tells_the_format_where_the_name_does_not);
  RUN_TEST(annotations_are_read_and_time_stamps_are_not_among_them);
  RUN_TEST(damaged_annotations_are_told_of_and_samples_stay);
  RUN_TEST(annotations_are_bounded);
  RUN_TEST(time_between_records_of_edf_plus_d_is_a_gap);
  RUN_TEST(a_long_gap_comes_in_pieces);
  RUN_TEST(records_whose_time_is_not_sound_end_or_follow);
  RUN_TEST(annotated_gaps_are_gap_samples);
  RUN_TEST(a_gap_named_by_a_label_of_two_channels_is_an_annotation);
  RUN_TEST(digits_outside_the_digital_range_are_gaps);
  RUN_TEST(bdf_digits_outside_the_digital_range_are_gaps);
  RUN_TEST(a_record_larger_than_a_block_is_given_in_pieces);
  RUN_TEST(an_empty_file_and_a_text_file_are_refused);
  RUN_TEST(every_cut_of_the_header_is_refused);
  RUN_TEST(every_cut_of_the_records_keeps_the_whole_samples);
  RUN_TEST(record_counts_that_are_not_so_are_told_of);
  RUN_TEST(header_fields_that_make_no_sense_are_refused);
  RUN_TEST(a_file_of_annotations_alone_is_refused);
  RUN_TEST(a_channel_without_a_scale_is_all_gaps);
  RUN_TEST(values_beyond_a_kilovolt_are_gaps);
  return UNITY_END();
}
