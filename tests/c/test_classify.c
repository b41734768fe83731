/* test_classify.c — classification through fecg.h with the shipped weights: arguments, chunks, what cannot be judged, memory. */
#include "alloc_fail.h"

#include <cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "net_file.h"

enum { LEADS = 12, FS = 250, LONGEST = 60 * FS };
static const char *const LABELS[LEADS] = {"I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"};
static const double RATES[LEADS] = {FS, FS, FS, FS, FS, FS, FS, FS, FS, FS, FS, FS};
static float uv[LEADS][LONGEST];
static fecg_model *model;

void setUp(void) {
  size_t n;
  fecg_diagnostic error = {.message = ""};
  uint8_t *bytes = net_read("models/ecgnet/ecgnet.safetensors", &n);
  TEST_ASSERT_EQUAL_MESSAGE(FECG_OK, fecg_model_create(bytes, n, &model, &error), error.message);
  free(bytes);
}

void tearDown(void) { fecg_model_destroy(model); }

static void make(uint64_t seed, double seconds, const char *scenario) {
  fecg_sim_options o;
  fecg_sim_defaults(&o);
  o.seed = seed, o.seconds = seconds, o.scenario = scenario, o.fs = FS, o.leads = LEADS, o.snr_db = 15;
  fecg_sim *sim;
  TEST_ASSERT_EQUAL(FECG_OK, fecg_sim_create(&o, &sim));
  static float noise[LEADS][LONGEST];
  float *heart[LEADS], *rest[LEADS];
  for (int l = 0; l < LEADS; l++) heart[l] = uv[l], rest[l] = noise[l];
  size_t n = LONGEST;
  TEST_ASSERT_EQUAL(FECG_OK, fecg_sim_read(sim, NULL, heart, rest, &n));
  for (int l = 0; l < LEADS; l++)
    for (size_t i = 0; i < n; i++) uv[l][i] += noise[l][i];
  fecg_sim_destroy(sim);
}

/* Up to the document, in pieces of `chunk` samples; gives the first error. *c is to be destroyed by the caller. */
static fecg_status run(fecg_classifier **c, size_t n, size_t chunk) {
  const fecg_classify_options o = {.leads = LEADS, .labels = LABELS, .fs = RATES, .model = model};
  fecg_status s = fecg_classify_create(&o, c);
  for (size_t at = 0; at < n && s == FECG_OK; at += chunk) {
    const size_t piece = n - at < chunk ? n - at : chunk;
    for (int l = 0; l < LEADS && s == FECG_OK; l++) s = fecg_classify_push(*c, l, uv[l] + at, piece);
    for (int more = 1; more && s == FECG_OK;) s = fecg_classify_process(*c, &more);
  }
  if (s == FECG_OK) s = fecg_classify_finish(*c);
  for (int more = 1; more && s == FECG_OK;) s = fecg_classify_process(*c, &more);
  return s;
}

static char *document(size_t n, size_t chunk) {
  fecg_classifier *c;
  char *json;
  size_t length;
  TEST_ASSERT_EQUAL(FECG_OK, run(&c, n, chunk));
  TEST_ASSERT_EQUAL(FECG_OK, fecg_classify_json(c, NULL, &json, &length));
  TEST_ASSERT_EQUAL(strlen(json), length);
  fecg_classify_destroy(c);
  return json;
}

static void arguments_are_checked(void) {
  fecg_classifier *c;
  fecg_classify_options o = {.leads = LEADS, .labels = LABELS, .fs = RATES, .model = model};
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_classify_create(&o, NULL));
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_classify_create(NULL, &c));
  for (int leads = -1; leads <= 13; leads += 14) {
    o.leads = leads;
    TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_classify_create(&o, &c));
  }
  o.leads = 2;
  const char *const unknown[] = {"I", "AECG1"}, *const twice[] = {"II", "ECG II"}, *const none[] = {"I", NULL};
  const char *const *const wrong[] = {unknown, twice, none};
  for (int k = 0; k < 3; k++) {
    o.labels = wrong[k];
    TEST_ASSERT_EQUAL(FECG_ERR_LEADS, fecg_classify_create(&o, &c));
    TEST_ASSERT_NULL(c);
  }
  o.labels = LABELS;
  static const double rates[][2] = {{99, 250}, {250, 4001}, {NAN, 250}, {0, 0}};
  for (int k = 0; k < 4; k++) {
    o.fs = rates[k];
    TEST_ASSERT_EQUAL(FECG_ERR_RATE, fecg_classify_create(&o, &c));
  }
  o.fs = RATES;
  o.model = NULL;
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_classify_create(&o, &c));
  size_t n;
  uint8_t *bytes = net_read("models/fhnet/fhnet.safetensors", &n);
  TEST_ASSERT_EQUAL(FECG_OK, fecg_model_create(bytes, n, &o.model, NULL));
  free(bytes);
  TEST_ASSERT_EQUAL_MESSAGE(FECG_ERR_ARGUMENT, fecg_classify_create(&o, &c), "weights of another network");
  fecg_model_destroy(o.model);
  fecg_classify_destroy(NULL);
}

static void calls_out_of_order_are_refused(void) {
  const fecg_classify_options o = {.leads = 1, .labels = LABELS, .fs = RATES, .model = model};
  fecg_classifier *c;
  char *json;
  size_t n;
  TEST_ASSERT_EQUAL(FECG_OK, fecg_classify_create(&o, &c));
  TEST_ASSERT_EQUAL(FECG_ERR_STATE, fecg_classify_json(c, NULL, &json, &n));
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_classify_push(c, 1, uv[0], 1));
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_classify_push(c, 0, NULL, 1));
  TEST_ASSERT_EQUAL(FECG_OK, fecg_classify_finish(c));
  TEST_ASSERT_EQUAL(FECG_ERR_STATE, fecg_classify_push(c, 0, uv[0], 1));
  fecg_classify_destroy(c);
}

static void pieces_of_any_size_give_the_same_document(void) {
  make(3, 36, "standard:pvc");
  char *whole = document(36 * FS, 36 * FS);
  static const size_t chunks[] = {FS, 777, 10 * FS, 4001};
  for (int k = 0; k < 4; k++) {
    char *json = document(36 * FS, chunks[k]);
    TEST_ASSERT_EQUAL_STRING(whole, json);
    fecg_free(json);
  }
  fecg_free(whole);
}

static const char *reason_of(const char *json) {
  static char reason[32];
  cJSON *root = cJSON_Parse(json), *said = cJSON_GetObjectItem(cJSON_GetObjectItem(root, "quality"), "reason");
  snprintf(reason, sizeof reason, "%s", cJSON_IsString(said) ? said->valuestring : "");
  TEST_ASSERT_EQUAL(reason[0] != 0, cJSON_IsNull(cJSON_GetObjectItem(root, "abnormal")));
  cJSON_Delete(root);
  return reason;
}

static double number_of(const char *json, const char *object, const char *key) {
  cJSON *root = cJSON_Parse(json);
  const double v = cJSON_GetNumberValue(cJSON_GetObjectItem(cJSON_GetObjectItem(root, object), key));
  cJSON_Delete(root);
  return v;
}

static void input_of_any_kind_gives_a_document(void) {
  make(4, 12, "standard:normal");
  char *json = document(12 * FS, FS);
  TEST_ASSERT_EQUAL_STRING("", reason_of(json));
  fecg_free(json);
  static const size_t lengths[] = {1, 2, 10, FS, 2 * FS};
  for (int k = 0; k < 5; k++) {
    json = document(lengths[k], FS);
    TEST_ASSERT_EQUAL_STRING("TOO_SHORT", reason_of(json));
    fecg_free(json);
  }
  json = document(0, FS);
  TEST_ASSERT_EQUAL_STRING("TOO_SHORT", reason_of(json));
  fecg_free(json);
  static const float values[] = {0, NAN, INFINITY, 1e30f, 1e8f, -3};
  for (int k = 0; k < 6; k++) {
    for (int l = 0; l < LEADS; l++)
      for (int i = 0; i < LONGEST; i++) uv[l][i] = values[k];
    json = document(12 * FS, FS);
    TEST_ASSERT_EQUAL_STRING("NO_SIGNAL", reason_of(json));
    fecg_free(json);
  }
}

/* Asystole of four seconds among beats of a usual rate: a median does not see it. */
static void a_long_pause_is_neither_normal_nor_of_low_risk(void) {
  make(4, 10, "standard:normal");
  char *before = document(10 * FS, FS);
  TEST_ASSERT_TRUE(number_of(before, "intervals", "pause_s") < 2);
  fecg_free(before);
  for (int l = 0; l < LEADS; l++)
    for (int i = 3 * FS; i < 7 * FS; i++) uv[l][i] = (float)(i % 2);
  char *json = document(10 * FS, FS);
  TEST_ASSERT_TRUE(number_of(json, "intervals", "pause_s") > 3.5);
  TEST_ASSERT_TRUE(number_of(json, "classes", "arrhythmia") > 0.9);
  TEST_ASSERT_TRUE(number_of(json, "risk", "score") >= 1.0 / 3);
  fecg_free(json);
  for (int l = 0; l < LEADS; l++)
    for (int i = 4 * FS; i < 6 * FS; i++) uv[l][i] = NAN;
  json = document(10 * FS, FS);
  TEST_ASSERT_TRUE_MESSAGE(number_of(json, "intervals", "pause_s") < 3, "in a gap nobody knows of beats");
  fecg_free(json);
}

static int times(const char *text, const char *word) {
  int n = 0;
  while ((text = strstr(text, word))) n++, text++;
  return n;
}

/* However many notes a damaged file gave before, and however often the document is asked for. */
static void what_the_document_has_to_tell_it_tells_once(void) {
  make(4, 10, "standard:normal");
  for (int i = 0; i < 10 * FS; i++) { /* lead I for II: the limb leads contradict each other; one flat lead is one too few */
    const float one = uv[0][i];
    uv[0][i] = uv[1][i];
    uv[1][i] = one;
    uv[8][i] = 0;
  }
  fecg_classifier *c;
  char *json;
  size_t n;
  TEST_ASSERT_EQUAL(FECG_OK, run(&c, 10 * FS, FS));
  for (int k = 0; k < 100; k++) TEST_ASSERT_EQUAL(FECG_OK, fecg_classify_note(c, "BAD_VALUE", "x", k));
  for (int k = 0; k < 2; k++) {
    TEST_ASSERT_EQUAL(FECG_OK, fecg_classify_json(c, NULL, &json, &n));
    TEST_ASSERT_EQUAL(1, times(json, "\"LEADS_SUSPECTED\""));
    TEST_ASSERT_EQUAL(1, times(json, "\"FEW_LEADS\""));
    fecg_free(json);
  }
  fecg_classify_destroy(c);
  make(4, 40, "standard:normal");
  for (int l = 0; l < LEADS; l++) memset(uv[l] + 10 * FS, 0, 30 * FS * sizeof(float));
  json = document(40 * FS, FS);
  TEST_ASSERT_EQUAL_STRING("", reason_of(json));
  TEST_ASSERT_EQUAL(1, times(json, "\"PARTLY_JUDGED\""));
  fecg_free(json);
}

/* Noise as slow and as large as a heart, which denoising leaves and a search for beats finds beats in. */
static void noise_is_not_taken_for_a_heart(void) {
  for (int l = 0; l < LEADS; l++) {
    double slow = 0;
    for (int i = 0; i < LONGEST; i++) uv[l][i] = (float)(slow = 0.9 * slow + 100 * (double)net_formula(LABELS[l], (uint32_t)i));
  }
  char *json = document(12 * FS, FS);
  TEST_ASSERT_EQUAL_STRING("NO_BEATS", reason_of(json));
  TEST_ASSERT_TRUE_MESSAGE(isnan(number_of(json, "intervals", "rate_bpm")), "what is no beat has no rate");
  fecg_free(json);
  make(4, 12, "standard:pvc");
  json = document(12 * FS, FS);
  TEST_ASSERT_EQUAL_STRING_MESSAGE("", reason_of(json), "two kinds of beats");
  fecg_free(json);
}

static void whichever_allocation_fails_everything_is_released(void) {
  make(5, 14, "standard:af");
  tearDown();
  size_t size;
  uint8_t *bytes = net_read("models/ecgnet/ecgnet.safetensors", &size);
  for (long k = 1;; k += k < 40 ? 1 : 7) {
    alloc_fail_at(k);
    fecg_status s = fecg_model_create(bytes, size, &model, NULL);
    fecg_classifier *c = NULL;
    char *json = NULL;
    size_t n;
    if (s == FECG_OK) s = run(&c, 14 * FS, 14 * FS);
    if (s == FECG_OK) s = fecg_classify_json(c, "x", &json, &n);
    TEST_ASSERT_EQUAL(alloc_fail_failed ? FECG_ERR_MEMORY : FECG_OK, s);
    const int failed = alloc_fail_failed != 0;
    fecg_free(json);
    fecg_classify_destroy(c);
    fecg_model_destroy(model);
    model = NULL;
    alloc_fail_end();
    if (!failed) break;
  }
  free(bytes);
}

int main(void) {
  UNITY_BEGIN();
  RUN_TEST(arguments_are_checked);
  RUN_TEST(calls_out_of_order_are_refused);
  RUN_TEST(pieces_of_any_size_give_the_same_document);
  RUN_TEST(input_of_any_kind_gives_a_document);
  RUN_TEST(a_long_pause_is_neither_normal_nor_of_low_risk);
  RUN_TEST(what_the_document_has_to_tell_it_tells_once);
  RUN_TEST(noise_is_not_taken_for_a_heart);
  RUN_TEST(whichever_allocation_fails_everything_is_released);
  return UNITY_END();
}
