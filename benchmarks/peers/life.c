/* Wraps around with a comparison, as a person who writes C would; the division is slow. */
#include <stdint.h>

void life(int64_t generations, uint8_t *cells, int64_t height, int64_t width, uint8_t *after,
          int64_t a0, int64_t a1)
{
#pragma omp parallel
    for (int64_t t = 0; t < generations; t++) {
#pragma omp for
        for (int64_t i = 0; i < height; i++) {
            const uint8_t *above = cells + (i == 0 ? height - 1 : i - 1) * width;
            const uint8_t *here = cells + i * width;
            const uint8_t *below = cells + (i == height - 1 ? 0 : i + 1) * width;
            for (int64_t j = 0; j < width; j++) {
                const int64_t left = j == 0 ? width - 1 : j - 1;
                const int64_t right = j == width - 1 ? 0 : j + 1;
                const int neighbours = above[left] + above[j] + above[right] + here[left]
                    + here[right] + below[left] + below[j] + below[right];
                after[i * width + j] = neighbours == 3 || (neighbours == 2 && here[j] == 1);
            }
        }
#pragma omp for
        for (int64_t i = 0; i < height * width; i++)
            cells[i] = after[i];
    }
}
