/* fuzz_wfdb.c — a WFDB header up to the first zero byte, then what each of its first two signal files
 * holds; further files are missing. */
#include "drive.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const uint8_t *zero = size ? memchr(data, 0, size) : NULL;
  size_t header = zero ? (size_t)(zero - data) : size, rest = zero ? size - header - 1 : 0;
  const drive_file files[] = {{data, header}, {zero ? zero + 1 : NULL, rest}, {zero ? zero + 1 : NULL, rest / 2}};
  drive("a.hea", files, 3);
  return 0;
}
