"""The elements below each diagonal one in parallel."""

import math

from numba import prange


def parallel(a, factor):
    n = a.shape[0]
    for j in range(n):
        total = a[j, j]
        for k in range(j):
            total -= factor[j, k] * factor[j, k]
        factor[j, j] = math.sqrt(total)
        for i in prange(j + 1, n):
            total = a[i, j]
            for k in range(j):
                total -= factor[i, k] * factor[j, k]
            factor[i, j] = total / factor[j, j]
