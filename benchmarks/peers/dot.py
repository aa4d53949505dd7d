"""A sum per thread."""

from numba import prange

DIFFERENT_BITS = ("prange", "c")
RETURNS = "double"


def parallel(x, y):
    total = 0.0
    for i in prange(len(x)):
        total += x[i] * y[i]
    return total
