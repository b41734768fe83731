/* fecg_beat.c — the averaged beat of signals whose beats are known (scalp leads, clean simulated leads),
 * measured by the engine's own code, so that an extraction can be compared with it.
 *   fecg_beat IN.f32 FS LEADS BEATS.f64   IN: one lead after the other; BEATS: seconds; prints JSON */
#include "measure/beat.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static void *need(void *p) {
  if (!p) {
    fprintf(stderr, "fecg_beat: file or memory cannot be had\n");
    exit(1);
  }
  return p;
}

static void *load(const char *path, size_t item, size_t *count) {
  FILE *f = need(fopen(path, "rb"));
  if (fseek(f, 0, SEEK_END)) need(NULL);
  *count = (size_t)ftell(f) / item;
  rewind(f);
  void *p = need(malloc(*count * item + 1));
  if (fread(p, item, *count, f) != *count) need(NULL);
  fclose(f);
  return p;
}

static void print(const char *key, double v, const char *after) {
  if (isfinite(v)) printf("\"%s\":%.3f%s", key, v, after);
  else printf("\"%s\":null%s", key, after);
}

int main(int argc, char **argv) {
  if (argc != 5) {
    fprintf(stderr, "fecg_beat IN.f32 FS LEADS BEATS.f64\n");
    return 2;
  }
  const double fs = strtod(argv[2], NULL);
  const int leads = atoi(argv[3]);
  if (!(fs > 0) || leads < 1 || leads > FECG_MAX_LEADS) return 2;
  size_t samples, beats;
  float *x = load(argv[1], sizeof *x, &samples);
  double *t = load(argv[4], sizeof *t, &beats);
  const size_t n = samples / (size_t)leads;
  unsigned char *gap = need(calloc(n + 1, 1));
  fecg_beat_sums *sums = need(calloc((size_t)leads, sizeof *sums));
  for (int l = 0; l < leads; l++)
    for (size_t i = 0; i < beats; i++) fecg_beat_add(sums + l, x + (size_t)l * n, gap, n, fs, t[i]);
  fecg_beat b;
  if (beats < 2 || !fecg_beat_measure(sums, leads, (t[beats - 1] - t[0]) / (double)(beats - 1), &b)) {
    puts("null");
  } else {
    putchar('{');
    print("pr_ms", b.pr_ms, ",");
    print("qrs_ms", b.qrs_ms, ",");
    print("qt_ms", b.qt_ms, "}\n");
  }
  free(sums);
  free(gap);
  free(t);
  free(x);
  return 0;
}
