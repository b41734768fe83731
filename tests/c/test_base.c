/* Tests of src/base: status words, arena, growing array, elementary functions. */
#include "base/math.h"
#include "base/mem.h"

#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "unity.h"

void setUp(void) {}
void tearDown(void) {}

static void every_status_has_a_word_and_a_sentence(void) {
  TEST_ASSERT_EQUAL_STRING("OK", fecg_status_code(FECG_OK));
  TEST_ASSERT_EQUAL_STRING("FORMAT", fecg_status_code(FECG_ERR_FORMAT));
  for (int s = FECG_OK; s <= FECG_ERR_INTERNAL; s++) {
    TEST_ASSERT_GREATER_THAN(0, strlen(fecg_strerror((fecg_status)s)));
    TEST_ASSERT_GREATER_THAN(0, strlen(fecg_status_code((fecg_status)s)));
    for (int t = FECG_OK; t < s; t++)
      TEST_ASSERT_TRUE(strcmp(fecg_status_code((fecg_status)s), fecg_status_code((fecg_status)t)) != 0);
  }
  const int outside[] = {-1, FECG_ERR_INTERNAL + 1, INT_MAX, INT_MIN};
  for (size_t i = 0; i < sizeof outside / sizeof *outside; i++)
    TEST_ASSERT_EQUAL_STRING("UNKNOWN", fecg_status_code((fecg_status)outside[i]));
}

static void alloc_zeroes_and_refuses_sizes_that_overflow(void) {
  unsigned char *p = fecg_alloc(1000, 3);
  TEST_ASSERT_NOT_NULL(p);
  for (int i = 0; i < 3000; i++) TEST_ASSERT_EQUAL_UINT8(0, p[i]);
  fecg_free(p);
  fecg_free(NULL);
  TEST_ASSERT_NULL(fecg_alloc(0, 8));
  TEST_ASSERT_NULL(fecg_alloc(8, 0));
  TEST_ASSERT_NULL(fecg_alloc(SIZE_MAX, 2));
  TEST_ASSERT_NULL(fecg_alloc(SIZE_MAX / 2, SIZE_MAX / 2));
}

static void arena_blocks_are_aligned_and_apart(void) {
  fecg_arena a = {0};
  unsigned char *block[200];
  for (int i = 0; i < 200; i++) { /* 200 blocks over several chunks, one larger than a chunk */
    const size_t size = i == 100 ? (size_t)3 << 20 : (size_t)i * 997;
    block[i] = fecg_arena_alloc(&a, size, 1);
    TEST_ASSERT_NOT_NULL(block[i]);
    TEST_ASSERT_EQUAL(0, (uintptr_t)block[i] % 16);
    memset(block[i], i, size);
  }
  for (int i = 0; i < 200; i++) {
    const size_t size = i == 100 ? (size_t)3 << 20 : (size_t)i * 997;
    if (size == 0) continue;
    TEST_ASSERT_EQUAL_UINT8(i, block[i][0]);
    TEST_ASSERT_EQUAL_UINT8(i, block[i][size - 1]);
  }
  fecg_arena_destroy(&a);
}

static void arena_restore_gives_the_same_memory_again(void) {
  fecg_arena a = {0};
  TEST_ASSERT_NOT_NULL(fecg_arena_alloc(&a, 100, 1));
  const fecg_arena_mark m = fecg_arena_save(&a);
  void *first = fecg_arena_alloc(&a, 1000, 1);
  TEST_ASSERT_NOT_NULL(fecg_arena_alloc(&a, (size_t)5 << 20, 1)); /* opens a further chunk */
  fecg_arena_restore(&a, m);
  TEST_ASSERT_EQUAL_PTR(first, fecg_arena_alloc(&a, 1000, 1));
  fecg_arena_reset(&a);
  TEST_ASSERT_NOT_NULL(fecg_arena_floats(&a, 4));
  fecg_arena_destroy(&a);
}

static void arena_restore_to_its_beginning_keeps_the_chunk(void) {
  fecg_arena a = {0};
  const fecg_arena_mark m = fecg_arena_save(&a);
  void *first = fecg_arena_alloc(&a, 64, 1);
  fecg_arena_restore(&a, m);
  TEST_ASSERT_EQUAL_PTR(first, fecg_arena_alloc(&a, 64, 1));
  fecg_arena_destroy(&a);
}

static void arena_failure_stays_until_reset(void) {
  fecg_arena a = {0};
  TEST_ASSERT_NULL(fecg_arena_alloc(&a, SIZE_MAX / 4, 16));
  TEST_ASSERT_TRUE(a.failed);
  TEST_ASSERT_NULL(fecg_arena_alloc(&a, 1, 1));
  fecg_arena_reset(&a);
  TEST_ASSERT_FALSE(a.failed);
  TEST_ASSERT_NOT_NULL(fecg_arena_alloc(&a, 1, 1));
  fecg_arena_destroy(&a);
}

static void list_keeps_its_items_while_it_grows(void) {
  fecg_list l = {.item_size = sizeof(int)};
  for (int i = 0; i < 10000; i++) {
    int *item = fecg_list_add(&l, 1);
    TEST_ASSERT_NOT_NULL(item);
    *item = i;
  }
  TEST_ASSERT_EQUAL(10000, l.count);
  for (int i = 0; i < 10000; i++) TEST_ASSERT_EQUAL(i, ((int *)l.items)[i]);
  TEST_ASSERT_NULL(fecg_list_add(&l, SIZE_MAX / 2));
  TEST_ASSERT_NULL(fecg_list_add(&l, SIZE_MAX));
  TEST_ASSERT_EQUAL(10000, l.count);
  fecg_list_destroy(&l);
  TEST_ASSERT_NULL(l.items);
}

/* |got - want| <= limit * max(|want|, floor) */
static void close_to(double want, double got, double limit, double floor_at) {
  const double size = fabs(want) > floor_at ? fabs(want) : floor_at;
  TEST_ASSERT_TRUE_MESSAGE(fabs(got - want) <= limit * size, "outside the stated error");
}

static void elementary_functions_keep_their_stated_error(void) {
  for (int i = -7000; i <= 7000; i++) close_to(exp(i * 0.1), fecg_exp(i * 0.1), 1e-15, 0);
  for (int i = 1; i < 20000; i++) close_to(log(i * 0.001), fecg_log(i * 0.001), 1e-15, 0);
  for (int i = -300; i <= 300; i++) close_to(log(pow(10, i)), fecg_log(pow(10, i)), 1e-15, 0);
  for (int i = -3000; i <= 3000; i++) close_to(tanh(i * 0.01), fecg_tanh(i * 0.01), 1e-14, 0);
  for (int i = -100000; i <= 100000; i += 7) {
    close_to(sin(i * 0.01), fecg_sin(i * 0.01), 1e-14, 1);
    close_to(cos(i * 0.01), fecg_cos(i * 0.01), 1e-14, 1);
    close_to(sin(i * 9.9), fecg_sin(i * 9.9), 1e-14, 1);
    close_to(cos(i * 9999.0), fecg_cos(i * 9999.0), 1e-6, 1);
  }
  for (int y = -50; y <= 50; y++)
    for (int x = -50; x <= 50; x++) close_to(x || y ? atan2(y, x) : 0, fecg_atan2(y, x), 1e-14, 0);
  for (int i = 1; i < 20000; i += 7)
    for (int k = -50; k <= 50; k++) {
      const double x = i * 0.3, y = k * 1.148, size = fabs(y * log(x));
      if (size < 700) close_to(pow(x, y), fecg_pow(x, y), 1e-15 * (1 + size), 0);
    }
}

static void elementary_functions_at_the_edges(void) {
  TEST_ASSERT_TRUE(isnan(fecg_exp(NAN)) && isnan(fecg_log(NAN)) && isnan(fecg_tanh(NAN)));
  TEST_ASSERT_TRUE(isnan(fecg_sin(NAN)) && isnan(fecg_cos(NAN)) && isnan(fecg_atan2(NAN, 1)) && isnan(fecg_atan2(1, NAN)));
  TEST_ASSERT_TRUE(isnan(fecg_sin(INFINITY)) && isnan(fecg_cos(-INFINITY)));
  TEST_ASSERT_TRUE(isinf(fecg_exp(1000)) && fecg_exp(-1000) == 0 && fecg_exp(0) == 1);
  TEST_ASSERT_TRUE(isnan(fecg_log(-1)) && isinf(fecg_log(0)) && fecg_log(0) < 0 && fecg_log(1) == 0);
  TEST_ASSERT_TRUE(isinf(fecg_log(INFINITY)));
  close_to(log(DBL_TRUE_MIN), fecg_log(DBL_TRUE_MIN), 1e-14, 0); /* a subnormal number */
  TEST_ASSERT_TRUE(isinf(fecg_exp(709.1)) && fecg_exp(-708.1) == 0 && isnan(fecg_sin(1e9)) && isnan(fecg_cos(-1e9)));
  TEST_ASSERT_TRUE(fecg_atan2(-0.0, -1) == FECG_PI && fecg_atan2(0, 0) == 0);
  TEST_ASSERT_TRUE(fecg_tanh(1e300) == 1 && fecg_tanh(-1e300) == -1 && fecg_tanh(0) == 0);
}

int main(void) {
  UNITY_BEGIN();
  RUN_TEST(every_status_has_a_word_and_a_sentence);
  RUN_TEST(alloc_zeroes_and_refuses_sizes_that_overflow);
  RUN_TEST(arena_blocks_are_aligned_and_apart);
  RUN_TEST(arena_restore_gives_the_same_memory_again);
  RUN_TEST(arena_restore_to_its_beginning_keeps_the_chunk);
  RUN_TEST(arena_failure_stays_until_reset);
  RUN_TEST(list_keeps_its_items_while_it_grows);
  RUN_TEST(elementary_functions_keep_their_stated_error);
  RUN_TEST(elementary_functions_at_the_edges);
  return UNITY_END();
}
