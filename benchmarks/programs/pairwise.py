"""Euclidean distances between all pairs of points of two sets."""

import math

import numpy as np


def pairwise(x, y, distances):
    for i in range(x.shape[0]):
        for j in range(y.shape[0]):
            total = 0.0
            for k in range(x.shape[1]):
                difference = x[i, k] - y[j, k]
                total += difference * difference
            distances[i, j] = math.sqrt(total)


SIZES = {"tiny": (9, 11, 3), "cpython": (300, 300, 3), "full": (3000, 3000, 3)}
OUTPUTS = ("distances",)


def make(size, rng):
    n, m, dimensions = size
    return rng.random((n, dimensions)), rng.random((m, dimensions)), np.zeros((n, m))
