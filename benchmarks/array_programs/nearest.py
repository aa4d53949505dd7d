"""The nearest of many points, for each of some others."""

import numpy as np


def nearest(x, q, d, found):
    for i in range(len(q)):
        for j in range(len(x)):
            d[j] = np.sum((x[j] - q[i]) ** 2)
        found[i] = d.argmin()


def idiom(x, q, d, found):
    for i in range(len(q)):
        d[:] = ((x - q[i]) ** 2).sum(axis=1)
        found[i] = d.argmin()


SIZES = {"tiny": (20, 5, 9), "full": (2000, 100, 16)}
OUTPUTS = ("d", "found")


def make(size, rng):
    n, m, k = size
    x, q = rng.standard_normal((n, k)), rng.standard_normal((m, k))
    return x, q, np.zeros(n), np.zeros(m, np.int64)
