"""The triple loop of the textbook: i, j, k."""

import numpy as np


def matmul(a, b, c):
    for i in range(a.shape[0]):
        for j in range(b.shape[1]):
            for k in range(a.shape[1]):
                c[i, j] += a[i, k] * b[k, j]


SIZES = {"tiny": (7, 9, 5), "cpython": (90, 90, 90), "full": (640, 640, 640)}
OUTPUTS = ("c",)


def make(size, rng):
    n, m, inner = size
    return rng.random((n, inner)), rng.random((inner, m)), np.zeros((n, m))
