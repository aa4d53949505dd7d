"""Rows in parallel for A x; then each thread takes a stretch of the columns, in order of the rows."""

from numba import get_num_threads, prange


def parallel(a, x, y, product):
    n, m = a.shape
    for i in prange(n):
        total = 0.0
        for j in range(m):
            total += a[i, j] * x[j]
        product[i] = total
    stretches = get_num_threads()
    for s in prange(stretches):
        first = s * m // stretches
        last = (s + 1) * m // stretches
        for j in range(first, last):
            y[j] = 0.0
        for i in range(n):
            for j in range(first, last):
                y[j] += a[i, j] * product[i]
