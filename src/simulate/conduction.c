/* conduction.c — when atria and ventricles of a person beat, where they do not simply follow one another.
 *
 * The sinus node's times come from rhythm.c; blocks drop or delay the ventricles after them, premature beats come
 * before them (a ventricular one is followed by a full compensatory pause, an atrial one resets the node), and in
 * fibrillation, flutter and complete block the ventricles keep a time of their own. Definitions: Surawicz et al., AHA/
 * ACCF/HRS recommendations for the standardization and interpretation of the electrocardiogram, part III, JACC 2009, and
 * Kusumoto et al., 2018 ACC/AHA/HRS guideline on bradycardia and conduction delay. RR in fibrillation is independent from
 * beat to beat, with a log-normal spread.
 *
 * Fibrillation and flutter waves are the sawtooth of Stridh and Sornmo, "Spatiotemporal QRST cancellation techniques for
 * analysis of atrial fibrillation", IEEE Trans Biomed Eng 48(1), 2001:  sum_i (2 / (i pi)) sin(i theta(t)),  of a phase and
 * an amount that change slowly. */
#include <math.h>

#include "base/math.h"
#include "simulate/standard.h"

static fecg_status beat(sim_beats *b, double t, int kind, double seconds) {
  double *at = fecg_list_add(&b->t, 1);
  uint8_t *what = fecg_list_add(&b->kind, 1);
  if (!at || !what) return FECG_ERR_MEMORY;
  *at = t;
  *what = (uint8_t)kind;
  if (t < 0.0) b->first++;
  else if (t < seconds) b->count++;
  return FECG_OK;
}

/* The ventricles by themselves. */
static fecg_status own_time(const sim_conduction *c, const sim_beats *sinus, sim_rng *r, double seconds, sim_beats *ventricles) {
  const double *t = sinus->t.items, end = t[sinus->t.count - 1], mean = 60.0 / c->bpm;
  fecg_status status = FECG_OK;
  for (double at = t[0] + sim_uniform(r, 0.0, 0.3); !status && at < end;) {
    status = beat(ventricles, at, 0, seconds);
    double rr = mean * (1.0 + 0.01 * sim_normal(r));
    if (c->atria == SIM_FIBRILLATION) rr = mean * fecg_exp(c->spread * sim_normal(r));
    if (c->atria == SIM_FLUTTER && !c->ratio) rr = mean * (sim_chance(r, 0.5) ? 1.0 : sim_chance(r, 0.5) ? 1.5 : 2.0);
    at += rr < 0.3 ? 0.3 : rr > 2.5 ? 2.5 : rr;
  }
  return status;
}

fecg_status sim_conduct(const sim_conduction *c, const sim_beats *sinus, sim_rng r, double seconds, sim_beats *atria,
                        sim_beats *ventricles) {
  if (c->atria != SIM_SINUS) return own_time(c, sinus, &r, seconds, ventricles);
  const double *node = sinus->t.items;
  double reset = 0.0;
  int place = (int)sim_uniform(&r, 0.0, c->ratio + 1.0), since = 0, seen = 0;
  fecg_status status = FECG_OK;
  for (size_t i = 1; i < sinus->t.count && !status; i++) {
    double t = node[i] + reset;
    const double rr = node[i] - node[i - 1];
    int ectopic = 0, conducts = 1;
    if (c->premature > 0.0) {
      const int due = c->every ? since >= c->every - 1 : sim_chance(&r, c->premature) && since > 0;
      ectopic = due || (t > 2.0 && !seen); /* a short recording holds one too */
      seen |= ectopic && t > 1.0;
      since = ectopic ? 0 : since + 1;
    }
    const double early = ectopic ? sim_uniform(&r, 0.28, 0.45) * rr : 0.0;
    double delay = 0.0;
    if (c->block == SIM_WENCKEBACH) delay = c->lengthening_s * (2.0 - 2.0 / (1 << place)); /* ever smaller steps */
    if (c->block == SIM_WENCKEBACH || c->block == SIM_MOBITZ) {
      conducts = place < c->ratio;
      place = conducts ? place + 1 : 0;
    }
    if (!(ectopic && c->ventricular)) {
      t -= early;
      if (ectopic) reset -= early * sim_uniform(&r, 0.5, 0.9);
      status = beat(atria, t, ectopic, seconds);
      if (!status && conducts && c->block != SIM_COMPLETE) status = beat(ventricles, t + delay, 0, seconds);
    } else { /* the node's own P lies in it and is not conducted */
      status = beat(atria, t, 0, seconds);
      if (!status) status = beat(ventricles, t - early, 1, seconds);
    }
  }
  if (!status && c->block == SIM_COMPLETE) status = own_time(c, sinus, &r, seconds, ventricles);
  return status;
}

double sim_flutter_at(const sim_flutter *f, double t) {
  enum { HARMONICS = 5 };
  const double turn = f->hz * t + f->wander * fecg_sin(2.0 * FECG_PI * f->wander_hz * t), theta = 2.0 * FECG_PI * (turn - floor(turn));
  const double twice = 2.0 * fecg_cos(theta), amount = 1.0 + 0.35 * fecg_sin(2.0 * FECG_PI * f->amount_hz * t + 1.0);
  double before = 0.0, sine = fecg_sin(theta), sum = 0.0;
  for (int i = 1; i <= HARMONICS; i++) { /* sin(i theta) from the two before it */
    sum += 2.0 / (i * FECG_PI) * sine;
    const double next = twice * sine - before;
    before = sine;
    sine = next;
  }
  return amount * sum;
}
