/* abi.c — the flat calls that JavaScript makes where src/fecg.h has a struct or a 64-bit integer, so
 * that js/ knows no struct's layout. A struct crosses as an array of doubles, one for each field in
 * the order of fecg.h; a pointer or an integer fits a double exactly (below 2^53). */
#include "fecg.h"

#include <stdlib.h>

static double address(const void *p) { return (double)(uintptr_t)p; }

/* 0 <= v < 2^53 as an integer; anything else (NaN too) as the given value. */
static uint64_t whole(double v, uint64_t otherwise) {
  return v >= 0 && v < 9007199254740992.0 ? (uint64_t)v : otherwise;
}

const char *abi_version(void) { return FECG_VERSION; }

fecg_status abi_reader_create(const char *name, double fs, const char *unit, fecg_reader **out) {
  const fecg_read_options o = {.name = name, .fs = fs, .unit = unit};
  return fecg_reader_create(&o, out);
}

/* out: kind, file, name, offset, size */
fecg_status abi_reader_next(fecg_reader *r, double *out) {
  fecg_read_event e = {0};
  const fecg_status status = fecg_reader_next(r, &e);
  out[0] = e.kind;
  out[1] = e.file;
  out[2] = address(e.name);
  out[3] = (double)e.offset;
  out[4] = e.size;
  return status;
}

/* file_size < 0: not known */
fecg_status abi_reader_supply(fecg_reader *r, const uint8_t *bytes, size_t n, double file_size) {
  return fecg_reader_supply(r, bytes, n, whole(file_size, UINT64_MAX));
}

/* out: label, unit, fs, phys_min_uv, phys_max_uv, samples */
fecg_status abi_reader_channel(const fecg_reader *r, int index, double *out) {
  fecg_channel c = {0};
  const fecg_status status = fecg_reader_channel(r, index, &c);
  out[0] = address(c.label);
  out[1] = address(c.unit);
  out[2] = c.fs;
  out[3] = c.phys_min_uv;
  out[4] = c.phys_max_uv;
  out[5] = (double)c.samples;
  return status;
}

/* The i-th of an array. out: t_s, duration_s, text */
void abi_annotation(const fecg_annotation *a, size_t i, double *out) {
  out[0] = a[i].t_s;
  out[1] = a[i].duration_s;
  out[2] = address(a[i].text);
}

/* The i-th of an array. out: code, message, offset */
void abi_diagnostic(const fecg_diagnostic *d, size_t i, double *out) {
  out[0] = address(d[i].code);
  out[1] = address(d[i].message);
  out[2] = (double)d[i].offset;
}

/* numbers: fs, phys_min_uv, phys_max_uv of each channel */
fecg_status abi_edf_writer_create(const char *const *labels, const double *numbers, int n, fecg_edf_writer **out) {
  if (n < 1 || n > FECG_MAX_CHANNELS) return FECG_ERR_ARGUMENT;
  fecg_edf_channel *channels = calloc((size_t)n, sizeof *channels);
  if (!channels) return FECG_ERR_MEMORY;
  for (int i = 0; i < n; i++) {
    channels[i].label = labels[i];
    channels[i].fs = numbers[3 * i];
    channels[i].phys_min_uv = numbers[3 * i + 1];
    channels[i].phys_max_uv = numbers[3 * i + 2];
  }
  const fecg_status status = fecg_edf_writer_create(channels, n, out);
  free(channels);
  return status;
}

/* values: seed, seconds, fs, leads, snr_db, fm_ratio_db, fhr_bpm, mhr_bpm. Returns the scenario. */
const char *abi_sim_defaults(double *values) {
  fecg_sim_options o;
  fecg_sim_defaults(&o);
  values[0] = (double)o.seed;
  values[1] = o.seconds;
  values[2] = o.fs;
  values[3] = o.leads;
  values[4] = o.snr_db;
  values[5] = o.fm_ratio_db;
  values[6] = o.fhr_bpm;
  values[7] = o.mhr_bpm;
  return o.scenario;
}

fecg_status abi_sim_create(const double *values, const char *scenario, fecg_sim **out) {
  if (!(values[3] >= 1 && values[3] <= FECG_MAX_LEADS)) return FECG_ERR_ARGUMENT;
  const fecg_sim_options o = {.seed = whole(values[0], 0), .seconds = values[1], .fs = values[2],
                              .leads = (int)values[3], .snr_db = values[4], .fm_ratio_db = values[5],
                              .fhr_bpm = values[6], .mhr_bpm = values[7], .scenario = scenario};
  return fecg_sim_create(&o, out);
}

/* out: the model, and after an error what is wrong: an array of one for abi_diagnostic(), the caller's by free() */
fecg_status abi_model_create(const uint8_t *bytes, size_t n, void **out) {
  fecg_model *model = NULL;
  fecg_diagnostic *error = calloc(1, sizeof *error);
  out[0] = out[1] = NULL;
  if (!error) return FECG_ERR_MEMORY;
  const fecg_status status = fecg_model_create(bytes, n, &model, error);
  if (status == FECG_OK || error->message[0] == 0) {
    free(error);
    error = NULL;
  }
  out[0] = model;
  out[1] = error;
  return status;
}

fecg_status abi_extract_create(int leads, const char *const *labels, const double *fs, double mains_hz, int signals,
                               const char *method, fecg_model *model, fecg_extractor **out) {
  const fecg_extract_options o = {.leads = leads, .labels = labels, .fs = fs, .mains_hz = mains_hz, .signals = signals,
                                  .method = method, .model = model};
  return fecg_extract_create(&o, out);
}

fecg_status abi_extract_note(fecg_extractor *x, const char *code, const char *message, double offset) {
  return fecg_extract_note(x, code, message, (int64_t)whole(offset, UINT64_MAX));
}

fecg_status abi_stream_create(int leads, double fs, double mains_hz, const char *method, fecg_model *model, fecg_stream **out) {
  const fecg_stream_options o = {.leads = leads, .fs = fs, .mains_hz = mains_hz, .method = method, .model = model};
  return fecg_stream_create(&o, out);
}

/* uv: [leads][n], of which samples from `from` on are pushed. out: used, ready */
fecg_status abi_stream_push(fecg_stream *s, const float *uv, int leads, size_t n, size_t from, double *out) {
  const float *rows[FECG_MAX_LEADS];
  if (leads < 1 || leads > FECG_MAX_LEADS || from > n) return FECG_ERR_ARGUMENT;
  for (int l = 0; l < leads; l++) rows[l] = uv + (size_t)l * n + from;
  size_t used;
  int ready;
  const fecg_status status = fecg_stream_push(s, rows, n - from, &used, &ready);
  out[0] = (double)used;
  out[1] = ready;
  return status;
}

/* out: ready */
fecg_status abi_stream_finish(fecg_stream *s, double *out) {
  int ready;
  const fecg_status status = fecg_stream_finish(s, &ready);
  out[0] = ready;
  return status;
}

/* out: the fields of fecg_frame in their order, without signal; live last */
fecg_status abi_stream_frame(const fecg_stream *s, double *out) {
  fecg_frame f = {0};
  const fecg_status status = fecg_stream_frame(s, &f);
  const double values[] = {f.t0_s, f.fs, (double)f.n,
                           (double)f.fetal_count, address(f.fetal_s), address(f.confidence), address(f.interpolated),
                           (double)f.maternal_count, address(f.maternal_s),
                           f.tick0_s, (double)f.ticks, address(f.fetal_bpm), address(f.maternal_bpm),
                           f.fetal_quality, address(f.reason), address(f.lead_quality), address(f.lead_state), address(f.lead_contribution),
                           f.moment0_s, (double)f.moments, address(f.time_contribution), f.live};
  for (size_t i = 0; i < sizeof values / sizeof *values; i++) out[i] = values[i];
  return status;
}

const float *abi_stream_signal(const fecg_stream *s, int kind, int lead) {
  fecg_frame f = {0};
  const int good = fecg_stream_frame(s, &f) == FECG_OK && kind >= FECG_FETAL && kind <= FECG_RESIDUAL && lead >= 0 && lead < FECG_MAX_LEADS;
  return good ? f.signal[kind][lead] : NULL;
}

fecg_status abi_classify_create(int leads, const char *const *labels, const double *fs, double mains_hz, fecg_model *model,
                                fecg_classifier **out) {
  const fecg_classify_options o = {.leads = leads, .labels = labels, .fs = fs, .mains_hz = mains_hz, .model = model};
  return fecg_classify_create(&o, out);
}

fecg_status abi_classify_note(fecg_classifier *c, const char *code, const char *message, double offset) {
  return fecg_classify_note(c, code, message, (int64_t)whole(offset, UINT64_MAX));
}
