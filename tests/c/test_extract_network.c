/* test_extract_network.c — extraction with the shipped weights, through fecg.h: where the network helps, that the classical
 * stage is not lost, that nothing is found where there is no fetus, and input of any kind. */
#include "extract_feed.h"
#include "net_file.h"

static const char *const METHODS[] = {"network", "fhnet"};

void setUp(void) {
  size_t n;
  fecg_diagnostic error = {.message = ""};
  uint8_t *bytes = net_read("models/fhnet/fhnet.safetensors", &n);
  TEST_ASSERT_EQUAL_MESSAGE(FECG_OK, fecg_model_create(bytes, n, &feed_model, &error), error.message);
  free(bytes);
  feed_method = "fhnet";
}

void tearDown(void) {
  fecg_model_destroy(feed_model);
  feed_model = NULL;
  feed_method = NULL;
}

static double seconds_of(const input *in) { return (double)in->n[0] / in->fs[0]; }

static double f1_by(const char *method, const input *in) {
  fecg_model *model = feed_model;
  if (strcmp(method, "classical") == 0) feed_model = NULL;
  feed_method = method;
  result r = extracted(in, 1e9, 0);
  const double f1 = f1_of(in->fetal, in->fetal_count, r.beats, r.beat_count, seconds_of(in));
  TEST_ASSERT_EQUAL_STRING(method, at(&r, "method")->valuestring);
  free_result(&r);
  feed_model = model;
  feed_method = "fhnet";
  return f1;
}

static void options_are_checked(void) {
  const double fs[] = {500};
  fecg_extractor *x;
  fecg_extract_options o = {.leads = 1, .fs = fs, .method = "fhnet"};
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_extract_create(&o, &x)); /* no model */
  o.model = feed_model;
  o.method = "magic";
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_extract_create(&o, &x));
  o.method = NULL; /* both joined, where a model is given */
  TEST_ASSERT_EQUAL(FECG_OK, fecg_extract_create(&o, &x));
  fecg_extract_destroy(x);
}

/* One lead in noise is where the classical stage gives up. */
static void one_noisy_lead_is_read_better_than_by_the_classical_stage(void) {
  double classical = 0, joined = 0;
  for (uint64_t seed = 41; seed < 49; seed++) {
    fecg_sim_options o = sim_of(seed, 40, "normal");
    o.leads = 1;
    o.snr_db = -4;
    input in = simulated(o);
    classical += f1_by("classical", &in) / 8;
    joined += f1_by("fhnet", &in) / 8;
    free_input(&in);
  }
  char message[64];
  snprintf(message, sizeof message, "classical %.3f, fhnet %.3f", classical, joined);
  TEST_ASSERT_TRUE_MESSAGE(joined > classical + 0.03, message);
}

static void clear_leads_are_read_as_well_as_by_the_classical_stage(void) {
  for (uint64_t seed = 51; seed < 54; seed++) {
    input in = simulated(sim_of(seed, 40, "normal"));
    const double classical = f1_by("classical", &in), joined = f1_by("fhnet", &in);
    TEST_ASSERT_TRUE(joined >= 0.98 && joined >= classical - 0.01);
    TEST_ASSERT_TRUE(f1_by("network", &in) >= 0.9);
    free_input(&in);
  }
}

static void nothing_is_found_where_there_is_no_fetus(void) {
  for (int m = 0; m < 2; m++)
    for (uint64_t seed = 61; seed < 65; seed++)
      for (int leads = 1; leads <= 4; leads += 3) {
        fecg_sim_options o = sim_of(seed, 30, seed % 2 ? "no-fetus" : "adult");
        o.leads = leads;
        input in = simulated(o);
        feed_method = METHODS[m];
        result r = extracted(&in, 1e9, 0);
        TEST_ASSERT_TRUE(cJSON_IsFalse(at(&r, "fetal.present")));
        TEST_ASSERT_EQUAL(0, r.beat_count);
        free_result(&r);
        free_input(&in);
      }
}

static void attribution_adds_up(void) {
  for (int m = 0; m < 2; m++) {
    input in = simulated(sim_of(71, 75, "normal"));
    feed_method = METHODS[m];
    result r = extracted(&in, 1e9, 0);
    double sum = 0;
    const cJSON *v;
    cJSON_ArrayForEach(v, at(&r, "attribution.leads")) {
      const double c = cJSON_GetObjectItem(v, "contribution")->valuedouble;
      TEST_ASSERT_TRUE(c >= 0 && c <= 1);
      sum += c;
    }
    TEST_ASSERT_FLOAT_WITHIN(2e-3f, 1, (float)sum);
    TEST_ASSERT_EQUAL(4 * 75, cJSON_GetArraySize(at(&r, "attribution.time")));
    TEST_ASSERT_EQUAL(4 * 75, cJSON_GetArraySize(at(&r, "attribution.t_s")));
    cJSON_ArrayForEach(v, at(&r, "attribution.time")) TEST_ASSERT_TRUE(cJSON_IsNull(v) || (v->valuedouble >= 0 && v->valuedouble <= 1));
    TEST_ASSERT_EQUAL_STRING(fecg_model_sha256(feed_model), at(&r, "version.model_sha256")->valuestring);
    free_result(&r);
    free_input(&in);
  }
}

static void signals_add_up_and_chunks_do_not_matter(void) {
  for (int m = 0; m < 2; m++) {
    fecg_sim_options o = sim_of(81, 100, "gaps");
    o.leads = 3;
    input in = simulated(o);
    feed_method = METHODS[m];
    result whole = extracted(&in, 1e9, 1), pieces = extracted(&in, 0.7, 1);
    TEST_ASSERT_EQUAL_STRING(whole.json, pieces.json);
    TEST_ASSERT_EQUAL_UINT32((uint32_t)in.n[0], (uint32_t)whole.n);
    size_t known = 0, fetal = 0;
    for (int l = 0; l < in.leads; l++)
      for (size_t i = 0; i < whole.n; i++) {
        const float x = in.uv[l][i], f = whole.signal[FECG_FETAL][l][i], mother = whole.signal[FECG_MATERNAL][l][i], rest = whole.signal[FECG_RESIDUAL][l][i];
        TEST_ASSERT_EQUAL_MEMORY(&f, &pieces.signal[FECG_FETAL][l][i], sizeof f);
        TEST_ASSERT_TRUE(!isnan(x) || (isnan(f) && isnan(mother) && isnan(rest)));
        if (isnan(rest)) continue;
        known++;
        fetal += !isnan(f);
        TEST_ASSERT_TRUE(fabs((isnan(f) ? 0 : f) + mother + rest - x) <= 1e-3 + 4e-7 * fabs(x));
      }
    TEST_ASSERT_TRUE(fetal > known / 2);
    free_result(&whole);
    free_result(&pieces);
    free_input(&in);
  }
}

/* Lengths, counts of leads and signals at the edges of what is allowed: a sound document, whatever is in it. */
static void odd_input_is_taken(void) {
  for (int m = 0; m < 2; m++) {
    feed_method = METHODS[m];
    fecg_sim_options o = sim_of(91, 5.2, "normal");
    o.leads = 32;
    input in = simulated(o);
    for (int kind = 0; kind < 5; kind++) {
      for (int l = 0; l < in.leads; l++)
        for (size_t i = 0; i < in.n[l]; i++) {
          if (kind == 1 && l > 0) in.uv[l][i] = 7;          /* all but one lead flat */
          if (kind == 2) in.uv[l][i] = 7;                   /* all flat */
          if (kind == 3) in.uv[l][i] = NAN;
          if (kind == 4) in.uv[l][i] = i % 2 ? 9e8f : -9e8f;
        }
      result r = extracted(&in, 1e9, 1);
      TEST_ASSERT_EQUAL(32, cJSON_GetArraySize(at(&r, "attribution.leads")));
      TEST_ASSERT_TRUE_MESSAGE(kind < 2 || cJSON_IsFalse(at(&r, "fetal.present")), r.json);
      free_result(&r);
    }
    free_input(&in);
    o = sim_of(92, 3, "normal");
    in = simulated(o);
    result r = extracted(&in, 1e9, 1);
    TEST_ASSERT_EQUAL_STRING("TOO_SHORT", at(&r, "quality.reason")->valuestring);
    free_result(&r);
    free_input(&in);
  }
}

int main(void) {
  UNITY_BEGIN();
  RUN_TEST(options_are_checked);
  RUN_TEST(one_noisy_lead_is_read_better_than_by_the_classical_stage);
  RUN_TEST(clear_leads_are_read_as_well_as_by_the_classical_stage);
  RUN_TEST(nothing_is_found_where_there_is_no_fetus);
  RUN_TEST(attribution_adds_up);
  RUN_TEST(signals_add_up_and_chunks_do_not_matter);
  RUN_TEST(odd_input_is_taken);
  return UNITY_END();
}
