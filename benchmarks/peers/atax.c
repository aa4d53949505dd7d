/* Rows in parallel for A x; then each thread takes a stretch of the columns, in order of the rows. */
#include <omp.h>
#include <stdint.h>

void atax(const double *restrict a, int64_t n, int64_t m, const double *restrict x, int64_t x0,
          double *restrict y, int64_t y0, double *restrict product, int64_t p0)
{
#pragma omp parallel
    {
#pragma omp for
        for (int64_t i = 0; i < n; i++) {
            double total = 0.0;
            for (int64_t j = 0; j < m; j++)
                total += a[i * m + j] * x[j];
            product[i] = total;
        }
        const int64_t s = omp_get_thread_num(), stretches = omp_get_num_threads();
        const int64_t first = s * m / stretches, last = (s + 1) * m / stretches;
        for (int64_t j = first; j < last; j++)
            y[j] = 0.0;
        for (int64_t i = 0; i < n; i++)
            for (int64_t j = first; j < last; j++)
                y[j] += a[i * m + j] * product[i];
    }
}
