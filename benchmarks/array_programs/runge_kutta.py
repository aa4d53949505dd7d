"""Runge-Kutta steps of many starting values, of a function that is passed as a value."""

import numpy as np


def logistic(t, y):
    return 0.7 * y * (1.0 - y) - 0.1 * t * y


def rk4(f, t, y, h):
    k1 = f(t, y)
    k2 = f(t + 0.5 * h, y + 0.5 * h * k1)
    k3 = f(t + 0.5 * h, y + 0.5 * h * k2)
    k4 = f(t + h, y + h * k3)
    return y + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)


def runge_kutta(starts, ends, h, steps):
    for i in range(len(starts)):
        y = starts[i]
        for k in range(steps):
            y = rk4(logistic, k * h, y, h)
        ends[i] = y


HELPERS = ("logistic", "rk4")
SIZES = {"tiny": (4, 6), "full": (2000, 200)}
OUTPUTS = ("ends",)


def make(size, rng):
    n, steps = size
    return rng.random(n), np.zeros(n), 0.01, steps
