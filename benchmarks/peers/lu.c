#include <stdint.h>

void lu(double *a, int64_t n, int64_t m)
{
#pragma omp parallel
    for (int64_t k = 0; k < n; k++) {
        const double *pivot = a + k * n;
#pragma omp for
        for (int64_t i = k + 1; i < n; i++) {
            double *row = a + i * n;
            row[k] /= pivot[k];
            const double factor = row[k];
#pragma omp simd
            for (int64_t j = k + 1; j < n; j++)
                row[j] -= factor * pivot[j];
        }
    }
}
