/* simulate.c — the simulator's public calls: a woman drawn from a seed, the scenario, the levels, and
 * the recording in blocks. Blocks have a fixed length, whatever the caller asks for at a time, so any
 * chunking gives the same samples; memory depends on the length only through the beat times. */
#include <math.h>
#include <string.h>

#include "base/math.h"
#include "simulate/standard.h"

static const double LONGEST_S = 31.0 * 86400.0;
enum { HEARTS = 4, ATRIA = 3, LEVEL_BEATS = 200, LEVEL_POINTS = 101 }; /* levels: +-50 ms in steps of 1 ms */

typedef struct heart {
  int present, fetus;
  uint64_t seed;
  uint32_t component;
  double bpm, gain; /* gain: from dipole to uV */
  sim_pose pose;
  sim_beats beats;
  size_t next;      /* first beat that can reach the next block */
  sim_shape shape[2];
} heart;

struct fecg_sim {
  fecg_sim_options options;
  char scenario[32];
  int64_t total, made; /* samples */
  int block, have, used;
  sim_torso torso;
  sim_breath breath;
  sim_noise_source noise;
  heart heart[HEARTS];
  int standard;       /* leads; then there is no fetus, and the person's atria are a heart of their own */
  sim_person person;
  float *fetal, *maternal, *mixed, *scratch; /* [leads][block] each, in standard leads [12]; scratch, of both renderers, is [5][block] */
};

static const char *const SCENARIOS[] = {"normal", "no-fetus", "adult", "twins", "brady", "tachy",
                                        "decelerations", "ectopic", "motion", "electrode-loss", "gaps"};

static const char STANDARD[] = "standard:";

/* The name after "standard:", NULL without it. */
static const char *standard(const char *scenario) {
  return strncmp(scenario, STANDARD, sizeof STANDARD - 1) ? NULL : scenario + sizeof STANDARD - 1;
}

void fecg_sim_defaults(fecg_sim_options *o) {
  if (o) *o = (fecg_sim_options){1, 60.0, 500.0, 4, 6.0, -14.0, 140.0, 80.0, "normal"};
}

static int within(double x, double low, double high) { return x >= low && x <= high; }

static int valid(const fecg_sim_options *o) {
  int known = 0;
  if (!o || !o->scenario) return 0;
  for (size_t i = 0; i < sizeof SCENARIOS / sizeof *SCENARIOS; i++) known |= !strcmp(o->scenario, SCENARIOS[i]);
  if (standard(o->scenario)) known = sim_pathology(standard(o->scenario), NULL, NULL) && o->leads <= SIM_STANDARD_LEADS;
  return known && o->seconds > 0.0 && o->seconds <= LONGEST_S && within(o->fs, 125.0, 4000.0) && o->leads >= 1 &&
         o->leads <= FECG_MAX_LEADS && within(o->snr_db, -60.0, 100.0) && within(o->fm_ratio_db, -80.0, 40.0) &&
         within(o->fhr_bpm, 60.0, 220.0) && within(o->mhr_bpm, 40.0, 160.0);
}

static int is(const fecg_sim *s, const char *scenario) { return !strcmp(s->scenario, scenario); }

/* ---- the woman ------------------------------------------------------------------------------------ */

static fecg_status draw_heart(fecg_sim *s, int which, double maturity, double bpm) {
  heart *h = &s->heart[which];
  const uint64_t seed = s->options.seed;
  const uint32_t own = SIM_HEART + 16 * (uint32_t)which;
  h->fetus = which != FECG_SIM_MOTHER;
  h->seed = seed;
  h->component = own;
  h->bpm = bpm;
  sim_rng shape = sim_stream(seed, own + SIM_OF_SHAPE, 0), ectopic = sim_stream(seed, own + SIM_OF_SHAPE, 1);
  sim_rng pose = sim_stream(seed, own + SIM_OF_POSE, 0), r = sim_stream(seed, own + SIM_OF_RHYTHM, 0);
  sim_shape_draw(&h->shape[0], &shape, h->fetus, maturity, 0);
  if (is(s, "ectopic")) sim_shape_draw(&h->shape[1], &ectopic, h->fetus, maturity, 1);
  sim_pose_draw(&h->pose, &pose, &s->torso, h->fetus, which == FECG_SIM_TWIN, maturity, &s->breath);
  h->pose.movement =
      (sim_events){seed, own + SIM_OF_MOVEMENT, sim_uniform(&r, 25.0, 90.0), h->fetus ? 0.8 : 0.0, 1.5, 6.0, -1.0};
  if (!h->present) return FECG_OK;

  sim_rhythm y = {.bpm = bpm, .seconds = s->options.seconds, .drift_poles = 6};
  if (h->fetus) { /* variability grows with gestational age */
    const double alive = (0.5 + 0.6 * maturity) * sim_uniform(&r, 0.7, 1.3);
    y.white = 0.006 * alive;
    y.low = 0.010 * alive;
    y.low_hz = sim_uniform(&r, 0.05, 0.12);
    y.high = 0.005 * alive;
    y.drift = 0.029 * alive;
    y.breath = &h->pose.own_breath;
    if (!is(s, "brady") && !is(s, "tachy") && !is(s, "decelerations"))
      y.accelerations = (sim_events){seed, own + SIM_OF_ACCELERATION, 200.0, 0.2 + 0.5 * maturity, 15.0, 60.0, -1.0};
    if (is(s, "decelerations")) {
      const double early = s->options.seconds < 60.0 ? 0.15 * s->options.seconds : 8.0;
      y.decelerations = (sim_events){seed, own + SIM_OF_DECELERATION, 90.0, 0.85, 20.0, 45.0, early};
    }
    y.ectopic = is(s, "ectopic") ? 0.07 : 0.0;
    y.ventricular = 0.3;
  } else {
    y.white = sim_uniform(&r, 0.003, 0.008);
    y.low = sim_uniform(&r, 0.010, 0.028);
    y.low_hz = sim_uniform(&r, 0.08, 0.12);
    y.high = sim_uniform(&r, 0.008, 0.035);
    y.drift = sim_uniform(&r, 0.010, 0.022);
    y.breath = &s->breath;
    y.ectopic = is(s, "ectopic") ? 0.04 : 0.0;
    y.ventricular = 0.7;
  }
  return sim_rhythm_make(&y, sim_stream(seed, own + SIM_OF_RHYTHM, 1), &h->beats);
}

/* ---- the person in standard leads ------------------------------------------------------------------ */

static fecg_status draw_person(fecg_sim *s) {
  const uint64_t seed = s->options.seed;
  heart *v = &s->heart[FECG_SIM_MOTHER], *a = &s->heart[ATRIA];
  sim_rng r = sim_stream(seed, SIM_PERSON, 0), leads = sim_stream(seed, SIM_PERSON, 1), shapes = sim_stream(seed, SIM_PERSON, 2),
          pathology = sim_stream(seed, SIM_PERSON, 3), pace = sim_stream(seed, SIM_PERSON, 4);
  sim_person *p = &s->person;
  sim_person_draw(p, &r);
  sim_pathology(standard(s->scenario), p, &pathology);
  if (s->options.mhr_bpm != 80.0) {
    p->conduction.bpm *= s->options.mhr_bpm / p->bpm;
    p->bpm = s->options.mhr_bpm;
  }
  sim_person_leads(&s->torso, &leads);
  sim_person_shapes(p, &s->torso, &shapes, v->shape, a->shape);
  sim_pose_draw(&v->pose, &pace, &s->torso, 0, 0, 0.5, &s->breath);
  static const double UPRIGHT[3] = {0}; /* how it lies is in the waves' own turns */
  sim_rotation(UPRIGHT, v->pose.rotation);
  a->pose = v->pose;
  const sim_conduction *c = &p->conduction;
  v->bpm = c->bpm > 0.0 ? c->bpm : p->bpm;
  a->bpm = p->bpm;
  v->component = SIM_HEART;
  a->component = SIM_HEART + 16 * ATRIA;
  v->seed = a->seed = seed;
  v->gain = a->gain = 1000.0;
  v->present = a->present = 1;

  sim_beats node = {.t.item_size = sizeof(double), .kind.item_size = sizeof(uint8_t)};
  sim_rhythm y = {.bpm = p->bpm, .seconds = s->options.seconds, .drift_poles = 6, .breath = &s->breath};
  y.white = sim_uniform(&pace, 0.003, 0.008);
  y.low = sim_uniform(&pace, 0.008, 0.022);
  y.low_hz = sim_uniform(&pace, 0.08, 0.12);
  y.high = sim_uniform(&pace, 0.006, 0.028);
  y.drift = sim_uniform(&pace, 0.008, 0.018);
  fecg_status status = sim_rhythm_make(&y, sim_stream(seed, SIM_PERSON, 5), &node);
  if (!status) status = sim_conduct(c, &node, sim_stream(seed, SIM_PERSON, 6), s->options.seconds, &a->beats, &v->beats);
  fecg_list_destroy(&node.t);
  fecg_list_destroy(&node.kind);
  return status;
}

/* ---- levels --------------------------------------------------------------------------------------- */

/* Of a heart in each lead, over its beats: RMS within +-50 ms of R, and peak to peak there, at gain 1. */
static void measure(const fecg_sim *s, const heart *h, double *rms, double *peak_to_peak) {
  double wave[LEVEL_POINTS][3], lead[FECG_MAX_LEADS][3];
  double power[FECG_MAX_LEADS] = {0}, square[FECG_MAX_LEADS] = {0};
  for (int i = 0; i < LEVEL_POINTS; i++) sim_shape_at(&h->shape[0], 1e-3 * (i - LEVEL_POINTS / 2), wave[i]);
  size_t beats = h->beats.count < LEVEL_BEATS ? h->beats.count : LEVEL_BEATS;
  const double *t = h->beats.t.items;
  const int absent = beats == 0;
  if (absent) beats = 1; /* a heart that is only imagined, or a recording between two beats */
  for (size_t b = 0; b < beats; b++) {
    sim_pose_leads(&h->pose, &s->torso, absent ? 0.0 : t[h->beats.first + b * (h->beats.count / beats)], lead);
    for (int l = 0; l < s->torso.leads; l++) {
      double low = 1e300, high = -1e300, sum = 0.0;
      for (int i = 0; i < LEVEL_POINTS; i++) {
        const double v = lead[l][0] * wave[i][0] + lead[l][1] * wave[i][1] + lead[l][2] * wave[i][2];
        low = v < low ? v : low;
        high = v > high ? v : high;
        sum += v * v;
      }
      power[l] += sum / LEVEL_POINTS / (double)beats;
      square[l] += (high - low) * (high - low) / (double)beats;
    }
  }
  for (int l = 0; l < s->torso.leads; l++) rms[l] = sqrt(power[l]), peak_to_peak[l] = sqrt(square[l]);
}

static double mean_log(const double *x, int n) {
  double sum = 0.0;
  for (int i = 0; i < n; i++) sum += fecg_log(x[i] + 1e-12);
  return sum / n;
}

static double from_db(double db) { return fecg_pow(10.0, db / 20.0); }

/* Gains of the hearts from the wanted ratio, then the scale of the noise from the wanted SNR. Decibels
 * are averaged over leads. */
static void set_levels(fecg_sim *s) {
  heart *f = &s->heart[FECG_SIM_FETUS], *m = &s->heart[FECG_SIM_MOTHER], *twin = &s->heart[FECG_SIM_TWIN];
  const int leads = s->torso.leads;
  double rms[FECG_MAX_LEADS], fetal[FECG_MAX_LEADS], maternal[FECG_MAX_LEADS], power[FECG_MAX_LEADS];
  sim_rng r = sim_stream(s->options.seed, SIM_LEVELS, 0);
  measure(s, m, rms, maternal);
  measure(s, f, rms, fetal);
  const double ratio = from_db(s->options.fm_ratio_db), unit_m = fecg_exp(mean_log(maternal, leads)),
               unit_f = fecg_exp(mean_log(fetal, leads));
  double mother_uv = s->torso.near_copies ? sim_log_uniform(&r, 150.0, 450.0) : sim_log_uniform(&r, 50.0, 250.0);
  if (s->torso.adult) {
    m->gain = 1000.0 * sim_uniform(&r, 0.7, 1.3);
    mother_uv = m->gain * unit_m;
  } else { /* as the ratio allows, 5 to 60 uV for the fetus and 20 to 800 for the mother, peak to peak */
    double fetus_uv = mother_uv * ratio;
    fetus_uv = fetus_uv < 5.0 ? 5.0 : fetus_uv > 60.0 ? 60.0 : fetus_uv;
    mother_uv = fetus_uv / ratio;
    mother_uv = mother_uv < 20.0 ? 20.0 : mother_uv > 800.0 ? 800.0 : mother_uv;
    m->gain = mother_uv / unit_m;
  }
  f->gain = mother_uv * ratio / unit_f;
  double unit_rms[FECG_MAX_LEADS];
  measure(s, f, unit_rms, fetal);
  if (twin->present) {
    measure(s, twin, rms, fetal);
    twin->gain = f->gain * unit_f * from_db(sim_uniform(&r, -5.0, -0.5)) / fecg_exp(mean_log(fetal, leads));
  }
  sim_noise_draw(&s->noise, &s->torso, &s->breath, s->options.seed, s->options.fs, s->options.seconds, s->scenario,
                 mother_uv, s->scratch);
  sim_noise_power(&s->noise, power);
  s->noise.scale = (float)(f->gain * fecg_exp(mean_log(unit_rms, leads) - 0.5 * mean_log(power, leads)) /
                           from_db(s->options.snr_db));
}

/* Noise under the person's QRS as under the fetus's of a woman, so that the same options mean the same noise. */
static void set_noise(fecg_sim *s) {
  double rms[FECG_MAX_LEADS], peak_to_peak[FECG_MAX_LEADS], power[FECG_MAX_LEADS];
  const int leads = s->torso.leads;
  const heart *h = &s->heart[FECG_SIM_MOTHER];
  measure(s, h, rms, peak_to_peak);
  sim_noise_draw(&s->noise, &s->torso, &s->breath, s->options.seed, s->options.fs, s->options.seconds, s->scenario,
                 h->gain * fecg_exp(mean_log(peak_to_peak, leads)), s->scratch);
  s->noise.contraction.chance = 0.0; /* no womb */
  sim_noise_power(&s->noise, power);
  s->noise.scale = (float)(h->gain * fecg_exp(mean_log(rms, leads) - 0.5 * mean_log(power, leads)) /
                           from_db(s->options.snr_db - s->options.fm_ratio_db));
}

/* ---- life ------------------------------------------------------------------------------------------ */

void fecg_sim_destroy(fecg_sim *s) {
  if (!s) return;
  for (int i = 0; i < HEARTS; i++) {
    fecg_list_destroy(&s->heart[i].beats.t);
    fecg_list_destroy(&s->heart[i].beats.kind);
  }
  fecg_free(s->fetal);
  fecg_free(s->maternal);
  fecg_free(s->mixed);
  fecg_free(s->scratch);
  fecg_free(s);
}

fecg_status fecg_sim_create(const fecg_sim_options *options, fecg_sim **out) {
  if (!out) return FECG_ERR_ARGUMENT;
  *out = NULL;
  if (!valid(options)) return FECG_ERR_ARGUMENT;
  fecg_sim *s = fecg_alloc(1, sizeof *s);
  if (!s) return FECG_ERR_MEMORY;
  s->options = *options;
  memcpy(s->scenario, options->scenario, strlen(options->scenario) + 1);
  s->options.scenario = s->scenario;
  s->total = (int64_t)rint(options->seconds * options->fs);
  if (s->total < 1) s->total = 1;
  s->block = sim_noise_block(options->fs);
  s->standard = standard(s->scenario) != NULL;
  const size_t size = (size_t)(s->standard ? SIM_STANDARD_LEADS : options->leads) * (size_t)s->block;
  s->fetal = fecg_alloc(size, sizeof(float));
  s->maternal = fecg_alloc(size, sizeof(float));
  s->mixed = fecg_alloc(size, sizeof(float));
  s->scratch = fecg_alloc((size_t)s->block * 5, sizeof(float));
  fecg_status status = s->fetal && s->maternal && s->mixed && s->scratch ? FECG_OK : FECG_ERR_MEMORY;

  sim_rng woman = sim_stream(options->seed, SIM_WOMAN, 0), torso = sim_stream(options->seed, SIM_TORSO, 0);
  sim_rng breath = sim_stream(options->seed, SIM_BREATH, 0);
  const double maturity = sim_uniform(&woman, 0.0, 1.0), brady = sim_uniform(&woman, 70.0, 90.0),
               tachy = sim_uniform(&woman, 185.0, 210.0), apart = sim_uniform(&woman, 0.05, 0.12);
  double fhr = options->fhr_bpm;
  if (fhr == 140.0 && is(s, "brady")) fhr = brady;
  if (fhr == 140.0 && is(s, "tachy")) fhr = tachy;
  double second = fhr * (sim_chance(&woman, 0.5) ? 1.0 + apart : 1.0 - apart);
  if (second > 220.0 || second < 60.0) second = 2.0 * fhr - second;
  s->breath = sim_breath_draw(&breath, 0.2, 0.34);
  for (int i = 0; i < HEARTS; i++) {
    s->heart[i].beats.t.item_size = sizeof(double);
    s->heart[i].beats.kind.item_size = sizeof(uint8_t);
  }
  if (s->standard) {
    if (!status) status = draw_person(s);
    if (status) {
      fecg_sim_destroy(s);
      return status;
    }
    set_noise(s);
    *out = s;
    return FECG_OK;
  }
  sim_torso_draw(&s->torso, &torso, options->leads, is(s, "adult"), maturity);
  s->heart[FECG_SIM_MOTHER].present = 1;
  s->heart[FECG_SIM_FETUS].present = !is(s, "no-fetus") && !is(s, "adult");
  s->heart[FECG_SIM_TWIN].present = is(s, "twins");
  if (!status) status = draw_heart(s, FECG_SIM_MOTHER, maturity, options->mhr_bpm);
  if (!status) status = draw_heart(s, FECG_SIM_FETUS, maturity, fhr);
  if (!status && s->heart[FECG_SIM_TWIN].present) status = draw_heart(s, FECG_SIM_TWIN, maturity, second);
  if (status) {
    fecg_sim_destroy(s);
    return status;
  }
  set_levels(s);
  *out = s;
  return FECG_OK;
}

/* ---- the recording ---------------------------------------------------------------------------------- */

static void render(fecg_sim *s, heart *h, float *out) {
  const double fs = s->options.fs;
  const double from = (double)s->noise.at / fs, to = (double)(s->noise.at + s->block) / fs;
  const double *t = h->beats.t.items;
  const uint8_t *kind = h->beats.kind.items;
  double before = sim_shape_before(&h->shape[0]), after = sim_shape_after(&h->shape[0]);
  if (h->shape[1].wave[SIM_QRS].n) {
    const double b = sim_shape_before(&h->shape[1]), a = sim_shape_after(&h->shape[1]);
    before = b > before ? b : before;
    after = a > after ? a : after;
  }
  while (h->next < h->beats.t.count && t[h->next] + after < from) h->next++;
  for (size_t i = h->next; i < h->beats.t.count && t[i] - before < to; i++) {
    const double nominal = 60.0 / h->bpm, rr = i > 0 ? t[i] - t[i - 1] : nominal, rr_before = i > 1 ? t[i - 1] - t[i - 2] : nominal;
    sim_rng r = sim_stream(h->seed, h->component + SIM_OF_BEAT, i);
    const double gain = h->gain * (1.0 + 0.015 * sim_normal(&r)), t_gain = 1.0 + 0.03 * sim_normal(&r);
    double lead[FECG_MAX_LEADS][3];
    float scaled[FECG_MAX_LEADS][3];
    sim_pose_leads(&h->pose, &s->torso, t[i], lead);
    for (int l = 0; l < s->torso.leads; l++)
      for (int k = 0; k < 3; k++) scaled[l][k] = (float)(gain * lead[l][k]);
    sim_beat_timing timing = sim_timing(h->fetus, 0.6 * rr + 0.4 * rr_before);
    if (s->standard) timing.p_shift = 0.0; /* PR is the person's */
    sim_beat_render(&h->shape[kind[i]], timing, t[i], t_gain,
                    (const float(*)[3])scaled, s->torso.leads, fs, s->noise.at, s->block, out, (size_t)s->block, s->scratch);
  }
}

/* Fibrillation and flutter waves; as many rows as the torso has leads. */
static void render_flutter(const fecg_sim *s, float *out) {
  for (int w = 0; w < 2; w++) {
    const sim_flutter *f = &s->person.flutter[w];
    if (f->mv <= 0.0) continue;
    float gain[SIM_MADE_LEADS];
    for (int l = 0; l < s->torso.leads; l++) {
      const double *v = s->torso.vector[l];
      gain[l] = (float)(1000.0 * f->mv * (v[0] * f->v[0] + v[1] * f->v[1] + v[2] * f->v[2]));
    }
    for (int i = 0; i < s->block; i++) {
      const float x = (float)sim_flutter_at(f, (double)(s->noise.at + i) / s->options.fs);
      for (int l = 0; l < s->torso.leads; l++) out[(size_t)l * (size_t)s->block + (size_t)i] += gain[l] * x;
    }
  }
}

static void next_block(fecg_sim *s) {
  const size_t bytes = (size_t)(s->standard ? SIM_STANDARD_LEADS : s->torso.leads) * (size_t)s->block * sizeof(float);
  memset(s->fetal, 0, bytes);
  memset(s->maternal, 0, bytes);
  render(s, &s->heart[FECG_SIM_MOTHER], s->maternal);
  render(s, &s->heart[FECG_SIM_FETUS], s->fetal);
  render(s, &s->heart[FECG_SIM_TWIN], s->fetal);
  if (s->standard) {
    render(s, &s->heart[ATRIA], s->maternal);
    render_flutter(s, s->maternal);
  }
  sim_noise_next(&s->noise, s->fetal, s->maternal, s->mixed, (size_t)s->block);
  if (s->standard) {
    sim_standard_expand(s->maternal, (size_t)s->block);
    sim_standard_expand(s->mixed, (size_t)s->block);
  }
  s->have = s->block;
  s->used = 0;
}

fecg_status fecg_sim_read(fecg_sim *s, float *const *fetal, float *const *maternal, float *const *noise, size_t *n) {
  if (!s || !n) return FECG_ERR_ARGUMENT;
  float *const *const to[3] = {fetal, maternal, noise};
  const float *const from[3] = {s->fetal, s->maternal, s->mixed};
  size_t done = 0;
  while (done < *n && s->made < s->total) {
    if (s->used == s->have) next_block(s);
    size_t some = (size_t)(s->have - s->used);
    if (some > *n - done) some = *n - done;
    if ((int64_t)some > s->total - s->made) some = (size_t)(s->total - s->made);
    for (int c = 0; c < 3; c++)
      for (int l = 0; to[c] && l < s->options.leads; l++)
        if (to[c][l]) memcpy(to[c][l] + done, from[c] + (size_t)l * (size_t)s->block + s->used, some * sizeof(float));
    done += some;
    s->used += (int)some;
    s->made += (int64_t)some;
  }
  *n = done;
  return FECG_OK;
}

const double *fecg_sim_beats(const fecg_sim *s, fecg_sim_heart which, size_t *n) {
  const size_t none = 0;
  const int known = s && (int)which >= 0 && (int)which <= FECG_SIM_TWIN;
  if (n) *n = known ? s->heart[which].beats.count : none;
  if (!known || !s->heart[which].beats.count) return NULL;
  return (const double *)s->heart[which].beats.t.items + s->heart[which].beats.first;
}

const char *fecg_sim_label(const fecg_sim *s, int lead) {
  if (!s || lead < 0 || lead >= s->options.leads) return "";
  return s->standard ? sim_standard_label(lead) : s->torso.label[lead];
}

unsigned fecg_sim_classes(const fecg_sim *s) { return s ? s->person.classes : 0; }
