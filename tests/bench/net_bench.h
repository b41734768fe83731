/* net_bench.h — what the benchmarks of the networks share. As wasm their calls are exported and JavaScript keeps the time
 * (net_measure.js); natively main() prints them. The file that includes this defines NETWORK_INPUTS, how many floats
 * bench_run() takes for so many leads, NETWORK_LEADS, bench_run(), bench_layer_name() and layer(). */
#ifndef FECG_NET_BENCH_H
#define FECG_NET_BENCH_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "net/model.h"
#include "peak.h"

/* Gives the operations done, a multiplication and an addition as two. */
double bench_peak(int rounds);
fecg_model *bench_model(const uint8_t *bytes, size_t n, int int16);
/* Gives the outputs that are compared, NULL on failure. */
const float *bench_run(fecg_model *m, const float *input, int leads);
/* Runs the layer of that index on what is there, that many times, for a model that has run with as many leads; gives its
 * operations in one run, 0 where there is no such layer. */
double bench_layer(fecg_model *m, int index, int leads, int times);
const char *bench_layer_name(int index);

static double layer(fecg_model *m, int index, size_t leads);

double bench_peak(int rounds) { return peak(rounds); }

fecg_model *bench_model(const uint8_t *bytes, size_t n, int int16) {
  fecg_model *m;
  if (fecg_model_create(bytes, n, &m, NULL) != FECG_OK) return NULL;
  fecg_model_set_int16(m, int16);
  return m;
}

double bench_layer(fecg_model *m, int index, int leads, int times) {
  double operations = 0;
  for (int i = 0; i < times; i++) operations = layer(m, index, (size_t)leads);
  return operations;
}

static inline double dense(size_t rows, const fecg_dense *d) { return 2.0 * (double)(rows * d->in * d->out); }

#ifndef __EMSCRIPTEN__
static double now(void) {
  struct timespec t;
  timespec_get(&t, TIME_UTC);
  return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

/* Weights on the command line; prints one line each: name, ms of one window (the best of some), and the peak as GFLOP/s. */
int main(int argc, char **argv) {
  static uint8_t bytes[1 << 22];
  static float input[NETWORK_INPUTS(NETWORK_LEADS)];
  FILE *f = argc == 2 ? fopen(argv[1], "rb") : NULL;
  if (!f) return 2;
  const size_t n = fread(bytes, 1, sizeof bytes, f);
  fclose(f);
  for (int i = 0; i < NETWORK_INPUTS(NETWORK_LEADS); i++) input[i] = (float)(i * 7919 % 1000) / 500 - 1;
  double best = 0;
  for (int r = 0; r < 9; r++) {
    const double start = now(), rate = bench_peak(1000000) / (now() - start) * 1e-6;
    if (rate > best) best = rate;
  }
  printf("peak %.2f\n", best);
  for (int int16 = 0; int16 <= 1; int16++) {
    fecg_model *m = bench_model(bytes, n, int16);
    if (!m) return 1;
    best = 1e9;
    for (int r = 0; r < 60; r++) {
      const double start = now();
      if (!bench_run(m, input, NETWORK_LEADS)) return 1;
      const double ms = now() - start;
      if (ms < best) best = ms;
    }
    printf("%s %.3f\n", int16 ? "int16" : "f32", best);
    for (int i = 0; *bench_layer_name(i); i++) {
      double operations = 0, ms = 1e9;
      for (int r = 0; r < 20; r++) {
        const double start = now();
        operations = bench_layer(m, i, NETWORK_LEADS, 1);
        if (now() - start < ms) ms = now() - start;
      }
      printf("  %s: %.3f ms %.1f\n", bench_layer_name(i), ms, operations / ms * 1e-6);
    }
    fecg_model_destroy(m);
  }
  return 0;
}
#endif

#endif
