/* denoise.c — see denoise.h. Each window of a lead passes two stages.
 *
 * Morlet (complex, continuous; Torrence and Compo 1998). What no scale holds, below 0.5 Hz and above 150 Hz, is left out. A
 * line of the mains is a ridge that stands out of its neighbours: a wavelet long enough to see nothing else finds and
 * takes it. From SHRINK_HZ on each coefficient is weakened by Wiener's rule against the noise floor of its scale
 * (spectral subtraction: Boll 1979, Berouti et al. 1979), more between the beats than in them. What is weakened is
 * subtracted: where there is no noise the signal stays as it was.
 * Daubechies (orthogonal; Donoho and Johnstone 1994). The details from DETAIL_HZ on are shrunk by the non-negative
 * garrote (Gao 1998), by a share of the universal threshold of each level's median absolute deviation. */
#include "signal/denoise.h"

#include <math.h>
#include <string.h>

#include "base/math.h"
#include "signal/filter.h"
#include "signal/stats.h"
#include "signal/wavelet.h"

static const double MIN_S = 16, PAD_S = 3, FADE_S = 1; /* a window is as long at least; its margins; between blocks */
static const double LOW_HZ = 0.62;         /* the lowest scale; half of what is at 0.52 Hz stays */
static const double HIGH_HZ = 150;         /* AHA/ACC/HRS 2007: the bandwidth of an adult's diagnostic ECG */
static const double PER_OCTAVE = 2, W0 = 5;
static const double LINE_HZ = 0.4;         /* width of the wavelet for a line of the mains */
/* Chosen by the gain on noisy known signals and by what they cost clean ones (docs/denoise.md): */
static const double SHRINK_HZ = 11;        /* scales below, of P, T and flutter waves, are left as they are */
static const double OVER_BETWEEN = 4, OVER_BEAT = 2; /* times the noise floor that is taken from a coefficient's power */
static const double SPREAD_HZ = 20;        /* below, the noise floor is at most as dense as above: the heart is everywhere */
static const double FLOOR_S = 0.75;        /* a noise floor is read over so long */
static const double BEAT_LEVEL = 0.3;      /* of the energy of the strongest beat near by */
enum { MOMENTS = 4 };                      /* db4 */
static const double DETAIL_HZ = 14;        /* levels whose details lie below are left as they are */
static const double SHARE_BETWEEN = 1, SHARE_BEAT = 0.25; /* of the universal threshold */

enum { MOST_FLOORS = 64 };
enum { LEAST = 4, ENOUGH = 32, ENOUGH_DETAILS = 1024 }; /* values for a quantile */

typedef struct fecg_denoise_work {
  fecg_morlet morlet;
  float *x, *re, *im, *band_re, *band_im, *power, *gain, *work, *beats, *other;
  unsigned char *gap;
  size_t every; /* samples for one value of beats */
} work_t;

static int finite_uv(float v) { return v >= -1e9f && v <= 1e9f; }

/* ---- the window -------------------------------------------------------------------------------------- */

/* x[0..n) from its middle [first, end) by mirrors at both ends. */
static void continue_mirrored(float *x, size_t first, size_t end, size_t n) {
  while (first > 0 || end < n) {
    const size_t span = end - first - 1;
    if (span == 0) {
      for (size_t i = 0; i < n; i++) x[i] = x[first];
      return;
    }
    const size_t left = span < first ? span : first, right = span < n - end ? span : n - end;
    for (size_t j = 1; j <= left; j++) x[first - j] = x[first + j];
    for (size_t j = 1; j <= right; j++) x[end - 1 + j] = x[end - 1 - j];
    first -= left;
    end += right;
  }
}

/* The level of the samples from `from` on, up to half a second or a gap; step 1: forwards, -1: backwards. */
static float level_beside(const work_t *w, const float *x, size_t from, int step, size_t n, double fs) {
  size_t m = 0;
  for (size_t i = from; i < n && !w->gap[i] && (double)m < 0.5 * fs; i += (size_t)step) w->power[m++] = x[i]; /* 0 - 1 is beyond n */
  return fecg_quantile(w->power, m, 0.5);
}

/* Gaps are bridged by a line between the levels beside them, to which their edges fall within some ms: a beat cut in two
 * leaves little. */
static void bridge(const work_t *w, float *x, size_t n, double fs) {
  const float fall = (float)fecg_exp(-1 / (0.03 * fs));
  for (size_t i = 0, end; i < n; i = end) {
    for (end = i; end < n && w->gap[end] == w->gap[i]; end++) {}
    if (!w->gap[i]) continue;
    float before = i > 0 ? level_beside(w, x, i - 1, -1, n, fs) : 0;
    const float after = end < n ? level_beside(w, x, end, 1, n, fs) : before;
    if (i == 0) before = after;
    float left = i > 0 ? x[i - 1] - before : 0, right = end < n ? x[end] - after : 0;
    for (size_t k = i; k < end; k++) x[k] = before + (after - before) * ((float)(k - i) + 0.5f) / (float)(end - i);
    for (size_t k = i; k < end; k++) x[k] += left *= fall;
    for (size_t k = end; k > i; k--) x[k - 1] += right *= fall;
  }
}

/* Where beats are, 0..1, for every `every` samples: the energy of 10 to 45 Hz or so stands out of the neighbourhood. */
static fecg_status find_beats(work_t *w, size_t n, double fs, fecg_arena *arena) {
  float *beats = w->beats, *other = w->other;
  const size_t every = (size_t)(fs / 100), m = (n + every - 1) / every;
  fs /= (double)every;
  w->every = every;
  for (size_t i = 0; i < m; i++) {
    const size_t end = (i + 1) * every < n ? (i + 1) * every : n;
    float sum = 0;
    for (size_t k = i * every; k < end; k++) sum += w->x[k];
    beats[i] = other[i] = sum / (float)(end - i * every);
  }
  if (fecg_running_mean(other, m, (size_t)(0.05 * fs), 2, arena) != FECG_OK) return FECG_ERR_MEMORY;
  for (size_t i = 0; i < m; i++) beats[i] = (beats[i] - other[i]) * (beats[i] - other[i]);
  if (fecg_running_mean(beats, m, (size_t)(0.06 * fs), 2, arena) != FECG_OK) return FECG_ERR_MEMORY;
  const size_t second = (size_t)fs, seconds = m / second;
  float most[MOST_FLOORS], sorted[MOST_FLOORS];
  for (size_t s = 0; s < seconds; s++) {
    most[s] = 0;
    const size_t end = s + 1 == seconds ? m : (s + 1) * second;
    for (size_t i = s * second; i < end; i++) most[s] = beats[i] > most[s] ? beats[i] : most[s];
  }
  memcpy(sorted, most, seconds * sizeof *sorted);
  const float usual = fecg_quantile(sorted, seconds, 0.5);
  const size_t reach = (size_t)(0.05 * fs);
  size_t until = 0; /* other is set up to here */
  for (size_t i = 0; i < m; i++) {
    const size_t s = i / second < seconds ? i / second : seconds - 1;
    float local = most[s];
    if (s > 0 && most[s - 1] > local) local = most[s - 1];
    if (s + 1 < seconds && most[s + 1] > local) local = most[s + 1];
    if (local > 4 * usual) local = 4 * usual;
    other[i] = i < until;
    if (!(beats[i] > (float)BEAT_LEVEL * local)) continue;
    for (size_t k = i > reach ? i - reach : 0; k <= i; k++) other[k] = 1;
    until = i + reach + 1;
  }
  memcpy(beats, other, m * sizeof *beats);
  return fecg_running_mean(beats, m, (size_t)(0.04 * fs), 1, arena);
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
  const size_t end = (size_t)((hz + 5) * bins_hz);
  for (size_t bin = (size_t)((hz - 5) * bins_hz); bin <= end && bin + reach <= m->fft.n / 2; bin++) {
    const double off = fabs((double)bin / bins_hz - hz);
    const float d = density(w, bin, reach);
    if (off <= 0.5 && d > most) most = d, top = bin;
    if (off >= 1.5 && d > beside) beside = d;
  }
  if (top == 0 || most < 4 * beside) return FECG_OK;
  fecg_morlet_band line;
  const fecg_arena_mark mark = fecg_arena_save(arena);
  if (fecg_morlet_line(m, (double)top / bins_hz, LINE_HZ, &line, arena) != FECG_OK) return FECG_ERR_MEMORY;
  fecg_morlet_analyse(m, &line, w->re, w->im, w->band_re, w->band_im, w->work);
  for (size_t i = 0; i < line.count; i++) w->band_re[i] = -w->band_re[i], w->band_im[i] = -w->band_im[i];
  fecg_morlet_add(m, &line, w->band_re, w->band_im, w->re, w->im, w->work);
  fecg_arena_restore(arena, mark);
  return FECG_OK;
}

/* Noise power of a scale in each FLOOR_S, from the median of its coefficients' power, which is ln 2 of the mean where they
 * are noise; gaps are left out. scratch: ENOUGH + 1 floats. */
static void noise_floors(const work_t *w, size_t count, size_t floors, float *floor, float *scratch) {
  const size_t n = w->morlet.fft.n;
  float sum = 0;
  size_t seen = 0;
  for (size_t k = 0; k < floors; k++) {
    size_t m = 0;
    const size_t begin = k * count / floors, end = (k + 1) * count / floors, step = (end - begin) / ENOUGH + 1;
    for (size_t i = begin; i < end; i += step)
      if (!w->gap[i * (n / count)]) scratch[m++] = w->power[i];
    floor[k] = m >= LEAST ? fecg_quantile(scratch, m, 0.5) / 0.693147181f : -1;
    if (m >= LEAST) sum += floor[k], seen++;
  }
  for (size_t k = 0; k < floors; k++)
    if (floor[k] < 0) floor[k] = seen ? sum / (float)seen : 0;
}

static fecg_status morlet_stage(work_t *w, double mains_hz, fecg_arena *arena) {
  const fecg_morlet *m = &w->morlet;
  const size_t n = m->fft.n;
  fecg_fft_real(&m->fft, w->x, w->re, w->im, w->work);
  for (double mains = 50; mains <= 60; mains += 10)
    for (double hz = mains; hz < HIGH_HZ + 31 && hz < 0.49 * m->fs && (mains_hz == 0 || mains == mains_hz); hz += mains)
      if (take_line(w, hz, arena) != FECG_OK) return FECG_ERR_MEMORY;
  for (size_t i = 0; i <= n / 2; i++) w->re[i] *= m->share[i], w->im[i] *= m->share[i];
  const size_t floors = (size_t)((double)n / m->fs / FLOOR_S);
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
      if (band->hz < SPREAD_HZ && floor[k] > most[k] * hz) floor[k] = most[k] * hz; /* the heart is too dense here */
      else if (floor[k] > most[k] * hz) most[k] = floor[k] / hz;
    }
    for (size_t i = 0; i < count; i++) {
      const float at = (float)i / (float)count * (float)floors - 0.5f;
      const size_t k = at < 0 ? 0 : (size_t)at, next = k + 1 < floors ? k + 1 : k;
      const float u = at < 0 ? 0 : at - (float)k, noise = floor[k] + u * (floor[next] - floor[k]);
      const float beside = w->power[i > 0 ? i - 1 : 0] + w->power[i + 1 < count ? i + 1 : i];
      const float near = 0.5f * w->power[i] + 0.25f * beside;
      const float beat = w->beats[i * (n / count) / w->every];
      const float over = (float)OVER_BETWEEN + beat * (float)(OVER_BEAT - OVER_BETWEEN);
      const float excess = near - over * noise;
      w->gain[i] = (excess > 0 ? excess / near : 0) - 1;
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
  while (fs / (double)(4 << levels) >= DETAIL_HZ) levels++; /* the details of level l hold fs / 2^(l + 1) to fs / 2^l */
  if (fecg_dwt(w->x, n, MOMENTS, levels, arena) != FECG_OK) return FECG_ERR_MEMORY;
  size_t start = n;
  for (int l = 1; l <= levels; l++) {
    const size_t count = n >> l, step = (size_t)1 << l;
    start -= count;
    float *d = w->x + start;
    size_t seen = 0;
    for (size_t i = 0; i < count; i += count / ENOUGH_DETAILS + 1)
      if (!w->gap[i * step]) w->power[seen++] = fabsf(d[i]);
    const double sigma = fecg_quantile(w->power, seen, 0.5) / 0.6745, universal = sigma * sqrt(2 * fecg_log((double)n));
    for (size_t i = 0; i < count; i++) {
      const size_t at = (i * step + MOMENTS * step / 2) % n;
      const float t = (float)(universal * (SHARE_BETWEEN + w->beats[at / w->every] * (SHARE_BEAT - SHARE_BETWEEN)));
      d[i] = fabsf(d[i]) > t ? d[i] - t * t / d[i] : 0;
    }
  }
  return fecg_dwt_inverse(w->x, n, MOMENTS, levels, arena);
}

/* ---- the lead ---------------------------------------------------------------------------------------- */

fecg_status fecg_denoise_begin(fecg_denoise_stream *s, double fs, unsigned stages, double mains_hz, fecg_arena *arena) {
  if (!(fs >= FECG_DENOISE_MIN_FS && fs <= FECG_DENOISE_MAX_FS)) return FECG_ERR_RATE;
  if (stages & ~(unsigned)(FECG_DENOISE_MORLET | FECG_DENOISE_DAUBECHIES)) return FECG_ERR_ARGUMENT;
  if (!(mains_hz == 0 || mains_hz == 50 || mains_hz == 60)) return FECG_ERR_ARGUMENT;
  memset(s, 0, sizeof *s);
  s->fs = fs;
  s->mains_hz = mains_hz;
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
  if (gaps == known) memset(w->x, 0, n * sizeof *w->x);
  else {
    if (gaps > 0) bridge(w, w->other, known, s->fs);
    memcpy(w->x + s->first, w->other, known * sizeof *w->x);
    continue_mirrored(w->x, s->first, s->have, n);
    memmove(w->gap + s->first, w->gap, known);
    memset(w->gap, 0, s->first);
    memset(w->gap + s->have, 0, n - s->have);
    if (find_beats(w, n, s->fs, s->arena) != FECG_OK) return FECG_ERR_MEMORY;
    memset(w->other, 0, (n + 2) * sizeof *w->other);
    if (s->stages & FECG_DENOISE_MORLET && morlet_stage(w, s->mains_hz, s->arena) != FECG_OK) return FECG_ERR_MEMORY;
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
  if (*taken) memcpy(s->in + s->have, uv, *taken * sizeof *uv);
  s->have += *taken;
  s->ready = 0;
  return s->have == s->window ? settle(s) : FECG_OK;
}

fecg_status fecg_denoise_end(fecg_denoise_stream *s) {
  s->ready = 0;
  return s->have > s->pad ? settle(s) : FECG_OK;
}

fecg_status fecg_denoise_lead(float *uv, size_t n, double fs, unsigned stages, double mains_hz, fecg_arena *arena) {
  const fecg_arena_mark mark = fecg_arena_save(arena);
  fecg_denoise_stream s;
  fecg_status status = fecg_denoise_begin(&s, fs, stages, mains_hz, arena);
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
  const fecg_status status = fecg_denoise_lead(uv, n, fs, stages, 0, &arena);
  fecg_arena_destroy(&arena);
  return status;
}

struct fecg_denoiser {
  fecg_arena arena;
  fecg_denoise_stream stream;
  int finished;
};

fecg_status fecg_denoise_create(double fs, unsigned stages, double mains_hz, fecg_denoiser **out) {
  if (!out) return FECG_ERR_ARGUMENT;
  *out = NULL;
  fecg_denoiser *d = fecg_alloc(1, sizeof *d);
  if (!d) return FECG_ERR_MEMORY;
  const fecg_status status = fecg_denoise_begin(&d->stream, fs, stages, mains_hz, &d->arena);
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
