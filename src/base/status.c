/* status.c — words for status codes. */
#include "fecg.h"

static const struct {
  const char *code, *sentence;
} WORDS[] = {
    [FECG_OK] = {"OK", "done"},
    [FECG_ERR_ARGUMENT] = {"ARGUMENT", "an argument is outside its range"},
    [FECG_ERR_MEMORY] = {"MEMORY", "out of memory"},
    [FECG_ERR_FORMAT] = {"FORMAT", "the input is damaged or not what its name says"},
    [FECG_ERR_UNSUPPORTED] = {"UNSUPPORTED", "the input is of a kind that is not supported"},
    [FECG_ERR_RATE] = {"RATE", "the sampling rate is not given"},
    [FECG_ERR_MISSING] = {"MISSING", "a file named by the header is missing"},
    [FECG_ERR_LEADS] = {"LEADS", "no such lead, or no lead that can be used"},
    [FECG_ERR_STATE] = {"STATE", "a call out of order"},
    [FECG_ERR_INTERNAL] = {"INTERNAL", "a fault of the engine"},
};

static int known(fecg_status s) { return (int)s >= 0 && (size_t)s < sizeof WORDS / sizeof *WORDS; }

const char *fecg_strerror(fecg_status s) { return known(s) ? WORDS[s].sentence : "unknown status"; }
const char *fecg_status_code(fecg_status s) { return known(s) ? WORDS[s].code : "UNKNOWN"; }
