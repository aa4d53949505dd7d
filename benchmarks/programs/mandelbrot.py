"""How many steps each point of the plane takes to leave the circle of radius two."""

import numpy as np


def mandelbrot(x_min, x_max, y_min, y_max, limit, counts):
    height, width = counts.shape
    dx = (x_max - x_min) / width
    dy = (y_max - y_min) / height
    for row in range(height):
        for column in range(width):
            cr = x_min + column * dx
            ci = y_min + row * dy
            zr = 0.0
            zi = 0.0
            n = 0
            while n < limit and zr * zr + zi * zi <= 4.0:
                zr, zi = zr * zr - zi * zi + cr, 2.0 * zr * zi + ci
                n += 1
            counts[row, column] = n


SIZES = {"tiny": (8, 12, 30), "cpython": (90, 120, 100), "full": (600, 800, 200)}
OUTPUTS = ("counts",)


def make(size, rng):
    height, width, limit = size
    return -2.0, 0.6, -1.1, 1.1, limit, np.zeros((height, width), dtype=np.int64)
