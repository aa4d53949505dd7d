"""The edit distance of two texts, given as arrays of characters."""

import numpy as np


def levenshtein(a, b, table):
    n = len(a)
    m = len(b)
    for i in range(n + 1):
        table[i, 0] = i
    for j in range(m + 1):
        table[0, j] = j
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            cost = 0 if a[i - 1] == b[j - 1] else 1
            table[i, j] = min(table[i - 1, j] + 1, table[i, j - 1] + 1, table[i - 1, j - 1] + cost)
    return table[n, m]


SIZES = {"tiny": (12, 15), "cpython": (400, 400), "full": (3000, 3000)}
OUTPUTS = ("table",)


def make(size, rng):
    n, m = size
    a = rng.integers(97, 101, n, dtype=np.uint8)
    b = rng.integers(97, 101, m, dtype=np.uint8)
    return a, b, np.zeros((n + 1, m + 1), dtype=np.int64)
