/* standard_leads.c — see standard_leads.h. */
#include "measure/standard_leads.h"

#include <stddef.h>
#include <string.h>

static const char *const NAMES[FECG_STANDARD_LEADS] = {"I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"};
/* What may stand before a name (after ISO/IEEE 11073-10101, EDF+'s "ECG aVR", the records of PhysioNet), and after it. */
static const char *const BEFORE[] = {"mdc_ecg_lead_", "mdc_ecg_", "ecg_", "ecg-", "ecg ", "ekg_", "ekg-", "ekg ", "lead_", "lead-", "lead ", "ml"};
static const char *const AFTER[] = {"-ref", " ref", "-av", "+", "-raw"};

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c; }

/* Whether n characters of a are b, in any case. */
static int same(const char *a, size_t n, const char *b) {
  if (strlen(b) != n) return 0;
  for (size_t i = 0; i < n; i++)
    if (lower(a[i]) != lower(b[i])) return 0;
  return 1;
}

int fecg_standard_lead(const char *label) {
  if (!label) return -1;
  size_t n = strlen(label);
  while (n > 0 && (label[0] == ' ' || label[0] == '\t')) label++, n--;
  while (n > 0 && (label[n - 1] == ' ' || label[n - 1] == '\t')) n--;
  for (size_t k = 0; k < sizeof AFTER / sizeof *AFTER; k++) {
    const size_t m = strlen(AFTER[k]);
    if (n > m && same(label + n - m, m, AFTER[k])) {
      n -= m;
      break;
    }
  }
  for (;;) {
    for (int lead = 0; lead < FECG_STANDARD_LEADS; lead++)
      if (same(label, n, NAMES[lead])) return lead;
    size_t skip = 0;
    for (size_t k = 0; k < sizeof BEFORE / sizeof *BEFORE && skip == 0; k++) {
      const size_t m = strlen(BEFORE[k]);
      if (n > m && same(label, m, BEFORE[k])) skip = m;
    }
    if (skip == 0) return -1;
    label += skip, n -= skip;
    while (n > 0 && label[0] == ' ') label++, n--;
  }
}

const char *fecg_standard_lead_name(int lead) { return NAMES[lead]; }
