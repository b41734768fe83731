/* reader.h — what the formats share inside a reader.
 *
 * A reader holds a window of bytes on each of its files. A format is a set of steps; a step asks for
 * bytes with fecg_rd_bytes() and, where they are not there yet, returns STEP_NEED at once: the host is
 * asked, and the step is called again from its start. A step therefore changes nothing before it has
 * its bytes. Decoded samples are appended to the channels' blocks with fecg_rd_out(). */
#ifndef FECG_RECORD_READER_H
#define FECG_RECORD_READER_H

#include "base/mem.h"
#include "record/text.h"

enum {
  RECORD_CHUNK = 1 << 18,         /* bytes read ahead, of all files together */
  RECORD_REQUEST_MAX = 1 << 20,   /* bytes in one NEED */
  RECORD_WINDOW_MAX = 1 << 26,    /* bytes of one file held at a time: the largest data record */
  RECORD_BLOCK_SAMPLES = 1 << 18, /* samples in one block, all channels together */
  RECORD_ANNOTATIONS = 1 << 21,   /* of one recording: beats of two hearts for more than a week */
  RECORD_DIAGNOSTICS = 64,
};
#define RECORD_GAP_MAX_S (7 * 86400.0) /* missing time that is filled with NaN, all gaps together */
#define RECORD_MAX_FS 1e6

typedef enum step { STEP_NEED, STEP_DONE, STEP_END, STEP_FAILED } step;

typedef struct record_file {
  char name[128];
  uint8_t *bytes;
  size_t n, capacity;
  uint64_t offset;  /* of bytes[0] in the file */
  uint64_t size;    /* of the file, UINT64_MAX: not known yet */
  int missing;
} record_file;

typedef struct record_channel {
  char label[81], unit[25];
  double fs;
  double scale, offset;  /* uV = stored * scale + offset */
  double phys_min_uv, phys_max_uv;
  int64_t samples;       /* -1: not known */
  int64_t emitted;       /* samples put into blocks so far (selected channels) */
  float *block;
  size_t n, capacity;
} record_channel;

typedef struct record_format {
  step (*header)(fecg_reader *r);  /* DONE: channels, name and duration are set */
  step (*block)(fecg_reader *r);   /* DONE: blocks hold samples; END: there are no more */
  void (*rewind)(fecg_reader *r);
  void (*destroy)(fecg_reader *r);
} record_format;

extern const record_format fecg_record_edf, fecg_record_wfdb, fecg_record_csv;

typedef enum record_ending { ENDING_OTHER, ENDING_EDF, ENDING_WFDB, ENDING_CSV, ENDING_TSV } record_ending;

struct fecg_reader {
  /* options */
  record_ending ending;
  double fs;       /* 0: not given */
  char unit[8];    /* "": not given */
  double unit_uv;  /* 0: not given */
  /* what the format works with */
  const record_format *format;
  void *state;  /* of the format */
  const char *format_name;
  double duration_s;
  double frame_fs;  /* 0: the slowest channel's */
  record_channel *channels;
  int channel_count;
  int *selected, selected_count;
  fecg_list files;        /* record_file */
  fecg_list annotations;  /* fecg_annotation */
  fecg_diagnostic diagnostics[RECORD_DIAGNOSTICS];
  size_t diagnostic_count;
  /* where the conversation with the host stands */
  enum { PHASE_HEADER, PHASE_SELECT, PHASE_DATA, PHASE_END, PHASE_FAILED } phase;
  int failing;  /* the block that was given is the last; an error comes next */
  int started;  /* a block was given: the selection stands */
  int need_pending, need_file;
  uint64_t need_offset, need_keep;  /* bytes before need_keep may be dropped */
  uint32_t need_size;
  fecg_status status;
  fecg_diagnostic error;
  int error_file;
};

/* Bytes of a file from `offset` on: *got of them, at least n unless the file ends before. NULL: they
 * must be fetched first, return STEP_NEED. n <= RECORD_WINDOW_MAX. */
const uint8_t *fecg_rd_bytes(fecg_reader *r, int file, uint64_t offset, size_t n, size_t *got);
record_file *fecg_rd_file(const fecg_reader *r, int file);
/* Adds a file that the header names; -1: no memory. */
int fecg_rd_add_file(fecg_reader *r, fecg_text name);

/* Takes memory for n channels, all selected; 0: no memory. */
int fecg_rd_channels(fecg_reader *r, int n);
/* The label of a channel to which the file gives none. */
void fecg_rd_default_label(record_channel *c, int index);
/* Sets a channel's unit and returns how many uV one of it is: the option's, the file's, or 1, which is
 * told of unless the file gives no unit. The label is set before. */
double fecg_rd_unit(fecg_reader *r, record_channel *c, fecg_text unit);
/* Room for n more samples in a channel's block, NULL: no memory. */
float *fecg_rd_out(record_channel *c, size_t n);
/* Appends n gap samples to a channel's block; 0: no memory. */
int fecg_rd_out_gap(record_channel *c, size_t n);
/* A value in uV as a sample. */
float fecg_rd_sample(double uv);

#if defined(__GNUC__)
#define RECORD_PRINTF(f, a) __attribute__((format(printf, f, a)))
#else
#define RECORD_PRINTF(f, a)
#endif
/* Sets the error and returns STEP_FAILED. offset: byte or line, -1: none. The message says it too. */
step fecg_rd_fail(fecg_reader *r, fecg_status status, int file, int64_t offset, const char *format, ...)
    RECORD_PRINTF(5, 6);
step fecg_rd_no_memory(fecg_reader *r);
/* Adds a diagnostic, the same one once; the last of a full list says MORE. */
void fecg_rd_note(fecg_reader *r, const char *code, int64_t offset, const char *format, ...) RECORD_PRINTF(4, 5);

#endif
