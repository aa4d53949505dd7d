#include <math.h>
#include <stdint.h>

void pairwise(const double *restrict x, int64_t n, int64_t dims, const double *restrict y, int64_t m,
              int64_t ydims, double *restrict distances, int64_t d0, int64_t d1)
{
#pragma omp parallel for
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < m; j++) {
            double total = 0.0;
            for (int64_t k = 0; k < dims; k++) {
                const double difference = x[i * dims + k] - y[j * dims + k];
                total += difference * difference;
            }
            distances[i * m + j] = sqrt(total);
        }
}
