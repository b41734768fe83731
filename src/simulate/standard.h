/* standard.h — a born person in the 12 standard leads.
 *
 *   pathology.c  the scenarios: what each changes    conduction.c  when atria and ventricles beat
 *   standard.c   waves and leads of the person
 *
 * Eight leads are made (I, II, V1 to V6); III, aVR, aVL and aVF follow from I and II. Dipoles are in mV, so that
 * a lead vector of Dower's gives mV. */
#ifndef FECG_SIMULATE_STANDARD_H
#define FECG_SIMULATE_STANDARD_H

#include "simulate/simulate.h"

enum { SIM_MADE_LEADS = 8, SIM_STANDARD_LEADS = 12, SIM_EXTRA = 12 };

/* How the ventricles are activated: a table of kernels in standard.c. */
typedef enum sim_activation { SIM_USUAL, SIM_LEFT_BUNDLE, SIM_LEFT_FASCICLE, SIM_RIGHT_LOAD } sim_activation;
typedef enum sim_atria { SIM_SINUS, SIM_FIBRILLATION, SIM_FLUTTER } sim_atria;
typedef enum sim_block { SIM_CONDUCTS, SIM_WENCKEBACH, SIM_MOBITZ, SIM_COMPLETE } sim_block;

typedef struct sim_conduction {
  sim_atria atria;
  sim_block block;
  int ratio;             /* block: of ratio + 1 P waves one is dropped; flutter: ratio to 1, 0: changing */
  double bpm;            /* of the ventricles where they are not led by the sinus node */
  double spread;         /* fibrillation: SD of log RR */
  double lengthening_s;  /* Wenckebach: of the second PR */
  double premature;      /* chance of a premature beat */
  int every;             /* > 0: every so manyth instead */
  int ventricular;       /* where it comes from */
} sim_conduction;
/* Times of P and of R from those of the sinus node, which are R times at the usual PR. */
fecg_status sim_conduct(const sim_conduction *c, const sim_beats *sinus, sim_rng r, double seconds, sim_beats *atria,
                        sim_beats *ventricles);

/* Fibrillation and flutter waves: two sawtooths. */
typedef struct sim_flutter {
  double hz, wander, wander_hz, amount_hz, mv, v[3];
} sim_flutter;
double sim_flutter_at(const sim_flutter *f, double t); /* of 1 */

typedef struct sim_kind { /* a kernel as tables have it */
  int wave;
  double t_ms, w_ms, a[3];
} sim_kind;

typedef struct sim_person {
  unsigned classes;                      /* FECG_SIM_* */
  double bpm, pr_s, qrs_s, qtc_s;        /* QTc by Fridericia */
  sim_activation activation;
  double turn[SIM_WAVES][3], gain[SIM_WAVES]; /* of the tables: rotation, factor */
  double late_t;                         /* 0: a long QT is a broad T, 1: a late one */
  double sokolow_mv[2];                  /* S in V1 and R in V5 lie within */
  sim_kind extra[SIM_EXTRA];             /* added to the tables as they are */
  int extras;
  sim_conduction conduction;
  sim_flutter flutter[2];
} sim_person;

/* A healthy person. */
void sim_person_draw(sim_person *p, sim_rng *r);
void sim_person_leads(sim_torso *t, sim_rng *r);
/* Shapes of ventricles and atria: [0] usual, [1] ectopic. */
void sim_person_shapes(const sim_person *p, const sim_torso *t, sim_rng *r, sim_shape ventricles[2], sim_shape atria[2]);
const char *sim_standard_label(int lead);
/* rows: I, II, V1..V6 become the twelve. */
void sim_standard_expand(float *rows, size_t stride);

/* What a pathology makes of a healthy person; 0: no such name. r may be NULL: only asks. */
int sim_pathology(const char *name, sim_person *p, sim_rng *r);

#endif
