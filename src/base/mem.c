/* mem.c — see mem.h. */
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

void *fecg_alloc(size_t count, size_t size) {
  if (count == 0 || size == 0 || count > SIZE_MAX / 2 / size) return NULL;
  return calloc(count, size);
}

void fecg_free(void *p) { free(p); }

struct fecg_arena_chunk {
  fecg_arena_chunk *next;
  size_t size, used;
  size_t shift; /* to a 16-aligned address: malloc may align to 8 only */
};

enum { ARENA_ALIGN = 16, ARENA_CHUNK = 1 << 20 };
static const size_t CHUNK_HEADER = (sizeof(fecg_arena_chunk) + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);

void *fecg_arena_alloc(fecg_arena *a, size_t count, size_t size) {
  if (a->failed) return NULL;
  if (size != 0 && count > (SIZE_MAX / 2 - ARENA_CHUNK) / size) {
    a->failed = 1;
    return NULL;
  }
  size_t bytes = count * size;
  bytes = bytes == 0 ? ARENA_ALIGN : (bytes + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
  fecg_arena_chunk *last = NULL;
  for (fecg_arena_chunk *c = a->current ? a->current : a->first; c; c = c->next) {
    if (c->size - c->used >= bytes) {
      void *p = (unsigned char *)c + CHUNK_HEADER + c->shift + c->used;
      c->used += bytes;
      a->current = c;
      return p;
    }
    last = c;
  }
  size_t room = bytes > ARENA_CHUNK ? bytes : ARENA_CHUNK;
  fecg_arena_chunk *c = malloc(CHUNK_HEADER + ARENA_ALIGN + room);
  if (!c) {
    a->failed = 1;
    return NULL;
  }
  c->next = NULL;
  c->size = room;
  c->used = bytes;
  c->shift = (ARENA_ALIGN - (uintptr_t)c % ARENA_ALIGN) % ARENA_ALIGN;
  if (last) last->next = c;
  else a->first = c;
  a->current = c;
  return (unsigned char *)c + CHUNK_HEADER + c->shift;
}

float *fecg_arena_floats(fecg_arena *a, size_t count) { return fecg_arena_alloc(a, count, sizeof(float)); }

fecg_arena_mark fecg_arena_save(const fecg_arena *a) {
  fecg_arena_mark m = {a->current, a->current ? a->current->used : 0};
  return m;
}

void fecg_arena_restore(fecg_arena *a, fecg_arena_mark m) {
  fecg_arena_chunk *c = m.chunk ? m.chunk : a->first;
  if (!c) return;
  c->used = m.chunk ? m.used : 0;
  for (fecg_arena_chunk *d = c->next; d; d = d->next) d->used = 0;
  a->current = c;
}

void fecg_arena_reset(fecg_arena *a) {
  for (fecg_arena_chunk *c = a->first; c; c = c->next) c->used = 0;
  a->current = a->first;
  a->failed = 0;
}

void fecg_arena_destroy(fecg_arena *a) {
  for (fecg_arena_chunk *c = a->first; c;) {
    fecg_arena_chunk *next = c->next;
    free(c);
    c = next;
  }
  memset(a, 0, sizeof *a);
}

void *fecg_list_add(fecg_list *l, size_t count) {
  if (count > SIZE_MAX / 4 / l->item_size - l->count) return NULL;
  size_t need = l->count + count;
  if (need > l->capacity) {
    size_t capacity = l->capacity + l->capacity / 2;
    if (capacity < need) capacity = need;
    if (capacity < 16) capacity = 16;
    if (capacity > SIZE_MAX / 2 / l->item_size) return NULL;
    void *items = realloc(l->items, capacity * l->item_size);
    if (!items) return NULL;
    l->items = items;
    l->capacity = capacity;
  }
  void *first = (unsigned char *)l->items + l->count * l->item_size;
  l->count = need;
  return first;
}

void fecg_list_destroy(fecg_list *l) {
  free(l->items);
  l->items = NULL;
  l->count = l->capacity = 0;
}
