/* quality.h — how good each lead is, over a stretch of a segment. */
#ifndef FECG_EXTRACT_QUALITY_H
#define FECG_EXTRACT_QUALITY_H

#include "extract/segment.h"

enum { FECG_LEAD_STATES = FECG_LEAD_GAPS + 1 };
extern const char *const FECG_LEAD_STATE_NAMES[FECG_LEAD_STATES];

typedef struct fecg_lead_tally { /* sums over time, s */
  double state_s[FECG_LEAD_STATES];
  double valid_s;
  double quality_s;
} fecg_lead_tally;

/* Marks leads in which no heart shows: neither the mother's nor the fetus's averaged beat stands out of
 * what averaging leaves of the noise. They did no harm in the search, but are no use to anybody. FECG_ERR_MEMORY. */
fecg_status fecg_mark_dead(fecg_segment *s, const fecg_fetal *f, fecg_arena *arena);

/* Adds samples from..to of the segment to each lead's tally[s->leads]. Quality: the share of valid time, less the share
 * of seconds whose noise is three times the usual. */
void fecg_tally_leads(const fecg_segment *s, size_t from, size_t to, fecg_lead_tally *tally, fecg_arena *arena);

/* The state that held longest. */
fecg_lead_state fecg_tallied_state(const fecg_lead_tally *t);
/* 0..1 over all of its time. */
double fecg_tallied_quality(const fecg_lead_tally *t);

#endif
