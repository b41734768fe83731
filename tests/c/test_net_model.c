/* test_net_model.c — files of weights: every type they may have, and every way in which they may be wrong. */
#include "net/model.h"
#include "net_file.h"

static net_file file;
static fecg_model *model;
static fecg_diagnostic error;

void setUp(void) {
  net_fhnet(&file);
  memset(&error, 0, sizeof error);
}

void tearDown(void) {
  fecg_model_destroy(model);
  model = NULL;
  net_free(&file);
}

static fecg_status create(const uint8_t *bytes, size_t n) {
  uint8_t *exact = malloc(n ? n : 1); /* so that a sanitizer sees a read beyond the end; and the bytes are not kept */
  TEST_ASSERT_NOT_NULL(exact);
  if (n > 0) memcpy(exact, bytes, n);
  fecg_model_destroy(model);
  const fecg_status status = fecg_model_create(exact, n, &model, &error);
  free(exact);
  TEST_ASSERT_EQUAL(status == FECG_OK, model != NULL);
  if (status != FECG_OK) TEST_ASSERT_EQUAL_STRING(fecg_status_code(status), error.code);
  return status;
}

static void expect(fecg_status status, const char *words) {
  TEST_ASSERT_EQUAL_MESSAGE(status, create(file.bytes, file.n), error.message);
  if (!strstr(error.message, words)) TEST_ASSERT_EQUAL_STRING(words, error.message);
}

/* Writes the file as it is described, which has to be refused with these words. */
static void refused(fecg_status status, const char *words) {
  net_write(&file);
  expect(status, words);
}

static float run(float *fqrs, int int16) {
  fecg_fhnet_output y;
  float *x = net_window(4);
  fecg_model_set_int16(model, int16);
  TEST_ASSERT_EQUAL(FECG_OK, fecg_fhnet_run(model, x, 4, 15, &y));
  memcpy(fqrs, y.fqrs, 1000 * sizeof *fqrs);
  free(x);
  return y.present;
}

static float furthest(const float *a, const float *b) {
  float most = 0;
  for (int i = 0; i < 1000; i++) most = fabsf(a[i] - b[i]) > most ? fabsf(a[i] - b[i]) : most;
  return most;
}

static void metadata_can_be_asked_for(void) {
  char sha256[65];
  strcpy(file.extra, ",\"trained_on\":\"[\\\"r01\\\"]\"");
  net_write(&file);
  TEST_ASSERT_EQUAL_MESSAGE(FECG_OK, create(file.bytes, file.n), error.message);
  fecg_sha256(file.bytes, file.n, sha256);
  TEST_ASSERT_EQUAL_STRING("formula", fecg_model_name(model));
  TEST_ASSERT_EQUAL_STRING(sha256, fecg_model_sha256(model));
  TEST_ASSERT_EQUAL_STRING("[\"r01\"]", fecg_model_metadata(model, "trained_on"));
  TEST_ASSERT_EQUAL_STRING("fhnet", fecg_model_metadata(model, "architecture"));
  TEST_ASSERT_EQUAL_STRING("", fecg_model_metadata(model, "Architecture"));
}

static void half_and_eight_bit_weights_are_near_those_of_32(void) {
  static float f32[1000], f16[1000], i8[1000], i8_int16[1000];
  net_write(&file);
  TEST_ASSERT_EQUAL(FECG_OK, create(file.bytes, file.n));
  run(f32, 0);
  net_free(&file);
  for (int i = 0; i < file.count; i++) file.tensor[i].dtype = "F16";
  net_write(&file);
  TEST_ASSERT_EQUAL_MESSAGE(FECG_OK, create(file.bytes, file.n), error.message);
  run(f16, 0);
  TEST_ASSERT_TRUE(furthest(f32, f16) < 0.01f);
  TEST_ASSERT_TRUE(furthest(f32, f16) > 0);
  net_free(&file);
  /* a matrix of each kind whose numbers stay below 127 / 400 */
  for (int i = 0; i < file.count; i++) {
    net_tensor *t = file.tensor + i;
    if (t->dims < 2 || !(strstr(t->name, "blocks.1.down") || strstr(t->name, "stem2") || strstr(t->name, "up2") || strstr(t->name, "scales.2"))) continue;
    char name[80];
    t->dtype = "I8";
    snprintf(name, sizeof name, "%s.scale", t->name);
    net_add(&file, name, t->shape[strncmp(t->name, "up", 2) == 0], 0, 0);
  }
  net_write(&file);
  TEST_ASSERT_EQUAL_MESSAGE(FECG_OK, create(file.bytes, file.n), error.message);
  run(i8, 0);
  run(i8_int16, 1);
  TEST_ASSERT_TRUE(furthest(f32, i8) < 0.1f);
  TEST_ASSERT_TRUE(furthest(f32, i8) > 1e-4f);
  TEST_ASSERT_TRUE(furthest(i8, i8_int16) < 0.1f);
}

static void the_file_says_how_products_are_computed(void) {
  static float f32[1000], whole[1000], again[1000];
  net_write(&file);
  TEST_ASSERT_EQUAL(FECG_OK, create(file.bytes, file.n));
  run(f32, 0);
  run(whole, 1);
  TEST_ASSERT_TRUE(furthest(f32, whole) > 1e-4f);
  net_free(&file);
  strcpy(file.extra, ",\"precision\":\"int16\"");
  net_write(&file);
  TEST_ASSERT_EQUAL(FECG_OK, create(file.bytes, file.n));
  fecg_fhnet_output y;
  float *x = net_window(4);
  TEST_ASSERT_EQUAL(FECG_OK, fecg_fhnet_run(model, x, 4, 15, &y));
  free(x);
  memcpy(again, y.fqrs, sizeof again);
  TEST_ASSERT_EQUAL_MEMORY(whole, again, sizeof again);
}

static void the_second_network_s_tensors_are_kept(void) {
  net_add(&file, "refine.a.weight", 3, 5, 2);
  net_add(&file, "refine.b", 7, 0, 0)->dtype = "F16";
  net_add(&file, "refine.c", 2, 3, 0)->dtype = "I8";
  net_add(&file, "refine.c.scale", 2, 0, 0);
  net_write(&file);
  TEST_ASSERT_EQUAL_MESSAGE(FECG_OK, create(file.bytes, file.n), error.message);
  const fecg_tensor *a = fecg_model_tensor(model, "refine.a.weight"), *b = fecg_model_tensor(model, "refine.b"), *c = fecg_model_tensor(model, "refine.c");
  TEST_ASSERT_TRUE(a && b && c);
  TEST_ASSERT_EQUAL(3, a->dims);
  TEST_ASSERT_EQUAL(5, a->shape[1]);
  TEST_ASSERT_EQUAL(7, b->shape[0]);
  for (uint32_t i = 0; i < 30; i++) TEST_ASSERT_EQUAL_FLOAT(net_weight(net_named(&file, "refine.a.weight"), i), a->x[i]);
  for (uint32_t i = 0; i < 7; i++) TEST_ASSERT_FLOAT_WITHIN(1e-3f, net_weight(net_named(&file, "refine.b"), i), b->x[i]);
  for (uint32_t i = 0; i < 6; i++) {
    const float q = rintf(net_weight(net_named(&file, "refine.c"), i) * 400);
    TEST_ASSERT_EQUAL_FLOAT((q > 127 ? 127 : q < -127 ? -127 : q) * (1.0f / 400), c->x[i]);
  }
  TEST_ASSERT_NULL(fecg_model_tensor(model, "refine.d"));
  TEST_ASSERT_NULL(fecg_model_tensor(model, "token.weight"));
}

static void a_missing_tensor_is_named_with_its_shape(void) {
  strcpy(net_named(&file, "stem3.weight")->name, "refine.other");
  refused(FECG_ERR_FORMAT, "tensor stem3.weight (64 x 48 x 5) is missing");
}

static void another_shape_is_named_with_both(void) {
  net_tensor *t = net_named(&file, "blocks.2.qkv.weight");
  t->shape[0] = 64, t->shape[1] = 192;
  refused(FECG_ERR_FORMAT, "tensor blocks.2.qkv.weight is 64 x 192, expected 192 x 64");
}

static void a_tensor_of_no_network_is_named(void) {
  net_add(&file, "extra.weight", 3, 0, 0);
  refused(FECG_ERR_FORMAT, "tensor extra.weight is none of this network");
}

static void other_architectures_and_precisions_are_unsupported(void) {
  strcpy(file.architecture, "fhnet2");
  refused(FECG_ERR_UNSUPPORTED, "architecture fhnet2; fhnet and ecgnet are known");
  net_free(&file);
  strcpy(file.architecture, "fhnet");
  strcpy(file.extra, ",\"precision\":\"int4\"");
  refused(FECG_ERR_UNSUPPORTED, "precision int4");
}

static void other_types_are_unsupported(void) {
  net_named(&file, "token.weight")->dtype = "F64";
  refused(FECG_ERR_UNSUPPORTED, "tensor token.weight is F64; F32, F16 and I8 are read");
}

static void eight_bit_weights_need_their_scales(void) {
  net_named(&file, "token.weight")->dtype = "I8";
  refused(FECG_ERR_FORMAT, "tensor token.weight.scale (64) is missing");
  net_free(&file);
  net_add(&file, "token.weight.scale", 32, 0, 0);
  refused(FECG_ERR_FORMAT, "tensor token.weight.scale is 32, expected 64");
  net_free(&file);
  file.count--;
  net_add(&file, "token.weight.scale", 64, 0, 0);
  net_named(&file, "token.bias")->dtype = "I8";
  refused(FECG_ERR_UNSUPPORTED, "tensor token.bias is I8 and has less than two dimensions");
}

static void numbers_that_are_not_finite_are_refused(void) {
  static const uint8_t NUMBERS[][4] = {{0, 0, 0xc0, 0x7f}, {0, 0, 0x80, 0x7f}, {0, 0, 0x80, 0xff}, {1, 0, 0x80, 0x7f}};
  net_write(&file);
  for (int i = 0; i < 4; i++) {
    net_spoil(&file, "norm.bias", NUMBERS[i]);
    expect(FECG_ERR_FORMAT, "tensor norm.bias: element 0 is not a finite number");
  }
  net_free(&file);
  net_add(&file, "refine.x", 2, 0, 0);
  net_write(&file);
  net_spoil(&file, "refine.x", NUMBERS[0]);
  expect(FECG_ERR_FORMAT, "tensor refine.x: element 0");
  net_spoil(&file, "refine.x", (const uint8_t[]){0, 0, 0x80, 0x3f});
  expect(FECG_OK, "");
}

static void changed_bytes_are_noticed(void) {
  net_write(&file);
  file.bytes[file.n - 5] ^= 1;
  expect(FECG_ERR_FORMAT, "the weights are not those of the header's sha256");
}

static void a_file_cut_anywhere_is_refused(void) {
  net_write(&file);
  for (size_t n = 0; n < file.n; n += n < 64 ? 1 : n < 9000 ? 101 : 50021) {
    const fecg_status status = create(file.bytes, n);
    TEST_ASSERT_EQUAL(FECG_ERR_FORMAT, status);
  }
  TEST_ASSERT_EQUAL(FECG_OK, create(file.bytes, file.n));
}

/* A file of this header and so many bytes of zeros. */
static void header_refused(fecg_status status, const char *header, size_t data, const char *words) {
  const size_t n = strlen(header);
  uint8_t *bytes = calloc(8 + n + data, 1);
  TEST_ASSERT_NOT_NULL(bytes);
  bytes[0] = (uint8_t)n, bytes[1] = (uint8_t)(n >> 8);
  memcpy(bytes + 8, header, n);
  const fecg_status got = create(bytes, 8 + n + data);
  TEST_ASSERT_EQUAL_MESSAGE(status, got, error.message);
  if (!strstr(error.message, words)) TEST_ASSERT_EQUAL_STRING(words, error.message);
  free(bytes);
}

static void headers_that_lie_are_refused(void) {
  header_refused(FECG_ERR_FORMAT, "", 0, "no JSON");
  header_refused(FECG_ERR_FORMAT, "[]", 0, "no JSON object");
  header_refused(FECG_ERR_FORMAT, "{} x", 0, "no JSON");
  header_refused(FECG_ERR_FORMAT, "{\"a\":", 0, "no JSON");
  header_refused(FECG_ERR_FORMAT, "{}  ", 0, "lacks architecture");
  header_refused(FECG_ERR_FORMAT, "{}", 1, "bytes follow the last tensor");
  header_refused(FECG_ERR_FORMAT, "{\"__metadata__\":{\"architecture\":\"fhnet\"}}", 0, "lacks sha256");
  header_refused(FECG_ERR_FORMAT, "{\"__metadata__\":3}", 0, "__metadata__ is no JSON object");
  header_refused(FECG_ERR_FORMAT, "{\"__metadata__\":{\"a\":1}}", 0, "__metadata__ a is no text");
  header_refused(FECG_ERR_FORMAT, "{\"a\":1}", 0, "tensor a lacks");
  header_refused(FECG_ERR_FORMAT, "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0]}}", 4, "tensor a lacks");
  header_refused(FECG_ERR_FORMAT, "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 3, "outside the file");
  header_refused(FECG_ERR_FORMAT, "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}}", 4, "other bytes");
  header_refused(FECG_ERR_FORMAT, "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4, "other bytes");
  header_refused(FECG_ERR_FORMAT, "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[-4,0]}}", 4, "outside the file");
  header_refused(FECG_ERR_FORMAT, "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0.5,4.5]}}", 8, "outside the file");
  header_refused(FECG_ERR_FORMAT, "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,1e300]}}", 4, "outside the file");
  header_refused(FECG_ERR_FORMAT, "{\"a\":{\"dtype\":\"F32\",\"shape\":[1024,1024,1024,1024],\"data_offsets\":[0,4]}}", 4, "larger than the file");
  header_refused(FECG_ERR_UNSUPPORTED, "{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967297],\"data_offsets\":[0,4]}}", 4, "dimension");
  header_refused(FECG_ERR_UNSUPPORTED, "{\"a\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}}", 0, "dimension");
  header_refused(FECG_ERR_UNSUPPORTED, "{\"a\":{\"dtype\":\"F32\",\"shape\":[1,1,1,1,1],\"data_offsets\":[0,4]}}", 4, "more than 4 dimensions");
  header_refused(FECG_ERR_FORMAT, "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "overlaps");
  header_refused(FECG_ERR_FORMAT, "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[5,9]}}", 9, "hole");
  header_refused(FECG_ERR_FORMAT, "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", 8, "tensor a stands twice");
  header_refused(FECG_ERR_FORMAT, "{\"a\":{\"DTYPE\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "tensor a lacks");
}

static void a_header_s_length_is_not_believed(void) {
  static const uint64_t LENGTHS[] = {1, 0x7fffffff, 0x80000000, 0x80000008, 0xffffffff, 0x100000000, 0x100000001, 1ull << 63, UINT64_MAX, UINT64_MAX - 7};
  for (size_t i = 0; i < sizeof LENGTHS / sizeof *LENGTHS; i++) {
    uint8_t bytes[8];
    for (int k = 0; k < 8; k++) bytes[k] = (uint8_t)(LENGTHS[i] >> 8 * k);
    TEST_ASSERT_EQUAL(FECG_ERR_FORMAT, create(bytes, 8));
    TEST_ASSERT_NOT_NULL(strstr(error.message, "the header is longer than the file"));
  }
  uint8_t *large = calloc(8 + (2 << 20), 1);
  TEST_ASSERT_NOT_NULL(large);
  large[2] = 0x20;
  TEST_ASSERT_EQUAL(FECG_ERR_UNSUPPORTED, create(large, 8 + (2 << 20)));
  free(large);
}

static void deep_json_is_refused(void) {
  char deep[4001];
  memset(deep, '[', 4000);
  deep[4000] = 0;
  header_refused(FECG_ERR_FORMAT, deep, 0, "no JSON");
}

static void after_a_refusal_sound_weights_work(void) {
  net_write(&file);
  TEST_ASSERT_EQUAL(FECG_ERR_FORMAT, create(file.bytes, file.n / 2));
  TEST_ASSERT_EQUAL(FECG_OK, create(file.bytes, file.n));
  static float fqrs[1000];
  TEST_ASSERT_TRUE(isfinite(run(fqrs, 0)));
}

static void arguments_are_checked(void) {
  net_write(&file);
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_model_create(NULL, 8, &model, &error));
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_model_create(file.bytes, file.n, NULL, &error));
  TEST_ASSERT_EQUAL(FECG_ERR_FORMAT, fecg_model_create(file.bytes, 0, &model, NULL));
  TEST_ASSERT_EQUAL(FECG_OK, fecg_model_create(file.bytes, file.n, &model, NULL));
  fecg_model_destroy(NULL);
}

int main(void) {
  UNITY_BEGIN();
  RUN_TEST(metadata_can_be_asked_for);
  RUN_TEST(half_and_eight_bit_weights_are_near_those_of_32);
  RUN_TEST(the_file_says_how_products_are_computed);
  RUN_TEST(the_second_network_s_tensors_are_kept);
  RUN_TEST(a_missing_tensor_is_named_with_its_shape);
  RUN_TEST(another_shape_is_named_with_both);
  RUN_TEST(a_tensor_of_no_network_is_named);
  RUN_TEST(other_architectures_and_precisions_are_unsupported);
  RUN_TEST(other_types_are_unsupported);
  RUN_TEST(eight_bit_weights_need_their_scales);
  RUN_TEST(numbers_that_are_not_finite_are_refused);
  RUN_TEST(changed_bytes_are_noticed);
  RUN_TEST(a_file_cut_anywhere_is_refused);
  RUN_TEST(headers_that_lie_are_refused);
  RUN_TEST(a_header_s_length_is_not_believed);
  RUN_TEST(deep_json_is_refused);
  RUN_TEST(after_a_refusal_sound_weights_work);
  RUN_TEST(arguments_are_checked);
  return UNITY_END();
}
