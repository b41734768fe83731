/* fhr_terms.h — a fetal heart rate in the words of two standards. They are words of rate and rhythm; no pattern is
 * judged, and no category given.
 *   FIGO   Ayres-de-Campos, Spong, Chandraharan: FIGO consensus guidelines on intrapartum fetal monitoring:
 *          cardiotocography. Int J Gynaecol Obstet 131 (2015) 13-24.
 *   NICHD  Macones, Hankins, Spong, Hauth, Moore: The 2008 NICHD workshop report on electronic fetal monitoring.
 *          Obstet Gynecol 112 (2008) 661-666.
 * Both are written for an eye on paper. Where they leave a number open it is chosen here, and the definition that goes
 * out with each term says so: docs/clinical-terms.md has them all.
 *
 * A rate is bpm[n] at 4 Hz (measure/rate.h), NaN where it is not known. */
#ifndef FECG_MEASURE_FHR_TERMS_H
#define FECG_MEASURE_FHR_TERMS_H

#include "base/mem.h"
#include "measure/rate.h"

/* Why a term is not known. */
typedef enum fecg_fhr_reason {
  FECG_FHR_KNOWN,
  FECG_FHR_TOO_SHORT,    /* the standard asks for a longer recording */
  FECG_FHR_LOW_COVERAGE, /* the rate is known for less than half of the time, or less than two minutes of a baseline */
  FECG_FHR_UNSTABLE,     /* no single level holds for two of ten minutes */
  FECG_FHR_UNSEEN,       /* too many beats are not seen where they are due: some may have come early */
  FECG_FHR_NOT_LASTING,  /* outside the normal range, but not for as long as the standard asks */
  FECG_FHR_REASONS
} fecg_fhr_reason;
extern const char *const FECG_FHR_REASON_NAMES[FECG_FHR_REASONS]; /* NULL for known */

#define FECG_FHR_STRETCH_S 600.0
/* Ten minutes, the first from the start of the recording; what is left at its end has none. NaN: not known. */
typedef struct fecg_fhr_stretch {
  double t_s;
  double baseline_bpm;
  double bandwidth_bpm; /* mean over minutes of the range of the rate outside excursions */
  fecg_fhr_reason reason;
} fecg_fhr_stretch;

/* The rate leaves the baseline by 5 bpm, is 15 bpm and more away at its furthest, and comes back: 15 s to 10 min. */
typedef struct fecg_fhr_excursion {
  double t_s, duration_s;
  double furthest_bpm;  /* from the baseline, below it negative */
  double to_furthest_s; /* from t_s */
} fecg_fhr_excursion;

typedef enum fecg_fhr_standard { FECG_FIGO, FECG_NICHD, FECG_FHR_STANDARDS } fecg_fhr_standard;
extern const char *const FECG_FHR_STANDARD_NAMES[FECG_FHR_STANDARDS];

/* The baseline is above 160 or below 110 bpm; ten minutes and more of it. */
typedef struct fecg_fhr_run {
  fecg_fhr_standard standard;
  int fast; /* 1 tachycardia, 0 bradycardia */
  double t_s, duration_s;
} fecg_fhr_run;

typedef struct fecg_fhr_terms {
  fecg_list stretches;    /* fecg_fhr_stretch */
  fecg_list excursions;   /* fecg_fhr_excursion */
  fecg_list runs;         /* fecg_fhr_run */
  fecg_fhr_reason excursions_reason; /* known: those that there are have been found */
  fecg_fhr_reason runs_reason[FECG_FHR_STANDARDS];
  double bandwidth_bpm;   /* over the recording; NaN: not known */
  const char *figo_variability; /* "reduced", "normal", "increased", NULL: not known */
  fecg_fhr_reason figo_variability_reason;
} fecg_fhr_terms;

/* FECG_ERR_MEMORY. out is to be destroyed in either case. */
fecg_status fecg_fhr_terms_find(const float *bpm, size_t n, fecg_fhr_terms *out);
void fecg_fhr_terms_destroy(fecg_fhr_terms *t);

double fecg_nichd_baseline(double bpm);                   /* to the nearest 5 bpm */
const char *fecg_nichd_variability(double bandwidth_bpm); /* "absent", "minimal", "moderate", "marked"; NULL for NaN */

/* The excursions that have a name. */
typedef struct fecg_fhr_named {
  fecg_fhr_standard standard;
  const char *key, *definition;
  int (*is)(const fecg_fhr_excursion *e);
} fecg_fhr_named;
enum { FECG_FHR_NAMED = 7 };
extern const fecg_fhr_named FECG_FHR_NAMES[FECG_FHR_NAMED];

extern const char *const FECG_FHR_BASELINE[FECG_FHR_STANDARDS], *const FECG_FHR_VARIABILITY[FECG_FHR_STANDARDS];
extern const char *const FECG_FHR_TACHYCARDIA[FECG_FHR_STANDARDS], *const FECG_FHR_BRADYCARDIA[FECG_FHR_STANDARDS];
extern const char FECG_FHR_IRREGULAR[];

/* Rhythm, from the intervals between beats that were seen and follow each other. */
typedef struct fecg_fhr_rhythm {
  size_t premature; /* beats that came early */
  int irregular;    /* 1, 0, or -1 not known */
  fecg_fhr_reason reason;
} fecg_fhr_rhythm;

/* beats[count], s, ascending; seen_s[count] is where each was seen, from there, NaN where it was not. Appends the times
 * with an irregular rhythm to `events` (fecg_rate_event). FECG_ERR_MEMORY. */
fecg_status fecg_fhr_rhythm_find(const double *beats, const float *seen_s, size_t count, double duration_s, fecg_fhr_rhythm *out,
                                 fecg_list *events);

/* Appends tachycardia, bradycardia and prolonged decelerations to `events`. FECG_ERR_MEMORY. */
fecg_status fecg_fhr_terms_events(const fecg_fhr_terms *t, fecg_list *events);

#endif
