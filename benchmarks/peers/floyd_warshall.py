"""Rows in parallel for each node; row k does not change in step k, as no path is negative.

The element is stored whether it is shorter or not, so that the inner loop vectorizes.
"""

from numba import prange


def serial(distance):
    n = distance.shape[0]
    for k in range(n):
        for i in range(n):
            to_k = distance[i, k]
            for j in range(n):
                through = to_k + distance[k, j]
                distance[i, j] = through if through < distance[i, j] else distance[i, j]


def parallel(distance):
    n = distance.shape[0]
    for k in range(n):
        for i in prange(n):
            to_k = distance[i, k]
            for j in range(n):
                through = to_k + distance[k, j]
                distance[i, j] = through if through < distance[i, j] else distance[i, j]
