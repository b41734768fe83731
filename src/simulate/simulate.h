/* simulate.h — what the parts of the simulator share.
 *
 *   rhythm.c  beat times          heart.c  dipole of one beat       torso.c  from dipole to leads
 *   noise.c   everything else     simulate.c  scenarios, levels, the public calls
 *   standard.c, pathology.c, conduction.c (standard.h)  a born person in the 12 standard leads
 *
 * Axes, of the mother and of each heart: x left, y foot, z back. Metres, seconds; dipoles have no
 * unit (a healthy R is about 1) until the levels are set. */
#ifndef FECG_SIMULATE_SIMULATE_H
#define FECG_SIMULATE_SIMULATE_H

#include "base/mem.h"
#include "simulate/random.h"

/* Components with a random stream of their own. */
enum {
  SIM_WOMAN = 1, SIM_TORSO, SIM_LEVELS, SIM_BREATH, SIM_CONTRACTION, SIM_BURST, SIM_MOTION, SIM_LOSS, SIM_GAP,
  SIM_NOISE, SIM_SLOW, SIM_MAINS, SIM_ELECTRODE, SIM_MUSCLE,
  SIM_PERSON = 24, /* in standard leads: pathology, leads, shapes, conduction */
  SIM_HEART = 32, /* + 16 * heart (fourth: a person's atria): shape, rhythm, pose, beats, movement, accelerations, decelerations */
};
enum { SIM_OF_SHAPE, SIM_OF_RHYTHM, SIM_OF_POSE, SIM_OF_BEAT, SIM_OF_MOVEMENT, SIM_OF_ACCELERATION, SIM_OF_DECELERATION };

/* Breathing: a phase that wanders and a depth that varies, known at any time. */
typedef struct sim_breath {
  double hz, wander, wander_hz, wander_phase, depth_hz, depth_phase, phase;
} sim_breath;
sim_breath sim_breath_draw(sim_rng *r, double low_hz, double high_hz);
double sim_breath_at(const sim_breath *b, double t); /* about -1..1, positive: breathing in */

/* ---- heart.c: the dipole of a beat --------------------------------------------------------------- */
enum { SIM_P, SIM_QRS, SIM_T, SIM_WAVES };
enum { SIM_WAVE_MAX = 1024 };
typedef struct sim_wave {
  int n;             /* points; 0: this beat has no such wave */
  double t0, step;   /* time of the first point against the R peak, and between points */
  float v[SIM_WAVE_MAX][4]; /* x, y, z, 0 */
} sim_wave;
typedef struct sim_shape {
  sim_wave wave[SIM_WAVES];
} sim_shape;

/* A Gaussian: seconds against any common origin, and amount, of each axis. */
typedef struct sim_kernel {
  int wave;
  double t[3], w[3], a[3];
} sim_kernel;
/* A beat of these kernels, its R peak at 0; returns when that was by their own clock. */
double sim_shape_make(sim_shape *s, const sim_kernel *kernels, int n);

typedef struct sim_beat_timing {
  double p_shift;   /* how much later the P wave is than at the reference RR */
  double t_stretch; /* QT over QT at the reference RR */
} sim_beat_timing;

/* A mother's (fetus = 0) or a fetus's beat with individual variation. maturity 0..1: 24 to 41 weeks. */
void sim_shape_draw(sim_shape *s, sim_rng *r, int fetus, double maturity, int ventricular);
double sim_reference_rr(int fetus);
sim_beat_timing sim_timing(int fetus, double rr);
/* Dipole at time u after the R peak. */
void sim_shape_at(const sim_shape *s, double u, double out[3]);
/* Adds a beat with its R peak at r_s to samples start..start+n-1 of each lead. lead is [leads][3], scratch [3][n]. */
void sim_beat_render(const sim_shape *s, sim_beat_timing timing, double r_s, double t_gain, const float (*lead)[3],
                     int leads, double fs, int64_t start, int n, float *out, size_t stride, float *scratch);
/* How far from its R peak a beat can reach. */
double sim_shape_before(const sim_shape *s);
double sim_shape_after(const sim_shape *s);

/* ---- rhythm.c: when it beats --------------------------------------------------------------------- */
typedef struct sim_rhythm {
  double bpm, seconds;
  double white, low, low_hz, high, drift; /* relative standard deviations of the rate */
  int drift_poles;                        /* time constants 1.5, 3, 6 .. s share `drift` */
  const sim_breath *breath;               /* what `high` follows */
  sim_events accelerations, decelerations;
  double ectopic, ventricular;            /* chance per beat; share of these that is ventricular */
} sim_rhythm;

typedef struct sim_beats {
  fecg_list t;        /* double, from before 0 to after the end */
  fecg_list kind;     /* uint8_t: 1 for a ventricular ectopic beat */
  size_t first, count; /* those within the recording */
} sim_beats;
fecg_status sim_rhythm_make(const sim_rhythm *rhythm, sim_rng rng, sim_beats *out);

/* ---- torso.c: where it lies and what the leads see ----------------------------------------------- */
typedef struct sim_torso {
  int leads, adult, near_copies; /* near_copies: a reference that dominates every lead */
  double radius[3], blur;
  double electrode[FECG_MAX_LEADS + 1][3]; /* the last is the reference */
  double vector[FECG_MAX_LEADS][3];        /* adult: fixed lead vectors */
  char label[FECG_MAX_LEADS][16];
} sim_torso;
/* The rotation by |v| about v (Rodrigues). */
void sim_rotation(const double v[3], double m[3][3]);
void sim_torso_draw(sim_torso *t, sim_rng *r, int leads, int adult, double maturity);

typedef struct sim_pose {
  int fetus;
  double position[3], rotation[3][3];
  const sim_breath *breath;      /* the mother's; moves both */
  sim_breath own_breath;         /* the fetus's */
  double breath_turn[3], breath_shift[3];
  sim_events movement;           /* each leads from one orientation to the next */
  double movement_turn, movement_shift;
  double direct, opening[3], path[3], source[3]; /* vernix: weight of the direct path; a hole in it */
} sim_pose;
void sim_pose_draw(sim_pose *p, sim_rng *r, const sim_torso *torso, int fetus, int second, double maturity,
                   const sim_breath *breath);
/* What each lead makes of the heart's own x, y, z at time t: [leads][3]. */
void sim_pose_leads(const sim_pose *p, const sim_torso *torso, double t, double (*lead)[3]);

/* ---- noise.c: everything that is not a heart ------------------------------------------------------- */
enum { SIM_PINK = 4, SIM_DRIFT = 3, SIM_HARMONICS = 4, SIM_GROUPS = 2, SIM_STEPS = 16, SIM_ELECTRODES = FECG_MAX_LEADS + 1 };

typedef struct sim_biquad {
  float b0, b1, b2, a1, a2;
} sim_biquad;

typedef struct sim_muscle { /* high-pass then low-pass */
  sim_rng rng;
  float z[4];
} sim_muscle;

typedef struct sim_slow { /* what changes at the control rate of about 50 Hz */
  sim_rng rng;
  int64_t step;
  float drift[SIM_ELECTRODES][SIM_DRIFT];
  float uterus[2][2]; /* two sources, narrow-band: real and imaginary part */
} sim_slow;

typedef struct sim_control { /* values at one control point */
  float slow[FECG_MAX_LEADS], motion[FECG_MAX_LEADS], burst[SIM_GROUPS], mains;
} sim_control;

typedef struct sim_noise_source {
  const sim_torso *torso;
  const sim_breath *breath;
  double fs, seconds;
  uint64_t seed;
  int leads, hop, block;            /* hop: samples a control step; block: SIM_STEPS hops */
  sim_events contraction, burst, motion, loss, gap;
  double contraction_muscle, rail_uv, motion_uv;
  /* colours */
  float pink_a[SIM_PINK], pink_b[SIM_PINK], white;
  sim_biquad high, low;
  float muscle_norm, drift_a[SIM_DRIFT], drift_b[SIM_DRIFT], uterus_re, uterus_im, uterus_drive;
  /* weights: power shares and lead gains, then one scale for all */
  float gain[FECG_MAX_LEADS], reference, electrode_w, local_w, group_w[FECG_MAX_LEADS][SIM_GROUPS];
  float breath_w[FECG_MAX_LEADS], breath_phase[FECG_MAX_LEADS], uterus_w[FECG_MAX_LEADS][2], slow_w;
  float mains_w[FECG_MAX_LEADS][SIM_HARMONICS][2], mains_depth, mains_hz, mains_drift, scale;
  int harmonics[SIM_HARMONICS];
  /* running state */
  sim_slow slow;
  sim_control control;              /* at the start of the next block */
  sim_rng electrode_rng[SIM_ELECTRODES];
  float pink_z[SIM_ELECTRODES][SIM_PINK];
  sim_muscle local[SIM_ELECTRODES], group[SIM_GROUPS];
  double mains_phase;
  int64_t at;
  float *scratch;                   /* [5][block] */
} sim_noise_source;

/* Draws the woman's noise; scratch must hold 5 * sim_noise_block(fs) floats. */
int sim_noise_block(double fs);
void sim_noise_draw(sim_noise_source *z, const sim_torso *torso, const sim_breath *breath, uint64_t seed, double fs,
                    double seconds, const char *scenario, double maternal_uv, float *scratch);
/* Noise power of each lead over the recording at scale 1, artefacts of the scenario apart. */
void sim_noise_power(sim_noise_source *z, double *power);
/* The next block of noise, out is [leads][stride]. Where an electrode is lost or a gap is, fetal and
 * maternal (same layout) become 0. */
void sim_noise_next(sim_noise_source *z, float *fetal, float *maternal, float *out, size_t stride);

#endif
