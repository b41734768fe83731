/* fecg_delineate.c — waves and measures of many recordings of the same shape, by the engine's own code, for the
 * comparison with experts.
 *   fecg_delineate IN.i16 RECORDS SAMPLES LEADS FS [RATE]   IN: (records, samples, leads), uV; RATE: resampled first
 * Prints a line a wave: record,lead,wave,on,peak,off in seconds, lead -1 for joined; and a line a record:
 * record,-1,QT,median of QT in ms. */
#include "measure/intervals.h"
#include "signal/resample.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static void *need(void *p) {
  if (!p) {
    fprintf(stderr, "fecg_delineate: file or memory cannot be had\n");
    exit(1);
  }
  return p;
}

static void print(long record, int lead, const char *name, const fecg_wave *w) {
  if (isfinite(w->peak_s)) printf("%ld,%d,%s,%.5f,%.5f,%.5f\n", record, lead, name, w->on_s, w->peak_s, w->off_s);
}

int main(int argc, char **argv) {
  if (argc != 6 && argc != 7) {
    fprintf(stderr, "fecg_delineate IN.i16 RECORDS SAMPLES LEADS FS [RATE]\n");
    return 2;
  }
  const long records = atol(argv[2]), samples = atol(argv[3]), leads = atol(argv[4]);
  const double fs = strtod(argv[5], NULL), rate = argc == 7 ? strtod(argv[6], NULL) : fs;
  if (records < 1 || samples < 1 || samples > 1 << 24 || leads < 1 || leads > FECG_DELINEATE_LEADS || !(fs > 0) || !(rate > 0)) return 2;
  const size_t n = (size_t)samples, width = (size_t)leads, m = (size_t)((double)n * rate / fs);
  FILE *f = need(fopen(argv[1], "rb"));
  int16_t *rows = need(malloc(n * width * sizeof *rows));
  float *x = need(malloc(n * width * sizeof *x)), *y = need(malloc((m + 1) * width * sizeof *y));
  int standard[FECG_DELINEATE_LEADS];
  for (int l = 0; l < FECG_DELINEATE_LEADS; l++) standard[l] = l;
  fecg_arena arena = {0};
  for (long r = 0; r < records; r++) {
    if (fread(rows, sizeof *rows, n * width, f) != n * width) need(NULL);
    fecg_arena_reset(&arena);
    for (size_t l = 0; l < width; l++) {
      for (size_t i = 0; i < n; i++) x[l * n + i] = rows[i * width + l];
      if (fecg_resample(x + l * n, n, fs, 0, y + l * m, m, rate, &arena)) need(NULL);
    }
    fecg_delineation d;
    fecg_intervals v;
    if (fecg_delineate(y, (int)leads, m, rate, &arena, &d) || fecg_measure_intervals(&d, y, m, rate, standard, &arena, &v)) need(NULL);
    for (size_t b = 0; b < d.beats * (width + 1); b++) {
      const fecg_beat_waves *w = b < d.beats ? d.joined + b : d.lead + (b - d.beats);
      const int lead = (int)(b / d.beats) - 1;
      print(r, lead, "P", &w->p);
      print(r, lead, "QRS", &w->qrs);
      print(r, lead, "T", &w->t);
    }
    if (isfinite(v.qt_ms.median)) printf("%ld,-1,QT,%.3f\n", r, v.qt_ms.median);
  }
  fecg_arena_destroy(&arena);
  free(y);
  free(x);
  free(rows);
  fclose(f);
  return 0;
}
