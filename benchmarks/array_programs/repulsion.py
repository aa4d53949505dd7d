"""Forces between points, with vectors of three numbers and their norms."""

import numpy as np


def repulsion(p, force):
    n = len(p)
    for i in range(n):
        total = np.zeros(3)
        for j in range(n):
            if i != j:
                r = p[i] - p[j]
                total += r / np.linalg.norm(r) ** 3
        force[i] = total


SIZES = {"tiny": 6, "full": 300}
OUTPUTS = ("force",)


def make(size, rng):
    return rng.standard_normal((size, 3)), np.zeros((size, 3))
