#include <stdint.h>

static void half(int64_t n, int64_t m, const double *restrict from, double *restrict to)
{
#pragma omp for
    for (int64_t i = 1; i < n - 1; i++)
        for (int64_t j = 1; j < m - 1; j++)
            to[i * m + j] = 0.2 * (from[i * m + j] + from[i * m + j - 1] + from[i * m + j + 1]
                                   + from[(i + 1) * m + j] + from[(i - 1) * m + j]);
}

void jacobi2d(int64_t steps, double *a, int64_t n, int64_t m, double *b, int64_t b0, int64_t b1)
{
#pragma omp parallel
    for (int64_t t = 0; t < steps; t++) {
        half(n, m, a, b);
        half(n, m, b, a);
    }
}
