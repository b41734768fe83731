/* quality.c — how good each lead is; see quality.h. */
#include "extract/quality.h"

#include "signal/matched.h"
#include "signal/stats.h"
#include "simd/kernels.h"

static const double DEAD_RATIO = 4; /* power of an averaged beat over that of averaged noise, which is 1 */
enum { DEAD_BEATS = 8 };

const char *const FECG_LEAD_STATE_NAMES[FECG_LEAD_STATES] = {"ok", "flat", "saturated", "noisy", "gaps"};

fecg_status fecg_mark_dead(fecg_segment *s, const fecg_fetal *f, fecg_arena *arena) {
  if (s->maternal_count < DEAD_BEATS) return FECG_OK;
  const fecg_arena_mark mark = fecg_arena_save(arena);
  float *view[FECG_MAX_LEADS];
  const fecg_leads leads = fecg_segment_leads(s, s->band, view);
  const double *beats[2] = {s->maternal, f->beats};
  const size_t counts[2] = {s->maternal_count, f->present ? f->count : 0};
  double stands_out[FECG_MAX_LEADS] = {0};
  for (int heart = 0; heart < 2; heart++) {
    fecg_matched m;
    if (counts[heart] < DEAD_BEATS) continue;
    const fecg_status status = fecg_matched_fit(&m, &leads, beats[heart], counts[heart], 0, 1, 40, arena);
    if (status != FECG_OK) return status;
    for (int i = 0; i < leads.count; i++) {
      const float *b = m.beat + (size_t)i * m.taps;
      const double noise = m.covariance[i * leads.count + i] / (double)counts[heart];
      const double ratio = noise > 0 ? fecg_dot(b, b, m.taps) / (double)m.taps / noise : 0;
      if (ratio > stands_out[i]) stands_out[i] = ratio;
    }
  }
  for (int i = 0; i < leads.count; i++)
    if (stands_out[i] < DEAD_RATIO) s->state[s->usable[i]] = FECG_LEAD_FLAT;
  fecg_arena_restore(arena, mark);
  return FECG_OK;
}

void fecg_tally_leads(const fecg_segment *s, size_t from, size_t to, fecg_lead_tally *tally, fecg_arena *arena) {
  const double core = (double)(to - from) / FECG_WORK_FS;
  const fecg_arena_mark mark = fecg_arena_save(arena);
  float *power = fecg_arena_floats(arena, s->n / 1000 + 2);
  for (int l = 0; l < s->leads && power; l++) {
    fecg_lead_tally *t = tally + l;
    size_t valid = 0, windows = 0, loud = 0;
    for (size_t i = from; i < to; i++) valid += !s->gap[l][i];
    for (size_t i = from; s->mecg[l] && i + 1000 <= to; i += 1000) { /* slope of what is left without the mother */
      float sum = 0;
      for (size_t k = i; k + 4 < i + 1000; k++) {
        const float v = (s->x[l][k + 4] - s->mecg[l][k + 4]) - (s->x[l][k] - s->mecg[l][k]);
        if (!s->gap[l][k]) sum += v * v;
      }
      power[windows++] = sum;
    }
    const float usual = fecg_quantile(power, windows, 0.3);
    for (size_t i = 0; i < windows; i++) loud += power[i] > 9 * usual;
    fecg_lead_state state = s->state[l];
    if (state == FECG_LEAD_OK && 4 * loud > windows) state = FECG_LEAD_NOISY;
    if (state == FECG_LEAD_OK && valid < 9 * (to - from) / 10) state = FECG_LEAD_GAPS;
    t->state_s[state] += core;
    t->valid_s += (double)valid / FECG_WORK_FS;
    if (s->mecg[l] && state != FECG_LEAD_FLAT)
      t->quality_s += (double)valid / FECG_WORK_FS * (windows > 0 ? 1 - (double)loud / (double)windows : 1);
  }
  fecg_arena_restore(arena, mark);
}

fecg_lead_state fecg_tallied_state(const fecg_lead_tally *t) {
  int state = FECG_LEAD_OK;
  for (int k = 0; k < FECG_LEAD_STATES; k++)
    if (t->state_s[k] > t->state_s[state]) state = k;
  return (fecg_lead_state)state;
}

double fecg_tallied_quality(const fecg_lead_tally *t) {
  double total = 0;
  for (int k = 0; k < FECG_LEAD_STATES; k++) total += t->state_s[k];
  return total > 0 ? t->quality_s / total : 0;
}
