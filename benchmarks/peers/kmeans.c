#include <math.h>
#include <stdint.h>

void kmeans(const double *restrict points, int64_t n, int64_t dims, const double *restrict centres,
            int64_t n_centres, int64_t c1, int64_t *restrict labels, int64_t l0,
            double *restrict distances, int64_t d0)
{
#pragma omp parallel for
    for (int64_t i = 0; i < n; i++) {
        int64_t best = 0;
        double nearest = INFINITY;
        for (int64_t c = 0; c < n_centres; c++) {
            double distance = 0.0;
            for (int64_t k = 0; k < dims; k++) {
                const double difference = points[i * dims + k] - centres[c * dims + k];
                distance += difference * difference;
            }
            if (distance < nearest) {
                nearest = distance;
                best = c;
            }
        }
        labels[i] = best;
        distances[i] = nearest;
    }
}
