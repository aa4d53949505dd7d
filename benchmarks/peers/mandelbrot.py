"""Rows in parallel."""

from numba import prange


def parallel(x_min, x_max, y_min, y_max, limit, counts):
    height, width = counts.shape
    dx = (x_max - x_min) / width
    dy = (y_max - y_min) / height
    for row in prange(height):
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
