/* wfdb_header.c — the header of a WFDB record, as header(5) of the WFDB documentation describes it:
 * a record line, then one line for each signal; lines that begin with # are comments. */
#include "record/wfdb.h"

#include <math.h>
#include <string.h>

static int next_line(fecg_text *rest, fecg_text *line, int64_t *number) {
  while (rest->n) {
    const char *end = memchr(rest->s, '\n', rest->n);
    size_t n = end ? (size_t)(end - rest->s) : rest->n, used = n + (end != NULL);
    *line = fecg_text_trim(fecg_text_of(rest->s, n));
    rest->s += used;
    rest->n -= used;
    ++*number;
    if (line->n && line->s[0] != '#') return 1;
  }
  return 0;
}

static step bad(fecg_reader *r, fecg_status status, int64_t line, const char *what, fecg_text found, const char *expected) {
  return fecg_rd_fail(r, status, 0, line, "line %lld: %s is \"%s\", expected %s", (long long)line, what, fecg_quote(found).s, expected);
}

/* The part of a word before the first of the marks; *rest begins with the mark. */
static fecg_text before(fecg_text word, const char *marks, fecg_text *rest) {
  size_t n = 0;
  while (n < word.n && !strchr(marks, word.s[n])) n++;
  *rest = fecg_text_of(word.s + n, word.n - n);
  return fecg_text_of(word.s, n);
}

/* Takes a mark and the integer after it off the front; 0 where the mark stands without an integer. */
static int marked_integer(fecg_text *rest, char mark, const char *marks, int64_t *out) {
  if (!rest->n || rest->s[0] != mark) return 1;
  return fecg_parse_integer(before(fecg_text_of(rest->s + 1, rest->n - 1), marks, rest), out);
}

/* A file beside the header: no folder, no device, no way out. */
static int plain_name(fecg_text t) {
  if (t.n == 0 || t.n > 120 || (t.n == 1 && (t.s[0] == '-' || t.s[0] == '~')) || t.s[0] == '.') return 0;
  for (size_t i = 0; i < t.n; i++)
    if ((unsigned char)t.s[i] < 0x21 || t.s[i] == 0x7F || strchr("/\\:*?\"<>|", t.s[i]) ||
        (t.s[i] == '.' && i + 1 < t.n && t.s[i + 1] == '.'))
      return 0;
  char copy[128]; /* names are compared and handed out as valid UTF-8 */
  fecg_text_copy(copy, sizeof copy, t);
  return strlen(copy) == t.n && memcmp(copy, t.s, t.n) == 0;
}

static step record_line(fecg_reader *r, wfdb_state *w, fecg_text line, int64_t number, int64_t *signals) {
  fecg_text name = fecg_text_word(&line), rest, word = fecg_text_word(&line);
  before(name, "/", &rest);
  if (rest.n)
    return fecg_rd_fail(r, FECG_ERR_UNSUPPORTED, 0, number, "line %lld: a record of several segments, expected one segment", (long long)number);
  if (!fecg_parse_integer(word, signals) || *signals < 1)
    return bad(r, FECG_ERR_FORMAT, number, "number of signals", word, "1 or more");
  if (*signals > FECG_MAX_CHANNELS) return bad(r, FECG_ERR_UNSUPPORTED, number, "number of signals", word, "at most 1024");
  word = before(fecg_text_word(&line), "/(", &rest);
  w->frame_fs = 250; /* the default of header(5) */
  if (word.n && (!fecg_parse_number(word, &w->frame_fs) || !(w->frame_fs > 0) || w->frame_fs > RECORD_MAX_FS))
    return bad(r, FECG_ERR_FORMAT, number, "sampling rate", word, "Hz above 0");
  word = fecg_text_word(&line);
  w->frames = 0;
  if (word.n && (!fecg_parse_integer(word, &w->frames) || w->frames < 0 || w->frames > INT64_C(1) << 36))
    return bad(r, FECG_ERR_FORMAT, number, "number of samples", word, "0 or more");
  if (w->frames == 0) w->frames = -1;
  return STEP_DONE;
}

/* gain[(baseline)][/units], "200/mV" where missing. */
static int read_gain(fecg_text word, double *gain, double *baseline, int *has_baseline, fecg_text *unit) {
  fecg_text rest, number = before(word, "(/", &rest);
  *gain = 0;
  if (number.n && !fecg_parse_number(number, gain)) return 0;
  *has_baseline = rest.n && rest.s[0] == '(';
  if (*has_baseline) {
    fecg_text inside = before(fecg_text_of(rest.s + 1, rest.n - 1), ")", &rest);
    if (!fecg_parse_number(inside, baseline) || !rest.n) return 0;
    rest = fecg_text_of(rest.s + 1, rest.n - 1);
  }
  if (rest.n && rest.s[0] == '/') *unit = fecg_text_of(rest.s + 1, rest.n - 1);
  if (*gain == 0) *gain = 200;
  return 1;
}

/* Puts the signal into the group of its file, a new one where the file differs from the last. */
static step place_signal(fecg_reader *r, wfdb_state *w, wfdb_signal *s, const wfdb_format *format, fecg_text file, int64_t offset,
                         int64_t number) {
  wfdb_group *g = w->group_count ? &w->groups[w->group_count - 1] : NULL;
  for (int i = 0; i + 1 < w->group_count; i++)
    if (strlen(fecg_rd_file(r, w->groups[i].file)->name) == file.n && !memcmp(fecg_rd_file(r, w->groups[i].file)->name, file.s, file.n))
      return bad(r, FECG_ERR_FORMAT, number, "the signal file", file, "signals of one file on consecutive lines");
  const char *last = g ? fecg_rd_file(r, g->file)->name : "";
  if (!g || strlen(last) != file.n || memcmp(last, file.s, file.n) != 0) {
    g = &w->groups[w->group_count++];
    g->format = format;
    g->offset = (uint64_t)offset;
    g->file = fecg_rd_add_file(r, file);
    if (g->file < 0) return fecg_rd_no_memory(r);
  } else if (g->format != format) {
    return bad(r, FECG_ERR_UNSUPPORTED, number, "the signal file", file, "one sample format in a file");
  }
  s->group = w->group_count - 1;
  s->in_frame = g->per_frame;
  g->per_frame += s->per_frame;
  if (g->max_skew < s->skew) g->max_skew = s->skew;
  return STEP_DONE;
}

static step signal_line(fecg_reader *r, wfdb_state *w, int index, fecg_text line, int64_t number) {
  wfdb_signal *s = &w->signals[index];
  record_channel *c = &r->channels[index];
  fecg_text file = fecg_text_word(&line), word = fecg_text_word(&line), rest;
  int64_t format_number = 0, per_frame = 1, skew = 0, offset = 0;
  if (!plain_name(file)) return bad(r, FECG_ERR_FORMAT, number, "the signal file", file, "a plain name without a folder");
  if (!fecg_parse_integer(before(word, "x:+", &rest), &format_number) || !marked_integer(&rest, 'x', ":+", &per_frame) ||
      !marked_integer(&rest, ':', "+", &skew) || !marked_integer(&rest, '+', "", &offset) || rest.n || per_frame < 1 || skew < 0 ||
      offset < 0 || offset > INT64_C(1) << 50)
    return bad(r, FECG_ERR_FORMAT, number, "the sample format", word, "format[xsamples][:skew][+offset]");
  const wfdb_format *format = fecg_wfdb_format(format_number);
  if (!format) return bad(r, FECG_ERR_UNSUPPORTED, number, "the sample format", word, "16, 24, 32, 61, 80, 212, 310 or 311");
  if (per_frame > 65536 || skew > RECORD_WINDOW_MAX) return bad(r, FECG_ERR_UNSUPPORTED, number, "the sample format", word, "fewer samples in a frame");
  s->per_frame = (uint32_t)per_frame;
  s->skew = (uint32_t)skew;
  if (place_signal(r, w, s, format, file, offset, number) == STEP_FAILED) return STEP_FAILED;
  w->per_frame += s->per_frame;

  double gain, baseline = 0, zero = 0;
  int has_baseline;
  int64_t resolution = 0;
  fecg_text unit = {"mV", 2};
  word = fecg_text_word(&line);
  if (!read_gain(word, &gain, &baseline, &has_baseline, &unit)) return bad(r, FECG_ERR_FORMAT, number, "the gain", word, "gain(baseline)/unit");
  word = fecg_text_word(&line);
  if (word.n && (!fecg_parse_integer(word, &resolution) || resolution < 0))
    return bad(r, FECG_ERR_FORMAT, number, "the ADC resolution", word, "bits, 0 or more");
  word = fecg_text_word(&line);
  if (word.n && !fecg_parse_number(word, &zero)) return bad(r, FECG_ERR_FORMAT, number, "the ADC zero", word, "a number");
  for (int i = 0; i < 3; i++) fecg_text_word(&line); /* initial value, checksum, block size */
  fecg_text_copy(c->label, sizeof c->label, line);
  if (!c->label[0]) fecg_rd_default_label(c, index);
  if (!has_baseline) baseline = zero;
  double uv = fecg_rd_unit(r, c, unit);
  c->fs = w->frame_fs * s->per_frame;
  c->scale = uv / gain;
  c->offset = -baseline * c->scale;
  int bits = format->bytes * 8 / format->samples;
  double half = (double)(INT64_C(1) << (bits - 1)); /* the header's resolution is often exceeded */
  double low = (-half - baseline) * c->scale, high = (half - 1 - baseline) * c->scale;
  c->phys_min_uv = fmin(low, high);
  c->phys_max_uv = fmax(low, high);
  return STEP_DONE;
}

step fecg_wfdb_parse(fecg_reader *r, fecg_text header) {
  fecg_text line;
  int64_t number = 0, signals;
  wfdb_state *w = r->state = fecg_alloc(1, sizeof *w);
  if (!w) return fecg_rd_no_memory(r);
  if (!next_line(&header, &line, &number))
    return fecg_rd_fail(r, FECG_ERR_FORMAT, 0, 1, "line 1: no record line, expected \"name signals rate samples\"");
  if (record_line(r, w, line, number, &signals) == STEP_FAILED) return STEP_FAILED;
  w->signals = fecg_alloc((size_t)signals, sizeof *w->signals);
  w->groups = fecg_alloc((size_t)signals, sizeof *w->groups);
  if (!w->signals || !w->groups || !fecg_rd_channels(r, (int)signals)) return fecg_rd_no_memory(r);
  for (int i = 0; i < (int)signals; i++) {
    if (!next_line(&header, &line, &number))
      return fecg_rd_fail(r, FECG_ERR_FORMAT, 0, number + 1, "line %lld: the header ends after %d signal lines, expected %lld",
                          (long long)number + 1, i, (long long)signals);
    if (signal_line(r, w, i, line, number) == STEP_FAILED) return STEP_FAILED;
  }
  for (int i = 0; i < w->group_count; i++) {
    const wfdb_group *g = &w->groups[i];
    if (((uint64_t)g->max_skew + 1) * g->per_frame * 4 > RECORD_WINDOW_MAX)
      return fecg_rd_fail(r, FECG_ERR_UNSUPPORTED, 0, -1, "a skew of %u frames of %u samples, expected at most %d MiB of samples",
                          g->max_skew, g->per_frame, RECORD_WINDOW_MAX >> 20);
  }
  return STEP_DONE;
}
