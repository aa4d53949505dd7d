"""A picture filtered with a small kernel, the border left out."""

import numpy as np


def conv2d(image, kernel, out):
    height, width = out.shape
    for i in range(height):
        for j in range(width):
            total = 0.0
            for p in range(kernel.shape[0]):
                for q in range(kernel.shape[1]):
                    total += image[i + p, j + q] * kernel[p, q]
            out[i, j] = total


SIZES = {"tiny": (9, 3), "cpython": (110, 5), "full": (1200, 5)}
OUTPUTS = ("out",)


def make(size, rng):
    n, width = size
    return rng.random((n, n)), rng.random((width, width)), np.zeros((n - width + 1, n - width + 1))
