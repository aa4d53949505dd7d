"""How soon points of the plane escape, by a function with an early return."""

import numpy as np


def escape(cx, cy, limit):
    x = y = 0.0
    for n in range(limit):
        if x * x + y * y > 4.0:
            return n
        x, y = x * x - y * y + cx, 2.0 * x * y + cy
    return limit


def escape_time(image, limit):
    n, m = image.shape
    for i in range(n):
        for j in range(m):
            image[i, j] = escape(-2.0 + 2.5 * j / m, -1.25 + 2.5 * i / n, limit)


HELPERS = ("escape",)
SIZES = {"tiny": (9, 12, 20), "full": (200, 250, 60)}
OUTPUTS = ("image",)


def make(size, rng):
    n, m, limit = size
    return np.zeros((n, m), np.int64), limit
