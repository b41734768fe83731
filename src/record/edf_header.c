/* edf_header.c — the header of EDF (Kemp et al. 1992), EDF+ (Kemp & Olivan 2003) and BDF (BioSemi):
 * 256 bytes of fixed text fields, then one column of fields for each signal. */
#include "record/edf.h"

#include <math.h>
#include <string.h>

enum { FIXED_BYTES = 256, SIGNAL_BYTES = 256 };
/* Where the columns of the signal fields begin, in bytes for each signal before them. */
enum { LABEL = 0, DIMENSION = 96, PHYS_MIN = 104, PHYS_MAX = 112, DIG_MIN = 120, DIG_MAX = 128, SAMPLES = 216 };

static fecg_text column(const uint8_t *header, int signals, int start, int width, int i) {
  return fecg_text_of(header + FIXED_BYTES + (size_t)start * (size_t)signals + (size_t)width * (size_t)i, (size_t)width);
}

static int64_t column_offset(int signals, int start, int width, int i) {
  return FIXED_BYTES + (int64_t)start * signals + (int64_t)width * i;
}

static int is_annotations(fecg_text label) {
  label = fecg_text_trim(label);
  return fecg_text_is(label, "EDF Annotations") || fecg_text_is(label, "BDF Annotations");
}

/* Label, unit and scale of a channel; what cannot be used leaves it without samples. */
static void read_scale(fecg_reader *r, const uint8_t *header, int signals, int i, edf_signal *s, record_channel *c) {
  double uv = fecg_rd_unit(r, c, column(header, signals, DIMENSION, 8, i)), pmin, pmax;
  int64_t dmin, dmax;
  int known = fecg_parse_number(column(header, signals, PHYS_MIN, 8, i), &pmin) &&
              fecg_parse_number(column(header, signals, PHYS_MAX, 8, i), &pmax);
  int64_t at = column_offset(signals, PHYS_MIN, 8, i);
  if (!known || pmin == pmax) {
    fecg_rd_note(r, "BAD_RANGE", at, "channel \"%s\": physical minimum \"%s\" and maximum \"%s\" give no scale; all gaps",
                 fecg_quote(fecg_text_of(c->label, strlen(c->label))).s,
                 fecg_quote(fecg_text_trim(column(header, signals, PHYS_MIN, 8, i))).s,
                 fecg_quote(fecg_text_trim(column(header, signals, PHYS_MAX, 8, i))).s);
    return;
  }
  at = column_offset(signals, DIG_MIN, 8, i);
  known = fecg_parse_integer(column(header, signals, DIG_MIN, 8, i), &dmin) &&
          fecg_parse_integer(column(header, signals, DIG_MAX, 8, i), &dmax);
  if (!known || dmin >= dmax) {
    fecg_rd_note(r, "BAD_RANGE", at, "channel \"%s\": digital minimum \"%s\" and maximum \"%s\" give no scale; all gaps",
                 fecg_quote(fecg_text_of(c->label, strlen(c->label))).s,
                 fecg_quote(fecg_text_trim(column(header, signals, DIG_MIN, 8, i))).s,
                 fecg_quote(fecg_text_trim(column(header, signals, DIG_MAX, 8, i))).s);
    return;
  }
  s->dig_min = (int32_t)(dmin < INT32_MIN ? INT32_MIN : dmin > INT32_MAX ? INT32_MAX : dmin);
  s->dig_max = (int32_t)(dmax < INT32_MIN ? INT32_MIN : dmax > INT32_MAX ? INT32_MAX : dmax);
  double per_step = (pmax - pmin) / (double)(dmax - dmin);
  c->scale = per_step * uv;
  c->offset = (pmin - (double)dmin * per_step) * uv;
  c->phys_min_uv = (pmin < pmax ? pmin : pmax) * uv;
  c->phys_max_uv = (pmin < pmax ? pmax : pmin) * uv;
  s->usable = 1;
}

int64_t fecg_edf_records_held(const fecg_reader *r) {
  const edf_state *e = r->state;
  uint64_t size = fecg_rd_file(r, 0)->size;
  if (size == UINT64_MAX) return -1;
  if (size < e->data) return 0;
  uint64_t bytes = size - e->data, rest = bytes % e->record_bytes;
  return (int64_t)(bytes / e->record_bytes) + (rest >= (uint64_t)e->bytes);
}

void fecg_edf_note_length(fecg_reader *r) {
  const edf_state *e = r->state;
  uint64_t size = fecg_rd_file(r, 0)->size;
  int64_t held = fecg_edf_records_held(r);
  if (held < 0) return;
  uint64_t rest = size > e->data ? (size - e->data) % e->record_bytes : 0;
  if (e->records > 0 && e->records > held)
    fecg_rd_note(r, "RECORD_COUNT", 236, "the header announces %lld records, the file holds %lld", (long long)e->records,
                 (long long)held);
  if (e->records > 0 && held > e->records)
    fecg_rd_note(r, "TRAILING_BYTES", (int64_t)(e->data + (uint64_t)e->records * e->record_bytes),
                 "bytes after the last of %lld announced records are not read", (long long)e->records);
  else if (rest)
    fecg_rd_note(r, "TRUNCATED", (int64_t)size, "the file ends at byte %llu inside record %lld, expected byte %llu",
                 (unsigned long long)size, (long long)((size - e->data) / e->record_bytes),
                 (unsigned long long)(size - rest + e->record_bytes));
}

/* The fixed part, offset 0 to 255. */
static step read_fixed(fecg_reader *r, const uint8_t *h, size_t got, edf_state *e) {
  int bdf = h[0] == 0xFF && got >= 8 && memcmp(h + 1, "BIOSEMI", 7) == 0;
  if (!bdf && (got < 8 || memcmp(h, "0       ", 8) != 0))
    return fecg_rd_fail(r, FECG_ERR_FORMAT, 0, 0, "byte 0: the file begins with \"%s\", expected the version field of EDF (\"0\") or BDF",
                        fecg_quote(fecg_text_of(h, got < 8 ? got : 8)).s);
  if (got < FIXED_BYTES)
    return fecg_rd_fail(r, FECG_ERR_FORMAT, 0, (int64_t)got, "byte %zu: the file ends inside the header, expected 256 bytes", got);
  int64_t header_bytes, records, count;
  fecg_text f = fecg_text_of(h + 252, 4);
  if (!fecg_parse_integer(f, &count) || count < 1)
    return fecg_rd_fail(r, FECG_ERR_FORMAT, 0, 252, "byte 252: number of signals is \"%s\", expected 1 or more", fecg_quote(f).s);
  if (count > FECG_MAX_CHANNELS)
    return fecg_rd_fail(r, FECG_ERR_UNSUPPORTED, 0, 252, "byte 252: %lld signals, at most %d are read", (long long)count, FECG_MAX_CHANNELS);
  f = fecg_text_of(h + 184, 8);
  if (!fecg_parse_integer(f, &header_bytes) || header_bytes != FIXED_BYTES + SIGNAL_BYTES * count)
    return fecg_rd_fail(r, FECG_ERR_FORMAT, 0, 184, "byte 184: header size is \"%s\", expected %lld for %lld signals", fecg_quote(f).s,
                        (long long)(FIXED_BYTES + SIGNAL_BYTES * count), (long long)count);
  f = fecg_text_of(h + 236, 8);
  if (!fecg_parse_integer(f, &records) || records < -1) {
    fecg_rd_note(r, "RECORD_COUNT", 236, "the number of records is \"%s\"; the file is read to its end", fecg_quote(f).s);
    records = -1;
  }
  f = fecg_text_of(h + 244, 8);
  if (!fecg_parse_number(f, &e->record_s) || e->record_s < 0 || e->record_s > 1e6)
    return fecg_rd_fail(r, FECG_ERR_FORMAT, 0, 244, "byte 244: duration of a record is \"%s\", expected seconds above 0", fecg_quote(f).s);
  fecg_text reserved = fecg_text_of(h + 192, 44);
  int plus = fecg_text_begins(reserved, bdf ? "BDF+" : "EDF+");
  e->discontinuous = plus && fecg_text_begins(reserved, bdf ? "BDF+D" : "EDF+D");
  e->bytes = bdf ? 3 : 2;
  e->records = records;
  e->data = (uint64_t)header_bytes;
  e->signal_count = (int)count;
  static const char *const NAMES[2][3] = {{"EDF", "EDF+C", "EDF+D"}, {"BDF", "BDF+C", "BDF+D"}};
  e->name = NAMES[bdf][plus + e->discontinuous];
  return STEP_DONE;
}

/* Samples and bytes of a record, channel by channel; how many channels there are is *channels. */
static step read_layout(fecg_reader *r, const uint8_t *h, edf_state *e, int *channels) {
  uint64_t bytes = 0;
  *channels = 0;
  for (int i = 0; i < e->signal_count; i++) {
    edf_signal *s = &e->signals[i];
    fecg_text f = column(h, e->signal_count, SAMPLES, 8, i);
    int64_t samples, at = column_offset(e->signal_count, SAMPLES, 8, i);
    if (!fecg_parse_integer(f, &samples) || samples < 1)
      return fecg_rd_fail(r, FECG_ERR_FORMAT, 0, at, "byte %lld: samples in a record are \"%s\", expected 1 or more", (long long)at, fecg_quote(f).s);
    if ((uint64_t)samples * (uint64_t)e->bytes > RECORD_WINDOW_MAX - bytes)
      return fecg_rd_fail(r, FECG_ERR_UNSUPPORTED, 0, at, "byte %lld: a data record is larger than %d MiB", (long long)at, RECORD_WINDOW_MAX >> 20);
    s->samples = (uint32_t)samples;
    s->offset = (uint32_t)bytes;
    bytes += (uint64_t)samples * (uint64_t)e->bytes;
    s->channel = is_annotations(column(h, e->signal_count, LABEL, 16, i)) ? -1 : (*channels)++;
    if (s->channel < 0) e->has_annotations = 1;
  }
  e->record_bytes = (uint32_t)bytes;
  if (*channels == 0) return fecg_rd_fail(r, FECG_ERR_FORMAT, 0, 256, "byte 256: the file holds annotations alone, expected a signal");
  if (!(e->record_s > 0)) return fecg_rd_fail(r, FECG_ERR_FORMAT, 0, 244, "byte 244: duration of a record is 0, expected seconds above 0");
  return STEP_DONE;
}

static step read_channels(fecg_reader *r, const uint8_t *h, edf_state *e) {
  int usable = 0, n = e->signal_count;
  for (int i = 0; i < n; i++) {
    edf_signal *s = &e->signals[i];
    if (s->channel < 0) continue;
    record_channel *c = &r->channels[s->channel];
    e->signal_of[s->channel] = i;
    fecg_text_copy(c->label, sizeof c->label, column(h, n, LABEL, 16, i));
    if (!c->label[0]) fecg_rd_default_label(c, s->channel);
    c->fs = s->samples / e->record_s;
    if (!(c->fs <= RECORD_MAX_FS)) {
      int64_t at = column_offset(n, SAMPLES, 8, i);
      return fecg_rd_fail(r, FECG_ERR_UNSUPPORTED, 0, at, "byte %lld: a sampling rate above 1 MHz", (long long)at);
    }
    if (c->fs > e->max_fs) e->max_fs = c->fs;
    read_scale(r, h, n, i, s, c);
    usable += s->usable;
  }
  if (!usable)
    return fecg_rd_fail(r, FECG_ERR_FORMAT, 0, column_offset(n, PHYS_MIN, 8, 0),
                        "byte %lld: no channel has a usable scale, expected minimum below maximum",
                        (long long)column_offset(n, PHYS_MIN, 8, 0));
  return STEP_DONE;
}

step fecg_edf_header(fecg_reader *r) {
  size_t got;
  int channels;
  edf_state fixed;
  memset(&fixed, 0, sizeof fixed);
  const uint8_t *h = fecg_rd_bytes(r, 0, 0, FIXED_BYTES, &got);
  if (!h) return STEP_NEED;
  if (read_fixed(r, h, got, &fixed) == STEP_FAILED) return STEP_FAILED;
  h = fecg_rd_bytes(r, 0, 0, (size_t)fixed.data, &got);
  if (!h) return STEP_NEED;
  if (got < fixed.data)
    return fecg_rd_fail(r, FECG_ERR_FORMAT, 0, (int64_t)got, "byte %zu: the file ends inside the header, expected %llu bytes", got,
                        (unsigned long long)fixed.data);
  edf_state *e = r->state = fecg_alloc(1, sizeof *e);
  if (!e) return fecg_rd_no_memory(r);
  *e = fixed;
  e->gaps.item_size = sizeof(edf_gap);
  e->signals = fecg_alloc((size_t)e->signal_count, sizeof *e->signals);
  e->signal_of = fecg_alloc((size_t)e->signal_count, sizeof *e->signal_of);
  if (!e->signals || !e->signal_of) return fecg_rd_no_memory(r);
  if (read_layout(r, h, e, &channels) == STEP_FAILED) return STEP_FAILED;
  if (!fecg_rd_channels(r, channels)) return fecg_rd_no_memory(r);
  if (read_channels(r, h, e) == STEP_FAILED) return STEP_FAILED;
  int64_t records = fecg_edf_records_held(r);
  if (e->records > 0 && (records < 0 || records > e->records)) records = e->records;
  if (e->discontinuous) records = -1;
  for (int i = 0; i < channels; i++) r->channels[i].samples = records < 0 ? -1 : records * e->signals[e->signal_of[i]].samples;
  r->duration_s = records < 0 ? -1 : (double)records * e->record_s;
  fecg_edf_note_length(r);
  r->format_name = e->name;
  return STEP_DONE;
}
