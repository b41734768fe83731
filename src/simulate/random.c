/* random.c — see random.h. */
#include "simulate/random.h"

#include <math.h>

#include "base/math.h"

static const uint64_t GAMMA = 0x9e3779b97f4a7c15ull;

static inline uint64_t mix(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return z ^ (z >> 31);
}

sim_rng sim_stream(uint64_t seed, uint32_t component, uint64_t item) {
  sim_rng r = {mix(mix(mix(seed + GAMMA) + component) + item), 0};
  return r;
}

static uint64_t next(sim_rng *r) { return mix(r->key + GAMMA * ++r->n); }

double sim_uniform(sim_rng *r, double low, double high) {
  return low + (high - low) * ((double)(next(r) >> 11) / 9007199254740992.0);
}

double sim_log_uniform(sim_rng *r, double low, double high) {
  return low * fecg_exp(sim_uniform(r, 0.0, fecg_log(high / low)));
}

double sim_normal(sim_rng *r) {
  const double u = 1.0 - sim_uniform(r, 0.0, 1.0), v = sim_uniform(r, 0.0, 2.0 * FECG_PI);
  return sqrt(-2.0 * fecg_log(u)) * fecg_cos(v);
}

int sim_chance(sim_rng *r, double p) { return sim_uniform(r, 0.0, 1.0) < p; }

void sim_noise(sim_rng *r, float *out, size_t n) {
  /* Variance of the sum of four uniform 16-bit numbers: 4 (2^32 - 1) / 12. */
  const float scale = 2.6429e-5f;
  for (size_t i = 0; i < n; i++) {
    const uint64_t z = mix(r->key + GAMMA * (r->n + 1 + i));
    const uint64_t pairs = (z & 0x0000ffff0000ffffull) + ((z >> 16) & 0x0000ffff0000ffffull);
    out[i] = scale * (float)((int32_t)((pairs >> 32) + (pairs & 0xffffffffu)) - 131070);
  }
  r->n += n;
}

int sim_event_at(const sim_events *e, double t, sim_event *out) {
  if (!(t >= 0.0) || e->chance <= 0.0) return 0;
  const double k = floor(t / e->slot_s);
  const int forced = k < 1.0 && e->first_s >= 0.0;
  sim_rng r = sim_stream(e->seed, e->component, (uint64_t)k);
  if (!sim_chance(&r, e->chance) && !forced) return 0;
  out->duration_s = sim_uniform(&r, e->min_s, e->max_s);
  const double at = sim_uniform(&r, 0.0, e->slot_s - out->duration_s);
  out->t_s = forced ? e->first_s : k * e->slot_s + at;
  out->rng = r;
  return 1;
}

double sim_bump(double u, double rise) {
  if (u <= 0.0 || u >= 1.0) return 0.0;
  return 0.5 - 0.5 * fecg_cos(FECG_PI * (u < rise ? u / rise : 1.0 + (u - rise) / (1.0 - rise)));
}
