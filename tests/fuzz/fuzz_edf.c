/* fuzz_edf.c — EDF, EDF+ and BDF files. */
#include "drive.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const drive_file file = {data, size};
  drive("a.edf", &file, 1);
  return 0;
}
