#include <stdint.h>

static void half(int64_t n, const double *restrict from, double *restrict to)
{
    const int64_t row = n, plane = n * n;
#pragma omp for
    for (int64_t i = 1; i < n - 1; i++)
        for (int64_t j = 1; j < n - 1; j++)
            for (int64_t k = 1; k < n - 1; k++) {
                const double *p = from + i * plane + j * row + k;
                to[i * plane + j * row + k] = p[0]
                    + 0.125 * (p[plane] - 2.0 * p[0] + p[-plane])
                    + 0.125 * (p[row] - 2.0 * p[0] + p[-row])
                    + 0.125 * (p[1] - 2.0 * p[0] + p[-1]);
            }
}

void heat3d(int64_t steps, double *a, int64_t n, int64_t a1, int64_t a2, double *b, int64_t b0,
            int64_t b1, int64_t b2)
{
#pragma omp parallel
    for (int64_t t = 0; t < steps; t++) {
        half(n, a, b);
        half(n, b, a);
    }
}
