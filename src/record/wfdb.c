/* wfdb.c — a WFDB record: the header file, then frames from its signal files side by side. A sample of
 * a signal with skew s lies s frames later in its file. A signal file that is missing or short leaves
 * gaps in its signals as long as another file goes on. */
#include "record/wfdb.h"

#include <math.h>
#include <string.h>

/* Frames that the samples of a group reach into. Where the header gives no length, samples that may
 * be no more than the filling of a packed unit make no frame. */
static int64_t frames_in(const wfdb_state *w, const wfdb_group *g, uint64_t samples) {
  uint64_t frames = samples / g->per_frame, rest = samples % g->per_frame;
  uint64_t filling = w->frames < 0 ? (uint64_t)g->format->samples - 1 : 0;
  return (int64_t)frames + (rest > filling);
}

/* Frames of the longest signal file; -1: the size of one is not known. */
static int64_t frames_held(const fecg_reader *r, const wfdb_state *w, const wfdb_group *only) {
  int64_t longest = 0;
  for (int i = 0; i < w->group_count; i++) {
    const wfdb_group *g = &w->groups[i];
    const record_file *f = fecg_rd_file(r, g->file);
    if (only && g != only) continue;
    if (f->size == UINT64_MAX) return -1;
    uint64_t bytes = f->size > g->offset ? f->size - g->offset : 0;
    int64_t frames = frames_in(w, g, fecg_wfdb_samples_in(g->format, bytes));
    if (frames > longest) longest = frames;
  }
  return longest;
}

/* Says which files are missing or shorter than the recording. */
static void note_files(fecg_reader *r, const wfdb_state *w) {
  int64_t frames = w->frames >= 0 ? w->frames : frames_held(r, w, NULL);
  for (int i = 0; i < w->group_count; i++) {
    const wfdb_group *g = &w->groups[i];
    const record_file *f = fecg_rd_file(r, g->file);
    fecg_quoted name = fecg_quote(fecg_text_of(f->name, strlen(f->name)));
    int64_t held = frames_held(r, w, g);
    if (f->missing) fecg_rd_note(r, "MISSING_FILE", -1, "the signal file \"%s\" is missing; its signals are gaps", name.s);
    else if (held >= 0 && held < frames)
      fecg_rd_note(r, "TRUNCATED", (int64_t)f->size, "the signal file \"%s\" ends at byte %llu after %lld sample frames, expected %lld",
                   name.s, (unsigned long long)f->size, (long long)held, (long long)frames);
  }
}

/* Looks at the beginning of each signal file, so that a missing one is known with the header. */
static step probe_files(fecg_reader *r, wfdb_state *w) {
  int missing = 0;
  for (; w->probed < w->group_count; w->probed++) {
    size_t got;
    if (!fecg_rd_bytes(r, w->groups[w->probed].file, w->groups[w->probed].offset, 1, &got)) return STEP_NEED;
  }
  for (int i = 0; i < w->group_count; i++) missing += fecg_rd_file(r, w->groups[i].file)->missing;
  if (missing == w->group_count) {
    const record_file *f = fecg_rd_file(r, w->groups[0].file);
    return fecg_rd_fail(r, FECG_ERR_MISSING, w->groups[0].file, -1, "the signal file \"%s\" that the header names is missing",
                        fecg_quote(fecg_text_of(f->name, strlen(f->name))).s);
  }
  note_files(r, w);
  int64_t frames = frames_held(r, w, NULL);
  if (w->frames >= 0 && (frames < 0 || frames > w->frames)) frames = w->frames;
  for (int i = 0; i < r->channel_count; i++) r->channels[i].samples = frames < 0 ? -1 : frames * w->signals[i].per_frame;
  r->duration_s = frames < 0 ? -1 : (double)frames / w->frame_fs;
  r->frame_fs = w->frame_fs;
  r->format_name = "WFDB";
  return STEP_DONE;
}

static step header(fecg_reader *r) {
  if (!r->state) {
    size_t got;
    const uint8_t *p = fecg_rd_bytes(r, 0, 0, RECORD_REQUEST_MAX + 1, &got);
    if (!p) return STEP_NEED;
    if (got > RECORD_REQUEST_MAX)
      return fecg_rd_fail(r, FECG_ERR_FORMAT, 0, RECORD_REQUEST_MAX, "byte %d: the header goes on, expected at most 1 MiB", RECORD_REQUEST_MAX);
    if (memchr(p, 0, got)) {
      int64_t at = (const uint8_t *)memchr(p, 0, got) - p;
      return fecg_rd_fail(r, FECG_ERR_FORMAT, 0, at, "byte %lld: the header is not text", (long long)at);
    }
    if (fecg_wfdb_parse(r, fecg_text_of(p, got)) == STEP_FAILED) return STEP_FAILED;
  }
  return probe_files(r, r->state);
}

/* The bytes of `frames` frames, and of the skew behind them, of each group. */
static step fetch(fecg_reader *r, wfdb_state *w, int64_t frames) {
  for (int i = 0; i < w->group_count; i++) {
    wfdb_group *g = &w->groups[i];
    uint64_t per_unit = (uint64_t)g->format->samples, unit = (uint64_t)g->format->bytes;
    uint64_t from = (uint64_t)w->frame * g->per_frame / per_unit;
    uint64_t to = ((uint64_t)(w->frame + frames + g->max_skew) * g->per_frame + per_unit - 1) / per_unit;
    size_t got;
    g->bytes = fecg_rd_bytes(r, g->file, g->offset + from * unit, (size_t)((to - from) * unit), &got);
    if (!g->bytes) return STEP_NEED;
    g->first = from * per_unit;
    g->end = g->first + fecg_wfdb_samples_in(g->format, got);
  }
  return STEP_DONE;
}

static int give_signal(fecg_reader *r, const wfdb_state *w, int channel, int64_t frames) {
  record_channel *c = &r->channels[channel];
  const wfdb_signal *s = &w->signals[channel];
  const wfdb_group *g = &w->groups[s->group];
  float *out = fecg_rd_out(c, (size_t)frames * s->per_frame);
  if (!out) return 0;
  uint64_t at = ((uint64_t)w->frame + s->skew) * g->per_frame + s->in_frame;
  for (int64_t k = 0; k < frames; k++, at += g->per_frame)
    for (uint32_t j = 0; j < s->per_frame; j++) {
      int32_t v = at + j < g->end ? fecg_wfdb_sample(g->format, g->bytes, at + j - g->first) : g->format->invalid;
      *out++ = v == g->format->invalid ? NAN : fecg_rd_sample(v * c->scale + c->offset);
    }
  return 1;
}

static step block(fecg_reader *r) {
  wfdb_state *w = r->state;
  int64_t frames = RECORD_BLOCK_SAMPLES / 4 / w->per_frame + 1, longest = 0;
  if (w->frames >= 0 && frames > w->frames - w->frame) frames = w->frames - w->frame;
  if (frames == 0) {
    note_files(r, w);
    return STEP_END;
  }
  if (fetch(r, w, frames) == STEP_NEED) return STEP_NEED;
  for (int i = 0; i < w->group_count; i++) {
    const wfdb_group *g = &w->groups[i];
    uint64_t begin = (uint64_t)w->frame * g->per_frame;
    int64_t held = g->end > begin ? frames_in(w, g, g->end - begin) : 0;
    if (held > longest) longest = held;
  }
  if (longest < frames) frames = longest;
  if (frames == 0) {
    note_files(r, w);
    if (w->frame > 0) return STEP_END;
    return fecg_rd_fail(r, FECG_ERR_FORMAT, w->groups[0].file, (int64_t)w->groups[0].offset, "byte %llu: no sample, expected %u in a frame",
                        (unsigned long long)w->groups[0].offset, w->groups[0].per_frame);
  }
  for (int i = 0; i < r->selected_count; i++)
    if (!give_signal(r, w, r->selected[i], frames)) return fecg_rd_no_memory(r);
  w->frame += frames;
  return STEP_DONE;
}

static void rewind_frames(fecg_reader *r) { ((wfdb_state *)r->state)->frame = 0; }

static void destroy(fecg_reader *r) {
  wfdb_state *w = r->state;
  fecg_free(w->signals);
  fecg_free(w->groups);
  fecg_free(w);
}

const record_format fecg_record_wfdb = {header, block, rewind_frames, destroy};
