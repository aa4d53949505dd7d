/* i, k, j: each element is summed in the order of the program, and rows vectorize. */
#include <stdint.h>

void matmul(const double *restrict a, int64_t n, int64_t inner, const double *restrict b, int64_t b0,
            int64_t m, double *restrict c, int64_t c0, int64_t c1)
{
#pragma omp parallel for
    for (int64_t i = 0; i < n; i++)
        for (int64_t k = 0; k < inner; k++) {
            const double factor = a[i * inner + k];
            for (int64_t j = 0; j < m; j++)
                c[i * m + j] += factor * b[k * m + j];
        }
}
