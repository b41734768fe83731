/* edf.h — what the header and the records of an EDF or BDF file share. */
#ifndef FECG_RECORD_EDF_H
#define FECG_RECORD_EDF_H

#include "record/reader.h"

typedef struct edf_signal {
  uint32_t samples;  /* in one record */
  uint32_t offset;   /* of its first byte in the record */
  int channel;       /* -1: annotations */
  int usable;        /* 0: its scale is not known, all its samples are gaps */
  int32_t dig_min, dig_max;  /* digits outside are no samples */
  int64_t gap_to;    /* samples of the channel before this one are a gap by annotation */
} edf_signal;

typedef struct edf_gap {  /* samples [from, to) of a channel that a TAL calls a gap */
  int channel;
  int64_t from, to;
} edf_gap;

typedef struct edf_state {
  const char *name;       /* of the format */
  edf_signal *signals;
  int signal_count;
  int *signal_of;         /* [channels] */
  int bytes;              /* of one sample: 2 EDF, 3 BDF */
  int discontinuous;      /* EDF+D, BDF+D */
  int has_annotations;
  uint64_t data;          /* offset of the first record */
  uint32_t record_bytes;
  double record_s;
  int64_t records;        /* by the header, -1: not known */
  double max_fs;
  /* position */
  int64_t record;
  uint32_t piece;         /* of the record that is being given out */
  int entered;            /* its time was read */
  int ended;              /* the next record's time cannot be followed */
  double start_s;         /* onset of the first record in the file's time */
  double now_s;           /* time of the next sample, from the first sample */
  double gap_end_s;       /* > now_s: a gap is being given out */
  double gap_total_s;
  fecg_list gaps;         /* edf_gap of this record, by channel and time */
} edf_state;

step fecg_edf_header(fecg_reader *r);
/* Says once that the file is shorter than its header announces, when its size is known. */
void fecg_edf_note_length(fecg_reader *r);
/* Whole and begun records in the file; -1: its size is not known. */
int64_t fecg_edf_records_held(const fecg_reader *r);

/* Called for each text of each TAL; onset in the file's time, duration 0 where none is given. */
typedef struct edf_tal {
  double onset_s, duration_s;
  fecg_text text;
} edf_tal;
/* Takes the next annotation off the front of the bytes of an annotation signal. 1: *tal is set (an
 * empty text is a time stamp); 0: nothing is left; -1: the bytes are no TAL (they are skipped). */
int fecg_edf_next_tal(fecg_text *rest, fecg_text *texts, edf_tal *tal);

#endif
