/* test_net_layers.c — every layer against what PyTorch gave (models/fhnet/vectors.py), within 1e-4. */
#include "net/bind.h"
#include "net_file.h"

static uint8_t *bytes;
static fecg_safetensors file;
static fecg_arena weights, work;
static fecg_binder binder;
static fecg_products products;

void setUp(void) {
  size_t n;
  fecg_diagnostic error;
  bytes = net_data("net_vectors.safetensors", &n);
  TEST_ASSERT_EQUAL_MESSAGE(FECG_OK, fecg_safetensors_open(bytes, n, &file, &error), error.message);
  fecg_binder_begin(&binder, &file, &weights, &error);
  products = (fecg_products){0, fecg_arena_alloc(&work, 4096, sizeof(int16_t)), fecg_arena_floats(&work, 64)};
}

void tearDown(void) {
  fecg_binder_end(&binder);
  fecg_safetensors_close(&file);
  fecg_arena_destroy(&weights);
  fecg_arena_destroy(&work);
  free(bytes);
}

/* A stored tensor with `halo` rows of zeros around each of its `signals`. */
static float *tensor(const char *layer, const char *part, size_t halo, size_t signals, size_t *count) {
  char name[64];
  snprintf(name, sizeof name, "%s.%s", layer, part);
  const fecg_stored *t = fecg_safetensors_find(&file, name);
  TEST_ASSERT_NOT_NULL_MESSAGE(t, name);
  float *x = fecg_arena_floats(&work, t->count);
  TEST_ASSERT_EQUAL(t->count, fecg_stored_floats(t, x));
  if (count) *count = t->count;
  if (halo == 0) return x;
  const size_t width = (size_t)t->shape[t->dims - 1], body = t->count / signals, whole = body + 2 * halo * width;
  float *out = fecg_arena_floats(&work, signals * whole);
  memset(out, 0, signals * whole * sizeof(float));
  for (size_t s = 0; s < signals; s++) memcpy(out + s * whole + halo * width, x + s * body, body * sizeof(float));
  return out;
}

static float *results(size_t n) { /* and one more that has to stay */
  float *y = fecg_arena_floats(&work, n + 1);
  for (size_t i = 0; i <= n; i++) y[i] = 12345;
  return y;
}

static void expect(const char *layer, const char *part, const float *got, double within) {
  size_t n;
  const float *wanted = tensor(layer, part, 0, 1, &n);
  for (size_t i = 0; i < n; i++) {
    char message[160];
    snprintf(message, sizeof message, "%s.%s[%lu]: %.7g, PyTorch %.7g", layer, part, (unsigned long)i, got[i], wanted[i]);
    TEST_ASSERT_TRUE_MESSAGE(fabs((double)got[i] - wanted[i]) <= within * (1 + fabs(wanted[i])), message);
  }
}

static void ends(const float *y, size_t n) { TEST_ASSERT_EQUAL_FLOAT_MESSAGE(12345, y[n], "written beyond the end"); }

/* Both ways to compute products; the integers' weights and activations are rounded to 1 in 254 and 65534. */
static double each(int int16) {
  products.int16 = int16;
  return int16 ? 0.03 : 1e-5;
}

static void linear(void) {
  fecg_dense d;
  fecg_bind_linear(&binder, &d, "linear", 20, 12);
  TEST_ASSERT_EQUAL(FECG_OK, binder.status);
  for (int int16 = 0; int16 <= 1; int16++) {
    const double within = each(int16);
    float *x = tensor("linear", "x", 0, 1, NULL), *y = results(9 * 12), *add = tensor("linear", "add", 0, 1, NULL);
    fecg_linear(&products, &d, x, 9, y, NULL, FECG_NO_GELU);
    expect("linear", "y", y, within);
    ends(y, 9 * 12);
    fecg_linear(&products, &d, x, 9, add, add, FECG_GELU); /* in place */
    expect("linear", "sum", add, within);
  }
}

static void convolution_of_any_stride(void) {
  static const struct { const char *name; size_t taps, width, stride; } C[] = {{"conv5", 5, 6, 1}, {"conv9", 9, 4, 2}, {"conv15", 15, 3, 2}};
  for (int i = 0; i < 6; i++) {
    const double within = each(i / 3);
    const size_t taps = C[i % 3].taps, rows = 40 / C[i % 3].stride;
    fecg_conv c;
    fecg_bind_conv(&binder, &c, C[i % 3].name, C[i % 3].width, 10, taps, C[i % 3].stride);
    TEST_ASSERT_EQUAL(FECG_OK, binder.status);
    float *y = results(rows * 10);
    fecg_convolve(&products, &c, tensor(C[i % 3].name, "x", taps / 2, 1, NULL), rows, y, FECG_GELU);
    expect(C[i % 3].name, "y", y, within);
    ends(y, rows * 10);
  }
}

static void transposed_convolution_wide_and_narrow(void) {
  for (int i = 0; i < 4; i++) {
    const double within = each(i / 2);
    const char *name = i % 2 ? "up_narrow" : "up";
    const size_t out = i % 2 ? 2 : 12;
    fecg_upconv u = {0};
    fecg_bind_upconv(&binder, &u, name, 8, out);
    TEST_ASSERT_EQUAL(FECG_OK, binder.status);
    float *x = tensor(name, "x", 1, 1, NULL), *y = results(30 * out), *add = tensor(name, "add", 0, 1, NULL);
    fecg_upconvolve(&products, &u, x, 15, y, NULL, FECG_NO_GELU);
    expect(name, "y", y, within);
    fecg_upconvolve(&products, &u, x, 15, y, add, FECG_GELU);
    expect(name, "sum", y, within);
    ends(y, 30 * out);
  }
}

static void layer_norm_also_in_place(void) {
  fecg_norm n;
  fecg_bind_norm(&binder, &n, "norm", 16);
  TEST_ASSERT_EQUAL(FECG_OK, binder.status);
  float *x = tensor("norm", "x", 0, 1, NULL), *y = results(5 * 16);
  fecg_normalise(&n, x, 5, y);
  expect("norm", "y", y, 1e-5);
  ends(y, 5 * 16);
  fecg_normalise(&n, x, 5, x);
  expect("norm", "y", x, 1e-5);
}

static void depthwise_convolutions_of_several_widths_are_one(void) {
  fecg_depthwise d;
  fecg_bind_depthwise(&binder, &d, "depthwise", 16, (const int[]){3, 5, 9}, 3);
  TEST_ASSERT_EQUAL(FECG_OK, binder.status);
  float *y = results(23 * 16);
  fecg_depthwise_run(&d, tensor("depthwise", "x", 4, 1, NULL), 23, y);
  expect("depthwise", "y", y, 1e-5);
  ends(y, 23 * 16);
}

static void self_attention(void) {
  for (size_t rows = 41; rows <= 125; rows += 84) {
    char name[16];
    snprintf(name, sizeof name, "attention%lu", (unsigned long)rows);
    float *y = results(rows * 16);
    fecg_attention(tensor(name, "qkv", 0, 1, NULL), rows, 2, 16, y, fecg_arena_floats(&work, fecg_attention_scratch(rows, 16)));
    expect(name, "y", y, 1e-5);
    ends(y, rows * 16);
  }
}

static const int LEADS[] = {1, 4, 5, 7};

static void graph_attention_with_missing_leads(void) {
  for (int i = 0; i < 4; i++) {
    const size_t leads = (size_t)LEADS[i], all = leads * 6;
    char name[16], part[32];
    fecg_norm norm;
    fecg_dense qkv, out;
    snprintf(name, sizeof name, "graph%d", LEADS[i]);
    fecg_bind_norm(&binder, &norm, (snprintf(part, sizeof part, "%s.norm", name), part), 16);
    fecg_bind_linear(&binder, &qkv, (snprintf(part, sizeof part, "%s.qkv", name), part), 16, 48);
    fecg_bind_linear(&binder, &out, (snprintf(part, sizeof part, "%s.out", name), part), 16, 16);
    TEST_ASSERT_EQUAL(FECG_OK, binder.status);
    each(0);
    float *x = tensor(name, "x", 0, 1, NULL), *there = tensor(name, "there", 0, 1, NULL), *normed = results(all * 16), *three = results(all * 48);
    float *mixed = results(all * 16), *edge = results(6 * 2 * leads * leads);
    fecg_normalise(&norm, x, all, normed);
    fecg_linear(&products, &qkv, normed, all, three, NULL, FECG_NO_GELU);
    fecg_graph_attention(three, leads, 6, 2, 16, there, mixed, edge);
    expect(name, "edge", edge, 1e-5);
    ends(edge, 6 * 2 * leads * leads);
    ends(mixed, all * 16);
    for (size_t e = 0; e < 6 * 2 * leads * leads; e++)
      TEST_ASSERT_TRUE(there[e % leads] != 0 || edge[e] == 0);
    fecg_linear(&products, &out, mixed, all, x, x, FECG_NO_GELU);
    expect(name, "y", x, 1e-5);
  }
}

static void attention_pooling_with_missing_leads(void) {
  for (int i = 0; i < 4; i++) {
    const size_t leads = (size_t)LEADS[i];
    char name[16], graph[16];
    snprintf(name, sizeof name, "pool%d", LEADS[i]);
    snprintf(graph, sizeof graph, "graph%d", LEADS[i]);
    float *y = results(6 * 16), *weight = results(6 * leads);
    fecg_attention_pool(tensor(name, "query", 0, 1, NULL), tensor(name, "x", 0, 1, NULL), leads, 6, 16, tensor(graph, "there", 0, 1, NULL), y, weight);
    expect(name, "weight", weight, 1e-5);
    expect(name, "y", y, 1e-5);
    ends(weight, 6 * leads);
    ends(y, 6 * 16);
  }
}

int main(void) {
  UNITY_BEGIN();
  RUN_TEST(linear);
  RUN_TEST(convolution_of_any_stride);
  RUN_TEST(transposed_convolution_wide_and_narrow);
  RUN_TEST(layer_norm_also_in_place);
  RUN_TEST(depthwise_convolutions_of_several_widths_are_one);
  RUN_TEST(self_attention);
  RUN_TEST(graph_attention_with_missing_leads);
  RUN_TEST(attention_pooling_with_missing_leads);
  return UNITY_END();
}
