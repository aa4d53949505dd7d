"""The two matrix-vector products in a step of the biconjugate gradient method."""

import numpy as np


def bicg(a, p, r, q, s):
    n, m = a.shape
    for j in range(m):
        s[j] = 0.0
    for i in range(n):
        q[i] = 0.0
        for j in range(m):
            s[j] += r[i] * a[i, j]
            q[i] += a[i, j] * p[j]


SIZES = {"tiny": (11, 9), "cpython": (600, 500), "full": (4000, 3800)}
OUTPUTS = ("q", "s")


def make(size, rng):
    n, m = size
    return rng.random((n, m)), rng.random(m), rng.random(n), np.zeros(n), np.zeros(m)
