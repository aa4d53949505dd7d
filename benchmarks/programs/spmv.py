"""A sparse matrix (compressed rows) times a vector; rows of very different lengths."""

import numpy as np


def spmv(starts, columns, values, x, y):
    for i in range(len(y)):
        total = 0.0
        for p in range(starts[i], starts[i + 1]):
            total += values[p] * x[columns[p]]
        y[i] = total


SIZES = {"tiny": (20, 4), "cpython": (10_000, 40), "full": (200_000, 40)}
OUTPUTS = ("y",)


def make(size, rng):
    rows, mean = size
    lengths = np.minimum(rng.geometric(1.0 / mean, rows), rows)
    starts = np.zeros(rows + 1, dtype=np.int64)
    starts[1:] = np.cumsum(lengths)
    columns = rng.integers(0, rows, starts[-1], dtype=np.int64)
    return starts, columns, rng.random(starts[-1]), rng.random(rows), np.zeros(rows)
