/* csv.c — samples as text, a column for each channel. The rate comes from the options, from a first
 * line "# fs=500 unit=uV ch=A,B", or from a first column "t" or "time" in seconds. Cells are parted
 * by tab, semicolon, comma or blanks, whichever the first row shows; with tab and semicolon the
 * decimal point may be a comma. Empty cells and NaN are gaps; rows missing in the time column become
 * gaps. Where there is one column, an empty line between two rows is a gap of one sample. A cell may stand
 * in quotes, which are doubled inside it (RFC 4180). */
#include "record/reader.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_MAX_BYTES = RECORD_REQUEST_MAX, LOOK_ROWS = 4096 };

typedef struct csv_state {
  char delimiter, point;
  int columns;            /* in a row, time included */
  int time_column;        /* 1: the first column is time */
  int use_time;           /* 1: and tells where rows are missing */
  double fs;
  uint64_t data;          /* offset and line number of the first row */
  int64_t data_line;
  /* position */
  uint64_t offset;
  int64_t line;           /* lines before it */
  int64_t rows;
  int64_t gap;            /* gap samples due before the next row */
  int64_t gap_total;
  int placed;             /* the next row is parsed, and its gap known */
  int64_t empty_lines;    /* met since the last row */
  double time_s;          /* of the last row */
  float *row;             /* [columns], where the next row is parsed */
} csv_state;

/* ---- lines and cells ---- */

/* The line at an offset. END: the file ends before it. */
static step line_at(fecg_reader *r, uint64_t offset, int64_t number, fecg_text *line, uint64_t *next) {
  size_t wanted = 1, got;
  for (;;) {
    const uint8_t *p = fecg_rd_bytes(r, 0, offset, wanted, &got);
    if (!p) return STEP_NEED;
    if (got == 0) return STEP_END;
    const uint8_t *end = memchr(p, '\n', got < LINE_MAX_BYTES ? got : LINE_MAX_BYTES);
    if (!end && got >= LINE_MAX_BYTES)
      return fecg_rd_fail(r, FECG_ERR_FORMAT, 0, number, "line %lld: more than 1 MiB without a line end", (long long)number);
    if (end || got < wanted) {
      size_t n = end ? (size_t)(end - p) : got;
      *next = offset + n + (end != NULL);
      *line = fecg_text_of(p, n);
      return STEP_DONE;
    }
    wanted = got + 1;
  }
}

/* How many characters a quoted cell at the front takes, both quotes included; 0: it is none. */
static size_t quoted_cell(fecg_text t) {
  if (!t.n || (t.s[0] != '"' && t.s[0] != '\'')) return 0;
  for (size_t i = 1; i < t.n; i++)
    if (t.s[i] == t.s[0]) {
      if (i + 1 == t.n || t.s[i + 1] != t.s[0]) return i + 1;
      i++; /* doubled: a quote of the cell */
    }
  return 0;
}

/* Takes the next cell off the front; 0 where the row has no more. Quotes around a cell are taken off, and
 * the quote is returned: one that is doubled in the cell counts once. */
static int next_cell(fecg_text *rest, char delimiter, fecg_text *cell) {
  if (!rest->s) return 0;
  if (delimiter == ' ') {
    *cell = fecg_text_word(rest);
    if (!cell->n) return 0;
  } else {
    size_t n = 0;
    while (n < rest->n && rest->s[n] == ' ') n++;
    n += quoted_cell(fecg_text_of(rest->s + n, rest->n - n));
    while (n < rest->n && rest->s[n] != delimiter) n++;
    *cell = fecg_text_of(rest->s, n);
    if (n == rest->n) *rest = fecg_text_of(NULL, 0);
    else *rest = fecg_text_of(rest->s + n + 1, rest->n - n - 1);
  }
  *cell = fecg_text_trim(*cell);
  if (!cell->n || quoted_cell(*cell) != cell->n) return 1;
  int quote = cell->s[0];
  *cell = fecg_text_trim(fecg_text_of(cell->s + 1, cell->n - 2));
  return quote;
}

/* The label that a cell of names gives; quote: as next_cell() returned. */
static void copy_label(char *dst, size_t size, fecg_text cell, int quote) {
  char text[256]; /* a label is cut to less */
  size_t n = 0;
  for (size_t i = 0; i < cell.n && n < sizeof text; i++) {
    text[n++] = cell.s[i];
    if (quote > 1 && cell.s[i] == quote) i++;
  }
  fecg_text_copy(dst, size, fecg_text_of(text, n));
}

typedef enum cell_kind { CELL_NUMBER, CELL_GAP, CELL_BAD } cell_kind;

static cell_kind parse_cell(fecg_text cell, char point, double *v) {
  static const char *const GAPS[] = {"", "nan", "na", "n/a", "null", "-"};
  if (cell.n && fecg_scan_number(cell, point, v) == cell.n && isfinite(*v)) return CELL_NUMBER;
  *v = NAN;
  for (size_t i = 0; i < sizeof GAPS / sizeof *GAPS; i++)
    if (fecg_text_is(cell, GAPS[i])) return CELL_GAP;
  return CELL_BAD;
}

static int is_time_name(fecg_text cell) {
  static const char *const NAMES[] = {"t", "time", "t_s", "time_s", "t [s]", "t (s)", "time [s]", "time (s)", "t[s]", "time[s]"};
  for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
    if (fecg_text_is(cell, NAMES[i])) return 1;
  return 0;
}

static int skipped(fecg_text line) {
  line = fecg_text_trim(line);
  return !line.n || line.s[0] == '#';
}

/* ---- the head of the file ---- */

typedef struct csv_head {
  double fs;             /* of the first line, 0: none */
  fecg_text unit, names; /* of the first line */
  fecg_text header;      /* the line of column names */
  int has_header;
  int64_t header_line;
} csv_head;

/* One "key=value" of the first line; a value goes on until the next word with a '='. */
static step comment_line(fecg_reader *r, csv_head *h, fecg_text line, int64_t number) {
  line = fecg_text_trim(line);
  while (line.n && line.s[0] == '#') line.s++, line.n--;
  while (line.n) {
    fecg_text word = fecg_text_word(&line), more = line;
    const char *equals = memchr(word.s, '=', word.n);
    if (!equals) continue;
    for (fecg_text next = fecg_text_word(&more); next.n && !memchr(next.s, '=', next.n); next = fecg_text_word(&more)) line = more;
    fecg_text key = fecg_text_of(word.s, (size_t)(equals - word.s));
    fecg_text value = fecg_text_trim(fecg_text_of(equals + 1, (size_t)(line.s - equals - 1)));
    if (fecg_text_is(key, "unit")) h->unit = value;
    if (fecg_text_is(key, "ch")) h->names = value;
    if (fecg_text_is(key, "fs") && (!fecg_parse_number(value, &h->fs) || !(h->fs > 0) || h->fs > RECORD_MAX_FS))
      return fecg_rd_fail(r, FECG_ERR_FORMAT, 0, number, "line %lld: fs is \"%s\", expected Hz above 0", (long long)number, fecg_quote(value).s);
  }
  return STEP_DONE;
}

static void choose_delimiter(fecg_reader *r, csv_state *c, fecg_text line) {
  c->delimiter = r->ending == ENDING_TSV || memchr(line.s, '\t', line.n) ? '\t'
                 : memchr(line.s, ';', line.n)                             ? ';'
                 : memchr(line.s, ',', line.n)                             ? ','
                                                                           : ' ';
  c->point = c->delimiter == ',' ? '.' : ',';
}

/* A line of names: no cell is a number, or the first one names the time. */
static int is_header(const csv_state *c, fecg_text line) {
  fecg_text cell;
  double v;
  int words = 0;
  for (int i = 0; next_cell(&line, c->delimiter, &cell); i++) {
    if (i == 0 && is_time_name(cell)) return 1;
    cell_kind kind = parse_cell(cell, c->point, &v);
    if (kind == CELL_NUMBER) return 0;
    words += kind == CELL_BAD;
  }
  return words > 0;
}

static int count_cells(const csv_state *c, fecg_text line) {
  fecg_text cell;
  int n = 0;
  while (n <= FECG_MAX_CHANNELS + 2 && next_cell(&line, c->delimiter, &cell)) n++;
  return n > 1 && !cell.n && !line.s && c->delimiter != ' ' ? n - 1 : n; /* a delimiter at the end of the row */
}

static int by_value(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* The rate that time stamps with `decimals` decimals show: from all steps that are no gap, and a whole
 * number where the rounding of the stamps allows one. steps is sorted. 0: they show none. */
static double rate_of(double *steps, int n, int decimals) {
  if (n == 0) return 0;
  qsort(steps, (size_t)n, sizeof *steps, by_value);
  double median = steps[(n - 1) / 2], sum = 0, quantum = 1;
  int used = 0;
  for (int i = 0; i < n; i++)
    if (steps[i] > 0.5 * median && steps[i] < 1.5 * median) sum += steps[i], used++;
  if (!(median > 0) || !(sum > 0)) return 0;
  for (int i = 0; i < decimals; i++) quantum /= 10;
  double fs = used / sum, whole = rint(fs);
  return whole >= 1 && fabs(used / whole - sum) <= 1.01 * quantum + 1e-9 * sum ? whole : fs;
}

static int decimals_of(fecg_text cell) {
  int n = 0;
  size_t i = 0;
  while (i < cell.n && cell.s[i] != '.' && cell.s[i] != ',') i++;
  for (i++; i < cell.n && cell.s[i] >= '0' && cell.s[i] <= '9' && n < 12; i++) n++;
  return n;
}

/* Looks at the first rows, no further than the window that read_head() asked for: numbers or letters,
 * and what rate the time column shows. */
static step look_at_rows(fecg_reader *r, csv_state *c, double *steps, double *time_fs) {
  int64_t good = 0, bad = 0, bad_line = 0, line_number = c->data_line;
  int n = 0, rows = 0, decimals = 0;
  uint64_t offset = c->data;
  double last = NAN, v;
  fecg_quoted bad_cell = {""};
  fecg_text line, cell;
  for (; rows < LOOK_ROWS && offset < LINE_MAX_BYTES; line_number++) {
    step s = line_at(r, offset, line_number + 1, &line, &offset);
    if (s == STEP_NEED || s == STEP_FAILED) return s;
    if (s == STEP_END) break;
    if (skipped(line)) continue;
    rows++;
    for (int i = 0; i < c->columns && next_cell(&line, c->delimiter, &cell); i++) {
      cell_kind kind = parse_cell(cell, c->point, &v);
      good += kind == CELL_NUMBER;
      if (kind == CELL_BAD && bad++ == 0) bad_line = line_number + 1, bad_cell = fecg_quote(cell);
      if (i > 0 || !c->time_column) continue;
      if (isfinite(v) && isfinite(last) && v > last) steps[n++] = v - last;
      if (isfinite(v) && decimals_of(cell) > decimals) decimals = decimals_of(cell);
      last = v;
    }
  }
  if (bad > good)
    return fecg_rd_fail(r, FECG_ERR_FORMAT, 0, bad_line, "line %lld: \"%s\", expected a number; most cells are none", (long long)bad_line, bad_cell.s);
  *time_fs = rate_of(steps, n, decimals);
  return STEP_DONE;
}

static step set_rate(fecg_reader *r, csv_state *c, const csv_head *h, double time_fs) {
  int64_t line = c->data_line + 1;
  c->fs = r->fs > 0 ? r->fs : h->fs > 0 ? h->fs : time_fs;
  if (!(c->fs > 0) && c->time_column)
    return fecg_rd_fail(r, FECG_ERR_RATE, 0, line, "line %lld: the time column does not rise, expected seconds", (long long)line);
  if (!(c->fs > 0) || c->fs > RECORD_MAX_FS)
    return fecg_rd_fail(r, FECG_ERR_RATE, 0, line,
                        "line %lld: no sampling rate; expected one given, a first line \"# fs=500\" or a first column \"t\" in seconds",
                        (long long)line);
  c->use_time = c->time_column && fabs(time_fs - c->fs) <= 0.01 * c->fs;
  if (c->time_column && !c->use_time)
    fecg_rd_note(r, "RATE_MISMATCH", line, "the time column shows another rate than the given one; it is not used");
  return STEP_DONE;
}

static step set_channels(fecg_reader *r, csv_state *c, const csv_head *h) {
  int n = c->columns - c->time_column;
  if (n < 1) return fecg_rd_fail(r, FECG_ERR_FORMAT, 0, c->data_line + 1, "line %lld: a time column alone, expected a channel", (long long)c->data_line + 1);
  if (n > FECG_MAX_CHANNELS)
    return fecg_rd_fail(r, FECG_ERR_UNSUPPORTED, 0, c->data_line + 1, "line %lld: more than %d columns", (long long)c->data_line + 1, FECG_MAX_CHANNELS);
  c->row = fecg_alloc((size_t)c->columns, sizeof *c->row);
  if (!c->row || !fecg_rd_channels(r, n)) return fecg_rd_no_memory(r);
  fecg_text names = h->has_header ? h->header : h->names, name;
  char delimiter = h->has_header ? c->delimiter : ',';
  if (!h->has_header && !names.n) names = fecg_text_of(NULL, 0);
  if (h->has_header && c->time_column) next_cell(&names, delimiter, &name);
  for (int i = 0; i < n; i++) {
    record_channel *ch = &r->channels[i];
    int quote = next_cell(&names, delimiter, &name);
    if (quote) copy_label(ch->label, sizeof ch->label, name, quote);
    if (!ch->label[0]) fecg_rd_default_label(ch, i);
    ch->fs = c->fs;
    ch->scale = fecg_rd_unit(r, ch, h->unit);
    ch->samples = -1;
  }
  return STEP_DONE;
}

/* The file, or its first MiB, ends before a row of numbers. */
static step no_row(fecg_reader *r, const csv_head *h, int64_t lines) {
  int64_t at = h->has_header ? h->header_line : lines > 0 ? lines : 1;
  if (h->has_header)
    return fecg_rd_fail(r, FECG_ERR_FORMAT, 0, at, "line %lld: \"%s\" and no row of numbers after it, expected a recording in EDF, BDF, WFDB or CSV",
                        (long long)at, fecg_quote(h->header).s);
  return fecg_rd_fail(r, FECG_ERR_FORMAT, 0, at, "line %lld: no row of numbers up to here, expected a recording in EDF, BDF, WFDB or CSV", (long long)at);
}

/* Comments, names and the first row. The lines stay in the window until set_channels() has read them. */
static step read_head(fecg_reader *r, csv_state *c, csv_head *h) {
  size_t got;
  uint64_t offset = 0, next;
  int64_t number = 0;
  fecg_text line;
  const uint8_t *p = fecg_rd_bytes(r, 0, 0, 2 * (size_t)LINE_MAX_BYTES, &got);
  if (!p) return STEP_NEED;
  if (got >= 2 && ((p[0] == 0xFF && p[1] == 0xFE) || (p[0] == 0xFE && p[1] == 0xFF)))
    return fecg_rd_fail(r, FECG_ERR_FORMAT, 0, 0, "byte 0: text in UTF-16, expected UTF-8");
  for (size_t i = 0; i < got && i < 4096; i++)
    if (p[i] < 0x20 && p[i] != '\t' && p[i] != '\r' && p[i] != '\n' && p[i] != '\f')
      return fecg_rd_fail(r, FECG_ERR_FORMAT, 0, (int64_t)i, "byte %zu: not text, expected a recording in EDF, BDF, WFDB or CSV", i);
  if (got >= 3 && memcmp(p, "\xEF\xBB\xBF", 3) == 0) offset = 3;
  for (;; offset = next) {
    step s = line_at(r, offset, number + 1, &line, &next);
    if (s == STEP_END || (s == STEP_DONE && offset >= LINE_MAX_BYTES)) return no_row(r, h, number);
    if (s != STEP_DONE) return s;
    number++;
    if (!skipped(line)) {
      choose_delimiter(r, c, line);
      if (h->has_header || !is_header(c, line)) break;
      h->has_header = 1;
      h->header = line;
      h->header_line = number;
    } else if (!h->has_header && memchr(line.s, '#', line.n) && comment_line(r, h, line, number) == STEP_FAILED) {
      return STEP_FAILED;
    }
  }
  c->data = offset;
  c->data_line = number - 1;
  c->columns = count_cells(c, h->has_header ? h->header : line);
  fecg_text names = h->header, cell;
  c->time_column = h->has_header && next_cell(&names, c->delimiter, &cell) && is_time_name(cell);
  return STEP_DONE;
}

static step header(fecg_reader *r) {
  csv_head h;
  csv_state found;
  double time_fs = 0;
  memset(&h, 0, sizeof h);
  memset(&found, 0, sizeof found);
  step s = read_head(r, &found, &h);
  if (s != STEP_DONE) return s;
  if (!r->state) r->state = fecg_alloc(1, sizeof found);
  if (!r->state) return fecg_rd_no_memory(r);
  csv_state *c = r->state;
  *c = found;
  double *steps = fecg_alloc(LOOK_ROWS, sizeof *steps);
  if (!steps) return fecg_rd_no_memory(r);
  s = look_at_rows(r, c, steps, &time_fs);
  fecg_free(steps);
  if (s != STEP_DONE) return s;
  if (set_rate(r, c, &h, time_fs) == STEP_FAILED || set_channels(r, c, &h) == STEP_FAILED) return STEP_FAILED;
  c->offset = c->data;
  c->line = c->data_line;
  r->format_name = "CSV";
  return STEP_DONE;
}

/* ---- rows ---- */

/* Parses a row into c->row; rows that are not whole are told of. */
static void parse_row(fecg_reader *r, csv_state *c, fecg_text line, double *time) {
  fecg_text cell;
  double v;
  int i = 0, more = 0;
  int64_t number = c->line + 1;
  *time = NAN;
  for (; next_cell(&line, c->delimiter, &cell); i++) {
    if (i >= c->columns) {
      if (line.s || cell.n) more = 1;
      break;
    }
    if (parse_cell(cell, c->point, &v) == CELL_BAD)
      fecg_rd_note(r, "BAD_VALUE", number, "line %lld: \"%s\" is not a number; it is taken as a gap", (long long)number, fecg_quote(cell).s);
    if (i < c->time_column) *time = v;
    else c->row[i] = fecg_rd_sample(v * r->channels[i - c->time_column].scale);
  }
  if (i < c->columns || more)
    fecg_rd_note(r, "RAGGED_ROW", number, "line %lld has %s than %d cells; %s", (long long)number, more ? "more" : "fewer", c->columns,
                 more ? "the others are not read" : "those missing are gaps");
  for (; i < c->columns; i++) c->row[i] = NAN;
}

/* How many rows are missing before a row of this time. END: too many. */
static step place_row(fecg_reader *r, csv_state *c, double time) {
  int64_t number = c->line + 1, missing = c->columns == 1 && c->rows > 0 ? c->empty_lines : 0;
  if (c->use_time && !isfinite(time)) fecg_rd_note(r, "BAD_TIME", number, "line %lld has no time; its row follows the one before", (long long)number);
  if (c->use_time && c->rows > 0 && isfinite(time) && isfinite(c->time_s)) {
    if (!(time > c->time_s))
      return fecg_rd_fail(r, FECG_ERR_FORMAT, 0, number, "line %lld: the time does not rise, expected seconds above those of the row before",
                          (long long)number);
    double steps = rint((time - c->time_s) * c->fs);
    if (steps > RECORD_GAP_MAX_S * c->fs) missing = INT64_MAX;
    else if (steps > 1) missing = (int64_t)steps - 1;
  }
  if (missing > (int64_t)(RECORD_GAP_MAX_S * c->fs) - c->gap_total) {
    fecg_rd_note(r, "GAP_TOO_LONG", number, "line %lld lies more than 7 days of gap further; reading ends before it", (long long)number);
    return STEP_END;
  }
  c->gap = missing;
  c->gap_total += missing;
  return STEP_DONE;
}

static int give_gap(fecg_reader *r, csv_state *c, int64_t n) {
  for (int i = 0; i < r->selected_count; i++)
    if (!fecg_rd_out_gap(&r->channels[r->selected[i]], (size_t)n)) return 0;
  c->gap -= n;
  return 1;
}

static int give_row(fecg_reader *r, const csv_state *c) {
  for (int i = 0; i < r->selected_count; i++) {
    float *out = fecg_rd_out(&r->channels[r->selected[i]], 1);
    if (!out) return 0;
    *out = c->row[r->selected[i] + c->time_column];
  }
  return 1;
}

static step block(fecg_reader *r) {
  csv_state *c = r->state;
  int64_t room = RECORD_BLOCK_SAMPLES / 4 / r->selected_count + 1, given = 0;
  while (given < room) {
    fecg_text line;
    uint64_t next;
    double time;
    step s = line_at(r, c->offset, c->line + 1, &line, &next);
    if (s == STEP_FAILED) return s;
    if (s == STEP_NEED || s == STEP_END) return given ? STEP_DONE : s;
    if (skipped(line)) {
      c->empty_lines += !fecg_text_trim(line).n;
    } else {
      if (!c->placed) {
        parse_row(r, c, line, &time);
        s = place_row(r, c, time);
        if (s != STEP_DONE) return s == STEP_END && given ? STEP_DONE : s;
        c->time_s = time;
        c->placed = 1;
      }
      int64_t gap = c->gap < room - given ? c->gap : room - given;
      if (!give_gap(r, c, gap)) return fecg_rd_no_memory(r);
      given += gap;
      if (given == room) return STEP_DONE;
      if (!give_row(r, c)) return fecg_rd_no_memory(r);
      given++;
      c->rows++;
      c->placed = 0;
      c->empty_lines = 0;
    }
    c->offset = next;
    c->line++;
  }
  return STEP_DONE;
}

static void rewind_rows(fecg_reader *r) {
  csv_state *c = r->state;
  c->offset = c->data;
  c->line = c->data_line;
  c->rows = c->gap = c->gap_total = c->empty_lines = 0;
  c->placed = 0;
}

static void destroy(fecg_reader *r) {
  csv_state *c = r->state;
  fecg_free(c->row);
  fecg_free(c);
}

const record_format fecg_record_csv = {header, block, rewind_rows, destroy};
