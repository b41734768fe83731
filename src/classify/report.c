/* report.c — the result document fecg.classify/1. Probabilities are means over the windows that were judged, intervals are
 * medians over the windows that show them. */
#include <cJSON.h>
#include <math.h>
#include <string.h>

#include "classify/classifier.h"
#include "classify/risk.h"
#include "net/model.h"
#include "signal/stats.h"

static const char *const SILENCES[FECG_SILENCES] = {NULL, "TOO_SHORT", "NO_SIGNAL", "NO_BEATS", "UNIT_SUSPECTED",
                                                    "LEADS_SUSPECTED", "FETAL_SUSPECTED"};
static const char *const STATES[FECG_ELECTRODES] = {"ok", "flat", "saturated", "noisy", "gaps"};
/* The five conditions in the order of the document; the network's outputs but for qt, which is measured. */
enum { CONDITIONS = 5, QT = 3 };
static const char *const CONDITION[CONDITIONS] = {"arrhythmia", "conduction", "infarction", "qt", "hypertrophy"};
static const int OUTPUT[CONDITIONS] = {FECG_ARRHYTHMIA, FECG_CONDUCTION, FECG_INFARCTION, -1, FECG_HYPERTROPHY};

/* cJSON gives NULL where memory runs out; that is noted once for the whole document. */
typedef struct writer {
  int failed;
} writer;

static cJSON *kept(writer *w, cJSON *item) {
  if (!item) w->failed = 1;
  return item;
}

static void append(writer *w, cJSON *array, cJSON *item) {
  if (item && cJSON_AddItemToArray(array, item)) return;
  cJSON_Delete(item);
  w->failed = 1;
}

static double rounded(double v, double places) { return rint(v * places) / places; }

/* places: 10 to the number of decimals. */
static void add_number(writer *w, cJSON *object, const char *key, double v, double places) {
  kept(w, isfinite(v) ? cJSON_AddNumberToObject(object, key, rounded(v, places)) : cJSON_AddNullToObject(object, key));
}

static void add_text(writer *w, cJSON *object, const char *key, const char *text) {
  kept(w, text ? cJSON_AddStringToObject(object, key, text) : cJSON_AddNullToObject(object, key));
}

/* The recording as one: what its windows say together. */
typedef struct summary {
  double abnormal, condition[CONDITIONS], af, answered_s, judged_s;
  double rate_bpm, pr_ms, qrs_ms, qt_ms, qtcb_ms, qtcf_ms, axis_deg, irregularity, pause_s; /* medians; the longest pause */
  double qtc_ms;           /* by which the risk is told: without what a wide QRS adds */
  size_t most_abnormal;    /* windows in a row that are abnormal, and where the longest such row begins */
  double abnormal_s;
  int unusual;             /* windows of an unusual size */
  const char *reason; /* why there is no answer at all */
} summary;

/* Median of one measure over the windows that have it; values is room for a number a window. */
static double middle(const fecg_classifier *c, size_t field, float *values) {
  const fecg_dx_window *w = c->windows.items;
  size_t count = 0;
  for (size_t i = 0; i < c->windows.count; i++) {
    const double v = *(const double *)((const char *)(w + i) + field);
    if (isfinite(v)) values[count++] = (float)v;
  }
  return count ? (double)fecg_quantile(values, count, 0.5) : NAN;
}

static void summarise(const fecg_classifier *c, float *values, summary *s) {
  const fecg_dx_window *w = c->windows.items;
  size_t row = 0;
  size_t silent[FECG_SILENCES] = {0};
  double probability[FECG_ECGNET_CLASSES] = {0}, qt = 0, qt_s = 0;
  memset(s, 0, sizeof *s);
  s->pause_s = NAN;
  for (size_t i = 0; i < c->windows.count; i++) {
    silent[w[i].silence]++;
    s->pause_s = fmax(s->pause_s, w[i].pause_s); /* NaN: not known */
    s->judged_s += w[i].duration_s;
    row = w[i].probability[FECG_ABNORMAL] >= (double)c->model->ecgnet.threshold ? row + 1 : 0; /* NaN: no */
    if (row > s->most_abnormal) s->most_abnormal = row, s->abnormal_s = w[i - row + 1].t_s;
    s->unusual += w[i].silence == FECG_ANSWERED && w[i].unusual;
    if (w[i].silence != FECG_ANSWERED) continue;
    s->answered_s += w[i].duration_s;
    for (int k = 0; k < FECG_ECGNET_CLASSES; k++) probability[k] += w[i].duration_s * w[i].probability[k];
    if (isfinite(w[i].qt)) qt += w[i].duration_s * w[i].qt, qt_s += w[i].duration_s;
  }
  const double whole = s->answered_s > 0 ? s->answered_s : NAN;
  s->abnormal = probability[FECG_ABNORMAL] / whole;
  s->af = probability[FECG_ATRIAL_FIBRILLATION] / whole;
  for (int k = 0; k < CONDITIONS; k++) s->condition[k] = OUTPUT[k] >= 0 ? probability[OUTPUT[k]] / whole : qt_s > 0 ? qt / qt_s : NAN;
#define MIDDLE(name) s->name = middle(c, offsetof(fecg_dx_window, name), values)
  MIDDLE(rate_bpm);
  MIDDLE(pr_ms);
  MIDDLE(qrs_ms);
  MIDDLE(qt_ms);
  MIDDLE(qtcb_ms);
  MIDDLE(qtcf_ms);
  MIDDLE(qtc_ms);
  MIDDLE(axis_deg);
  MIDDLE(irregularity);
#undef MIDDLE
  if (s->answered_s > 0) return;
  int most = FECG_TOO_SHORT; /* also where there is no window at all */
  for (int k = FECG_TOO_SHORT; k < FECG_SILENCES; k++)
    if (silent[k] > silent[most]) most = k;
  s->reason = SILENCES[most];
}

/* The label, and how probable just that is. */
static void add_label(writer *w, cJSON *root, const summary *s, double threshold) {
  int best = 0;
  for (int k = 1; k < CONDITIONS; k++)
    if (s->condition[k] > s->condition[best]) best = k; /* one that is not known never wins */
  const int normal = s->abnormal < threshold, none = isnan(s->abnormal);
  add_text(w, root, "label", none ? NULL : normal ? "normal" : CONDITION[best]);
  add_number(w, root, "label_probability", none ? NAN : normal ? 1 - s->abnormal : s->condition[best], 1e4);
}

/* P(abnormal) as the table reads it: one half at the threshold from which an ECG is called abnormal. */
static double from_threshold(double p, double threshold) {
  return p < threshold ? 0.5 * p / threshold : 0.5 + 0.5 * (p - threshold) / (1 - threshold);
}

static void add_risk(writer *w, cJSON *root, const summary *s, double threshold) {
  if (isnan(s->abnormal)) {
    add_text(w, root, "risk", NULL);
    return;
  }
  static const char *const LEVELS[] = {"low", "moderate", "high"};
  const fecg_risk_input in = {.abnormal = from_threshold(s->abnormal, threshold), .arrhythmia = s->condition[0], .af = s->af, .conduction = s->condition[1],
                              .infarction = s->condition[2], .qt = s->condition[QT], .hypertrophy = s->condition[4],
                              .rate_bpm = s->rate_bpm, .pr_ms = s->pr_ms, .qrs_ms = s->qrs_ms, .qtcf_ms = s->qtc_ms, .pause_s = s->pause_s};
  fecg_risk r;
  fecg_assess_risk(&in, &r);
  cJSON *risk = kept(w, cJSON_AddObjectToObject(root, "risk"));
  add_text(w, risk, "level", LEVELS[r.level]);
  add_number(w, risk, "score", r.score, 1e3);
  cJSON *because = kept(w, cJSON_AddArrayToObject(risk, "because"));
  for (size_t i = 0; i < r.count; i++) append(w, because, cJSON_CreateString(r.because[i]));
}

static void add_source(writer *w, cJSON *root, const fecg_classifier *c, const char *file, double duration_s) {
  cJSON *source = kept(w, cJSON_AddObjectToObject(root, "source"));
  double fs = 0;
  for (int l = 0; l < c->leads; l++)
    if (c->fs[l] > fs) fs = c->fs[l];
  add_text(w, source, "file", file);
  add_number(w, source, "fs", fs, 1e4);
  add_number(w, source, "duration_s", duration_s, 1e4);
  cJSON *leads = kept(w, cJSON_AddArrayToObject(source, "leads"));
  for (int l = 0; l < c->leads; l++) append(w, leads, cJSON_CreateString(c->label[l]));
}

static void add_quality(writer *w, cJSON *root, const fecg_classifier *c, const summary *s) {
  cJSON *quality = kept(w, cJSON_AddObjectToObject(root, "quality"));
  add_text(w, quality, "reason", s->reason);
  add_number(w, quality, "judged", s->judged_s > 0 ? s->answered_s / s->judged_s : 0, 1e4);
  cJSON *leads = kept(w, cJSON_AddArrayToObject(quality, "leads"));
  for (int l = 0; l < c->leads; l++) {
    const int to = c->standard[l];
    int state = FECG_ELECTRODE_OK;
    for (int k = 1; k < FECG_ELECTRODES; k++)
      if (c->state_s[to][k] > c->state_s[to][state]) state = k;
    cJSON *o = kept(w, cJSON_CreateObject());
    add_text(w, o, "label", c->label[l]);
    add_text(w, o, "lead", fecg_standard_lead_name(to));
    add_number(w, o, "quality", s->judged_s > 0 ? c->quality_s[to] / s->judged_s : 0, 1e3);
    add_text(w, o, "state", STATES[state]);
    append(w, leads, o);
  }
}

static void add_attribution(writer *w, cJSON *root, const fecg_classifier *c, const summary *s) {
  if (!(s->answered_s > 0)) {
    add_text(w, root, "attribution", NULL);
    return;
  }
  cJSON *attribution = kept(w, cJSON_AddObjectToObject(root, "attribution"));
  cJSON *leads = kept(w, cJSON_AddArrayToObject(attribution, "leads"));
  double total = 0;
  for (int l = 0; l < FECG_STANDARD_LEADS; l++) total += c->contribution[l];
  for (int l = 0; l < c->leads; l++) {
    cJSON *o = kept(w, cJSON_CreateObject());
    add_text(w, o, "label", c->label[l]);
    add_number(w, o, "contribution", c->contribution[c->standard[l]] / total, 1e4);
    append(w, leads, o);
  }
  cJSON *t_s = kept(w, cJSON_AddArrayToObject(attribution, "t_s"));
  cJSON *time = kept(w, cJSON_AddArrayToObject(attribution, "time"));
  const fecg_dx_window *at = c->windows.items;
  const double step_s = FECG_MOMENT_TOKENS * (double)FECG_FRONT_SAMPLES / FECG_FRONT_FS / FECG_ECGNET_TOKENS;
  for (size_t i = 0; i < c->windows.count; i++)
    for (int k = 0; k < FECG_MOMENTS && (k + 0.5) * step_s < at[i].duration_s; k++) {
      append(w, t_s, cJSON_CreateNumber(rounded(at[i].t_s + k * step_s, 1e4)));
      append(w, time, isnan(at[i].time[k]) ? cJSON_CreateNull() : cJSON_CreateNumber(rounded((double)at[i].time[k], 1e4)));
    }
}

static void add_windows(writer *w, cJSON *root, const fecg_classifier *c) {
  const fecg_dx_window *at = c->windows.items;
  cJSON *list = kept(w, cJSON_AddArrayToObject(root, "windows"));
  for (size_t i = 0; i < c->windows.count; i++) {
    cJSON *o = kept(w, cJSON_CreateObject());
    add_number(w, o, "t_s", at[i].t_s, 1e4);
    add_number(w, o, "duration_s", at[i].duration_s, 1e4);
    add_text(w, o, "reason", SILENCES[at[i].silence]);
    add_number(w, o, "abnormal", at[i].probability[FECG_ABNORMAL], 1e4);
    for (int k = 0; k < CONDITIONS; k++) add_number(w, o, CONDITION[k], OUTPUT[k] >= 0 ? at[i].probability[OUTPUT[k]] : at[i].qt, 1e4);
    add_number(w, o, "atrial_fibrillation", at[i].probability[FECG_ATRIAL_FIBRILLATION], 1e4);
    add_number(w, o, "rate_bpm", at[i].rate_bpm, 10);
    append(w, list, o);
  }
}

static void add_diagnostics(writer *w, cJSON *root, const fecg_classifier *c) {
  const fecg_diagnostic *d = c->diagnostics.items;
  cJSON *list = kept(w, cJSON_AddArrayToObject(root, "diagnostics"));
  for (size_t i = 0; i < c->diagnostics.count; i++) {
    cJSON *o = kept(w, cJSON_CreateObject());
    add_text(w, o, "code", d[i].code);
    add_text(w, o, "message", d[i].message);
    add_number(w, o, "offset", d[i].offset >= 0 ? (double)d[i].offset : NAN, 1);
    append(w, list, o);
  }
}

static cJSON *build(writer *w, const fecg_classifier *c, const summary *s, const char *file, double duration_s) {
  const double threshold = c->model->ecgnet.threshold;
  cJSON *root = kept(w, cJSON_CreateObject());
  add_text(w, root, "schema", "fecg.classify/1");
  add_source(w, root, c, file, duration_s);
  add_number(w, root, "abnormal", s->abnormal, 1e4);
  cJSON *classes = kept(w, cJSON_AddObjectToObject(root, "classes"));
  for (int k = 0; k < CONDITIONS; k++) add_number(w, classes, CONDITION[k], s->condition[k], 1e4);
  add_number(w, root, "atrial_fibrillation", s->af, 1e4);
  add_label(w, root, s, threshold);
  add_number(w, root, "threshold", threshold, 1e4);
  add_risk(w, root, s, threshold);
  cJSON *intervals = kept(w, cJSON_AddObjectToObject(root, "intervals"));
  add_number(w, intervals, "rate_bpm", s->rate_bpm, 10);
  add_number(w, intervals, "pr_ms", s->pr_ms, 10);
  add_number(w, intervals, "qrs_ms", s->qrs_ms, 10);
  add_number(w, intervals, "qt_ms", s->qt_ms, 10);
  add_number(w, intervals, "qtcb_ms", s->qtcb_ms, 10);
  add_number(w, intervals, "qtcf_ms", s->qtcf_ms, 10);
  add_number(w, intervals, "axis_deg", s->axis_deg, 10);
  add_number(w, intervals, "irregularity", s->irregularity, 1e3);
  add_number(w, intervals, "pause_s", s->pause_s, 100);
  add_quality(w, root, c, s);
  add_attribution(w, root, c, s);
  add_windows(w, root, c);
  add_diagnostics(w, root, c);
  cJSON *version = kept(w, cJSON_AddObjectToObject(root, "version"));
  add_text(w, version, "engine", FECG_VERSION);
  add_text(w, version, "model", fecg_model_name(c->model));
  add_text(w, version, "model_sha256", fecg_model_sha256(c->model));
  add_text(w, version, "simd", fecg_simd());
  return root;
}

static const double MOSTLY = 0.5;
static const size_t LASTING = 3; /* windows in a row */

/* What a reader of the result has to know about the leads and the unit, once. */
static fecg_status tell(fecg_classifier *c, const summary *s) {
  fecg_status status = FECG_OK;
  int usable = 0;
  for (int l = 0; l < c->leads; l++) usable += 2 * c->state_s[c->standard[l]][FECG_ELECTRODE_OK] > s->judged_s;
  if (c->told) return FECG_OK;
  c->told = 1;
  if (c->diagnostics.count + FECG_CLASSIFY_OWN_NOTES > FECG_CLASSIFY_NOTES) /* these matter more than the last of a file's */
    c->diagnostics.count = FECG_CLASSIFY_NOTES - FECG_CLASSIFY_OWN_NOTES;
#define TELL(when, code, words) \
  if (status == FECG_OK && (when)) status = fecg_classify_note(c, code, words, -1)
  TELL(s->abnormal < (double)c->model->ecgnet.threshold && s->most_abnormal >= LASTING, "VARIES",
       "the whole is told normal by its mean, yet some windows in a row are not: see windows");
  TELL(s->unusual > 0, "UNIT_SUSPECTED", "the leads are smaller or larger than 199 of 200 adults': are unit and gain right?");
  TELL(c->doubtful > 0, "LEADS_SUSPECTED", "lead I is upside down: the arms may be exchanged; without V6 it cannot be told");
  TELL(c->reversed > 0, "LEADS_SUSPECTED", "lead I is upside down and V6 is not: the arms look exchanged; the limb leads took no part where it was so");
  TELL(c->inconsistent > 0, "LEADS_SUSPECTED", "I + III is not II: limb leads are exchanged or wrongly named; they took no part where it was so");
  TELL(s->reason && strcmp(s->reason, SILENCES[FECG_UNIT_SUSPECTED]) == 0, "UNIT_SUSPECTED",
       "no ECG is as small or as large as this in uV: is it in another unit? Name it (mV, V)");
  TELL(s->answered_s > 0 && s->answered_s < MOSTLY * s->judged_s, "PARTLY_JUDGED", "most of the recording could not be judged; windows tell which part has an answer, and why the rest has none");
  TELL(usable < FECG_STANDARD_LEADS && s->answered_s > 0, "FEW_LEADS", "not all twelve leads are there and usable: infarction and hypertrophy show in leads that are missing");
#undef TELL
  return status;
}

fecg_status fecg_classify_json(fecg_classifier *c, const char *file, char **json, size_t *n) {
  if (!c || !json || !n) return FECG_ERR_ARGUMENT;
  *json = NULL;
  *n = 0;
  if (!c->done) return FECG_ERR_STATE;
  float *values = fecg_alloc(c->windows.count + 1, sizeof *values);
  if (!values) return FECG_ERR_MEMORY;
  summary s;
  summarise(c, values, &s);
  fecg_free(values);
  double duration_s = 0;
  for (int l = 0; l < c->leads; l++) {
    const double end = (double)(c->dropped[l] + c->input[l].count) / c->fs[l];
    if (end > duration_s) duration_s = end;
  }
  fecg_status status = tell(c, &s);
  if (status != FECG_OK) return status;
  writer w = {0};
  cJSON *root = build(&w, c, &s, file, duration_s);
  char *text = w.failed ? NULL : cJSON_PrintUnformatted(root);
  cJSON_Delete(root);
  if (!text) return FECG_ERR_MEMORY;
  const size_t length = strlen(text);
  *json = fecg_alloc(length + 1, 1);
  if (*json) memcpy(*json, text, length), *n = length;
  cJSON_free(text);
  return *json ? FECG_OK : FECG_ERR_MEMORY;
}
