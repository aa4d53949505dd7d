/* A sum of each stretch, then the running sums of each from where the one before ends. */
#include <omp.h>
#include <stdint.h>

void prefix_sum(const double *restrict x, int64_t n, double *restrict sums, int64_t m)
{
    double before[257] = {0.0};
#pragma omp parallel num_threads(omp_get_max_threads() < 256 ? omp_get_max_threads() : 256)
    {
        const int64_t s = omp_get_thread_num(), stretches = omp_get_num_threads();
        const int64_t first = s * n / stretches, last = (s + 1) * n / stretches;
        double total = 0.0;
#pragma omp simd reduction(+ : total)
        for (int64_t i = first; i < last; i++)
            total += x[i];
        before[s + 1] = total;
#pragma omp barrier
#pragma omp single
        for (int64_t t = 0; t < stretches; t++)
            before[t + 1] += before[t];
        total = before[s];
        for (int64_t i = first; i < last; i++) {
            total += x[i];
            sums[i] = total;
        }
    }
}
