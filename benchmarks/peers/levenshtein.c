/* A wavefront over tiles of the table. */
#include <stdint.h>

enum { TILE = 256 };

static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

int64_t levenshtein(const uint8_t *restrict a, int64_t n, const uint8_t *restrict b, int64_t m,
                    int64_t *table, int64_t t0, int64_t width)
{
    for (int64_t i = 0; i <= n; i++)
        table[i * width] = i;
    for (int64_t j = 0; j <= m; j++)
        table[j] = j;
    const int64_t down = (n + TILE - 1) / TILE, across = (m + TILE - 1) / TILE;
#pragma omp parallel
    for (int64_t wave = 0; wave < down + across - 1; wave++) {
        const int64_t first = wave - across + 1 > 0 ? wave - across + 1 : 0;
        const int64_t last = least(down, wave + 1);
#pragma omp for schedule(dynamic, 1)
        for (int64_t p = first; p < last; p++) {
            const int64_t q = wave - p;
            for (int64_t i = p * TILE + 1; i <= least(n, (p + 1) * TILE); i++) {
                const int64_t *above = table + (i - 1) * width;
                int64_t *row = table + i * width;
                for (int64_t j = q * TILE + 1; j <= least(m, (q + 1) * TILE); j++) {
                    const int64_t replaced = above[j - 1] + (a[i - 1] != b[j - 1]);
                    row[j] = least(least(above[j] + 1, row[j - 1] + 1), replaced);
                }
            }
        }
    }
    return table[n * width + m];
}
