/* segment.h — the blocks of the fetal pipeline, each over one stretch of a recording (5 s to some
 * minutes) at the working rate. A whole recording is a row of overlapping segments; a live one is the
 * same with the newest stretch. Times inside a segment are seconds from its first sample. */
#ifndef FECG_EXTRACT_SEGMENT_H
#define FECG_EXTRACT_SEGMENT_H

#include "base/mem.h"
#include "signal/matched.h"
#include "signal/whiten.h"

#define FECG_WORK_FS 1000.0 /* Hz */

typedef enum fecg_lead_state { FECG_LEAD_OK, FECG_LEAD_FLAT, FECG_LEAD_SATURATED, FECG_LEAD_NOISY, FECG_LEAD_GAPS } fecg_lead_state;

enum { FECG_INPUT_CHANNELS = 3, FECG_PHASE_BEFORE = 150, FECG_PHASES = 400 }; /* of the network's input; ms around the mother's R */

/* What only a longer stretch can tell of the leads. Offline a segment tells its own; live, the newest seconds are worked by
 * what the last half minute has shown. Arrays go by lead, or by usable lead where it says so. */
typedef struct fecg_levels {
  int usable[FECG_MAX_LEADS], usable_count;
  double mains_hz;
  float low[FECG_MAX_LEADS], high[FECG_MAX_LEADS];  /* uV, the lead's extremes: a constant run there is clipping */
  float impulse[FECG_MAX_LEADS];                    /* uV: a sample farther from the median around it is of no heart; 0: not known */
  float artefact[FECG_MAX_LEADS];                   /* uV: the range of 50 ms that no heart reaches; 0: not known */
  double predictor[FECG_WHITEN_ORDER + 1];          /* of the residual in time; [0] is 0 where there is none */
  float usual[FECG_MAX_LEADS];                      /* [usable] usual power of the residual */
  float phase[FECG_MAX_LEADS][FECG_PHASES];         /* [usable] its weight around her R */
  float scale[FECG_MAX_LEADS][FECG_INPUT_CHANNELS]; /* [usable] noise level of the network's channels */
  double unmix[FECG_MAX_LEADS * FECG_MAX_LEADS];    /* [usable][usable] whitening across leads */
} fecg_levels;

typedef struct fecg_segment {
  const fecg_levels *known; /* NULL: the segment tells its own */
  fecg_levels *shown;       /* receives what it tells; may be NULL */
  int leads;
  size_t n;
  float *x[FECG_MAX_LEADS];           /* uV: baseline below 3 Hz and mains removed, gaps bridged */
  float *band[FECG_MAX_LEADS];        /* the same, 8..60 Hz, zero in gaps */
  unsigned char *gap[FECG_MAX_LEADS]; /* 1: no valid sample here */
  fecg_lead_state state[FECG_MAX_LEADS];
  int usable[FECG_MAX_LEADS];         /* leads that take part, in order */
  int usable_count;
  uint32_t *missing;                  /* [n] which usable leads have a gap near, see fecg_leads; NULL: no gaps */
  double mains_hz;                    /* 0: none seen */
  double *maternal;                   /* R times, s */
  size_t maternal_count;
  double maternal_sharpness;          /* of her averaged beat, see fecg_beat_shape */
  float *mecg[FECG_MAX_LEADS];        /* the maternal part of x; NULL for leads that take no part */
  float *residual[FECG_MAX_LEADS];    /* [usable_count] the usable leads without her, ready for the search, see residual.c */
} fecg_segment;

/* What one lead looked like before the working rate: raw samples at fs, starting offset_s before the
 * segment, NaN = gap. */
typedef struct fecg_raw_lead {
  const float *uv;
  size_t n;
  double fs;
  double offset_s; /* time of uv[0] relative to the segment's first sample (<= 0) */
} fecg_raw_lead;

/* Finds gaps, flat and saturated stretches; resamples; removes impulses, baseline and mains. With s->known it chooses no leads
 * and leaves s->band as it is. */
fecg_status fecg_prepare(fecg_segment *s, const fecg_raw_lead *raw, double mains_hz, fecg_arena *arena);
/* s->missing: which usable leads have a gap at each sample or within half a beat of it. */
fecg_status fecg_mark_missing(fecg_segment *s, fecg_arena *arena);
/* Whether no usable lead has a sample within 0.25 s of t_s: a beat may be filled in where one is missing, but is not told where all are. */
int fecg_in_gap(const fecg_segment *s, double t_s);
/* One moment of the next such stretch from from_s on, *end_s its end; INFINITY where there is none before to_s. */
double fecg_next_gap(const fecg_segment *s, double from_s, double to_s, double *end_s);

/* The mother's beats, then her part of each usable lead. */
fecg_status fecg_find_maternal(fecg_segment *s, fecg_arena *arena);
/* Her beats by two passes of a matched filter from those that stand in s->maternal (which has room for one every 200 ms),
 * then her part. */
fecg_status fecg_follow_maternal(fecg_segment *s, fecg_arena *arena);
/* The first half of that: one pass, of which the beats from from_s on are taken. */
fecg_status fecg_search_maternal(fecg_segment *s, double from_s, fecg_arena *arena);
enum { FECG_SEARCH_LEAD = 2 }; /* s before what is wanted of a search for it to find the rhythm */
/* Beats before from_s of old, and after it of new, which is counted from new_start_s on; out has room for both. */
size_t fecg_join_beats(const double *old, size_t old_count, const double *new, size_t new_count, double new_start_s, double from_s, double *out);
/* The beats of an adult in level[n], which is above zero, at most one every 200 ms. */
fecg_status fecg_maternal_train(const float *level, size_t n, double *beats, size_t *count, fecg_arena *arena);
/* Her part alone and the residual, for the beats that stand in s->maternal. */
fecg_status fecg_cancel_maternal(fecg_segment *s, fecg_arena *arena);

enum { FECG_FIDUCIAL_REACH = 160, FECG_FIDUCIAL = 2 * FECG_FIDUCIAL_REACH + 1 }; /* quarters of a millisecond */

typedef struct fecg_fetal {
  double *beats;        /* s, see fiducial.c */
  float *confidence;    /* 0..1 */
  float *seen_s;        /* where the beat is seen, from beats: 0 there, below 0 earlier, NaN nowhere */
  unsigned char *interpolated;
  size_t count;
  double sharpness;     /* RMS slope over RMS of the averaged beat, 1/s */
  int present;
  int second;           /* another train of beats, as clear and not the same: twins? */
  int clear;            /* stands out enough to be a heart, whatever its width */
  const char *reason;   /* NULL where present, else "NO_FETUS" or "MATERNAL_LOCK" */
  const double *found;  /* [found_count] the beats as the search left them, s; shift_s later is their fiducial */
  size_t found_count;
  double shift_s;
  double fiducial[FECG_FIDUCIAL]; /* the score by which shift_s was chosen */
  double weight;        /* of the filter beside the network in the signal that was searched */
} fecg_fetal;

fecg_status fecg_find_fetal(fecg_segment *s, fecg_fetal *f, fecg_arena *arena);

/* Both, and each in her or its place: where the first heart found has the narrow QRS of a fetus and the
 * second the wide one of an adult, they are exchanged. */
fecg_status fecg_find_hearts(fecg_segment *s, fecg_fetal *f, fecg_arena *arena);

/* Fills s->residual once s->mecg is known. */
fecg_status fecg_make_residual(fecg_segment *s, fecg_arena *arena);

/* Fills f->beats, confidence, seen_s, interpolated and count from the beats found and the output y[n] of their
 * matched filter. */
fecg_status fecg_finish_beats(const double *found, size_t count, const float *y, size_t n, fecg_fetal *f, fecg_arena *arena);

/* Moves the beats that were seen to the nearest peak, within some ms, of the output y[n] of the filter that they make: where the
 * search went by more than that, the filter is the clock that is the same live and offline. */
void fecg_to_filter_peaks(const float *y, size_t n, fecg_fetal *f);

/* Finishes the beats, times them by `clock`, the output of their filter (NULL: they are as found), and then the width of their QRS
 * and the fiducial. scratch[usable_count][n] is overwritten. */
fecg_status fecg_settle_beats(const fecg_segment *s, const double *found, size_t count, const float *y, const float *clock,
                              float *const *scratch, fecg_fetal *f, fecg_arena *arena);

/* How well each shift of the beats, in quarters of a millisecond from -FECG_FIDUCIAL_REACH on, puts them onto the fiducial of
 * their averaged beat, see fiducial.c. residual: leads without the mother, 3..100 Hz. FECG_ERR_MEMORY. */
fecg_status fecg_fiducial_score(const fecg_leads *residual, const double *beats, size_t count, double *score, fecg_arena *arena);
/* The best shift, s. */
double fecg_fiducial_shift(const double *score);
/* Moves all beats by it. */
fecg_status fecg_align_fiducial(const fecg_leads *residual, double *beats, size_t count, double *score, fecg_arena *arena);

/* Views of the usable leads for the matched filter. */
fecg_leads fecg_segment_leads(const fecg_segment *s, float *const *rows, float **view);

/* The two halves of a detection signal, in place: the 10 Hz high-passed slope (linear, so that it can be
 * taken of leads before they are combined), then its rectified and smoothed size. */
fecg_status fecg_slopes(float *const *x, int count, size_t n, fecg_arena *arena);
fecg_status fecg_envelopes(float *const *slopes, int count, size_t n, fecg_arena *arena);

#endif
