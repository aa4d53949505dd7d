/* Every loop along a row is innermost; each element is still summed over the rows in order. */
#include <stdint.h>

void covariance(double *restrict data, int64_t n, int64_t m, double *restrict mean, int64_t mean0,
                double *restrict cov, int64_t c0, int64_t c1)
{
    for (int64_t j = 0; j < m; j++)
        mean[j] = 0.0;
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < m; j++)
            mean[j] += data[i * m + j];
    for (int64_t j = 0; j < m; j++)
        mean[j] /= n;
#pragma omp parallel
    {
#pragma omp for
        for (int64_t i = 0; i < n; i++)
            for (int64_t j = 0; j < m; j++)
                data[i * m + j] -= mean[j];
#pragma omp for schedule(dynamic, 4)
        for (int64_t i = 0; i < m; i++) {
            double *row = cov + i * m;
            for (int64_t j = i; j < m; j++)
                row[j] = 0.0;
            for (int64_t k = 0; k < n; k++) {
                const double factor = data[k * m + i];
                for (int64_t j = i; j < m; j++)
                    row[j] += factor * data[k * m + j];
            }
            for (int64_t j = i; j < m; j++) {
                row[j] /= n - 1.0;
                cov[j * m + i] = row[j];
            }
        }
    }
}
