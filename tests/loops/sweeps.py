"""Steps of sweeps between grids: what a step writes before it reads it need not be kept."""

import numpy as np


def between_two_grids(steps, a, b):
    n = a.shape[0]
    for t in range(steps):               #: serial
        for i in range(1, n - 1):        #: parallel-if
            b[i] = 0.5 * (a[i - 1] + a[i + 1])
        for i in range(1, n - 1):        #: parallel-if
            a[i] = 0.5 * (b[i - 1] + b[i + 1])
    return t


def overflow_in_a_late_step(steps, a, b):
    n = a.shape[0]
    for t in range(steps):               #: serial
        for i in range(1, n - 1):        #: parallel-if
            b[i] = a[i - 1] + a[i + 1]
        for i in range(1, n - 1):        #: parallel-if
            a[i] = 4.0 * b[i]


def grid_of_which_one_element_is_left_out(steps, a, b, k):
    n = a.shape[0]
    for t in range(steps):               #: serial
        for i in range(k, n):            #: parallel-if
            b[i] = a[i] * 3.0
        for i in range(n):               #: parallel-if
            a[i] = b[i] + 1.0
        b[0] = a[0] * 1e5


def grid_that_only_some_steps_write(steps, a, b):
    n = a.shape[0]
    for t in range(steps):               #: serial
        for i in range(n):               #: parallel-if
            if a[i] > 1.0:
                b[i] = a[i] * 1e30
        for i in range(n):               #: parallel-if
            a[i] = b[i] * 0.5 + a[i]


def product_that_may_be_dropped(steps, a, b, c):
    n = a.shape[0]
    for t in range(steps):               #: serial
        for i in range(n):               #: parallel-if
            x = a[i] * a[i]
            if c[i] > 0:
                b[i] = x
            a[i] = a[i] * 2.0 + c[i]
    return x


def _n(rng, n):
    return rng.standard_normal(n)


ARGUMENTS = {
    "between_two_grids": lambda rng: [(s, _n(rng, n), _n(rng, n)) for s, n in ((1, 3), (5, 400), (7, 2), (0, 9))] + [(3, x[1:], x[:-1]) if (x := _n(rng, 50)) is not None else None],
    "overflow_in_a_late_step": lambda rng: [(s, np.ones(n), np.full(n, 7.0)) for s, n in ((400, 30), (5, 30))],
    "grid_of_which_one_element_is_left_out": lambda rng: [(70, abs(_n(rng, 60)), _n(rng, 60), k) for k in (0, 1, -1)],
    "grid_that_only_some_steps_write": lambda rng: [(60, _n(rng, n), _n(rng, n)) for n in (1, 90)],
    "product_that_may_be_dropped": lambda rng: [(600, abs(_n(rng, 30)), np.zeros(30), rng.integers(0, 2, 30).astype(float))],
}
