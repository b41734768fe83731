/* mit_annotations.c — annotation files in MIT format, as annot(5) of the WFDB documentation describes
 * it: 16-bit little-endian words of a 6-bit code and a 10-bit time step, ended by a zero word. */
#include "base/mem.h"
#include "record/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { NOTE = 22, LAST_CODE = 49, SKIP = 59, NUM = 60, SUB = 61, CHN = 62, AUX = 63 };

/* The letter of each code; '\0': none is in use. */
static const char LETTERS[] = "\0NLRaVFJASEj/Q~\0|\0sT*D\"=pB^t+u?![]en@xf()r";

static void set_text(fecg_annotation *a, unsigned code) {
  if (code < sizeof LETTERS - 1 && LETTERS[code]) a->text[0] = LETTERS[code], a->text[1] = '\0';
  else snprintf(a->text, sizeof a->text, "[%u]", code);
}

/* Appends AUX text behind the letter. */
static void add_aux(fecg_annotation *a, fecg_text aux) {
  size_t n = strlen(a->text);
  const char *end = aux.n ? memchr(aux.s, 0, aux.n) : NULL;
  if (end) aux.n = (size_t)(end - aux.s);
  if (n + 2 >= sizeof a->text || !aux.n) return;
  a->text[n] = ' ';
  fecg_text_copy(a->text + n + 1, sizeof a->text - n - 1, aux);
}

/* Notes at the first sample that begin with "##" speak of the file; one gives its own time base. */
static int is_remark(unsigned code, int64_t at, fecg_text aux, double *fs) {
  static const char RATE[] = "## time resolution: ";
  double rate;
  if (code != NOTE || at != 0 || !fecg_text_begins(aux, "## ")) return 0;
  if (fecg_text_begins(aux, RATE)) {
    fecg_text number = fecg_text_of(aux.s + sizeof RATE - 1, aux.n - (sizeof RATE - 1));
    if (fecg_scan_number(number, '.', &rate) && rate >= 1e-6 && rate <= 1e9) *fs = rate; /* so that times stay finite */
  }
  return 1;
}

fecg_status fecg_annotations_read(const uint8_t *bytes, size_t n, double fs, fecg_annotation **out, size_t *count) {
  if (!out || !count || (n && !bytes) || !(fs > 0 && fs <= 1e9)) return FECG_ERR_ARGUMENT;
  fecg_list list = {NULL, 0, 0, sizeof(fecg_annotation)};
  fecg_status status = FECG_ERR_FORMAT; /* until the closing zero word */
  int64_t time = 0;
  unsigned last_code = 0;
  size_t i = 0;
  *out = NULL;
  *count = 0;
  while (i + 2 <= n) {
    unsigned code = bytes[i + 1] >> 2, step = bytes[i] | (bytes[i + 1] & 3u) << 8;
    i += 2;
    if (code == 0 && step == 0) {
      status = FECG_OK;
      break;
    }
    if (code == SKIP) { /* a time step of 32 bits, high half first */
      if (n - i < 4) break;
      uint32_t skip = (uint32_t)bytes[i] << 16 | (uint32_t)bytes[i + 1] << 24 | bytes[i + 2] | (uint32_t)bytes[i + 3] << 8;
      time += (int32_t)skip;
      i += 4;
    } else if (code == AUX) {
      size_t padded = step + (step & 1);
      if (n - i < padded) break;
      fecg_text aux = fecg_text_of(bytes + i, step);
      fecg_annotation *a = list.count ? (fecg_annotation *)list.items + (list.count - 1) : NULL;
      if (a && is_remark(last_code, time, aux, &fs)) list.count--;
      else if (a && last_code) add_aux(a, aux);
      last_code = 0; /* one text for each annotation */
      i += padded;
    } else if (code <= LAST_CODE) {
      time += step;
      last_code = 0;
      if (time < 0) break;
      if (code == 0) continue; /* no annotation, only time */
      fecg_annotation *a = fecg_list_add(&list, 1);
      if (!a) {
        fecg_list_destroy(&list);
        return FECG_ERR_MEMORY;
      }
      memset(a, 0, sizeof *a);
      a->t_s = (double)time;
      set_text(a, code);
      last_code = code;
    } else if (code != NUM && code != SUB && code != CHN) {
      break; /* a code that is not defined */
    }
  }
  *out = list.items;
  *count = list.count;
  for (size_t k = 0; k < list.count; k++) (*out)[k].t_s /= fs;
  return status;
}
