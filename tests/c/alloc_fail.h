/* alloc_fail.h — makes the nth allocation of a test fail and counts what is not released. Including it
 * links the test with the linker's --wrap for malloc, calloc, realloc and free (tests/CMakeLists.txt).
 *
 *   for (long n = 1;; n++) {
 *     alloc_fail_at(n);
 *     ... work that must end with FECG_ERR_MEMORY or succeed, and release everything ...
 *     if (alloc_fail_end() == 0) break;   // no allocation failed: the sweep is done
 *   }
 * alloc_fail_end() fails the test where something was not released. */
#ifndef FECG_ALLOC_FAIL_H
#define FECG_ALLOC_FAIL_H

#include <stddef.h>

#include "unity.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *p, size_t size);
void __real_free(void *p);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *p, size_t size);
void __wrap_free(void *p);

static long alloc_fail_countdown;  /* 0: none is to fail */
static long alloc_fail_failed, alloc_fail_live;

static inline int alloc_fail_now(void) {
  if (alloc_fail_countdown == 0 || --alloc_fail_countdown != 0) return 0;
  alloc_fail_failed++;
  return 1;
}

void *__wrap_malloc(size_t size) {
  void *p = alloc_fail_now() ? NULL : __real_malloc(size);
  alloc_fail_live += p != NULL;
  return p;
}

void *__wrap_calloc(size_t count, size_t size) {
  void *p = alloc_fail_now() ? NULL : __real_calloc(count, size);
  alloc_fail_live += p != NULL;
  return p;
}

void *__wrap_realloc(void *old, size_t size) {
  void *p = alloc_fail_now() ? NULL : __real_realloc(old, size);
  alloc_fail_live += p != NULL && old == NULL;
  return p;
}

void __wrap_free(void *p) {
  alloc_fail_live -= p != NULL;
  __real_free(p);
}

/* The nth allocation from now fails, once. */
static inline void alloc_fail_at(long n) {
  alloc_fail_countdown = n;
  alloc_fail_failed = alloc_fail_live = 0;
}

/* How many allocations failed since alloc_fail_at(): 0 or 1. */
static inline long alloc_fail_end(void) {
  alloc_fail_countdown = 0;
  TEST_ASSERT_EQUAL_MESSAGE(0, alloc_fail_live, "memory was not released");
  return alloc_fail_failed;
}

#endif
