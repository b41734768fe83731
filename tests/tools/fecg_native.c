/* fecg_native.c — the native engine beside the wasm module, for tests and benchmarks that compare them.
 * Signals are raw float32 files in the machine's order, one lead after the other.
 *   fecg_native simulate OUT.f32 SEED SECONDS FS LEADS SNR_DB SCENARIO   writes the mixture
 *   fecg_native denoise IN.f32 FS LEADS OUT.f32   prints the seconds it took
 *   fecg_native extract IN.f32 FS LEADS OUT.f32 [METHOD MODEL]   prints the JSON document, then the seconds it
 *                                                 took; writes fetal, maternal and residual signals
 *   fecg_native classify IN.f32 FS MODEL          twelve standard leads; prints the JSON document */
#include "fecg.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void check(fecg_status status) {
  if (status == FECG_OK) return;
  fprintf(stderr, "fecg_native: %s\n", fecg_strerror(status));
  exit(1);
}

static void *need(void *p) {
  if (!p) {
    fprintf(stderr, "fecg_native: file or memory cannot be had\n");
    exit(1);
  }
  return p;
}

static void save(const char *path, float *const *rows, int n_rows, size_t n) {
  FILE *f = need(fopen(path, "wb"));
  for (int i = 0; i < n_rows; i++)
    if (fwrite(rows[i], sizeof(float), n, f) != n) need(NULL);
  if (fclose(f)) need(NULL);
}

static void simulate(char **a) {
  fecg_sim_options o;
  fecg_sim_defaults(&o);
  o.seed = strtoull(a[1], NULL, 10);
  o.seconds = strtod(a[2], NULL);
  o.fs = strtod(a[3], NULL);
  o.leads = atoi(a[4]);
  o.snr_db = strtod(a[5], NULL);
  o.scenario = a[6];
  fecg_sim *s;
  check(fecg_sim_create(&o, &s));
  const size_t room = (size_t)(o.seconds * o.fs + 1);
  float *part[3][FECG_MAX_LEADS];
  for (int p = 0; p < 3; p++)
    for (int l = 0; l < o.leads; l++) part[p][l] = need(calloc(room, sizeof(float)));
  size_t n = room;
  check(fecg_sim_read(s, part[0], part[1], part[2], &n));
  for (int l = 0; l < o.leads; l++)
    for (size_t i = 0; i < n; i++) part[0][l][i] = part[0][l][i] + part[1][l][i] + part[2][l][i];
  save(a[0], part[0], o.leads, n);
  for (int p = 0; p < 3; p++)
    for (int l = 0; l < o.leads; l++) free(part[p][l]);
  fecg_sim_destroy(s);
}

static void denoise(char **a) {
  FILE *f = need(fopen(a[0], "rb"));
  const double fs = strtod(a[1], NULL);
  const int leads = atoi(a[2]);
  if (leads < 1 || leads > FECG_MAX_LEADS || fseek(f, 0, SEEK_END)) need(NULL);
  const size_t n = (size_t)ftell(f) / sizeof(float) / (size_t)leads;
  rewind(f);
  float *row[FECG_MAX_LEADS] = {NULL};
  for (int l = 0; l < leads; l++)
    if (fread(row[l] = need(malloc(n * sizeof(float))), sizeof(float), n, f) != n) need(NULL);
  fclose(f);
  struct timespec begin, end;
  timespec_get(&begin, TIME_UTC);
  for (int l = 0; l < leads; l++) check(fecg_denoise(row[l], n, fs, FECG_DENOISE_MORLET | FECG_DENOISE_DAUBECHIES));
  timespec_get(&end, TIME_UTC);
  printf("%.6f\n", (double)(end.tv_sec - begin.tv_sec) + 1e-9 * (double)(end.tv_nsec - begin.tv_nsec));
  save(a[3], row, leads, n);
  for (int l = 0; l < leads; l++) free(row[l]);
}

static fecg_model *read_model(const char *path) {
  FILE *f = need(fopen(path, "rb"));
  if (fseek(f, 0, SEEK_END)) need(NULL);
  const size_t n = (size_t)ftell(f);
  rewind(f);
  uint8_t *bytes = need(malloc(n));
  if (fread(bytes, 1, n, f) != n) need(NULL);
  fclose(f);
  fecg_model *model;
  check(fecg_model_create(bytes, n, &model, NULL));
  free(bytes);
  return model;
}

/* method and model_path may be NULL */
static void extract(char **a, const char *method, const char *model_path) {
  fecg_model *model = model_path ? read_model(model_path) : NULL;
  FILE *f = need(fopen(a[0], "rb"));
  const double fs = strtod(a[1], NULL);
  const int leads = atoi(a[2]);
  if (leads < 1 || leads > FECG_MAX_LEADS || fseek(f, 0, SEEK_END)) need(NULL);
  const size_t n = (size_t)ftell(f) / sizeof(float) / (size_t)leads, chunk = (size_t)(10 * fs);
  rewind(f);
  float *in = need(malloc(n * (size_t)leads * sizeof(float)));
  if (fread(in, sizeof(float), n * (size_t)leads, f) != n * (size_t)leads) need(NULL);
  fclose(f);
  float *out[3 * FECG_MAX_LEADS];
  for (int i = 0; i < 3 * leads; i++) out[i] = need(malloc(n * sizeof(float)));

  struct timespec begin, end;
  timespec_get(&begin, TIME_UTC);
  double rates[FECG_MAX_LEADS];
  for (int l = 0; l < leads; l++) rates[l] = fs;
  const fecg_extract_options o = {.leads = leads, .fs = rates, .signals = 1, .method = method, .model = model};
  fecg_extractor *x;
  check(fecg_extract_create(&o, &x));
  size_t done = 0;
  for (size_t at = 0; at <= n; at += chunk) { /* the piece that begins at the end of input is the finish */
    const size_t piece = n - at < chunk ? n - at : chunk;
    for (int l = 0; l < leads; l++) check(fecg_extract_push(x, l, in + (size_t)l * n + at, piece));
    if (piece < chunk) check(fecg_extract_finish(x));
    for (int more = 1; more;) {
      check(fecg_extract_process(x, &more));
      size_t got = 0;
      for (int i = 0; i < 3 * leads; i++) {
        const float *s = fecg_extract_signal(x, (fecg_signal)(i / leads), i % leads, &got);
        if (got > n - done) need(NULL);
        if (got) memcpy(out[i] + done, s, got * sizeof(float));
      }
      done += got;
    }
  }
  char *json;
  size_t size;
  check(fecg_extract_json(x, "native", &json, &size));
  timespec_get(&end, TIME_UTC);
  printf("%s\n%.6f\n", json, (double)(end.tv_sec - begin.tv_sec) + 1e-9 * (double)(end.tv_nsec - begin.tv_nsec));
  save(a[3], out, 3 * leads, done);
  fecg_free(json);
  fecg_extract_destroy(x);
  fecg_model_destroy(model);
  for (int i = 0; i < 3 * leads; i++) free(out[i]);
  free(in);
}

static void classify(char **a) {
  static const char *const LABELS[] = {"I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"};
  enum { LEADS = 12 };
  fecg_model *model = read_model(a[2]);
  FILE *f = need(fopen(a[0], "rb"));
  if (fseek(f, 0, SEEK_END)) need(NULL);
  const size_t n = (size_t)ftell(f) / sizeof(float) / LEADS;
  rewind(f);
  float *in = need(malloc(n * LEADS * sizeof(float)));
  if (fread(in, sizeof(float), n * LEADS, f) != n * LEADS) need(NULL);
  fclose(f);
  double fs[LEADS];
  for (int l = 0; l < LEADS; l++) fs[l] = strtod(a[1], NULL);
  const fecg_classify_options o = {.leads = LEADS, .labels = LABELS, .fs = fs, .model = model};
  fecg_classifier *c;
  check(fecg_classify_create(&o, &c));
  for (int l = 0; l < LEADS; l++) check(fecg_classify_push(c, l, in + (size_t)l * n, n));
  check(fecg_classify_finish(c));
  for (int more = 1; more;) check(fecg_classify_process(c, &more));
  char *json;
  size_t size;
  check(fecg_classify_json(c, "native", &json, &size));
  printf("%s\n", json);
  fecg_free(json);
  fecg_classify_destroy(c);
  fecg_model_destroy(model);
  free(in);
}

int main(int argc, char **argv) {
  if (argc == 9 && !strcmp(argv[1], "simulate")) simulate(argv + 2);
  else if (argc == 6 && !strcmp(argv[1], "denoise")) denoise(argv + 2);
  else if (argc == 6 && !strcmp(argv[1], "extract")) extract(argv + 2, NULL, NULL);
  else if (argc == 8 && !strcmp(argv[1], "extract")) extract(argv + 2, argv[6], argv[7]);
  else if (argc == 5 && !strcmp(argv[1], "classify")) classify(argv + 2);
  else {
    fprintf(stderr, "fecg_native simulate OUT.f32 SEED SECONDS FS LEADS SNR_DB SCENARIO | denoise IN.f32 FS LEADS OUT.f32 | extract IN.f32 FS LEADS OUT.f32 [METHOD MODEL] | classify IN.f32 FS MODEL\n");
    return 2;
  }
  return 0;
}
