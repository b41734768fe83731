/* replay.c — runs a fuzz target over files, or over all files of folders, without a fuzzer. */
#define _POSIX_C_SOURCE 200809L
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay_file(const char *path) {
  FILE *f = fopen(path, "rb");
  uint8_t *bytes = NULL;
  size_t n = 0, got = 1;
  while (f && got) {
    uint8_t *grown = realloc(bytes, n + 65536);
    if (!grown) break;
    bytes = grown;
    got = fread(bytes + n, 1, 65536, f);
    n += got;
  }
  int ok = f && !got && !ferror(f);
  if (f) fclose(f);
  if (ok) {
    uint8_t *exact = malloc(n ? n : 1); /* so that a sanitizer sees a read past the end */
    if (exact) {
      memcpy(exact, bytes, n);
      LLVMFuzzerTestOneInput(exact, n);
    }
    free(exact);
  }
  free(bytes);
  return ok;
}

int main(int argc, char **argv) {
  int files = 0, failed = 0;
  for (int i = 1; i < argc; i++) {
    DIR *folder = opendir(argv[i]);
    if (!folder) {
      files++;
      failed += !replay_file(argv[i]);
      continue;
    }
    for (struct dirent *e; (e = readdir(folder));) {
      char path[4096];
      if (e->d_name[0] == '.') continue;
      snprintf(path, sizeof path, "%s/%s", argv[i], e->d_name);
      files++;
      failed += !replay_file(path);
    }
    closedir(folder);
  }
  printf("%d files, %d could not be read\n", files, failed);
  return files == 0 || failed;
}
