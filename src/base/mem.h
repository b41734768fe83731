/* mem.h — memory: an arena for work that is thrown away together, and a growing array.
 * Every size is checked in 64 bits before memory is taken; NULL or FECG_ERR_MEMORY on failure. */
#ifndef FECG_BASE_MEM_H
#define FECG_BASE_MEM_H

#include "fecg.h"

/* calloc(count, size) with an overflow check; NULL on failure or a zero count. Release with fecg_free(). */
void *fecg_alloc(size_t count, size_t size);

/* Arena: chunks kept until fecg_arena_destroy(); reset makes all of it free again in O(chunks). A
 * failed allocation sets `failed`, which stays set until reset, so that a caller may allocate many
 * times and check once. Memory is not zeroed. Alignment is 16. */
typedef struct fecg_arena_chunk fecg_arena_chunk;
typedef struct fecg_arena {
  fecg_arena_chunk *first, *current;
  int failed;
} fecg_arena;
typedef struct fecg_arena_mark {
  fecg_arena_chunk *chunk;
  size_t used;
} fecg_arena_mark;

void *fecg_arena_alloc(fecg_arena *a, size_t count, size_t size);
float *fecg_arena_floats(fecg_arena *a, size_t count);
fecg_arena_mark fecg_arena_save(const fecg_arena *a);
void fecg_arena_restore(fecg_arena *a, fecg_arena_mark mark);
void fecg_arena_reset(fecg_arena *a);
void fecg_arena_destroy(fecg_arena *a);

/* Growing array of equal items. items is NULL until something is in it. */
typedef struct fecg_list {
  void *items;
  size_t count, capacity, item_size;
} fecg_list;
/* Makes room for `count` more items and returns the first new one (uninitialised), or NULL. */
void *fecg_list_add(fecg_list *l, size_t count);
void fecg_list_destroy(fecg_list *l);

#endif
