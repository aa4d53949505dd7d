"""Rows of the result in parallel."""

import math

from numba import prange


def parallel(x, y, distances):
    for i in prange(x.shape[0]):
        for j in range(y.shape[0]):
            total = 0.0
            for k in range(x.shape[1]):
                difference = x[i, k] - y[j, k]
                total += difference * difference
            distances[i, j] = math.sqrt(total)
