"""A wavefront over tiles of the table."""

from numba import prange

RETURNS = "int64_t"
TILE = 256


def parallel(a, b, table):
    n = len(a)
    m = len(b)
    for i in range(n + 1):
        table[i, 0] = i
    for j in range(m + 1):
        table[0, j] = j
    down = (n + TILE - 1) // TILE
    across = (m + TILE - 1) // TILE
    for wave in range(down + across - 1):
        for p in prange(max(0, wave - across + 1), min(down, wave + 1)):
            q = wave - p
            for i in range(p * TILE + 1, min(n, (p + 1) * TILE) + 1):
                for j in range(q * TILE + 1, min(m, (q + 1) * TILE) + 1):
                    cost = 0 if a[i - 1] == b[j - 1] else 1
                    table[i, j] = min(
                        table[i - 1, j] + 1, table[i, j - 1] + 1, table[i - 1, j - 1] + cost
                    )
    return table[n, m]
