/* test_net_memory.c — whichever allocation fails, loading and running end with FECG_ERR_MEMORY, release everything, and a
 * model that could not grow goes on with the leads it had. */
#include "alloc_fail.h"
#include "net/model.h"
#include "net_file.h"

void setUp(void) {}
void tearDown(void) {}

static void loading_and_running_end_with_memory(void) {
  static net_file file;
  net_fhnet(&file);
  net_add(&file, "refine.x", 4, 3, 0);
  net_named(&file, "token.weight")->dtype = "I8";
  net_add(&file, "token.weight.scale", 64, 0, 0);
  net_write(&file);
  float *few = net_window(1), *many = net_window(3);
  long n = 1;
  for (;; n++) {
    fecg_diagnostic error = {.code = ""};
    fecg_fhnet_output y;
    fecg_model *m;
    int failed = 0;
    alloc_fail_at(n);
    const fecg_status status = fecg_model_create(file.bytes, file.n, &m, &error);
    if (status != FECG_OK) {
      TEST_ASSERT_EQUAL_MESSAGE(FECG_ERR_MEMORY, status, error.message);
      TEST_ASSERT_EQUAL_STRING("MEMORY", error.code);
      TEST_ASSERT_NULL(m);
      failed = 1;
    } else {
      const fecg_status first = fecg_fhnet_run(m, few, 1, 1, &y);
      const fecg_status second = fecg_fhnet_run(m, many, 3, 7, &y);
      failed = first != FECG_OK || second != FECG_OK;
      TEST_ASSERT_TRUE(first == FECG_OK || first == FECG_ERR_MEMORY);
      TEST_ASSERT_TRUE(second == FECG_OK || second == FECG_ERR_MEMORY);
      TEST_ASSERT_EQUAL(FECG_OK, fecg_fhnet_run(m, few, 1, 1, &y)); /* only one allocation fails */
      fecg_model_destroy(m);
    }
    if (alloc_fail_end() == 0) {
      TEST_ASSERT_FALSE(failed);
      break;
    }
    TEST_ASSERT_TRUE(failed);
  }
  TEST_ASSERT_GREATER_THAN(1000, n); /* the header alone has as many */
  net_free(&file);
  free(few);
  free(many);
}

/* ECGNet takes all of its memory when it is loaded. */
static void ecgnet_takes_its_memory_when_loaded(void) {
  static net_file file;
  static float x[FECG_ECGNET_LEADS * FECG_ECGNET_WINDOW], measures[FECG_ECGNET_MEASURES];
  net_ecgnet(&file);
  net_add(&file, "calibration.scale", 6, 0, 0);
  strcpy(file.extra, ",\"threshold\":\"0.4\"");
  net_write(&file);
  for (long n = 1;; n++) {
    fecg_diagnostic error = {.code = ""};
    fecg_model *m;
    alloc_fail_at(n);
    const fecg_status status = fecg_model_create(file.bytes, file.n, &m, &error);
    if (status != FECG_OK) {
      TEST_ASSERT_EQUAL_MESSAGE(FECG_ERR_MEMORY, status, error.message);
      TEST_ASSERT_EQUAL_STRING("MEMORY", error.code);
      TEST_ASSERT_NULL(m);
      TEST_ASSERT_EQUAL(1, alloc_fail_end());
      continue;
    }
    TEST_ASSERT_EQUAL(0, alloc_fail_failed);
    fecg_ecgnet_output y;
    const long live = alloc_fail_live;
    alloc_fail_countdown = 1; /* the next would fail */
    TEST_ASSERT_EQUAL(FECG_OK, fecg_ecgnet_run(m, x, 0xfff, measures, measures, &y));
    TEST_ASSERT_EQUAL(live, alloc_fail_live);
    fecg_model_destroy(m);
    TEST_ASSERT_EQUAL(0, alloc_fail_end());
    TEST_ASSERT_GREATER_THAN(500, n);
    break;
  }
  net_free(&file);
}

int main(void) {
  UNITY_BEGIN();
  RUN_TEST(loading_and_running_end_with_memory);
  RUN_TEST(ecgnet_takes_its_memory_when_loaded);
  return UNITY_END();
}
