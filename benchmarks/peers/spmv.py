"""Rows in parallel."""

from numba import prange


def parallel(starts, columns, values, x, y):
    for i in prange(len(y)):
        total = 0.0
        for p in range(starts[i], starts[i + 1]):
            total += values[p] * x[columns[p]]
        y[i] = total
