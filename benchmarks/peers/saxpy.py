"""Numba takes a Python float for double precision, so `a` is narrowed by hand."""

import numpy as np
from numba import prange


def serial(a, x, y):
    factor = np.float32(a)
    for i in range(len(x)):
        y[i] = factor * x[i] + y[i]


def parallel(a, x, y):
    factor = np.float32(a)
    for i in prange(len(x)):
        y[i] = factor * x[i] + y[i]
