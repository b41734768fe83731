/* test_extract.c — extraction as a user sees it, through fecg.h alone: beats at any rate, sampling rate,
 * number of leads and length; none where there is no fetus; signals that add up; input of any kind. */
#include "extract_feed.h"

void setUp(void) {}
void tearDown(void) {}

static void holds(int right, const char *what, double a, double b) {
  char message[128];
  snprintf(message, sizeof message, "%s: %g, %g", what, a, b);
  TEST_ASSERT_TRUE_MESSAGE(right, message);
}

static double seconds_of(const input *in) {
  double s = 0;
  for (int l = 0; l < in->leads; l++) s = fmax(s, (double)in->n[l] / in->fs[l]);
  return s;
}

static const char *reason(const result *r) {
  const cJSON *v = at(r, "quality.reason");
  return cJSON_IsString(v) ? v->valuestring : NULL;
}

/* What holds of every result: lists of one length, times in order and inside, rates in range or null. */
static void result_is_sound(const input *in, const result *r) {
  const double seconds = seconds_of(in);
  TEST_ASSERT_EQUAL_STRING("fecg.extract/1", at(r, "schema")->valuestring);
  TEST_ASSERT_FLOAT_WITHIN(1e-3f, (float)seconds, (float)at(r, "source.duration_s")->valuedouble);
  const int count = cJSON_GetArraySize(at(r, "fetal.peaks_s"));
  TEST_ASSERT_EQUAL(r->beat_count, count);
  TEST_ASSERT_EQUAL(count, cJSON_GetArraySize(at(r, "fetal.confidence")));
  TEST_ASSERT_EQUAL(count, cJSON_GetArraySize(at(r, "fetal.interpolated")));
  TEST_ASSERT_EQUAL(in->leads, cJSON_GetArraySize(at(r, "quality.leads")));
  const int present = cJSON_IsTrue(at(r, "fetal.present"));
  TEST_ASSERT_EQUAL(present, reason(r) == NULL);
  TEST_ASSERT_TRUE(present || count == 0);
  static const char *const hearts[] = {"fetal.peaks_s", "maternal.peaks_s"}, *const rates[] = {"fetal.rate", "maternal.rate"};
  for (int h = 0; h < 2; h++) {
    double last = -1;
    const cJSON *v;
    cJSON_ArrayForEach(v, at(r, hearts[h])) {
      holds(v->valuedouble > last + (h ? 0.3 : 0.15) && v->valuedouble > -0.1 && v->valuedouble < seconds + 0.1, hearts[h], last, v->valuedouble);
      last = v->valuedouble;
    }
    TEST_ASSERT_EQUAL((int)(seconds * 4), cJSON_GetArraySize(cJSON_GetObjectItem(at(r, rates[h]), "bpm")));
    TEST_ASSERT_EQUAL((int)(seconds * 4), cJSON_GetArraySize(cJSON_GetObjectItem(at(r, rates[h]), "t_s")));
    cJSON_ArrayForEach(v, cJSON_GetObjectItem(at(r, rates[h]), "bpm"))
      TEST_ASSERT_TRUE(cJSON_IsNull(v) || (v->valuedouble > (h ? 37 : 58) && v->valuedouble < (h ? 201 : 226)));
  }
}

/* Where all leads have one rate: fetal + maternal + residual is the input, and nothing is where it has a gap. */
static void signals_add_up(const input *in, const result *r) {
  TEST_ASSERT_EQUAL_UINT32((uint32_t)in->n[0], (uint32_t)r->n);
  size_t known = 0;
  for (int l = 0; l < in->leads; l++)
    for (size_t i = 0; i < r->n; i++) {
      const double x = in->uv[l][i], f = r->signal[FECG_FETAL][l][i], m = r->signal[FECG_MATERNAL][l][i], rest = r->signal[FECG_RESIDUAL][l][i];
      TEST_ASSERT_EQUAL(isnan(m), isnan(rest));
      TEST_ASSERT_TRUE(!isnan(rest) || isnan(f));
      TEST_ASSERT_TRUE(fabs(x) < 1e9 || isnan(rest));
      if (isnan(rest)) continue;
      known++;
      /* where the fetal signal is not known (before the first beat, after the last) the residual holds it */
      const double sum = (isnan(f) ? 0 : f) + m + rest;
      if (fabs(sum - x) > 1e-3 + 4e-7 * fabs(x)) holds(0, "sum and input", sum, x);
    }
  TEST_ASSERT_TRUE(known > 0);
}

/* Extracts and gives the F1 of the fetal beats. */
static double f1_with(const input *in) {
  result r = extracted(in, 1e9, 0);
  result_is_sound(in, &r);
  const double f1 = f1_of(in->fetal, in->fetal_count, r.beats, r.beat_count, seconds_of(in));
  free_result(&r);
  return f1;
}

static double simulated_f1(fecg_sim_options o) {
  input in = simulated(o);
  const double f1 = f1_with(&in);
  free_input(&in);
  return f1;
}

/* ---- beats ------------------------------------------------------------------------------------------ */

static void beats_are_found_at_any_rate(void) {
  static const double rates[] = {70, 110, 140, 180, 210};
  for (int r = 0; r < 5; r++) {
    double sum = 0;
    for (uint64_t seed = 11; seed < 14; seed++) {
      fecg_sim_options o = sim_of(seed, 30, "normal");
      o.fhr_bpm = rates[r];
      const double f1 = simulated_f1(o);
      holds(f1 >= 0.95, "rate and F1 of one recording", rates[r], f1);
      sum += f1 / 3;
    }
    holds(sum >= 0.98, "rate and mean F1", rates[r], sum);
  }
}

static void beats_are_found_at_any_sampling_rate(void) {
  static const double rates[] = {125, 250, 360, 1000, 2000, 4000};
  for (int r = 0; r < 6; r++) {
    fecg_sim_options o = sim_of(11, 20, "normal");
    o.fs = rates[r];
    const double f1 = simulated_f1(o);
    holds(f1 >= (rates[r] < 250 ? 0.95 : 0.98), "Hz and F1", rates[r], f1);
  }
}

static void leads_of_different_rates_belong_together(void) {
  static const double rates[] = {250, 500, 333, 1000};
  input in = {.leads = 4};
  for (int l = 0; l < 4; l++) {
    fecg_sim_options o = sim_of(11, 20, "normal");
    o.fs = rates[l];
    input one = simulated(o);
    in.fs[l] = rates[l];
    in.n[l] = one.n[l];
    in.uv[l] = feed_take(one.n[l] * sizeof(float));
    memcpy(in.uv[l], one.uv[l], one.n[l] * sizeof(float));
    if (l == 0) in.fetal = one.fetal, in.fetal_count = one.fetal_count, one.fetal = NULL;
    free_input(&one);
  }
  result r = extracted(&in, 2, 1);
  result_is_sound(&in, &r);
  TEST_ASSERT_EQUAL_FLOAT(1000, (float)r.fs);
  TEST_ASSERT_EQUAL_UINT32(20000, (uint32_t)r.n);
  const double f1 = f1_of(in.fetal, in.fetal_count, r.beats, r.beat_count, 20);
  holds(f1 >= 0.98, "F1", f1, 0);
  for (size_t i = 0; i < r.n; i++) { /* the fastest lead is given back as it was */
    const float f = r.signal[FECG_FETAL][3][i], sum = (isnan(f) ? 0 : f) + r.signal[FECG_MATERNAL][3][i] + r.signal[FECG_RESIDUAL][3][i];
    TEST_ASSERT_TRUE(isnan(sum) || fabsf(sum - in.uv[3][i]) < 2e-3f);
  }
  for (size_t i = 1000; i < r.n - 1000; i += 4) { /* of 250 Hz every fourth sample is the lead's own */
    const float f = r.signal[FECG_FETAL][0][i], sum = (isnan(f) ? 0 : f) + r.signal[FECG_MATERNAL][0][i] + r.signal[FECG_RESIDUAL][0][i];
    TEST_ASSERT_TRUE(isnan(sum) || fabsf(sum - in.uv[0][i / 4]) < 10); /* the resampling filter ends at 0.92 of the band */
  }
  free_result(&r);
  free_input(&in);
}

static void any_number_of_leads_is_taken(void) {
  static const int counts[] = {1, 2, 8, 32};
  for (int c = 0; c < 4; c++) {
    fecg_sim_options o = sim_of(13, counts[c] == 32 ? 10 : 20, "normal");
    o.leads = counts[c];
    o.snr_db = counts[c] < 4 ? 12 : 6;
    o.fm_ratio_db = -10;
    const double f1 = simulated_f1(o);
    holds(f1 >= (counts[c] == 1 ? 0.9 : 0.97), "leads and F1", counts[c], f1);
  }
}

static void the_mother_is_found_too(void) {
  for (double mhr = 55; mhr <= 130; mhr += 25) {
    fecg_sim_options o = sim_of(12, 20, "normal");
    o.mhr_bpm = mhr;
    input in = simulated(o);
    result r = extracted(&in, 1e9, 0);
    const cJSON *peaks = at(&r, "maternal.peaks_s"), *v;
    double beats[200];
    size_t count = 0;
    cJSON_ArrayForEach(v, peaks) if (count < 200) beats[count++] = v->valuedouble;
    const double f1 = f1_of(in.maternal, in.maternal_count, beats, count, 20);
    holds(f1 >= 0.97, "maternal rate and F1", mhr, f1);
    free_result(&r);
    free_input(&in);
  }
}

static void where_there_is_no_fetus_none_is_reported(void) {
  static const char *const scenarios[] = {"no-fetus", "adult"};
  for (int s = 0; s < 2; s++)
    for (uint64_t seed = 1; seed <= 6; seed++) {
      input in = simulated(sim_of(seed, 30, scenarios[s]));
      result r = extracted(&in, 1e9, seed == 1);
      result_is_sound(&in, &r);
      if (seed == 1) { /* no fetal signal either: not known, not zero */
        signals_add_up(&in, &r);
        for (size_t i = 0; i < r.n; i++) TEST_ASSERT_TRUE(isnan(r.signal[FECG_FETAL][0][i]));
      }
      TEST_ASSERT_TRUE(cJSON_IsFalse(at(&r, "fetal.present")));
      TEST_ASSERT_NOT_NULL(reason(&r));
      TEST_ASSERT_TRUE(strcmp(reason(&r), "NO_FETUS") == 0 || strcmp(reason(&r), "MATERNAL_LOCK") == 0);
      TEST_ASSERT_EQUAL(0, r.beat_count);
      const cJSON *v;
      cJSON_ArrayForEach(v, at(&r, "fetal.rate.bpm")) TEST_ASSERT_TRUE(cJSON_IsNull(v));
      TEST_ASSERT_TRUE(cJSON_IsNull(at(&r, "fetal.beat")));
      TEST_ASSERT_TRUE(cJSON_IsNull(at(&r, "fetal.summary.baseline_bpm")));
      free_result(&r);
      free_input(&in);
    }
}

/* ---- lengths and chunks ----------------------------------------------------------------------------- */

static void any_chunking_gives_the_same_document_and_signals(void) {
  static const double chunks[] = {0.0371, 1, 7.77, 95};
  input in = simulated(sim_of(21, 157, "gaps"));
  result whole = extracted(&in, 1e9, 1);
  result_is_sound(&in, &whole);
  signals_add_up(&in, &whole);
  for (int c = 0; c < 4; c++) {
    result r = extracted(&in, chunks[c], 1);
    TEST_ASSERT_EQUAL_STRING(whole.json, r.json);
    TEST_ASSERT_EQUAL_UINT32((uint32_t)whole.n, (uint32_t)r.n);
    for (int k = 0; k < 3; k++)
      for (int l = 0; l < in.leads; l++) TEST_ASSERT_EQUAL_MEMORY(whole.signal[k][l], r.signal[k][l], r.n * sizeof(float));
    free_result(&r);
  }
  free_result(&whole);
  free_input(&in);
}

static void records_of_every_length_are_worked_on(void) {
  static const double lengths[] = {5, 5.002, 7, 30, 61, 89, 90, 90.002, 91};
  for (int i = 0; i < 9; i++) {
    fecg_sim_options o = sim_of(14, lengths[i], "normal");
    o.leads = 2;
    o.snr_db = 20;
    input in = simulated(o);
    result r = extracted(&in, 5, 1);
    result_is_sound(&in, &r);
    signals_add_up(&in, &r);
    const double f1 = f1_of(in.fetal, in.fetal_count, r.beats, r.beat_count, lengths[i]);
    if (lengths[i] >= 7) holds(f1 >= 0.9, "seconds and F1", lengths[i], f1);
    else holds(f1 >= 0.9 || r.beat_count == 0, "seconds and F1", lengths[i], f1); /* a dozen beats may be too few to be sure */
    free_result(&r);
    free_input(&in);
  }
}

/* A beat within a millisecond of the seam is seen by both segments, each on its own side of it or not. */
static void a_beat_on_a_seam_is_neither_lost_nor_doubled(void) {
  for (int ms = -2; ms <= 2; ms++) {
    fecg_sim_options o = sim_of(15, 130, "normal");
    o.snr_db = 15;
    input in = simulated(o);
    double nearest = 0;
    for (size_t i = 0; i < in.fetal_count; i++)
      if (fabs(in.fetal[i] - 60) < fabs(nearest - 60)) nearest = in.fetal[i];
    const size_t cut = (size_t)rint((nearest - 60 + ms / 1000.0 + 0.5) * 500); /* starts later, so that the beat is at 60 s */
    for (int l = 0; l < in.leads; l++) {
      memmove(in.uv[l], in.uv[l] + cut, (in.n[l] - cut) * sizeof(float));
      in.n[l] -= cut;
    }
    result r = extracted(&in, 10, 0);
    const double from = 58.3, to = 61.7, moved = (double)cut / 500;
    size_t truth = 0, got = 0;
    for (size_t i = 0; i < in.fetal_count; i++) truth += in.fetal[i] - moved > from && in.fetal[i] - moved < to;
    for (size_t i = 0; i < r.beat_count; i++) got += r.beats[i] > from - 0.02 && r.beats[i] < to + 0.02;
    holds(got >= truth && got <= truth + 1, "true beats and found ones around the seam", (double)truth, (double)got);
    free_result(&r);
    free_input(&in);
  }
}

static void short_artefacts_do_not_rule_the_record(void) {
  input in = simulated(sim_of(3, 30, "normal"));
  for (int l = 0; l < in.leads; l++)
    for (size_t i = 1000; i + 10 < in.n[l]; i += 3500)
      for (size_t k = i; k < i + 10; k++) in.uv[l][k] += 1e6f;
  const double f1 = f1_with(&in);
  holds(f1 > 0.95, "F1 with pulses of a volt", f1, 0);
  free_input(&in);
}

static void a_fetus_as_strong_as_its_mother_is_not_taken_for_her(void) {
  for (uint64_t seed = 1; seed <= 3; seed++) {
    fecg_sim_options o = sim_of(seed, 30, "normal");
    o.fm_ratio_db = 0;
    o.snr_db = 10;
    const double f1 = simulated_f1(o);
    holds(f1 > 0.9, "seed and F1", (double)seed, f1);
  }
}

static void a_fast_mother_is_found(void) {
  fecg_sim_options o = sim_of(2, 30, "normal");
  o.mhr_bpm = 158;
  const double f1 = simulated_f1(o);
  holds(f1 > 0.95, "F1 with a mother of 158 bpm", f1, 0);
}

static void under_five_seconds_is_too_short(void) {
  static const double lengths[] = {0, 0.002, 3, 4.998};
  for (int i = 0; i < 4; i++) {
    input in = simulated(sim_of(1, 6, "normal"));
    for (int l = 0; l < in.leads; l++) in.n[l] = (size_t)rint(lengths[i] * 500);
    result r = extracted(&in, 1, 1);
    result_is_sound(&in, &r);
    TEST_ASSERT_EQUAL_STRING("TOO_SHORT", reason(&r));
    TEST_ASSERT_EQUAL(0, cJSON_GetArraySize(at(&r, "fetal.peaks_s")));
    TEST_ASSERT_EQUAL(0, cJSON_GetArraySize(at(&r, "maternal.peaks_s")));
    TEST_ASSERT_EQUAL_UINT32((uint32_t)in.n[0], (uint32_t)r.n); /* all of it gaps */
    free_result(&r);
    free_input(&in);
  }
}

/* At a seam between two segments no beat is lost or counted twice. */
static void seams_do_not_show(void) {
  fecg_sim_options o = sim_of(15, 301, "normal");
  o.snr_db = 15;
  input in = simulated(o);
  result r = extracted(&in, 10, 1);
  result_is_sound(&in, &r);
  signals_add_up(&in, &r);
  for (int minute = 1; minute <= 4; minute++) {
    size_t truth = 0, got = 0;
    const double from = 60 * minute - 1.5, to = 60 * minute + 1.5;
    for (size_t i = 0; i < in.fetal_count; i++) truth += in.fetal[i] > from && in.fetal[i] < to;
    for (size_t i = 0; i < r.beat_count; i++) got += r.beats[i] > from - 0.03 && r.beats[i] < to + 0.03;
    holds(got >= truth && got <= truth + 1, "true beats and found ones near a seam", (double)truth, (double)got);
  }
  for (size_t i = 1; i < r.beat_count; i++) {
    const double minute = rint(r.beats[i] / 60) * 60;
    if (fabs(r.beats[i] - minute) > 1.5) continue;
    double nearest = 1;
    for (size_t k = 0; k < in.fetal_count; k++) nearest = fmin(nearest, fabs(in.fetal[k] - r.beats[i]));
    holds(nearest < 0.05, "beat at a seam and its distance from the true one", r.beats[i], nearest);
  }
  /* the signals go on without a step: the largest one at a seam is no larger than elsewhere */
  for (int l = 0; l < in.leads; l++) {
    double at_seam = 0, elsewhere = 0;
    for (size_t i = 1; i < r.n; i++) {
      const double step = fabs((double)r.signal[FECG_MATERNAL][l][i] - (double)r.signal[FECG_MATERNAL][l][i - 1]);
      if (isnan(step)) continue;
      if (i % 30000 == 0 && i / 30000 <= 4) at_seam = fmax(at_seam, step);
      else elsewhere = fmax(elsewhere, step);
    }
    TEST_ASSERT_TRUE(at_seam <= elsewhere);
  }
  free_result(&r);
  free_input(&in);
}

static void leads_may_end_at_different_times(void) {
  static const double ends[] = {95, 20, 130, 0};
  input in = simulated(sim_of(16, 130, "normal"));
  for (int l = 0; l < 4; l++) in.n[l] = (size_t)(ends[l] * 500);
  result r = extracted(&in, 3, 1), whole = extracted(&in, 1e9, 1);
  result_is_sound(&in, &r);
  TEST_ASSERT_EQUAL_STRING(whole.json, r.json);
  TEST_ASSERT_EQUAL_UINT32(65000, (uint32_t)r.n);
  for (int l = 0; l < 4; l++)
    for (size_t i = in.n[l]; i < r.n; i++) TEST_ASSERT_TRUE(isnan(r.signal[FECG_RESIDUAL][l][i]) && isnan(r.signal[FECG_FETAL][l][i]));
  TEST_ASSERT_EQUAL_STRING("gaps", cJSON_GetObjectItem(cJSON_GetArrayItem(at(&r, "quality.leads"), 3), "state")->valuestring);
  free_result(&r);
  free_result(&whole);
  free_input(&in);
}

/* ---- gaps and odd values ---------------------------------------------------------------------------- */

static void scenarios_with_trouble_add_up_and_keep_their_gaps(void) {
  static const char *const scenarios[] = {"gaps", "electrode-loss", "motion", "twins", "ectopic", "decelerations"};
  for (int s = 0; s < 6; s++) {
    input in = simulated(sim_of(31 + (uint64_t)s, 30, scenarios[s]));
    result r = extracted(&in, 4, 1);
    result_is_sound(&in, &r);
    signals_add_up(&in, &r);
    free_result(&r);
    free_input(&in);
  }
}

static void a_gap_in_all_leads_has_no_rate(void) {
  fecg_sim_options o = sim_of(17, 30, "normal");
  o.snr_db = 20;
  input in = simulated(o);
  for (int l = 0; l < in.leads; l++)
    for (size_t i = 12 * 500; i < 16 * 500; i++) in.uv[l][i] = NAN;
  result r = extracted(&in, 1e9, 1);
  result_is_sound(&in, &r);
  signals_add_up(&in, &r);
  for (size_t i = 0; i < r.beat_count; i++) holds(r.beats[i] < 12.5 || r.beats[i] > 15.5, "beat in a gap", r.beats[i], 0);
  for (int i = 4 * 13; i < 4 * 15; i++) TEST_ASSERT_TRUE(cJSON_IsNull(cJSON_GetArrayItem(at(&r, "fetal.rate.bpm"), i)));
  TEST_ASSERT_TRUE(at(&r, "fetal.summary.coverage")->valuedouble < 0.9);
  free_result(&r);
  free_input(&in);
}

static void records_without_a_signal_give_nothing(void) {
  static const float values[] = {NAN, 0, 1234.5f, INFINITY, -INFINITY, 1e30f, -2e9f};
  static const char *const states[] = {"gaps", "flat", "flat", "gaps", "gaps", "gaps", "gaps"};
  for (int v = 0; v < 7; v++) {
    input in = constant(3, 6000, values[v]);
    result r = extracted(&in, 1, 1);
    result_is_sound(&in, &r);
    TEST_ASSERT_EQUAL_STRING("NO_SIGNAL", reason(&r));
    TEST_ASSERT_EQUAL(0, cJSON_GetArraySize(at(&r, "maternal.peaks_s")));
    TEST_ASSERT_EQUAL_UINT32(6000, (uint32_t)r.n);
    for (int l = 0; l < 3; l++) {
      const cJSON *lead = cJSON_GetArrayItem(at(&r, "quality.leads"), l);
      TEST_ASSERT_EQUAL_STRING(states[v], cJSON_GetObjectItem(lead, "state")->valuestring);
      TEST_ASSERT_EQUAL_FLOAT(0, (float)cJSON_GetObjectItem(lead, "quality")->valuedouble);
      for (size_t i = 0; i < r.n; i++) TEST_ASSERT_TRUE(isnan(r.signal[FECG_RESIDUAL][l][i]));
    }
    free_result(&r);
    free_input(&in);
  }
}

static void odd_values_are_gaps_and_harm_nothing(void) {
  static const float values[] = {INFINITY, -INFINITY, NAN, 1e30f, -1e30f, 3e38f, 1e9f, -1e9f};
  fecg_sim_options o = sim_of(11, 20, "normal");
  input in = simulated(o);
  for (int k = 0; k < 200; k++) in.uv[k % 4][(size_t)k * 47 + 100] = values[k % 8];
  result r = extracted(&in, 1e9, 1);
  result_is_sound(&in, &r);
  signals_add_up(&in, &r);
  for (int k = 0; k < 200; k++) TEST_ASSERT_TRUE(isnan(r.signal[FECG_RESIDUAL][k % 4][(size_t)k * 47 + 100]));
  const double f1 = f1_of(in.fetal, in.fetal_count, r.beats, r.beat_count, 20);
  holds(f1 >= 0.97, "F1", f1, 0);
  free_result(&r);
  free_input(&in);
}

static void huge_and_tiny_signals_are_no_trouble(void) {
  static const float scales[] = {1e-30f, 1e-6f, 1e5f};
  for (int s = 0; s < 3; s++) {
    input in = simulated(sim_of(11, 12, "normal"));
    for (int l = 0; l < in.leads; l++)
      for (size_t i = 0; i < in.n[l]; i++) in.uv[l][i] *= scales[s];
    result r = extracted(&in, 1e9, 1);
    result_is_sound(&in, &r);
    free_result(&r);
    free_input(&in);
  }
}

static void a_dead_lead_is_named_and_harms_nothing(void) {
  input in = simulated(sim_of(11, 20, "normal"));
  for (size_t i = 0; i < in.n[2]; i++) in.uv[2][i] = 42;
  result r = extracted(&in, 1e9, 1);
  result_is_sound(&in, &r);
  static const char *const states[] = {"ok", "ok", "flat", "ok"};
  for (int l = 0; l < 4; l++) TEST_ASSERT_EQUAL_STRING(states[l], cJSON_GetObjectItem(cJSON_GetArrayItem(at(&r, "quality.leads"), l), "state")->valuestring);
  const double f1 = f1_of(in.fetal, in.fetal_count, r.beats, r.beat_count, 20);
  holds(f1 >= 0.95, "F1", f1, 0);
  free_result(&r);
  free_input(&in);
}

static void a_lead_at_its_rail_is_saturated(void) {
  input in = simulated(sim_of(11, 20, "normal"));
  for (size_t i = 0; i < in.n[1]; i++)
    if (i % 5000 < 3000) in.uv[1][i] = 3200;
  result r = extracted(&in, 1e9, 1);
  result_is_sound(&in, &r);
  static const char *const states[] = {"ok", "saturated", "ok", "ok"};
  for (int l = 0; l < 4; l++) TEST_ASSERT_EQUAL_STRING(states[l], cJSON_GetObjectItem(cJSON_GetArrayItem(at(&r, "quality.leads"), l), "state")->valuestring);
  free_result(&r);
  free_input(&in);
}

/* ---- calls ------------------------------------------------------------------------------------------ */

static void without_a_model_the_method_is_classical(void) {
  const double fs[] = {500};
  fecg_extract_options o = {.leads = 1, .fs = fs};
  char *json[2];
  size_t n;
  for (int i = 0; i < 2; i++) {
    fecg_extractor *x;
    int more;
    TEST_ASSERT_EQUAL(FECG_OK, fecg_extract_create(&o, &x));
    TEST_ASSERT_EQUAL(FECG_OK, fecg_extract_finish(x));
    TEST_ASSERT_EQUAL(FECG_OK, fecg_extract_process(x, &more));
    TEST_ASSERT_EQUAL(FECG_OK, fecg_extract_json(x, "a", json + i, &n));
    fecg_extract_destroy(x);
    o.method = "classical";
  }
  TEST_ASSERT_EQUAL_STRING(json[0], json[1]);
  cJSON *document = cJSON_Parse(json[0]);
  TEST_ASSERT_EQUAL_STRING("classical", cJSON_GetObjectItem(document, "method")->valuestring);
  TEST_ASSERT_TRUE(cJSON_IsNull(cJSON_GetObjectItem(document, "attribution")));
  const cJSON *version = cJSON_GetObjectItem(document, "version");
  TEST_ASSERT_TRUE(cJSON_IsNull(cJSON_GetObjectItem(version, "model")));
  TEST_ASSERT_TRUE(cJSON_IsNull(cJSON_GetObjectItem(version, "model_sha256")));
  cJSON_Delete(document);
  fecg_free(json[0]);
  fecg_free(json[1]);
}

static void illegal_options_are_refused(void) {
  const double fs[FECG_MAX_LEADS] = {500, 500};
  static const double bad_fs[] = {0, -500, 124.99, 4000.01, NAN, INFINITY, -INFINITY, 1e300}, bad_mains[] = {-50, 1, 49.9, 55, 60.1, NAN, INFINITY};
  static const int bad_leads[] = {0, -1, FECG_MAX_LEADS + 1, 1 << 30, INT32_MIN};
  fecg_extractor *x = (fecg_extractor *)1;
  fecg_extract_options o = {.leads = 2, .fs = fs};
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_extract_create(&o, NULL));
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_extract_create(NULL, &x));
  TEST_ASSERT_NULL(x);
  for (size_t i = 0; i < sizeof bad_leads / sizeof *bad_leads; i++) {
    o.leads = bad_leads[i];
    TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_extract_create(&o, &x));
  }
  o.leads = 2;
  o.fs = NULL;
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_extract_create(&o, &x));
  for (int lead = 0; lead < 2; lead++)
    for (size_t i = 0; i < sizeof bad_fs / sizeof *bad_fs; i++) {
      double wrong[2] = {500, 500};
      wrong[lead] = bad_fs[i];
      o.fs = wrong;
      TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_extract_create(&o, &x));
    }
  o.fs = fs;
  for (size_t i = 0; i < sizeof bad_mains / sizeof *bad_mains; i++) {
    o.mains_hz = bad_mains[i];
    TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_extract_create(&o, &x));
    TEST_ASSERT_NULL(x);
  }
  o.mains_hz = 0;
  static const char *const bad_methods[] = {"", "magic", "Classical", "classical ", "network", "fhnet"}; /* the last two lack a model */
  for (size_t i = 0; i < sizeof bad_methods / sizeof *bad_methods; i++) {
    o.method = bad_methods[i];
    TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_extract_create(&o, &x));
    TEST_ASSERT_NULL(x);
  }
  fecg_extract_destroy(NULL);
}

static void illegal_arguments_are_refused(void) {
  const double fs[] = {125, 4000};
  const fecg_extract_options o = {.leads = 2, .fs = fs, .mains_hz = 60};
  const float uv[4] = {0};
  fecg_extractor *x;
  int more;
  char *json;
  size_t n = 9;
  TEST_ASSERT_EQUAL(FECG_OK, fecg_extract_create(&o, &x));
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_extract_push(NULL, 0, uv, 4));
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_extract_push(x, -1, uv, 4));
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_extract_push(x, 2, uv, 4));
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_extract_push(x, 0, NULL, 4));
  TEST_ASSERT_EQUAL(FECG_OK, fecg_extract_push(x, 0, NULL, 0));
  TEST_ASSERT_EQUAL(FECG_ERR_MEMORY, fecg_extract_push(x, 0, uv, SIZE_MAX));
  TEST_ASSERT_EQUAL(FECG_ERR_MEMORY, fecg_extract_push(x, 0, uv, SIZE_MAX / 4));
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_extract_process(NULL, &more));
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_extract_process(x, NULL));
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_extract_finish(NULL));
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_extract_note(NULL, "A", "b", 0));
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_extract_note(x, NULL, "b", 0));
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_extract_note(x, "A", NULL, 0));
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_extract_json(NULL, "a", &json, &n));
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_extract_json(x, "a", NULL, &n));
  TEST_ASSERT_EQUAL(FECG_ERR_ARGUMENT, fecg_extract_json(x, "a", &json, NULL));
  TEST_ASSERT_NULL(fecg_extract_signal(NULL, FECG_FETAL, 0, &n));
  TEST_ASSERT_EQUAL(0, n);
  TEST_ASSERT_NULL(fecg_extract_signal(x, (fecg_signal)3, 0, &n));
  TEST_ASSERT_NULL(fecg_extract_signal(x, FECG_FETAL, 2, &n));
  TEST_ASSERT_NULL(fecg_extract_signal(x, FECG_FETAL, 0, NULL));
  TEST_ASSERT_EQUAL_FLOAT(4000, (float)fecg_extract_signal_fs(x));
  TEST_ASSERT_EQUAL_FLOAT(0, (float)fecg_extract_signal_fs(NULL));
  TEST_ASSERT_NULL(fecg_extract_beats(NULL, &n));
  TEST_ASSERT_EQUAL(0, n);
  fecg_extract_destroy(x);
}

static void calls_out_of_order_are_told(void) {
  const double fs[] = {500};
  const fecg_extract_options o = {.leads = 1, .fs = fs, .signals = 1};
  float uv[5000];
  fecg_extractor *x;
  int more = 1;
  char *json;
  size_t n;
  for (int i = 0; i < 5000; i++) uv[i] = (float)(i % 100);
  TEST_ASSERT_EQUAL(FECG_OK, fecg_extract_create(&o, &x));
  TEST_ASSERT_EQUAL(FECG_ERR_STATE, fecg_extract_json(x, NULL, &json, &n)); /* before anything */
  TEST_ASSERT_NULL(json);
  TEST_ASSERT_EQUAL(FECG_OK, fecg_extract_process(x, &more)); /* nothing to do yet */
  TEST_ASSERT_EQUAL(0, more);
  TEST_ASSERT_EQUAL(FECG_OK, fecg_extract_push(x, 0, uv, 5000));
  TEST_ASSERT_EQUAL(FECG_OK, fecg_extract_process(x, &more));
  TEST_ASSERT_EQUAL(FECG_ERR_STATE, fecg_extract_json(x, NULL, &json, &n)); /* before finish */
  TEST_ASSERT_EQUAL(FECG_OK, fecg_extract_finish(x));
  TEST_ASSERT_EQUAL(FECG_ERR_STATE, fecg_extract_push(x, 0, uv, 1));
  TEST_ASSERT_EQUAL(FECG_ERR_STATE, fecg_extract_json(x, NULL, &json, &n)); /* before the last process */
  TEST_ASSERT_EQUAL(FECG_OK, fecg_extract_finish(x));
  TEST_ASSERT_EQUAL(FECG_OK, fecg_extract_process(x, &more));
  TEST_ASSERT_EQUAL(0, more);
  fecg_extract_signal(x, FECG_RESIDUAL, 0, &n);
  TEST_ASSERT_EQUAL(5000, n);
  TEST_ASSERT_EQUAL(FECG_OK, fecg_extract_process(x, &more)); /* nothing more: the signals are gone */
  TEST_ASSERT_EQUAL(0, more);
  TEST_ASSERT_NULL(fecg_extract_signal(x, FECG_RESIDUAL, 0, &n));
  TEST_ASSERT_EQUAL(FECG_OK, fecg_extract_json(x, NULL, &json, &n));
  TEST_ASSERT_NOT_NULL(strstr(json, "\"file\":null"));
  fecg_free(json);
  fecg_extract_destroy(x);
}

static void the_document_may_be_asked_for_twice_and_signals_after_it(void) {
  input in = simulated(sim_of(11, 10, "normal"));
  const fecg_extract_options o = {.leads = in.leads, .fs = in.fs, .signals = 1};
  fecg_extractor *x;
  int more;
  char *first, *second;
  size_t n;
  TEST_ASSERT_EQUAL(FECG_OK, fecg_extract_create(&o, &x));
  for (int l = 0; l < in.leads; l++) TEST_ASSERT_EQUAL(FECG_OK, fecg_extract_push(x, l, in.uv[l], in.n[l]));
  TEST_ASSERT_EQUAL(FECG_OK, fecg_extract_finish(x));
  TEST_ASSERT_EQUAL(FECG_OK, fecg_extract_process(x, &more));
  static float kept[5000];
  memcpy(kept, fecg_extract_signal(x, FECG_FETAL, 0, &n), sizeof kept);
  TEST_ASSERT_EQUAL(5000, n);
  TEST_ASSERT_EQUAL(FECG_OK, fecg_extract_json(x, "a", &first, &n));
  const float *now = fecg_extract_signal(x, FECG_FETAL, 0, &n); /* still those of the last process() */
  TEST_ASSERT_EQUAL(5000, n);
  TEST_ASSERT_EQUAL_MEMORY(kept, now, sizeof kept);
  TEST_ASSERT_EQUAL(FECG_OK, fecg_extract_json(x, "a", &second, &n));
  TEST_ASSERT_EQUAL_STRING(first, second);
  fecg_free(first);
  fecg_free(second);
  fecg_extract_destroy(x);
  free_input(&in);
}

/* The longest labels and notes of characters that JSON has to escape. */
static void labels_and_notes_of_any_text_fit_the_document(void) {
  char label[80], message[300];
  const char *labels[FECG_MAX_LEADS];
  double fs[FECG_MAX_LEADS];
  memset(label, 1, sizeof label);
  memset(message, 2, sizeof message);
  label[79] = message[299] = 0;
  for (int l = 0; l < FECG_MAX_LEADS; l++) labels[l] = label, fs[l] = 500;
  labels[1] = "\"quoted\\\"\n", labels[2] = NULL;
  const fecg_extract_options o = {.leads = FECG_MAX_LEADS, .fs = fs, .labels = labels};
  fecg_extractor *x;
  int more;
  char *json;
  size_t n;
  TEST_ASSERT_EQUAL(FECG_OK, fecg_extract_create(&o, &x));
  TEST_ASSERT_EQUAL(FECG_OK, fecg_extract_finish(x));
  TEST_ASSERT_EQUAL(FECG_OK, fecg_extract_process(x, &more));
  TEST_ASSERT_EQUAL(FECG_OK, fecg_extract_json(x, message, &json, &n));
  fecg_free(json);
  for (int i = 0; i < 500; i++) TEST_ASSERT_EQUAL(FECG_OK, fecg_extract_note(x, message, message, i - 1));
  TEST_ASSERT_EQUAL(FECG_OK, fecg_extract_json(x, message, &json, &n));
  cJSON *root = cJSON_ParseWithLengthOpts(json, n + 1, NULL, 1);
  TEST_ASSERT_NOT_NULL(root);
  const cJSON *leads = cJSON_GetObjectItem(cJSON_GetObjectItem(root, "source"), "leads"), *notes = cJSON_GetObjectItem(root, "diagnostics");
  TEST_ASSERT_EQUAL(FECG_MAX_LEADS, cJSON_GetArraySize(leads));
  TEST_ASSERT_EQUAL_STRING("\"quoted\\\"\n", cJSON_GetArrayItem(leads, 1)->valuestring);
  TEST_ASSERT_EQUAL_STRING("lead2", cJSON_GetArrayItem(leads, 2)->valuestring);
  TEST_ASSERT_TRUE(cJSON_GetArraySize(notes) >= 16);
  TEST_ASSERT_TRUE(cJSON_IsNull(cJSON_GetObjectItem(cJSON_GetArrayItem(notes, 0), "offset")));
  TEST_ASSERT_EQUAL(0, cJSON_GetObjectItem(cJSON_GetArrayItem(notes, 1), "offset")->valueint);
  cJSON_Delete(root);
  fecg_free(json);
  fecg_extract_destroy(x);
}

int main(void) {
  UNITY_BEGIN();
  RUN_TEST(beats_are_found_at_any_rate);
  RUN_TEST(beats_are_found_at_any_sampling_rate);
  RUN_TEST(leads_of_different_rates_belong_together);
  RUN_TEST(any_number_of_leads_is_taken);
  RUN_TEST(the_mother_is_found_too);
  RUN_TEST(where_there_is_no_fetus_none_is_reported);
  RUN_TEST(any_chunking_gives_the_same_document_and_signals);
  RUN_TEST(records_of_every_length_are_worked_on);
  RUN_TEST(under_five_seconds_is_too_short);
  RUN_TEST(seams_do_not_show);
  RUN_TEST(a_beat_on_a_seam_is_neither_lost_nor_doubled);
  RUN_TEST(short_artefacts_do_not_rule_the_record);
  RUN_TEST(a_fetus_as_strong_as_its_mother_is_not_taken_for_her);
  RUN_TEST(a_fast_mother_is_found);
  RUN_TEST(leads_may_end_at_different_times);
  RUN_TEST(scenarios_with_trouble_add_up_and_keep_their_gaps);
  RUN_TEST(a_gap_in_all_leads_has_no_rate);
  RUN_TEST(records_without_a_signal_give_nothing);
  RUN_TEST(odd_values_are_gaps_and_harm_nothing);
  RUN_TEST(huge_and_tiny_signals_are_no_trouble);
  RUN_TEST(a_dead_lead_is_named_and_harms_nothing);
  RUN_TEST(a_lead_at_its_rail_is_saturated);
  RUN_TEST(without_a_model_the_method_is_classical);
  RUN_TEST(illegal_options_are_refused);
  RUN_TEST(illegal_arguments_are_refused);
  RUN_TEST(calls_out_of_order_are_told);
  RUN_TEST(the_document_may_be_asked_for_twice_and_signals_after_it);
  RUN_TEST(labels_and_notes_of_any_text_fit_the_document);
  return UNITY_END();
}
