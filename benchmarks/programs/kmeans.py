"""The assignment step of k-means: the nearest of the centres for every point."""

import numpy as np


def kmeans(points, centres, labels, distances):
    for i in range(points.shape[0]):
        best = 0
        nearest = np.inf
        for c in range(centres.shape[0]):
            distance = 0.0
            for k in range(points.shape[1]):
                difference = points[i, k] - centres[c, k]
                distance += difference * difference
            if distance < nearest:
                nearest = distance
                best = c
        labels[i] = best
        distances[i] = nearest


SIZES = {"tiny": (20, 3, 2), "cpython": (4_000, 16, 4), "full": (200_000, 16, 8)}
OUTPUTS = ("labels", "distances")


def make(size, rng):
    n, k, dimensions = size
    points = rng.standard_normal((n, dimensions))
    return points, points[:k].copy(), np.zeros(n, dtype=np.int64), np.zeros(n)
