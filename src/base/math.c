/* math.c — see math.h. Range reduction after Cody and Waite (Software Manual for the Elementary
 * Functions, 1980), then truncated power series. */
#include "base/math.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

static double two_to(int k) { /* 2^k, -1022 <= k <= 1023 */
  uint64_t bits = (uint64_t)(k + 1023) << 52;
  double d;
  memcpy(&d, &bits, sizeof d);
  return d;
}

/* 1 / i: a division is many times slower than a product. */
static const double inverse[24] = {0,        1.0,      1.0 / 2,  1.0 / 3,  1.0 / 4,  1.0 / 5,  1.0 / 6,  1.0 / 7,  1.0 / 8,  1.0 / 9,  1.0 / 10, 1.0 / 11,
                                   1.0 / 12, 1.0 / 13, 1.0 / 14, 1.0 / 15, 1.0 / 16, 1.0 / 17, 1.0 / 18, 1.0 / 19, 1.0 / 20, 1.0 / 21, 1.0 / 22, 1.0 / 23};

double fecg_exp(double x) {
  if (!(x == x)) return x;
  if (x > 709.0) return INFINITY;
  if (x < -708.0) return 0.0;
  const double ln2_hi = 6.93147180369123816490e-01, ln2_lo = 1.90821492927058770002e-10;
  const int k = (int)rint(x * 1.44269504088896340736);
  const double r = (x - k * ln2_hi) - k * ln2_lo;
  double p = 1.0;
  for (int i = 13; i >= 0; i--) p = 1.0 + p * (r * inverse[i + 1]);
  return p * two_to(k);
}

double fecg_log(double x) {
  if (!(x == x) || x < 0) return NAN;
  if (x == 0) return -INFINITY;
  if (x == INFINITY) return x;
  int e = 0;
  if (x < 2.2250738585072014e-308) {
    x *= 18014398509481984.0; /* 2^54: out of the subnormals */
    e = -54;
  }
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  e += (int)(bits >> 52) - 1023;
  bits = (bits & 0x000fffffffffffffull) | 0x3ff0000000000000ull;
  double m;
  memcpy(&m, &bits, sizeof m);
  if (m > 1.41421356237309504880) {
    m *= 0.5;
    e++;
  }
  const double s = (m - 1.0) / (m + 1.0), z = s * s;
  double p = 0.0;
  for (int i = 23; i >= 3; i -= 2) p = (p + inverse[i]) * z;
  const double ln2_hi = 6.93147180369123816490e-01, ln2_lo = 1.90821492927058770002e-10;
  return e * ln2_hi + (2.0 * s * (1.0 + p) + e * ln2_lo);
}

double fecg_pow(double x, double y) { return fecg_exp(y * fecg_log(x)); }

double fecg_tanh(double x) {
  const double a = fabs(x);
  if (a < 0.1) {
    const double z = x * x;
    return x * (1.0 + z * (-1.0 / 3 + z * (2.0 / 15 + z * (-17.0 / 315 + z * (62.0 / 2835 + z * (-1382.0 / 155925 +
           z * (21844.0 / 6081075 + z * (-929569.0 / 638512875))))))));
  }
  const double t = a > 22.0 ? 1.0 : 1.0 - 2.0 / (fecg_exp(2.0 * a) + 1.0);
  return x < 0 ? -t : x > 0 ? t : x;
}

/* sin of r + quarter * pi/2, |r| <= pi/4 */
static double sine(double r, int quarter) {
  const double z = r * r;
  double p;
  if (quarter & 1) {
    p = 1.0;
    for (int i = 20; i >= 2; i -= 2) p = 1.0 - p * (z * (inverse[i] * inverse[i - 1]));
  } else {
    p = 1.0;
    for (int i = 21; i >= 3; i -= 2) p = 1.0 - p * (z * (inverse[i] * inverse[i - 1]));
    p *= r;
  }
  return quarter & 2 ? -p : p;
}

static double reduce(double x, int *quarter) {
  const double k = rint(x * 0.63661977236758134308);
  const double half_pi_1 = 1.57079632673412561417e+00, half_pi_2 = 6.07710050630396597660e-11,
               half_pi_3 = 2.02226624879595063154e-21;
  *quarter = (int)((int64_t)k & 3);
  return ((x - k * half_pi_1) - k * half_pi_2) - k * half_pi_3;
}

double fecg_sin(double x) {
  if (!(fabs(x) < 1e9)) return NAN;
  int q;
  const double r = reduce(x, &q);
  return sine(r, q);
}

double fecg_cos(double x) {
  if (!(fabs(x) < 1e9)) return NAN;
  int q;
  const double r = reduce(x, &q);
  return sine(r, q + 1);
}

static double arctan(double x) { /* 0 <= x <= 1 */
  /* Two half-angle steps bring x below 0.2: atan x = 2 atan(x / (1 + sqrt(1 + x^2))). */
  double scale = 1.0;
  for (int i = 0; i < 2; i++) {
    x = x / (1.0 + sqrt(1.0 + x * x));
    scale *= 2.0;
  }
  const double z = x * x;
  double p = 0.0;
  for (int i = 23; i >= 3; i -= 2) p = (p + ((i & 2) ? -1.0 : 1.0) / i) * z;
  return scale * x * (1.0 + p);
}

double fecg_atan2(double y, double x) {
  if (!(x == x) || !(y == y)) return NAN;
  const double ax = fabs(x), ay = fabs(y);
  if (ax == 0 && ay == 0) return 0.0;
  double a = ay <= ax ? arctan(ay / ax) : FECG_PI / 2 - arctan(ax / ay);
  if (x < 0) a = FECG_PI - a;
  return y < 0 ? -a : a;
}
