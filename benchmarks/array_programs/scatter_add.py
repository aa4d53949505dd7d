"""Counts and weights of numbers in bins."""

import numpy as np


def scatter_add(x, w, counts, weights, width):
    for i in range(len(x)):
        k = int(x[i] / width)
        counts[k] += 1
        weights[k] += w[i]


def idiom(x, w, counts, weights, width):
    k = (x / width).astype(int)
    np.add.at(counts, k, 1)
    np.add.at(weights, k, w)


SIZES = {"tiny": 50, "full": 1_000_000}
OUTPUTS = ("counts", "weights")


def make(size, rng):
    return rng.random(size), rng.standard_normal(size), np.zeros(64, np.int64), np.zeros(64), 1 / 64
