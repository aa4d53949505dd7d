"""How many values fall into each of equally wide bins."""

import numpy as np


def histogram(values, lowest, highest, counts):
    bins = len(counts)
    width = (highest - lowest) / bins
    for i in range(len(values)):
        if lowest <= values[i] < highest:
            counts[int((values[i] - lowest) / width)] += 1


SIZES = {"tiny": (500, 10), "cpython": (500_000, 100), "full": (10_000_000, 100)}
OUTPUTS = ("counts",)


def make(size, rng):
    n, bins = size
    return rng.random(n), 0.0, 0.875, np.zeros(bins, dtype=np.int64)
