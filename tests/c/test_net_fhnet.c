/* test_net_fhnet.c — the whole network with the formula's weights against what PyTorch gave, within 1e-4. */
#include "net/model.h"
#include "net_file.h"

static net_file file;
static fecg_model *model;

void setUp(void) {
  fecg_diagnostic error = {.message = ""};
  net_fhnet(&file);
  net_write(&file);
  TEST_ASSERT_EQUAL_MESSAGE(FECG_OK, fecg_model_create(file.bytes, file.n, &model, &error), error.message);
  net_free(&file);
}

void tearDown(void) { fecg_model_destroy(model); }

static float largest;

/* Every step-th of count values, as vectors.py takes them. */
static void expect(const fecg_safetensors *vectors, const char *name, const char *part, const float *got, size_t count, double within) {
  char full[64];
  snprintf(full, sizeof full, "%s.%s", name, part);
  const fecg_stored *t = fecg_safetensors_find(vectors, full);
  TEST_ASSERT_NOT_NULL_MESSAGE(t, full);
  const size_t step = count / 500 > 1 ? count / 500 : 1;
  TEST_ASSERT_EQUAL((count + step - 1) / step, t->count);
  float *wanted = malloc(t->count * sizeof *wanted);
  TEST_ASSERT_EQUAL(t->count, fecg_stored_floats(t, wanted));
  for (size_t i = 0; i < t->count; i++) {
    char message[160];
    const float off = fabsf(got[i * step] - wanted[i]);
    if (off > largest) largest = off;
    snprintf(message, sizeof message, "%s[%lu]: %.7g, PyTorch %.7g", full, (unsigned long)i, got[i * step], wanted[i]);
    TEST_ASSERT_TRUE_MESSAGE(off <= within, message);
  }
  free(wanted);
}

static void compare(double within) {
  static const struct { const char *name; int leads; uint32_t mask; } RUNS[] = {{"fhnet4", 4, 15}, {"fhnet4masked", 4, 13}, {"fhnet1", 1, 1}, {"fhnet32masked", 32, 0xfffff}};
  size_t n;
  fecg_safetensors v;
  uint8_t *bytes = net_data("net_vectors.safetensors", &n);
  TEST_ASSERT_EQUAL(FECG_OK, fecg_safetensors_open(bytes, n, &v, NULL));
  for (size_t i = 0; i < sizeof RUNS / sizeof *RUNS; i++) {
    const char *name = RUNS[i].name;
    const size_t leads = (size_t)RUNS[i].leads;
    float *x = net_window(RUNS[i].leads);
    fecg_fhnet_output y;
    largest = 0;
    TEST_ASSERT_EQUAL(FECG_OK, fecg_fhnet_run(model, x, RUNS[i].leads, RUNS[i].mask, &y));
    const float state[] = {y.present, y.quality};
    expect(&v, name, "state", state, 2, within);
    expect(&v, name, "fqrs", y.fqrs, 1000, within);
    expect(&v, name, "mqrs", y.mqrs, 1000, within);
    expect(&v, name, "lead_weight", y.lead_weight, 125 * leads, within);
    expect(&v, name, "edge", y.edge, 125 * 4 * leads * leads, within);
    expect(&v, name, "fetal", y.fetal, 1000 * leads, within);
    expect(&v, name, "maternal", y.maternal, 1000 * leads, within);
    printf("%s: at most %.2g from PyTorch\n", name, largest);
    free(x);
  }
  fecg_safetensors_close(&v);
  free(bytes);
}

static void every_output_is_that_of_pytorch(void) { compare(1e-4); }

static void beats_alone_are_those_of_the_whole_run(void) {
  float *x = net_window(4), fqrs[1000], weight[4 * 125];
  fecg_fhnet_output y;
  TEST_ASSERT_EQUAL(FECG_OK, fecg_fhnet_run(model, x, 4, 15, &y));
  const float present = y.present;
  memcpy(fqrs, y.fqrs, sizeof fqrs);
  memcpy(weight, y.lead_weight, sizeof weight);
  TEST_ASSERT_EQUAL(FECG_OK, fecg_fhnet_beats(model, x, 4, 15, &y));
  TEST_ASSERT_NULL(y.fetal);
  TEST_ASSERT_NULL(y.maternal);
  TEST_ASSERT_EQUAL_FLOAT(present, y.present);
  TEST_ASSERT_EQUAL_MEMORY(fqrs, y.fqrs, sizeof fqrs);
  TEST_ASSERT_EQUAL_MEMORY(weight, y.lead_weight, sizeof weight);
  free(x);
}

/* The formula's weights have no rows of one size, so eight bits cost more than in a trained network. */
static void integer_products_stay_near(void) {
  fecg_model_set_int16(model, 1);
  compare(0.1);
}

static void a_masked_lead_is_not_heard(void) {
  float *x = net_window(4), before[1000];
  fecg_fhnet_output y;
  TEST_ASSERT_EQUAL(FECG_OK, fecg_fhnet_run(model, x, 4, 0xfffffffd, &y)); /* bits beyond the leads say nothing */
  memcpy(before, y.fqrs, sizeof before);
  for (int i = 3000; i < 6000; i++) x[i] = -x[i] + 1;
  TEST_ASSERT_EQUAL(FECG_OK, fecg_fhnet_run(model, x, 4, 13, &y));
  TEST_ASSERT_EQUAL_MEMORY(before, y.fqrs, sizeof before);
  for (int t = 0; t < 125; t++) TEST_ASSERT_TRUE(y.lead_weight[4 * t + 1] == 0);
  free(x);
}

static void a_run_leaves_nothing_behind(void) {
  float *x = net_window(4), *z = calloc(32 * 3000, sizeof *z), before[1000], *many = net_window(32);
  fecg_fhnet_output y;
  TEST_ASSERT_EQUAL(FECG_OK, fecg_fhnet_run(model, x, 4, 15, &y));
  memcpy(before, y.fetal, sizeof before);
  TEST_ASSERT_EQUAL(FECG_OK, fecg_fhnet_run(model, many, 32, 1, &y)); /* grows */
  TEST_ASSERT_EQUAL(FECG_OK, fecg_fhnet_run(model, z, 32, UINT32_MAX, &y));
  for (int i = 0; i < 32000; i++) TEST_ASSERT_TRUE(isfinite(y.fetal[i]));
  TEST_ASSERT_EQUAL(FECG_OK, fecg_fhnet_run(model, x, 4, 15, &y));
  TEST_ASSERT_EQUAL_MEMORY(before, y.fetal, sizeof before);
  free(x);
  free(z);
  free(many);
}

/* One lead is the smallest room that is taken; tearDown's sanitizer or the second run would tell of a write beyond it. */
static void one_lead_alone_gives_what_it_gives_in_large_room(void) {
  float *x = net_window(1), *many = net_window(32), before[1000];
  fecg_fhnet_output y;
  for (int int16 = 0; int16 <= 1; int16++) {
    tearDown();
    setUp();
    fecg_model_set_int16(model, int16);
    TEST_ASSERT_EQUAL(FECG_OK, fecg_fhnet_run(model, x, 1, 1, &y));
    memcpy(before, y.fqrs, sizeof before);
    TEST_ASSERT_EQUAL(FECG_OK, fecg_fhnet_run(model, many, 32, UINT32_MAX, &y));
    TEST_ASSERT_EQUAL(FECG_OK, fecg_fhnet_run(model, x, 1, 1, &y));
    TEST_ASSERT_EQUAL_MEMORY(before, y.fqrs, sizeof before);
  }
  free(x);
  free(many);
}

static void large_inputs_give_finite_results(void) {
  float *x = net_window(2);
  fecg_fhnet_output y;
  for (int i = 0; i < 6000; i++) x[i] *= 5000;
  for (int int16 = 0; int16 <= 1; int16++) {
    fecg_model_set_int16(model, int16);
    TEST_ASSERT_EQUAL(FECG_OK, fecg_fhnet_run(model, x, 2, 3, &y));
    for (int i = 0; i < 2000; i++) TEST_ASSERT_TRUE(isfinite(y.fetal[i]) && isfinite(y.fqrs[i / 2]));
    TEST_ASSERT_TRUE(isfinite(y.present) && isfinite(y.quality));
  }
  free(x);
}

static void what_is_not_finite_does_no_harm(void) {
  float *x = net_window(2);
  fecg_fhnet_output y;
  for (int i = 0; i < 6000; i++) x[i] = i % 3 ? NAN : INFINITY;
  for (int int16 = 0; int16 <= 1; int16++) {
    fecg_model_set_int16(model, int16);
    TEST_ASSERT_EQUAL(FECG_OK, fecg_fhnet_run(model, x, 2, 3, &y));
  }
  free(x);
}

static void arguments_are_checked(void) {
  float *x = net_window(2);
  fecg_fhnet_output y;
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_fhnet_run(NULL, x, 2, 3, &y));
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_fhnet_run(model, NULL, 2, 3, &y));
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_fhnet_run(model, x, 2, 3, NULL));
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_fhnet_run(model, x, 0, 3, &y));
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_fhnet_run(model, x, 33, 3, &y));
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_fhnet_run(model, x, 2, 4, &y));
  free(x);
}

int main(void) {
  UNITY_BEGIN();
  RUN_TEST(every_output_is_that_of_pytorch);
  RUN_TEST(beats_alone_are_those_of_the_whole_run);
  RUN_TEST(integer_products_stay_near);
  RUN_TEST(a_masked_lead_is_not_heard);
  RUN_TEST(a_run_leaves_nothing_behind);
  RUN_TEST(one_lead_alone_gives_what_it_gives_in_large_room);
  RUN_TEST(large_inputs_give_finite_results);
  RUN_TEST(what_is_not_finite_does_no_harm);
  RUN_TEST(arguments_are_checked);
  return UNITY_END();
}
