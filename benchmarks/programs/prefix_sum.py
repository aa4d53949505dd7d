"""Running sums."""

import numpy as np


def prefix_sum(x, sums):
    total = 0.0
    for i in range(len(x)):
        total += x[i]
        sums[i] = total


SIZES = {"tiny": 1_000, "cpython": 1_000_000, "full": 10_000_000}
OUTPUTS = ("sums",)


def make(size, rng):
    return rng.random(size), np.zeros(size)
