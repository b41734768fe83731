/* drive.h — reads a whole recording from memory as a host would, and aborts where the reader breaks
 * a promise of fecg.h. What varies from input to input is taken from its length, so that a file of a
 * corpus always does the same. */
#ifndef FECG_FUZZ_DRIVE_H
#define FECG_FUZZ_DRIVE_H

#include "fecg.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct drive_file {
  const uint8_t *bytes;
  size_t n;
} drive_file;

#define PROMISE(condition) do { if (!(condition)) abort(); } while (0)

static int drive_ended(const char *s, size_t room) { return memchr(s, 0, room) != NULL; }

static void drive_supply(fecg_reader *r, const fecg_read_event *ev, const drive_file *files, int n, int tell_size) {
  PROMISE(ev->size > 0 && ev->size <= 1 << 20 && ev->name && !strpbrk(ev->name, "/\\"));
  if (ev->file >= n) {
    PROMISE(fecg_reader_supply_missing(r) == FECG_OK);
    return;
  }
  const drive_file *f = &files[ev->file];
  size_t there = ev->offset < f->n ? f->n - (size_t)ev->offset : 0;
  if (there > ev->size) there = ev->size;
  PROMISE(fecg_reader_supply(r, there ? f->bytes + ev->offset : NULL, there, tell_size ? f->n : UINT64_MAX) == FECG_OK);
}

static void drive_header(fecg_reader *r, int select_last) {
  int n = fecg_reader_channel_count(r), last = n - 1;
  PROMISE(n >= 1 && n <= FECG_MAX_CHANNELS && *fecg_reader_format(r));
  for (int i = 0; i < n; i++) {
    fecg_channel c;
    PROMISE(fecg_reader_channel(r, i, &c) == FECG_OK);
    PROMISE(c.fs > 0 && *c.label && strlen(c.label) < 100 && strlen(c.unit) < 100 && c.samples >= -1);
  }
  if (select_last) PROMISE(fecg_reader_select(r, &last, 1) == FECG_OK);
}

/* Samples of the first selected channel; -1 where reading failed, -2 where it was long and left. */
static int64_t drive_read(fecg_reader *r, const drive_file *files, int n, int tell_size, int select_last) {
  int64_t samples = 0, all = 0;
  fecg_read_event ev;
  for (;;) {
    if (fecg_reader_next(r, &ev) != FECG_OK) {
      int file;
      const fecg_diagnostic *e = fecg_reader_error(r, &file);
      PROMISE(e && *e->code && *e->message && drive_ended(e->code, sizeof e->code) && drive_ended(e->message, sizeof e->message));
      return -1;
    }
    if (ev.kind == FECG_READ_END) return samples;
    if (ev.kind == FECG_READ_NEED) drive_supply(r, &ev, files, n, tell_size);
    if (ev.kind == FECG_READ_HEADER) drive_header(r, select_last);
    if (ev.kind != FECG_READ_BLOCK) continue;
    size_t first, count;
    PROMISE(fecg_reader_block(r, 0, &first) || !first);
    fecg_channel c, d;
    int last = fecg_reader_channel_count(r) - 1, channels = select_last ? 1 : last + 1;
    fecg_reader_channel(r, select_last ? last : 0, &c);
    samples += (int64_t)first;
    for (int i = 0; i < channels; i++) {
      const float *uv = fecg_reader_block(r, i, &count);
      fecg_reader_channel(r, select_last ? last : i, &d);
      PROMISE(fabs((double)count / d.fs - (double)first / c.fs) <= 1.01 / d.fs + 1.01 / c.fs);
      for (size_t k = 0; k < count; k++) PROMISE(isnan(uv[k]) || fabsf(uv[k]) <= 1e9f);
      all += (int64_t)count;
    }
    PROMISE(all > 0);
    if (all > 1 << 17) return -2;
  }
}

static void drive(const char *name, const drive_file *files, int n) {
  fecg_reader *r;
  fecg_read_event ev;
  size_t length = files[0].n, count;
  fecg_read_options o = {name, length % 5 == 0 ? 250 : 0, length % 7 == 0 ? "mV" : NULL};
  if (fecg_reader_create(&o, &r) != FECG_OK) return;
  int64_t samples = drive_read(r, files, n, length & 1, length % 3 == 0);
  const fecg_annotation *a = fecg_reader_annotations(r, &count);
  for (size_t i = 0; i < count; i++) PROMISE(isfinite(a[i].t_s) && a[i].duration_s >= 0 && drive_ended(a[i].text, sizeof a->text));
  const fecg_diagnostic *d = fecg_reader_diagnostics(r, &count);
  PROMISE(count <= 64);
  for (size_t i = 0; i < count; i++) PROMISE(*d[i].code && *d[i].message && drive_ended(d[i].message, sizeof d->message));
  if (samples >= 0) {
    PROMISE(fecg_reader_next(r, &ev) == FECG_OK && ev.kind == FECG_READ_END);
    if (length & 2) PROMISE(fecg_reader_rewind(r) == FECG_OK && drive_read(r, files, n, length & 1, length % 3 == 0) == samples);
  }
  fecg_reader_destroy(r);
}

#endif
