"""y = alpha A x + beta B x."""

import numpy as np


def gesummv(alpha, beta, a, b, x, y):
    n = len(x)
    for i in range(n):
        first = 0.0
        second = 0.0
        for j in range(n):
            first += a[i, j] * x[j]
            second += b[i, j] * x[j]
        y[i] = alpha * first + beta * second


SIZES = {"tiny": 11, "cpython": 600, "full": 3000}
OUTPUTS = ("y",)


def make(size, rng):
    return (
        1.5, 1.2, rng.random((size, size)), rng.random((size, size)), rng.random(size), np.zeros(size)
    )
