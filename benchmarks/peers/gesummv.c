#include <stdint.h>

void gesummv(double alpha, double beta, const double *restrict a, int64_t n, int64_t a1,
             const double *restrict b, int64_t b0, int64_t b1, const double *restrict x, int64_t x0,
             double *restrict y, int64_t y0)
{
#pragma omp parallel for
    for (int64_t i = 0; i < n; i++) {
        double first = 0.0, second = 0.0;
        for (int64_t j = 0; j < n; j++) {
            first += a[i * n + j] * x[j];
            second += b[i * n + j] * x[j];
        }
        y[i] = alpha * first + beta * second;
    }
}
