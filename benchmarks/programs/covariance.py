"""The covariance matrix of columns of data; centres `data` in place."""

import numpy as np


def covariance(data, mean, cov):
    n, m = data.shape
    for j in range(m):
        mean[j] = 0.0
        for i in range(n):
            mean[j] += data[i, j]
        mean[j] /= n
    for i in range(n):
        for j in range(m):
            data[i, j] -= mean[j]
    for i in range(m):
        for j in range(i, m):
            cov[i, j] = 0.0
            for k in range(n):
                cov[i, j] += data[k, i] * data[k, j]
            cov[i, j] /= n - 1.0
            cov[j, i] = cov[i, j]


SIZES = {"tiny": (11, 7), "cpython": (120, 90), "full": (600, 500)}
OUTPUTS = ("data", "mean", "cov")


def make(size, rng):
    n, m = size
    return rng.random((n, m)), np.zeros(m), np.zeros((m, m))
