/* test_extract_stream.c — the live stream: arguments, portions, what is stored, damaged states, and memory that runs out. What it
 * finds is held to the truth in tests/js/stream.test.js and to the offline result by `npm run eval:live`. */
#include "alloc_fail.h"
#include "extract_feed.h"
#include "net_file.h"

enum { SECONDS = 24, LEADS = 3, FS = 200 };
static float uv[LEADS][SECONDS * FS];
static fecg_model *model;

void setUp(void) {
  size_t n;
  fecg_diagnostic error = {.message = ""};
  uint8_t *bytes = net_read("models/fhnet/fhnet.safetensors", &n);
  TEST_ASSERT_EQUAL_MESSAGE(FECG_OK, fecg_model_create(bytes, n, &model, &error), error.message);
  free(bytes);
  fecg_sim_options o = sim_of(5, SECONDS, "normal");
  o.fs = FS;
  o.leads = LEADS;
  o.snr_db = 12;
  input in = simulated(o);
  for (int l = 0; l < LEADS; l++) memcpy(uv[l], in.uv[l], sizeof uv[l]);
  free_input(&in);
}

void tearDown(void) {
  fecg_model_destroy(model);
  model = NULL;
}

static fecg_stream *stream_of(fecg_model *m) {
  const fecg_stream_options o = {.leads = LEADS, .fs = FS, .model = m};
  fecg_stream *s;
  TEST_ASSERT_EQUAL(FECG_OK, fecg_stream_create(&o, &s));
  return s;
}

/* Checks of what frames told, so that two runs can be held to each other bit by bit. */
typedef struct told {
  uint32_t hash;
  size_t frames, samples, fetal, maternal, ticks;
} told;

static void hash_bytes(told *t, const void *bytes, size_t n) {
  for (size_t i = 0; i < n; i++) t->hash = (t->hash ^ ((const unsigned char *)bytes)[i]) * 16777619u;
}

static void take(const fecg_stream *s, told *t) {
  fecg_frame f;
  TEST_ASSERT_EQUAL(FECG_OK, fecg_stream_frame(s, &f));
  TEST_ASSERT_DOUBLE_WITHIN(1e-9, (double)t->samples / FS, f.t0_s);
  for (int k = 0; k < 3; k++)
    for (int l = 0; l < LEADS; l++) hash_bytes(t, f.signal[k][l], f.n * sizeof(float));
  hash_bytes(t, f.fetal_s, f.fetal_count * sizeof(double));
  hash_bytes(t, f.confidence, f.fetal_count * sizeof(float));
  hash_bytes(t, f.maternal_s, f.maternal_count * sizeof(double));
  hash_bytes(t, f.fetal_bpm, f.ticks * sizeof(float));
  hash_bytes(t, f.lead_quality, LEADS * sizeof(float));
  hash_bytes(t, &f.fetal_quality, sizeof f.fetal_quality);
  t->frames++;
  t->samples += f.n;
  t->fetal += f.fetal_count;
  t->maternal += f.maternal_count;
  t->ticks += f.ticks;
}

/* Pushes samples from..to in portions of up to `portion`. */
static fecg_status push(fecg_stream *s, size_t from, size_t to, size_t portion, told *t) {
  while (from < to) {
    const float *rows[LEADS];
    size_t used, n = to - from < portion ? to - from : portion;
    int ready;
    for (int l = 0; l < LEADS; l++) rows[l] = uv[l] + from;
    const fecg_status status = fecg_stream_push(s, rows, n, &used, &ready);
    if (status != FECG_OK) return status;
    TEST_ASSERT_TRUE(used <= n && (used == n || ready || used > 0));
    if (ready) take(s, t);
    from += used;
  }
  return FECG_OK;
}

static void finish(fecg_stream *s, told *t) {
  int ready;
  TEST_ASSERT_EQUAL(FECG_OK, fecg_stream_finish(s, &ready));
  if (ready) take(s, t);
}

static told run(fecg_model *m, size_t portion) {
  told t = {.hash = 2166136261u};
  fecg_stream *s = stream_of(m);
  TEST_ASSERT_EQUAL(FECG_OK, push(s, 0, SECONDS * FS, portion, &t));
  finish(s, &t);
  fecg_stream_destroy(s);
  return t;
}

static void portions_do_not_matter(void) {
  for (int k = 0; k < 2; k++) {
    const told whole = run(k ? model : NULL, SECONDS * FS);
    TEST_ASSERT_EQUAL(SECONDS * FS, whole.samples);
    TEST_ASSERT_EQUAL(4 * SECONDS, whole.ticks);
    TEST_ASSERT_TRUE(whole.fetal > 2 * SECONDS && whole.fetal < 3 * SECONDS && whole.maternal > SECONDS);
    const size_t portions[] = {1, 7, FS, 3 * FS + 1};
    for (int i = 0; i < 4; i++) {
      const told other = run(k ? model : NULL, portions[i]);
      TEST_ASSERT_EQUAL_MEMORY(&whole, &other, sizeof whole);
    }
  }
}

static void arguments_are_checked(void) {
  fecg_stream *s;
  fecg_frame f;
  const fecg_stream_options good = {.leads = 2, .fs = 250};
  const fecg_stream_options bad[] = {{.leads = 0, .fs = 250}, {.leads = 33, .fs = 250}, {.leads = 1, .fs = 124}, {.leads = 1, .fs = 4001},
                                     {.leads = 1, .fs = NAN}, {.leads = 1, .fs = 250, .mains_hz = 55}, {.leads = 1, .fs = 250, .method = "fhnet"},
                                     {.leads = 1, .fs = 250, .method = "none"}, {.leads = 1, .fs = 250, .method = "network", .model = model}};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_stream_create(bad + i, &s));
    TEST_ASSERT_NULL(s);
  }
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_stream_create(NULL, &s));
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_stream_create(&good, NULL));
  TEST_ASSERT_EQUAL(FECG_OK, fecg_stream_create(&good, &s));
  const float *rows[2] = {uv[0], NULL};
  size_t used, n;
  int ready;
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_stream_push(s, rows, 5, &used, &ready));
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_stream_push(s, NULL, 5, &used, &ready));
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_stream_push(NULL, rows, 5, &used, &ready));
  TEST_ASSERT_EQUAL(FECG_OK, fecg_stream_push(s, NULL, 0, &used, &ready));
  TEST_ASSERT_EQUAL(FECG_ERR_STATE, fecg_stream_frame(s, &f));
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_stream_set_rate(s, 1e6));
  TEST_ASSERT_EQUAL(FECG_ERR_FORMAT, fecg_stream_restore(s, NULL, 0));
  TEST_ASSERT_NULL(fecg_stream_save(NULL, &n));
  TEST_ASSERT_EQUAL(0, n);
  TEST_ASSERT_EQUAL(FECG_OK, fecg_stream_finish(s, &ready));
  TEST_ASSERT_EQUAL(0, ready);
  rows[1] = uv[1];
  TEST_ASSERT_EQUAL(FECG_ERR_STATE, fecg_stream_push(s, rows, 5, &used, &ready));
  TEST_ASSERT_EQUAL(FECG_ERR_STATE, fecg_stream_set_rate(s, 300));
  fecg_stream_destroy(s);
  fecg_stream_destroy(NULL);
}

static void a_restored_stream_goes_on(void) {
  const told whole = run(model, 100);
  const size_t cuts[] = {0, 3 * FS + 17, 11 * FS, 22 * FS + 1};
  for (int i = 0; i < 4; i++) {
    told t = {.hash = 2166136261u};
    size_t n;
    fecg_stream *first = stream_of(model), *second = stream_of(model);
    TEST_ASSERT_EQUAL(FECG_OK, push(first, 0, cuts[i], 100, &t));
    const uint8_t *state = fecg_stream_save(first, &n);
    TEST_ASSERT_EQUAL(FECG_OK, fecg_stream_restore(second, state, n));
    fecg_stream_destroy(first);
    TEST_ASSERT_EQUAL(FECG_OK, push(second, cuts[i], SECONDS * FS, 100, &t));
    finish(second, &t);
    fecg_stream_destroy(second);
    TEST_ASSERT_EQUAL_MEMORY(&whole, &t, sizeof whole);
  }
}

/* What a call before has left on the stack. */
static void litter(void) {
  volatile unsigned char stack[1 << 16];
  for (size_t i = 0; i < sizeof stack; i++) stack[i] = (unsigned char)(i * 31 + 7);
}

static void equal_streams_have_equal_states(void) {
  fecg_stream *s[2] = {stream_of(model), stream_of(model)};
  const uint8_t *state[2];
  size_t n[2];
  for (int i = 0; i < 2; i++) {
    told t = {0};
    for (size_t at = 0; at < 17 * FS; at += FS) { /* a learning too: one as the stack is, one on litter */
      if (i) litter();
      TEST_ASSERT_EQUAL(FECG_OK, push(s[i], at, at + FS, i ? 33 : FS, &t));
    }
    state[i] = fecg_stream_save(s[i], n + i);
  }
  TEST_ASSERT_EQUAL(n[0], n[1]);
  TEST_ASSERT_EQUAL_MEMORY(state[0], state[1], n[0]);
  for (int i = 0; i < 2; i++) fecg_stream_destroy(s[i]);
}

static uint32_t check_of(const uint8_t *b, size_t n, size_t from) {
  uint32_t h = 2166136261u;
  for (size_t i = from; i < n; i++) h = (h ^ b[i]) * 16777619u;
  return h;
}

/* Whatever stands in a state, with a check that is right: it is refused, or the stream goes on without harm. */
static void hostile_states_do_no_harm(void) {
  size_t n;
  told t = {0};
  fecg_stream *s = stream_of(NULL);
  TEST_ASSERT_EQUAL(FECG_OK, push(s, 0, 13 * FS, FS, &t));
  const uint8_t *from = fecg_stream_save(s, &n);
  uint8_t *state = feed_take(n), *spoilt = feed_take(n);
  memcpy(state, from, n);
  fecg_stream_destroy(s);
  const size_t check_at = 16, head = 70000; /* magic, version, size; then what is counted */
  int refused = 0;
  uint32_t random = 1;
  for (int round = 0; round < 400; round++) {
    memcpy(spoilt, state, n);
    for (int k = 0; k < 1 + round % 4; k++) {
      random = random * 1664525u + 1013904223u;
      const size_t at = check_at + 4 + (random >> 8) % (round % 2 ? 1500 : head);
      random = random * 1664525u + 1013904223u;
      const uint32_t words[] = {0xffffffffu, 0x7fefffffu, 0x80000000u, 0x7fffffffu, random}, word = words[round % 5];
      memcpy(spoilt + at / 4 * 4, &word, 4);
    }
    const uint32_t check = check_of(spoilt, n, check_at + 4);
    memcpy(spoilt + check_at, &check, 4);
    s = stream_of(NULL);
    const fecg_status status = fecg_stream_restore(s, spoilt, n);
    TEST_ASSERT_TRUE(status == FECG_OK || status == FECG_ERR_FORMAT || status == FECG_ERR_ARGUMENT);
    refused += status != FECG_OK;
    if (status == FECG_OK)
      for (int second = 0; second < 3; second++) { /* its numbers may be nonsense; nothing is read or written outside */
        const float *rows[LEADS] = {uv[0], uv[1], uv[2]};
        size_t used;
        int ready;
        if (fecg_stream_push(s, rows, 2 * FS, &used, &ready) != FECG_OK) break;
      }
    fecg_stream_destroy(s);
  }
  TEST_ASSERT_GREATER_THAN(50, refused);
  free(state);
  free(spoilt);
}

static void the_rate_may_change_at_any_sample(void) {
  const double rates[] = {201, 125, 4000, 333.3, 200};
  fecg_stream *s = stream_of(NULL);
  double end_s = 0;
  size_t samples = 0;
  for (int i = 0; i < 5; i++) {
    for (size_t at = 0; at < 9 * FS;) {
      const float *rows[LEADS] = {uv[0] + at, uv[1] + at, uv[2] + at};
      size_t used;
      int ready;
      TEST_ASSERT_EQUAL(FECG_OK, fecg_stream_push(s, rows, 9 * FS - at, &used, &ready));
      at += used;
      if (!ready) continue;
      fecg_frame f;
      TEST_ASSERT_EQUAL(FECG_OK, fecg_stream_frame(s, &f));
      TEST_ASSERT_DOUBLE_WITHIN(1 / f.fs + 1e-9, end_s, f.t0_s);
      end_s = f.t0_s + (double)f.n / f.fs;
      samples += f.n;
    }
    TEST_ASSERT_EQUAL(FECG_OK, fecg_stream_set_rate(s, rates[i]));
  }
  TEST_ASSERT_GREATER_THAN(20 * FS, samples);
  fecg_stream_destroy(s);
}

/* Half a minute of a slow rate is more samples of a fast one than those that lie before it make. */
static void a_much_faster_rate_finds_room(void) {
  const double from[] = {125, 250, 500}, to[] = {4000, 1000, 4000};
  for (int i = 0; i < 3; i++) {
    const fecg_stream_options o = {.leads = LEADS, .fs = from[i]};
    fecg_stream *s, *other;
    TEST_ASSERT_EQUAL(FECG_OK, fecg_stream_create(&o, &s));
    TEST_ASSERT_EQUAL(FECG_OK, fecg_stream_create(&o, &other));
    size_t n, used;
    int ready;
    const float *rows[LEADS] = {uv[0], uv[1], uv[2]};
    for (size_t left = (size_t)(33.4 * from[i]); left > 0; left -= used)
      TEST_ASSERT_EQUAL(FECG_OK, fecg_stream_push(s, rows, left < FS ? left : FS, &used, &ready));
    TEST_ASSERT_EQUAL(FECG_OK, fecg_stream_set_rate(s, to[i]));
    const uint8_t *state = fecg_stream_save(s, &n); /* restore() looks whether a step more has room */
    TEST_ASSERT_EQUAL(FECG_OK, fecg_stream_restore(other, state, n));
    fecg_stream_destroy(s);
    fecg_stream_destroy(other);
  }
}

static void samples_that_are_none_are_gaps(void) {
  const float odd[] = {INFINITY, -INFINITY, NAN, 1e30f, -1e9f};
  for (size_t i = 0; i < SECONDS * FS; i++) uv[0][i] = odd[i % 5], uv[1][i] = 0;
  const told t = run(model, FS);
  TEST_ASSERT_EQUAL(SECONDS * FS, t.samples);
  for (int l = 0; l < LEADS; l++)
    for (size_t i = 0; i < SECONDS * FS; i++) uv[l][i] = NAN;
  const told nothing = run(model, FS);
  TEST_ASSERT_EQUAL(SECONDS * FS, nothing.samples);
  TEST_ASSERT_EQUAL(0, nothing.fetal + nothing.maternal);
}

/* After a step for which memory ran out, the stream goes on with the next. */
static void each_allocation_may_fail(void) {
  for (long n = 1, step = 1;; n += step) {
    const fecg_stream_options o = {.leads = LEADS, .fs = FS};
    fecg_stream *s;
    alloc_fail_at(n);
    fecg_status status = fecg_stream_create(&o, &s);
    const float *rows[LEADS];
    for (size_t at = 0; status == FECG_OK && at < 16 * FS;) {
      size_t used;
      int ready;
      for (int l = 0; l < LEADS; l++) rows[l] = uv[l] + at;
      status = fecg_stream_push(s, rows, 16 * FS - at, &used, &ready);
      at += used;
      if (at > 14 * FS && status == FECG_OK) status = fecg_stream_set_rate(s, FS + (double)(at % 3));
    }
    const int failed = alloc_fail_failed != 0;
    TEST_ASSERT_EQUAL(failed ? FECG_ERR_MEMORY : FECG_OK, status);
    if (failed && s) {
      size_t used;
      int ready;
      for (int l = 0; l < LEADS; l++) rows[l] = uv[l];
      TEST_ASSERT_EQUAL(FECG_OK, fecg_stream_push(s, rows, FS / 2, &used, &ready));
      TEST_ASSERT_EQUAL(FECG_OK, fecg_stream_finish(s, &ready));
    }
    fecg_stream_destroy(s);
    alloc_fail_end();
    if (!failed) break;
  }
}

int main(void) {
  UNITY_BEGIN();
  RUN_TEST(portions_do_not_matter);
  RUN_TEST(arguments_are_checked);
  RUN_TEST(a_restored_stream_goes_on);
  RUN_TEST(equal_streams_have_equal_states);
  RUN_TEST(hostile_states_do_no_harm);
  RUN_TEST(the_rate_may_change_at_any_sample);
  RUN_TEST(a_much_faster_rate_finds_room);
  RUN_TEST(samples_that_are_none_are_gaps);
  RUN_TEST(each_allocation_may_fail);
  return UNITY_END();
}
