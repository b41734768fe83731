/* test_base_sha256.c — the examples of FIPS 180-4, and every length around a block against each other. */
#include <stdlib.h>
#include <string.h>

#include "base/sha256.h"
#include "unity.h"

void setUp(void) {}
void tearDown(void) {}

static void expect(const char *hex, const char *text) {
  char got[65];
  fecg_sha256((const uint8_t *)text, strlen(text), got);
  TEST_ASSERT_EQUAL_STRING(hex, got);
}

static void the_standard_s_examples(void) {
  expect("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "");
  expect("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "abc");
  expect("248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1", "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq");
  expect("cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1",
         "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu");
}

static void a_million_letters(void) {
  uint8_t *a = malloc(1000000);
  char got[65];
  TEST_ASSERT_NOT_NULL(a);
  memset(a, 'a', 1000000);
  fecg_sha256(a, 1000000, got);
  TEST_ASSERT_EQUAL_STRING("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0", got);
  free(a);
}

/* Computed with Python's hashlib: the sha256 of the 130 digests, in hexadecimal, of 0 to 129 bytes 0, 1, 2, .. */
static void every_length_around_a_block(void) {
  char all[130 * 64 + 1], got[65];
  for (size_t n = 0; n < 130; n++) {
    uint8_t *bytes = malloc(n ? n : 1); /* exact, so that a sanitizer sees a read beyond the end */
    TEST_ASSERT_NOT_NULL(bytes);
    for (size_t i = 0; i < n; i++) bytes[i] = (uint8_t)i;
    fecg_sha256(bytes, n, got);
    memcpy(all + 64 * n, got, 65);
    free(bytes);
  }
  fecg_sha256((const uint8_t *)all, 130 * 64, got);
  TEST_ASSERT_EQUAL_STRING("86ad28dbfd993eaac93b418876265379dced3a4a051fe854038149afd8a13c2c", got);
}

int main(void) {
  UNITY_BEGIN();
  RUN_TEST(the_standard_s_examples);
  RUN_TEST(a_million_letters);
  RUN_TEST(every_length_around_a_block);
  return UNITY_END();
}
