/* The loops over the kernel go outside the one along a row, which then vectorizes. */
#include <stdint.h>

void conv2d(const double *restrict image, int64_t h, int64_t w, const double *restrict kernel,
            int64_t k0, int64_t k1, double *restrict out, int64_t height, int64_t width)
{
#pragma omp parallel for
    for (int64_t i = 0; i < height; i++) {
        double *row = out + i * width;
        for (int64_t j = 0; j < width; j++)
            row[j] = 0.0;
        for (int64_t p = 0; p < k0; p++)
            for (int64_t q = 0; q < k1; q++) {
                const double weight = kernel[p * k1 + q];
                const double *from = image + (i + p) * w + q;
                for (int64_t j = 0; j < width; j++)
                    row[j] += from[j] * weight;
            }
    }
}
