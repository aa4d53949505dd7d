#include <stdint.h>

void fdtd2d(int64_t steps, double *restrict ex, int64_t nx, int64_t ny, double *restrict ey, int64_t e0,
            int64_t e1, double *restrict hz, int64_t h0, int64_t h1)
{
#pragma omp parallel
    for (int64_t t = 0; t < steps; t++) {
#pragma omp for nowait
        for (int64_t j = 0; j < ny; j++)
            ey[j] = t;
#pragma omp for nowait
        for (int64_t i = 1; i < nx; i++)
            for (int64_t j = 0; j < ny; j++)
                ey[i * ny + j] = ey[i * ny + j] - 0.5 * (hz[i * ny + j] - hz[(i - 1) * ny + j]);
#pragma omp for
        for (int64_t i = 0; i < nx; i++)
            for (int64_t j = 1; j < ny; j++)
                ex[i * ny + j] = ex[i * ny + j] - 0.5 * (hz[i * ny + j] - hz[i * ny + j - 1]);
#pragma omp for
        for (int64_t i = 0; i < nx - 1; i++)
            for (int64_t j = 0; j < ny - 1; j++)
                hz[i * ny + j] = hz[i * ny + j]
                    - 0.7 * (ex[i * ny + j + 1] - ex[i * ny + j] + ey[(i + 1) * ny + j] - ey[i * ny + j]);
    }
}
