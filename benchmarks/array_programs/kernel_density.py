"""A sum of bells, one for each number: `np.exp` of arrays."""

import numpy as np


def kernel_density(x, data, width, out):
    for i in range(len(x)):
        z = (x[i] - data) / width
        out[i] = np.sum(np.exp(-0.5 * z * z)) / (len(data) * width)


SIZES = {"tiny": (5, 40), "full": (4000, 5000)}
OUTPUTS = ("out",)


def make(size, rng):
    n, m = size
    return np.linspace(-3, 3, n), rng.standard_normal(m), 0.2, np.zeros(n)
