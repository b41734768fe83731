/* pathology.c — what each scenario in the standard leads makes of a healthy person.
 *
 * Amounts are drawn within what statements and textbooks call the finding:
 *   rhythm, blocks   Surawicz et al., AHA/ACCF/HRS recommendations, part III: intraventricular conduction, JACC 2009 (QRS
 *                    >= 120 ms and form of the bundle branch blocks; fascicle: axis -45 to -90 degrees); Kusumoto et al. 2018
 *                    (PR > 200 ms, Mobitz I and II, complete block)
 *   fibrillation     Hindricks et al., ESC guidelines 2020: no P, irregular RR, waves of 4 to 9 Hz; flutter 240 to 320 a minute
 *   ST, T            Rautaharju et al., part IV, and Wagner et al., part VI: acute ischaemia and infarction, JACC 2009;
 *                    Thygesen et al., Fourth universal definition of myocardial infarction, 2018: new J-point elevation
 *                    >= 0.1 mV, in V2 and V3 >= 0.2 mV; ST depression >= 0.05 mV; Q >= 30 ms and 0.1 mV
 *   QT               part IV: QTc above 450 (men) or 460 ms (women) is long, below 390 short; drawn farther off, so that no sex
 *                    is needed
 *   hypertrophy      Hancock et al., part V: S(V1) + R(V5) > 3.5 mV with ST and T against the QRS (Sokolow and Lyon 1949); right:
 *                    R in V1 above S, axis to the right, T inverted in V1 to V3
 *
 * ST shifts and lost muscle are vectors: towards the injured region, away from a scar; what lies opposite to it shows the
 * reciprocal. */
#include <string.h>

#include "fecg.h"
#include "simulate/standard.h"

typedef enum pathology {
  NORMAL, BRADY, TACHY, AF, FLUTTER, PVC, PAC, AV_1, AV_2, AV_3, LBBB, RBBB, LAFB, ANTERIOR, INFERIOR, LATERAL, ISCHAEMIA, LVH,
  RVH, LONG_QT, SHORT_QT, PATHOLOGIES
} pathology;

enum {
  ARR = FECG_SIM_ABNORMAL | FECG_SIM_ARRHYTHMIA, CD = FECG_SIM_ABNORMAL | FECG_SIM_CONDUCTION,
  MI = FECG_SIM_ABNORMAL | FECG_SIM_INFARCTION, QT = FECG_SIM_ABNORMAL | FECG_SIM_QT, HYP = FECG_SIM_ABNORMAL | FECG_SIM_HYPERTROPHY
};

static const struct {
  const char *name;
  unsigned classes;
} KNOWN[PATHOLOGIES] = {
    [NORMAL] = {"normal", 0}, [BRADY] = {"sinus-brady", ARR}, [TACHY] = {"sinus-tachy", ARR}, [AF] = {"af", ARR},
    [FLUTTER] = {"flutter", ARR}, [PVC] = {"pvc", ARR}, [PAC] = {"pac", ARR}, [AV_1] = {"av-block-1", CD}, [AV_2] = {"av-block-2", CD},
    [AV_3] = {"av-block-3", CD}, [LBBB] = {"lbbb", CD}, [RBBB] = {"rbbb", CD}, [LAFB] = {"lafb", CD},
    [ANTERIOR] = {"infarction-anterior", MI}, [INFERIOR] = {"infarction-inferior", MI}, [LATERAL] = {"infarction-lateral", MI},
    [ISCHAEMIA] = {"ischaemia", FECG_SIM_ABNORMAL}, [LVH] = {"lvh", HYP}, [RVH] = {"rvh", HYP}, [LONG_QT] = {"long-qt", QT},
    [SHORT_QT] = {"short-qt", QT},
};

static void add(sim_person *p, int wave, double t_ms, double w_ms, const double v[3], double mv) {
  p->extra[p->extras++] = (sim_kind){wave, t_ms, w_ms, {mv * v[0], mv * v[1], mv * v[2]}};
}

/* The ST segment moves by mv along v, from J to the T wave, and T by t_mv. */
static void repolarise(sim_person *p, const double v[3], double st_mv, double t_mv) {
  for (int i = 0; i < 3; i++) add(p, SIM_T, 78 + 38 * i, 27, v, st_mv * (i == 1 ? 0.48 : 0.72));
  add(p, SIM_T, 205, 40, v, 0.75 * t_mv + 0.35 * st_mv);
  add(p, SIM_T, 256, 34, v, t_mv);
}

static void infarct(sim_person *p, sim_rng *r, const double towards[3]) {
  const int old = sim_chance(r, 0.5);
  const double severity = sim_uniform(r, 0.0, 1.0), q_mv = old || sim_chance(r, 0.4) ? 0.45 + 0.45 * severity : 0.0;
  double v[3]; /* no two lie alike */
  for (int k = 0; k < 3; k++) v[k] = towards[k] + 0.12 * sim_normal(r);
  if (q_mv > 0.0) {
    add(p, SIM_QRS, -22, 9, v, -0.75 * q_mv);
    add(p, SIM_QRS, -6, 9, v, -0.60 * q_mv);
    p->qrs_s += 0.006;
  }
  if (old) {
    p->gain[SIM_T] *= 0.6;
    const double st_mv = sim_uniform(r, -0.02, 0.05);
    repolarise(p, v, st_mv, -sim_uniform(r, 0.12, 0.32));
  } else {
    repolarise(p, v, 0.16 + 0.34 * severity, sim_uniform(r, 0.05, 0.35) * (0.5 + severity));
  }
}

static void flutter_waves(sim_person *p, sim_rng *r) {
  const int fibrillates = p->conduction.atria == SIM_FIBRILLATION;
  const double hz = fibrillates ? sim_uniform(r, 4.5, 8.5) : sim_uniform(r, 4.0, 5.3);
  const double mv = fibrillates ? sim_log_uniform(r, 0.015, 0.08) : sim_uniform(r, 0.09, 0.20);
  for (int i = 0; i < 2; i++) {
    sim_flutter *f = &p->flutter[i];
    f->hz = fibrillates ? hz + 0.6 * sim_normal(r) : hz;
    f->wander = fibrillates ? sim_uniform(r, 0.3, 1.2) : 0.0;
    f->wander_hz = sim_uniform(r, 0.1, 0.5);
    f->amount_hz = sim_uniform(r, 0.08, 0.4);
    f->mv = i && !fibrillates ? 0.0 : mv;
    /* Up the septum and forward: strong in V1, and in flutter negative in II, III and aVF. */
    f->v[0] = 0.25 * sim_normal(r);
    f->v[1] = (fibrillates && i ? 0.5 : -1.0) + 0.25 * sim_normal(r);
    f->v[2] = (fibrillates && !i ? -1.2 : -0.6) + 0.2 * sim_normal(r);
  }
}

int sim_pathology(const char *name, sim_person *p, sim_rng *r) {
  int what = 0;
  while (what < PATHOLOGIES && strcmp(name, KNOWN[what].name)) what++;
  if (what == PATHOLOGIES) return 0;
  if (!r) return 1;
  sim_conduction *c = &p->conduction;
  p->classes = KNOWN[what].classes;
  const double severity = sim_uniform(r, 0.0, 1.0);
  switch ((pathology)what) {
  case BRADY: p->bpm = sim_uniform(r, 42.0, 55.0); break;
  case TACHY: p->bpm = sim_uniform(r, 106.0, 160.0); break;
  case AF:
    c->atria = SIM_FIBRILLATION;
    c->bpm = sim_uniform(r, 62.0, 140.0); /* drawn apart: C does not say which initializer comes first */
    c->spread = sim_uniform(r, 0.16, 0.28);
    flutter_waves(p, r);
    break;
  case FLUTTER:
    c->atria = SIM_FLUTTER;
    flutter_waves(p, r);
    c->ratio = sim_chance(r, 0.3) ? 0 : 2 + (int)sim_uniform(r, 0.0, 3.0);
    c->bpm = 60.0 * p->flutter[0].hz / (c->ratio ? c->ratio : 2);
    break;
  case PVC:
  case PAC:
    c->ventricular = what == PVC;
    c->premature = 0.06 + 0.2 * severity;
    c->every = sim_chance(r, 0.35) ? 2 + (int)sim_uniform(r, 0.0, 3.0) : 0;
    break;
  case AV_1: p->pr_s = 0.215 + 0.105 * severity; break;
  case AV_2:
    c->block = sim_chance(r, 0.55) ? SIM_WENCKEBACH : SIM_MOBITZ;
    c->ratio = 2 + (int)sim_uniform(r, 0.0, 3.0);
    if (c->block == SIM_MOBITZ && sim_chance(r, 0.4)) c->ratio = 1; /* two to one */
    c->lengthening_s = sim_uniform(r, 0.06, 0.12);
    break;
  case AV_3:
    c->block = SIM_COMPLETE;
    c->bpm = sim_uniform(r, 32.0, 48.0);
    if (sim_chance(r, 0.5)) p->activation = SIM_LEFT_BUNDLE, p->qrs_s = sim_uniform(r, 0.125, 0.16);
    break;
  case LBBB:
    p->activation = SIM_LEFT_BUNDLE;
    p->qrs_s = 0.130 + 0.035 * severity;
    p->gain[SIM_QRS] *= 1.2;
    p->gain[SIM_T] = p->gain[SIM_QRS] * sim_uniform(r, 0.55, 0.9); /* secondary to the QRS */
    p->sokolow_mv[0] = 1.8;
    for (int k = 0; k < 3; k++) p->turn[SIM_QRS][k] *= 0.6;
    p->qtc_s += 0.6 * (p->qrs_s - 0.09);
    break;
  case RBBB: { /* the right ventricle comes last: forward and to the right, and its T the other way */
    const double v[3] = {-0.72, -0.10 + 0.1 * sim_normal(r), -0.66}, mv = sim_uniform(r, 0.55, 0.90);
    add(p, SIM_QRS, 45, 10, v, 0.7 * mv);
    add(p, SIM_QRS, 66, 12, v, mv);
    const double away[3] = {0.25, 0.05, 0.95};
    repolarise(p, away, 0.02, sim_uniform(r, 0.18, 0.32));
    p->qrs_s = 0.125 + 0.035 * severity;
    p->qtc_s += 0.5 * (p->qrs_s - 0.09);
    break;
  }
  case LAFB:
    p->activation = SIM_LEFT_FASCICLE;
    p->qrs_s += 0.010;
    for (int k = 0; k < 3; k++) p->turn[SIM_QRS][k] *= 0.4;
    break;
  case ANTERIOR: infarct(p, r, (const double[3]){0.30, 0.05, -0.95}); break;
  case INFERIOR: infarct(p, r, (const double[3]){-0.25, 0.95, 0.15}); break;
  case LATERAL: infarct(p, r, (const double[3]){0.90, -0.42, 0.0}); break;
  case ISCHAEMIA: {
    const double apex[3] = {0.75, 0.45, -0.45};
    const int inverted = sim_chance(r, 0.5);
    p->gain[SIM_T] *= 0.7;
    repolarise(p, apex, inverted ? -0.04 : -0.10 - 0.14 * severity, inverted ? -0.36 - 0.25 * severity : -0.10 - 0.1 * severity);
    break;
  }
  case LVH: {
    const double left[3] = {0.80, 0.25, 0.45};
    p->sokolow_mv[0] = p->sokolow_mv[1] = 3.7 + 1.6 * severity;
    p->turn[SIM_QRS][2] -= 0.2;
    p->qrs_s += 0.010;
    if (severity > 0.3) { /* strain */
      p->gain[SIM_T] *= 0.5;
      repolarise(p, left, -0.05 - 0.08 * severity, -0.20 - 0.2 * severity);
    }
    break;
  }
  case RVH: {
    const double back[3] = {0.05, -0.30, 0.95};
    p->activation = SIM_RIGHT_LOAD;
    p->gain[SIM_QRS] *= 1.0 + 0.4 * severity;
    p->sokolow_mv[0] = 0.0;
    p->gain[SIM_T] *= 0.7;
    for (int k = 0; k < 3; k++) p->turn[SIM_QRS][k] *= 0.5;
    repolarise(p, back, 0.02, 0.15 + 0.2 * severity);
    p->gain[SIM_P] *= 1.4;
    break;
  }
  case LONG_QT:
    p->qtc_s = 0.490 + 0.075 * severity;
    p->late_t = sim_uniform(r, 0.0, 0.8);
    break;
  case SHORT_QT:
    p->qtc_s = 0.335 - 0.045 * severity;
    p->gain[SIM_T] *= 1.2;
    break;
  case NORMAL:
  case PATHOLOGIES: break;
  }
  if (p->activation == SIM_LEFT_BUNDLE || what == RBBB) p->sokolow_mv[1] = 5.0;
  return 1;
}
