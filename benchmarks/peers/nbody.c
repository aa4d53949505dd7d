#include <math.h>
#include <stdint.h>

void nbody(int64_t steps, double dt, const double *restrict mass, int64_t n, double *restrict position,
           int64_t p0, int64_t p1, double *restrict velocity, int64_t v0, int64_t v1)
{
    for (int64_t t = 0; t < steps; t++) {
#pragma omp parallel for
        for (int64_t i = 0; i < n; i++) {
            double ax = 0.0, ay = 0.0, az = 0.0;
            for (int64_t j = 0; j < n; j++) {
                if (j == i)
                    continue;
                const double dx = position[j * 3] - position[i * 3];
                const double dy = position[j * 3 + 1] - position[i * 3 + 1];
                const double dz = position[j * 3 + 2] - position[i * 3 + 2];
                const double squared = dx * dx + dy * dy + dz * dz + 1e-9;
                const double factor = mass[j] / (squared * sqrt(squared));
                ax += factor * dx;
                ay += factor * dy;
                az += factor * dz;
            }
            velocity[i * 3] += dt * ax;
            velocity[i * 3 + 1] += dt * ay;
            velocity[i * 3 + 2] += dt * az;
        }
        for (int64_t i = 0; i < 3 * n; i++)
            position[i] += dt * velocity[i];
    }
}
