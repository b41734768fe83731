/* reader.c — the conversation between host and formats (see fecg.h, "record: bytes -> recording", and
 * record/reader.h): which format a file is, windows on files, blocks, diagnostics, errors. */
#include "record/reader.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- files ---- */

record_file *fecg_rd_file(const fecg_reader *r, int file) { return (record_file *)r->files.items + file; }

int fecg_rd_add_file(fecg_reader *r, fecg_text name) {
  record_file *f = fecg_list_add(&r->files, 1);
  if (!f) return -1;
  memset(f, 0, sizeof *f);
  fecg_text_copy(f->name, sizeof f->name, name);
  f->size = UINT64_MAX;
  return (int)r->files.count - 1;
}

const uint8_t *fecg_rd_bytes(fecg_reader *r, int file, uint64_t offset, size_t n, size_t *got) {
  static const uint8_t none[1];
  record_file *f = fecg_rd_file(r, file);
  uint64_t end = f->offset + f->n;
  int inside = offset >= f->offset && offset <= end;
  *got = 0;
  if (offset >= f->size) return none;
  if (inside && (end - offset >= n || end >= f->size)) {
    *got = (size_t)(end - offset);
    return *got ? f->bytes + (offset - f->offset) : none;
  }
  uint64_t from = inside ? end : offset, want = offset + n - from;
  uint64_t ahead = RECORD_CHUNK / r->files.count > 4096 ? RECORD_CHUNK / r->files.count : 4096;
  if (want < ahead) want = ahead;
  if (want > RECORD_REQUEST_MAX) want = RECORD_REQUEST_MAX;
  if (want > f->size - from) want = f->size - from;
  r->need_pending = 1;
  r->need_file = file;
  r->need_offset = from;
  r->need_keep = offset;
  r->need_size = (uint32_t)want;
  return NULL;
}

fecg_status fecg_reader_supply(fecg_reader *r, const uint8_t *bytes, size_t n, uint64_t file_size) {
  if (!r || (n && !bytes)) return FECG_ERR_ARGUMENT;
  if (!r->need_pending) return FECG_ERR_STATE;
  if (n > r->need_size) return FECG_ERR_ARGUMENT;
  record_file *f = fecg_rd_file(r, r->need_file);
  size_t keep = 0;
  if (r->need_offset == f->offset + f->n) keep = (size_t)(f->offset + f->n - r->need_keep);
  if (keep && keep < f->n) memmove(f->bytes, f->bytes + (f->n - keep), keep);
  f->offset = r->need_offset - keep;
  f->n = keep;
  if (keep + n > f->capacity) {
    size_t capacity = keep + n + keep / 2;
    uint8_t *grown = realloc(f->bytes, capacity);
    if (!grown) {
      fecg_rd_no_memory(r);
      return FECG_ERR_MEMORY;
    }
    f->bytes = grown;
    f->capacity = capacity;
  }
  if (n) memcpy(f->bytes + keep, bytes, n);
  f->n += n;
  uint64_t end = r->need_offset + n;
  if (f->size == UINT64_MAX) f->size = file_size;
  if (n < r->need_size || end > f->size) f->size = end;
  r->need_pending = 0;
  return FECG_OK;
}

fecg_status fecg_reader_supply_missing(fecg_reader *r) {
  if (!r) return FECG_ERR_ARGUMENT;
  if (!r->need_pending) return FECG_ERR_STATE;
  record_file *f = fecg_rd_file(r, r->need_file);
  f->missing = 1;
  f->size = 0;
  r->need_pending = 0;
  return FECG_OK;
}

/* ---- channels and blocks ---- */

int fecg_rd_channels(fecg_reader *r, int n) {
  r->channels = fecg_alloc((size_t)n, sizeof *r->channels);
  r->selected = fecg_alloc((size_t)n, sizeof *r->selected);
  if (!r->channels || !r->selected) return 0;
  r->channel_count = r->selected_count = n;
  for (int i = 0; i < n; i++) r->selected[i] = i;
  return 1;
}

void fecg_rd_default_label(record_channel *c, int index) { snprintf(c->label, sizeof c->label, "ch%d", index); }

double fecg_rd_unit(fecg_reader *r, record_channel *c, fecg_text unit) {
  if (r->unit_uv > 0) {
    fecg_text_copy(c->unit, sizeof c->unit, fecg_text_of(r->unit, strlen(r->unit)));
    return r->unit_uv;
  }
  fecg_text_copy(c->unit, sizeof c->unit, unit);
  double uv = fecg_unit_uv(fecg_text_of(c->unit, strlen(c->unit)));
  if (!(uv > 0) && c->unit[0])
    fecg_rd_note(r, "UNIT_UNKNOWN", -1, "channel \"%s\": \"%s\" is no unit of voltage; its values are kept as they are, as if in uV",
                 fecg_quote(fecg_text_of(c->label, strlen(c->label))).s, fecg_quote(fecg_text_of(c->unit, strlen(c->unit))).s);
  return uv > 0 ? uv : 1;
}

float *fecg_rd_out(record_channel *c, size_t n) {
  if (c->n + n > c->capacity) {
    size_t capacity = c->n + n + c->n / 2;
    float *grown = realloc(c->block, capacity * sizeof *grown);
    if (!grown) return NULL;
    c->block = grown;
    c->capacity = capacity;
  }
  float *out = c->block + c->n;
  c->n += n;
  c->emitted += (int64_t)n;
  return out;
}

int fecg_rd_out_gap(record_channel *c, size_t n) {
  if (!n) return 1;
  float *out = fecg_rd_out(c, n);
  for (size_t i = 0; out && i < n; i++) out[i] = NAN;
  return out != NULL;
}

float fecg_rd_sample(double uv) { return uv >= -1e9 && uv <= 1e9 ? (float)uv : NAN; }

/* ---- errors and diagnostics ---- */

static void describe(fecg_diagnostic *d, const char *code, int64_t offset, const char *format, va_list args) {
  memset(d, 0, sizeof *d);
  snprintf(d->code, sizeof d->code, "%s", code);
  vsnprintf(d->message, sizeof d->message, format, args);
  d->offset = offset;
}

step fecg_rd_fail(fecg_reader *r, fecg_status status, int file, int64_t offset, const char *format, ...) {
  va_list args;
  va_start(args, format);
  describe(&r->error, fecg_status_code(status), offset, format, args);
  va_end(args);
  r->error_file = file;
  r->status = status;
  r->phase = PHASE_FAILED;
  r->need_pending = 0;
  return STEP_FAILED;
}

step fecg_rd_no_memory(fecg_reader *r) {
  return fecg_rd_fail(r, FECG_ERR_MEMORY, 0, -1, "memory for reading could not be taken");
}

void fecg_rd_note(fecg_reader *r, const char *code, int64_t offset, const char *format, ...) {
  if (r->diagnostic_count == RECORD_DIAGNOSTICS) return;
  fecg_diagnostic *d = &r->diagnostics[r->diagnostic_count];
  int last = r->diagnostic_count + 1 == RECORD_DIAGNOSTICS;
  va_list args;
  va_start(args, format);
  describe(d, last ? "MORE" : code, last ? -1 : offset, last ? "more was met than is listed here" : format, args);
  va_end(args);
  for (size_t i = 0; i < r->diagnostic_count; i++)
    if (memcmp(&r->diagnostics[i], d, sizeof *d) == 0) return;
  r->diagnostic_count++;
}

/* ---- which format ---- */

static record_ending ending_of(const char *name) {
  static const struct { const char *text; record_ending ending; } ENDINGS[] = {
      {".edf", ENDING_EDF}, {".bdf", ENDING_EDF}, {".rec", ENDING_EDF}, {".hea", ENDING_WFDB},
      {".csv", ENDING_CSV}, {".txt", ENDING_CSV}, {".tsv", ENDING_TSV}, {".tab", ENDING_TSV}};
  size_t n = name ? strlen(name) : 0;
  for (size_t i = 0; n >= 4 && i < sizeof ENDINGS / sizeof *ENDINGS; i++)
    if (fecg_text_is(fecg_text_of(name + n - 4, 4), ENDINGS[i].text)) return ENDINGS[i].ending;
  return ENDING_OTHER;
}

static int has_letter(fecg_text t) {
  for (size_t i = 0; i < t.n; i++)
    if ((t.s[i] >= 'a' && t.s[i] <= 'z') || (t.s[i] >= 'A' && t.s[i] <= 'Z')) return 1;
  return 0;
}

/* A WFDB header without its ending in the name: the second line reads "file format ...". */
static int looks_wfdb(fecg_text t) {
  fecg_text line[2] = {{NULL, 0}, {NULL, 0}};
  for (int k = 0; k < 2 && t.n;) {
    const char *end = memchr(t.s, '\n', t.n);
    size_t n = end ? (size_t)(end - t.s) : t.n;
    line[k] = fecg_text_trim(fecg_text_of(t.s, n));
    if (line[k].n && line[k].s[0] != '#') k++;
    n += end != NULL;
    t.s += n;
    t.n -= n;
  }
  fecg_text_word(&line[0]);
  fecg_text signals = fecg_text_word(&line[0]), file = fecg_text_word(&line[1]), format = fecg_text_word(&line[1]);
  int64_t n;
  return fecg_parse_integer(signals, &n) && has_letter(file) && format.n && format.s[0] >= '1' && format.s[0] <= '8' &&
         !memchr(file.s, ',', file.n) && !memchr(file.s, ';', file.n);
}

static step sniff(fecg_reader *r) {
  size_t got;
  const uint8_t *p = fecg_rd_bytes(r, 0, 0, 4096, &got);
  if (!p) return STEP_NEED;
  if (fecg_rd_file(r, 0)->missing) return fecg_rd_fail(r, FECG_ERR_MISSING, 0, -1, "the file is missing");
  if (got == 0) return fecg_rd_fail(r, FECG_ERR_FORMAT, 0, 0, "the file is empty, expected a recording");
  int edf = got >= 8 && (memcmp(p, "0       ", 8) == 0 || memcmp(p, "\xFF" "BIOSEMI", 8) == 0);
  switch (r->ending) {
    case ENDING_EDF: r->format = &fecg_record_edf; break;
    case ENDING_WFDB: r->format = &fecg_record_wfdb; break;
    case ENDING_CSV:
    case ENDING_TSV: r->format = &fecg_record_csv; break;
    case ENDING_OTHER:
      r->format = edf                                    ? &fecg_record_edf
                  : looks_wfdb(fecg_text_of(p, got)) ? &fecg_record_wfdb
                                                         : &fecg_record_csv;
  }
  return STEP_DONE;
}

/* ---- public calls ---- */

fecg_status fecg_reader_create(const fecg_read_options *options, fecg_reader **out) {
  if (!out) return FECG_ERR_ARGUMENT;
  *out = NULL;
  const fecg_read_options defaults = {NULL, 0, NULL};
  const fecg_read_options *o = options ? options : &defaults;
  fecg_text unit = fecg_text_of(o->unit ? o->unit : "", o->unit ? strlen(o->unit) : 0);
  double unit_uv = fecg_unit_uv(unit);
  if (!(o->fs >= 0 && o->fs <= RECORD_MAX_FS) || (o->unit && unit_uv <= 0)) return FECG_ERR_ARGUMENT;
  fecg_reader *r = fecg_alloc(1, sizeof *r);
  if (!r) return FECG_ERR_MEMORY;
  r->ending = ending_of(o->name);
  r->fs = o->fs;
  r->unit_uv = unit_uv;
  fecg_text_copy(r->unit, sizeof r->unit, unit);
  r->format_name = "";
  r->duration_s = -1;
  r->files.item_size = sizeof(record_file);
  r->annotations.item_size = sizeof(fecg_annotation);
  const char *name = o->name ? o->name : "";
  if (fecg_rd_add_file(r, fecg_text_of(name, strlen(name))) < 0) {
    fecg_reader_destroy(r);
    return FECG_ERR_MEMORY;
  }
  *out = r;
  return FECG_OK;
}

void fecg_reader_destroy(fecg_reader *r) {
  if (!r) return;
  if (r->format && r->state) r->format->destroy(r);
  for (size_t i = 0; i < r->files.count; i++) fecg_free(fecg_rd_file(r, (int)i)->bytes);
  for (int i = 0; i < r->channel_count; i++) fecg_free(r->channels[i].block);
  fecg_list_destroy(&r->files);
  fecg_list_destroy(&r->annotations);
  fecg_free(r->channels);
  fecg_free(r->selected);
  fecg_free(r);
}

/* The next step. What a block held when an error was met is still given; the error comes after it. */
static step advance(fecg_reader *r) {
  if (r->phase == PHASE_DATA) {
    size_t held = 0;
    for (int i = 0; i < r->channel_count; i++) r->channels[i].n = 0;
    step s = r->format->block(r);
    for (int i = 0; i < r->channel_count; i++) held += r->channels[i].n;
    if (s != STEP_FAILED || !held || r->status == FECG_ERR_MEMORY) return s;
    r->phase = PHASE_DATA;
    r->failing = 1;
    return STEP_DONE;
  }
  if (!r->format) {
    step s = sniff(r);
    if (s != STEP_DONE) return s;
  }
  return r->format->header(r);
}

/* At the end of the input, lengths that its header did not tell are what was read. */
static void settle_lengths(fecg_reader *r) {
  const int unknown = r->duration_s < 0;
  for (int i = 0; i < r->channel_count; i++) {
    record_channel *c = &r->channels[i];
    c->n = 0;
    if (c->samples < 0 && c->emitted > 0) c->samples = c->emitted;
    if (unknown && (double)c->emitted / c->fs > r->duration_s) r->duration_s = (double)c->emitted / c->fs;
  }
}

fecg_status fecg_reader_next(fecg_reader *r, fecg_read_event *event) {
  if (!r || !event) return FECG_ERR_ARGUMENT;
  memset(event, 0, sizeof *event);
  event->kind = FECG_READ_END;
  if (r->failing) r->phase = PHASE_FAILED;
  if (r->phase == PHASE_FAILED) return r->status;
  if (r->phase == PHASE_END) return FECG_OK;
  if (r->phase == PHASE_SELECT) r->phase = PHASE_DATA;
  r->need_pending = 0;
  switch (advance(r)) {
    case STEP_NEED:
      event->kind = FECG_READ_NEED;
      event->file = r->need_file;
      event->name = fecg_rd_file(r, r->need_file)->name;
      event->offset = r->need_offset;
      event->size = r->need_size;
      break;
    case STEP_DONE:
      event->kind = r->phase == PHASE_HEADER ? FECG_READ_HEADER : FECG_READ_BLOCK;
      if (r->phase == PHASE_HEADER) r->phase = PHASE_SELECT;
      else r->need_pending = 0, r->started = 1;
      break;
    case STEP_END: settle_lengths(r); r->phase = PHASE_END; break;
    case STEP_FAILED: return r->status;
  }
  return FECG_OK;
}

int fecg_reader_channel_count(const fecg_reader *r) { return r && *r->format_name ? r->channel_count : 0; }

fecg_status fecg_reader_channel(const fecg_reader *r, int index, fecg_channel *out) {
  if (!r || !out || index < 0 || index >= fecg_reader_channel_count(r)) return FECG_ERR_ARGUMENT;
  const record_channel *c = &r->channels[index];
  *out = (fecg_channel){c->label, c->unit, c->fs, c->phys_min_uv, c->phys_max_uv, c->samples};
  return FECG_OK;
}

const char *fecg_reader_format(const fecg_reader *r) { return r ? r->format_name : ""; }
double fecg_reader_duration_s(const fecg_reader *r) { return r ? r->duration_s : -1; }

double fecg_reader_frame_fs(const fecg_reader *r) {
  const int n = fecg_reader_channel_count(r);
  double fs = n ? r->frame_fs : 0;
  for (int i = 0; i < n && !(r->frame_fs > 0); i++) fs = i ? fmin(fs, r->channels[i].fs) : r->channels[i].fs;
  return fs;
}

fecg_status fecg_reader_select(fecg_reader *r, const int *channels, int n) {
  if (!r || !channels || n < 1) return FECG_ERR_ARGUMENT;
  if ((r->phase != PHASE_SELECT && r->phase != PHASE_DATA) || r->started) return FECG_ERR_STATE;
  for (int i = 0; i < n; i++) {
    if (channels[i] < 0 || channels[i] >= r->channel_count) return FECG_ERR_LEADS;
    for (int k = 0; k < i; k++)
      if (channels[k] == channels[i]) return FECG_ERR_ARGUMENT;
  }
  memcpy(r->selected, channels, (size_t)n * sizeof *channels);
  r->selected_count = n;
  return FECG_OK;
}

const float *fecg_reader_block(const fecg_reader *r, int i, size_t *n) {
  if (n) *n = 0;
  if (!r || !n || i < 0 || i >= r->selected_count || r->phase != PHASE_DATA || r->need_pending) return NULL;
  const record_channel *c = &r->channels[r->selected[i]];
  *n = c->n;
  return c->block;
}

const fecg_annotation *fecg_reader_annotations(const fecg_reader *r, size_t *n) {
  if (n) *n = r ? r->annotations.count : 0;
  return r ? r->annotations.items : NULL;
}

const fecg_diagnostic *fecg_reader_diagnostics(const fecg_reader *r, size_t *n) {
  if (n) *n = r ? r->diagnostic_count : 0;
  return r ? r->diagnostics : NULL;
}

const fecg_diagnostic *fecg_reader_error(const fecg_reader *r, int *file) {
  if (!r || r->phase != PHASE_FAILED) return NULL;
  if (file) *file = r->error_file;
  return &r->error;
}

fecg_status fecg_reader_rewind(fecg_reader *r) {
  if (!r) return FECG_ERR_ARGUMENT;
  if (r->phase != PHASE_SELECT && r->phase != PHASE_DATA && r->phase != PHASE_END) return FECG_ERR_STATE;
  for (int i = 0; i < r->channel_count; i++) r->channels[i].n = 0, r->channels[i].emitted = 0;
  r->annotations.count = 0;
  r->need_pending = 0;
  r->started = r->failing = 0;
  r->phase = PHASE_DATA;
  r->format->rewind(r);
  return FECG_OK;
}
