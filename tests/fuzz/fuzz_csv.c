/* fuzz_csv.c — CSV and TSV files. */
#include "drive.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const drive_file file = {data, size};
  drive(size % 11 ? "a.csv" : "a.tsv", &file, 1);
  return 0;
}
