"""A sum per thread; the sign is a factor, as Numba takes one operator for a reduction only."""

from numba import prange

DIFFERENT_BITS = ("prange", "c")
RETURNS = "double"


def parallel(terms):
    total = 0.0
    for k in prange(terms):
        sign = 1.0 if k % 2 == 0 else -1.0
        total += sign / (2 * k + 1)
    return 4.0 * total
