"""A new list of what is computed from each number of another."""

import math


def list_map(x, k):
    out = []
    for v in x:
        w = math.exp(-v * v)
        out.append(w * math.cos(k * v) / (1.0 + w * w))
    return out


SIZES = {"tiny": 30, "full": 1_000_000}
OUTPUTS = ()


def make(size, rng):
    return rng.standard_normal(size).tolist(), 0.3
