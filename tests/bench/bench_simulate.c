/* bench_simulate.c — how many times faster than the clock the simulator is: 4 leads, 500 Hz, all
 * components, one thread; the making of the woman and her beats included. */
#define _POSIX_C_SOURCE 199309L
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "fecg.h"

static double run(double seconds, uint64_t seed) { /* seconds it took */
  enum { CHUNK = 4096 };
  static float data[3][4][CHUNK];
  float *const f[4] = {data[0][0], data[0][1], data[0][2], data[0][3]};
  float *const m[4] = {data[1][0], data[1][1], data[1][2], data[1][3]};
  float *const z[4] = {data[2][0], data[2][1], data[2][2], data[2][3]};
  struct timespec a, b;
  fecg_sim_options o;
  fecg_sim_defaults(&o);
  o.seconds = seconds;
  o.seed = seed;
  clock_gettime(CLOCK_MONOTONIC, &a);
  fecg_sim *s;
  if (fecg_sim_create(&o, &s) != FECG_OK) exit(1);
  size_t n;
  do {
    n = CHUNK;
    fecg_sim_read(s, f, m, z, &n);
  } while (n);
  fecg_sim_destroy(s);
  clock_gettime(CLOCK_MONOTONIC, &b);
  return (double)(b.tv_sec - a.tv_sec) + 1e-9 * (double)(b.tv_nsec - a.tv_nsec);
}

int main(void) {
  double best = 1e9, windows = 0.0;
  for (uint64_t i = 0; i < 5; i++) {
    const double t = run(600.0, i);
    if (t < best) best = t;
  }
  for (uint64_t i = 0; i < 200; i++) windows += run(10.0, i);
  printf("simulate: %.0f x real time\n", 600.0 / best);
  printf("simulate: %.0f x real time as records of 10 s\n", 2000.0 / windows);
  return 0;
}
