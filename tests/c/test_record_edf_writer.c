/* Tests of writing EDF+: what is written is read again, samples, gaps and annotations. */
#include "record_feed.h"

void setUp(void) {}
void tearDown(void) {}

typedef struct output {
  uint8_t *bytes;
  size_t n;
} output;

static void take_all(fecg_edf_writer *w, output *o) {
  size_t n;
  for (const uint8_t *p; (p = fecg_edf_writer_take(w, &n)) != NULL && n;) {
    o->bytes = realloc(o->bytes, o->n + n);
    TEST_ASSERT_NOT_NULL(o->bytes);
    memcpy(o->bytes + o->n, p, n);
    o->n += n;
  }
}

/* Finishes, writes the final header over the first, and reads all of it. */
static feed *finish_and_read(fecg_edf_writer *w, output *o) {
  size_t n;
  TEST_ASSERT_EQUAL(FECG_OK, fecg_edf_writer_finish(w));
  take_all(w, o);
  const uint8_t *header = fecg_edf_writer_header(w, &n);
  TEST_ASSERT_TRUE(n <= o->n);
  memcpy(o->bytes, header, n);
  fecg_edf_writer_destroy(w);
  const feed_file file = {"a.edf", o->bytes, o->n};
  feed *f = feed_read(&file, 1, NULL);
  TEST_ASSERT_EQUAL(FECG_OK, f->status);
  TEST_ASSERT_EQUAL_STRING("EDF+C", fecg_reader_format(f->reader));
  TEST_ASSERT_EQUAL(0, diagnostic_count(f->reader));
  return f;
}

static void close_all(feed *f, output *o) {
  feed_close(f);
  free(o->bytes);
}

static fecg_edf_writer *writer(const fecg_edf_channel *c, int n) {
  fecg_edf_writer *w;
  TEST_ASSERT_EQUAL(FECG_OK, fecg_edf_writer_create(c, n, &w));
  return w;
}

static fecg_channel channel(const feed *f, int i) {
  fecg_channel c;
  TEST_ASSERT_EQUAL(FECG_OK, fecg_reader_channel(f->reader, i, &c));
  return c;
}

static void samples_come_back_within_half_a_step(void) {
  const fecg_edf_channel c[] = {{"fECG Abd 1", 500, -100, 100}, {"slow", 125, -3276.8, 3276.7}};
  fecg_edf_writer *w = writer(c, 2);
  output o = {NULL, 0};
  float uv[1000];
  for (int i = 0; i < 1000; i++) uv[i] = 90 * sinf((float)i * 0.05f);
  for (size_t i = 0; i < 1000; i += 10) { /* small pieces, taken now and then */
    TEST_ASSERT_EQUAL(FECG_OK, fecg_edf_writer_push(w, 0, uv + i, 10));
    if (i % 40 == 0) TEST_ASSERT_EQUAL(FECG_OK, fecg_edf_writer_push(w, 1, uv + i, 10));
    if (i % 300 == 0) take_all(w, &o);
  }
  feed *f = finish_and_read(w, &o);
  TEST_ASSERT_EQUAL_STRING("fECG Abd 1", channel(f, 0).label);
  TEST_ASSERT_TRUE(channel(f, 0).fs == 500 && channel(f, 1).fs == 125 && channel(f, 0).phys_min_uv == -100);
  TEST_ASSERT_EQUAL(1000, f->n[0]);
  TEST_ASSERT_EQUAL(250, f->n[1]);
  for (int i = 0; i < 1000; i++) TEST_ASSERT_FLOAT_WITHIN(100.0f / 65534 + 1e-5f, uv[i], f->uv[0][i]);
  close_all(f, &o);
}

static void values_outside_the_range_are_clipped_and_are_no_gap(void) {
  const fecg_edf_channel c = {"A", 250, -32767, 32767};
  const float uv[] = {-1e6f, 1e6f, -32768, -32767, 32767, NAN, INFINITY, -INFINITY, 2e9f, 0};
  fecg_edf_writer *w = writer(&c, 1);
  output o = {NULL, 0};
  TEST_ASSERT_EQUAL(FECG_OK, fecg_edf_writer_push(w, 0, uv, 10));
  feed *f = finish_and_read(w, &o);
  TEST_ASSERT_EQUAL(250, f->n[0]);
  f->n[0] = 10;
  EXPECT_SAMPLES(f, 0, -32767, 32767, -32767, -32767, 32767, NAN, NAN, NAN, NAN, 0);
  close_all(f, &o);
}

static void gaps_come_back_sample_by_sample(void) {
  const fecg_edf_channel c[] = {{"A", 500, -100, 100}, {"B", 250, -100, 100}};
  fecg_edf_writer *w = writer(c, 2);
  output o = {NULL, 0};
  float a[2000], b[1000];
  uint32_t seed = 1;
  for (int i = 0; i < 2000; i++) a[i] = (i > 300 && i < 1300) || i == 5 || i == 1999 ? NAN : 1;
  for (int i = 0, gap = 0; i < 1000; i++) { /* runs of random length */
    seed = seed * 1664525u + 1013904223u;
    if (seed >> 24 < 6) gap = !gap;
    b[i] = gap ? NAN : 2;
  }
  TEST_ASSERT_EQUAL(FECG_OK, fecg_edf_writer_push(w, 0, a, 2000));
  TEST_ASSERT_EQUAL(FECG_OK, fecg_edf_writer_push(w, 1, b, 1000));
  feed *f = finish_and_read(w, &o);
  size_t n;
  TEST_ASSERT_EQUAL(2000, f->n[0]);
  TEST_ASSERT_EQUAL(1000, f->n[1]);
  for (int i = 0; i < 2000; i++) TEST_ASSERT_EQUAL(isnan(a[i]), isnan(f->uv[0][i]));
  for (int i = 0; i < 1000; i++) TEST_ASSERT_EQUAL(isnan(b[i]), isnan(f->uv[1][i]));
  fecg_reader_annotations(f->reader, &n);
  TEST_ASSERT_EQUAL(0, n);
  close_all(f, &o);
}

static void more_gaps_than_a_record_can_name_come_back_and_so_do_samples(void) {
  const fecg_edf_channel c[] = {{"A", 500, -100, 100}, {"B", 500, -100, 100}};
  fecg_edf_writer *w = writer(c, 2);
  output o = {NULL, 0};
  float a[500], b[500];
  for (int i = 0; i < 500; i++) a[i] = i % 2 ? NAN : 1, b[i] = i < 3 || i % 3 ? 2 : NAN;
  TEST_ASSERT_EQUAL(FECG_OK, fecg_edf_writer_push(w, 0, a, 500));
  TEST_ASSERT_EQUAL(FECG_OK, fecg_edf_writer_push(w, 1, b, 500));
  feed *f = finish_and_read(w, &o);
  for (int i = 0; i < 500; i++) {
    TEST_ASSERT_EQUAL(isnan(a[i]), isnan(f->uv[0][i]));
    TEST_ASSERT_EQUAL(isnan(b[i]), isnan(f->uv[1][i]));
  }
  close_all(f, &o);
}

static size_t count_text(const output *o, const char *text) {
  size_t n = 0, length = strlen(text);
  for (size_t i = 0; i + length <= o->n; i++) n += memcmp(o->bytes + i, text, length) == 0;
  return n;
}

static void scattered_gaps_cost_no_sample_and_push_no_annotation_away(void) { /* 4 s, one sample in ten is a gap */
  const fecg_edf_channel c = {"A", 500, -100, 100};
  fecg_edf_writer *w = writer(&c, 1);
  output o = {NULL, 0};
  float uv[2000];
  uint32_t seed = 7;
  for (int i = 0; i < 2000; i++) {
    seed = seed * 1664525u + 1013904223u;
    uv[i] = seed >> 24 < 26 || (i >= 700 && i < 800) ? NAN : 50 * sinf((float)i);
  }
  TEST_ASSERT_EQUAL(FECG_OK, fecg_edf_writer_push(w, 0, uv, 2000));
  for (int i = 0; i < 8; i++) TEST_ASSERT_EQUAL(FECG_OK, fecg_edf_writer_annotate(w, 0.1 + 0.1 * i, 0, "fQRS"));
  feed *f = finish_and_read(w, &o);
  TEST_ASSERT_EQUAL(2000, f->n[0]);
  for (int i = 0; i < 2000; i++) {
    TEST_ASSERT_EQUAL(isnan(uv[i]), isnan(f->uv[0][i]));
    TEST_ASSERT_TRUE(isnan(uv[i]) || fabsf(uv[i] - f->uv[0][i]) <= 100.0f / 65534 + 1e-5f);
  }
  TEST_ASSERT_EQUAL(1, count_text(&o, "gap A")); /* the long one, for people */
  TEST_ASSERT_EQUAL(8, count_text(&(output){o.bytes + 768 + 1000, 608}, "fQRS")); /* in the record of their time */
  close_all(f, &o);
}

static void gaps_of_channels_with_one_label_or_none_stay_their_own(void) {
  const fecg_edf_channel c[] = {{"A", 100, -100, 100}, {"A ", 100, -100, 100}, {"", 100, -100, 100}, {"B", 100, -100, 100}};
  fecg_edf_writer *w = writer(c, 4);
  output o = {NULL, 0};
  for (int k = 0; k < 4; k++) {
    float uv[200];
    for (int i = 0; i < 200; i++) uv[i] = i / 50 == k ? NAN : 1;
    TEST_ASSERT_EQUAL(FECG_OK, fecg_edf_writer_push(w, k, uv, 200));
  }
  feed *f = finish_and_read(w, &o);
  size_t n;
  for (int k = 0; k < 4; k++)
    for (int i = 0; i < 200; i++) TEST_ASSERT_EQUAL(i / 50 == k, isnan(f->uv[k][i]));
  fecg_reader_annotations(f->reader, &n);
  TEST_ASSERT_EQUAL(0, n);
  TEST_ASSERT_EQUAL(1, count_text(&o, "gap "));
  close_all(f, &o);
}

static void the_digital_range_leaves_out_the_digit_of_a_gap(void) {
  const fecg_edf_channel c = {"A", 100, -100, 100};
  fecg_edf_writer *w = writer(&c, 1);
  size_t n;
  const uint8_t *h = fecg_edf_writer_header(w, &n);
  TEST_ASSERT_EQUAL_MEMORY("-32767  -32768  32767   32767   ", h + 256 + 120 * 2, 32); /* minima, then maxima, of the channel and the annotations */
  fecg_edf_writer_destroy(w);
}

static void annotations_come_back_in_the_record_where_they_begin(void) {
  const fecg_edf_channel c = {"A", 100, -100, 100};
  fecg_edf_writer *w = writer(&c, 1);
  output o = {NULL, 0};
  float uv[1000] = {0};
  TEST_ASSERT_EQUAL(FECG_OK, fecg_edf_writer_annotate(w, 7.5, 0, "fQRS"));
  TEST_ASSERT_EQUAL(FECG_OK, fecg_edf_writer_annotate(w, 0.25, 1.5, "mQRS \xC3\xBC"));
  TEST_ASSERT_EQUAL(FECG_OK, fecg_edf_writer_annotate(w, 7.5, 0, "second\x14of\nthem"));
  TEST_ASSERT_EQUAL(FECG_OK, fecg_edf_writer_push(w, 0, uv, 1000));
  take_all(w, &o);
  TEST_ASSERT_EQUAL(FECG_OK, fecg_edf_writer_annotate(w, 3, 0, "late"));
  TEST_ASSERT_EQUAL(FECG_OK, fecg_edf_writer_push(w, 0, uv, 100));
  feed *f = finish_and_read(w, &o);
  size_t n;
  const fecg_annotation *a = fecg_reader_annotations(f->reader, &n);
  TEST_ASSERT_EQUAL(4, n);
  TEST_ASSERT_EQUAL_STRING("mQRS \xC3\xBC", a[0].text);
  TEST_ASSERT_TRUE(a[0].t_s == 0.25 && a[0].duration_s == 1.5);
  TEST_ASSERT_EQUAL_STRING("fQRS", a[1].text);
  TEST_ASSERT_EQUAL_STRING("second of them", a[2].text);
  TEST_ASSERT_EQUAL_STRING("late", a[3].text);
  TEST_ASSERT_EQUAL(1100, f->n[0]);
  /* the TAL of 0.25 s stands in the first record: one second of 100 samples of two bytes before it */
  TEST_ASSERT_EQUAL_MEMORY("+0\x14\x14\0+0.25\x15" "1.5\x14mQRS", o.bytes + 768 + 200, 19);
  close_all(f, &o);
}

static void annotations_without_room_get_records_that_are_gaps(void) {
  const fecg_edf_channel c = {"A", 100, -100, 100};
  fecg_edf_writer *w = writer(&c, 1);
  output o = {NULL, 0};
  float uv[100] = {0};
  TEST_ASSERT_EQUAL(FECG_OK, fecg_edf_writer_push(w, 0, uv, 100));
  for (int i = 0; i < 200; i++) {
    char text[24];
    snprintf(text, sizeof text, "beat %d", 199 - i);
    TEST_ASSERT_EQUAL(FECG_OK, fecg_edf_writer_annotate(w, 0.001 * (199 - i), 0, text));
  }
  feed *f = finish_and_read(w, &o);
  size_t n;
  const fecg_annotation *a = fecg_reader_annotations(f->reader, &n);
  TEST_ASSERT_EQUAL(200, n);
  for (int i = 0; i < 200; i++) {
    char text[24];
    snprintf(text, sizeof text, "beat %d", i);
    TEST_ASSERT_EQUAL_STRING(text, a[i].text);
  }
  TEST_ASSERT_GREATER_THAN(100, f->n[0]);
  for (size_t i = 0; i < f->n[0]; i++) TEST_ASSERT_EQUAL(i >= 100, isnan(f->uv[0][i]));
  close_all(f, &o);
}

static void rates_that_make_no_whole_second_are_kept(void) {
  static const double RATES[][2] = {{128.5, 257}, {333.25, 333.25}, {0.5, 250}, {1000.0 / 3, 1000}, {62.5, 1000}, {4000, 125}};
  for (size_t i = 0; i < sizeof RATES / sizeof *RATES; i++) {
    const fecg_edf_channel c[] = {{"A", RATES[i][0], -1, 1}, {"B", RATES[i][1], -1, 1}};
    fecg_edf_writer *w = writer(c, 2);
    output o = {NULL, 0};
    const float v = 0.5f;
    TEST_ASSERT_EQUAL(FECG_OK, fecg_edf_writer_push(w, 1, &v, 1));
    feed *f = finish_and_read(w, &o);
    TEST_ASSERT_DOUBLE_WITHIN(1e-6 * RATES[i][0], RATES[i][0], channel(f, 0).fs);
    TEST_ASSERT_DOUBLE_WITHIN(1e-6 * RATES[i][1], RATES[i][1], channel(f, 1).fs);
    close_all(f, &o);
  }
}

static void many_fast_channels_make_short_records(void) {
  fecg_edf_channel c[40];
  for (int i = 0; i < 40; i++) c[i] = (fecg_edf_channel){"lead", 1000, -1000, 1000};
  fecg_edf_writer *w = writer(c, 40);
  size_t n;
  const uint8_t *h = fecg_edf_writer_header(w, &n);
  char duration[9] = "";
  memcpy(duration, h + 244, 8);
  TEST_ASSERT_TRUE(strtod(duration, NULL) < 1 && strtod(duration, NULL) > 0.2);
  fecg_edf_writer_destroy(w);
}

static void arguments_are_checked(void) {
  static const fecg_edf_channel BAD[] = {
      {NULL, 500, -1, 1},       {"seventeen letters", 500, -1, 1}, {"\xC3\xBC", 500, -1, 1}, {"A", 0, -1, 1},          {"A", NAN, -1, 1},
      {"A", INFINITY, -1, 1},   {"A", 500, 1, -1},                 {"A", 500, 1, 1},          {"A", 500, NAN, 1},       {"A", 500, -INFINITY, 1},
      {"A", 500, -1e9, 1},      {"A", 500, 0, 1e-9},               {"A", -500, -1, 1}};
  fecg_edf_writer *w;
  const float v = 0;
  size_t n;
  for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
    TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_edf_writer_create(&BAD[i], 1, &w));
    TEST_ASSERT_NULL(w);
  }
  const fecg_edf_channel good = {"A", 500, -1, 1};
  const fecg_edf_channel apart[] = {{"A", 500, -1, 1}, {"B", 500 * 1.41421356, -1, 1}};
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_edf_writer_create(apart, 2, &w));
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_edf_writer_create(&good, 0, &w));
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_edf_writer_create(&good, 1 << 20, &w));
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_edf_writer_create(NULL, 1, &w));
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_edf_writer_create(&good, 1, NULL));
  w = writer(&good, 1);
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_edf_writer_push(w, 1, &v, 1));
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_edf_writer_push(w, -1, &v, 1));
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_edf_writer_push(w, 0, NULL, 1));
  TEST_ASSERT_EQUAL(FECG_OK, fecg_edf_writer_push(w, 0, NULL, 0));
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_edf_writer_annotate(w, NAN, 0, "x"));
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_edf_writer_annotate(w, 0, -1, "x"));
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_edf_writer_annotate(w, 0, 0, NULL));
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_edf_writer_annotate(w, 0, 0, " \n"));
  TEST_ASSERT_EQUAL(FECG_OK, fecg_edf_writer_finish(w));
  TEST_ASSERT_EQUAL(FECG_OK, fecg_edf_writer_finish(w));
  TEST_ASSERT_EQUAL(FECG_ERR_STATE, fecg_edf_writer_push(w, 0, &v, 1));
  TEST_ASSERT_EQUAL(FECG_ERR_STATE, fecg_edf_writer_annotate(w, 0, 0, "x"));
  TEST_ASSERT_NOT_NULL(fecg_edf_writer_take(w, &n));
  TEST_ASSERT_EQUAL(768, n);
  TEST_ASSERT_NULL(fecg_edf_writer_take(w, &n));
  TEST_ASSERT_EQUAL(0, n);
  fecg_edf_writer_destroy(w);
  fecg_edf_writer_destroy(NULL);
}

int main(void) {
  UNITY_BEGIN();
  RUN_TEST(samples_come_back_within_half_a_step);
  RUN_TEST(values_outside_the_range_are_clipped_and_are_no_gap);
  RUN_TEST(gaps_come_back_sample_by_sample);
  RUN_TEST(more_gaps_than_a_record_can_name_come_back_and_so_do_samples);
  RUN_TEST(scattered_gaps_cost_no_sample_and_push_no_annotation_away);
  RUN_TEST(gaps_of_channels_with_one_label_or_none_stay_their_own);
  RUN_TEST(the_digital_range_leaves_out_the_digit_of_a_gap);
  RUN_TEST(annotations_come_back_in_the_record_where_they_begin);
  RUN_TEST(annotations_without_room_get_records_that_are_gaps);
  RUN_TEST(rates_that_make_no_whole_second_are_kept);
  RUN_TEST(many_fast_channels_make_short_records);
  RUN_TEST(arguments_are_checked);
  return UNITY_END();
}
