/* denoise.c — see denoise.h. Each window of a lead passes two stages.
 *
 * Morlet (complex, continuous; Torrence and Compo 1998): below 0.5 Hz and above 150 Hz no scale looks, so what is there
 * is left out; a line of the mains is a ridge that stands out of its neighbours and is taken away by a wavelet long
 * enough to see nothing else; from 8 Hz on every coefficient is weakened by Wiener's rule against the noise floor of
 * its scale, which is read where the heart is silent, more freely outside the beats than inside. What is taken away is subtracted, so that
 * where there is nothing to take the signal stays as it was.
 * Daubechies (orthogonal; Donoho and Johnstone 1994): the details above 8 Hz are shrunk by the non-negative garrote
 * (Gao 1998) with thresholds from each level's median absolute deviation, lower about the beats. */
#include "signal/denoise.h"

#include <math.h>
#include <string.h>

#include "base/math.h"
#include "signal/filter.h"
#include "signal/stats.h"
#include "signal/wavelet.h"

#ifndef TUNE
#define TUNE(name, value) static const double name = value;
#endif

static const double MIN_S = 16, PAD_S = 3, FADE_S = 1; /* a window is as long at least; its margins; between blocks */
TUNE(LOW_HZ, 0.62) /* the lowest scale; half of what is at 0.52 Hz stays */
static const double HIGH_HZ = 150; /* AHA/ACC/HRS 2007: the bandwidth of an adult's diagnostic ECG */
TUNE(PER_OCTAVE, 2)
TUNE(W0, 6)
TUNE(SHRINK_HZ, 8)
TUNE(OVER_OUT, 2.0)
TUNE(OVER_IN, 0.5)
TUNE(FLOOR_OUT, 0.0)
TUNE(Q, 0.4)
TUNE(LOCAL_S, 2)
TUNE(SUPPORT_THR, 0.1)
TUNE(DB_MOMENTS, 6)
TUNE(DB_HZ, 8)
TUNE(DB_OUT, 0.6)
TUNE(DB_IN, 0.25)

enum { MOST_FLOORS = 64 };

typedef struct fecg_denoise_work {
  fecg_morlet morlet;
  float *x, *re, *im, *band_re, *band_im, *power, *gain, *work, *beats, *other;
  unsigned char *gap;
} work_t;

static int finite_uv(float v) { return v >= -1e9f && v <= 1e9f; }

/* ---- the window -------------------------------------------------------------------------------------- */

/* Index i of a row of n that is mirrored at both ends, again and again. */
static size_t mirrored(int64_t i, size_t n) {
  if (n == 1) return 0;
  const int64_t period = 2 * ((int64_t)n - 1);
  i %= period;
  if (i < 0) i += period;
  return (size_t)(i < (int64_t)n ? i : period - i);
}

/* A gap is bridged by a line, towards which its edges fall within some ms, so that a beat cut in two leaves little. */
static void bridge(float *x, const unsigned char *gap, size_t n, double fs) {
  const double fall = fecg_exp(-1 / (0.03 * fs));
  const size_t near = (size_t)(0.3 * fs) + 1;
  for (size_t i = 0; i < n;) {
    if (!gap[i]) {
      i++;
      continue;
    }
    size_t end = i;
    while (end < n && gap[end]) end++;
    double before = 0, after = 0;
    size_t b = 0, a = 0;
    for (size_t k = i; k > 0 && b < near && !gap[k - 1]; k--) before += x[k - 1], b++;
    for (size_t k = end; k < n && a < near && !gap[k]; k++) after += x[k], a++;
    before = b ? before / (double)b : after / (double)(a ? a : 1);
    after = a ? after / (double)a : before;
    const double length = (double)(end - i);
    double left = b ? (double)x[i - 1] - before : 0, right = a ? (double)x[end] - after : 0;
    for (size_t k = i; k < end; k++) x[k] = (float)(before + (after - before) * ((double)(k - i) + 0.5) / length);
    for (size_t k = i; k < end; k++) x[k] += (float)(left *= fall);
    for (size_t k = end; k > i; k--) x[k - 1] += (float)(right *= fall);
    i = end;
  }
}

/* Where beats are, 0..1: the energy of 8 to 25 Hz or so stands out of the neighbourhood. */
static fecg_status find_beats(const float *x, size_t n, double fs, float *beats, float *other, fecg_arena *arena) {
  memcpy(beats, x, n * sizeof *x);
  memcpy(other, x, n * sizeof *x);
  if (fecg_running_mean(beats, n, (size_t)(0.016 * fs), 2, arena) != FECG_OK) return FECG_ERR_MEMORY;
  if (fecg_running_mean(other, n, (size_t)(0.05 * fs), 2, arena) != FECG_OK) return FECG_ERR_MEMORY;
  for (size_t i = 0; i < n; i++) beats[i] = (beats[i] - other[i]) * (beats[i] - other[i]);
  if (fecg_running_mean(beats, n, (size_t)(0.06 * fs), 2, arena) != FECG_OK) return FECG_ERR_MEMORY;
  const size_t second = (size_t)fs, seconds = n / second;
  float most[MOST_FLOORS], sorted[MOST_FLOORS];
  for (size_t s = 0; s < seconds; s++) {
    most[s] = 0;
    const size_t end = s + 1 == seconds ? n : (s + 1) * second;
    for (size_t i = s * second; i < end; i++) most[s] = beats[i] > most[s] ? beats[i] : most[s];
  }
  memcpy(sorted, most, seconds * sizeof *sorted);
  const float usual = fecg_quantile(sorted, seconds, 0.5);
  const size_t reach = (size_t)(0.05 * fs);
  size_t until = 0;
  for (size_t i = 0; i < n; i++) {
    const size_t s = i / second < seconds ? i / second : seconds - 1;
    float local = most[s];
    if (s > 0 && most[s - 1] > local) local = most[s - 1];
    if (s + 1 < seconds && most[s + 1] > local) local = most[s + 1];
    if (local > 4 * usual) local = 4 * usual;
    const int beat = beats[i] > (float)SUPPORT_THR * local && local > 0;
    if (beat) {
      if (until < i) for (size_t k = i > reach + until ? i - reach : until; k < i; k++) other[k] = 1;
      until = i + reach + 1;
    }
    other[i] = i < until;
  }
  memcpy(beats, other, n * sizeof *beats);
  return fecg_running_mean(beats, n, (size_t)(0.04 * fs), 1, arena);
}

/* ---- Morlet ------------------------------------------------------------------------------------------ */

static float density(const work_t *w, size_t bin, size_t reach) {
  float sum = 0;
  for (size_t i = bin - reach; i <= bin + reach; i++) sum += w->re[i] * w->re[i] + w->im[i] * w->im[i];
  return sum;
}

/* The ridge near hz, where there is one that stands out of its neighbours. */
static fecg_status take_line(work_t *w, double hz, fecg_arena *arena) {
  const fecg_morlet *m = &w->morlet;
  const double bins_hz = (double)m->fft.n / m->fs;
  const size_t reach = (size_t)(0.1 * bins_hz);
  size_t top = 0;
  float most = 0, beside = 0;
  for (size_t bin = (size_t)((hz - 5) * bins_hz); bin <= (size_t)((hz + 5) * bins_hz) && bin + reach <= m->fft.n / 2; bin++) {
    const double off = fabs((double)bin / bins_hz - hz);
    const float d = density(w, bin, reach);
    if (off <= 0.5 && d > most) most = d, top = bin;
    if (off >= 1.5 && d > beside) beside = d;
  }
  if (top == 0 || most < 4 * beside) return FECG_OK;
  fecg_morlet_band line;
  const fecg_arena_mark mark = fecg_arena_save(arena);
  if (fecg_morlet_line(m, (double)top / bins_hz, 0.4, &line, arena) != FECG_OK) return FECG_ERR_MEMORY;
  fecg_morlet_analyse(m, &line, w->re, w->im, w->band_re, w->band_im, w->work);
  for (size_t i = 0; i < line.count; i++) w->band_re[i] = -w->band_re[i], w->band_im[i] = -w->band_im[i];
  fecg_morlet_add(m, &line, w->band_re, w->band_im, w->re, w->im, w->work);
  fecg_arena_restore(arena, mark);
  return FECG_OK;
}

/* Noise power of a scale around each LOCAL_S: from a low quantile of the coefficients' power, which falls off exponentially where they are
 * noise. floors[k] about (k + 0.5) * LOCAL_S. */
static void noise_floors(const work_t *w, size_t count, size_t floors, float *floor, float *scratch) {
  const size_t n = w->morlet.fft.n;
  float sum = 0;
  size_t seen = 0;
  for (size_t k = 0; k < floors; k++) {
    size_t m = 0;
    for (size_t i = k * count / floors; i < (k + 1) * count / floors; i++)
      if (!w->gap[i * (n / count)]) scratch[m++] = w->power[i];
    floor[k] = m >= 8 ? fecg_quantile(scratch, m, Q) / (float)-fecg_log(1 - Q) : -1;
    if (m >= 8) sum += floor[k], seen++;
  }
  for (size_t k = 0; k < floors; k++)
    if (floor[k] < 0) floor[k] = seen ? sum / (float)seen : 0;
}

static fecg_status morlet_stage(work_t *w, fecg_arena *arena) {
  const fecg_morlet *m = &w->morlet;
  const size_t n = m->fft.n;
  fecg_fft_real(&m->fft, w->x, w->re, w->im, w->work);
  for (int mains = 50; mains <= 60; mains += 10)
    for (double hz = mains; hz < HIGH_HZ + 31 && hz < 0.49 * m->fs; hz += mains)
      if (take_line(w, hz, arena) != FECG_OK) return FECG_ERR_MEMORY;
  for (size_t i = 0; i <= n / 2; i++) w->re[i] *= m->share[i], w->im[i] *= m->share[i];
  const size_t floors = (size_t)((double)n / m->fs / LOCAL_S);
  float floor[MOST_FLOORS], most[MOST_FLOORS]; /* noise power; the largest per Hz so far */
  memset(most, 0, sizeof most);
  for (int b = m->bands - 1; b >= 0 && m->band[b].hz >= SHRINK_HZ; b--) {
    const fecg_morlet_band *band = &m->band[b];
    const size_t count = band->count;
    fecg_morlet_analyse(m, band, w->re, w->im, w->band_re, w->band_im, w->work);
    for (size_t i = 0; i < count; i++) w->power[i] = w->band_re[i] * w->band_re[i] + w->band_im[i] * w->band_im[i];
    noise_floors(w, count, floors, floor, w->gain);
    for (size_t k = 0; k < floors; k++) {
      const float hz = (float)band->hz;
      if (band->hz < 20 && floor[k] > most[k] * hz) floor[k] = most[k] * hz; /* the heart is too dense here */
      else if (floor[k] > most[k] * hz) most[k] = floor[k] / hz;
    }
    for (size_t i = 0; i < count; i++) {
      const float at = (float)i / (float)count * (float)floors - 0.5f;
      const size_t k = at < 0 ? 0 : (size_t)at, next = k + 1 < floors ? k + 1 : k;
      const float u = at < 0 ? 0 : at - (float)k, noise = floor[k] + u * (floor[next] - floor[k]);
      const float here = w->power[i], near = 0.25f * (w->power[i > 0 ? i - 1 : 0] + w->power[i + 1 < count ? i + 1 : i]) + 0.5f * here;
      const float beat = w->beats[i * (n / count)];
      const float over = (float)OVER_OUT + beat * (float)(OVER_IN - OVER_OUT);
      const float excess = near - over * noise;
      const float keep = excess > 0 ? excess / near : 0;
      w->gain[i] = (keep > (float)FLOOR_OUT ? keep : (float)FLOOR_OUT) - 1;
    }
    for (size_t i = 0; i < count; i++) w->band_re[i] *= w->gain[i], w->band_im[i] *= w->gain[i];
    fecg_morlet_add(m, band, w->band_re, w->band_im, w->other, w->other + n / 2 + 1, w->work);
  }
  for (size_t i = 0; i <= n / 2; i++) w->re[i] += w->other[i], w->im[i] += w->other[n / 2 + 1 + i];
  fecg_fft_real_inverse(&m->fft, w->re, w->im, w->x, w->work);
  return FECG_OK;
}

/* ---- Daubechies -------------------------------------------------------------------------------------- */

static fecg_status daubechies_stage(work_t *w, fecg_arena *arena) {
  const size_t n = w->morlet.fft.n;
  const double fs = w->morlet.fs;
  int levels = 0;
  while (fs / (double)(4 << levels) >= DB_HZ) levels++; /* the details of level l hold fs / 2^(l + 1) to fs / 2^l */
  if (fecg_dwt(w->x, n, (int)DB_MOMENTS, levels, arena) != FECG_OK) return FECG_ERR_MEMORY;
  size_t start = n;
  for (int l = 1; l <= levels; l++) {
    const size_t count = n >> l, step = (size_t)1 << l;
    start -= count;
    float *d = w->x + start;
    size_t seen = 0;
    for (size_t i = 0; i < count; i++)
      if (!w->gap[i * step]) w->power[seen++] = fabsf(d[i]);
    const double sigma = fecg_quantile(w->power, seen, 0.5) / 0.6745, universal = sigma * sqrt(2 * fecg_log((double)n));
    for (size_t i = 0; i < count; i++) {
      const size_t at = (i * step + (size_t)DB_MOMENTS * step / 2) % n;
      const float t = (float)(universal * (DB_OUT + w->beats[at] * (DB_IN - DB_OUT)));
      d[i] = fabsf(d[i]) > t ? d[i] - t * t / d[i] : 0;
    }
  }
  return fecg_dwt_inverse(w->x, n, (int)DB_MOMENTS, levels, arena);
}

/* ---- the lead ---------------------------------------------------------------------------------------- */

fecg_status fecg_denoise_begin(fecg_denoise_stream *s, double fs, unsigned stages, fecg_arena *arena) {
  if (!(fs >= FECG_DENOISE_MIN_FS && fs <= FECG_DENOISE_MAX_FS)) return FECG_ERR_RATE;
  if (stages & ~(unsigned)(FECG_DENOISE_MORLET | FECG_DENOISE_DAUBECHIES)) return FECG_ERR_ARGUMENT;
  memset(s, 0, sizeof *s);
  s->fs = fs;
  s->stages = stages;
  s->arena = arena;
  s->window = 1024;
  while ((double)s->window < MIN_S * fs) s->window *= 2;
  s->pad = (size_t)(PAD_S * fs);
  s->fade = (size_t)(FADE_S * fs);
  s->hop = s->window - 2 * s->pad - s->fade;
  s->have = s->first = s->pad;
  s->in = fecg_arena_floats(arena, s->window);
  s->tail = fecg_arena_floats(arena, s->fade);
  s->work = fecg_arena_alloc(arena, 1, sizeof *s->work);
  if (!s->in || !s->tail || !s->work) return FECG_ERR_MEMORY;
  work_t *w = s->work;
  float **rows[] = {&w->x, &w->re, &w->im, &w->band_re, &w->band_im, &w->power, &w->gain, &w->beats};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    if (!(*rows[i] = fecg_arena_floats(arena, s->window + 2))) return FECG_ERR_MEMORY;
  w->work = fecg_arena_floats(arena, 2 * s->window);
  w->other = fecg_arena_floats(arena, s->window + 2);
  w->gap = fecg_arena_alloc(arena, s->window, 1);
  if (!w->work || !w->other || !w->gap) return FECG_ERR_MEMORY;
  return fecg_morlet_plan(&w->morlet, s->window, fs, LOW_HZ, HIGH_HZ, PER_OCTAVE, W0, arena);
}

/* Works the window as it is and settles its block, or as the last one all that is left. */
static fecg_status settle(fecg_denoise_stream *s) {
  work_t *w = s->work;
  const size_t n = s->window, known = s->have - s->first, left = s->have - s->pad;
  const int last = left <= s->hop + s->fade;
  s->ready = last ? left : s->hop;
  s->out = w->x + s->pad;
  size_t gaps = 0;
  for (size_t i = 0; i < known; i++) {
    w->gap[i] = !finite_uv(s->in[s->first + i]);
    w->other[i] = s->in[s->first + i];
    gaps += w->gap[i];
  }
  if (gaps < known) {
    if (gaps > 0) bridge(w->other, w->gap, known, s->fs);
    for (size_t i = 0; i < n; i++) w->x[i] = w->other[mirrored((int64_t)i - (int64_t)s->first, known)];
    for (size_t i = 0; i < n; i++) w->gap[i] = i >= s->first && i < s->have ? !finite_uv(s->in[i]) : 0;
    if (find_beats(w->x, n, s->fs, w->beats, w->other, s->arena) != FECG_OK) return FECG_ERR_MEMORY;
    memset(w->other, 0, (n + 2) * sizeof *w->other);
    if (s->stages & FECG_DENOISE_MORLET && morlet_stage(w, s->arena) != FECG_OK) return FECG_ERR_MEMORY;
    if (s->stages & FECG_DENOISE_DAUBECHIES && daubechies_stage(w, s->arena) != FECG_OK) return FECG_ERR_MEMORY;
  }
  float *y = w->x + s->pad;
  if (s->first == 0)
    for (size_t i = 0; i < s->fade && i < s->ready; i++) {
      const float u = ((float)i + 0.5f) / (float)s->fade;
      y[i] = s->tail[i] + u * (y[i] - s->tail[i]);
    }
  if (!last) memcpy(s->tail, y + s->hop, s->fade * sizeof *s->tail);
  for (size_t i = 0; i < s->ready; i++)
    if (!finite_uv(s->in[s->pad + i])) y[i] = NAN;
  const size_t gone = last ? left : s->hop;
  memmove(s->in, s->in + gone, (s->have - gone) * sizeof *s->in);
  s->have -= gone;
  s->first = s->first > gone ? s->first - gone : 0;
  return FECG_OK;
}

fecg_status fecg_denoise_feed(fecg_denoise_stream *s, const float *uv, size_t n, size_t *taken) {
  const size_t room = s->window - s->have;
  *taken = n < room ? n : room;
  memcpy(s->in + s->have, uv, *taken * sizeof *uv);
  s->have += *taken;
  s->ready = 0;
  return s->have == s->window ? settle(s) : FECG_OK;
}

fecg_status fecg_denoise_end(fecg_denoise_stream *s) {
  s->ready = 0;
  return s->have > s->pad ? settle(s) : FECG_OK;
}

fecg_status fecg_denoise_lead(float *uv, size_t n, double fs, unsigned stages, fecg_arena *arena) {
  const fecg_arena_mark mark = fecg_arena_save(arena);
  fecg_denoise_stream s;
  fecg_status status = fecg_denoise_begin(&s, fs, stages, arena);
  size_t done = 0, taken;
  for (size_t at = 0; status == FECG_OK && at < n; at += taken) {
    status = fecg_denoise_feed(&s, uv + at, n - at, &taken);
    if (status == FECG_OK && s.ready) memcpy(uv + done, s.out, s.ready * sizeof *uv);
    done += s.ready;
  }
  while (status == FECG_OK && done < n) {
    status = fecg_denoise_end(&s);
    if (status == FECG_OK) memcpy(uv + done, s.out, s.ready * sizeof *uv);
    done += s.ready;
  }
  fecg_arena_restore(arena, mark);
  return status;
}

fecg_status fecg_denoise(float *uv, size_t n, double fs, unsigned stages) {
  fecg_arena arena = {0};
  const fecg_status status = fecg_denoise_lead(uv, n, fs, stages, &arena);
  fecg_arena_destroy(&arena);
  return status;
}

struct fecg_denoiser {
  fecg_arena arena;
  fecg_denoise_stream stream;
  int finished;
};

fecg_status fecg_denoise_create(double fs, unsigned stages, fecg_denoiser **out) {
  if (!out) return FECG_ERR_ARGUMENT;
  *out = NULL;
  fecg_denoiser *d = fecg_alloc(1, sizeof *d);
  if (!d) return FECG_ERR_MEMORY;
  const fecg_status status = fecg_denoise_begin(&d->stream, fs, stages, &d->arena);
  if (status == FECG_OK) *out = d;
  else fecg_denoise_destroy(d);
  return status;
}

void fecg_denoise_destroy(fecg_denoiser *d) {
  if (!d) return;
  fecg_arena_destroy(&d->arena);
  fecg_free(d);
}

fecg_status fecg_denoise_push(fecg_denoiser *d, const float *uv, size_t n, size_t *taken) {
  if (d->finished) return FECG_ERR_STATE;
  return fecg_denoise_feed(&d->stream, uv, n, taken);
}

fecg_status fecg_denoise_finish(fecg_denoiser *d) {
  d->finished = 1;
  return fecg_denoise_end(&d->stream);
}

const float *fecg_denoise_signal(const fecg_denoiser *d, size_t *n) {
  *n = d->stream.ready;
  return d->stream.out;
}
