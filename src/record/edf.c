/* edf.c — the data records of EDF, EDF+ and BDF: samples of each signal one after another, and time
 * stamped annotation lists (TALs, EDF+ specification 2.2). A record is decoded whole or, where it is
 * large, in pieces. In EDF+D the time between records becomes gap samples; where a record's time is
 * not sound it follows the one before.
 *
 * A digit outside the digital range of its channel is no sample: it becomes NaN. It is told of unless it
 * is the lowest of all digits, which stands for a gap by intent (so this engine's EDF+ writer uses it).
 *
 * An annotation "gap LABEL", as that writer makes, names a stretch of that channel that holds no
 * samples: it becomes NaN and does not appear in the list of annotations. It must begin in the record
 * that carries it, and the label must be of one channel alone; else it is an annotation like others. */
#include "record/edf.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- annotations ---- */

static size_t until(fecg_text t, char c) {
  const char *end = memchr(t.s, c, t.n);
  return end ? (size_t)(end - t.s) : t.n;
}

static fecg_text take(fecg_text *t, size_t n) {
  fecg_text front = {t->s, n};
  t->s += n;
  t->n -= n;
  return front;
}

int fecg_edf_next_tal(fecg_text *rest, fecg_text *texts, edf_tal *tal) {
  if (texts->n == 0) {
    while (rest->n && rest->s[0] == 0) take(rest, 1);
    if (!rest->n) return 0;
    fecg_text line = take(rest, until(*rest, 0)), head = take(&line, until(line, 20));
    fecg_text onset = take(&head, until(head, 21));
    tal->duration_s = 0;
    if (head.n) take(&head, 1);
    if (!line.n || !onset.n || (onset.s[0] != '+' && onset.s[0] != '-') || !fecg_parse_number(onset, &tal->onset_s) ||
        (head.n && (!fecg_parse_number(head, &tal->duration_s) || tal->duration_s < 0)))
      return -1;
    take(&line, 1);
    *texts = line;
    if (!texts->n) {
      tal->text = line;
      return 1;
    }
  }
  tal->text = take(texts, until(*texts, 20));
  if (texts->n) take(texts, 1);
  return 1;
}

/* A gap annotation of this record: 1 where the text is one. */
static int take_gap(fecg_reader *r, edf_state *e, const edf_tal *t) {
  if (!fecg_text_begins(t->text, "gap ") || !(t->duration_s > 0)) return 0;
  char label[81];
  fecg_text_copy(label, sizeof label, fecg_text_of(t->text.s + 4, t->text.n - 4));
  double from = t->onset_s - e->start_s, to = from + t->duration_s;
  if (from < -1e9 || to > 1e9 || from >= e->now_s + e->record_s) return 0;
  int met = -1;
  for (int i = 0; i < r->channel_count; i++) {
    if (strcmp(r->channels[i].label, label) != 0) continue;
    if (met >= 0) return 0; /* which of them? */
    met = i;
  }
  if (met < 0) return 0;
  edf_gap *g = fecg_list_add(&e->gaps, 1);
  if (!g) return -1;
  double fs = r->channels[met].fs;
  *g = (edf_gap){met, (int64_t)rint(from * fs), (int64_t)rint(to * fs)};
  return 1;
}

static int add_annotation(fecg_reader *r, const edf_state *e, const edf_tal *t) {
  if (r->annotations.count >= RECORD_ANNOTATIONS) {
    fecg_rd_note(r, "ANNOTATIONS", -1, "more than %d annotations; the others are not kept", RECORD_ANNOTATIONS);
    return 1;
  }
  fecg_annotation *a = fecg_list_add(&r->annotations, 1);
  if (!a) return 0;
  memset(a, 0, sizeof *a);
  a->t_s = t->onset_s - e->start_s;
  a->duration_s = t->duration_s;
  fecg_text_copy(a->text, sizeof a->text, t->text);
  return 1;
}

/* Onset of the record at p by the first TAL of its first annotation signal; 0: there is none. */
static int record_onset(const edf_state *e, const uint8_t *p, size_t got, double *onset) {
  for (int i = 0; i < e->signal_count; i++) {
    const edf_signal *s = &e->signals[i];
    size_t n = (size_t)s->samples * (size_t)e->bytes;
    if (s->channel >= 0) continue;
    if (s->offset + n > got) return 0;
    fecg_text rest = fecg_text_of(p + s->offset, n), texts = {NULL, 0};
    edf_tal t;
    if (fecg_edf_next_tal(&rest, &texts, &t) != 1 || t.text.n) return 0;
    *onset = t.onset_s;
    return fabs(*onset) < 1e9;
  }
  return 0;
}

static int by_channel_and_time(const void *a, const void *b) {
  const edf_gap *x = a, *y = b;
  if (x->channel != y->channel) return x->channel < y->channel ? -1 : 1;
  return (x->from > y->from) - (x->from < y->from);
}

static int read_annotations(fecg_reader *r, edf_state *e, const uint8_t *p, size_t got, int64_t at) {
  const edf_gap *old = e->gaps.items;
  for (size_t i = 0; i < e->gaps.count; i++) { /* those of the record before may go on in this one */
    edf_signal *s = &e->signals[e->signal_of[old[i].channel]];
    if (s->gap_to < old[i].to) s->gap_to = old[i].to;
  }
  e->gaps.count = 0;
  for (int i = 0; i < e->signal_count; i++) {
    const edf_signal *s = &e->signals[i];
    size_t n = (size_t)s->samples * (size_t)e->bytes;
    if (s->channel >= 0 || s->offset + n > got) continue;
    fecg_text rest = fecg_text_of(p + s->offset, n), texts = {NULL, 0};
    edf_tal t;
    for (int state; (state = fecg_edf_next_tal(&rest, &texts, &t)) != 0;) {
      if (state < 0) {
        fecg_rd_note(r, "BAD_ANNOTATION", at + s->offset, "record %lld: an annotation is not \"+onset\", \"duration\", text", (long long)e->record);
        continue;
      }
      if (!t.text.n || fabs(t.onset_s) > 1e9) continue;
      int gap = take_gap(r, e, &t);
      if (gap < 0 || (gap == 0 && !add_annotation(r, e, &t))) return 0;
    }
  }
  if (e->gaps.count) qsort(e->gaps.items, e->gaps.count, sizeof(edf_gap), by_channel_and_time);
  return 1;
}

/* ---- samples ---- */

/* Decodes n digits at p; those outside the digital range become NaN. */
static void decode(fecg_reader *r, const edf_state *e, const edf_signal *s, const uint8_t *p, size_t n, float *out) {
  const record_channel *c = &r->channels[s->channel];
  const int32_t lowest = e->bytes == 2 ? -32768 : -8388608;
  int told = 0;
  for (size_t i = 0; i < n; i++, p += e->bytes) {
    int32_t v = e->bytes == 2 ? (int16_t)(p[0] | p[1] << 8)
                              : (int32_t)((uint32_t)p[0] << 8 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 24) >> 8;
    int outside = v < s->dig_min || v > s->dig_max;
    out[i] = outside ? NAN : fecg_rd_sample(v * c->scale + c->offset);
    if (!outside || v == lowest || told++) continue;
    fecg_rd_note(r, "OUT_OF_RANGE", -1, "channel \"%s\": values outside its digital range of %d to %d are taken as gaps",
                 fecg_quote(fecg_text_of(c->label, strlen(c->label))).s, s->dig_min, s->dig_max);
  }
}

/* Samples [from, to) of a channel's part of the record at p, of which `got` bytes are there. */
static int give_channel(fecg_reader *r, edf_state *e, int channel, const uint8_t *p, size_t got, uint32_t from, uint32_t to) {
  record_channel *c = &r->channels[channel];
  const edf_signal *s = &e->signals[e->signal_of[channel]];
  if (to == from) return 1;
  int64_t first = c->emitted;
  float *out = fecg_rd_out(c, to - from);
  if (!out) return 0;
  size_t there = got > s->offset && s->usable ? (got - s->offset) / (size_t)e->bytes : 0;
  size_t held = there > from ? (there < to ? there : to) - from : 0;
  if (held) decode(r, e, s, p + s->offset + (size_t)from * (size_t)e->bytes, held, out);
  for (size_t k = held; k < to - from; k++) out[k] = NAN;
  const edf_gap *gaps = e->gaps.items;
  int64_t done = 0;
  for (; first + done < s->gap_to && done < (int64_t)(to - from); done++) out[done] = NAN;
  for (size_t i = 0; i < e->gaps.count; i++) {
    if (gaps[i].channel != channel) continue;
    int64_t end = gaps[i].to - first;
    if (done < gaps[i].from - first) done = gaps[i].from - first;
    for (; done < end && done < (int64_t)(to - from); done++) out[done] = NAN;
  }
  return 1;
}

/* Gap samples up to gap_end_s, as many as fit into a block. */
static int give_gap(fecg_reader *r, edf_state *e) {
  double rate = 0;
  for (int i = 0; i < r->selected_count; i++) rate += r->channels[r->selected[i]].fs;
  double to = fmin(e->gap_end_s, e->now_s + RECORD_BLOCK_SAMPLES / rate);
  for (int i = 0; i < r->selected_count; i++) {
    record_channel *c = &r->channels[r->selected[i]];
    int64_t n = (int64_t)rint(to * c->fs) - c->emitted;
    if (n > 0 && !fecg_rd_out_gap(c, (size_t)n)) return 0;
  }
  e->now_s = to;
  return 1;
}

/* Time and annotations of a record that begins. END: its time cannot be followed. */
static step enter_record(fecg_reader *r, edf_state *e, const uint8_t *p, size_t got) {
  double onset;
  int64_t at = (int64_t)(e->data + (uint64_t)e->record * e->record_bytes);
  int stamped = record_onset(e, p, got, &onset);
  if (e->record == 0) e->start_s = stamped ? onset : 0;
  if (e->discontinuous && e->record > 0) {
    double ahead = stamped ? onset - e->start_s - e->now_s : 0;
    if (!stamped) fecg_rd_note(r, "RECORD_TIME", at, "record %lld has no time stamp; it follows the one before", (long long)e->record);
    if (ahead < -e->record_s || e->gap_total_s + fmax(ahead, 0) > RECORD_GAP_MAX_S) {
      fecg_rd_note(r, "RECORD_TIME", at, "record %lld lies %s; reading ends before it", (long long)e->record,
                   ahead < 0 ? "before its predecessor" : "more than 7 days of gap further");
      return STEP_END;
    }
    if (ahead < -0.5 / e->max_fs)
      fecg_rd_note(r, "RECORD_TIME", at, "record %lld begins inside the one before; it follows it", (long long)e->record);
    if (ahead > 0.5 / e->max_fs) {
      e->gap_end_s = e->now_s + ahead;
      e->gap_total_s += ahead;
    }
  }
  e->entered = 1;
  return STEP_DONE;
}

/* Nothing more can be read: what was missing is said, and a file without any sample is an error. */
static step end_of_records(fecg_reader *r, const edf_state *e) {
  fecg_edf_note_length(r);
  if (e->record == 0)
    return fecg_rd_fail(r, FECG_ERR_FORMAT, 0, (int64_t)e->data, "byte %llu: no data record, expected one of %u bytes",
                        (unsigned long long)e->data, e->record_bytes);
  return STEP_END;
}

static step block(fecg_reader *r) {
  edf_state *e = r->state;
  uint64_t samples = 0, given = 0;
  for (int i = 0; i < r->selected_count; i++) samples += e->signals[e->signal_of[r->selected[i]]].samples;
  uint32_t pieces = (uint32_t)((samples + RECORD_BLOCK_SAMPLES - 1) / RECORD_BLOCK_SAMPLES);
  for (;;) {
    if (e->ended) return STEP_END;
    size_t got;
    uint64_t at = e->data + (uint64_t)e->record * e->record_bytes;
    int last = e->records > 0 && e->record >= e->records;
    const uint8_t *p = fecg_rd_bytes(r, 0, at, last ? 1 : e->record_bytes, &got);
    if (!p) return given ? STEP_DONE : STEP_NEED;
    if (last || got < (size_t)e->bytes) return given ? STEP_DONE : end_of_records(r, e);
    if (got > e->record_bytes) got = e->record_bytes;
    if (!e->entered) {
      if (e->records == 0 && e->record == 0)
        fecg_rd_note(r, "RECORD_COUNT", 236, "the header announces no record, the file holds some; it is read to its end");
      if (enter_record(r, e, p, got) == STEP_END) {
        e->ended = 1;
        return given ? STEP_DONE : STEP_END;
      }
    }
    if (e->now_s < e->gap_end_s) {
      if (given) return STEP_DONE;
      return give_gap(r, e) ? STEP_DONE : fecg_rd_no_memory(r);
    }
    if (e->piece == 0 && !read_annotations(r, e, p, got, (int64_t)at)) return fecg_rd_no_memory(r);
    for (int i = 0; i < r->selected_count; i++) {
      uint64_t n = e->signals[e->signal_of[r->selected[i]]].samples;
      uint32_t from = (uint32_t)(n * e->piece / pieces), to = (uint32_t)(n * (e->piece + 1) / pieces);
      if (!give_channel(r, e, r->selected[i], p, got, from, to)) return fecg_rd_no_memory(r);
    }
    given += samples / pieces + 1;
    if (++e->piece == pieces) {
      e->piece = 0;
      e->entered = 0;
      e->record++;
      e->now_s += e->record_s;
    }
    if (given + samples / pieces > RECORD_BLOCK_SAMPLES) return STEP_DONE;
  }
}

static void rewind_records(fecg_reader *r) {
  edf_state *e = r->state;
  e->record = 0;
  e->piece = 0;
  e->entered = e->ended = 0;
  e->start_s = e->now_s = e->gap_end_s = e->gap_total_s = 0;
  e->gaps.count = 0;
  for (int i = 0; i < e->signal_count; i++) e->signals[i].gap_to = 0;
}

static void destroy(fecg_reader *r) {
  edf_state *e = r->state;
  fecg_list_destroy(&e->gaps);
  fecg_free(e->signals);
  fecg_free(e->signal_of);
  fecg_free(e);
}

const record_format fecg_record_edf = {fecg_edf_header, block, rewind_records, destroy};
