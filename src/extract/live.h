/* live.h — what a live stream holds: the last half minute at the working rate, and what has been found in it. All of it is one flat
 * block of values, without pointers, so that it can be stored as it is; rows lie behind the header in the order of
 * fecg_live_rows. stream.c fills it and gives frames out; live.c works on it. */
#ifndef FECG_EXTRACT_LIVE_H
#define FECG_EXTRACT_LIVE_H

#include "extract/method.h"
#include "extract/network.h"
#include "extract/quality.h"

enum {
  FECG_LIVE_S = 30,                                            /* s: how far back it looks */
  FECG_LIVE_N = FECG_LIVE_S * 1000,                            /* samples at the working rate */
  FECG_LIVE_ASKED = FECG_LIVE_N / FECG_INPUT_STEP,             /* and at the network's */
  FECG_LIVE_SPARE = 64,                                        /* raw samples kept before it, for resampling */
  FECG_LIVE_MATERNAL = FECG_LIVE_N / 200 + 2,                  /* beats at most */
  FECG_LIVE_FETAL = 2 * (FECG_LIVE_N / 60 + 2) + 2
};

typedef struct fecg_live {
  uint32_t magic, version;
  uint64_t size;                       /* bytes of the whole block */
  uint32_t check;                      /* of all bytes after it */
  int32_t leads, method;
  char weights[68];                    /* sha256 of the model, "" without one */
  double mains_hz;                     /* as asked for */

  /* time: s from the first sample */
  double fs, base_s;                   /* base_s: when fs began */
  int64_t pushed;                      /* samples since then */
  int64_t raw_room, raw_count;         /* raw samples that fit, and that are there, the last one number `pushed` - 1 */
  int64_t end_ms;                      /* up to where the rows reach; a multiple of 4 */
  int64_t n;                           /* samples of the rows that are in use, at their end */
  int64_t released;                    /* output samples given out, counted from base_s on; may be negative */
  double told_s;                       /* up to where beats have been told */
  int64_t tick;                        /* number of the next rate */
  int64_t moment;                      /* number of the next contribution of time */
  int32_t finished;

  /* what the last half minute has shown */
  int64_t learned_ms, next_ms;         /* when it was last worked on as a whole, and will be */
  int32_t seconds_learned;             /* valid seconds that this stood on */
  int64_t since_ms;                    /* when there was next to nothing last */
  fecg_levels levels;
  int32_t state[FECG_MAX_LEADS];       /* fecg_lead_state, when it was learned */
  int32_t away[FECG_MAX_LEADS];        /* s for which a lead has been other than it was when learned; not counted on past what matters */
  int32_t present, second, reason;     /* reason: an index into FECG_LIVE_REASONS */
  double shift_s, weight;              /* see fecg_fetal */
  double fiducial[FECG_FIDUCIAL];      /* its score over what was learned by now, the older the less */
  double moved_s;                      /* how far the search has moved the beats since then; shift_s has moved back */
  int32_t maternal_count, found_count;
  double maternal[FECG_LIVE_MATERNAL]; /* s */
  double found[FECG_LIVE_FETAL];
  double odds[FECG_LIVE_S];            /* the network's log odds of a fetus by its newest windows */
  int32_t odds_count;

  /* beats told, of the last half minute */
  int32_t told_maternal_count, told_fetal_count;
  double told_maternal[FECG_LIVE_MATERNAL];
  double told_fetal[FECG_LIVE_FETAL];
} fecg_live;

extern const char *const FECG_LIVE_REASONS[]; /* NULL, "TOO_SHORT", ... */
enum { FECG_LIVE_KNOWN, FECG_LIVE_TOO_SHORT, FECG_LIVE_NO_FETUS, FECG_LIVE_LOCK, FECG_LIVE_NO_SIGNAL, FECG_LIVE_REASON_COUNT };

/* Views into the block. */
typedef struct fecg_live_rows {
  float *raw[FECG_MAX_LEADS];       /* [raw_room] */
  float *x[FECG_MAX_LEADS];         /* [FECG_LIVE_N], as in a segment, as the three below */
  float *mecg[FECG_MAX_LEADS];
  float *residual[FECG_MAX_LEADS];  /* [usable] */
  unsigned char *gap[FECG_MAX_LEADS];
  fecg_blend asked;                 /* [FECG_LIVE_ASKED]; attention: [usable] */
} fecg_live_rows;

/* The size of a block for so many leads and raw samples a lead. */
uint64_t fecg_live_size(int leads, int64_t raw_room);
fecg_live_rows fecg_live_views(fecg_live *v);
/* The raw samples, offset to start_s. */
void fecg_live_raw(const fecg_live *v, const fecg_live_rows *rows, double start_s, fecg_raw_lead *raw);

/* Makes room for the next `ms` milliseconds, a multiple of 4, at most 1000, which lie in the raw samples. */
void fecg_live_advance(fecg_live *v, int64_t ms);

/* What a step has found, in the arena: times in s from the start of the rows' segment, which begins at start_s. */
typedef struct fecg_live_step {
  double start_s;
  fecg_segment s;
  fecg_fetal f;
  fecg_network w; /* answer.n is 0 where nothing was asked */
} fecg_live_step;

/* Works the newest milliseconds, or, where it is time for that, all of the rows as a segment. FECG_ERR_MEMORY. */
fecg_status fecg_live_work(fecg_live *v, fecg_model *model, fecg_live_step *out, fecg_arena *arena);

#endif
