"""Rows in parallel."""

from numba import prange


def parallel(alpha, beta, a, b, x, y):
    n = len(x)
    for i in prange(n):
        first = 0.0
        second = 0.0
        for j in range(n):
            first += a[i, j] * x[j]
            second += b[i, j] * x[j]
        y[i] = alpha * first + beta * second
