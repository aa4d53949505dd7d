"""y <- a x + y in single precision."""

import numpy as np


def saxpy(a, x, y):
    for i in range(len(x)):
        y[i] = a * x[i] + y[i]


SIZES = {"tiny": 1_000, "cpython": 1_000_000, "full": 10_000_000}
OUTPUTS = ("y",)


def make(size, rng):
    return 2.5, rng.random(size, dtype=np.float32), rng.random(size, dtype=np.float32)
