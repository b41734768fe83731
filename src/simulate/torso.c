/* torso.c — from the dipole to the leads.
 *
 * The body is an infinite homogeneous conductor: a current dipole p at q gives the potential
 * p . r / |r|^3, r = e - q, at an electrode e (Malmivuo and Plonsey, Bioelectromagnetism, 1995, ch. 8;
 * the constant is left to the levels). The boundary of the torso is left out; fat and skin even the
 * potential out over the abdomen, so an electrode sees some of the mean of all. Electrodes lie on an
 * ellipsoid; a lead is an electrode against the common reference. Vernix caseosa (weeks 28 to 37)
 * dampens the direct path (Oostendorp, van Oosterom and Jongsma, Clin Phys Physiol Meas 1989), and part
 * of the fetal current leaves through a hole in it: a second dipole there, of fixed direction, driven
 * by one direction of the heart.
 *
 * The adult's leads are those of the standard ECG, by the vectors of Dower, Machado and Osborne, "On
 * deriving the electrocardiogram from vectorcardiographic leads", Clin Cardiol 1980. */
#include <math.h>
#include <string.h>

#include "base/math.h"
#include "simulate/simulate.h"

static const struct {
  const char *label;
  double v[3];
} DOWER[] = {
    {"II", {0.235, 1.066, -0.132}},  {"V2", {0.044, 0.164, -1.387}}, {"V5", {1.125, 0.127, -0.086}},
    {"I", {0.632, -0.235, 0.059}},   {"V1", {-0.515, 0.157, -0.917}}, {"V3", {0.882, 0.098, -1.277}},
    {"V4", {1.213, 0.127, -0.601}},  {"V6", {0.831, 0.076, 0.230}},  {"III", {-0.397, 1.301, -0.191}},
    {"aVR", {-0.4335, -0.4155, 0.0365}}, {"aVL", {0.5145, -0.768, 0.125}}, {"aVF", {-0.081, 1.1835, -0.1615}},
};
enum { STANDARD_LEADS = sizeof DOWER / sizeof *DOWER };

static double dot(const double a[3], const double b[3]) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

static void unit_vector(sim_rng *r, double v[3]) {
  double n = 0.0;
  for (int k = 0; k < 3; k++) v[k] = sim_normal(r), n += v[k] * v[k];
  for (int k = 0; k < 3; k++) v[k] /= sqrt(n) + 1e-12;
}

void sim_rotation(const double v[3], double m[3][3]) {
  const double a = sqrt(dot(v, v)), s = a > 1e-9 ? fecg_sin(a) / a : 1.0, c = a > 1e-9 ? (1.0 - fecg_cos(a)) / (a * a) : 0.5;
  const double k[3][3] = {{0, -v[2], v[1]}, {v[2], 0, -v[0]}, {-v[1], v[0], 0}};
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++) m[i][j] = (i == j) * (1.0 - c * a * a) + s * k[i][j] + c * v[i] * v[j];
}

static void product(double a[3][3], double b[3][3], double out[3][3]) {
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++) out[i][j] = a[i][0] * b[0][j] + a[i][1] * b[1][j] + a[i][2] * b[2][j];
}

/* A point of the skin: angle from the front midline to the left, and height below the navel. */
static void on_skin(const sim_torso *t, double angle, double y, double out[3]) {
  const double h = y / t->radius[1], c = sqrt(h * h < 0.9 ? 1.0 - h * h : 0.1);
  out[0] = t->radius[0] * c * fecg_sin(angle);
  out[1] = y;
  out[2] = -t->radius[2] * c * fecg_cos(angle);
}

void sim_torso_draw(sim_torso *t, sim_rng *r, int leads, int adult, double maturity) {
  memset(t, 0, sizeof *t);
  t->leads = leads;
  t->adult = adult;
  t->radius[0] = sim_uniform(r, 0.155, 0.185);
  t->radius[1] = sim_uniform(r, 0.23, 0.27);
  t->radius[2] = sim_uniform(r, 0.12, 0.145) + 0.03 * maturity;
  t->blur = sim_uniform(r, 0.35, 0.8);
  const double kind = sim_uniform(r, 0.0, 1.0), square = sim_uniform(r, 0.06, 0.10);
  const double centre[2] = {sim_uniform(r, -0.5, 0.5), sim_uniform(r, -0.06, 0.06)};
  t->near_copies = kind > 0.9;
  for (int l = 0; l < leads; l++) {
    double angle, y;
    if (kind < 0.45) { /* squares about the navel */
      const double around = FECG_PI * (0.25 + 0.5 * (l % 4) + 0.25 * (l / 4 % 2)), far = square + 0.02 * (l / 4);
      angle = far * fecg_cos(around) / 0.16;
      y = far * fecg_sin(around);
    } else if (kind < 0.65) { /* a belt */
      angle = leads > 1 ? -1.4 + 2.8 * l / (leads - 1) : 0.3;
      y = 0.02 + 0.04 * (l % 2);
    } else if (!t->near_copies) { /* anywhere on the front */
      angle = sim_uniform(r, -1.2, 1.2);
      y = sim_uniform(r, -0.13, 0.13);
    } else { /* close together */
      angle = centre[0] + sim_uniform(r, -0.3, 0.3);
      y = centre[1] + sim_uniform(r, -0.05, 0.05);
    }
    angle += 0.06 * sim_normal(r); /* drawn apart: C does not say which argument comes first */
    y += 0.008 * sim_normal(r);
    on_skin(t, angle, y, t->electrode[l]);
    const char *name = "AECG";
    int n = 0;
    for (; name[n]; n++) t->label[l][n] = name[n];
    if (l >= 9) t->label[l][n++] = (char)('0' + (l + 1) / 10);
    t->label[l][n] = (char)('0' + (l + 1) % 10);
  }
  double *reference = t->electrode[leads];
  if (t->near_copies) { /* high on the chest, near the mother's heart */
    reference[0] = sim_uniform(r, -0.10, 0.10);
    reference[1] = sim_uniform(r, -0.30, -0.24);
    reference[2] = -0.12;
  } else if (kind < 0.45 || sim_chance(r, 0.4)) {
    const double angle = 0.1 * sim_normal(r), y = 0.17 + 0.01 * sim_normal(r);
    on_skin(t, angle, y, reference); /* above the pubic symphysis */
  } else if (sim_chance(r, 0.6)) {
    on_skin(t, sim_chance(r, 0.5) ? 1.5 : -1.5, 0.15, reference); /* a hip */
  } else {
    on_skin(t, FECG_PI, sim_uniform(r, -0.1, 0.1), reference); /* the back */
  }
  if (!adult) return;
  t->near_copies = 0;
  for (int l = 0; l < leads; l++) {
    if (l < STANDARD_LEADS) {
      memcpy(t->label[l], DOWER[l].label, strlen(DOWER[l].label) + 1);
      memcpy(t->vector[l], DOWER[l].v, sizeof t->vector[l]);
    } else { /* further along the chest, V7 and on */
      const double angle = 0.3 + 0.25 * (l - STANDARD_LEADS);
      t->vector[l][0] = 0.75 * fecg_cos(angle);
      t->vector[l][1] = 0.08;
      t->vector[l][2] = 0.75 * fecg_sin(angle);
      const int number = l - STANDARD_LEADS + 7;
      int n = 1;
      memset(t->label[l], 0, sizeof t->label[l]);
      t->label[l][0] = 'V';
      if (number >= 10) t->label[l][n++] = (char)('0' + number / 10);
      t->label[l][n] = (char)('0' + number % 10);
    }
    for (int k = 0; k < 3; k++) t->vector[l][k] *= 1.0 + 0.05 * sim_normal(r);
  }
}

void sim_pose_draw(sim_pose *p, sim_rng *r, const sim_torso *torso, int fetus, int second, double maturity,
                   const sim_breath *breath) {
  memset(p, 0, sizeof *p);
  p->fetus = fetus;
  p->breath = breath;
  p->direct = 1.0;
  if (!fetus) {
    p->position[0] = 0.03 + 0.01 * sim_normal(r);
    p->position[1] = sim_uniform(r, -0.36, -0.30) - 0.02 * (1.0 - maturity);
    p->position[2] = -0.04 + 0.01 * sim_normal(r);
    const double lie[3] = {0.25 * sim_normal(r), 0.25 * sim_normal(r), -0.25 * maturity + 0.25 * sim_normal(r)};
    sim_rotation(lie, p->rotation);
    for (int k = 0; k < 3; k++) p->breath_turn[k] = 0.05 * sim_normal(r);
    p->breath_shift[1] = sim_uniform(r, 0.003, 0.010); /* the diaphragm pushes it down */
    return;
  }
  const double depth = sim_uniform(r, 0.06, 0.11), kind = sim_uniform(r, 0.0, 1.0);
  const int vertex = kind < 0.75, breech = !vertex && kind < 0.88;
  const double side = second ? -1.0 : 1.0;
  p->position[0] = side * (vertex || breech ? sim_uniform(r, -0.02, 0.05) : sim_uniform(r, 0.03, 0.07));
  p->position[1] = vertex ? sim_uniform(r, 0.0, 0.07) : breech ? sim_uniform(r, -0.09, -0.02) : sim_uniform(r, -0.03, 0.03);
  if (second) p->position[1] -= 0.06;
  p->position[2] = -torso->radius[2] + depth;
  /* Long axis first (head down, up, or to a side), then the way the back faces. */
  const double face = sim_uniform(r, 0.0, 2.0 * FECG_PI);
  double lie[3] = {0.15 * sim_normal(r), 0.0, vertex ? FECG_PI : breech ? 0.0 : FECG_PI / 2 * side};
  if (!vertex && !breech) lie[2] += 0.4 * sim_normal(r);
  const double spin[3] = {0.0, face, 0.0};
  double a[3][3], b[3][3];
  sim_rotation(lie, a);
  sim_rotation(spin, b);
  product(a, b, p->rotation);
  for (int k = 0; k < 3; k++) p->breath_turn[k] = 0.015 * sim_normal(r);
  p->breath_shift[1] = sim_uniform(r, 0.001, 0.004);
  p->own_breath = sim_breath_draw(r, 0.7, 1.2);
  p->movement_turn = sim_uniform(r, 0.03, 0.18);
  p->movement_shift = sim_uniform(r, 0.001, 0.006);
  unit_vector(r, p->path);
  unit_vector(r, p->source);
  const int vernix = sim_chance(r, maturity > 0.25 && maturity < 0.75 ? 0.6 : 0.1);
  p->direct = vernix ? sim_uniform(r, 0.25, 0.8) : 1.0;
  for (int k = 0; k < 3; k++) {
    p->path[k] *= 1.0 - p->direct;
    p->opening[k] = p->position[k] + 0.08 * p->rotation[k][1] * (sim_chance(r, 0.5) ? -1.0 : 0.6);
  }
}

/* Potential at an electrode for each direction of a unit dipole. */
static void potential(const double electrode[3], const double at[3], double out[3]) {
  double r[3], d2 = 0.0;
  for (int k = 0; k < 3; k++) r[k] = electrode[k] - at[k], d2 += r[k] * r[k];
  if (d2 < 0.0009) d2 = 0.0009; /* never closer than 3 cm */
  for (int k = 0; k < 3; k++) out[k] = r[k] / (d2 * sqrt(d2));
}

/* Orientation and place change in each movement and stay until the next. */
static void displacement(const sim_pose *p, double t, double turn[3], double shift[3]) {
  const double k = floor(t < 0.0 ? 0.0 : t / p->movement.slot_s);
  sim_event e;
  double moved = 1.0; /* how much of this slot's displacement has been taken up */
  if (sim_event_at(&p->movement, t < 0.0 ? 0.0 : t, &e)) {
    const double u = (t - e.t_s) / e.duration_s;
    moved = u <= 0.0 ? 0.0 : u >= 1.0 ? 1.0 : u * u * (3.0 - 2.0 * u);
  }
  for (int slot = 0; slot < 2; slot++) {
    sim_rng r = sim_stream(p->movement.seed, p->movement.component + 8, (uint64_t)k + (uint64_t)slot);
    const double weight = slot ? moved : 1.0 - moved;
    for (int i = 0; i < 3; i++) turn[i] += weight * p->movement_turn * sim_normal(&r);
    for (int i = 0; i < 3; i++) shift[i] += weight * p->movement_shift * sim_normal(&r);
  }
}

void sim_pose_leads(const sim_pose *p, const sim_torso *torso, double t, double (*lead)[3]) {
  const double in = sim_breath_at(p->breath, t);
  double turn[3], at[3], small[3][3], turned[3][3];
  for (int k = 0; k < 3; k++) {
    turn[k] = in * p->breath_turn[k];
    at[k] = p->position[k] + in * p->breath_shift[k];
  }
  if (p->fetus) {
    turn[0] += 0.03 * sim_breath_at(&p->own_breath, t);
    displacement(p, t, turn, at);
  }
  sim_rotation(turn, small);
  product(small, (double(*)[3])p->rotation, turned);
  double reference[3], hole = 0.0, v[3], mean[3] = {0}, mean_hole = 0.0;
  double body[FECG_MAX_LEADS][3], through[FECG_MAX_LEADS] = {0};
  const int n = torso->leads, standard = torso->adult && !p->fetus;
  potential(torso->electrode[n], at, reference);
  if (p->fetus) {
    potential(torso->electrode[n], p->opening, v);
    hole = dot(v, p->source);
  }
  for (int l = 0; l < n; l++) {
    potential(torso->electrode[l], at, body[l]);
    for (int k = 0; k < 3; k++) body[l][k] -= reference[k], mean[k] += body[l][k] / n;
    if (!p->fetus) continue;
    potential(torso->electrode[l], p->opening, v);
    through[l] = dot(v, p->source) - hole;
    mean_hole += through[l] / n;
  }
  for (int l = 0; l < n; l++) {
    for (int k = 0; k < 3; k++)
      body[l][k] = standard ? torso->vector[l][k] : p->direct * (body[l][k] + torso->blur * (mean[k] - body[l][k]));
    through[l] += torso->blur * (mean_hole - through[l]);
    for (int k = 0; k < 3; k++)
      lead[l][k] = turned[0][k] * body[l][0] + turned[1][k] * body[l][1] + turned[2][k] * body[l][2] + through[l] * p->path[k];
  }
}
