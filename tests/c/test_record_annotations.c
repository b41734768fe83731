/* Tests of reading MIT annotation files. */
#include "fecg.h"

#include <math.h>
#include <string.h>

#include "unity.h"

void setUp(void) {}
void tearDown(void) {}

/* A word of a code and a time step. */
#define W(code, step) (uint8_t)((step) & 255), (uint8_t)((code) << 2 | (step) >> 8)
enum { N = 1, V = 5, NOTE = 22, RHYTHM = 28, SKIP = 59, NUM = 60, SUB = 61, CHN = 62, AUX = 63 };

static fecg_annotation *a;
static size_t n;

static fecg_status read_bytes(const uint8_t *bytes, size_t size, double fs) { return fecg_annotations_read(bytes, size, fs, &a, &n); }

static void beats_have_times_and_letters(void) {
  static const uint8_t bytes[] = {W(N, 100), W(V, 1023), W(0, 77), W(15, 0), W(49, 1), W(41, 1), W(0, 0), W(N, 1)};
  TEST_ASSERT_EQUAL(FECG_OK, read_bytes(bytes, sizeof bytes, 500));
  TEST_ASSERT_EQUAL(5, n); /* what follows the closing word is not read */
  TEST_ASSERT_EQUAL_STRING("N", a[0].text);
  TEST_ASSERT_EQUAL_STRING("V", a[1].text);
  TEST_ASSERT_EQUAL_STRING("[15]", a[2].text);
  TEST_ASSERT_EQUAL_STRING("[49]", a[3].text);
  TEST_ASSERT_EQUAL_STRING("r", a[4].text);
  TEST_ASSERT_TRUE(a[0].t_s == 0.2 && a[1].t_s == 1123 / 500.0 && a[2].t_s == 1200 / 500.0 && a[0].duration_s == 0);
  fecg_free(a);
}

static void long_steps_go_both_ways(void) {
  static const uint8_t bytes[] = {W(SKIP, 0), 1, 0, 2, 0, W(N, 3), W(SKIP, 0), 0xFF, 0xFF, 0xFF, 0xFF, W(N, 0), W(0, 0)};
  TEST_ASSERT_EQUAL(FECG_OK, read_bytes(bytes, sizeof bytes, 1));
  TEST_ASSERT_EQUAL(2, n);
  TEST_ASSERT_TRUE(a[0].t_s == 65536 + 2 + 3 && a[1].t_s == a[0].t_s - 1);
  fecg_free(a);
}

static void fields_of_an_annotation_are_no_annotations(void) {
  static const uint8_t bytes[] = {W(RHYTHM, 10), W(SUB, 1), W(CHN, 2), W(NUM, 3), W(AUX, 5), '(', 'A', 'F', 'I', 'B', 0, W(N, 5), W(0, 0)};
  TEST_ASSERT_EQUAL(FECG_OK, read_bytes(bytes, sizeof bytes, 1));
  TEST_ASSERT_EQUAL(2, n);
  TEST_ASSERT_EQUAL_STRING("+ (AFIB", a[0].text);
  TEST_ASSERT_TRUE(a[0].t_s == 10 && a[1].t_s == 15);
  fecg_free(a);
}

static void a_long_text_is_cut(void) {
  uint8_t bytes[512] = {W(NOTE, 1), W(AUX, 300)};
  memset(bytes + 4, 'x', 300);
  TEST_ASSERT_EQUAL(FECG_OK, read_bytes(bytes, 308, 1));
  TEST_ASSERT_EQUAL(1, n);
  TEST_ASSERT_EQUAL(55, strlen(a[0].text));
  fecg_free(a);
}

static void a_file_may_give_its_own_rate(void) {
  static const uint8_t head[] = {W(NOTE, 0), W(AUX, 24)}, tail[] = {W(N, 183), W(0, 0)};
  uint8_t bytes[32];
  memcpy(bytes, head, 4);
  memcpy(bytes + 4, "## time resolution: 1000", 24);
  memcpy(bytes + 28, tail, 4);
  TEST_ASSERT_EQUAL(FECG_OK, read_bytes(bytes, sizeof bytes, 500));
  TEST_ASSERT_EQUAL(1, n);
  TEST_ASSERT_TRUE(a[0].t_s == 0.183);
  fecg_free(a);
}

static void every_cut_gives_what_is_sound(void) {
  static const uint8_t bytes[] = {W(N, 1), W(SKIP, 0), 0, 0, 9, 0, W(N, 1), W(AUX, 3), 'a', 'b', 'c', 0, W(N, 1), W(0, 0)};
  for (size_t cut = 0; cut < sizeof bytes; cut++) {
    TEST_ASSERT_EQUAL(FECG_ERR_FORMAT, read_bytes(bytes, cut, 1));
    TEST_ASSERT_EQUAL((cut >= 2) + (cut >= 10) + (cut >= 18), n);
    fecg_free(a);
  }
}

static void what_is_not_sound_ends_it(void) {
  static const uint8_t unknown[] = {W(N, 1), W(55, 1), W(0, 0)}, before[] = {W(N, 1), W(SKIP, 0), 0xFF, 0xFF, 0, 0, W(N, 1), W(0, 0)};
  TEST_ASSERT_EQUAL(FECG_ERR_FORMAT, read_bytes(unknown, sizeof unknown, 1));
  TEST_ASSERT_EQUAL(1, n);
  fecg_free(a);
  TEST_ASSERT_EQUAL(FECG_ERR_FORMAT, read_bytes(before, sizeof before, 1));
  TEST_ASSERT_EQUAL(1, n);
  fecg_free(a);
}

static void arguments_are_checked(void) {
  static const uint8_t bytes[] = {0, 0};
  const double rates[] = {0, -1, NAN, INFINITY};
  for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, read_bytes(bytes, 2, rates[i]));
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, read_bytes(NULL, 2, 1));
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_annotations_read(bytes, 2, 1, NULL, &n));
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_annotations_read(bytes, 2, 1, &a, NULL));
  TEST_ASSERT_EQUAL(FECG_ERR_FORMAT, read_bytes(NULL, 0, 1));
  TEST_ASSERT_NULL(a);
}

int main(void) {
  UNITY_BEGIN();
  RUN_TEST(beats_have_times_and_letters);
  RUN_TEST(long_steps_go_both_ways);
  RUN_TEST(fields_of_an_annotation_are_no_annotations);
  RUN_TEST(a_long_text_is_cut);
  RUN_TEST(a_file_may_give_its_own_rate);
  RUN_TEST(every_cut_gives_what_is_sound);
  RUN_TEST(what_is_not_sound_ends_it);
  RUN_TEST(arguments_are_checked);
  return UNITY_END();
}
