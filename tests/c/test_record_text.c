/* Tests of record/text: numbers without locale, UTF-8, units. */
#include "record/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "unity.h"

void setUp(void) {}
void tearDown(void) {}

static fecg_text of(const char *s) { return fecg_text_of(s, strlen(s)); }

static void numbers_are_read_as_the_c_library_reads_them(void) {
  static const char *const TEXTS[] = {"0",       "-0",      "1",        "-32768",      "3276.7",   ".5",     "5.",        "+0.004",
                                      "1e3",     "1E-06",   "-2.5e+2",  "0.0001220703125", "123456789012345", "1e22", "9.109e-31",
                                      "99999999", "000.125", "6.02214076e23"};
  for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++) {
    double v = NAN, want = strtod(TEXTS[i], NULL);
    TEST_ASSERT_EQUAL_MESSAGE(strlen(TEXTS[i]), fecg_scan_number(of(TEXTS[i]), '.', &v), TEXTS[i]);
    TEST_ASSERT_TRUE_MESSAGE(fabs(v - want) <= 4e-16 * fabs(want), TEXTS[i]);
  }
}

static void what_is_no_number_is_refused(void) {
  static const char *const TEXTS[] = {"", " ", "-", "+", ".", "e5", "abc", "1x", "1 2", "--1", "1e999", "-1e999", "nan", "inf", "1,5"};
  double v;
  int64_t n;
  for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++) TEST_ASSERT_FALSE_MESSAGE(fecg_parse_number(of(TEXTS[i]), &v), TEXTS[i]);
  static const char *const WHOLE[] = {"", "-", "1.0", "1e3", "0x10", "9999999999999999999"};
  for (size_t i = 0; i < sizeof WHOLE / sizeof *WHOLE; i++) TEST_ASSERT_FALSE_MESSAGE(fecg_parse_integer(of(WHOLE[i]), &n), WHOLE[i]);
}

static void numbers_end_where_the_text_ends(void) {
  double v;
  TEST_ASSERT_EQUAL(2, fecg_scan_number(fecg_text_of("12345", 2), '.', &v));
  TEST_ASSERT_TRUE(v == 12);
  TEST_ASSERT_EQUAL(1, fecg_scan_number(of("1e"), '.', &v)); /* an exponent without digits is not part of it */
  TEST_ASSERT_EQUAL(3, fecg_scan_number(of("1,5"), ',', &v));
  TEST_ASSERT_TRUE(v == 1.5);
  char *many = malloc(5000);
  TEST_ASSERT_NOT_NULL(many);
  memset(many, '9', 5000);
  TEST_ASSERT_EQUAL(5000, fecg_scan_number(fecg_text_of(many, 5000), '.', &v));
  TEST_ASSERT_TRUE(isinf(v));
  memset(many, '0', 4999);
  TEST_ASSERT_TRUE(fecg_parse_number(fecg_text_of(many, 5000), &v) && v == 9);
  free(many);
}

static void integers_are_trimmed_and_signed(void) {
  int64_t n;
  TEST_ASSERT_TRUE(fecg_parse_integer(of("  -42   "), &n) && n == -42);
  TEST_ASSERT_TRUE(fecg_parse_integer(of("999999999999999999"), &n) && n == 999999999999999999);
}

static void copies_are_valid_utf8(void) {
  char s[16];
  fecg_text_copy(s, sizeof s, of("  \xB5V \t"));
  TEST_ASSERT_EQUAL_STRING("\xC2\xB5V", s);
  fecg_text_copy(s, sizeof s, of("\xC2\xB5V"));
  TEST_ASSERT_EQUAL_STRING("\xC2\xB5V", s);
  fecg_text_copy(s, sizeof s, of("a\x01" "b\x85" "c"));
  TEST_ASSERT_EQUAL_STRING("a b c", s);
  fecg_text_copy(s, sizeof s, of("\xED\xA0\x80")); /* half of a surrogate pair is no UTF-8 */
  TEST_ASSERT_EQUAL_STRING("\xC3\xAD\xC2\xA0", s);
  fecg_text_copy(s, 4, of("ab\xC3\xA9"));          /* no half characters */
  TEST_ASSERT_EQUAL_STRING("ab", s);
  fecg_text_copy(s, sizeof s, of("\xF0\x9F\x92\x93!"));
  TEST_ASSERT_EQUAL_STRING("\xF0\x9F\x92\x93!", s);
}

static void quotes_are_short_and_printable(void) {
  TEST_ASSERT_EQUAL_STRING("a?b?", fecg_quote(of("a\nb\xFF")).s);
  TEST_ASSERT_EQUAL_STRING("123456789012345678901234...", fecg_quote(of("1234567890123456789012345")).s);
}

static void units_become_microvolts(void) {
  TEST_ASSERT_TRUE(fecg_unit_uv(of("uV")) == 1 && fecg_unit_uv(of("mV")) == 1e3 && fecg_unit_uv(of("V")) == 1e6);
  TEST_ASSERT_TRUE(fecg_unit_uv(of("\xC2\xB5V")) == 1 && fecg_unit_uv(of("\xCE\xBCV")) == 1 && fecg_unit_uv(of("nV")) == 1e-3);
  TEST_ASSERT_TRUE(fecg_unit_uv(of("mmHg")) == 0 && fecg_unit_uv(of("")) == 0 && fecg_unit_uv(of("mVs")) == 0);
}

static void numbers_are_written_without_trailing_zeros(void) {
  char s[32];
  TEST_ASSERT_EQUAL(5, fecg_format_number(s, -12.5, 7));
  TEST_ASSERT_EQUAL_STRING("-12.5", s);
  fecg_format_number(s, 0.004, 7);
  TEST_ASSERT_EQUAL_STRING("0.004", s);
  fecg_format_number(s, 86400, 7);
  TEST_ASSERT_EQUAL_STRING("86400", s);
  fecg_format_number(s, -1e-9, 7);
  TEST_ASSERT_EQUAL_STRING("0", s);
  fecg_format_number(s, 1.0 / 3, 7);
  TEST_ASSERT_EQUAL_STRING("0.3333333", s);
  fecg_format_number(s, 1e11 - 1, 7);
  TEST_ASSERT_EQUAL_STRING("99999999999", s);
}

int main(void) {
  UNITY_BEGIN();
  RUN_TEST(numbers_are_read_as_the_c_library_reads_them);
  RUN_TEST(what_is_no_number_is_refused);
  RUN_TEST(numbers_end_where_the_text_ends);
  RUN_TEST(integers_are_trimmed_and_signed);
  RUN_TEST(copies_are_valid_utf8);
  RUN_TEST(quotes_are_short_and_printable);
  RUN_TEST(units_become_microvolts);
  RUN_TEST(numbers_are_written_without_trailing_zeros);
  return UNITY_END();
}
