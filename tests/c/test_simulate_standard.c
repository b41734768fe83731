/* test_simulate_standard.c — the person in standard leads: the laws of the limb leads, and each finding's sign, measured on the
 * signal without noise by the definitions that src/simulate/pathology.c names. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "alloc_fail.h"
#include "fecg.h"
#include "unity.h"

static const char *const NAMES[] = {
    "normal", "sinus-brady", "sinus-tachy", "af", "flutter", "pvc", "pac", "av-block-1", "av-block-2", "av-block-3", "lbbb",
    "rbbb", "lafb", "infarction-anterior", "infarction-inferior", "infarction-lateral", "ischaemia", "lvh", "rvh", "long-qt",
    "short-qt"};
enum { NAME_COUNT = sizeof NAMES / sizeof *NAMES, LEADS = 12, FS = 500, BEAT = 500, R_AT = 200, PEOPLE = 24 };
enum { I, II, III, AVR, AVL, AVF, V1, V2, V3, V4, V5, V6 };

void setUp(void) {}
void tearDown(void) {}

typedef struct record {
  fecg_sim *sim;
  int leads;
  size_t n, beats;
  const double *t;
  float *clean, *noise; /* [leads][n] */
} record;

static fecg_sim_options usual(const char *name, uint64_t seed) {
  static char scenario[64];
  fecg_sim_options o;
  fecg_sim_defaults(&o);
  strcpy(scenario, "standard:");
  strcat(scenario, name);
  o.scenario = scenario;
  o.seed = seed;
  o.seconds = 10.0;
  o.leads = LEADS;
  return o;
}

static record simulate(fecg_sim_options o, size_t chunk) {
  record r = {.leads = o.leads, .n = (size_t)rint(o.seconds * o.fs)};
  TEST_ASSERT_EQUAL(FECG_OK, fecg_sim_create(&o, &r.sim));
  float *parts[3];
  for (int c = 0; c < 3; c++) TEST_ASSERT_NOT_NULL(parts[c] = malloc(r.n * (size_t)o.leads * sizeof(float)));
  for (size_t done = 0, n; done < r.n; done += n) {
    float *at[3][LEADS];
    for (int c = 0; c < 3; c++)
      for (int l = 0; l < o.leads; l++) at[c][l] = parts[c] + (size_t)l * r.n + done;
    n = chunk < r.n - done ? chunk : r.n - done;
    TEST_ASSERT_EQUAL(FECG_OK, fecg_sim_read(r.sim, at[0], at[1], at[2], &n));
    TEST_ASSERT_TRUE(n > 0);
  }
  for (size_t i = 0; i < r.n * (size_t)o.leads; i++) TEST_ASSERT_TRUE(parts[0][i] == 0.0f); /* no fetus */
  free(parts[0]);
  r.clean = parts[1];
  r.noise = parts[2];
  r.t = fecg_sim_beats(r.sim, FECG_SIM_MOTHER, &r.beats);
  return r;
}

static void release(record *r) {
  free(r->clean);
  free(r->noise);
  fecg_sim_destroy(r->sim);
}

/* ---- measures on one beat without noise ------------------------------------------------------------- */

typedef struct beat {
  float x[LEADS][BEAT];         /* R at R_AT, against the PR segment */
  int on, off, t_end, p_on;     /* samples; p_on < 0: no P */
  double rr;
} beat;

static double size_at(const beat *b, int i) {
  double sum = 0.0;
  for (int l = 0; l < LEADS; l++) sum += (double)b->x[l][i] * b->x[l][i];
  return sqrt(sum);
}

static double steep_at(const beat *b, int i) {
  double sum = 0.0;
  for (int l = 0; l < LEADS; l++) sum += pow(b->x[l][i + 1] - b->x[l][i - 1], 2);
  return sqrt(sum);
}

/* From R outwards, where the leads have not been steep for 20 ms. */
static int edge(const beat *b, int direction, double steep) {
  int quiet = 0, i = R_AT;
  while (quiet < 10 && i > 20 && i < BEAT - 20) quiet = steep_at(b, i += direction) < steep ? quiet + 1 : 0;
  return i - 10 * direction;
}

/* The mean of the usual beats that have room, and its marks: QRS where all leads together are steep, P and T where they
 * are large. */
static beat measure(const record *r) {
  beat b = {.p_on = -1};
  size_t used = 0;
  for (size_t i = 1; i + 1 < r->beats; i++) {
    const long at = lrint(r->t[i] * FS) - R_AT;
    if (at < 0 || at + BEAT > (long)r->n) continue;
    for (int l = 0; l < LEADS; l++)
      for (int k = 0; k < BEAT; k++) b.x[l][k] += r->clean[(size_t)l * r->n + (size_t)(at + k)];
    b.rr += r->t[i] - r->t[i - 1];
    used++;
  }
  TEST_ASSERT_TRUE(used > 0);
  b.rr /= (double)used;
  double steepest = 0.0;
  for (int i = R_AT - 30; i < R_AT + 30; i++) steepest = fmax(steepest, steep_at(&b, i));
  b.on = edge(&b, -1, 0.05 * steepest);
  b.off = edge(&b, 1, 0.07 * steepest);
  for (int l = 0; l < LEADS; l++) {
    const double base = b.x[l][b.on - 4];
    for (int k = 0; k < BEAT; k++) b.x[l][k] = (float)((b.x[l][k] - base) / (double)used);
  }
  double t_peak = 0.0, p_peak = 0.0;
  int t_at = 0, p_at = 0;
  for (int i = b.off + 25; i < R_AT + 290 && i < R_AT + (int)(0.7 * b.rr * FS); i++)
    if (size_at(&b, i) > t_peak) t_peak = size_at(&b, i), t_at = i;
  for (b.t_end = t_at; b.t_end < BEAT - 1 && size_at(&b, b.t_end) > 0.10 * t_peak;) b.t_end++;
  for (int i = 6; i < b.on - 6; i++)
    if (i > R_AT - 190 && size_at(&b, i) > p_peak && size_at(&b, i) > size_at(&b, i - 1) && size_at(&b, i) > size_at(&b, i + 1))
      p_peak = size_at(&b, i), p_at = i;
  if (p_peak > 80.0)
    for (b.p_on = p_at; b.p_on > 0 && size_at(&b, b.p_on) > 0.08 * p_peak;) b.p_on--;
  return b;
}

static double ms(double samples) { return samples * 1000.0 / FS; }
static double qrs_ms(const beat *b) { return ms(b->off - b->on); }
static double pr_ms(const beat *b) { return ms(b->on - b->p_on); }
static double qtc_ms(const beat *b) { return ms(b->t_end - b->on) / cbrt(b->rr); }

static double most(const beat *b, int lead, int from, int to, int sign) {
  double x = 0.0;
  for (int i = from; i <= to; i++) x = fmax(x, sign * (double)b->x[lead][i]);
  return x;
}
static double r_uv(const beat *b, int lead) { return most(b, lead, b->on, b->off, 1); }
static double s_uv(const beat *b, int lead) { return most(b, lead, b->on, b->off, -1); }
/* 40 ms after J */
static double st_uv(const beat *b, int lead) { return b->x[lead][b->off + 20]; }
static double t_uv(const beat *b, int lead) {
  const double up = most(b, lead, b->off + 25, b->t_end, 1), down = most(b, lead, b->off + 25, b->t_end, -1);
  return up > down ? up : -down;
}

static beat beat_of(const char *name, uint64_t seed) {
  record r = simulate(usual(name, seed), SIZE_MAX);
  const beat b = measure(&r);
  release(&r);
  return b;
}

/* How many of PEOPLE show it, by a condition on beat b. */
#define COUNT(name, condition) count_ = 0; \
  for (uint64_t seed = 1; seed <= PEOPLE; seed++) { const beat b = beat_of(name, seed); count_ += (condition) ? 1 : 0; }
#define ALL(name, condition) do { int COUNT(name, condition) TEST_ASSERT_EQUAL_MESSAGE(PEOPLE, count_, name ": " #condition); } while (0)
#define MOST(name, condition) do { int COUNT(name, condition) TEST_ASSERT_GREATER_OR_EQUAL_MESSAGE(PEOPLE * 8 / 10, count_, name ": " #condition); } while (0)
#define SOME(name, condition) do { int COUNT(name, condition) TEST_ASSERT_TRUE_MESSAGE(count_ >= PEOPLE / 5, name ": " #condition); } while (0)

/* ---- samples ------------------------------------------------------------------------------------------ */

static void limb_leads_obey_einthoven_and_goldberger_and_so_does_their_noise(void) {
  for (int i = 0; i < NAME_COUNT; i++) {
    record r = simulate(usual(NAMES[i], 3 + (uint64_t)i), SIZE_MAX);
    for (int c = 0; c < 2; c++) {
      const float *x = c ? r.noise : r.clean, *one = x, *two = x + r.n;
      for (size_t k = 0; k < r.n; k++) {
        TEST_ASSERT_TRUE(x[III * r.n + k] == two[k] - one[k]);
        TEST_ASSERT_TRUE(x[AVR * r.n + k] == -0.5f * (one[k] + two[k]));
        TEST_ASSERT_TRUE(x[AVL * r.n + k] == one[k] - 0.5f * two[k]);
        TEST_ASSERT_TRUE(x[AVF * r.n + k] == two[k] - 0.5f * one[k]);
      }
    }
    release(&r);
  }
}

static void any_chunking_and_any_count_of_leads_give_the_same_bits(void) {
  const size_t chunks[] = {1, 7, 160, 1021};
  for (int i = 0; i < NAME_COUNT; i++) {
    fecg_sim_options o = usual(NAMES[i], 70 + (uint64_t)i);
    o.fs = i % 2 ? 500.0 : 333.0;
    record whole = simulate(o, SIZE_MAX);
    o.leads = 1 + i % LEADS;
    record parts = simulate(o, chunks[i % 4]);
    const size_t bytes = parts.n * (size_t)o.leads * sizeof(float);
    TEST_ASSERT_EQUAL_MEMORY(whole.clean, parts.clean, bytes);
    TEST_ASSERT_EQUAL_MEMORY(whole.noise, parts.noise, bytes);
    release(&whole);
    release(&parts);
  }
}

/* The same in every build, natively and as wasm. A change of the model changes this number. */
static void every_build_gives_the_same_bits(void) {
  uint64_t h = 0xcbf29ce484222325ull;
  for (int i = 0; i < NAME_COUNT; i++) {
    record r = simulate(usual(NAMES[i], 900 + (uint64_t)i), SIZE_MAX);
    const unsigned char *parts[2] = {(const unsigned char *)r.clean, (const unsigned char *)r.noise};
    for (int c = 0; c < 2; c++)
      for (size_t k = 0; k < r.n * LEADS * sizeof(float); k++) h = (h ^ parts[c][k]) * 0x100000001b3ull; /* FNV-1a */
    release(&r);
  }
  TEST_ASSERT_EQUAL_HEX32(0x37BD474C, h >> 32);
  TEST_ASSERT_EQUAL_HEX32(0xA57D7C0D, h & 0xffffffffu);
}

static void samples_are_finite_and_below_8_mv_at_every_rate_and_length(void) {
  const double rates[] = {125.0, 250.0, 333.3, 1000.0, 4000.0};
  for (int i = 0; i < NAME_COUNT * 5; i++) {
    fecg_sim_options o = usual(NAMES[i % NAME_COUNT], 500 + (uint64_t)i);
    o.fs = rates[i / NAME_COUNT];
    o.seconds = i % 5 ? 5.0 : 0.011;
    record r = simulate(o, 999);
    for (size_t k = 0; k < r.n * LEADS; k++) {
      TEST_ASSERT_TRUE(fabsf(r.clean[k]) < 8000.0f);
      TEST_ASSERT_TRUE(fabsf(r.noise[k]) < 8000.0f);
    }
    release(&r);
  }
}

static void leads_have_their_names_and_classes_those_of_the_finding(void) {
  static const char *const LABELS[] = {"I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"};
  for (int i = 0; i < NAME_COUNT; i++) {
    record r = simulate(usual(NAMES[i], 1), SIZE_MAX);
    for (int l = 0; l < LEADS; l++) TEST_ASSERT_EQUAL_STRING(LABELS[l], fecg_sim_label(r.sim, l));
    TEST_ASSERT_EQUAL_STRING("", fecg_sim_label(r.sim, LEADS));
    const unsigned kind = i == 0 ? 0 : i < 7 ? FECG_SIM_ARRHYTHMIA : i < 13 ? FECG_SIM_CONDUCTION : i < 16 ? FECG_SIM_INFARCTION
                        : i == 16 ? 0 : i < 19 ? FECG_SIM_HYPERTROPHY : FECG_SIM_QT;
    TEST_ASSERT_EQUAL_HEX32(i ? kind | FECG_SIM_ABNORMAL : 0, fecg_sim_classes(r.sim));
    size_t fetal;
    TEST_ASSERT_NULL(fecg_sim_beats(r.sim, FECG_SIM_FETUS, &fetal));
    release(&r);
  }
  TEST_ASSERT_EQUAL_UINT32(0, fecg_sim_classes(NULL));
}

static void snr_is_that_of_the_qrs(void) {
  for (uint64_t seed = 1; seed <= 8; seed++) {
    fecg_sim_options o = usual("normal", seed);
    o.seconds = 60.0;
    o.snr_db = seed % 2 ? 6.0 : 20.0;
    record r = simulate(o, SIZE_MAX);
    double db = 0.0;
    for (int l = 0; l < LEADS; l++) {
      if (l >= III && l <= AVF) continue; /* made from I and II */
      double power = 0.0, noise = 0.0;
      size_t count = 0;
      for (size_t k = 0; k < r.n; k++) noise += pow(r.noise[(size_t)l * r.n + k], 2) / (double)r.n;
      for (size_t i = 0; i < r.beats; i++)
        for (long k = lrint(r.t[i] * FS) - 25; k <= lrint(r.t[i] * FS) + 25; k++)
          if (k >= 0 && k < (long)r.n) power += pow(r.clean[(size_t)l * r.n + (size_t)k], 2), count++;
      db += 10.0 * log10(power / (double)count / noise) / 8.0;
    }
    TEST_ASSERT_FLOAT_WITHIN(0.6f, (float)(o.snr_db - o.fm_ratio_db), (float)db);
    release(&r);
  }
}

/* ---- signs --------------------------------------------------------------------------------------------- */

static void a_healthy_person_has_none_of_the_signs(void) {
  ALL("normal", qrs_ms(&b) > 60 && qrs_ms(&b) < 120);
  ALL("normal", b.p_on >= 0 && pr_ms(&b) > 115 && pr_ms(&b) < 205);
  ALL("normal", qtc_ms(&b) > 355 && qtc_ms(&b) < 460);
  ALL("normal", b.rr > 0.58 && b.rr < 1.2);
  ALL("normal", s_uv(&b, V1) + r_uv(&b, V5) < 3500);
  ALL("normal", r_uv(&b, II) + r_uv(&b, I) > s_uv(&b, II) + s_uv(&b, I));
  MOST("normal", t_uv(&b, I) > 0 && t_uv(&b, II) > 0 && t_uv(&b, V4) > 0 && t_uv(&b, V6) > 0);
  MOST("normal", fabs(st_uv(&b, II)) < 100 && fabs(st_uv(&b, V5)) < 120 && fabs(st_uv(&b, V2)) < 200);
  MOST("normal", s_uv(&b, V1) > r_uv(&b, V1) && r_uv(&b, V5) > s_uv(&b, V5));
}

static void amplitudes_of_healthy_people_lie_about_those_of_real_ones(void) {
  /* Means of 308 healthy adults (PTB-XL, LUDB and others), uV: R, S. */
  const double real[LEADS][2] = {{667, 98}, {863, 109}, {427, 226}, {76, 757}, {344, 176}, {592, 123},
                                 {188, 806}, {481, 1158}, {850, 713}, {1257, 403}, {1269, 191}, {1071, 98}};
  double mean[LEADS][2] = {{0}};
  enum { MANY = 120 };
  for (uint64_t seed = 1; seed <= MANY; seed++) {
    const beat b = beat_of("normal", seed);
    for (int l = 0; l < LEADS; l++) mean[l][0] += r_uv(&b, l) / MANY, mean[l][1] += s_uv(&b, l) / MANY;
  }
  for (int l = 0; l < LEADS; l++)
    for (int k = 0; k < 2; k++) TEST_ASSERT_FLOAT_WITHIN((float)(0.25 * real[l][k] + 60.0), (float)real[l][k], (float)mean[l][k]);
}

static void bundle_branch_blocks_are_broad_and_point_where_they_should(void) {
  ALL("lbbb", qrs_ms(&b) >= 120 && qrs_ms(&b) < 210);
  ALL("lbbb", s_uv(&b, V1) > 3 * r_uv(&b, V1));
  MOST("lbbb", r_uv(&b, V6) > 3 * s_uv(&b, V6) && r_uv(&b, I) > 2 * s_uv(&b, I));
  MOST("lbbb", t_uv(&b, V6) < 0 && t_uv(&b, V1) > 0 && st_uv(&b, V2) > 50);
  ALL("rbbb", qrs_ms(&b) >= 116 && qrs_ms(&b) < 180);
  MOST("rbbb", most(&b, V1, b.on + 35, b.off, 1) > 200 && t_uv(&b, V1) < 0);
  MOST("rbbb", most(&b, I, b.on + 35, b.off, -1) > 80 && most(&b, V6, b.on + 35, b.off, -1) > 80);
  ALL("lafb", s_uv(&b, III) > r_uv(&b, III) && r_uv(&b, I) > s_uv(&b, I) && s_uv(&b, AVF) > r_uv(&b, AVF));
  MOST("lafb", qrs_ms(&b) < 120);
}

static void blocks_between_atria_and_ventricles_delay_and_drop(void) {
  ALL("av-block-1", pr_ms(&b) > 200);
  for (uint64_t seed = 1; seed <= PEOPLE; seed++) {
    record r = simulate(usual("av-block-2", seed), SIZE_MAX);
    double shortest = 9.0, longest = 0.0;
    for (size_t i = 1; i < r.beats; i++) {
      shortest = fmin(shortest, r.t[i] - r.t[i - 1]);
      longest = fmax(longest, r.t[i] - r.t[i - 1]);
    }
    TEST_ASSERT_TRUE(longest > 1.3 * shortest || shortest > 1.2); /* a pause, or every second is dropped */
    release(&r);
    record slow = simulate(usual("av-block-3", seed), SIZE_MAX);
    TEST_ASSERT_TRUE(slow.beats >= 5 && slow.beats <= 8);
    release(&slow);
  }
}

/* Mean, and mean of differences between neighbours over it, of RR. */
static double irregularity(const record *r, double *mean) {
  double change = 0.0;
  *mean = (r->t[r->beats - 1] - r->t[0]) / (double)(r->beats - 1);
  for (size_t i = 2; i < r->beats; i++) change += fabs(r->t[i] - 2.0 * r->t[i - 1] + r->t[i - 2]) / (double)(r->beats - 2);
  return change / *mean;
}

static void rhythms_have_their_rate_and_regularity(void) {
  for (uint64_t seed = 1; seed <= PEOPLE; seed++) {
    double mean;
    record r = simulate(usual("sinus-brady", seed), SIZE_MAX);
    TEST_ASSERT_TRUE(irregularity(&r, &mean) < 0.15 && mean > 1.0);
    release(&r);
    r = simulate(usual("sinus-tachy", seed), SIZE_MAX);
    TEST_ASSERT_TRUE(irregularity(&r, &mean) < 0.10 && mean < 0.6);
    release(&r);
    fecg_sim_options o = usual("af", seed);
    o.seconds = 60.0;
    r = simulate(o, SIZE_MAX);
    TEST_ASSERT_TRUE(irregularity(&r, &mean) > 0.13 && mean > 0.4 && mean < 1.05);
    release(&r);
    const char *const early[] = {"pvc", "pac"};
    for (int k = 0; k < 2; k++) {
      r = simulate(usual(early[k], seed), SIZE_MAX);
      int found = 0;
      for (size_t i = 2; i < r.beats; i++) found += r.t[i] - r.t[i - 1] > 1.2 * (r.t[i - 1] - r.t[i - 2]);
      TEST_ASSERT_TRUE(found >= 1);
      release(&r);
    }
    o = usual("normal", seed);
    o.mhr_bpm = 120.0;
    o.seconds = 30.0;
    r = simulate(o, SIZE_MAX);
    irregularity(&r, &mean);
    TEST_ASSERT_FLOAT_WITHIN(0.02f, 0.5f, (float)mean); /* a rate that is given is kept */
    release(&r);
  }
}

/* Power at hz before the QRS complexes of aVF and V1: between T and QRS of a slow beat. */
static void fibrillation_has_waves_of_4_to_9_hz_and_no_p(void) {
  int rises = 0;
  for (uint64_t seed = 1; seed <= PEOPLE; seed++) {
    record r = simulate(usual("af", seed), SIZE_MAX);
    double moves = 0.0, aligned = 0.0;
    size_t n = 0;
    for (size_t i = 1; i < r.beats; i++) {
      const long at = lrint(r.t[i] * FS);
      if (at < 130) continue;
      const float *x = r.clean + V1 * r.n + at - 125;
      double level = 0.0, shape = 0.0;
      for (int k = 0; k < 85; k++) level += x[k] / 85.0;
      for (int k = 0; k < 85; k++) shape += pow(x[k] - level, 2) / 85.0;
      moves += shape;
      for (int k = 0; k < 85; k++) aligned += (x[k] - level) * cos(0.0739 * k) / 85.0;
      n++;
    }
    moves = sqrt(moves / (double)n);
    rises += moves > 8.0 && fabs(aligned) / (double)n < 0.7 * moves;
    release(&r);
  }
  TEST_ASSERT_GREATER_OR_EQUAL(PEOPLE * 8 / 10, rises);
}

static void infarctions_raise_st_where_they_lie_and_lower_it_opposite_or_leave_q_waves(void) {
  MOST("infarction-anterior", (st_uv(&b, V2) > 150 && st_uv(&b, V3) > 150) || (r_uv(&b, V2) < 150 && s_uv(&b, V2) > 300) || t_uv(&b, V3) < -80);
  SOME("infarction-anterior", st_uv(&b, V2) > 200 && st_uv(&b, V3) > 200);
  SOME("infarction-anterior", r_uv(&b, V2) < 200 && t_uv(&b, V2) < 0);
  SOME("infarction-inferior", st_uv(&b, III) > 100 && st_uv(&b, AVF) > 100 && st_uv(&b, AVL) < -50);
  SOME("infarction-inferior", most(&b, III, b.on, R_AT, -1) > 100 && t_uv(&b, III) < 0);
  MOST("infarction-inferior", (st_uv(&b, III) > 100 && st_uv(&b, AVF) > 80) || most(&b, III, b.on, R_AT, -1) > 100 || t_uv(&b, III) < 0);
  SOME("infarction-lateral", st_uv(&b, I) > 80 && st_uv(&b, V5) > 80 && st_uv(&b, III) < -50);
  SOME("infarction-lateral", most(&b, AVL, b.on, R_AT, -1) > 80 && t_uv(&b, I) < 60);
  MOST("ischaemia", st_uv(&b, V5) < -50 || t_uv(&b, V5) < -50);
}

static void hypertrophy_and_qt_keep_their_limits(void) {
  ALL("lvh", s_uv(&b, V1) + r_uv(&b, V5) > 3500);
  SOME("lvh", t_uv(&b, V6) < 0 && st_uv(&b, V6) < -30);
  MOST("rvh", r_uv(&b, V1) > s_uv(&b, V1) && s_uv(&b, I) > r_uv(&b, I));
  MOST("rvh", t_uv(&b, V1) < 0);
  ALL("long-qt", qtc_ms(&b) > 470);
  ALL("short-qt", qtc_ms(&b) < 360);
}

/* ---- arguments and memory -------------------------------------------------------------------------------- */

static void unknown_names_and_thirteen_leads_are_refused(void) {
  fecg_sim *s;
  fecg_sim_options o = usual("", 1);
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_sim_create(&o, &s));
  o = usual("Normal", 1);
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_sim_create(&o, &s));
  o = usual("gaps", 1);
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_sim_create(&o, &s));
  o = usual("normal", 1);
  o.scenario = "lbbb";
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_sim_create(&o, &s));
  o = usual("normal", 1);
  o.leads = 13;
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_sim_create(&o, &s));
}

static void the_nth_allocation_failing_is_an_error_without_a_leak(void) {
  for (long n = 1;; n++) {
    alloc_fail_at(n);
    fecg_sim_options o = usual("pvc", 2);
    fecg_sim *s;
    const fecg_status status = fecg_sim_create(&o, &s);
    fecg_sim_destroy(s);
    const long failed = alloc_fail_end();
    TEST_ASSERT_EQUAL(failed ? FECG_ERR_MEMORY : FECG_OK, status);
    if (!failed) break;
  }
}

int main(void) {
  UNITY_BEGIN();
  RUN_TEST(limb_leads_obey_einthoven_and_goldberger_and_so_does_their_noise);
  RUN_TEST(any_chunking_and_any_count_of_leads_give_the_same_bits);
  RUN_TEST(every_build_gives_the_same_bits);
  RUN_TEST(samples_are_finite_and_below_8_mv_at_every_rate_and_length);
  RUN_TEST(leads_have_their_names_and_classes_those_of_the_finding);
  RUN_TEST(snr_is_that_of_the_qrs);
  RUN_TEST(a_healthy_person_has_none_of_the_signs);
  RUN_TEST(amplitudes_of_healthy_people_lie_about_those_of_real_ones);
  RUN_TEST(bundle_branch_blocks_are_broad_and_point_where_they_should);
  RUN_TEST(blocks_between_atria_and_ventricles_delay_and_drop);
  RUN_TEST(rhythms_have_their_rate_and_regularity);
  RUN_TEST(fibrillation_has_waves_of_4_to_9_hz_and_no_p);
  RUN_TEST(infarctions_raise_st_where_they_lie_and_lower_it_opposite_or_leave_q_waves);
  RUN_TEST(hypertrophy_and_qt_keep_their_limits);
  RUN_TEST(unknown_names_and_thirteen_leads_are_refused);
  RUN_TEST(the_nth_allocation_failing_is_an_error_without_a_leak);
  return UNITY_END();
}
