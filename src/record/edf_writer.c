/* edf_writer.c — EDF+C out (Kemp & Olivan 2003): 16-bit channels in uV and one annotation signal.
 *
 * Samples wait as digits until fecg_edf_writer_take() or _finish() closes their records, so that
 * annotations made in between stand in the record where they begin. An annotation that comes later, or
 * that finds its record full, stands in the next record with room; where the last record has none,
 * _finish() adds records that are gaps throughout.
 *
 * The digit -32768 stands for a gap. It lies below the digital range that the header gives, so samples
 * are clipped to the values above it, and a reader that keeps to the range takes it for no sample.
 * Besides, for people, runs of NAMED_GAP_S and more are annotated "gap LABEL" in their own record while it
 * has room; not in a channel whose label is blank or another's too. */
#include "base/mem.h"
#include "record/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  GAP_DIGIT = -32768,
  MIN_DIGIT = -32767,
  MAX_DIGIT = 32767,
  FIELD = 256,          /* header bytes, and those of each signal */
  RECORD_BYTES = 61440, /* of a data record, as the EDF specification wishes it */
  RECORD_MAX = 1 << 26,
  READY_BYTES = 1 << 17, /* handed out at a time, or one record */
  STAMP_BYTES = 32,     /* at most, of the time stamp of a record */
  GAP_BYTES = 64,       /* at most, of a gap annotation */
  EVENT_BYTES = 512,    /* of a record's annotations beyond its stamp and one gap for each channel */
};
#define NAMED_GAP_S 0.1

typedef struct writer_channel {
  char label[17], phys_min[9], phys_max[9];  /* the label without blanks around it */
  int named;         /* its label is its own: gaps are annotated */
  uint32_t samples;  /* in a record */
  double fs;         /* as the file gives it */
  double scale, offset;  /* digit = uV * scale + offset */
  fecg_list digits;  /* int16_t, not yet in a closed record from `used` on */
  size_t used;
} writer_channel;

typedef struct writer_event {
  fecg_annotation a;
  uint64_t order;  /* in which it was made */
} writer_event;

struct fecg_edf_writer {
  writer_channel *channels;
  int n;
  char duration[9];
  double record_s;
  size_t annotation_bytes, record_bytes;
  uint8_t *header;
  fecg_list ready;      /* uint8_t, closed and not yet taken; room for one record is always there */
  fecg_list events;     /* writer_event, a heap: the earliest first */
  uint64_t event_order;
  int64_t records;      /* closed */
  int header_taken, handed, finished;  /* handed: what is ready was given to the caller */
};

/* ---- events: a binary heap by time, then by order ---- */

static int earlier(const writer_event *x, const writer_event *y) {
  return x->a.t_s != y->a.t_s ? x->a.t_s < y->a.t_s : x->order < y->order;
}

static void swap_events(writer_event *x, writer_event *y) {
  writer_event t = *x;
  *x = *y;
  *y = t;
}

static void sift_up(writer_event *heap, size_t i) {
  for (; i > 0 && earlier(&heap[i], &heap[(i - 1) / 2]); i = (i - 1) / 2) swap_events(&heap[i], &heap[(i - 1) / 2]);
}

static void drop_first(fecg_list *events) {
  writer_event *heap = events->items;
  heap[0] = heap[--events->count];
  for (size_t i = 0, k; (k = 2 * i + 1) < events->count; i = k) {
    if (k + 1 < events->count && earlier(&heap[k + 1], &heap[k])) k++;
    if (!earlier(&heap[k], &heap[i])) break;
    swap_events(&heap[k], &heap[i]);
  }
}

/* ---- making a writer ---- */

/* A number in a header field of 8 characters; 0: it does not fit. */
static int field_number(char dst[9], double v) {
  char text[32];
  for (int decimals = 7; decimals >= 0; decimals--)
    if (fabs(v) < 1e8 && fecg_format_number(text, v, decimals) <= 8) {
      strcpy(dst, text);
      return 1;
    }
  return 0;
}

/* Bytes of annotations in a record of n channels, a whole number of samples. */
static size_t annotation_room(int n) { return STAMP_BYTES + EVENT_BYTES + (size_t)n * GAP_BYTES; }

/* Record length k / fs that makes whole samples of every channel: near 1 s and within the wished size
 * where it can be. The field of 8 characters cannot hold every duration: rates are met to 1e-6, their
 * ratios exactly. */
static int choose_duration(fecg_edf_writer *w, const fecg_edf_channel *in) {
  double lowest = in[0].fs, best = INFINITY;
  for (int i = 1; i < w->n; i++) lowest = fmin(lowest, in[i].fs);
  int64_t second = (int64_t)fmax(1, rint(lowest));
  for (int64_t step = 0; step < 4 * second && best > 0; step++) {
    int64_t k = step < second ? second - step : step + 1;
    char text[9];
    double seconds, worst = 0, bytes = (double)annotation_room(w->n);
    if (!field_number(text, (double)k / lowest) || !fecg_parse_number(fecg_text_of(text, strlen(text)), &seconds) || !(seconds > 0)) continue;
    for (int i = 0; i < w->n && worst < 1e-6; i++) {
      double samples = rint(seconds * in[i].fs);
      int whole = samples >= 1 && fabs(samples / (double)k * lowest / in[i].fs - 1) < 1e-9;
      worst = whole ? fmax(worst, fabs(samples / seconds / in[i].fs - 1)) : 1;
      bytes += 2 * samples;
    }
    if (worst >= 1e-6) continue;
    double cost = (worst > 1e-12 ? 2 + worst : 0) + (bytes > RECORD_BYTES ? 1 : 0);
    if (!(cost < best)) continue;
    best = cost;
    strcpy(w->duration, text);
    w->record_s = seconds;
  }
  return best < INFINITY;
}

static fecg_status set_channel(writer_channel *c, const fecg_edf_channel *in, double record_s) {
  size_t length = in->label ? strlen(in->label) : 17;
  double low, high;
  if (length > 16) return FECG_ERR_ARGUMENT;
  for (size_t i = 0; i < length; i++)
    if (in->label[i] < 0x20 || in->label[i] > 0x7E) return FECG_ERR_ARGUMENT;
  if (!(in->phys_min_uv < in->phys_max_uv) || !field_number(c->phys_min, in->phys_min_uv) || !field_number(c->phys_max, in->phys_max_uv))
    return FECG_ERR_ARGUMENT;
  fecg_parse_number(fecg_text_of(c->phys_min, strlen(c->phys_min)), &low);
  fecg_parse_number(fecg_text_of(c->phys_max, strlen(c->phys_max)), &high);
  if (!(low < high)) return FECG_ERR_ARGUMENT;
  fecg_text_copy(c->label, sizeof c->label, fecg_text_of(in->label, length));
  c->scale = (MAX_DIGIT - MIN_DIGIT) / (high - low);
  c->offset = MIN_DIGIT - low * c->scale;
  double samples = rint(record_s * in->fs);
  if (samples > 1e7) return FECG_ERR_ARGUMENT;
  c->samples = (uint32_t)samples;
  c->fs = samples / record_s;
  return FECG_OK;
}

static void name_channels(fecg_edf_writer *w) {
  for (int i = 0; i < w->n; i++) {
    writer_channel *c = &w->channels[i];
    c->named = c->label[0] != 0;
    for (int k = 0; k < i; k++)
      if (strcmp(w->channels[k].label, c->label) == 0) w->channels[k].named = c->named = 0;
  }
}

static void put(uint8_t *header, size_t at, size_t width, const char *text) {
  size_t n = strlen(text);
  memset(header + at, ' ', width);
  memcpy(header + at, text, n < width ? n : width);
}

static void put_integer(uint8_t *header, size_t at, size_t width, int64_t v) {
  char text[32];
  snprintf(text, sizeof text, "%lld", (long long)v);
  put(header, at, width, text);
}

static void fill_header(fecg_edf_writer *w) {
  uint8_t *h = w->header;
  size_t ns = (size_t)w->n + 1;
  put(h, 0, 8, "0");
  put(h, 8, 80, "X X X X");
  put(h, 88, 80, "Startdate X X X X");
  put(h, 168, 8, "01.01.85"); /* the date of a recording without one */
  put(h, 176, 8, "00.00.00");
  put_integer(h, 184, 8, (int64_t)(FIELD * (ns + 1)));
  put(h, 192, 44, "EDF+C");
  put_integer(h, 236, 8, -1); /* not known before the end */
  put(h, 244, 8, w->duration);
  put_integer(h, 252, 4, (int64_t)ns);
  for (size_t i = 0; i < ns; i++) {
    const writer_channel *c = i + 1 < ns ? &w->channels[i] : NULL;
    uint8_t *column = h + FIELD;
    put(column, 16 * i, 16, c ? c->label : "EDF Annotations");
    put(column + 16 * ns, 80 * i, 80, "");
    put(column + 96 * ns, 8 * i, 8, c ? "uV" : "");
    put(column + 104 * ns, 8 * i, 8, c ? c->phys_min : "-1");
    put(column + 112 * ns, 8 * i, 8, c ? c->phys_max : "1");
    put_integer(column + 120 * ns, 8 * i, 8, c ? MIN_DIGIT : -32768);
    put_integer(column + 128 * ns, 8 * i, 8, MAX_DIGIT);
    put(column + 136 * ns, 80 * i, 80, "");
    put_integer(column + 216 * ns, 8 * i, 8, c ? c->samples : (int64_t)(w->annotation_bytes / 2));
    put(column + 224 * ns, 32 * i, 32, "");
  }
}

fecg_status fecg_edf_writer_create(const fecg_edf_channel *channels, int n, fecg_edf_writer **out) {
  if (!out) return FECG_ERR_ARGUMENT;
  *out = NULL;
  if (!channels || n < 1 || n >= FECG_MAX_CHANNELS) return FECG_ERR_ARGUMENT;
  for (int i = 0; i < n; i++)
    if (!(channels[i].fs >= 0.001 && channels[i].fs <= 1e6)) return FECG_ERR_ARGUMENT;
  fecg_edf_writer *w = fecg_alloc(1, sizeof *w);
  if (!w) return FECG_ERR_MEMORY;
  fecg_status status = FECG_OK;
  w->n = n;
  w->ready.item_size = 1;
  w->events.item_size = sizeof(writer_event);
  w->annotation_bytes = annotation_room(n);
  w->channels = fecg_alloc((size_t)n, sizeof *w->channels);
  w->header = fecg_alloc((size_t)n + 2, FIELD);
  if (!w->channels || !w->header) status = FECG_ERR_MEMORY;
  else if (!choose_duration(w, channels)) status = FECG_ERR_ARGUMENT;
  w->record_bytes = w->annotation_bytes;
  for (int i = 0; i < n && status == FECG_OK; i++) {
    w->channels[i].digits.item_size = sizeof(int16_t);
    status = set_channel(&w->channels[i], &channels[i], w->record_s);
    w->record_bytes += 2 * (size_t)w->channels[i].samples;
    if (w->record_bytes > RECORD_MAX) status = FECG_ERR_ARGUMENT;
  }
  if (status == FECG_OK) {
    size_t room = w->record_bytes > READY_BYTES ? w->record_bytes : READY_BYTES;
    if (!fecg_list_add(&w->ready, room)) status = FECG_ERR_MEMORY;
    w->ready.count = 0;
  }
  if (status != FECG_OK) {
    fecg_edf_writer_destroy(w);
    return status;
  }
  name_channels(w);
  fill_header(w);
  *out = w;
  return FECG_OK;
}

void fecg_edf_writer_destroy(fecg_edf_writer *w) {
  if (!w) return;
  for (int i = 0; w->channels && i < w->n; i++) fecg_list_destroy(&w->channels[i].digits);
  fecg_list_destroy(&w->ready);
  fecg_list_destroy(&w->events);
  fecg_free(w->channels);
  fecg_free(w->header);
  fecg_free(w);
}

/* ---- records ---- */

typedef struct tal_room {
  uint8_t *p;
  size_t used, size;
} tal_room;

/* Adds "+onset\x15duration\x14text\x14\0"; 0: it does not fit. keep: bytes that must stay free. */
static int put_tal(tal_room *room, double onset, double duration, const char *text, size_t keep) {
  char number[32], tal[160];
  size_t n = 0;
  size_t digits = fecg_format_number(number, onset, 7);
  if (number[0] != '-') tal[n++] = '+';
  memcpy(tal + n, number, digits);
  n += digits;
  if (duration > 0) {
    tal[n++] = 21;
    digits = fecg_format_number(number, duration, 7);
    memcpy(tal + n, number, digits);
    n += digits;
  }
  tal[n++] = 20;
  memcpy(tal + n, text, strlen(text));
  n += strlen(text);
  tal[n++] = 20;
  tal[n++] = 0;
  if (room->used + n + keep > room->size) return 0;
  memcpy(room->p + room->used, tal, n);
  room->used += n;
  return 1;
}

/* Names the longer gap runs of a channel in the record being closed, the first always and others while
 * there is room. `keep` is for the channels behind it. */
static void put_gaps(const fecg_edf_writer *w, const writer_channel *c, tal_room *room, size_t keep) {
  const int16_t *d = (const int16_t *)c->digits.items + c->used;
  double first = (double)w->records * c->samples;
  size_t more = 0;
  char text[24];
  snprintf(text, sizeof text, "gap %s", c->label);
  for (uint32_t i = 0, end; c->named && i < c->samples; i = end) {
    for (end = i + 1; end < c->samples && (d[end] == GAP_DIGIT) == (d[i] == GAP_DIGIT);) end++;
    if (d[i] != GAP_DIGIT || (end - i) / c->fs < NAMED_GAP_S) continue;
    if (!put_tal(room, (first + i) / c->fs, (end - i) / c->fs, text, keep + more)) return;
    more = EVENT_BYTES / 2; /* the other half is for annotations */
  }
}

/* Closes the next record at p, for which every channel has its samples. The last one takes every
 * annotation that it has room for. */
static void close_record(fecg_edf_writer *w, uint8_t *p, int last) {
  double end_s = (double)(w->records + 1) * w->record_s;
  tal_room room = {p + w->record_bytes - w->annotation_bytes, 0, w->annotation_bytes};
  memset(room.p, 0, room.size);
  put_tal(&room, (double)w->records * w->record_s, 0, "", 0);
  for (int i = 0; i < w->n; i++) {
    writer_channel *c = &w->channels[i];
    const int16_t *d = (const int16_t *)c->digits.items + c->used;
    put_gaps(w, c, &room, (size_t)(w->n - 1 - i) * GAP_BYTES);
    for (uint32_t k = 0; k < c->samples; k++) {
      *p++ = (uint8_t)((uint16_t)d[k] & 0xFF);
      *p++ = (uint8_t)((uint16_t)d[k] >> 8);
    }
    c->used += c->samples;
  }
  const writer_event *first = w->events.items;
  while (w->events.count && (last || first->a.t_s < end_s) && put_tal(&room, first->a.t_s, first->a.duration_s, first->a.text, 0))
    drop_first(&w->events);
  w->records++;
}

/* Whole records that wait. */
static int64_t waiting(const fecg_edf_writer *w) {
  int64_t least = INT64_MAX;
  for (int i = 0; i < w->n; i++) {
    int64_t n = (int64_t)((w->channels[i].digits.count - w->channels[i].used) / w->channels[i].samples);
    if (n < least) least = n;
  }
  return least;
}

static void drop_used(writer_channel *c) {
  int16_t *d = c->digits.items;
  if (!c->used) return;
  memmove(d, d + c->used, (c->digits.count - c->used) * sizeof *d);
  c->digits.count -= c->used;
  c->used = 0;
}

fecg_status fecg_edf_writer_push(fecg_edf_writer *w, int channel, const float *uv, size_t n) {
  if (!w || channel < 0 || channel >= w->n || (n && !uv)) return FECG_ERR_ARGUMENT;
  if (w->finished) return FECG_ERR_STATE;
  if (!n) return FECG_OK;
  writer_channel *c = &w->channels[channel];
  if (c->used > c->digits.count / 2) drop_used(c);
  int16_t *d = fecg_list_add(&c->digits, n);
  if (!d) return FECG_ERR_MEMORY;
  for (size_t i = 0; i < n; i++) {
    double v = rint(uv[i] * c->scale + c->offset);
    if (!(uv[i] >= -1e9f && uv[i] <= 1e9f)) d[i] = GAP_DIGIT;
    else d[i] = (int16_t)(v < MIN_DIGIT ? MIN_DIGIT : v > MAX_DIGIT ? MAX_DIGIT : v);
  }
  return FECG_OK;
}

fecg_status fecg_edf_writer_annotate(fecg_edf_writer *w, double t_s, double duration_s, const char *text) {
  if (!w || !text || !(t_s > -1e9 && t_s < 1e9) || !(duration_s >= 0 && duration_s < 1e9)) return FECG_ERR_ARGUMENT;
  if (w->finished) return FECG_ERR_STATE;
  writer_event e = {{t_s, duration_s, ""}, w->event_order};
  fecg_text_copy(e.a.text, sizeof e.a.text, fecg_text_of(text, strlen(text)));
  if (!e.a.text[0]) return FECG_ERR_ARGUMENT;
  writer_event *new_event = fecg_list_add(&w->events, 1);
  if (!new_event) return FECG_ERR_MEMORY;
  *new_event = e;
  w->event_order++;
  sift_up(w->events.items, w->events.count - 1);
  return FECG_OK;
}

/* Fills every channel with gap samples up to the end of record `records`. */
static int fill_up(fecg_edf_writer *w, int64_t records) {
  for (int i = 0; i < w->n; i++) {
    writer_channel *c = &w->channels[i];
    size_t want = c->used + (size_t)(records - w->records) * c->samples, have = c->digits.count;
    if (want <= have) continue;
    int16_t *d = fecg_list_add(&c->digits, want - have);
    if (!d) return 0;
    for (size_t k = 0; k < want - have; k++) d[k] = GAP_DIGIT;
  }
  return 1;
}

fecg_status fecg_edf_writer_finish(fecg_edf_writer *w) {
  if (!w) return FECG_ERR_ARGUMENT;
  if (w->finished) return FECG_OK;
  if (w->handed) w->ready.count = 0, w->handed = 0;
  int64_t records = w->records;
  for (int i = 0; i < w->n; i++) {
    const writer_channel *c = &w->channels[i];
    int64_t n = w->records + (int64_t)((c->digits.count - c->used + c->samples - 1) / c->samples);
    if (n > records) records = n;
  }
  while (w->records < records || w->events.count) {
    if (w->records == records) records++; /* a gap throughout, for annotations without room */
    uint8_t *p = fill_up(w, records) ? fecg_list_add(&w->ready, w->record_bytes) : NULL;
    if (!p) return FECG_ERR_MEMORY;
    close_record(w, p, w->records + 1 == records);
  }
  w->finished = 1;
  put_integer(w->header, 236, 8, w->records);
  return FECG_OK;
}

const uint8_t *fecg_edf_writer_take(fecg_edf_writer *w, size_t *n) {
  if (!n) return NULL;
  *n = 0;
  if (!w) return NULL;
  if (!w->header_taken) {
    w->header_taken = 1;
    return fecg_edf_writer_header(w, n);
  }
  if (w->handed) w->ready.count = 0, w->handed = 0;
  for (int64_t k = w->finished ? 0 : waiting(w); k > 0 && w->ready.count + w->record_bytes <= w->ready.capacity; k--) {
    uint8_t *p = (uint8_t *)w->ready.items + w->ready.count;
    w->ready.count += w->record_bytes;
    close_record(w, p, 0);
  }
  w->handed = 1;
  *n = w->ready.count;
  return *n ? w->ready.items : NULL;
}

const uint8_t *fecg_edf_writer_header(const fecg_edf_writer *w, size_t *n) {
  if (!n) return NULL;
  *n = w ? ((size_t)w->n + 2) * FIELD : 0;
  return w ? w->header : NULL;
}
