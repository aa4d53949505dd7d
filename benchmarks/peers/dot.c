#include <stdint.h>

double dot(const double *restrict x, int64_t n, const double *restrict y, int64_t m)
{
    double total = 0.0;
#pragma omp parallel for simd reduction(+ : total)
    for (int64_t i = 0; i < n; i++)
        total += x[i] * y[i];
    return total;
}
