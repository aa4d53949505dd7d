"""A filter of three by three over an image, patch by patch."""

import numpy as np


def image_filter(a, w, out):
    n, m = a.shape
    for i in range(n - 2):
        for j in range(m - 2):
            out[i, j] = np.sum(w * a[i:i + 3, j:j + 3])


def idiom(a, w, out):
    windows = np.lib.stride_tricks.sliding_window_view(a, (3, 3))
    out[:-2, :-2] = (w * windows).sum(axis=(2, 3))


SIZES = {"tiny": 12, "full": 500}
OUTPUTS = ("out",)


def make(size, rng):
    return rng.random((size, size)), rng.standard_normal((3, 3)), np.zeros((size, size))
