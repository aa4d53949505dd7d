/* Rows in parallel for one product, stretches of columns for the other. */
#include <omp.h>
#include <stdint.h>

void bicg(const double *restrict a, int64_t n, int64_t m, const double *restrict p, int64_t p0,
          const double *restrict r, int64_t r0, double *restrict q, int64_t q0, double *restrict s,
          int64_t s0)
{
#pragma omp parallel
    {
#pragma omp for nowait
        for (int64_t i = 0; i < n; i++) {
            double total = 0.0;
            for (int64_t j = 0; j < m; j++)
                total += a[i * m + j] * p[j];
            q[i] = total;
        }
        const int64_t t = omp_get_thread_num(), stretches = omp_get_num_threads();
        const int64_t first = t * m / stretches, last = (t + 1) * m / stretches;
        for (int64_t j = first; j < last; j++)
            s[j] = 0.0;
        for (int64_t i = 0; i < n; i++)
            for (int64_t j = first; j < last; j++)
                s[j] += r[i] * a[i * m + j];
    }
}
