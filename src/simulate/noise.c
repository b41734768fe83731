/* noise.c — what lies over the two hearts in an abdominal recording.
 *
 *   electrodes  1/f noise of skin and electrode from 1 Hz up and a white floor (one-pole filters a
 *               factor 4 apart), each electrode its own, the reference in every lead
 *   muscle      band-limited noise, some of it each electrode's own, some from two groups that every
 *               lead sees differently; in bursts, and more of it during a contraction
 *   slow        baseline: drift below 1 Hz, breathing, and during contractions the uterus (EHG,
 *               0.3-1 Hz bursts)
 *   mains       50 or 60 Hz with harmonics, own amplitude and phase in every lead, slowly changing
 *   scenario    motion steps that decay, electrode loss, gaps
 *
 * After the artefact classes of Behar, Andreotti, Zaunseder, Li, Oster and Clifford, "An ECG simulator
 * for generating maternal-foetal activity mixtures on abdominal ECG recordings" (fecgsyn), Physiol
 * Meas 2014; there noise is drawn from recordings, here every part is a process. What is slow is made
 * at about 50 Hz and interpolated, so that its power over the whole recording can be known before
 * the first sample. */
#include <math.h>
#include <string.h>

#include "base/math.h"
#include "simulate/simulate.h"

int sim_noise_block(double fs) {
  const int hop = (int)rint(fs / 50.0);
  return SIM_STEPS * (hop < 2 ? 2 : hop);
}

/* Second-order Butterworth section by the bilinear transform (R. Bristow-Johnson's formulas). */
static sim_biquad butterworth(double hz, double fs, int high) {
  const double w = 2.0 * FECG_PI * hz / fs, c = fecg_cos(w), alpha = fecg_sin(w) * sqrt(0.5), a0 = 1.0 + alpha;
  const double edge = (high ? 1.0 + c : 1.0 - c) / a0;
  return (sim_biquad){(float)(0.5 * edge), (float)(high ? -edge : edge), (float)(0.5 * edge), (float)(-2.0 * c / a0),
                      (float)((1.0 - alpha) / a0)};
}

static void muscle_filter(const sim_biquad *h, const sim_biquad *l, float z[4], float *x, int n) {
  float a = z[0], b = z[1], c = z[2], d = z[3];
  for (int i = 0; i < n; i++) { /* transposed direct form II, twice */
    const float u = x[i], v = h->b0 * u + a;
    a = h->b1 * u - h->a1 * v + b;
    b = h->b2 * u - h->a2 * v;
    const float y = l->b0 * v + c;
    c = l->b1 * v - l->a1 * y + d;
    d = l->b2 * v - l->a2 * y;
    x[i] = y;
  }
  z[0] = a, z[1] = b, z[2] = c, z[3] = d;
}

/* One-pole filters driven by one white noise, weighted so that their sum falls as 1/f or somewhat steeper. */
static void colours(sim_noise_source *z, sim_rng *r) {
  double power = 0.0, a[SIM_PINK], b[SIM_PINK], weight = 1.0;
  const double steep = sim_uniform(r, 2.0, 3.2), white = sim_uniform(r, 0.005, 0.025);
  for (int i = 0; i < SIM_PINK; i++) {
    const double hz = 1.0 * (1 << 2 * i);
    a[i] = fecg_exp(-2.0 * FECG_PI * hz / z->fs);
    b[i] = hz < 0.4 * z->fs ? (1.0 - a[i]) * weight : 0.0;
    weight /= steep; /* 2: 1/f in power */
  }
  for (int i = 0; i < SIM_PINK; i++) {
    power += 2.0 * white * b[i];
    for (int j = 0; j < SIM_PINK; j++) power += b[i] * b[j] / (1.0 - a[i] * a[j]);
  }
  power += white * white;
  for (int i = 0; i < SIM_PINK; i++) z->pink_a[i] = (float)a[i], z->pink_b[i] = (float)(b[i] / sqrt(power));
  z->white = (float)(white / sqrt(power));
  const double low_hz = sim_uniform(r, 45.0, 110.0);
  z->high = butterworth(sim_uniform(r, 12.0, 28.0), z->fs, 1);
  z->low = butterworth(low_hz < 0.4 * z->fs ? low_hz : 0.4 * z->fs, z->fs, 0);
  float state[4] = {0}, x[64] = {1.0f};
  power = 0.0;
  for (int i = 0; i < (int)z->fs; i += 64) { /* power of white noise through both: sum of h^2 */
    muscle_filter(&z->high, &z->low, state, x, 64);
    for (int j = 0; j < 64; j++) power += (double)x[j] * x[j], x[j] = 0.0f;
  }
  z->muscle_norm = (float)(1.0 / sqrt(power));
  const double dt = z->hop / z->fs;
  for (int i = 0; i < SIM_DRIFT; i++) { /* 0.012, 0.06, 0.3 Hz */
    const double hz = 0.012 * (i == 0 ? 1.0 : i == 1 ? 5.0 : 25.0), k = fecg_exp(-2.0 * FECG_PI * hz * dt);
    z->drift_a[i] = (float)k;
    z->drift_b[i] = (float)sqrt(1.0 - k * k);
  }
  const double hz = sim_uniform(r, 0.3, 0.8), k = fecg_exp(-2.0 * dt);
  z->uterus_re = (float)(k * fecg_cos(2.0 * FECG_PI * hz * dt));
  z->uterus_im = (float)(k * fecg_sin(2.0 * FECG_PI * hz * dt));
  z->uterus_drive = (float)sqrt(1.0 - k * k);
}

static double bump_of(const sim_events *e, double t, double rise) {
  sim_event at;
  return sim_event_at(e, t, &at) ? sim_bump((t - at.t_s) / at.duration_s, rise) : 0.0;
}

/* A step of the electrode that decays, and the cable swinging, uV in lead l. */
static void motion_at(const sim_noise_source *z, double t, float *out, double *muscle) {
  sim_event e;
  if (!sim_event_at(&z->motion, t, &e) || t < e.t_s || t > e.t_s + e.duration_s) return;
  const double size = z->motion_uv * sim_log_uniform(&e.rng, 0.5, 6.0), decay = e.duration_s / sim_uniform(&e.rng, 5.0, 9.0),
               swing_hz = sim_uniform(&e.rng, 1.0, 7.0), swing = sim_uniform(&e.rng, 0.0, 0.6), u = t - e.t_s;
  const double end = sim_bump(0.5 + 0.5 * u / e.duration_s, 0.5);
  const double step = (1.0 - fecg_exp(-u / 0.015)) * fecg_exp(-u / decay) * end;
  const double wave = swing * fecg_sin(2.0 * FECG_PI * swing_hz * u) * fecg_exp(-0.5 * u / decay) * end;
  const double common = sim_normal(&e.rng);
  const int most = (int)sim_uniform(&e.rng, 0.0, z->leads);
  *muscle += 4.0 * step;
  for (int l = 0; l < z->leads; l++) {
    const double gain = 0.5 * common + (l == most ? 1.5 : 0.3) * sim_normal(&e.rng);
    out[l] = (float)(size * (gain * step + (0.5 * gain + 0.2 * common) * wave));
  }
}

/* The next control point, in units of the weights (motion in uV). */
static void control_next(const sim_noise_source *z, sim_slow *s, sim_control *c) {
  const double t = (double)s->step * z->hop / z->fs;
  float g[SIM_ELECTRODES * SIM_DRIFT + 4], common = 0.0f;
  const int n = z->leads + 1;
  sim_noise(&s->rng, g, (size_t)(n * SIM_DRIFT + 4));
  const float start = s->step == 0 ? 1.0f : 0.0f; /* begins in its stationary state */
  float level[SIM_ELECTRODES];
  for (int e = 0; e < n; e++) {
    level[e] = 0.0f;
    for (int i = 0; i < SIM_DRIFT; i++) {
      const float drive = start > 0.0f ? start : z->drift_b[i];
      s->drift[e][i] = z->drift_a[i] * s->drift[e][i] + drive * g[e * SIM_DRIFT + i];
      level[e] += s->drift[e][i] * (i == 0 ? 0.8f : i == 1 ? 0.6f : 0.35f);
    }
  }
  common = z->reference * level[z->leads];
  const float contraction = (float)bump_of(&z->contraction, t, 0.5);
  float uterus[2];
  for (int i = 0; i < 2; i++) {
    const float re = s->uterus[i][0], im = s->uterus[i][1], drive = start > 0.0f ? start : z->uterus_drive;
    s->uterus[i][0] = z->uterus_re * re - z->uterus_im * im + drive * g[n * SIM_DRIFT + 2 * i];
    s->uterus[i][1] = z->uterus_im * re + z->uterus_re * im + drive * g[n * SIM_DRIFT + 2 * i + 1];
    uterus[i] = contraction * s->uterus[i][0];
  }
  const float in = (float)sim_breath_at(z->breath, t), out = (float)sim_breath_at(z->breath, t - 0.4);
  double tension = z->contraction_muscle * contraction;
  for (int l = 0; l < z->leads; l++) {
    c->slow[l] = z->gain[l] * level[l] - common + z->breath_w[l] * in + z->breath_phase[l] * out +
                 z->uterus_w[l][0] * uterus[0] + z->uterus_w[l][1] * uterus[1];
    c->motion[l] = 0.0f;
  }
  motion_at(z, t, c->motion, &tension);
  for (int i = 0; i < SIM_GROUPS; i++) {
    sim_events b = z->burst;
    b.component += (uint32_t)i * 64;
    sim_event e;
    double burst = 0.35;
    if (sim_event_at(&b, t, &e)) burst += sim_log_uniform(&e.rng, 0.7, 4.0) * sim_bump((t - e.t_s) / e.duration_s, 0.3);
    c->burst[i] = (float)(burst + tension);
  }
  const double turn = t * z->mains_drift;
  c->mains = 1.0f + z->mains_depth * (float)fecg_sin(2.0 * FECG_PI * (turn - floor(turn)));
  s->step++;
}

static sim_events events(uint64_t seed, uint32_t component, double slot, double chance, double low, double high) {
  sim_events e = {seed, component, slot, chance, low, high, -1.0};
  return e;
}

void sim_noise_draw(sim_noise_source *z, const sim_torso *torso, const sim_breath *breath, uint64_t seed, double fs,
                    double seconds, const char *scenario, double maternal_uv, float *scratch) {
  memset(z, 0, sizeof *z);
  z->torso = torso;
  z->breath = breath;
  z->fs = fs;
  z->seconds = seconds;
  z->seed = seed;
  z->leads = torso->leads;
  z->block = sim_noise_block(fs);
  z->hop = z->block / SIM_STEPS;
  z->scratch = scratch;
  z->scale = 1.0f;
  sim_rng r = sim_stream(seed, SIM_NOISE, 0);
  colours(z, &r);

  /* Shares of the power, then gains of the leads. */
  double slow = sim_uniform(&r, 0.15, 0.6), electrode = sim_uniform(&r, 0.25, 0.6), local = sim_uniform(&r, 0.02, 0.2),
         group = sim_uniform(&r, 0.03, 0.35), mains = sim_uniform(&r, 0.0, 0.5);
  mains *= mains;
  const double sum = slow + electrode + local + group + mains;
  const double reference = torso->near_copies ? sim_uniform(&r, 2.0, 4.0) : sim_uniform(&r, 0.2, 0.8);
  z->reference = (float)reference;
  for (int l = 0; l < z->leads; l++) z->gain[l] = (float)fecg_exp(0.25 * sim_normal(&r));
  const double own = sqrt(1.0 + reference * reference);
  z->electrode_w = (float)(sqrt(electrode / sum) / own);
  z->local_w = (float)(sqrt(local / sum) / own * z->muscle_norm);
  z->slow_w = (float)sqrt(slow / sum);
  const double breathing = sim_uniform(&r, 0.2, 1.2), uterine = sim_uniform(&r, 0.5, 2.0);
  for (int l = 0; l < z->leads; l++) {
    z->breath_w[l] = (float)(breathing * (0.5 + 0.6 * sim_normal(&r)));
    z->breath_phase[l] = (float)(0.3 * breathing * sim_normal(&r));
    for (int i = 0; i < 2; i++) z->uterus_w[l][i] = (float)(uterine * sim_normal(&r));
    for (int i = 0; i < SIM_GROUPS; i++)
      z->group_w[l][i] = (float)(sqrt(group / sum) * z->muscle_norm * (0.4 + 0.6 * sim_normal(&r)));
  }
  z->mains_hz = sim_chance(&r, 0.75) ? 50.0f : 60.0f;
  z->mains_depth = (float)sim_uniform(&r, 0.02, 0.3);
  z->mains_drift = (float)sim_uniform(&r, 0.01, 0.1);
  static const int ORDER[SIM_HARMONICS] = {1, 2, 3, 5};
  static const double SIZE[SIM_HARMONICS] = {1.0, 0.12, 0.25, 0.1};
  for (int h = 0; h < SIM_HARMONICS; h++) {
    z->harmonics[h] = (double)z->mains_hz * ORDER[h] < 0.48 * fs ? ORDER[h] : 0;
    const double size = sqrt(mains / sum) * SIZE[h] * (h ? fecg_exp(0.6 * sim_normal(&r)) : 1.0);
    const double common[2] = {sim_normal(&r), sim_normal(&r)};
    for (int l = 0; l < z->leads; l++)
      for (int i = 0; i < 2; i++) z->mains_w[l][h][i] = (float)(size * (0.8 * common[i] + 0.6 * sim_normal(&r)));
  }

  const double early = seconds < 30.0 ? 0.2 * seconds : 6.0; /* a scenario's event comes soon */
  const int labour = sim_chance(&r, 0.3) || !strcmp(scenario, "decelerations");
  z->contraction = events(seed, SIM_CONTRACTION, sim_uniform(&r, 150.0, 300.0), labour ? 1.0 : 0.15, 45.0, 70.0);
  z->contraction_muscle = sim_uniform(&r, 0.3, 1.5);
  z->burst = events(seed, SIM_BURST, sim_uniform(&r, 10.0, 25.0), 0.4, 0.3, 4.0);
  z->motion_uv = maternal_uv;
  z->rail_uv = 3200.0;
  if (!strcmp(scenario, "motion")) {
    z->motion = events(seed, SIM_MOTION, 8.0, 0.8, 0.8, 4.0);
    z->motion.first_s = early < 3.0 ? early : 3.0;
  } else if (!strcmp(scenario, "electrode-loss")) {
    const double longest = 0.5 * seconds < 25.0 ? 0.5 * seconds : 25.0;
    z->loss = events(seed, SIM_LOSS, 60.0, 0.8, 0.4 * longest, longest);
    z->loss.first_s = early;
  } else if (!strcmp(scenario, "gaps")) {
    const double longest = 0.2 * seconds < 5.0 ? 0.2 * seconds : 5.0;
    z->gap = events(seed, SIM_GAP, 15.0, 0.7, 0.1 * longest, longest);
    z->gap.first_s = early;
  }

  for (int e = 0; e <= z->leads; e++) {
    z->electrode_rng[e] = sim_stream(seed, SIM_ELECTRODE, (uint64_t)e);
    z->local[e].rng = sim_stream(seed, SIM_MUSCLE, (uint64_t)e);
  }
  for (int i = 0; i < SIM_GROUPS; i++) z->group[i].rng = sim_stream(seed, SIM_MUSCLE, 64 + (uint64_t)i);
  z->slow.rng = sim_stream(seed, SIM_SLOW, 0);
  sim_rng m = sim_stream(seed, SIM_MAINS, 0);
  z->mains_phase = sim_uniform(&m, 0.0, 1.0);
}

void sim_noise_power(sim_noise_source *z, double *power) {
  /* The slow part is run once over the recording; the rest follows from filters and weights. */
  sim_slow s = z->slow;
  sim_control c;
  double slow[FECG_MAX_LEADS] = {0}, burst[SIM_GROUPS] = {0}, mains = 0.0, mean = 0.0, group = 0.0, group_want = 0.0;
  const sim_events motion = z->motion;
  z->motion.chance = 0.0;
  const int64_t steps = (int64_t)(z->seconds * z->fs / z->hop) + 1;
  for (int64_t i = 0; i < steps; i++) {
    control_next(z, &s, &c);
    for (int l = 0; l < z->leads; l++) slow[l] += (double)c.slow[l] * c.slow[l];
    for (int k = 0; k < SIM_GROUPS; k++) burst[k] += (double)c.burst[k] * c.burst[k];
    mains += (double)c.mains * c.mains;
  }
  z->motion = motion;
  /* The mean over leads of what is slow and of what comes in bursts is brought to its share. */
  for (int l = 0; l < z->leads; l++) {
    mean += slow[l] / (double)steps / z->leads;
    for (int k = 0; k < SIM_GROUPS; k++) {
      const double w = (double)z->group_w[l][k] / z->muscle_norm;
      group += w * w * burst[k] / (double)steps / z->leads;
      group_want += w * w / z->leads;
    }
  }
  z->slow_w = (float)(z->slow_w / sqrt(mean + 1e-30));
  const double even = sqrt(group_want / (group + 1e-30));
  for (int l = 0; l < z->leads; l++) {
    const double own = (double)z->gain[l] * z->gain[l] + (double)z->reference * z->reference;
    const double local = (double)z->local_w / z->muscle_norm;
    power[l] = own * ((double)z->electrode_w * z->electrode_w + local * local);
    power[l] += (double)z->slow_w * z->slow_w * slow[l] / (double)steps;
    for (int k = 0; k < SIM_GROUPS; k++) {
      z->group_w[l][k] = (float)(z->group_w[l][k] * even);
      const double w = (double)z->group_w[l][k] / z->muscle_norm;
      power[l] += w * w * burst[k] / (double)steps;
    }
    for (int h = 0; h < SIM_HARMONICS; h++) {
      const double a = z->mains_w[l][h][0], b = z->mains_w[l][h][1];
      if (z->harmonics[h]) power[l] += 0.5 * (a * a + b * b) * mains / (double)steps;
    }
  }
}

static void lose_electrode(const sim_noise_source *z, int64_t start, float *fetal, float *maternal, float *out, size_t stride) {
  for (int i = 0; i < z->block; i++) {
    const double t = (double)(start + i) / z->fs;
    sim_event e;
    if (!sim_event_at(&z->loss, t, &e) || t < e.t_s || t >= e.t_s + e.duration_s) continue;
    const int first = (int)sim_uniform(&e.rng, 0.0, z->leads);
    const int lost = z->leads > 2 && sim_chance(&e.rng, 0.3) ? 2 : 1;
    const double kind = sim_uniform(&e.rng, 0.0, 1.0), rail = sim_chance(&e.rng, 0.5) ? z->rail_uv : -z->rail_uv;
    for (int k = 0; k < lost; k++) {
      const size_t at = (size_t)((first + k) % z->leads) * stride + (size_t)i;
      fetal[at] = maternal[at] = 0.0f;
      out[at] = kind < 0.4 ? 0.0f : kind < 0.8 ? (float)rail : NAN;
    }
  }
}

static void cut_gaps(const sim_noise_source *z, int64_t start, float *out, size_t stride) {
  for (int i = 0; i < z->block; i++) {
    const double t = (double)(start + i) / z->fs;
    sim_event e;
    if (!sim_event_at(&z->gap, t, &e) || t < e.t_s || t >= e.t_s + e.duration_s) continue;
    const int all = sim_chance(&e.rng, 0.5), one = (int)sim_uniform(&e.rng, 0.0, z->leads);
    for (int l = 0; l < z->leads; l++)
      if (all || l == one) out[(size_t)l * stride + (size_t)i] = NAN;
  }
}

void sim_noise_next(sim_noise_source *z, float *fetal, float *maternal, float *out, size_t stride) {
  const int n = z->block, hop = z->hop;
  float *reference = z->scratch, *x = reference + n, *y = x + n, *group[SIM_GROUPS] = {y + n, y + 2 * n};
  sim_control c[SIM_STEPS + 1];
  if (z->at == 0) control_next(z, &z->slow, &z->control);
  c[0] = z->control;
  for (int i = 1; i <= SIM_STEPS; i++) control_next(z, &z->slow, &c[i]);
  z->control = c[SIM_STEPS];

  for (int l = z->leads; l >= 0; l--) { /* the reference first */
    float *o = l == z->leads ? reference : out + (size_t)l * stride;
    sim_noise(&z->electrode_rng[l], x, (size_t)n);
    float s0 = z->pink_z[l][0], s1 = z->pink_z[l][1], s2 = z->pink_z[l][2], s3 = z->pink_z[l][3];
    for (int i = 0; i < n; i++) {
      s0 = z->pink_a[0] * s0 + z->pink_b[0] * x[i];
      s1 = z->pink_a[1] * s1 + z->pink_b[1] * x[i];
      s2 = z->pink_a[2] * s2 + z->pink_b[2] * x[i];
      s3 = z->pink_a[3] * s3 + z->pink_b[3] * x[i];
      o[i] = z->electrode_w * ((s0 + s1) + (s2 + s3) + z->white * x[i]);
    }
    z->pink_z[l][0] = s0, z->pink_z[l][1] = s1, z->pink_z[l][2] = s2, z->pink_z[l][3] = s3;
    sim_noise(&z->local[l].rng, y, (size_t)n);
    muscle_filter(&z->high, &z->low, z->local[l].z, y, n);
    for (int i = 0; i < n; i++) o[i] += z->local_w * y[i];
  }
  for (int k = 0; k < SIM_GROUPS; k++) {
    float *g = group[k];
    sim_noise(&z->group[k].rng, g, (size_t)n);
    muscle_filter(&z->high, &z->low, z->group[k].z, g, n);
    for (int s = 0; s < SIM_STEPS; s++)
      for (int i = 0; i < hop; i++)
        g[s * hop + i] *= c[s].burst[k] + (float)i / (float)hop * (c[s + 1].burst[k] - c[s].burst[k]);
  }
  for (int l = 0; l < z->leads; l++) {
    float *o = out + (size_t)l * stride;
    const float g = z->gain[l], ref = z->reference, w0 = z->group_w[l][0], w1 = z->group_w[l][1];
    for (int i = 0; i < n; i++) o[i] = g * o[i] - ref * reference[i] + w0 * group[0][i] + w1 * group[1][i];
  }

  /* Mains: a rotation for each harmonic, set right at the start of each block. */
  const double per_sample = z->mains_hz * (1.0 + 2e-4 * fecg_sin(0.37 * (double)(z->at / n % 1000000))) / z->fs;
  for (int h = 0; h < SIM_HARMONICS; h++) {
    if (!z->harmonics[h]) continue;
    const double turn = z->mains_phase * z->harmonics[h], angle = 2.0 * FECG_PI * (turn - floor(turn)),
                 step = 2.0 * FECG_PI * per_sample * z->harmonics[h];
    const double cs = fecg_cos(step), sn = fecg_sin(step);
    double re = fecg_cos(angle), im = fecg_sin(angle);
    for (int i = 0; i < n; i++) {
      const float amount = c[i / hop].mains;
      x[i] = amount * (float)re;
      y[i] = amount * (float)im;
      const double t = cs * re - sn * im;
      im = sn * re + cs * im;
      re = t;
    }
    for (int l = 0; l < z->leads; l++) {
      float *o = out + (size_t)l * stride;
      const float a = z->mains_w[l][h][0], b = z->mains_w[l][h][1];
      for (int i = 0; i < n; i++) o[i] += a * x[i] + b * y[i];
    }
  }
  z->mains_phase += per_sample * n;
  z->mains_phase -= floor(z->mains_phase);

  for (int l = 0; l < z->leads; l++) {
    float *o = out + (size_t)l * stride;
    for (int s = 0; s < SIM_STEPS; s++) {
      const float a = z->scale * z->slow_w * c[s].slow[l] + c[s].motion[l],
                  b = z->scale * z->slow_w * c[s + 1].slow[l] + c[s + 1].motion[l];
      for (int i = 0; i < hop; i++) o[s * hop + i] = z->scale * o[s * hop + i] + (a + (float)i / (float)hop * (b - a));
    }
  }
  const double from = (double)z->at / z->fs, to = (double)(z->at + n) / z->fs;
  sim_event e;
  if (sim_event_at(&z->loss, from, &e) || sim_event_at(&z->loss, to, &e)) lose_electrode(z, z->at, fetal, maternal, out, stride);
  if (sim_event_at(&z->gap, from, &e) || sim_event_at(&z->gap, to, &e)) cut_gaps(z, z->at, out, stride);
  z->at += n;
}
