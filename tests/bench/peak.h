/* peak.h — the most that one thread's multiply-add can do with the engine's vectors: independent sums in registers, no
 * memory. */
#ifndef FECG_BENCH_PEAK_H
#define FECG_BENCH_PEAK_H

#include "simd/v4.h"

static volatile float peak_keep;

/* Gives the operations done. Twelve sums and two constants fit the sixteen registers of SSE and hide the latency. Apart
 * from its caller, which runs once and would never be optimised by a wasm engine. */
static __attribute__((noinline)) double peak(int rounds) {
  const v4 x = v4_splat(0.999f + peak_keep), c = v4_splat(0.001f);
  v4 s0 = v4_splat(peak_keep), s1 = v4_splat(peak_keep + 1), s2 = v4_splat(peak_keep + 2), s3 = v4_splat(peak_keep + 3);
  v4 s4 = v4_splat(peak_keep + 4), s5 = v4_splat(peak_keep + 5), s6 = v4_splat(peak_keep + 6), s7 = v4_splat(peak_keep + 7);
  v4 s8 = v4_splat(peak_keep + 8), s9 = v4_splat(peak_keep + 9), s10 = v4_splat(peak_keep + 10), s11 = v4_splat(peak_keep + 11);
  for (int r = 0; r < rounds; r++) {
    s0 = v4_product(s0, x, c), s1 = v4_product(s1, x, c), s2 = v4_product(s2, x, c), s3 = v4_product(s3, x, c);
    s4 = v4_product(s4, x, c), s5 = v4_product(s5, x, c), s6 = v4_product(s6, x, c), s7 = v4_product(s7, x, c);
    s8 = v4_product(s8, x, c), s9 = v4_product(s9, x, c), s10 = v4_product(s10, x, c), s11 = v4_product(s11, x, c);
  }
  s0 = v4_add(v4_add(v4_add(s0, s1), v4_add(s2, s3)), v4_add(v4_add(s4, s5), v4_add(s6, s7)));
  peak_keep = v4_sum(v4_add(s0, v4_add(v4_add(s8, s9), v4_add(s10, s11)))) * 0;
  return 2.0 * 4 * 12 * rounds;
}

#endif
