"""A transposed times (A times x)."""

import numpy as np


def atax(a, x, y, product):
    n, m = a.shape
    for j in range(m):
        y[j] = 0.0
    for i in range(n):
        product[i] = 0.0
        for j in range(m):
            product[i] += a[i, j] * x[j]
        for j in range(m):
            y[j] += a[i, j] * product[i]


SIZES = {"tiny": (11, 9), "cpython": (600, 500), "full": (4000, 3800)}
OUTPUTS = ("y", "product")


def make(size, rng):
    n, m = size
    return rng.random((n, m)), rng.random(m), np.zeros(m), np.zeros(n)
