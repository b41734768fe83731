/* test_extract_memory.c — whichever allocation fails, extraction ends with FECG_ERR_MEMORY, can still be
 * asked for what it has, and releases everything. */
#include "alloc_fail.h"
#include "extract_feed.h"

void setUp(void) {}
void tearDown(void) {}

enum { SECONDS = 8, LEADS = 8, FS = 250 };
static float uv[LEADS][SECONDS * FS];
static const char *const LABELS[LEADS] = {"a", "b", "c"}; /* the others are named by number */
static const double RATES[LEADS] = {FS, FS, FS, FS, FS, FS, FS, FS};

static void make_recording(uint64_t seed, const char *scenario) {
  fecg_sim_options o = sim_of(seed, SECONDS, scenario);
  o.fs = FS;
  o.leads = LEADS;
  o.snr_db = 15;
  input in = simulated(o);
  for (int l = 0; l < LEADS; l++) memcpy(uv[l], in.uv[l], sizeof uv[l]);
  free_input(&in);
}

/* An extraction up to the document, to be destroyed by the caller; gives the first error. */
static fecg_status extract(fecg_extractor **x) {
  const fecg_extract_options o = {.leads = LEADS, .labels = LABELS, .fs = RATES, .signals = 1};
  int more = 1;
  fecg_status s = fecg_extract_create(&o, x);
  if (s != FECG_OK) {
    TEST_ASSERT_NULL(*x);
    return s;
  }
  s = fecg_extract_note(*x, "A", "note", -1);
  for (int l = 0; l < LEADS && s == FECG_OK; l++) s = fecg_extract_push(*x, l, uv[l], SECONDS * FS);
  TEST_ASSERT_EQUAL(FECG_OK, fecg_extract_finish(*x));
  while (s == FECG_OK && more) s = fecg_extract_process(*x, &more);
  return s;
}

static void each_allocation_may_fail(void) {
  static const char *const scenarios[] = {"normal", "adult"};
  for (int k = 0; k < 2; k++) {
    make_recording(3, scenarios[k]);
    for (long n = 1;; n++) {
      fecg_extractor *x;
      char *json;
      size_t count;
      alloc_fail_at(n);
      const fecg_status s = extract(&x);
      const int failed = alloc_fail_failed != 0;
      TEST_ASSERT_EQUAL(failed ? FECG_ERR_MEMORY : FECG_OK, s);
      if (failed && x) { /* what it has may still be asked for */
        TEST_ASSERT_EQUAL(FECG_ERR_STATE, fecg_extract_json(x, NULL, &json, &count));
        TEST_ASSERT_NULL(fecg_extract_signal(x, FECG_FETAL, 0, &count));
        fecg_extract_beats(x, &count);
        TEST_ASSERT_LESS_THAN(30, count);
      }
      fecg_extract_destroy(x);
      alloc_fail_end();
      if (failed) continue;
      TEST_ASSERT_GREATER_THAN(10, n);
      break;
    }
  }
}

/* A document that could not be written can be asked for again. */
static void a_document_may_be_asked_for_again(void) {
  fecg_extractor *x;
  char *whole, *json;
  size_t length, n;
  make_recording(3, "normal");
  TEST_ASSERT_EQUAL(FECG_OK, extract(&x));
  TEST_ASSERT_EQUAL(FECG_OK, fecg_extract_json(x, NULL, &whole, &length));
  for (long k = 1;; k++) {
    alloc_fail_at(k);
    const fecg_status s = fecg_extract_json(x, NULL, &json, &n);
    if (s == FECG_OK) {
      TEST_ASSERT_EQUAL_STRING(whole, json);
      fecg_free(json);
      TEST_ASSERT_EQUAL_MESSAGE(0, alloc_fail_end(), "a failed allocation was not told");
      TEST_ASSERT_GREATER_THAN(100, k);
      break;
    }
    TEST_ASSERT_EQUAL(FECG_ERR_MEMORY, s);
    TEST_ASSERT_NULL(json);
    TEST_ASSERT_EQUAL(0, n);
    alloc_fail_end();
  }
  fecg_free(whole);
  fecg_extract_destroy(x);
}

int main(void) {
  UNITY_BEGIN();
  RUN_TEST(each_allocation_may_fail);
  RUN_TEST(a_document_may_be_asked_for_again);
  return UNITY_END();
}
