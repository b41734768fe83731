/* wavelet.c — see wavelet.h. Daubechies: the filters of minimal phase of I. Daubechies, Ten Lectures on Wavelets
 * (SIAM 1992), table 6.1, with more digits, by spectral factorisation as there. Morlet: C. Torrence and G. P. Compo, A
 * practical guide to wavelet analysis, Bull. Am. Meteorol. Soc. 79 (1998), sections 3b to 3i. A scale is computed at
 * its own rate: only the bins that its Gaussian reaches are transformed back. */
#include "signal/wavelet.h"

#include <math.h>
#include <string.h>

#include "base/math.h"
#include "simd/kernels.h"

/* ---- Daubechies -------------------------------------------------------------------------------------- */

static const double DAUBECHIES[FECG_DB_MAX - FECG_DB_MIN + 1][2 * FECG_DB_MAX] = {
  {0.48296291314453414, 0.83651630373780791, 0.22414386804201338, -0.12940952255126038},
  {0.33267055295008262, 0.80689150931109258, 0.45987750211849157, -0.13501102001025459, -0.085441273882026662,
   0.035226291885709537},
  {0.2303778133088965, 0.71484657055291565, 0.63088076792985891, -0.027983769416859854, -0.18703481171909308,
   0.030841381835560764, 0.0328830116668852, -0.010597401785069032},
  {0.16010239797419291, 0.60382926979718967, 0.72430852843777293, 0.13842814590132073, -0.24229488706638203,
   -0.032244869584638375, 0.077571493840045714, -0.0062414902127982743, -0.012580751999081999, 0.0033357252854737713},
  {0.11154074335010946, 0.49462389039845309, 0.75113390802109535, 0.31525035170919763, -0.22626469396543982,
   -0.12976686756726194, 0.097501605587323049, 0.027522865530305729, -0.03158203931748603, 0.00055384220116149614,
   0.0047772575109455106, -0.0010773010853084796},
  {0.077852054085009179, 0.39653931948191731, 0.72913209084623512, 0.46978228740519312, -0.14390600392856498,
   -0.22403618499387498, 0.071309219266830265, 0.080612609151083072, -0.038029936935014414, -0.016574541630666881,
   0.012550998556099841, 0.00042957797292136652, -0.0018016407040474909, 0.00035371379997452025},
  {0.05441584224310401, 0.31287159091429997, 0.67563073629728981, 0.58535468365420671, -0.015829105256349306,
   -0.28401554296154693, 0.00047248457391328277, 0.12874742662047846, -0.017369301001807546, -0.044088253930794752,
   0.013981027917398282, 0.0087460940474057767, -0.0048703529934515743, -0.00039174037337694705,
   0.00067544940645056937, -0.00011747678412476953},
  {0.038077947363878347, 0.24383467461259035, 0.60482312369011111, 0.65728807805130054, 0.13319738582500758,
   -0.29327378327917491, -0.096840783222976461, 0.14854074933810638, 0.030725681479333379, -0.067632829061329974,
   0.00025094711483145196, 0.022361662123679097, -0.0047232047577513973, -0.0042815036824634298,
   0.0018476468830562265, 0.00023038576352319597, -0.00025196318894271014, 3.9347320316271599e-5},
  {0.026670057900555554, 0.18817680007769149, 0.52720118893172559, 0.68845903945360357, 0.28117234366057746,
   -0.24984642432731538, -0.19594627437737704, 0.12736934033579326, 0.093057364603572351, -0.071394147166397087,
   -0.029457536821875813, 0.033212674059341002, 0.0036065535669561697, -0.010733175483330575, 0.0013953517470529012,
   0.0019924052951850561, -0.00068585669495971163, -0.00011646685512928545, 9.3588670320069591e-5,
   -1.3264202894521245e-5},
};

const double *fecg_daubechies(int moments) { return DAUBECHIES[moments - FECG_DB_MIN]; }

size_t fecg_dwt_length(size_t n, int level) {
  for (; level > 0; level--) n = n / 2 + n % 2;
  return n;
}

size_t fecg_dwt_room(size_t n, int levels) {
  size_t room = fecg_dwt_length(n, levels);
  for (int l = 1; l <= levels; l++) room += fecg_dwt_length(n, l);
  return room;
}

/* Low- and high-pass filter by the parity of their taps, forwards and reversed: a level is a sum of correlations at the
 * lower rate. */
typedef struct filters {
  size_t half; /* taps of one parity */
  float forwards[2][2][FECG_DB_MAX], backwards[2][2][FECG_DB_MAX]; /* [low or high][parity] */
} filters;

static filters filters_of(int moments) {
  filters f = {.half = (size_t)moments};
  const double *h = fecg_daubechies(moments);
  const int taps = 2 * moments;
  for (int k = 0; k < taps; k++) {
    const float low = (float)h[k], high = (float)(k % 2 ? -h[taps - 1 - k] : h[taps - 1 - k]);
    f.forwards[0][k % 2][k / 2] = f.backwards[0][k % 2][moments - 1 - k / 2] = low;
    f.forwards[1][k % 2][k / 2] = f.backwards[1][k % 2][moments - 1 - k / 2] = high;
  }
  return f;
}

/* x, even n, continued by its start, to approximation and detail. row: n / 2 + FECG_DB_MAX floats. */
static void split(const filters *f, const float *x, size_t n, float *approximation, float *detail, float *row) {
  const size_t m = n / 2;
  for (int parity = 0; parity < 2; parity++) {
    for (size_t i = 0; i < m; i++) row[i] = x[2 * i + (size_t)parity];
    for (size_t i = m; i < m + f->half - 1; i++) row[i] = row[i - m];
    if (parity == 0) {
      memset(detail, 0, m * sizeof *detail);
      memset(approximation, 0, m * sizeof *approximation);
    }
    fecg_correlate(approximation, row, m, f->forwards[0][parity], f->half);
    fecg_correlate(detail, row, m, f->forwards[1][parity], f->half);
  }
}

/* Back; low and high, m + FECG_DB_MAX floats, take what is joined, preceded by its end; row: m floats. */
static void join(const filters *f, const float *approximation, const float *detail, float *x, size_t m, float *low, float *high, float *row) {
  const size_t before = f->half - 1;
  memcpy(low + before, approximation, m * sizeof *low);
  memcpy(high + before, detail, m * sizeof *high);
  for (size_t i = before; i > 0; i--) low[i - 1] = low[i - 1 + m], high[i - 1] = high[i - 1 + m];
  for (int parity = 0; parity < 2; parity++) {
    memset(row, 0, m * sizeof *row);
    fecg_correlate(row, low, m, f->backwards[0][parity], f->half);
    fecg_correlate(row, high, m, f->backwards[1][parity], f->half);
    for (size_t i = 0; i < m; i++) x[2 * i + (size_t)parity] = row[i];
  }
}

fecg_status fecg_dwt(float *x, size_t n, int moments, int levels, fecg_arena *arena) {
  if (n == 0) return FECG_OK;
  const filters f = filters_of(moments);
  const fecg_arena_mark mark = fecg_arena_save(arena);
  const size_t room = fecg_dwt_room(n, levels);
  float *all = fecg_arena_floats(arena, room), *row = fecg_arena_floats(arena, n / 2 + 1 + FECG_DB_MAX);
  float *now = fecg_arena_floats(arena, n + 1), *next = fecg_arena_floats(arena, n / 2 + 1);
  if (!all || !row || !now || !next) return FECG_ERR_MEMORY;
  memcpy(now, x, n * sizeof *now);
  size_t end = room;
  for (int l = 1; l <= levels; l++) {
    if (n % 2) now[n] = now[n - 1], n++;
    end -= n / 2;
    split(&f, now, n, next, all + end, row);
    n /= 2;
    memcpy(now, next, n * sizeof *now);
  }
  memcpy(all, now, n * sizeof *all);
  memcpy(x, all, room * sizeof *x);
  fecg_arena_restore(arena, mark);
  return FECG_OK;
}

fecg_status fecg_dwt_inverse(float *x, size_t n, int moments, int levels, fecg_arena *arena) {
  if (n == 0) return FECG_OK;
  const filters f = filters_of(moments);
  const fecg_arena_mark mark = fecg_arena_save(arena);
  float *low = fecg_arena_floats(arena, n / 2 + 1 + FECG_DB_MAX), *high = fecg_arena_floats(arena, n / 2 + 1 + FECG_DB_MAX);
  float *row = fecg_arena_floats(arena, n / 2 + 1), *now = fecg_arena_floats(arena, n + 1);
  if (!low || !high || !row || !now) return FECG_ERR_MEMORY;
  size_t start = fecg_dwt_length(n, levels);
  memcpy(now, x, start * sizeof *now);
  for (int l = levels; l >= 1; l--) {
    const size_t half = fecg_dwt_length(n, l);
    join(&f, now, x + start, now, half, low, high, row);
    start += half;
  }
  memcpy(x, now, n * sizeof *x);
  fecg_arena_restore(arena, mark);
  return FECG_OK;
}

/* ---- Morlet ------------------------------------------------------------------------------------------ */

static const double REACH = 2.6; /* widths of the Gaussian to either side that count; 3.4 % of its peak are left there */

typedef struct range {
  size_t first, bins;
} range;

/* The bins that a Gaussian reaches, of the `half` of a spectrum. */
static range range_of(double hz, double width, double bin_hz, size_t half) {
  const double from = ceil((hz - REACH * width) / bin_hz), to = floor((hz + REACH * width) / bin_hz);
  const size_t first = from > 0 ? (size_t)from : 0;
  if (to < from || first >= half) return (range){0, 0};
  const size_t end = (size_t)to + 1;
  return (range){first, (end < half ? end : half) - first};
}

static size_t power_of_two(size_t at_least) {
  size_t n = 4;
  while (n < at_least) n *= 2;
  return n;
}

/* weight[0..bins) = exp(-((first + i) bin_hz - hz)^2 / (2 width^2)), by the ratio of neighbours. */
static void gaussian(double *weight, size_t first, size_t bins, double bin_hz, double hz, double width) {
  const double x = (double)first * bin_hz - hz, step = bin_hz / width, u = x / width;
  double g = fecg_exp(-0.5 * u * u), ratio = fecg_exp(-u * step - 0.5 * step * step);
  const double shrink = fecg_exp(-step * step);
  for (size_t i = 0; i < bins; i++) weight[i] = g, g *= ratio, ratio *= shrink;
}

fecg_status fecg_morlet_plan(fecg_morlet *m, size_t n, double fs, double low_hz, double high_hz, double per_octave, double w0,
                             fecg_arena *arena) {
  const size_t half = n / 2 + 1;
  const double bin_hz = fs / (double)n, step = fecg_exp(fecg_log(2) / per_octave);
  if (fecg_fft_plan(&m->fft, n, arena) != FECG_OK) return FECG_ERR_MEMORY;
  m->fs = fs;
  m->bands = 0;
  m->share = fecg_arena_floats(arena, half);
  double *sum = fecg_arena_alloc(arena, half, sizeof *sum);
  double *weight = fecg_arena_alloc(arena, half, sizeof *weight);
  if (!m->share || !sum || !weight) return FECG_ERR_MEMORY;
  memset(m->share, 0, half * sizeof *m->share);
  memset(sum, 0, half * sizeof *sum);
  for (int pass = 0; pass < 2; pass++) { /* the sum of all, then each divided by it */
    for (double hz = low_hz / (step * step * step); hz < 0.75 * fs; hz *= step) {
      const double width = hz / w0;
      const range r = range_of(hz, width, bin_hz, half);
      if (r.bins == 0) continue;
      gaussian(weight, r.first, r.bins, bin_hz, hz, width);
      if (pass == 0) {
        for (size_t i = 0; i < r.bins; i++) sum[r.first + i] += weight[i];
        continue;
      }
      if (hz < 0.999 * low_hz || hz > 1.001 * high_hz || m->bands == FECG_MORLET_BANDS) continue;
      float *w = fecg_arena_floats(arena, r.bins);
      if (!w) return FECG_ERR_MEMORY;
      for (size_t i = 0; i < r.bins; i++) {
        w[i] = (float)(weight[i] / sum[r.first + i]);
        m->share[r.first + i] += w[i];
      }
      m->band[m->bands++] = (fecg_morlet_band){hz, r.first, r.bins, power_of_two(r.bins), w};
    }
  }
  return FECG_OK;
}

fecg_status fecg_morlet_line(const fecg_morlet *m, double hz, double width_hz, fecg_morlet_band *out, fecg_arena *arena) {
  const size_t half = m->fft.n / 2 + 1;
  const double bin_hz = m->fs / (double)m->fft.n;
  const range r = range_of(hz, width_hz, bin_hz, half);
  float *w = fecg_arena_floats(arena, r.bins);
  double *exact = fecg_arena_alloc(arena, r.bins, sizeof *exact);
  if (!w || !exact) return FECG_ERR_MEMORY;
  gaussian(exact, r.first, r.bins, bin_hz, hz, width_hz);
  for (size_t i = 0; i < r.bins; i++) w[i] = (float)exact[i];
  *out = (fecg_morlet_band){hz, r.first, r.bins, power_of_two(r.bins), w};
  return FECG_OK;
}

void fecg_morlet_analyse(const fecg_morlet *m, const fecg_morlet_band *b, const float *x_re, const float *x_im, float *re,
                         float *im, float *work) {
  const float scale = 2.0f / (float)m->fft.n; /* negative frequencies are left out */
  for (size_t i = 0; i < b->bins; i++) {
    re[i] = scale * b->weight[i] * x_re[b->first + i];
    im[i] = scale * b->weight[i] * x_im[b->first + i];
  }
  memset(re + b->bins, 0, (b->count - b->bins) * sizeof *re);
  memset(im + b->bins, 0, (b->count - b->bins) * sizeof *im);
  fecg_fft_complex(&m->fft, b->count, im, re, work);
}

void fecg_morlet_add(const fecg_morlet *m, const fecg_morlet_band *b, float *re, float *im, float *x_re, float *x_im, float *work) {
  const float scale = 0.5f * (float)m->fft.n / (float)b->count;
  fecg_fft_complex(&m->fft, b->count, re, im, work);
  for (size_t i = 0; i < b->bins; i++) {
    x_re[b->first + i] += scale * re[i];
    x_im[b->first + i] += scale * im[i];
  }
}
