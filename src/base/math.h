/* math.h — elementary functions written out in IEEE double arithmetic, so that every build (native,
 * wasm) gives the same bits; the C library's differ between systems. Built with -ffp-contract=off.
 * sqrt, fabs, floor, ceil, rint are exact in IEEE 754 and taken from <math.h>.
 * NaN in gives NaN out. Relative error below 1e-14 (sin and cos: absolute, for |x| < 1e6). */
#ifndef FECG_BASE_MATH_H
#define FECG_BASE_MATH_H

#define FECG_PI 3.14159265358979323846

double fecg_exp(double x);
double fecg_log(double x);  /* x < 0: NaN; 0: -inf */
double fecg_pow(double x, double y);  /* x > 0 */
double fecg_tanh(double x);
double fecg_sin(double x);
double fecg_cos(double x);
double fecg_atan2(double y, double x);

#endif
