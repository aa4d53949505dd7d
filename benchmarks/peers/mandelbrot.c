#include <stdint.h>

void mandelbrot(double x_min, double x_max, double y_min, double y_max, int64_t limit,
                int64_t *restrict counts, int64_t height, int64_t width)
{
    const double dx = (x_max - x_min) / width;
    const double dy = (y_max - y_min) / height;
#pragma omp parallel for schedule(dynamic, 4)
    for (int64_t row = 0; row < height; row++)
        for (int64_t column = 0; column < width; column++) {
            const double cr = x_min + column * dx;
            const double ci = y_min + row * dy;
            double zr = 0.0, zi = 0.0;
            int64_t n = 0;
            while (n < limit && zr * zr + zi * zi <= 4.0) {
                const double next = zr * zr - zi * zi + cr;
                zi = 2.0 * zr * zi + ci;
                zr = next;
                n++;
            }
            counts[row * width + column] = n;
        }
}
