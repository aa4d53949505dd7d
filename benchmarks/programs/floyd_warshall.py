"""Lengths of the shortest paths between all pairs of nodes of a graph."""

import numpy as np


def floyd_warshall(distance):
    n = distance.shape[0]
    for k in range(n):
        for i in range(n):
            for j in range(n):
                through = distance[i, k] + distance[k, j]
                if through < distance[i, j]:
                    distance[i, j] = through


SIZES = {"tiny": 9, "cpython": 90, "full": 500}
OUTPUTS = ("distance",)


def make(size, rng):
    distance = rng.uniform(1.0, 100.0, (size, size))
    distance[rng.random((size, size)) < 0.5] = np.inf
    np.fill_diagonal(distance, 0.0)
    return (distance,)
