/* rhythm.c — when a heart beats.
 *
 * The rate is a baseline times the exponential of a sum of fluctuations whose spectra are those of
 * McSharry et al. 2003 (respiration, Mayer waves near 0.1 Hz) plus 1/f fluctuation and beat-to-beat
 * scatter. They are Ornstein-Uhlenbeck processes, stepped exactly over each RR interval: a real one
 * has a Lorentzian about 0 Hz, several of them in octaves add up to 1/f, a rotating one has a
 * Lorentzian about its frequency. Accelerations and decelerations are added in bpm.
 *
 * The series is run twice: once to find what the fluctuations do to the mean rate, once with that
 * taken off, so that the wanted rate is kept in short recordings too. Decelerations and ectopic beats
 * come on top. */
#include <math.h>

#include "base/math.h"
#include "simulate/simulate.h"

enum { POLES = 6 };
static const double MARGIN_S = 1.6; /* beats outside the recording reach into it */

sim_breath sim_breath_draw(sim_rng *r, double low_hz, double high_hz) {
  sim_breath b;
  b.hz = sim_uniform(r, low_hz, high_hz);
  b.wander = sim_uniform(r, 0.5, 1.5);
  b.wander_hz = sim_uniform(r, 0.02, 0.05);
  b.wander_phase = sim_uniform(r, 0.0, 2.0 * FECG_PI);
  b.depth_hz = sim_uniform(r, 0.011, 0.03);
  b.depth_phase = sim_uniform(r, 0.0, 2.0 * FECG_PI);
  b.phase = sim_uniform(r, 0.0, 2.0 * FECG_PI);
  return b;
}

static double turns(double t, double hz, double phase) { /* 2 pi f t + phase, kept small */
  const double n = t * hz;
  return 2.0 * FECG_PI * (n - floor(n)) + phase;
}

double sim_breath_at(const sim_breath *b, double t) {
  const double phase = turns(t, b->hz, b->phase) + b->wander * fecg_sin(turns(t, b->wander_hz, b->wander_phase));
  const double depth = 0.8 + 0.2 * fecg_sin(turns(t, b->depth_hz, b->depth_phase));
  return depth * (fecg_sin(phase) + 0.2 * fecg_sin(2.0 * phase + 0.5));
}

static double acceleration_bpm(const sim_events *e, double t) {
  sim_event at;
  if (!sim_event_at(e, t, &at)) return 0.0;
  const double height = sim_uniform(&at.rng, 15.0, 28.0), rise = sim_uniform(&at.rng, 0.2, 0.45);
  return height * sim_bump((t - at.t_s) / at.duration_s, rise);
}

static double deceleration_bpm(const sim_events *e, double t) {
  sim_event at;
  if (!sim_event_at(e, t, &at)) return 0.0;
  /* Variable: sudden and deep. Late: slow and even. */
  const int variable = sim_chance(&at.rng, 0.6);
  const double depth = variable ? sim_uniform(&at.rng, 30.0, 65.0) : sim_uniform(&at.rng, 15.0, 35.0);
  return -depth * sim_bump((t - at.t_s) / at.duration_s, variable ? 0.2 : 0.5);
}

/* One pass; out == NULL: only the mean rate is wanted. */
static fecg_status run(const sim_rhythm *h, sim_rng r, double bpm, sim_beats *out, double *mean_bpm) {
  const double end = h->seconds + MARGIN_S, slowest = 40.0, fastest = 245.0;
  double drift[POLES], low[2] = {sim_normal(&r), sim_normal(&r)};
  for (int i = 0; i < h->drift_poles; i++) drift[i] = sim_normal(&r);
  double t = -MARGIN_S - sim_uniform(&r, 0.0, 60.0 / bpm), compensate = 0.0, first = 0.0, last = 0.0;
  size_t inside = 0;
  sim_rng ectopy = sim_stream(r.key, 1, 0);
  int kind = 0;
  for (;;) {
    if (t >= 0.0 && t < h->seconds) {
      if (!inside++) first = t;
      last = t;
    }
    if (out) {
      double *at = fecg_list_add(&out->t, 1);
      uint8_t *what = fecg_list_add(&out->kind, 1);
      if (!at || !what) return FECG_ERR_MEMORY;
      *at = t;
      *what = (uint8_t)kind;
      if (t < 0.0) out->first++;
      else if (t < h->seconds) out->count++;
    }
    if (t > end) break;
    double x = h->white * sim_normal(&r) + h->low * low[0] + h->high * sim_breath_at(h->breath, t);
    for (int i = 0; i < h->drift_poles; i++) x += h->drift / sqrt((double)h->drift_poles) * drift[i];
    double rate = bpm * fecg_exp(x) + acceleration_bpm(&h->accelerations, t);
    if (out) rate += deceleration_bpm(&h->decelerations, t);
    rate = rate < slowest ? slowest : rate > fastest ? fastest : rate;
    double rr = 60.0 / rate;
    const double step = rr;
    for (int i = 0; i < h->drift_poles; i++) {
      const double k = fecg_exp(-step / (1.5 * (1 << i)));
      drift[i] = k * drift[i] + sqrt(1.0 - k * k) * sim_normal(&r);
    }
    const double k = fecg_exp(-step * 0.12), c = k * fecg_cos(2.0 * FECG_PI * h->low_hz * step),
                 s = k * fecg_sin(2.0 * FECG_PI * h->low_hz * step), l0 = low[0], drive = sqrt(1.0 - k * k);
    low[0] = c * l0 - s * low[1] + drive * sim_normal(&r);
    low[1] = s * l0 + c * low[1] + drive * sim_normal(&r);
    kind = 0;
    if (compensate > 0.0) {
      rr += compensate; /* the pause: the next beat comes when it would have */
      compensate = 0.0;
    } else if (out && h->ectopic > 0.0 && sim_chance(&ectopy, h->ectopic)) {
      const double early = sim_uniform(&ectopy, 0.25, 0.42) * rr;
      rr -= early;
      if (rr < 0.2) rr = 0.2;
      compensate = step - rr;
      kind = sim_chance(&ectopy, h->ventricular);
    }
    t += rr;
  }
  if (mean_bpm) *mean_bpm = inside > 1 && last > first ? 60.0 * (double)(inside - 1) / (last - first) : bpm;
  return FECG_OK;
}

fecg_status sim_rhythm_make(const sim_rhythm *h, sim_rng rng, sim_beats *out) {
  double bpm = h->bpm, mean;
  for (int i = 0; i < 2; i++) {
    run(h, rng, bpm, NULL, &mean);
    bpm *= h->bpm / mean;
    if (bpm < 0.7 * h->bpm) bpm = 0.7 * h->bpm;
    if (bpm > 1.3 * h->bpm) bpm = 1.3 * h->bpm;
  }
  return run(h, rng, bpm, out, NULL);
}
