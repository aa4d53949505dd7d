"""An image in another size, pixel by pixel, between the four nearest."""

import numpy as np


def bilinear(image, out):
    n, m = image.shape
    h, w = out.shape
    for i in range(h):
        for j in range(w):
            y = i * (n - 1) / (h - 1)
            x = j * (m - 1) / (w - 1)
            y0, x0 = int(y), int(x)
            y1, x1 = min(y0 + 1, n - 1), min(x0 + 1, m - 1)
            fy, fx = y - y0, x - x0
            top = image[y0, x0] * (1 - fx) + image[y0, x1] * fx
            bottom = image[y1, x0] * (1 - fx) + image[y1, x1] * fx
            out[i, j] = top * (1 - fy) + bottom * fy


def idiom(image, out):
    n, m = image.shape
    h, w = out.shape
    y = np.arange(h) * (n - 1) / (h - 1)
    x = np.arange(w) * (m - 1) / (w - 1)
    y0, x0 = y.astype(int), x.astype(int)
    y1, x1 = np.minimum(y0 + 1, n - 1), np.minimum(x0 + 1, m - 1)
    fy, fx = (y - y0)[:, None], x - x0
    top = image[y0][:, x0] * (1 - fx) + image[y0][:, x1] * fx
    bottom = image[y1][:, x0] * (1 - fx) + image[y1][:, x1] * fx
    out[:] = top * (1 - fy) + bottom * fy


SIZES = {"tiny": ((7, 9), (10, 8)), "full": ((300, 400), (600, 500))}
OUTPUTS = ("out",)


def make(size, rng):
    return rng.random(size[0]), np.zeros(size[1])
