/* bench_kernels.c — the engine's kernels against the most that one thread's multiply-add can do here with
 * the same vectors (independent sums in registers, no memory). Built natively and as wasm; prints one
 * line each: name, GFLOP/s (best of several runs). */
#include "simd/kernels.h"

#include <stdio.h>
#include <time.h>

#include "peak.h"

/* Apart from main(), which runs once and is never optimised by a wasm engine. */
#define BENCH static __attribute__((noinline)) double

enum { N = 4096, TAPS = 128, RUNS = 9 };
static float a[N + TAPS], b[N + TAPS], y[4 * N];
static volatile float keep;

static double now(void) {
  struct timespec t;
  timespec_get(&t, TIME_UTC);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

BENCH dot(int rounds) {
  for (int r = 0; r < rounds; r++) keep = fecg_dot(a, b, N);
  return 2.0 * N * rounds;
}

BENCH correlate(int rounds) {
  for (int r = 0; r < rounds; r++) fecg_correlate(y, a, N, b, TAPS);
  return 2.0 * N * TAPS * rounds;
}

BENCH biquads(int rounds) {
  const fecg_biquad section = {0.2f, 0.4f, 0.2f, -0.3f, 0.1f};
  for (int r = 0; r < rounds; r++) fecg_biquads(y, N, &section, 1, r & 1);
  return 9.0 * 4 * N * rounds;
}

int main(void) {
  const struct {
    const char *name;
    double (*run)(int rounds); /* returns the operations done */
    int rounds;
  } benches[] = {{"peak", peak, 1000000}, {"dot", dot, 20000}, {"correlate", correlate, 200}, {"biquads", biquads, 1000}};
  for (int i = 0; i < N + TAPS; i++) a[i] = b[i] = 1e-3f * (float)(i % 17);
  for (size_t k = 0; k < sizeof benches / sizeof *benches; k++) {
    double best = 0;
    for (int r = 0; r < RUNS; r++) {
      for (int i = 0; i < 4 * N; i++) y[i] = (float)(i % 13);
      const double start = now(), rate = benches[k].run(benches[k].rounds) / (now() - start) * 1e-9;
      if (rate > best) best = rate;
    }
    printf("%s %.2f\n", benches[k].name, best);
  }
  return 0;
}
