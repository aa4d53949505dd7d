"""A sum per thread."""

from numba import prange

DIFFERENT_BITS = ("prange", "c")
RETURNS = "double"


def parallel(terms):
    total = 0.0
    for k in prange(terms):
        if k % 2 == 0:
            total += 1.0 / (2 * k + 1)
        else:
            total -= 1.0 / (2 * k + 1)
    return 4.0 * total
