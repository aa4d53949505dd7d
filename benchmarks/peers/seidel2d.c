/* A wavefront over steps and rows: step t may sweep row i once step t - 1 has swept row i + 1. */
#include <stdint.h>

void seidel2d(int64_t steps, double *a, int64_t n, int64_t m)
{
#pragma omp parallel
    for (int64_t wave = 1; wave <= n - 2 + 2 * (steps - 1); wave++) {
        const int64_t over = wave - (n - 2);
        const int64_t first = over > 0 ? (over + 1) / 2 : 0;
        const int64_t last = (wave - 1) / 2 < steps - 1 ? (wave - 1) / 2 : steps - 1;
#pragma omp for schedule(static)
        for (int64_t t = first; t <= last; t++) {
            double *row = a + (wave - 2 * t) * m;
            for (int64_t j = 1; j < m - 1; j++)
                row[j] = (row[j - 1 - m] + row[j - m] + row[j + 1 - m]
                          + row[j - 1] + row[j] + row[j + 1]
                          + row[j - 1 + m] + row[j + m] + row[j + 1 + m]) / 9.0;
        }
    }
}
