"""Monte Carlo with drawn numbers: a quarter of a circle, and the path of a price."""

import math

import numpy as np


def monte_carlo(n, seed, found, path):
    rng = np.random.default_rng(seed)
    inside = 0
    for _ in range(n):
        x = rng.random()
        y = rng.random()
        if x * x + y * y <= 1.0:
            inside += 1
    found[0] = 4 * inside / n
    for i in range(1, len(path)):
        path[i] = path[i - 1] * math.exp(-2e-4 + 0.02 * rng.standard_normal())


def idiom(n, seed, found, path):
    rng = np.random.default_rng(seed)
    points = rng.random((n, 2))
    found[0] = 4 * np.count_nonzero((points**2).sum(axis=1) <= 1.0) / n
    steps = np.exp(-2e-4 + 0.02 * rng.standard_normal(len(path) - 1))
    path[1:] = path[0] * np.cumprod(steps)


SIZES = {"tiny": (40, 30), "full": (500_000, 200_000)}
OUTPUTS = ("found", "path")


def make(size, rng):
    n, steps = size
    return n, int(rng.integers(1 << 30)), np.zeros(1), np.ones(steps)
