/* text.h — text inside recordings: fields, numbers and units, read and written without regard to the
 * locale. Texts are a pointer and a length; nothing here allocates, and nothing reads past a length. */
#ifndef FECG_RECORD_TEXT_H
#define FECG_RECORD_TEXT_H

#include <stddef.h>
#include <stdint.h>

typedef struct fecg_text {
  const char *s;  /* not ended by NUL */
  size_t n;
} fecg_text;

fecg_text fecg_text_of(const void *bytes, size_t n);
/* Without blanks, line ends and NULs on either side. */
fecg_text fecg_text_trim(fecg_text t);
/* Takes the next blank-separated word off the front of *rest; empty at the end. */
fecg_text fecg_text_word(fecg_text *rest);
/* Equality without regard to ASCII case. */
int fecg_text_is(fecg_text t, const char *word);
int fecg_text_begins(fecg_text t, const char *word);

/* Reads a decimal number (sign, digits, '.' or `point`, exponent) at the start of t and returns how
 * many characters it took, 0 where there is none. A number beyond double becomes infinite. */
size_t fecg_scan_number(fecg_text t, char point, double *out);
/* The whole trimmed text as a finite number; 0 where it is none. */
int fecg_parse_number(fecg_text t, double *out);
/* The whole trimmed text as an integer of at most 18 digits; 0 where it is none. */
int fecg_parse_integer(fecg_text t, int64_t *out);

/* Copies t, trimmed, as valid UTF-8 of at most size - 1 bytes: bytes that are no UTF-8 are taken as
 * Latin-1, control characters become blanks. */
void fecg_text_copy(char *dst, size_t size, fecg_text t);
/* The same for a message: printable ASCII, cut to 24 characters. */
typedef struct fecg_quoted { char s[32]; } fecg_quoted;
fecg_quoted fecg_quote(fecg_text t);

/* How many microvolts one of this unit is (V, mV, uV, nV; any case); 0: not a voltage. */
double fecg_unit_uv(fecg_text unit);

/* Writes |v| < 1e11 with up to 7 decimals and no trailing zeros; returns the length, NUL added. */
size_t fecg_format_number(char dst[32], double v, int decimals);

#endif
