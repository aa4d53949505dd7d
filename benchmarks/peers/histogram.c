#include <stdint.h>
#include <stdlib.h>

void histogram(const double *restrict values, int64_t n, double lowest, double highest,
               int64_t *restrict counts, int64_t bins)
{
    const double width = (highest - lowest) / bins;
#pragma omp parallel for reduction(+ : counts[:bins])
    for (int64_t i = 0; i < n; i++)
        if (lowest <= values[i] && values[i] < highest)
            counts[(int64_t)((values[i] - lowest) / width)]++;
}
