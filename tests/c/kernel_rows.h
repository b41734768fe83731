/* kernel_rows.h — what tests of kernels share: arrays of exact size with numbers of many magnitudes, and comparisons. */
#ifndef FECG_KERNEL_ROWS_H
#define FECG_KERNEL_ROWS_H

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "simulate/random.h"
#include "unity.h"

enum { LENGTHS = 48 };
static const double ROUNDING = FLT_EPSILON / 2; /* relative error of one operation */
static sim_rng rng;

static inline size_t length(int i) { /* 0..40, then longer ones around whole blocks */
  static const size_t longer[] = {47, 63, 64, 65, 127, 500, 1003};
  return i <= 40 ? (size_t)i : longer[i - 41];
}

typedef struct row { /* n floats that start `shift` floats into their memory */
  float *memory, *x;
} row;

static inline row row_of(size_t n, size_t shift, double range) {
  row r;
  if (n + shift > 1 << 24) abort();
  r.memory = malloc((n + shift + !(n + shift)) * sizeof(float));
  TEST_ASSERT_NOT_NULL(r.memory);
  r.x = r.memory + shift;
  for (size_t i = 0; i < n + shift; i++) { /* magnitudes from 1/range to range, some zeros of either sign */
    const double u = sim_uniform(&rng, -1, 1), size = range > 1 ? sim_log_uniform(&rng, 1 / range, range) : 1;
    r.memory[i] = (float)(fabs(u) < 0.02 ? 0 * u : u * size);
  }
  return r;
}

static inline row copy_of(row from, size_t n, size_t shift) {
  row r = row_of(n, shift, 1);
  memcpy(r.memory, from.memory, (n + shift) * sizeof(float));
  return r;
}

static inline void same_bits(const char *what, size_t n, const float *wanted, const float *got, size_t count) {
  char message[64];
  snprintf(message, sizeof message, "%s of %lu", what, (unsigned long)n);
  if (count > 0) TEST_ASSERT_EQUAL_MEMORY_MESSAGE(wanted, got, count * sizeof(float), message);
}

static inline void near_exact(const char *what, size_t n, double exact, double bound, float got) {
  char message[128];
  snprintf(message, sizeof message, "%s of %lu: %.9g, exact %.9g, may be off by %.3g", what, (unsigned long)n, got, exact, bound);
  TEST_ASSERT_TRUE_MESSAGE(fabs(got - exact) <= bound, message);
}

#endif
