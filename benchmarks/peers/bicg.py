"""Rows in parallel for one product, stretches of columns for the other."""

from numba import get_num_threads, prange


def parallel(a, p, r, q, s):
    n, m = a.shape
    for i in prange(n):
        total = 0.0
        for j in range(m):
            total += a[i, j] * p[j]
        q[i] = total
    stretches = get_num_threads()
    for t in prange(stretches):
        first = t * m // stretches
        last = (t + 1) * m // stretches
        for j in range(first, last):
            s[j] = 0.0
        for i in range(n):
            for j in range(first, last):
                s[j] += r[i] * a[i, j]
