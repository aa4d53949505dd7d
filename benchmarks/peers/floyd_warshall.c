/* Row k does not change in step k, as no path is negative. */
#include <stdint.h>

void floyd_warshall(double *distance, int64_t n, int64_t m)
{
#pragma omp parallel
    for (int64_t k = 0; k < n; k++) {
        const double *from_k = distance + k * n;
#pragma omp for
        for (int64_t i = 0; i < n; i++) {
            double *row = distance + i * n;
            const double to_k = row[k];
#pragma omp simd
            for (int64_t j = 0; j < n; j++) {
                const double through = to_k + from_k[j];
                row[j] = through < row[j] ? through : row[j];
            }
        }
    }
}
