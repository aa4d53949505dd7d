"""The Cholesky factor of a symmetric positive definite matrix."""

import math

import numpy as np


def cholesky(a, factor):
    n = a.shape[0]
    for j in range(n):
        total = a[j, j]
        for k in range(j):
            total -= factor[j, k] * factor[j, k]
        factor[j, j] = math.sqrt(total)
        for i in range(j + 1, n):
            total = a[i, j]
            for k in range(j):
                total -= factor[i, k] * factor[j, k]
            factor[i, j] = total / factor[j, j]


SIZES = {"tiny": 9, "cpython": 160, "full": 640}
OUTPUTS = ("factor",)


def make(size, rng):
    a = rng.random((size, size))
    a = a @ a.T
    for i in range(size):
        a[i, i] += size
    return a, np.zeros((size, size))
