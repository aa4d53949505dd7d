"""The mean of a window that moves along a signal."""

import numpy as np


def moving_mean(x, y, w):
    for i in range(w, len(x) - w):
        y[i] = x[i - w:i + w + 1].mean()


def idiom(x, y, w):
    y[w:len(x) - w] = np.lib.stride_tricks.sliding_window_view(x, 2 * w + 1).mean(axis=1)


SIZES = {"tiny": (50, 4), "full": (100_000, 25)}
OUTPUTS = ("y",)


def make(size, rng):
    n, w = size
    return rng.standard_normal(n), np.zeros(n), w
