/* standard.c — the waves and the leads of a born person.
 *
 * Waves are kernels as in heart.c. The usual table was laid over the mean vectorcardiogram of healthy adults in public 12-lead
 * recordings (PTB-XL, LUDB), and the spreads were chosen so that R, S and T of each lead vary as they do there
 * (docs/simulator.md). The other tables draw the loops of the textbooks (Macfarlane et al., Comprehensive
 * Electrocardiology, 2nd ed., 2010, ch. 14 and 15; Chou's Electrocardiography, 6th ed., 2008):
 *   left bundle   forward septum gone, slow and notched to the left and back, T against it
 *   left anterior fascicle   first down and right, then up and left
 *   right load    forward and to the right
 * Lead vectors are those of Dower, Machado and Osborne 1980 (torso.c), moved towards the least-squares fit to the same healthy
 * adults (Dower's lead I sees too little of the left), and changed by electrodes that lie elsewhere and by bodies that differ; the limb leads obey Einthoven's and Goldberger's laws because four of them are made from
 * two: III = II - I, aVR = -(I + II) / 2, aVL = I - II / 2, aVF = II - I / 2. */
#include "simulate/standard.h"

#include <math.h>
#include <string.h>

#include "base/math.h"

static const char *const LABELS[SIM_STANDARD_LEADS] = {"I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"};

static const double VECTOR[SIM_MADE_LEADS][3] = { /* I, II, V1..V6 */
    {0.70, -0.01, 0.00},  {0.26, 1.02, -0.12}, {-0.60, 0.20, -0.76}, {0.10, 0.17, -1.78},
    {1.04, 0.08, -1.32},  {1.34, 0.10, -0.60}, {1.24, 0.11, -0.10},  {0.94, 0.13, 0.10},
};
enum { V1 = 2, V5 = 6, KERNELS = 12 };
/* Onset and end of a wave: this many widths beyond its outer kernels. */
static const double EDGE = 2.2, TO_RR_1 = 0.92832; /* cube root of the reference RR, 0.8 s */

static const sim_kind P[] = {{SIM_P, -158, 16, {0.042, 0.058, -0.010}}, {SIM_P, -136, 15, {0.044, 0.058, 0.012}}};
static const sim_kind T[] = {
    {SIM_T, 112, 42, {0.010, 0.004, -0.055}}, {SIM_T, 200, 46, {0.110, 0.065, -0.110}}, {SIM_T, 254, 33, {0.195, 0.115, -0.105}}};
static const sim_kind LEFT_T[] = {
    {SIM_T, 125, 36, {-0.05, -0.01, -0.11}}, {SIM_T, 200, 48, {-0.17, -0.04, -0.25}}, {SIM_T, 262, 36, {-0.22, -0.07, -0.24}}};
static const sim_kind QRS[][5] = {
    [SIM_USUAL] = {{SIM_QRS, -24, 7.0, {-0.06, -0.03, -0.28}}, {SIM_QRS, -9, 7.5, {0.52, 0.26, 0.02}},
                   {SIM_QRS, 2, 8.0, {0.82, 0.46, 0.40}}, {SIM_QRS, 15, 9.0, {0.10, 0.16, 0.52}},
                   {SIM_QRS, 28, 8.0, {-0.14, -0.04, 0.16}}},
    [SIM_LEFT_BUNDLE] = {{SIM_QRS, -46, 11, {0.26, 0.10, -0.06}}, {SIM_QRS, -20, 14, {0.66, 0.30, 0.50}},
                         {SIM_QRS, 13, 15, {0.36, 0.10, 1.00}}, {SIM_QRS, 43, 14, {0.74, 0.04, 0.62}},
                         {SIM_QRS, 66, 11, {0.16, 0.00, 0.20}}},
    [SIM_LEFT_FASCICLE] = {{SIM_QRS, -24, 7.0, {-0.10, 0.20, -0.22}}, {SIM_QRS, -10, 7.5, {0.46, 0.26, 0.02}},
                           {SIM_QRS, 3, 9.0, {0.80, -0.34, 0.40}}, {SIM_QRS, 17, 9.0, {0.26, -0.56, 0.46}},
                           {SIM_QRS, 30, 8.0, {-0.06, -0.24, 0.16}}},
    [SIM_RIGHT_LOAD] = {{SIM_QRS, -24, 7.5, {0.06, 0.08, -0.30}}, {SIM_QRS, -8, 8.5, {0.26, 0.40, -0.42}},
                        {SIM_QRS, 5, 9.0, {-0.28, 0.52, -0.52}}, {SIM_QRS, 19, 9.5, {-0.58, 0.20, -0.12}},
                        {SIM_QRS, 32, 8.5, {-0.26, -0.08, 0.14}}},
};

const char *sim_standard_label(int lead) { return lead >= 0 && lead < SIM_STANDARD_LEADS ? LABELS[lead] : ""; }

static double bounded(double x, double low, double high) { return x < low ? low : x > high ? high : x; }

void sim_person_draw(sim_person *p, sim_rng *r) {
  memset(p, 0, sizeof *p);
  p->bpm = bounded(69.0 + 9.0 * sim_normal(r), 53.0, 96.0);
  p->pr_s = bounded(0.158 + 0.020 * sim_normal(r), 0.124, 0.196);
  p->qrs_s = bounded(0.092 + 0.007 * sim_normal(r), 0.076, 0.108);
  p->qtc_s = bounded(0.408 + 0.016 * sim_normal(r), 0.370, 0.440);
  static const double SPREAD[SIM_WAVES][3] = {{0.20, 0.20, 0.30}, {0.20, 0.32, 0.30}, {0.20, 0.26, 0.18}};
  static const double SIZE[SIM_WAVES] = {0.25, 0.24, 0.33};
  for (int wave = 0; wave < SIM_WAVES; wave++) {
    for (int k = 0; k < 3; k++) p->turn[wave][k] = SPREAD[wave][k] * sim_normal(r);
    p->gain[wave] = fecg_exp(SIZE[wave] * sim_normal(r));
  }
  p->turn[SIM_QRS][2] = bounded(p->turn[SIM_QRS][2], -0.5, 0.8); /* no axis deviation */
  for (int k = 0; k < 3; k++) p->turn[SIM_T][k] += 0.3 * p->turn[SIM_QRS][k]; /* the axes keep near each other */
  p->sokolow_mv[0] = 1.3;
  p->sokolow_mv[1] = 3.3;
}

void sim_person_leads(sim_torso *t, sim_rng *r) {
  memset(t, 0, sizeof *t);
  t->leads = SIM_MADE_LEADS;
  t->adult = 1;
  for (int l = 0; l < SIM_MADE_LEADS; l++) {
    const double *v = VECTOR[l];
    double size = 0.0, at[3] = {v[0], v[1], v[2]};
    if (l >= 2) { /* an electrode beside its place sees some of its neighbour's, one above or below it another height */
      const double along = bounded(0.20 * sim_normal(r), -0.5, 0.5), high = 0.15 * sim_normal(r);
      const double *n = VECTOR[along < 0.0 ? (l > V1 ? l - 1 : l) : (l < SIM_MADE_LEADS - 1 ? l + 1 : l)];
      for (int k = 0; k < 3; k++) at[k] += fabs(along) * (n[k] - v[k]);
      at[1] += high;
    }
    for (int k = 0; k < 3; k++) size += at[k] * at[k];
    const double gain = fecg_exp(0.14 * sim_normal(r));
    for (int k = 0; k < 3; k++) t->vector[l][k] = gain * (at[k] + 0.10 * sqrt(size) * sim_normal(r));
  }
}

static double dot(const double a[3], const double b[3]) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

/* A table's kernel, turned, sized and varied: times in ms still. */
static sim_kernel vary(const sim_kind *k, const double turn[3], double gain, double amount_sd, sim_rng *r) {
  sim_kernel g = {.wave = k->wave};
  double m[3][3];
  sim_rotation(turn, m);
  const double amount = gain * fecg_exp(amount_sd * sim_normal(r)), late = 0.06 * k->w_ms * sim_normal(r);
  for (int i = 0; i < 3; i++) {
    g.a[i] = amount * dot(m[i], k->a) * (1.0 + 0.08 * sim_normal(r));
    g.t[i] = k->t_ms + late + 0.08 * k->w_ms * sim_normal(r);
    g.w[i] = k->w_ms * fecg_exp(0.05 * sim_normal(r));
  }
  return g;
}

/* A beat of the ventricles. Returns when the QRS begins, against R, s. */
static double ventricle(const sim_person *p, sim_activation activation, sim_rng *r, sim_shape *s) {
  const sim_kind *qrs = QRS[activation], *t = activation == SIM_LEFT_BUNDLE ? LEFT_T : T;
  sim_kernel g[5 + 3 + SIM_EXTRA];
  int n = 0;
  for (int i = 0; i < 5; i++) g[n++] = vary(&qrs[i], p->turn[SIM_QRS], p->gain[SIM_QRS], i == 0 || i == 4 ? 0.30 : 0.12, r);
  for (int i = 0; i < 3; i++) g[n++] = vary(&t[i], p->turn[SIM_T], p->gain[SIM_T], i ? 0.10 : 0.5, r);
  static const double STILL[3] = {0};
  double on = qrs[0].t_ms - EDGE * qrs[0].w_ms, off = qrs[4].t_ms + EDGE * qrs[4].w_ms;
  for (int i = 0; i < p->extras; i++) {
    const sim_kind *e = &p->extra[i];
    g[n++] = vary(e, STILL, 1.0, 0.03, r);
    if (e->wave == SIM_QRS && e->t_ms + EDGE * e->w_ms > off) off = e->t_ms + EDGE * e->w_ms;
  }
  const double length = p->qrs_s / (off - on), end = t[2].t_ms + EDGE * t[2].w_ms; /* both in s a ms */
  const double wanted = length * on + p->qtc_s * TO_RR_1; /* T ends there, s */
  const double all = wanted / end, wide = p->late_t > 0.0 ? 1e-3 * fecg_pow(1e3 * all, 1.0 - p->late_t) : all;
  for (int i = 0; i < n; i++)
    for (int k = 0; k < 3; k++) {
      g[i].t[k] = g[i].wave == SIM_QRS ? length * g[i].t[k] : wanted - wide * (end - g[i].t[k]);
      g[i].w[k] *= g[i].wave == SIM_QRS ? length : wide;
    }
  return length * on - sim_shape_make(s, g, n);
}

void sim_person_shapes(const sim_person *p, const sim_torso *t, sim_rng *r, sim_shape ventricles[2], sim_shape atria[2]) {
  const double begin = ventricle(p, p->activation, r, &ventricles[0]);
  double s_v1 = 0.0, r_v5 = 0.0, v[3];
  for (int i = -80; i <= 100; i++) {
    sim_shape_at(&ventricles[0], 1e-3 * i, v);
    const double a = dot(v, t->vector[V1]), b = dot(v, t->vector[V5]);
    s_v1 = a < s_v1 ? a : s_v1;
    r_v5 = b > r_v5 ? b : r_v5;
  }
  const double sum = r_v5 - s_v1, scale = bounded(sum, p->sokolow_mv[0], p->sokolow_mv[1]) / (sum + 1e-9);
  sim_wave *q = &ventricles[0].wave[SIM_QRS];
  for (int i = 0; i < q->n; i++)
    for (int k = 0; k < 3; k++) q->v[i][k] *= (float)scale;

  /* A ventricular ectopic beat: from one side, slow, turned any way. */
  sim_person ectopic = *p;
  ectopic.extras = 0;
  ectopic.qrs_s = sim_uniform(r, 0.135, 0.175);
  ectopic.qtc_s = p->qtc_s + 0.04;
  ectopic.gain[SIM_QRS] = sim_uniform(r, 1.1, 1.6);
  ectopic.gain[SIM_T] = sim_uniform(r, 1.2, 1.8);
  const double side = sim_chance(r, 0.35) ? FECG_PI : 0.0;
  for (int k = 0; k < 3; k++)
    ectopic.turn[SIM_QRS][k] = ectopic.turn[SIM_T][k] = (k == 1 ? side : 0.0) + (k == 2 ? 0.9 : 0.3) * sim_normal(r);
  ventricle(&ectopic, SIM_LEFT_BUNDLE, r, &ventricles[1]);

  for (int kind = 0; kind < 2; kind++) { /* an ectopic P comes from elsewhere */
    sim_kernel g[2];
    const double low = kind ? sim_uniform(r, -2.4, -0.8) : 0.0;
    const double turn[3] = {p->turn[SIM_P][0], p->turn[SIM_P][1], p->turn[SIM_P][2] + low};
    const double earliest = P[0].t_ms - EDGE * P[0].w_ms, on = begin - p->pr_s + (kind ? 0.015 : 0.0);
    for (int i = 0; i < 2; i++) {
      g[i] = vary(&P[i], turn, p->gain[SIM_P], 0.15, r);
      for (int k = 0; k < 3; k++) g[i].t[k] = on + 1e-3 * (g[i].t[k] - earliest), g[i].w[k] *= 1e-3;
    }
    sim_shape_make(&atria[kind], g, 2);
  }
}

void sim_standard_expand(float *rows, size_t stride) {
  memmove(rows + 6 * stride, rows + 2 * stride, 6 * stride * sizeof *rows);
  const float *one = rows, *two = rows + stride;
  float *three = rows + 2 * stride, *r = three + stride, *l = r + stride, *f = l + stride;
  for (size_t i = 0; i < stride; i++) {
    three[i] = two[i] - one[i];
    r[i] = -0.5f * (one[i] + two[i]);
    l[i] = one[i] - 0.5f * two[i];
    f[i] = two[i] - 0.5f * one[i];
  }
}
