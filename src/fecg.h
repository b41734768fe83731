/* fecg.h — the public interface of the fetal-ecg engine (C11, MIT).
 *
 * The engine takes the ECG from the skin of a pregnant woman's abdomen and gives back the fetal
 * heart: beats, rate, waveform, and how far each can be believed. Research use; not a medical device.
 *
 * Conventions
 *   - Pure: no files, clocks, threads or global state; randomness only from a given seed. Bytes and
 *     samples come in by calls, results go out by calls.
 *   - Samples are float, in microvolts (uV). NaN is a gap: a value that is not known. Infinity and
 *     values outside +-1e9 uV are treated as NaN. Gaps stay gaps in every result.
 *   - Time is seconds from the first sample of the recording, as double.
 *   - Handles are opaque, made by *_create and released by *_destroy (which takes NULL). A handle may
 *     be used from one thread at a time; different handles are independent.
 *   - Memory is taken in *_create; beyond that only working memory for the first segment, and results and
 *     read-ahead that grow with the recording, take more; such calls may return FECG_ERR_MEMORY. After any error a handle can
 *     still be asked for what it has and must still be destroyed.
 *   - Pointers returned by a getter belong to the handle and stay valid until the next call that is
 *     not a getter on the same handle.
 */
#ifndef FECG_H
#define FECG_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define FECG_VERSION "0.1.0"
#define FECG_MAX_LEADS 32         /* abdominal leads in one extraction */
#define FECG_MAX_CHANNELS 1024    /* channels in one recording */
#define FECG_MIN_FS 125.0         /* Hz, extraction input */
#define FECG_MAX_FS 4000.0        /* Hz, extraction input */

typedef enum fecg_status {
  FECG_OK = 0,
  FECG_ERR_ARGUMENT = 1,    /* an argument outside its stated range */
  FECG_ERR_MEMORY = 2,      /* memory could not be taken */
  FECG_ERR_FORMAT = 3,      /* input is damaged or not what its name or header says */
  FECG_ERR_UNSUPPORTED = 4, /* input is sound but of a kind this engine does not read */
  FECG_ERR_RATE = 5,        /* the sampling rate is not given and cannot be known */
  FECG_ERR_MISSING = 6,     /* a file that the header names cannot be had */
  FECG_ERR_LEADS = 7,       /* no such lead, or no lead that can be used */
  FECG_ERR_STATE = 8,       /* a call out of order */
  FECG_ERR_INTERNAL = 9     /* a fault of the engine */
} fecg_status;

/* A short English sentence for a status; never NULL. */
const char *fecg_strerror(fecg_status status);
/* The status as an upper-case word ("FORMAT"), for programs; never NULL. */
const char *fecg_status_code(fecg_status status);
/* "simd128" (wasm), "vector" (native) or "scalar": how the engine was built. */
const char *fecg_simd(void);
/* Releases a buffer that a function said the caller owns. */
void fecg_free(void *p);

/* Something worth telling that did not stop the work. */
typedef struct fecg_diagnostic {
  char code[32];      /* upper-case word: "TRUNCATED", "LEADS_ASSUMED", ... */
  char message[192];  /* one English sentence */
  int64_t offset;     /* byte offset or line number in the input it speaks of, -1: none */
} fecg_diagnostic;

typedef struct fecg_annotation {
  double t_s;         /* onset, seconds from the first sample */
  double duration_s;  /* 0 where none is given */
  char text[56];      /* label, cut to fit; MIT beat codes as their usual letters */
} fecg_annotation;

/* ---- record: bytes -> recording --------------------------------------------------------------
 * EDF, EDF+C, EDF+D, BDF, WFDB (formats 16 24 32 61 80 212 310 311), CSV and TSV.
 *
 * The reader does no I/O. The host asks for the next event, and when bytes are needed fetches that
 * range of that file and supplies it:
 *
 *   while (fecg_reader_next(r, &ev) == FECG_OK && ev.kind != FECG_READ_END)
 *     switch (ev.kind) {
 *     case FECG_READ_NEED:   fetch ev.size bytes at ev.offset of file ev.file (named ev.name) and call
 *                            fecg_reader_supply(); fewer bytes than asked mean the file ends there
 *     case FECG_READ_HEADER: channels are known; optionally fecg_reader_select()
 *     case FECG_READ_BLOCK:  fecg_reader_block() for each selected channel
 *     }
 */
typedef struct fecg_reader fecg_reader;

typedef struct fecg_read_options {
  const char *name;  /* file name without folder; its ending helps to tell the format. May be NULL */
  double fs;         /* Hz, for CSV without a rate; 0: not given */
  const char *unit;  /* "uV", "mV", "V": overrides the unit of every channel; NULL: the file's own */
} fecg_read_options;

typedef enum fecg_read_kind { FECG_READ_NEED, FECG_READ_HEADER, FECG_READ_BLOCK, FECG_READ_END } fecg_read_kind;

typedef struct fecg_read_event {
  fecg_read_kind kind;
  int file;          /* NEED: 0 is the file that was opened; others are named by a WFDB header */
  const char *name;  /* NEED: its name as the header gives it, a plain name without any folder */
  uint64_t offset;   /* NEED: first byte wanted */
  uint32_t size;     /* NEED: bytes wanted, at most 1 MiB */
} fecg_read_event;

typedef struct fecg_channel {
  const char *label;      /* as in the file, trimmed; "ch0".. where the file gives none */
  const char *unit;       /* as in the file; "" where it gives none; taken as uV if it is no voltage */
  double fs;              /* Hz */
  double phys_min_uv, phys_max_uv;  /* the range the file can hold, uV; 0, 0 where unknown */
  int64_t samples;        /* by the header and file size; -1: not known before the end */
} fecg_channel;

/* Makes a reader. Errors: ARGUMENT (fs not finite or outside 0..1e6, unknown unit), MEMORY. */
fecg_status fecg_reader_create(const fecg_read_options *options, fecg_reader **out);
void fecg_reader_destroy(fecg_reader *r);
/* The next event, see above. Errors: FORMAT, UNSUPPORTED, RATE, MEMORY; fecg_reader_error() then
 * says more. After FECG_READ_END it keeps returning FECG_READ_END. */
fecg_status fecg_reader_next(fecg_reader *r, fecg_read_event *event);
/* Answers a NEED with n <= size bytes (copied). file_size is the file's whole size where the host
 * knows it, else UINT64_MAX. */
fecg_status fecg_reader_supply(fecg_reader *r, const uint8_t *bytes, size_t n, uint64_t file_size);
/* Answers a NEED for a file that the host does not have. The next call of fecg_reader_next() gives
 * FECG_ERR_MISSING, or goes on without the file where it can. */
fecg_status fecg_reader_supply_missing(fecg_reader *r);
/* Valid from HEADER on. */
int fecg_reader_channel_count(const fecg_reader *r);
fecg_status fecg_reader_channel(const fecg_reader *r, int index, fecg_channel *out);
/* "EDF", "EDF+C", "EDF+D", "BDF", "BDF+C", "BDF+D", "WFDB", "CSV"; "" before HEADER. */
const char *fecg_reader_format(const fecg_reader *r);
double fecg_reader_duration_s(const fecg_reader *r);  /* < 0: not known before the end */
/* Hz in which MIT annotation files beside the recording count time: the frame rate of a WFDB header, which may be
 * below that of every channel; else the slowest channel's. 0 before HEADER. */
double fecg_reader_frame_fs(const fecg_reader *r);
/* Which channels blocks shall carry (indices, any order, each once). Without it: all.
 * Only between HEADER and the first BLOCK. Errors: ARGUMENT, LEADS, STATE. */
fecg_status fecg_reader_select(fecg_reader *r, const int *channels, int n);
/* The newest samples of the i-th selected channel, uV, NaN = gap; *n may be 0. Blocks of a channel
 * follow one another without a hole: time is never spliced, missing records come as NaN. */
const float *fecg_reader_block(const fecg_reader *r, int i, size_t *n);
/* Annotations met so far inside the recording (EDF+ TALs), in file order. "gap LABEL" with a duration, the
 * label of one channel, is none: it makes those samples of that channel NaN. */
const fecg_annotation *fecg_reader_annotations(const fecg_reader *r, size_t *n);
const fecg_diagnostic *fecg_reader_diagnostics(const fecg_reader *r, size_t *n);
/* What the last failed call met: code word, message ("record 3 ends at byte 900, expected 1200") and
 * byte offset or line; *file is the file it speaks of. NULL where nothing failed. */
const fecg_diagnostic *fecg_reader_error(const fecg_reader *r, int *file);
/* Back to the first sample; selection stays. */
fecg_status fecg_reader_rewind(fecg_reader *r);

/* Reads a whole MIT-format annotation file (.qrs, .fqrs, .atr). fs: Hz of its sample counts.
 * *out is the caller's, by fecg_free(). Errors: FORMAT (what is sound is still given), MEMORY. */
fecg_status fecg_annotations_read(const uint8_t *bytes, size_t n, double fs, fecg_annotation **out, size_t *count);

/* ---- record: EDF+ out ------------------------------------------------------------------------ */
typedef struct fecg_edf_writer fecg_edf_writer;

typedef struct fecg_edf_channel {
  const char *label;               /* at most 16 ASCII characters */
  double fs;                       /* Hz; all channels of a file the same or whole ratios */
  double phys_min_uv, phys_max_uv; /* the range to store, min < max; values outside are clipped */
} fecg_edf_channel;

/* Makes an EDF+C writer: 16-bit channels in uV, one annotation signal. */
fecg_status fecg_edf_writer_create(const fecg_edf_channel *channels, int n, fecg_edf_writer **out);
void fecg_edf_writer_destroy(fecg_edf_writer *w);
/* Appends samples to one channel. NaN is stored as -32768, one below the digital minimum; runs of 0.1 s and
 * more are also annotated "gap LABEL" where the record has room and the label is the channel's own. */
fecg_status fecg_edf_writer_push(fecg_edf_writer *w, int channel, const float *uv, size_t n);
/* Stands in the record where it begins unless that one was taken or is full, else in the next with room;
 * where the last has none, finish() adds records that are gaps. So: push, annotate, then take. Text is
 * cut to 55 bytes. Errors: ARGUMENT (no text, times beyond 1e9 s), STATE (after finish), MEMORY. */
fecg_status fecg_edf_writer_annotate(fecg_edf_writer *w, double t_s, double duration_s, const char *text);
/* No more samples: the last record is filled up (as gap) and closed. */
fecg_status fecg_edf_writer_finish(fecg_edf_writer *w);
/* Bytes that are ready and not yet taken, the header first; *n may be 0. Call until 0. */
const uint8_t *fecg_edf_writer_take(fecg_edf_writer *w, size_t *n);
/* The final header, to be written over the first one once finished (the record count is in it). */
const uint8_t *fecg_edf_writer_header(const fecg_edf_writer *w, size_t *n);

/* ---- simulate -------------------------------------------------------------------------------- */
typedef struct fecg_sim fecg_sim;

typedef struct fecg_sim_options {
  uint64_t seed;
  double seconds;      /* length, > 0, at most 31 days */
  double fs;           /* Hz, 125..4000 */
  int leads;           /* 1..32 */
  double snr_db;       /* RMS of the fetal lead within +-50 ms of its QRS over noise RMS, mean over leads of
                          the dB; -60..100 */
  double fm_ratio_db;  /* fetal to maternal QRS amplitude, mean over leads of the dB; -80..40 */
  double fhr_bpm;      /* fetal baseline, 60..220 */
  double mhr_bpm;      /* maternal baseline, 40..160 */
  const char *scenario;  /* "normal", "no-fetus", "adult", "twins", "brady", "tachy", "decelerations",
                            "ectopic", "motion", "electrode-loss", "gaps"; or "standard:NAME", a born person, where leads
                            are the first of I II III aVR aVL aVF V1..V6 and NAME is "normal" or a finding:
                            "sinus-brady", "sinus-tachy", "af", "flutter", "pvc", "pac", "av-block-1", "av-block-2",
                            "av-block-3", "lbbb", "rbbb", "lafb", "infarction-anterior", "infarction-inferior",
                            "infarction-lateral", "ischaemia", "lvh", "rvh", "long-qt", "short-qt". There is no fetus
                            then, the person stands for the mother, snr_db - fm_ratio_db is the SNR of the person's
                            QRS, and mhr_bpm 80 leaves the rate to the seed */
} fecg_sim_options;

/* seed 1, 60 s, 500 Hz, 4 leads, SNR 6 dB, fetal/maternal -14 dB, 140 and 80 bpm, "normal". */
void fecg_sim_defaults(fecg_sim_options *options);
/* Errors: ARGUMENT (out of range, unknown scenario), MEMORY. */
fecg_status fecg_sim_create(const fecg_sim_options *options, fecg_sim **out);
void fecg_sim_destroy(fecg_sim *s);
/* The next *n samples (on return: how many were made; 0 at the end) of each component, [leads][n], uV.
 * Their sum is the recording; where noise is NaN the recording has a gap. Any chunking gives the same
 * samples. Each of the arrays, or one of its entries, may be NULL. */
fecg_status fecg_sim_read(fecg_sim *s, float *const *fetal, float *const *maternal, float *const *noise, size_t *n);
typedef enum fecg_sim_heart { FECG_SIM_FETUS = 0, FECG_SIM_MOTHER = 1, FECG_SIM_TWIN = 2 } fecg_sim_heart;
/* R-peak times of a heart (of the whole recording, known from the start), seconds. */
const double *fecg_sim_beats(const fecg_sim *s, fecg_sim_heart heart, size_t *n);
const char *fecg_sim_label(const fecg_sim *s, int lead);
/* What holds in a standard scenario; 0: healthy, or another scenario. Ischaemia is abnormal and none of the others. */
enum {
  FECG_SIM_ARRHYTHMIA = 1, FECG_SIM_CONDUCTION = 2, FECG_SIM_INFARCTION = 4, FECG_SIM_QT = 8, FECG_SIM_HYPERTROPHY = 16,
  FECG_SIM_ABNORMAL = 32
};
unsigned fecg_sim_classes(const fecg_sim *s);

/* ---- denoise ---------------------------------------------------------------------------------
 * The ECG of any lead without baseline wander, mains and muscle noise, by two wavelet stages (docs/denoise.md). Waves are
 * not moved; a sample depends on nothing beyond 32 s from it. Gaps stay gaps, and what surrounds them is worked as if
 * a line had bridged them. */
#define FECG_DENOISE_MIN_FS 100.0  /* Hz */
#define FECG_DENOISE_MAX_FS 1000.0 /* Hz */
enum { FECG_DENOISE_MORLET = 1, FECG_DENOISE_DAUBECHIES = 2 }; /* the stages; both are wanted but in an ablation */

/* One lead, n samples in uV, in place. Errors: RATE (fs outside 100..1000 Hz), ARGUMENT (unknown stages), MEMORY. */
fecg_status fecg_denoise(float *uv, size_t n, double fs, unsigned stages);

/* The same of a lead of any length, piece by piece. */
typedef struct fecg_denoiser fecg_denoiser;
/* mains_hz: 50, 60, or 0: whichever the spectrum shows. Errors: as fecg_denoise(). */
fecg_status fecg_denoise_create(double fs, unsigned stages, double mains_hz, fecg_denoiser **out);
void fecg_denoise_destroy(fecg_denoiser *d);
/* Appends as many of the n samples as fit before there is work to do, which is then done; *taken says how many. Call until
 * all are taken, each time after having asked for the signal. Errors: STATE (after finish), MEMORY. */
fecg_status fecg_denoise_push(fecg_denoiser *d, const float *uv, size_t n, size_t *taken);
/* No more samples will come; call until the signal is empty. Errors: MEMORY. */
fecg_status fecg_denoise_finish(fecg_denoiser *d);
/* Samples settled by the last push() or finish(); they follow one another, as many in all as went in. */
const float *fecg_denoise_signal(const fecg_denoiser *d, size_t *n);

/* ---- models ---------------------------------------------------------------------------------- */
typedef struct fecg_model fecg_model;

/* Weights of a network, from the bytes of a safetensors file, which are not kept. error, which may be NULL, says which
 * tensor or byte is at fault and what was expected. A model serves one call at a time: extractions
 * may share it where their calls do not overlap; its working memory is taken when a network first meets as many leads.
 * Errors: FORMAT (damaged, not finite, wrong shapes), UNSUPPORTED, MEMORY, ARGUMENT. */
fecg_status fecg_model_create(const uint8_t *bytes, size_t n, fecg_model **out, fecg_diagnostic *error);
void fecg_model_destroy(fecg_model *m);
const char *fecg_model_name(const fecg_model *m);     /* "" where the file has none */
const char *fecg_model_sha256(const fecg_model *m);   /* of the whole file, 64 hexadecimal digits */
const char *fecg_model_architecture(const fecg_model *m); /* "fhnet" (to extract), "ecgnet" (to classify) */
/* A text of the file's __metadata__, "" where absent. "trained_on" is a JSON array of the women whose recordings the
 * weights have seen. */
const char *fecg_model_metadata(const fecg_model *m, const char *key);

/* ---- extract --------------------------------------------------------------------------------- */
typedef struct fecg_extractor fecg_extractor;

typedef struct fecg_extract_options {
  int leads;                  /* 1..32 */
  const char *const *labels;  /* [leads]; NULL: "lead0".. */
  const double *fs;           /* [leads] Hz, 125..4000; they may differ */
  double mains_hz;            /* 50, 60, or 0: whichever the spectrum shows */
  int signals;                /* non-zero: fetal, maternal and residual signals are wanted */
  const char *method;         /* "classical", "network", "fhnet" (both joined); NULL: fhnet where a model is given, else classical */
  fecg_model *model;          /* an fhnet, needed by network and fhnet; must outlive the extractor; used by one thread at a time */
} fecg_extract_options;

typedef enum fecg_signal { FECG_FETAL = 0, FECG_MATERNAL = 1, FECG_RESIDUAL = 2 } fecg_signal;

/* Errors: ARGUMENT (out of range, unknown method, network or fhnet without a model, a model that is no fhnet), MEMORY. */
fecg_status fecg_extract_create(const fecg_extract_options *options, fecg_extractor **out);
void fecg_extract_destroy(fecg_extractor *x);
/* Appends n samples (uV, NaN = gap) of one lead; feed leads in step, a few seconds at a time. Errors:
 * ARGUMENT, STATE (after finish), MEMORY. */
fecg_status fecg_extract_push(fecg_extractor *x, int lead, const float *uv, size_t n);
/* Works on what has been pushed: at most one segment (a minute) a call. *more is non-zero while
 * another call would find work. New signals replace those of the call before. */
fecg_status fecg_extract_process(fecg_extractor *x, int *more);
/* No more samples will come; afterwards call fecg_extract_process() until *more is 0. */
fecg_status fecg_extract_finish(fecg_extractor *x);
/* Signals settled by the last fecg_extract_process(), at the highest input rate; consecutive. */
const float *fecg_extract_signal(const fecg_extractor *x, fecg_signal kind, int lead, size_t *n);
double fecg_extract_signal_fs(const fecg_extractor *x);
/* Fetal beat times settled so far (s), for annotating while streaming: the fiducial is where the averaged
 * QRS moves fastest over all leads together, within some ms of the R peak (see src/extract/fiducial.c). */
const double *fecg_extract_beats(const fecg_extractor *x, size_t *n);
/* Adds a diagnostic to the result, such as one that came from reading. */
fecg_status fecg_extract_note(fecg_extractor *x, const char *code, const char *message, int64_t offset);
/* The result document, schema fecg.extract/1, as UTF-8 JSON; valid after the last process().
 * file: name for source.file. *json is the caller's, by fecg_free(). Errors: STATE, MEMORY. */
fecg_status fecg_extract_json(fecg_extractor *x, const char *file, char **json, size_t *n);

/* What a fetal rate alone tells, one value each 0.25 s from 0 on, NaN = not known: {"summary", "events", "terms"} as they stand in
 * fecg.extract/1 under "fetal", the rhythm excepted, which needs the beats. *json is the caller's, by fecg_free(). Errors:
 * ARGUMENT, MEMORY. */
fecg_status fecg_rate_terms_json(const float *bpm, size_t ticks, char **json, size_t *n);

/* ---- live ------------------------------------------------------------------------------------
 * The same from a recording that is still going on. Every second of signal settles a frame: signals of a second, 1.5 to 2.5 s
 * after they happened, and the beats and rates known by then. Nothing is told before 10 s; from there on what is told is told by
 * the past and 1.5 s of what follows. Every minute (every 10 s where no fetus is found, every 5 in the first half minute and that
 * after a silence, and when a lead comes or goes) the last 30 s are worked on as fecg_extract_process() does; in between that is
 * carried on. Samples in any portions give the same frames. */
typedef struct fecg_stream fecg_stream;

typedef struct fecg_stream_options {
  int leads;            /* 1..32 */
  double fs;            /* Hz, 125..4000 */
  double mains_hz;      /* 50, 60, or 0: whichever the spectrum shows */
  const char *method;   /* "classical" or "fhnet"; NULL: fhnet where a model is given, else classical */
  fecg_model *model;    /* must outlive the stream; used by one thread at a time */
} fecg_stream_options;

typedef struct fecg_frame { /* arrays are the stream's, until its next call */
  double t0_s, fs;                          /* of the signals; time is seconds from the first sample pushed */
  size_t n;
  const float *signal[3][FECG_MAX_LEADS];   /* by fecg_signal; uV, NaN = gap, or not known */
  size_t fetal_count;                       /* fetal beats settled since the frame before */
  const double *fetal_s;
  const float *confidence;                  /* 0..1 */
  const unsigned char *interpolated;
  size_t maternal_count;
  const double *maternal_s;
  double tick0_s;                           /* of the rates settled since the frame before, one each 0.25 s */
  size_t ticks;
  const float *fetal_bpm, *maternal_bpm;    /* NaN: not known */
  double fetal_quality;                     /* 0..1 over the last 10 s: mean confidence times the share of time covered */
  const char *reason;                       /* NULL, or why no fetus is reported, as in fecg.extract/1 */
  const float *lead_quality;                /* [leads] 0..1 over the last 10 s */
  const char *const *lead_state;            /* [leads] "ok", "flat", "saturated", "noisy", "gaps" */
  const float *lead_contribution;           /* [leads] shares over the last 10 s, adding up to 1, or all 0; NULL: classical */
  double moment0_s;                         /* of the contributions of time, one each 0.25 s, 0..1, NaN = not known */
  size_t moments;
  const float *time_contribution;
  int live;                                 /* 0: still learning what the leads are like, at most 30 s */
} fecg_frame;

/* Errors: ARGUMENT (out of range, unknown method, fhnet without a model, a model that is no fhnet), MEMORY. */
fecg_status fecg_stream_create(const fecg_stream_options *options, fecg_stream **out);
void fecg_stream_destroy(fecg_stream *s);
/* Takes up to n samples of each lead, uv[leads][n] (uV, NaN = gap), until a frame is settled: *used says how many. *ready is
 * non-zero where fecg_stream_frame() has a new one. Call until all are used. Errors: ARGUMENT, STATE (after finish), MEMORY. */
fecg_status fecg_stream_push(fecg_stream *s, const float *const *uv, size_t n, size_t *used, int *ready);
/* No more samples will come: the last frame, up to the last sample. *ready is 0 where nothing is left. Errors: MEMORY. */
fecg_status fecg_stream_finish(fecg_stream *s, int *ready);
fecg_status fecg_stream_frame(const fecg_stream *s, fecg_frame *out);
/* Samples come at another rate from the next one on (another setting, or what a clock has shown); time goes on. Errors:
 * ARGUMENT (outside 125..4000 Hz), STATE (after finish), MEMORY (the stream goes on at the old rate). */
fecg_status fecg_stream_set_rate(fecg_stream *s, double fs);
/* The whole state as one flat block of *n bytes, the stream's until its next call: to be stored, or given to another stream of the
 * same leads, method and weights, which then goes on in its place, at the rate of the state. It holds no pointers and is the same
 * in every build. */
const uint8_t *fecg_stream_save(fecg_stream *s, size_t *n);
/* Errors: FORMAT (damaged, or of another version), ARGUMENT (of other leads, another method or other weights), MEMORY; the stream
 * stays as it was. */
fecg_status fecg_stream_restore(fecg_stream *s, const uint8_t *bytes, size_t n);

/* ---- classify -------------------------------------------------------------------------------- */
/* A standard-lead ECG of a born person, the mother included: normal or abnormal, five conditions, intervals, and a level
 * of risk by a table (src/classify/risk.h). Never of a fetus: what a fetal signal supports is in fecg_extract_json(). */
typedef struct fecg_classifier fecg_classifier;

/* Which of I II III aVR aVL aVF V1..V6 a label names, as 0..11, in any case and with the usual prefixes ("ECG aVR", "MLII");
 * -1: none. */
int fecg_standard_lead(const char *label);

typedef struct fecg_classify_options {
  int leads;                  /* 1..12 */
  const char *const *labels;  /* [leads] names of standard leads, each once */
  const double *fs;           /* [leads] Hz, 100..4000; they may differ */
  double mains_hz;            /* 50, 60, or 0: whichever the spectrum shows */
  fecg_model *model;          /* weights of ECGNet; must outlive the classifier; used by one thread at a time */
} fecg_classify_options;

/* Errors: ARGUMENT (out of range, a model of another network), RATE, LEADS (no standard lead, or one twice), MEMORY. */
fecg_status fecg_classify_create(const fecg_classify_options *options, fecg_classifier **out);
void fecg_classify_destroy(fecg_classifier *c);
/* As fecg_extract_push(), _process() (at most one window of ten seconds a call), _finish() and _note(). */
fecg_status fecg_classify_push(fecg_classifier *c, int lead, const float *uv, size_t n);
fecg_status fecg_classify_process(fecg_classifier *c, int *more);
fecg_status fecg_classify_finish(fecg_classifier *c);
fecg_status fecg_classify_note(fecg_classifier *c, const char *code, const char *message, int64_t offset);
/* The result document, schema fecg.classify/1, as UTF-8 JSON, valid after the last process(). What could not be judged is
 * null, and quality.reason says why. *json is the caller's, by fecg_free(). Errors: STATE, MEMORY. */
fecg_status fecg_classify_json(fecg_classifier *c, const char *file, char **json, size_t *n);

#ifdef __cplusplus
}
#endif
#endif
