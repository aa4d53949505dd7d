"""The few nearest of many points, one after another by `argmin`."""

import numpy as np


def k_nearest(x, q, d, found):
    for i in range(len(q)):
        for j in range(len(x)):
            dx = x[j, 0] - q[i, 0]
            dy = x[j, 1] - q[i, 1]
            d[j] = dx * dx + dy * dy
        for k in range(found.shape[1]):
            best = d.argmin()
            found[i, k] = best
            d[best] = np.inf


def idiom(x, q, d, found):
    for i in range(len(q)):
        d[:] = (x[:, 0] - q[i, 0]) ** 2 + (x[:, 1] - q[i, 1]) ** 2
        for k in range(found.shape[1]):
            best = d.argmin()
            found[i, k] = best
            d[best] = np.inf


SIZES = {"tiny": (20, 5, 3), "full": (5000, 300, 5)}
OUTPUTS = ("d", "found")


def make(size, rng):
    n, m, k = size
    x, q = rng.standard_normal((n, 2)), rng.standard_normal((m, 2))
    return x, q, np.zeros(n), np.zeros((m, k), np.int64)
