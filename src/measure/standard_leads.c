/* standard_leads.c — see standard_leads.h. MDC_ECG_LEAD_: the nomenclature of ISO/IEEE 11073-10102. */
#include "measure/standard_leads.h"

#include <stddef.h>
#include <string.h>

static const char *const NAMES[FECG_STANDARD_LEADS] = {"I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"};

static int upper(int c) { return c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c; }

/* Length of `word` where text starts with it, in any case; else 0. */
static size_t starts(const char *text, const char *word) {
  size_t n = 0;
  for (; word[n]; n++)
    if (upper(text[n]) != upper(word[n])) return 0;
  return n;
}

/* Nothing but spaces follows, or a reference ("V1-REF") that is no lead itself: "I-II" is neither. */
static int is_end(const char *text) {
  if (*text == '-') return fecg_standard_lead(text + 1) < 0;
  while (*text == ' ') text++;
  return *text == 0;
}

int fecg_standard_lead(const char *label) {
  static const char *const before[] = {"MDC_ECG_LEAD_", "ECG", "EKG", "Lead"};
  size_t modified = 0;
  if (!label) return -1;
  for (size_t i = 0; i < sizeof before / sizeof *before; i++) {
    while (*label == ' ' || *label == '_' || *label == ':') label++;
    label += starts(label, before[i]);
  }
  while (*label == ' ' || *label == '_' || *label == ':') label++;
  if (starts(label, "MLI")) modified = 2;
  label += modified;
  for (int lead = FECG_STANDARD_LEADS - 1; lead >= 0; lead--) {
    const size_t n = starts(label, NAMES[lead]);
    if (n && is_end(label + n)) return modified && lead > FECG_LEAD_III ? -1 : lead;
  }
  return -1;
}

const char *fecg_standard_lead_name(int lead) { return NAMES[lead]; }
