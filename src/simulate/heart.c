/* heart.c — the heart's dipole over one beat: a vectorcardiogram made of Gaussian kernels.
 *
 * McSharry, Clifford, Tarassenko and Smith, "A dynamical model for generating synthetic
 * electrocardiogram signals", IEEE Trans Biomed Eng 50(3), 2003; in three dimensions and for the fetus
 * by Sameni, Clifford, Jutten and Shamsollahi, "Multichannel ECG and noise modeling: application to
 * maternal and fetal ECG signals", EURASIP J Adv Signal Process 2007. Their differential equation in
 * phase is solved by its own kernels,  s(t) = sum_i a_i exp(-(t - t_i)^2 / (2 w_i^2))  for each axis;
 * here in time instead of phase, because P and QRS do not stretch with RR and T does by its own law.
 * The kernels are laid out in tables once for each woman, and a beat reads them at its own sub-sample
 * position.
 *
 * The R peak, time 0 of a beat, is where the magnitude of the QRS dipole is greatest. */
#include <math.h>
#include <string.h>

#include "base/math.h"
#include "simulate/simulate.h"

typedef struct kernel {
  int wave;
  double t_ms, w_ms, a[3];
} kernel;

/* QRS about 95 ms, PR 155 ms, QT 385 ms at RR 0.8 s: septum forward and right, left ventricle left and
 * down, base back and up; T along R but forward. */
static const kernel MOTHER[] = {
    {SIM_P, -160, 17, {0.030, 0.055, -0.030}}, {SIM_P, -136, 17, {0.055, 0.060, 0.030}},
    {SIM_QRS, -27, 7.5, {-0.11, -0.06, -0.20}}, {SIM_QRS, -8, 9.5, {0.62, 0.42, -0.10}},
    {SIM_QRS, 4, 9.0, {0.68, 0.50, 0.32}},      {SIM_QRS, 19, 9.5, {0.10, -0.06, 0.45}},
    {SIM_QRS, 33, 8.5, {-0.10, -0.16, 0.12}},   {SIM_T, 205, 48, {0.10, 0.09, -0.07}},
    {SIM_T, 262, 33, {0.18, 0.15, -0.12}},
};
/* QRS about 48 ms, PR 100 ms, QT 240 ms at RR 0.428 s; the right ventricle leads. */
static const kernel FETUS[] = {
    {SIM_P, -102, 9, {0.02, 0.05, -0.02}},    {SIM_P, -91, 9, {0.03, 0.04, 0.02}},
    {SIM_QRS, -14, 4.6, {0.10, -0.12, -0.10}}, {SIM_QRS, -3, 5.6, {-0.32, 0.55, -0.30}},
    {SIM_QRS, 3, 5.6, {-0.28, 0.52, -0.22}},  {SIM_QRS, 14, 5.0, {0.15, -0.30, 0.22}},
    {SIM_T, 118, 30, {-0.01, 0.03, -0.02}},   {SIM_T, 160, 22, {-0.04, 0.09, -0.05}},
};
static const double REFERENCE_RR[2] = {0.8, 60.0 / 140.0};
static const double REACH = 5.0; /* kernel widths beyond which it is nothing */

double sim_reference_rr(int fetus) { return REFERENCE_RR[fetus != 0]; }

sim_beat_timing sim_timing(int fetus, double rr) {
  const double ref = REFERENCE_RR[fetus != 0], most = fetus ? 0.012 : 0.020;
  double shift = -0.06 * (rr - ref), stretch = fecg_pow(rr / ref, 1.0 / 3.0); /* QT as Fridericia, 1920 */
  if (shift > most) shift = most;
  if (shift < -most) shift = -most;
  if (stretch < 0.72) stretch = 0.72;
  if (stretch > 1.4) stretch = 1.4;
  return (sim_beat_timing){shift, stretch};
}

/* Adds one kernel on one axis: outward from its centre, exp((x+h)^2) by recurrence. */
static void add_kernel(sim_wave *w, int axis, double t, double width, double a) {
  const double c = (t - w->t0) / w->step, s = width / w->step, q = fecg_exp(-1.0 / (s * s));
  for (int dir = -1; dir <= 1; dir += 2) {
    int i = dir > 0 ? (int)floor(c) + 1 : (int)floor(c);
    const double d = fabs(i - c);
    double g = a * fecg_exp(-0.5 * d * d / (s * s)), ratio = fecg_exp(-(d + 0.5) / (s * s));
    for (double x = d; x < REACH * s; x += 1.0, i += dir) {
      if (i >= 0 && i < w->n) w->v[i][axis] += (float)g;
      g *= ratio;
      ratio *= q;
    }
  }
}

double sim_shape_make(sim_shape *s, const sim_kernel *kernels, int n) {
  memset(s, 0, sizeof *s);
  for (int wave = 0; wave < SIM_WAVES; wave++) {
    double low = 1e9, high = -1e9;
    for (int i = 0; i < n; i++) {
      const sim_kernel *g = &kernels[i];
      if (g->wave != wave) continue;
      for (int k = 0; k < 3; k++) {
        if (g->t[k] - REACH * g->w[k] < low) low = g->t[k] - REACH * g->w[k];
        if (g->t[k] + REACH * g->w[k] > high) high = g->t[k] + REACH * g->w[k];
      }
    }
    sim_wave *o = &s->wave[wave];
    if (low > high) continue;
    o->step = (high - low) / (SIM_WAVE_MAX - 4) > 0.00025 ? (high - low) / (SIM_WAVE_MAX - 4) : 0.00025;
    o->t0 = low - o->step;
    o->n = (int)ceil((high - o->t0) / o->step) + 2;
    for (int i = 0; i < n; i++)
      if (kernels[i].wave == wave)
        for (int k = 0; k < 3; k++) add_kernel(o, k, kernels[i].t[k], kernels[i].w[k], kernels[i].a[k]);
  }
  const sim_wave *q = &s->wave[SIM_QRS];
  int peak = 0;
  double most = 0.0;
  for (int i = 0; i < q->n; i++) {
    const double m = q->v[i][0] * q->v[i][0] + q->v[i][1] * q->v[i][1] + q->v[i][2] * q->v[i][2];
    if (m > most) most = m, peak = i;
  }
  const double r_peak = q->t0 + peak * q->step;
  for (int wave = 0; wave < SIM_WAVES; wave++) s->wave[wave].t0 -= r_peak;
  return r_peak;
}

void sim_shape_draw(sim_shape *s, sim_rng *r, int fetus, double maturity, int ventricular) {
  enum { MAX = 12 };
  const kernel *base = fetus ? FETUS : MOTHER;
  const int n = fetus ? (int)(sizeof FETUS / sizeof *FETUS) : (int)(sizeof MOTHER / sizeof *MOTHER);
  sim_kernel made[MAX];
  /* One factor for all of a wave, and a small difference between axes, which opens the loops. */
  const double qrs_length = (fetus ? 0.88 + 0.22 * maturity : 1.0) * fecg_exp(0.07 * sim_normal(r));
  const double qt = fecg_exp(0.04 * sim_normal(r)), pr = fecg_exp(0.06 * sim_normal(r));
  const double size[SIM_WAVES] = {fecg_exp(0.3 * sim_normal(r)), 1.0, fecg_exp((fetus ? 0.45 : 0.3) * sim_normal(r))};
  for (int i = 0; i < n; i++) {
    const int wave = base[i].wave;
    const double length = wave == SIM_QRS ? qrs_length : wave == SIM_T ? qt : pr;
    double magnitude = 0.0;
    for (int k = 0; k < 3; k++) magnitude += base[i].a[k] * base[i].a[k];
    magnitude = sqrt(magnitude);
    /* Q and S differ more between people than R does. */
    made[i].wave = wave;
    const double vary = wave == SIM_QRS && magnitude < 0.5 ? 0.35 : 0.12;
    const double amount = size[wave] * fecg_exp(vary * sim_normal(r)), late = 0.05 * base[i].w_ms * sim_normal(r);
    for (int k = 0; k < 3; k++) {
      made[i].t[k] = 1e-3 * (base[i].t_ms * length + late + 0.10 * base[i].w_ms * sim_normal(r));
      made[i].w[k] = 1e-3 * base[i].w_ms * length * fecg_exp(0.06 * sim_normal(r));
      const double scale = 1.0 + 0.15 * sim_normal(r), turn = 0.06 * magnitude * sim_normal(r);
      made[i].a[k] = amount * (base[i].a[k] * scale + turn);
    }
  }
  if (ventricular) { /* slow spread from one ventricle: wide, turned, T against QRS, no P */
    const double turn = sim_uniform(r, 0.6, 1.4), c = fecg_cos(turn), d = fecg_sin(turn);
    for (int i = 0; i < n; i++) {
      const double along = base[i].wave == SIM_QRS ? 1.6 : 1.0, x = made[i].a[0], z = made[i].a[2];
      const double up = base[i].wave == SIM_T ? -1.7 : 1.25;
      made[i].a[0] = up * (c * x - d * z);
      made[i].a[1] *= -0.6 * up;
      made[i].a[2] = up * (d * x + c * z);
      for (int k = 0; k < 3; k++) made[i].t[k] *= along, made[i].w[k] *= along;
    }
  }
  /* A ventricular beat has no P; the tables begin with theirs. */
  const int skip = ventricular ? 2 : 0;
  sim_shape_make(s, made + skip, n - skip);
}

void sim_shape_at(const sim_shape *s, double u, double out[3]) {
  out[0] = out[1] = out[2] = 0.0;
  for (int wave = 0; wave < SIM_WAVES; wave++) {
    const sim_wave *w = &s->wave[wave];
    const double x = (u - w->t0) / (w->n ? w->step : 1.0), i = floor(x);
    if (!(i >= 0.0 && i < w->n - 1)) continue;
    const float *v = w->v[(int)i];
    for (int k = 0; k < 3; k++) out[k] += v[k] + (x - i) * (v[4 + k] - v[k]);
  }
}

void sim_beat_render(const sim_shape *s, sim_beat_timing timing, double r_s, double t_gain, const float (*lead)[3],
                     int leads, double fs, int64_t start, int n, float *out, size_t stride, float *scratch) {
  for (int wave = 0; wave < SIM_WAVES; wave++) {
    const sim_wave *w = &s->wave[wave];
    if (!w->n) continue;
    const double stretch = wave == SIM_T ? timing.t_stretch : 1.0, gain = wave == SIM_T ? t_gain : 1.0;
    const double origin = r_s + (wave == SIM_P ? timing.p_shift : 0.0) + w->t0 * stretch;
    const double per_sample = 1.0 / (fs * stretch * w->step);
    const double from = ceil((origin - (double)start / fs) * fs), to = from + floor((w->n - 2) / per_sample);
    const int i0 = from < 0.0 ? 0 : from > n ? n : (int)from, i1 = to > n ? n : to < 0.0 ? 0 : (int)to;
    if (i0 >= i1) continue;
    float *x = scratch, *y = scratch + n, *z = y + n;
    for (int i = i0; i < i1; i++) {
      double p = ((double)(start + i) / fs - origin) * fs * per_sample;
      if (p < 0.0) p = 0.0;
      const int at = (int)p;
      const float f = (float)(p - at), g = (float)gain, *v = w->v[at];
      x[i] = g * (v[0] + f * (v[4] - v[0]));
      y[i] = g * (v[1] + f * (v[5] - v[1]));
      z[i] = g * (v[2] + f * (v[6] - v[2]));
    }
    for (int l = 0; l < leads; l++) {
      float *o = out + (size_t)l * stride;
      const float a = lead[l][0], b = lead[l][1], c = lead[l][2];
      for (int i = i0; i < i1; i++) o[i] += a * x[i] + b * y[i] + c * z[i];
    }
  }
}

double sim_shape_before(const sim_shape *s) {
  const sim_wave *first = s->wave[SIM_P].n ? &s->wave[SIM_P] : &s->wave[SIM_QRS];
  return -first->t0 + 0.03;
}

double sim_shape_after(const sim_shape *s) {
  const sim_wave *w = &s->wave[SIM_T];
  return 1.4 * (w->t0 + w->n * w->step);
}
