/* fuzz_any.c — a file without a name: its content tells the format. */
#include "drive.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const drive_file files[] = {{data, size}, {data, size}};
  drive(NULL, files, 2);
  return 0;
}
