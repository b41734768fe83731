/* math.h — elementary functions written out in IEEE double arithmetic, so that every build (native,
 * wasm) gives the same bits; the C library's differ between systems. Built with -ffp-contract=off.
 * sqrt, fabs, floor, ceil, rint are exact in IEEE 754 and taken from <math.h>.
 * NaN in gives NaN out. The errors below are bounds that tests hold, relative but for sin and cos. */
#ifndef FECG_BASE_MATH_H
#define FECG_BASE_MATH_H

#define FECG_PI 3.14159265358979323846

double fecg_exp(double x);   /* 1e-15; x > 709: inf; x < -708: 0 */
double fecg_log(double x);   /* 1e-15; x < 0: NaN; 0: -inf */
double fecg_pow(double x, double y);  /* x > 0; as exp(y log x): 1e-15 * (1 + |y log x|), so 1e-12 at the ends of double */
double fecg_tanh(double x);  /* 1e-14 */
double fecg_sin(double x);   /* absolute 1e-14 for |x| < 1e6, 1e-6 for |x| < 1e9; beyond: NaN */
double fecg_cos(double x);   /* as sin */
double fecg_atan2(double y, double x);  /* 1e-14, finite x and y; a zero has no sign: (-0, -1) is +pi, (0, 0) is 0 */

#endif
