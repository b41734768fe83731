/* classify.c — a recording of standard leads as a row of windows of ten seconds: each is denoised, delineated, measured and
 * shown to the network; what the whole recording says is the mean of its windows. A window that cannot be judged gets no
 * answer and says why. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/math.h"
#include "classify/classifier.h"
#include "signal/denoise.h"
#include "signal/resample.h"

_Static_assert((int)FECG_MEASURES == FECG_ECGNET_MEASURES && (int)FECG_FRONT_SAMPLES == FECG_ECGNET_WINDOW, "the front gives what the network takes");

static const double WINDOW_S = 10, SHORTEST_S = 5, LEAST_S = 1; /* a rest shorter than SHORTEST_S is not judged, than LEAST_S not measured */
static const double MIN_FS = 100, MAX_FS = 1000, REDUCED_FS = 500; /* what the denoising takes; what faster leads become */
static const float LIMIT_UV = 1e9f;
static const double SPARE = 64;                   /* samples kept before a window for the resampling filter */
static const double SMALLEST_UV = 12, LARGEST_UV = 5000; /* RMS of the middle lead: outside, the unit is wrong */
static const double USUAL_LEAST_UV = 40, USUAL_MOST_UV = 1500; /* 0.5 % of twelve-lead records lie beyond either */
static const double STILL_UV = 0.1;               /* flat leads that move more may be a heart in mV */
static const size_t FEWEST_BEATS = 3;
static const double ALIKE = 0.75; /* likeness of beats: below, what was found are no beats (docs/ecgnet.md) */
/* A heart this fast, this steady and with a QRS this narrow may be a fetus's, and of a fetus nothing is said. */
static const double FETAL_BPM = 105, FETAL_QRS_MS = 65, FETAL_IRREGULARITY = 0.02;
/* QTc (Fridericia) outside these is abnormal: prolonged from 460 ms (AHA/ACCF/HRS 2009 part IV, for women; the sex is not
 * known here), short to 340 ms (ESC 2015). The probability follows the distance in units of what delineation errs by. */
static const double QTC_LONG_MS = 460, QTC_SHORT_MS = 340, QTC_SD_MS = 15;
static const double WIDE_QRS_MS = 120, WIDE_QRS_SHARE = 0.485;
/* A pause this long is an arrhythmia (ACC/AHA/HRS 2018), whatever the network makes of it. */
static const double PAUSE_MS = 3000, PAUSE_SD_MS = 200;
static const double LOGISTIC_SD = 1.8138; /* pi / sqrt(3): of the logistic distribution */

fecg_status fecg_classify_create(const fecg_classify_options *o, fecg_classifier **out) {
  if (!out) return FECG_ERR_ARGUMENT;
  *out = NULL;
  if (!o || o->leads < 1 || o->leads > FECG_STANDARD_LEADS || !o->labels || !o->fs || !o->model) return FECG_ERR_ARGUMENT;
  if (!(o->mains_hz == 0 || o->mains_hz == 50 || o->mains_hz == 60)) return FECG_ERR_ARGUMENT;
  if (strcmp(fecg_model_architecture(o->model), "ecgnet") != 0) return FECG_ERR_ARGUMENT;
  int seen[FECG_STANDARD_LEADS] = {0};
  double work_fs = o->fs[0];
  for (int l = 0; l < o->leads; l++) {
    if (!(o->fs[l] >= MIN_FS && o->fs[l] <= FECG_MAX_FS)) return FECG_ERR_RATE;
    const int lead = fecg_standard_lead(o->labels[l]);
    if (lead < 0 || seen[lead]++) return FECG_ERR_LEADS;
    if (o->fs[l] != o->fs[0]) work_fs = REDUCED_FS;
  }
  fecg_classifier *c = fecg_alloc(1, sizeof *c);
  fecg_front *front = fecg_alloc(1, sizeof *front);
  if (!c || !front) {
    fecg_free(c);
    fecg_free(front);
    return FECG_ERR_MEMORY;
  }
  c->front = front;
  c->leads = o->leads;
  c->model = o->model;
  c->mains_hz = o->mains_hz;
  c->work_fs = work_fs > MAX_FS ? REDUCED_FS : work_fs;
  for (int l = 0; l < o->leads; l++) {
    c->fs[l] = o->fs[l];
    c->standard[l] = fecg_standard_lead(o->labels[l]);
    snprintf(c->label[l], FECG_CLASSIFY_LABEL_MAX, "%s", o->labels[l]);
    c->input[l].item_size = sizeof(float);
  }
  c->windows.item_size = sizeof(fecg_dx_window);
  c->diagnostics.item_size = sizeof(fecg_diagnostic);
  *out = c;
  return FECG_OK;
}

void fecg_classify_destroy(fecg_classifier *c) {
  if (!c) return;
  for (int l = 0; l < c->leads; l++) fecg_list_destroy(c->input + l);
  fecg_list_destroy(&c->windows);
  fecg_list_destroy(&c->diagnostics);
  fecg_arena_destroy(&c->arena);
  fecg_free(c->front);
  fecg_free(c);
}

fecg_status fecg_classify_push(fecg_classifier *c, int lead, const float *uv, size_t n) {
  if (!c || lead < 0 || lead >= c->leads || (!uv && n > 0)) return FECG_ERR_ARGUMENT;
  if (c->finished) return FECG_ERR_STATE;
  if (n == 0) return FECG_OK;
  float *to = fecg_list_add(c->input + lead, n);
  if (!to) return FECG_ERR_MEMORY;
  for (size_t i = 0; i < n; i++) to[i] = fabsf(uv[i]) < LIMIT_UV ? uv[i] : NAN;
  return FECG_OK;
}

fecg_status fecg_classify_finish(fecg_classifier *c) {
  if (!c) return FECG_ERR_ARGUMENT;
  c->finished = 1;
  return FECG_OK;
}

fecg_status fecg_classify_note(fecg_classifier *c, const char *code, const char *message, int64_t offset) {
  if (!c || !code || !message) return FECG_ERR_ARGUMENT;
  if (c->diagnostics.count >= FECG_CLASSIFY_NOTES) return FECG_OK;
  fecg_diagnostic *d = fecg_list_add(&c->diagnostics, 1);
  if (!d) return FECG_ERR_MEMORY;
  snprintf(d->code, sizeof d->code, "%s", code);
  snprintf(d->message, sizeof d->message, "%s", message);
  d->offset = offset;
  return FECG_OK;
}

/* Time up to which every lead (at the end: any lead) has samples. */
static double available(const fecg_classifier *c) {
  double t = 0;
  for (int l = 0; l < c->leads; l++) {
    const double end = (double)(c->dropped[l] + c->input[l].count) / c->fs[l];
    if (l == 0 || (c->finished ? end > t : end < t)) t = end;
  }
  return t;
}

/* One lead of the window at the working rate; NaN where it has none. */
static fecg_status take_lead(fecg_classifier *c, int l, float *x, size_t n) {
  const float *have = c->input[l].items;
  const size_t count = c->input[l].count;
  const double start_s = c->window_s - (double)c->dropped[l] / c->fs[l];
  if (c->fs[l] == c->work_fs) {
    const size_t first = (size_t)(start_s * c->fs[l] + 0.5);
    for (size_t i = 0; i < n; i++) x[i] = first + i < count ? have[first + i] : NAN;
    return FECG_OK;
  }
  const fecg_arena_mark mark = fecg_arena_save(&c->arena);
  float *known = fecg_arena_floats(&c->arena, count + 1);
  if (!known) return FECG_ERR_MEMORY;
  float last = 0;
  for (size_t i = 0; i < count; i++) known[i] = last = isnan(have[i]) ? last : have[i];
  const fecg_status status = fecg_resample(known, count, c->fs[l], start_s, x, n, c->work_fs, &c->arena);
  for (size_t i = 0; i < n; i++) {
    const double at = (start_s + (double)i / c->work_fs) * c->fs[l];
    if (!(at >= 0 && at <= (double)count - 1) || isnan(have[(size_t)at])) x[i] = NAN;
  }
  fecg_arena_restore(&c->arena, mark);
  return status;
}

/* 0.5 at the limit, by a logistic curve whose SD is that of the measurement. */
static double beyond(double distance_ms, double sd_ms) { return 1 / (1 + fecg_exp(-distance_ms * LOGISTIC_SD / sd_ms)); }

/* A QRS of bundle branch block lengthens QT without lengthening repolarisation: by 48.5 % of itself (Bogossian et al. 2014). */
static double without_wide_qrs(const fecg_dx_window *w) {
  return w->qrs_ms >= WIDE_QRS_MS ? w->qtcf_ms * (1 - WIDE_QRS_SHARE * w->qrs_ms / w->qt_ms) : w->qtcf_ms;
}

static double qt_probability(double qtc_ms) {
  if (isnan(qtc_ms)) return NAN;
  const double prolonged = beyond(qtc_ms - QTC_LONG_MS, QTC_SD_MS), shortened = beyond(QTC_SHORT_MS - qtc_ms, QTC_SD_MS);
  return prolonged > shortened ? prolonged : shortened;
}

/* What implies another is not more probable than it: fibrillation and a long pause are arrhythmias, and whatever holds is abnormal. */
static void agree(fecg_dx_window *w) {
  double *p = w->probability;
  const double paused = beyond(1000 * w->pause_s - PAUSE_MS, PAUSE_SD_MS);
  if (paused > p[FECG_ARRHYTHMIA]) p[FECG_ARRHYTHMIA] = paused;
  if (paused > p[FECG_ABNORMAL]) p[FECG_ABNORMAL] = paused;
  if (p[FECG_ATRIAL_FIBRILLATION] > p[FECG_ARRHYTHMIA]) p[FECG_ARRHYTHMIA] = p[FECG_ATRIAL_FIBRILLATION];
  if (p[FECG_ATRIAL_FIBRILLATION] > p[FECG_ABNORMAL]) p[FECG_ABNORMAL] = p[FECG_ATRIAL_FIBRILLATION];
  if (w->qt > p[FECG_ABNORMAL]) p[FECG_ABNORMAL] = w->qt;
  for (int k = FECG_ABNORMAL + 1; k < FECG_ECGNET_CLASSES; k++)
    if (p[k] > p[FECG_ABNORMAL]) p[k] = p[FECG_ABNORMAL];
}

static fecg_silence why_silent(const fecg_front *f, double duration_s) {
  const fecg_intervals *m = &f->intervals;
  if (duration_s < SHORTEST_S) return FECG_TOO_SHORT;
  if (f->mask == 0) return f->limb != FECG_LIMB_OK ? FECG_LEADS_SUSPECTED : f->flat_uv > STILL_UV ? FECG_UNIT_SUSPECTED : FECG_NO_SIGNAL;
  if (f->rms_uv < SMALLEST_UV || f->rms_uv > LARGEST_UV) return FECG_UNIT_SUSPECTED;
  if (m->beats < FEWEST_BEATS || f->likeness < ALIKE) return FECG_NO_BEATS;
  if (m->rate_bpm > FETAL_BPM && m->qrs_ms.median < FETAL_QRS_MS && m->irregularity < FETAL_IRREGULARITY) return FECG_FETAL_SUSPECTED;
  return FECG_ANSWERED;
}

/* What the network looked at: leads by the attention they got, moments likewise. */
static void attribute(fecg_classifier *c, const fecg_ecgnet_output *out, fecg_dx_window *w) {
  float most = 0;
  for (int k = 0; k < FECG_MOMENTS; k++) {
    float sum = 0;
    for (int t = k * FECG_MOMENT_TOKENS; t < (k + 1) * FECG_MOMENT_TOKENS; t++) {
      sum += out->time_weight[t];
      for (int l = 0; l < FECG_STANDARD_LEADS; l++)
        c->contribution[l] += (double)out->time_weight[t] * out->lead_weight[t * FECG_STANDARD_LEADS + l];
    }
    w->time[k] = sum;
    if (sum > most) most = sum;
  }
  for (int k = 0; k < FECG_MOMENTS; k++) w->time[k] /= most;
}

static void tally(fecg_classifier *c, double duration_s) {
  const fecg_front *f = c->front;
  for (int l = 0; l < c->leads; l++) {
    const int s = c->standard[l];
    c->state_s[s][f->state[s]] += duration_s;
    c->quality_s[s] += duration_s * (double)(f->state[s] == FECG_ELECTRODE_OK ? f->quality[s] : 0);
  }
  c->doubtful += f->doubtful;
  c->reversed += f->limb == FECG_LIMB_REVERSED;
  c->inconsistent += f->limb == FECG_LIMB_INCONSISTENT;
}

static fecg_status keep(fecg_classifier *c, const fecg_dx_window *w) {
  fecg_dx_window *to = fecg_list_add(&c->windows, 1);
  if (!to) return FECG_ERR_MEMORY;
  *to = *w;
  return FECG_OK;
}

static fecg_status judge(fecg_classifier *c, double duration_s) {
  fecg_front *f = c->front;
  fecg_dx_window w = {.t_s = c->window_s, .duration_s = duration_s, .silence = FECG_TOO_SHORT, .qt = NAN, .rate_bpm = NAN,
                      .pr_ms = NAN, .qrs_ms = NAN, .qt_ms = NAN, .qtcb_ms = NAN, .qtcf_ms = NAN, .qtc_ms = NAN, .axis_deg = NAN,
                      .irregularity = NAN, .pause_s = NAN};
  for (int k = 0; k < FECG_ECGNET_CLASSES; k++) w.probability[k] = NAN;
  for (int k = 0; k < FECG_MOMENTS; k++) w.time[k] = NAN;
  if (duration_s < LEAST_S) return keep(c, &w);
  const size_t n = (size_t)(duration_s * c->work_fs + 0.5);
  fecg_arena_reset(&c->arena);
  float *uv = fecg_arena_floats(&c->arena, (size_t)c->leads * (n + 1));
  if (!uv) return FECG_ERR_MEMORY;
  fecg_status status = FECG_OK;
  for (int l = 0; l < c->leads && status == FECG_OK; l++) status = take_lead(c, l, uv + (size_t)l * n, n);
  if (status == FECG_OK)
    status = fecg_classify_front(uv, c->leads, c->standard, n, c->work_fs, FECG_DENOISE_MORLET | FECG_DENOISE_DAUBECHIES,
                                 c->mains_hz, &c->arena, f);
  if (status != FECG_OK) return status;
  const fecg_intervals *m = &f->intervals;
  w.silence = why_silent(f, duration_s);
  if ((f->mask != 0 || f->limb != FECG_LIMB_OK) && w.silence != FECG_NO_BEATS) { /* something was measured */
    w.pause_s = f->pause_s;
    w.rate_bpm = m->rate_bpm;
    w.irregularity = m->irregularity;
    w.pr_ms = m->pr_ms.median;
    w.qrs_ms = m->qrs_ms.median;
    w.qt_ms = m->qt_ms.median;
    w.qtcb_ms = m->qtcb_ms.median;
    w.qtcf_ms = m->qtcf_ms.median;
    w.qtc_ms = without_wide_qrs(&w);
    if (f->limb == FECG_LIMB_OK) w.axis_deg = m->qrs_axis_deg;
  }
  tally(c, duration_s);
  if (w.silence == FECG_ANSWERED) {
    fecg_ecgnet_output out;
    status = fecg_ecgnet_run(c->model, f->x, f->mask, f->measures, f->known, &out);
    if (status != FECG_OK) return status;
    for (int k = 0; k < FECG_ECGNET_CLASSES; k++) w.probability[k] = (double)out.probability[k];
    w.qt = qt_probability(w.qtc_ms);
    w.unusual = f->rms_uv < USUAL_LEAST_UV || f->rms_uv > USUAL_MOST_UV;
    agree(&w);
    attribute(c, &out, &w);
  }
  return keep(c, &w);
}

static void drop_before(fecg_classifier *c, double t_s) {
  for (int l = 0; l < c->leads; l++) {
    const double keep = t_s * c->fs[l] - SPARE * c->fs[l] / c->work_fs - 1;
    const uint64_t to = keep > 0 ? (uint64_t)keep : 0;
    if (to <= c->dropped[l]) continue;
    size_t drop = (size_t)(to - c->dropped[l]);
    if (drop > c->input[l].count) drop = c->input[l].count;
    float *x = c->input[l].items;
    memmove(x, x + drop, (c->input[l].count - drop) * sizeof *x);
    c->input[l].count -= drop;
    c->dropped[l] += drop;
  }
}

fecg_status fecg_classify_process(fecg_classifier *c, int *more) {
  if (!c || !more) return FECG_ERR_ARGUMENT;
  *more = 0;
  const double have = available(c) - c->window_s;
  if (have < WINDOW_S - 1e-9) {
    if (!c->finished || c->done) return FECG_OK;
    c->done = 1;
    /* the rest; of a recording of whole windows there is none */
    return have >= SHORTEST_S || (c->windows.count == 0 && have > 0) ? judge(c, have) : FECG_OK;
  }
  const fecg_status status = judge(c, WINDOW_S);
  if (status != FECG_OK) return status;
  c->window_s += WINDOW_S;
  drop_before(c, c->window_s);
  *more = c->finished || available(c) - c->window_s >= WINDOW_S - 1e-9;
  return FECG_OK;
}
