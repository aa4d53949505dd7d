#include <stdint.h>

void spmv(const int64_t *restrict starts, int64_t n_starts, const int64_t *restrict columns,
          int64_t n_columns, const double *restrict values, int64_t n_values, const double *restrict x,
          int64_t n_x, double *restrict y, int64_t n)
{
#pragma omp parallel for schedule(dynamic, 512)
    for (int64_t i = 0; i < n; i++) {
        double total = 0.0;
        for (int64_t p = starts[i]; p < starts[i + 1]; p++)
            total += values[p] * x[columns[p]];
        y[i] = total;
    }
}
