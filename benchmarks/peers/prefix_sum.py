"""A sum of each stretch, then the running sums of each stretch from where the one before ends."""

import numpy as np
from numba import get_num_threads, prange

DIFFERENT_BITS = ("prange", "c")


def parallel(x, sums):
    n = len(x)
    stretches = get_num_threads()
    before = np.zeros(stretches + 1)
    for s in prange(stretches):
        total = 0.0
        for i in range(s * n // stretches, (s + 1) * n // stretches):
            total += x[i]
        before[s + 1] = total
    for s in range(stretches):
        before[s + 1] += before[s]
    for s in prange(stretches):
        total = before[s]
        for i in range(s * n // stretches, (s + 1) * n // stretches):
            total += x[i]
            sums[i] = total
