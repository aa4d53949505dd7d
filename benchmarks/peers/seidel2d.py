"""A wavefront over steps and rows: step t may sweep row i once step t - 1 has swept row i + 1."""

from numba import prange


def parallel(steps, a):
    n = a.shape[0]
    for wave in range(1, n - 1 + 2 * (steps - 1)):
        first = max(0, (wave - (n - 2) + 1) // 2)
        last = min(steps - 1, (wave - 1) // 2)
        for t in prange(first, last + 1):
            i = wave - 2 * t
            for j in range(1, n - 1):
                a[i, j] = (
                    a[i - 1, j - 1] + a[i - 1, j] + a[i - 1, j + 1]
                    + a[i, j - 1] + a[i, j] + a[i, j + 1]
                    + a[i + 1, j - 1] + a[i + 1, j] + a[i + 1, j + 1]
                ) / 9.0
