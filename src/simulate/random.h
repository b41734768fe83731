/* random.h — the simulator's random numbers: splitmix64 (Steele, Lea and Flood, "Fast splittable
 * pseudorandom number generators", OOPSLA 2014), a counter passed through a mixing function. Number n
 * of a stream can be had without the ones before it, so every component has a stream of its own and
 * every event draws from a stream of its own number. */
#ifndef FECG_SIMULATE_RANDOM_H
#define FECG_SIMULATE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

typedef struct sim_rng {
  uint64_t key, n;
} sim_rng;

/* The stream of one item (a beat, an event, a lead) of one component. */
sim_rng sim_stream(uint64_t seed, uint32_t component, uint64_t item);
double sim_uniform(sim_rng *r, double low, double high);
double sim_log_uniform(sim_rng *r, double low, double high);
double sim_normal(sim_rng *r);  /* mean 0, variance 1, by Box and Muller (1958) */
int sim_chance(sim_rng *r, double p);
/* n noise samples of mean 0 and variance 1: sums of four uniform numbers (within +-3.5; filters make
 * them as good as normal). */
void sim_noise(sim_rng *r, float *out, size_t n);

/* Events that happen now and then, at any time reachable without history: time is cut into slots, and
 * each holds at most one event, wholly inside it. */
typedef struct sim_events {
  uint64_t seed;
  uint32_t component;
  double slot_s, chance;   /* chance of an event in a slot */
  double min_s, max_s;     /* its duration; max_s <= slot_s / 2 */
  double first_s;          /* >= 0: slot 0 surely has its event, from here on; < 0: as any other */
} sim_events;

typedef struct sim_event {
  double t_s, duration_s;
  sim_rng rng;  /* what else is random about it */
} sim_event;

/* The event of the slot in which t lies; 0: it has none. */
int sim_event_at(const sim_events *e, double t, sim_event *out);
/* 0 at both ends of 0..1, 1 at `rise`, cosine flanks. */
double sim_bump(double u, double rise);

#endif
