/* fusion.h — the beats by FHNet alone, or by FHNet and the matched filter of the classical stage together. */
#ifndef FECG_EXTRACT_FUSION_H
#define FECG_EXTRACT_FUSION_H

#include "extract/segment.h"

typedef struct fecg_answer { /* what FHNet says of a segment, at 250 Hz */
  const float *fqrs;         /* [n] log odds of a fetal QRS */
  size_t n;
  float present;             /* log odds of a fetus, mean over windows */
} fecg_answer;

/* The trains of beats that are weighed against each other: how each was found. */
typedef enum fecg_way {
  FECG_BY_NETWORK,        /* in the network's log odds */
  FECG_NETWORK_LIGHT,     /* from there, with little weight of the matched filter */
  FECG_NETWORK_FULL,      /* from there, with its full weight */
  FECG_CLASSICAL_LIGHT,   /* the same from the classical beats */
  FECG_CLASSICAL_FULL,
  FECG_BY_CLASSICAL,      /* as the classical stage found them */
  FECG_WAYS
} fecg_way;

/* What a train of beats is judged by. */
enum {
  FECG_OF_NETWORK,    /* mean log odds of the network at the beats less the mean between them, over the deviation there */
  FECG_OF_ODDS,       /* mean log odds of the network at the beats, at most 6 either way */
  FECG_OF_SEPARATION, /* mean log level of the beats less that of the other peaks, in both signals together */
  FECG_OF_JITTER,     /* mean |change of log RR| */
  FECG_OF_UNCOVERED,  /* share of time that no two beats span */
  FECG_OF_LOCK,       /* share of beats at one delay from the mother's */
  FECG_OF_FEW,        /* 28 over the count of beats: few fit anything */
  FECG_OF_PRESENT,    /* the network's own log odds of a fetus, at most 6 either way */
  FECG_EVIDENCE
};

typedef struct fecg_candidate {
  double *beats; /* s */
  size_t count;
  int veto;      /* follows the mother */
  double evidence[FECG_EVIDENCE];
  double odds;   /* log odds that these are the beats of a fetus */
} fecg_candidate;

/* In: f as the classical stage left it. Out: f with the beats of the train that is borne out best, or of the network alone.
 * candidates[FECG_WAYS], which may be NULL, receives all trains, in the arena. */
fecg_status fecg_fuse(fecg_segment *s, const fecg_answer *a, int alone, fecg_fetal *f, fecg_candidate *candidates, fecg_arena *arena);

/* Live: the beats of the half minute in s carried on into its newest seconds. f->found: those of a moment ago, with f->shift_s
 * and f->weight. From from_s on they are searched anew in the network's answer (NULL: there is none) joined to the filter that all
 * of them make, and f receives what fecg_fuse() would give, whether there is a fetus excepted; before, beats stay and their
 * confidence is 0. Filters that find the beats they are made of may move them a little each time: *moved (s) is by how much all of
 * f->found was; f->shift_s has moved back, and the fiducial stays. FECG_ERR_MEMORY. */
fecg_status fecg_fuse_newest(fecg_segment *s, const fecg_answer *a, double from_s, double *moved, fecg_fetal *f, fecg_arena *arena);

/* How much later, by the median, new beats (counted from new_start_s on) stand than the same ones of old from from_s on; 0 where
 * most are not the same. scratch has room for the old ones. */
double fecg_beats_moved(const double *old, size_t old_count, const double *new, size_t new_count, double new_start_s, double from_s, double *scratch);

#endif
