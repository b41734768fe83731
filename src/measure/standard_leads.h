/* standard_leads.h — the twelve standard leads and the labels files give them. */
#ifndef FECG_MEASURE_STANDARD_LEADS_H
#define FECG_MEASURE_STANDARD_LEADS_H

enum {
  FECG_LEAD_I, FECG_LEAD_II, FECG_LEAD_III, FECG_LEAD_AVR, FECG_LEAD_AVL, FECG_LEAD_AVF,
  FECG_LEAD_V1, FECG_LEAD_V2, FECG_LEAD_V3, FECG_LEAD_V4, FECG_LEAD_V5, FECG_LEAD_V6,
  FECG_STANDARD_LEADS
};

/* Which standard lead a label names, in any case: "aVR", "ECG aVR", "MDC_ECG_LEAD_AVR", "Lead V1", "MLII"
 * (a modified II, as in the MIT-BIH records; MLI and MLIII likewise), "V1-REF"; spaces around are ignored.
 * -1: none of them. */
int fecg_standard_lead(const char *label);

/* "I" .. "V6"; lead is below FECG_STANDARD_LEADS. */
const char *fecg_standard_lead_name(int lead);

#endif
