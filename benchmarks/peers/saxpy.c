#include <stdint.h>

void saxpy(double a, const float *restrict x, int64_t n, float *restrict y, int64_t ny)
{
    const float factor = (float)a;
#pragma omp parallel for simd
    for (int64_t i = 0; i < n; i++)
        y[i] = factor * x[i] + y[i];
}
