/* report.c — the result document fecg.extract/1. Small parts are cJSON values; the long rows of numbers
 * are written as text once and referred to, since a day of beats and rates is a million of them. */
#include <cJSON.h>
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "extract/extractor.h"
#include "measure/fhr_terms.h"
#include "measure/rate.h"

enum { TERMS_ROOM = 8192, STRETCH_ROOM = 320 }; /* characters */
static const double LONGEST_RR_S = 1.1; /* beats further apart do not follow each other */
static const char SECOND_FETUS[] = "SECOND_FETUS_SUSPECTED";

typedef struct text { /* JSON text being written; failed where memory ran out */
  fecg_list chars;
  int failed;
} text;

static void put(text *t, const char *s, size_t n) {
  char *to = t->failed ? NULL : fecg_list_add(&t->chars, n);
  if (to) memcpy(to, s, n);
  else t->failed = 1;
}

/* The number with up to `places` decimals, trailing zeros left out; null where it is not finite. Written
 * here because printf's decimal point depends on the locale. */
static void put_number(text *t, double v, int places) {
  static const double scale[] = {1, 10, 100, 1e3, 1e4, 1e5};
  const double scaled = rint(fabs(v) * scale[places]);
  if (!(scaled < 9e15)) {
    put(t, "null", 4);
    return;
  }
  uint64_t digits = (uint64_t)scaled;
  char s[32];
  int n = 0, decimals = places;
  while (decimals > 0 && digits % 10 == 0) digits /= 10, decimals--;
  do {
    s[n++] = (char)('0' + digits % 10);
    digits /= 10;
    if (--decimals == 0) s[n++] = '.';
  } while (digits > 0 || decimals >= 0);
  if (v < 0 && scaled > 0) s[n++] = '-';
  for (int i = 0, j = n - 1; i < j; i++, j--) {
    const char c = s[i];
    s[i] = s[j];
    s[j] = c;
  }
  put(t, s, (size_t)n);
}

typedef double (*value_at)(const void *items, size_t i);
static double double_at(const void *items, size_t i) { return ((const double *)items)[i]; }
static double float_at(const void *items, size_t i) { return ((const float *)items)[i]; }
static double tick_at(const void *items, size_t i) { return (void)items, (double)i / FECG_RATE_FS; }
static double beat_tick_at(const void *items, size_t i) { return (void)items, ((double)i - FECG_BEAT_BEFORE) / FECG_BEAT_FS; }

/* All rows of the document in one buffer; rows are found by their offsets once it has stopped moving. */
typedef struct rows {
  text t;
  size_t offset[16];
  cJSON *item[16];
  int count;
} rows;

/* cJSON gives NULL where memory runs out; that is noted once for the whole document. */
static cJSON *kept(rows *r, cJSON *item) {
  if (!item) r->t.failed = 1;
  return item;
}

static void append(rows *r, cJSON *array, cJSON *item) {
  if (cJSON_AddItemToArray(array, item)) return;
  cJSON_Delete(item);
  r->t.failed = 1;
}

static void open_row(rows *r) {
  r->offset[r->count] = r->t.chars.count;
  put(&r->t, "[", 1);
}

static void close_row(rows *r, cJSON *object, const char *key) {
  put(&r->t, "]", 2); /* with the terminating zero */
  cJSON *row = cJSON_CreateStringReference("");
  if (!row || !cJSON_AddItemToObject(object, key, row)) {
    cJSON_Delete(row);
    r->t.failed = 1;
    return;
  }
  r->item[r->count++] = row;
}

static void add_row(rows *r, cJSON *object, const char *key, const void *items, size_t n, value_at at, int places) {
  open_row(r);
  for (size_t i = 0; i < n; i++) {
    if (i > 0) put(&r->t, ",", 1);
    put_number(&r->t, at(items, i), places);
  }
  close_row(r, object, key);
}

static void add_flags(rows *r, cJSON *object, const char *key, const unsigned char *flags, size_t n) {
  open_row(r);
  for (size_t i = 0; i < n; i++) {
    if (i > 0) put(&r->t, ",", 1);
    if (flags[i]) put(&r->t, "true", 4);
    else put(&r->t, "false", 5);
  }
  close_row(r, object, key);
}

static void settle_rows(rows *r) {
  for (int i = 0; i < r->count; i++) {
    r->item[i]->valuestring = (char *)r->t.chars.items + r->offset[i];
    r->item[i]->type = cJSON_Raw | cJSON_IsReference;
  }
}

/* A number rounded to `places` decimals, or null. */
static void add_number(rows *r, cJSON *object, const char *key, double v, int places) {
  static const double scale[] = {1, 10, 100, 1e3, 1e4, 1e5};
  kept(r, isfinite(v) ? cJSON_AddNumberToObject(object, key, rint(v * scale[places]) / scale[places]) : cJSON_AddNullToObject(object, key));
}

static void add_rate(rows *r, cJSON *object, const float *bpm, size_t n) {
  cJSON *rate = kept(r, cJSON_AddObjectToObject(object, "rate"));
  add_row(r, rate, "t_s", NULL, n, tick_at, 2);
  add_row(r, rate, "bpm", bpm, n, float_at, 2);
}

static void add_events(rows *r, cJSON *fetal, const fecg_list *events) {
  const fecg_rate_event *e = events->items;
  cJSON *list = kept(r, cJSON_AddArrayToObject(fetal, "events"));
  for (size_t i = 0; i < events->count; i++) {
    cJSON *o = kept(r, cJSON_CreateObject());
    kept(r, cJSON_AddStringToObject(o, "type", e[i].type));
    add_number(r, o, "t_s", e[i].t_s, 2);
    add_number(r, o, "duration_s", e[i].duration_s, 2);
    kept(r, cJSON_AddStringToObject(o, "definition", e[i].definition));
    append(r, list, o);
  }
}

/* The terms of a fetal rate, or NULL where they would not be of one fetus. */
typedef struct terms {
  fecg_fhr_terms of_rate;
  fecg_fhr_rhythm rhythm;
} terms;

static void add_text(rows *r, cJSON *object, const char *key, const char *s) {
  kept(r, s ? cJSON_AddStringToObject(object, key, s) : cJSON_AddNullToObject(object, key));
}

/* An object for one term, with why it is not known, and its definition. */
static cJSON *add_term(rows *r, cJSON *standard, const char *key, fecg_fhr_reason reason, const char *definition) {
  cJSON *o = kept(r, cJSON_AddObjectToObject(standard, key));
  add_text(r, o, "reason", FECG_FHR_REASON_NAMES[reason]);
  kept(r, cJSON_AddStringToObject(o, "definition", definition));
  return o;
}

/* Baseline and variability of each ten minutes, and the reason where it is one for all of them. */
static void add_stretches(rows *r, cJSON *to, const fecg_fhr_terms *t, fecg_fhr_standard standard) {
  const fecg_fhr_stretch *s = t->stretches.items;
  fecg_fhr_reason reason = t->stretches.count == 0 ? FECG_FHR_TOO_SHORT : s->reason;
  for (size_t i = 0; i < t->stretches.count; i++)
    if (s[i].reason == FECG_FHR_KNOWN) reason = FECG_FHR_KNOWN;
  cJSON *baseline = add_term(r, to, "baseline", reason, FECG_FHR_BASELINE[standard]);
  cJSON *list = kept(r, cJSON_AddArrayToObject(baseline, "stretches"));
  for (size_t i = 0; i < t->stretches.count; i++) {
    cJSON *o = kept(r, cJSON_CreateObject());
    add_number(r, o, "t_s", s[i].t_s, 2);
    add_number(r, o, "duration_s", FECG_FHR_STRETCH_S, 2);
    add_number(r, o, "bpm", standard == FECG_FIGO ? s[i].baseline_bpm : fecg_nichd_baseline(s[i].baseline_bpm), 1);
    add_text(r, o, "reason", FECG_FHR_REASON_NAMES[s[i].reason]);
    append(r, list, o);
  }
  if (standard == FECG_FIGO) {
    cJSON *variability = add_term(r, to, "variability", t->figo_variability_reason, FECG_FHR_VARIABILITY[FECG_FIGO]);
    add_number(r, variability, "bandwidth_bpm", t->bandwidth_bpm, 1);
    add_text(r, variability, "class", t->figo_variability);
    return;
  }
  cJSON *variability = add_term(r, to, "variability", reason, FECG_FHR_VARIABILITY[FECG_NICHD]);
  list = kept(r, cJSON_AddArrayToObject(variability, "stretches"));
  for (size_t i = 0; i < t->stretches.count; i++) {
    cJSON *o = kept(r, cJSON_CreateObject());
    add_number(r, o, "t_s", s[i].t_s, 2);
    add_number(r, o, "duration_s", FECG_FHR_STRETCH_S, 2);
    add_number(r, o, "bandwidth_bpm", s[i].bandwidth_bpm, 1);
    add_text(r, o, "class", fecg_nichd_variability(s[i].bandwidth_bpm));
    append(r, list, o);
  }
}

static void add_standard(rows *r, cJSON *root, const fecg_fhr_terms *t, fecg_fhr_standard standard) {
  cJSON *to = kept(r, cJSON_AddObjectToObject(root, FECG_FHR_STANDARD_NAMES[standard]));
  add_stretches(r, to, t, standard);
  for (int k = 0; k < FECG_FHR_NAMED; k++) {
    const fecg_fhr_named *name = FECG_FHR_NAMES + k;
    if (name->standard != standard) continue;
    const fecg_fhr_excursion *e = t->excursions.items;
    double count = t->excursions_reason == FECG_FHR_KNOWN ? 0 : NAN;
    for (size_t i = 0; i < t->excursions.count; i++) count += name->is(e + i);
    add_number(r, add_term(r, to, name->key, t->excursions_reason, name->definition), "count", count, 0);
  }
  for (int fast = 1; fast >= 0; fast--) {
    const fecg_fhr_run *run = t->runs.items;
    double count = t->runs_reason[standard] == FECG_FHR_KNOWN ? 0 : NAN;
    for (size_t i = 0; i < t->runs.count; i++) count += run[i].standard == standard && run[i].fast == fast;
    cJSON *o = add_term(r, to, fast ? "tachycardia" : "bradycardia", t->runs_reason[standard], (fast ? FECG_FHR_TACHYCARDIA : FECG_FHR_BRADYCARDIA)[standard]);
    kept(r, isnan(count) ? cJSON_AddNullToObject(o, "present") : cJSON_AddBoolToObject(o, "present", count > 0));
  }
}

static void add_standards(rows *r, cJSON *to, const terms *t) {
  add_standard(r, to, &t->of_rate, FECG_FIGO);
  add_standard(r, to, &t->of_rate, FECG_NICHD);
}

static void add_summary(rows *r, cJSON *fetal, const fecg_variability *v) {
  cJSON *summary = kept(r, cJSON_AddObjectToObject(fetal, "summary"));
  add_number(r, summary, "baseline_bpm", v->baseline_bpm, 1);
  add_number(r, summary, "stv_ms", v->stv_ms, 2);
  add_number(r, summary, "ltv_bpm", v->ltv_bpm, 2);
  add_number(r, summary, "coverage", v->coverage, 4);
}

static void add_terms(rows *r, cJSON *fetal, const terms *t) {
  if (!t) {
    kept(r, cJSON_AddNullToObject(fetal, "terms"));
    return;
  }
  cJSON *root = kept(r, cJSON_AddObjectToObject(fetal, "terms"));
  add_standards(r, root, t);
  cJSON *rhythm = add_term(r, root, "rhythm", t->rhythm.reason, FECG_FHR_IRREGULAR);
  kept(r, t->rhythm.irregular < 0 ? cJSON_AddNullToObject(rhythm, "irregular") : cJSON_AddBoolToObject(rhythm, "irregular", t->rhythm.irregular));
  add_number(r, rhythm, "premature_beats", t->rhythm.irregular < 0 ? NAN : (double)t->rhythm.premature, 0);
}

/* Mean interval between fetal beats that follow each other, s. */
static double mean_rr(const fecg_extractor *x) {
  const double *t = x->fetal.items;
  double sum = 0, count = 0;
  for (size_t i = 1; i < x->fetal.count; i++)
    if (t[i] - t[i - 1] < LONGEST_RR_S) sum += t[i] - t[i - 1], count++;
  return count > 0 ? sum / count : 0;
}

/* The averaged beat of the lead that shows it best. */
static void add_beat(const fecg_extractor *x, rows *r, cJSON *fetal) {
  fecg_beat b;
  if (!fecg_beat_measure(x->beat, x->leads, mean_rr(x), &b)) {
    kept(r, cJSON_AddNullToObject(fetal, "beat"));
    return;
  }
  cJSON *o = kept(r, cJSON_AddObjectToObject(fetal, "beat"));
  add_number(r, o, "fs", FECG_BEAT_FS, 2);
  kept(r, cJSON_AddStringToObject(o, "lead", x->label[b.lead]));
  add_row(r, o, "t_s", NULL, FECG_BEAT_TAPS, beat_tick_at, 4);
  add_row(r, o, "uv", b.uv, FECG_BEAT_TAPS, float_at, 3);
  add_number(r, o, "pr_ms", b.pr_ms, 1);
  add_number(r, o, "pr_ms_sd", b.pr_ms_sd, 1);
  add_number(r, o, "qrs_ms", b.qrs_ms, 1);
  add_number(r, o, "qrs_ms_sd", b.qrs_ms_sd, 1);
  add_number(r, o, "qt_ms", b.qt_ms, 1);
  add_number(r, o, "qt_ms_sd", b.qt_ms_sd, 1);
}

static void add_quality(const fecg_extractor *x, rows *r, cJSON *root, double fetal, const char *reason) {
  cJSON *quality = kept(r, cJSON_AddObjectToObject(root, "quality"));
  add_number(r, quality, "fetal", fetal, 3);
  if (reason) kept(r, cJSON_AddStringToObject(quality, "reason", reason));
  else kept(r, cJSON_AddNullToObject(quality, "reason"));
  cJSON *leads = kept(r, cJSON_AddArrayToObject(quality, "leads"));
  for (int l = 0; l < x->leads; l++) {
    cJSON *o = kept(r, cJSON_CreateObject());
    kept(r, cJSON_AddStringToObject(o, "label", x->label[l]));
    add_number(r, o, "quality", fecg_tallied_quality(x->tally + l), 3);
    kept(r, cJSON_AddStringToObject(o, "state", FECG_LEAD_STATE_NAMES[fecg_tallied_state(x->tally + l)]));
    append(r, leads, o);
  }
}

static void add_source(const fecg_extractor *x, rows *r, cJSON *root, const char *file, double duration_s) {
  cJSON *source = kept(r, cJSON_AddObjectToObject(root, "source"));
  if (file) kept(r, cJSON_AddStringToObject(source, "file", file));
  else kept(r, cJSON_AddNullToObject(source, "file"));
  add_number(r, source, "fs", x->out_fs, 4);
  add_number(r, source, "duration_s", duration_s, 4);
  cJSON *leads = kept(r, cJSON_AddArrayToObject(source, "leads"));
  for (int l = 0; l < x->leads; l++) append(r, leads, cJSON_CreateString(x->label[l]));
}

/* What carried the answer, where a network gave it: leads, and time in steps of the rate's grid. */
static void add_attribution(const fecg_extractor *x, rows *r, cJSON *root) {
  if (x->method == FECG_CLASSICAL) {
    kept(r, cJSON_AddNullToObject(root, "attribution"));
    return;
  }
  cJSON *attribution = kept(r, cJSON_AddObjectToObject(root, "attribution"));
  cJSON *leads = kept(r, cJSON_AddArrayToObject(attribution, "leads"));
  double total = 0;
  for (int l = 0; l < x->leads; l++) total += x->lead_contribution[l];
  for (int l = 0; l < x->leads; l++) {
    cJSON *o = kept(r, cJSON_CreateObject());
    kept(r, cJSON_AddStringToObject(o, "label", x->label[l]));
    add_number(r, o, "contribution", total > 0 ? x->lead_contribution[l] / total : 0, 4);
    append(r, leads, o);
  }
  add_row(r, attribution, "t_s", NULL, x->time_contribution.count, tick_at, 2);
  add_row(r, attribution, "time", x->time_contribution.items, x->time_contribution.count, float_at, 4);
}

static void add_version(const fecg_extractor *x, rows *r, cJSON *root) {
  cJSON *version = kept(r, cJSON_AddObjectToObject(root, "version"));
  kept(r, cJSON_AddStringToObject(version, "engine", FECG_VERSION));
  if (x->model) {
    kept(r, cJSON_AddStringToObject(version, "model", fecg_model_name(x->model)));
    kept(r, cJSON_AddStringToObject(version, "model_sha256", fecg_model_sha256(x->model)));
  } else {
    kept(r, cJSON_AddNullToObject(version, "model"));
    kept(r, cJSON_AddNullToObject(version, "model_sha256"));
  }
  kept(r, cJSON_AddStringToObject(version, "simd", fecg_simd()));
}

static void add_diagnostics(const fecg_extractor *x, rows *r, cJSON *root) {
  const fecg_diagnostic *d = x->diagnostics.items;
  cJSON *list = kept(r, cJSON_AddArrayToObject(root, "diagnostics"));
  for (size_t i = 0; i < x->diagnostics.count; i++) {
    cJSON *o = kept(r, cJSON_CreateObject());
    kept(r, cJSON_AddStringToObject(o, "code", d[i].code));
    kept(r, cJSON_AddStringToObject(o, "message", d[i].message));
    if (d[i].offset >= 0) kept(r, cJSON_AddNumberToObject(o, "offset", (double)d[i].offset));
    else kept(r, cJSON_AddNullToObject(o, "offset"));
    append(r, list, o);
  }
}

static double mean_confidence(const fecg_extractor *x) {
  const float *c = x->confidence.items;
  double sum = 0;
  for (size_t i = 0; i < x->confidence.count; i++) sum += c[i];
  return x->confidence.count > 0 ? sum / (double)x->confidence.count : 0;
}

static cJSON *build(const fecg_extractor *x, rows *r, const char *file, double duration_s, const float *fhr, const float *mhr,
                    size_t ticks, const fecg_list *events, const terms *t) {
  fecg_variability v;
  fecg_rate_variability(fhr, ticks, &v);
  const char *reason = x->present > 0                 ? NULL
                       : x->segments == 0             ? "TOO_SHORT"
                       : x->silent == x->segments     ? "NO_SIGNAL"
                       : 2 * x->locked > x->segments ? "MATERNAL_LOCK"
                                                      : "NO_FETUS";
  cJSON *root = kept(r, cJSON_CreateObject());
  kept(r, cJSON_AddStringToObject(root, "schema", "fecg.extract/1"));
  add_source(x, r, root, file, duration_s);
  kept(r, cJSON_AddStringToObject(root, "method", FECG_METHOD_NAMES[x->method]));
  cJSON *maternal = kept(r, cJSON_AddObjectToObject(root, "maternal"));
  add_row(r, maternal, "peaks_s", x->maternal.items, x->maternal.count, double_at, 4);
  add_rate(r, maternal, mhr, ticks);
  cJSON *fetal = kept(r, cJSON_AddObjectToObject(root, "fetal"));
  kept(r, cJSON_AddBoolToObject(fetal, "present", x->present > 0));
  add_row(r, fetal, "peaks_s", x->fetal.items, x->fetal.count, double_at, 4);
  add_row(r, fetal, "confidence", x->confidence.items, x->confidence.count, float_at, 3);
  add_flags(r, fetal, "interpolated", x->interpolated.items, x->interpolated.count);
  add_rate(r, fetal, fhr, ticks);
  add_summary(r, fetal, &v);
  add_events(r, fetal, events);
  add_terms(r, fetal, t);
  add_beat(x, r, fetal);
  add_quality(x, r, root, mean_confidence(x) * v.coverage, reason);
  add_attribution(x, r, root);
  add_diagnostics(x, r, root);
  add_version(x, r, root);
  return root;
}

static size_t terms_room(const fecg_list *events, const terms *t) {
  return 4096 + events->count * 640 + TERMS_ROOM + t->of_rate.stretches.count * STRETCH_ROOM;
}

static fecg_status print(cJSON *root, size_t room, char **json, size_t *n) {
  *json = room < INT32_MAX ? fecg_alloc(room, 1) : NULL;
  if (!*json || !cJSON_PrintPreallocated(root, *json, (int)room, 0)) {
    fecg_free(*json);
    *json = NULL;
    return FECG_ERR_MEMORY;
  }
  *n = strlen(*json);
  return FECG_OK;
}

/* Whether the beats may be of more than one fetus: then no term is true of any. */
static int suspects_twins(const fecg_extractor *x) {
  const fecg_diagnostic *d = x->diagnostics.items;
  for (size_t i = 0; i < x->diagnostics.count; i++)
    if (!strcmp(d[i].code, SECOND_FETUS)) return 1;
  return x->second > 0 && 2 * x->second >= x->present;
}

fecg_status fecg_extract_json(fecg_extractor *x, const char *file, char **json, size_t *n) {
  if (!x || !json || !n) return FECG_ERR_ARGUMENT;
  *json = NULL;
  *n = 0;
  if (!x->done) return FECG_ERR_STATE;
  const int twins = suspects_twins(x);
  if (twins && x->second > 0 && x->diagnostics.count < FECG_DIAGNOSTICS_MAX) {
    const fecg_status status = fecg_extract_note(x, SECOND_FETUS, "another train of beats was found; the stronger is reported", -1);
    if (status != FECG_OK) return status;
    x->second = 0; /* said once */
  }
  double duration_s = 0;
  for (int l = 0; l < x->leads; l++) {
    const double end = (double)(x->dropped[l] + x->input[l].count) / x->fs[l];
    if (end > duration_s) duration_s = end;
  }
  const size_t ticks = (size_t)(duration_s * FECG_RATE_FS);
  float *fhr = fecg_alloc(2 * ticks + 1, sizeof *fhr); /* not in the arena, where the signals are */
  if (!fhr) return FECG_ERR_MEMORY;
  float *mhr = fhr + ticks;
  fecg_rate(x->fetal.items, x->fetal.count, FECG_RATE_FETAL, fhr, ticks);
  fecg_rate(x->maternal.items, x->maternal.count, FECG_RATE_MATERNAL, mhr, ticks);
  const double *gaps = x->gaps.items;
  for (size_t i = 0; i < x->gaps.count; i++) {
    fecg_rate_hide(x->fetal.items, x->fetal.count, gaps[i], fhr, ticks);
    fecg_rate_hide(x->maternal.items, x->maternal.count, gaps[i], mhr, ticks);
  }
  fecg_list events = {.item_size = sizeof(fecg_rate_event)};
  fecg_status status = fecg_rate_events(fhr, ticks, &events);
  terms t = {0};
  const int has_terms = x->present > 0 && !twins;
  if (status == FECG_OK && has_terms) {
    status = fecg_fhr_terms_find(fhr, ticks, &t.of_rate);
    if (status == FECG_OK) status = fecg_fhr_terms_events(&t.of_rate, &events);
    if (status == FECG_OK) status = fecg_fhr_rhythm_find(x->fetal.items, x->seen_s.items, x->fetal.count, duration_s, &t.rhythm, &events);
  }
  rows r = {.t.chars.item_size = 1};
  cJSON *root = NULL;
  if (status == FECG_OK) {
    root = build(x, &r, file, duration_s, fhr, mhr, ticks, &events, has_terms ? &t : NULL);
    if (!r.t.failed) settle_rows(&r);
    status = root && !r.t.failed ? FECG_OK : FECG_ERR_MEMORY;
  }
  if (status == FECG_OK) {
    const size_t file_length = file ? strlen(file) : 0;
    const size_t name_length = x->model ? strlen(fecg_model_name(x->model)) : 0;
    const size_t own = r.t.chars.count + 6 * (file_length + name_length) + (size_t)x->leads * (18 * FECG_LABEL_MAX + 192) + x->diagnostics.count * 2048;
    status = print(root, own + terms_room(&events, &t), json, n);
  }
  cJSON_Delete(root);
  fecg_list_destroy(&r.t.chars);
  fecg_list_destroy(&events);
  fecg_fhr_terms_destroy(&t.of_rate);
  fecg_free(fhr);
  return status;
}

fecg_status fecg_rate_terms_json(const float *bpm, size_t ticks, char **json, size_t *n) {
  if (!json || !n || (!bpm && ticks > 0)) return FECG_ERR_ARGUMENT;
  *json = NULL;
  *n = 0;
  fecg_list events = {.item_size = sizeof(fecg_rate_event)};
  terms t = {0};
  fecg_status status = fecg_rate_events(bpm, ticks, &events);
  if (status == FECG_OK) status = fecg_fhr_terms_find(bpm, ticks, &t.of_rate);
  if (status == FECG_OK) status = fecg_fhr_terms_events(&t.of_rate, &events);
  cJSON *root = NULL;
  if (status == FECG_OK) {
    rows r = {.t.chars.item_size = 1};
    fecg_variability v;
    fecg_rate_variability(bpm, ticks, &v);
    root = kept(&r, cJSON_CreateObject());
    add_summary(&r, root, &v);
    add_events(&r, root, &events);
    add_standards(&r, kept(&r, cJSON_AddObjectToObject(root, "terms")), &t);
    status = r.t.failed ? FECG_ERR_MEMORY : print(root, terms_room(&events, &t), json, n);
  }
  cJSON_Delete(root);
  fecg_list_destroy(&events);
  fecg_fhr_terms_destroy(&t.of_rate);
  return status;
}
