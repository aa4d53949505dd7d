#include <math.h>
#include <stdint.h>

void cholesky(const double *restrict a, int64_t n, int64_t a1, double *restrict factor, int64_t f0,
              int64_t f1)
{
    for (int64_t j = 0; j < n; j++) {
        double total = a[j * n + j];
        for (int64_t k = 0; k < j; k++)
            total -= factor[j * n + k] * factor[j * n + k];
        factor[j * n + j] = sqrt(total);
#pragma omp parallel for
        for (int64_t i = j + 1; i < n; i++) {
            double sum = a[i * n + j];
            for (int64_t k = 0; k < j; k++)
                sum -= factor[i * n + k] * factor[j * n + k];
            factor[i * n + j] = sum / factor[j * n + j];
        }
    }
}
