/* stats.h — order statistics of small arrays. Inputs are finite. */
#ifndef FECG_SIGNAL_STATS_H
#define FECG_SIGNAL_STATS_H

#include <stddef.h>

/* The value at quantile q (0..1, nearest rank) of n > 0 values; reorders v. 0 where n is 0. */
float fecg_quantile(float *v, size_t n, double q);
/* Sorts ascending, in place. */
void fecg_sort_doubles(double *v, size_t n);

#endif
