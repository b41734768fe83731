/* test_net_ecgnet.c — block attention and the whole ECGNet against what PyTorch gave (models/ecgnet/vectors.py), within 1e-4,
 * and files of its weights that are wrong. */
#include "net/model.h"
#include "net_file.h"

enum { LEADS = FECG_ECGNET_LEADS, WINDOW = FECG_ECGNET_WINDOW, MEASURES = FECG_ECGNET_MEASURES, ALL = 0xfff };

static net_file file;
static fecg_model *model;
static fecg_diagnostic error;
static float input[LEADS * WINDOW], measures[MEASURES], known[MEASURES];

static fecg_status load(void) {
  fecg_model_destroy(model);
  net_free(&file);
  net_write(&file);
  return fecg_model_create(file.bytes, file.n, &model, &error);
}

/* measures() and known() of vectors.py */
static void measured(int every) {
  for (uint32_t i = 0; i < MEASURES; i++) {
    known[i] = every > 0 && (int)i % every == 0 ? 1 : 0;
    measures[i] = known[i] != 0 ? net_formula("measured", i) * 6 : 0;
  }
}

void setUp(void) {
  memset(&error, 0, sizeof error);
  net_ecgnet(&file);
  TEST_ASSERT_EQUAL_MESSAGE(FECG_OK, load(), error.message);
  for (uint32_t i = 0; i < LEADS * WINDOW; i++) input[i] = net_formula("input", i) * 2;
  measured(1);
}

void tearDown(void) {
  fecg_model_destroy(model);
  model = NULL;
  net_free(&file);
}

static fecg_ecgnet_output run(uint32_t mask) {
  fecg_ecgnet_output y;
  TEST_ASSERT_EQUAL(FECG_OK, fecg_ecgnet_run(model, input, mask, measures, known, &y));
  return y;
}

static fecg_safetensors vectors;
static uint8_t *vector_bytes;

static void open_vectors(void) {
  size_t n;
  vector_bytes = net_data("ecgnet_vectors.safetensors", &n);
  TEST_ASSERT_EQUAL(FECG_OK, fecg_safetensors_open(vector_bytes, n, &vectors, NULL));
}

static void close_vectors(void) {
  fecg_safetensors_close(&vectors);
  free(vector_bytes);
}

/* A tensor of the vectors, the caller's to free. */
static float *wanted(const char *name, const char *part, size_t *count) {
  char full[64];
  snprintf(full, sizeof full, "%s.%s", name, part);
  const fecg_stored *t = fecg_safetensors_find(&vectors, full);
  TEST_ASSERT_NOT_NULL_MESSAGE(t, full);
  float *x = malloc(t->count * sizeof *x);
  TEST_ASSERT_EQUAL(t->count, fecg_stored_floats(t, x));
  *count = t->count;
  return x;
}

static void expect(const char *name, const char *part, const float *got, size_t count, double within) {
  size_t n;
  float *pytorch = wanted(name, part, &n), furthest = 0;
  TEST_ASSERT_EQUAL(count, n);
  for (size_t i = 0; i < n; i++) {
    char message[160];
    snprintf(message, sizeof message, "%s.%s[%lu]: %.7g, PyTorch %.7g", name, part, (unsigned long)i, got[i], pytorch[i]);
    const float off = fabsf(got[i] - pytorch[i]);
    TEST_ASSERT_TRUE_MESSAGE(off <= within, message);
    furthest = off > furthest ? off : furthest;
  }
  printf("%s.%s: at most %.2g from PyTorch\n", name, part, furthest);
  free(pytorch);
}

static void block_attention_is_that_of_pytorch(void) {
  static const struct { const char *name; size_t width, rows; } C[] = {{"cbam8", 8, 3}, {"cbam16", 16, 23}, {"cbam64", 64, 125}};
  open_vectors();
  for (int i = 0; i < 3; i++) {
    const size_t room = fecg_cbam_scratch(C[i].rows, C[i].width);
    size_t n;
    fecg_arena weights = {0};
    fecg_binder b;
    fecg_cbam cbam;
    fecg_binder_begin(&b, &vectors, &weights, &error);
    fecg_bind_cbam(&b, &cbam, C[i].name, C[i].width);
    TEST_ASSERT_EQUAL_MESSAGE(FECG_OK, fecg_binder_end(&b), error.message);
    float *x = wanted(C[i].name, "x", &n), *again = wanted(C[i].name, "x", &n), *scratch = malloc(room * sizeof *scratch), add[64];
    for (size_t k = 0; k < 64; k++) add[k] = (float)k;
    for (size_t k = 0; k < room; k++) scratch[k] = NAN; /* what was there says nothing */
    fecg_cbam_run(&cbam, x, C[i].rows, NULL, scratch);
    expect(C[i].name, "y", x, C[i].rows * C[i].width, 1e-6);
    fecg_cbam_run(&cbam, again, C[i].rows, add, scratch);
    for (size_t k = 0; k < n; k++) TEST_ASSERT_FLOAT_WITHIN(1e-5f, x[k] + add[k % C[i].width], again[k]);
    free(x);
    free(again);
    free(scratch);
    fecg_arena_destroy(&weights);
  }
  close_vectors();
}

static void compare(double within) {
  static const struct { const char *name; uint32_t mask; int every; } RUNS[] = {{"12", ALL, 1}, {"3", 1 | 1 << 6 | 1 << 10, 2}, {"1", 2, 3}, {"unmeasured", ALL, 0}};
  open_vectors();
  for (size_t i = 0; i < sizeof RUNS / sizeof *RUNS; i++) {
    measured(RUNS[i].every);
    const fecg_ecgnet_output y = run(RUNS[i].mask);
    expect(RUNS[i].name, "logits", y.logits, FECG_ECGNET_CLASSES, within);
    expect(RUNS[i].name, "lead_weight", y.lead_weight, (size_t)FECG_ECGNET_TOKENS * LEADS, within);
    expect(RUNS[i].name, "time_weight", y.time_weight, FECG_ECGNET_TOKENS, within);
  }
  close_vectors();
}

static void every_output_is_that_of_pytorch(void) { compare(1e-4); }

static void integer_products_stay_near(void) {
  fecg_model_set_int16(model, 1);
  compare(0.05);
}

static void the_file_says_how_products_are_computed(void) {
  const fecg_ecgnet_output plain = run(ALL);
  fecg_model_set_int16(model, 1);
  const fecg_ecgnet_output whole = run(ALL);
  strcpy(file.extra, ",\"precision\":\"int16\"");
  TEST_ASSERT_EQUAL_MESSAGE(FECG_OK, load(), error.message);
  const fecg_ecgnet_output again = run(ALL);
  TEST_ASSERT_TRUE(memcmp(plain.logits, whole.logits, sizeof whole.logits) != 0);
  TEST_ASSERT_EQUAL_MEMORY(whole.logits, again.logits, sizeof whole.logits);
}

static void what_is_not_there_is_not_read(void) {
  measured(2);
  const fecg_ecgnet_output before = run(ALL & ~6u);
  for (int i = WINDOW; i < 3 * WINDOW; i++) input[i] = NAN;
  for (int i = 1; i < MEASURES; i += 2) measures[i] = NAN;
  const fecg_ecgnet_output y = run((uint32_t)~6); /* bits beyond the leads say nothing */
  TEST_ASSERT_EQUAL_MEMORY(before.logits, y.logits, sizeof y.logits);
  for (int t = 0; t < FECG_ECGNET_TOKENS; t++) TEST_ASSERT_TRUE(y.lead_weight[t * LEADS + 1] == 0 && y.lead_weight[t * LEADS + 2] == 0);
}

static void a_lead_is_known_by_its_place(void) {
  memcpy(input + WINDOW, input, WINDOW * sizeof(float));
  const fecg_ecgnet_output first = run(1), second = run(2);
  TEST_ASSERT_TRUE(memcmp(first.logits, second.logits, sizeof first.logits) != 0);
}

static void a_run_leaves_nothing_behind(void) {
  for (int int16 = 0; int16 <= 1; int16++) {
    fecg_model_set_int16(model, int16);
    const fecg_ecgnet_output before = run(5);
    run(ALL);
    const fecg_ecgnet_output after = run(5);
    TEST_ASSERT_EQUAL_MEMORY(before.logits, after.logits, sizeof after.logits);
  }
}

static void weights_of_attention_are_shares(void) {
  const fecg_ecgnet_output y = run(ALL & ~1u);
  double whole = 0;
  for (int t = 0; t < FECG_ECGNET_TOKENS; t++) {
    double sum = 0;
    for (int l = 0; l < LEADS; l++) sum += y.lead_weight[t * LEADS + l];
    TEST_ASSERT_DOUBLE_WITHIN(1e-5, 1, sum);
    whole += y.time_weight[t];
  }
  TEST_ASSERT_DOUBLE_WITHIN(1e-5, 1, whole);
}

static void probabilities_are_calibrated_where_the_file_says_how(void) {
  const fecg_ecgnet_output plain = run(ALL);
  for (int c = 0; c < FECG_ECGNET_CLASSES; c++) TEST_ASSERT_FLOAT_WITHIN(1e-6f, 1 / (1 + expf(-plain.logits[c])), plain.probability[c]);
  TEST_ASSERT_EQUAL_FLOAT(0.5f, model->ecgnet.threshold);
  net_add(&file, "calibration.bias", 6, 0, 0);
  strcpy(file.extra, ",\"threshold\":\"0.37519\"");
  TEST_ASSERT_EQUAL_MESSAGE(FECG_OK, load(), error.message);
  TEST_ASSERT_EQUAL_FLOAT(0.37519f, model->ecgnet.threshold);
  fecg_ecgnet_output y = run(ALL);
  TEST_ASSERT_EQUAL_MEMORY(plain.logits, y.logits, sizeof y.logits);
  for (uint32_t c = 0; c < FECG_ECGNET_CLASSES; c++)
    TEST_ASSERT_FLOAT_WITHIN(1e-6f, 1 / (1 + expf(-plain.logits[c] - net_weight(net_named(&file, "calibration.bias"), c))), y.probability[c]);
  net_add(&file, "calibration.scale", 6, 0, 0); /* net_write() makes it 1 / 400 */
  TEST_ASSERT_EQUAL_MESSAGE(FECG_OK, load(), error.message);
  y = run(ALL);
  for (uint32_t c = 0; c < FECG_ECGNET_CLASSES; c++)
    TEST_ASSERT_FLOAT_WITHIN(1e-6f, 1 / (1 + expf(-plain.logits[c] / 400 - net_weight(net_named(&file, "calibration.bias"), c))), y.probability[c]);
}

static void large_inputs_give_finite_results(void) {
  for (int i = 0; i < LEADS * WINDOW; i++) input[i] *= 5000;
  for (int i = 0; i < MEASURES; i++) measures[i] *= 1e20f;
  for (int int16 = 0; int16 <= 1; int16++) {
    fecg_model_set_int16(model, int16);
    const fecg_ecgnet_output y = run(ALL);
    for (int c = 0; c < FECG_ECGNET_CLASSES; c++) TEST_ASSERT_TRUE(isfinite(y.logits[c]) && y.probability[c] >= 0 && y.probability[c] <= 1);
  }
}

static void what_is_not_finite_does_no_harm(void) {
  for (int i = 0; i < LEADS * WINDOW; i++) input[i] = i % 3 ? NAN : INFINITY;
  for (int int16 = 0; int16 <= 1; int16++) {
    fecg_model_set_int16(model, int16);
    run(ALL);
  }
}

static void refused(fecg_status status, const char *words) {
  TEST_ASSERT_EQUAL_MESSAGE(status, load(), error.message);
  TEST_ASSERT_NULL(model);
  if (!strstr(error.message, words)) TEST_ASSERT_EQUAL_STRING(words, error.message);
}

static void a_missing_tensor_is_named(void) {
  strcpy(net_named(&file, "cbam3.gate.weight")->name, "cbam3.other.weight");
  refused(FECG_ERR_FORMAT, "tensor cbam3.gate.weight (1 x 2 x 7) is missing");
}

static void another_shape_is_named_with_both(void) {
  net_named(&file, "measure_mean")->shape[0] = 110;
  refused(FECG_ERR_FORMAT, "tensor measure_mean is 110, expected 111");
}

static void tensors_of_no_network_are_refused(void) {
  net_add(&file, "refine.x", 3, 0, 0); /* that is FHNet's */
  refused(FECG_ERR_FORMAT, "tensor refine.x is none of this network");
}

static void a_scale_of_measures_is_more_than_zero(void) {
  static const uint8_t NUMBERS[][4] = {{0, 0, 0, 0}, {0, 0, 0x80, 0xbf}}; /* 0, -1 */
  for (int i = 0; i < 2; i++) {
    net_spoil(&file, "measure_scale", NUMBERS[i]);
    fecg_model_destroy(model);
    TEST_ASSERT_EQUAL(FECG_ERR_FORMAT, fecg_model_create(file.bytes, file.n, &model, &error));
    TEST_ASSERT_NOT_NULL(strstr(error.message, "measure_scale"));
  }
}

static void a_threshold_is_a_number_between_0_and_1(void) {
  static const char *const BAD[] = {"", "0", "0.", "0.0", "1", "1.5", "-0.5", ".5", "0.5x", "half", "nan", "0.9999999999"};
  for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
    snprintf(file.extra, sizeof file.extra, ",\"threshold\":\"%s\"", BAD[i]);
    refused(FECG_ERR_FORMAT, "threshold ");
  }
}

static void the_file_s_architecture_decides(void) {
  TEST_ASSERT_EQUAL_STRING("ecgnet", fecg_model_architecture(model));
  strcpy(file.architecture, "fhnet");
  refused(FECG_ERR_FORMAT, "tensor stem1.weight is 16 x 1 x 15, expected 24 x 3 x 15");
  strcpy(file.architecture, "ecgnet2");
  refused(FECG_ERR_UNSUPPORTED, "architecture ecgnet2; fhnet and ecgnet are known");
}

static void each_network_refuses_the_other_s_weights(void) {
  fecg_fhnet_output fetal;
  fecg_ecgnet_output y;
  fecg_extractor *x;
  const double fs = 250;
  fecg_extract_options options = {.leads = 1, .fs = &fs, .model = model};
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_fhnet_run(model, input, 4, 15, &fetal));
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_extract_create(&options, &x));
  TEST_ASSERT_NULL(x);
  net_free(&file);
  net_fhnet(&file);
  TEST_ASSERT_EQUAL_MESSAGE(FECG_OK, load(), error.message);
  TEST_ASSERT_EQUAL_STRING("fhnet", fecg_model_architecture(model));
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_ecgnet_run(model, input, ALL, measures, known, &y));
  options.model = model;
  TEST_ASSERT_EQUAL(FECG_OK, fecg_extract_create(&options, &x));
  fecg_extract_destroy(x);
}

static void arguments_are_checked(void) {
  fecg_ecgnet_output y;
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_ecgnet_run(NULL, input, ALL, measures, known, &y));
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_ecgnet_run(model, NULL, ALL, measures, known, &y));
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_ecgnet_run(model, input, ~(uint32_t)ALL, measures, known, &y));
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_ecgnet_run(model, input, ALL, NULL, known, &y));
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_ecgnet_run(model, input, ALL, measures, NULL, &y));
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_ecgnet_run(model, input, ALL, measures, known, NULL));
}

int main(void) {
  UNITY_BEGIN();
  RUN_TEST(block_attention_is_that_of_pytorch);
  RUN_TEST(every_output_is_that_of_pytorch);
  RUN_TEST(integer_products_stay_near);
  RUN_TEST(the_file_says_how_products_are_computed);
  RUN_TEST(what_is_not_there_is_not_read);
  RUN_TEST(a_lead_is_known_by_its_place);
  RUN_TEST(a_run_leaves_nothing_behind);
  RUN_TEST(weights_of_attention_are_shares);
  RUN_TEST(probabilities_are_calibrated_where_the_file_says_how);
  RUN_TEST(large_inputs_give_finite_results);
  RUN_TEST(what_is_not_finite_does_no_harm);
  RUN_TEST(a_missing_tensor_is_named);
  RUN_TEST(another_shape_is_named_with_both);
  RUN_TEST(tensors_of_no_network_are_refused);
  RUN_TEST(a_scale_of_measures_is_more_than_zero);
  RUN_TEST(a_threshold_is_a_number_between_0_and_1);
  RUN_TEST(the_file_s_architecture_decides);
  RUN_TEST(each_network_refuses_the_other_s_weights);
  RUN_TEST(arguments_are_checked);
  return UNITY_END();
}
