"""Points in parallel."""

import numpy as np
from numba import prange


def parallel(points, centres, labels, distances):
    for i in prange(points.shape[0]):
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
