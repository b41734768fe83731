/* text.c — see text.h. */
#include "record/text.h"

#include <math.h>
#include <string.h>

fecg_text fecg_text_of(const void *bytes, size_t n) {
  fecg_text t = {bytes, n};
  return t;
}

static int blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\0'; }
static int digit(char c) { return c >= '0' && c <= '9'; }
static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c; }

fecg_text fecg_text_trim(fecg_text t) {
  while (t.n && blank(t.s[0])) t.s++, t.n--;
  while (t.n && blank(t.s[t.n - 1])) t.n--;
  return t;
}

fecg_text fecg_text_word(fecg_text *rest) {
  while (rest->n && blank(rest->s[0])) rest->s++, rest->n--;
  fecg_text word = {rest->s, 0};
  while (rest->n && !blank(rest->s[0])) rest->s++, rest->n--, word.n++;
  return word;
}

int fecg_text_begins(fecg_text t, const char *word) {
  size_t i = 0;
  for (; word[i]; i++)
    if (i >= t.n || lower(t.s[i]) != lower(word[i])) return 0;
  return 1;
}

int fecg_text_is(fecg_text t, const char *word) { return strlen(word) == t.n && fecg_text_begins(t, word); }

/* v * 10^e. Powers up to 10^22 are exact, so numbers of at most 15 digits are rounded once. */
static double scale10(double v, int64_t e) {
  static const double P[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                             1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  if (e > 400) e = 400;
  if (e < -400) e = -400;
  for (; e > 22; e -= 22) v *= 1e22;
  for (; e < -22; e += 22) v /= 1e22;
  return e < 0 ? v / P[-e] : v * P[e];
}

size_t fecg_scan_number(fecg_text t, char point, double *out) {
  const uint64_t full = 100000000000000000; /* no more digits fit; the rest only moves the point */
  uint64_t mantissa = 0;
  int64_t exponent = 0;
  size_t i = 0, digits = 0;
  int negative = t.n && t.s[0] == '-';
  if (t.n && (t.s[0] == '+' || t.s[0] == '-')) i++;
  for (; i < t.n && digit(t.s[i]); i++, digits++) {
    if (mantissa < full) mantissa = mantissa * 10 + (uint64_t)(t.s[i] - '0');
    else exponent++;
  }
  if (i < t.n && (t.s[i] == '.' || t.s[i] == point))
    for (i++; i < t.n && digit(t.s[i]); i++, digits++)
      if (mantissa < full) mantissa = mantissa * 10 + (uint64_t)(t.s[i] - '0'), exponent--;
  if (!digits) return 0;
  if (i + 1 < t.n && (t.s[i] == 'e' || t.s[i] == 'E')) {
    size_t j = i + 1;
    int minus = t.s[j] == '-';
    if (t.s[j] == '+' || t.s[j] == '-') j++;
    if (j < t.n && digit(t.s[j])) {
      int64_t e = 0;
      for (; j < t.n && digit(t.s[j]); j++)
        if (e < 10000) e = e * 10 + (t.s[j] - '0');
      exponent += minus ? -e : e;
      i = j;
    }
  }
  double v = mantissa ? scale10((double)mantissa, exponent) : 0;
  *out = negative ? -v : v;
  return i;
}

int fecg_parse_number(fecg_text t, double *out) {
  t = fecg_text_trim(t);
  return t.n && fecg_scan_number(t, '.', out) == t.n && isfinite(*out);
}

int fecg_parse_integer(fecg_text t, int64_t *out) {
  t = fecg_text_trim(t);
  int negative = t.n && t.s[0] == '-';
  if (t.n && (t.s[0] == '+' || t.s[0] == '-')) t.s++, t.n--;
  if (t.n == 0 || t.n > 18) return 0;
  int64_t v = 0;
  for (size_t i = 0; i < t.n; i++) {
    if (!digit(t.s[i])) return 0;
    v = v * 10 + (t.s[i] - '0');
  }
  *out = negative ? -v : v;
  return 1;
}

/* Length of the valid UTF-8 sequence of two or more bytes at s, 0 where there is none (RFC 3629). */
static size_t utf8_sequence(const unsigned char *s, size_t n) {
  size_t k = s[0] >= 0xF0 && s[0] <= 0xF4 ? 4 : s[0] >= 0xE0 && s[0] < 0xF0 ? 3 : s[0] >= 0xC2 && s[0] < 0xE0 ? 2 : 0;
  if (k == 0 || k > n) return 0;
  for (size_t i = 1; i < k; i++)
    if ((s[i] & 0xC0) != 0x80) return 0;
  if ((s[0] == 0xE0 && s[1] < 0xA0) || (s[0] == 0xED && s[1] > 0x9F) || (s[0] == 0xF0 && s[1] < 0x90) ||
      (s[0] == 0xF4 && s[1] > 0x8F))
    return 0;
  return k;
}

void fecg_text_copy(char *dst, size_t size, fecg_text t) {
  t = fecg_text_trim(t);
  const unsigned char *s = (const unsigned char *)t.s;
  size_t out = 0;
  for (size_t i = 0; i < t.n;) {
    size_t k = utf8_sequence(s + i, t.n - i);
    size_t width = k ? k : s[i] >= 0xA0 ? 2 : 1;
    if (out + width >= size) break;
    if (k) memcpy(dst + out, s + i, k);
    else if (width == 2) dst[out] = (char)(0xC0 | s[i] >> 6), dst[out + 1] = (char)(0x80 | (s[i] & 0x3F));
    else dst[out] = s[i] < 0x20 || s[i] >= 0x7F ? ' ' : (char)s[i];
    out += width;
    i += k ? k : 1;
  }
  while (out && dst[out - 1] == ' ') out--;
  dst[out] = '\0';
}

fecg_quoted fecg_quote(fecg_text t) {
  fecg_quoted q;
  size_t n = t.n < 24 ? t.n : 24;
  for (size_t i = 0; i < n; i++) q.s[i] = t.s[i] >= 0x20 && t.s[i] < 0x7F ? t.s[i] : '?';
  strcpy(q.s + n, t.n > n ? "..." : "");
  return q;
}

double fecg_unit_uv(fecg_text unit) {
  static const struct { const char *name; double uv; } UNITS[] = {
      {"uV", 1}, {"mV", 1e3}, {"V", 1e6}, {"nV", 1e-3}, {"\xC2\xB5V", 1}, {"\xCE\xBCV", 1}};
  unit = fecg_text_trim(unit);
  for (size_t i = 0; i < sizeof UNITS / sizeof *UNITS; i++)
    if (fecg_text_is(unit, UNITS[i].name)) return UNITS[i].uv;
  return 0;
}

size_t fecg_format_number(char dst[32], double v, int decimals) {
  uint64_t unit = 1, scaled;
  for (int i = 0; i < decimals; i++) unit *= 10;
  scaled = (uint64_t)rint(fabs(v) * (double)unit);
  while (decimals > 0 && scaled % 10 == 0) scaled /= 10, unit /= 10, decimals--;
  char digits[24];
  size_t n = 0, out = 0;
  uint64_t whole = scaled / unit, part = scaled % unit;
  for (int i = 0; i < decimals; i++, part /= 10) digits[n++] = (char)('0' + part % 10);
  if (decimals) digits[n++] = '.';
  do digits[n++] = (char)('0' + whole % 10);
  while (whole /= 10);
  if (v < 0 && scaled) dst[out++] = '-';
  while (n) dst[out++] = digits[--n];
  dst[out] = '\0';
  return out;
}
