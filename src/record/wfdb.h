/* wfdb.h — what the header, the sample formats and the frames of a WFDB record share. */
#ifndef FECG_RECORD_WFDB_H
#define FECG_RECORD_WFDB_H

#include "record/reader.h"

/* A sample format packs `samples` samples into `bytes` bytes. */
typedef struct wfdb_format {
  int number;
  int samples, bytes;
  int needs[3];     /* bytes of a unit that its first, second, third sample needs */
  int32_t invalid;  /* the value that stands for a sample that is not known */
} wfdb_format;

/* NULL: not one of 16 24 32 61 80 212 310 311. */
const wfdb_format *fecg_wfdb_format(int64_t number);
/* Sample i of the units at p. */
int32_t fecg_wfdb_sample(const wfdb_format *f, const uint8_t *p, uint64_t i);
/* How many samples are whole in n bytes. */
uint64_t fecg_wfdb_samples_in(const wfdb_format *f, uint64_t n);

/* Signals that lie interleaved in one file. A frame holds per_frame of their samples. */
typedef struct wfdb_group {
  const wfdb_format *format;
  int file;
  uint64_t offset;     /* of the first frame in the file */
  uint32_t per_frame;
  uint32_t max_skew;   /* frames */
  /* while a block is made: the bytes at hand, the samples [first, end) in them */
  const uint8_t *bytes;
  uint64_t first, end;
} wfdb_group;

typedef struct wfdb_signal {
  int group;
  uint32_t in_frame;  /* its first sample's place in the group's frame */
  uint32_t per_frame;
  uint32_t skew;      /* frames by which it lies later in the file */
} wfdb_signal;

typedef struct wfdb_state {
  wfdb_signal *signals;
  wfdb_group *groups;
  int group_count;
  uint32_t per_frame;  /* samples of all signals in a frame */
  double frame_fs;
  int64_t frames;      /* by the header; -1: not known */
  int64_t frame;       /* next to be given out */
  int probed;          /* groups whose file was looked at */
} wfdb_state;

/* Parses the text of a header into channels and state. */
step fecg_wfdb_parse(fecg_reader *r, fecg_text header);

#endif
