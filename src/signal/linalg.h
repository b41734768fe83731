/* linalg.h — small dense symmetric matrices, row-major doubles, n <= FECG_MATRIX_MAX. */
#ifndef FECG_SIGNAL_LINALG_H
#define FECG_SIGNAL_LINALG_H

enum { FECG_MATRIX_MAX = 32 };

/* Eigenvalues (descending) and unit eigenvectors (row i belongs to values[i]) of the symmetric a[n][n],
 * which is destroyed. Cyclic Jacobi rotations (Golub and Van Loan, Matrix Computations, 8.5). */
void fecg_eigen(double *a, int n, double *values, double *vectors);

/* w = a^(-1/2), the ZCA whitening matrix of a covariance; directions with less than `floor` times the
 * largest eigenvalue are treated as that large. */
void fecg_inverse_root(const double *a, int n, double floor, double *w);

#endif
