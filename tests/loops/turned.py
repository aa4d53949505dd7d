"""Loops over rows that a GPU turns out: its threads are the columns, or rows and columns."""

import numpy as np


def columns_over_rows(a, x, y):
    for i in range(a.shape[0]):          #: parallel-if RED101
        for j in range(a.shape[1]):      #: parallel-if
            y[j] += a[i, j] * x[i]
    return i, j


def product_and_its_transpose(a, x, y, product):
    n, m = a.shape
    for i in range(n):                   #: parallel-if RED101
        product[i] = 0.0
        for j in range(m):               #: parallel-if RED101
            product[i] += a[i, j] * x[j]
        for j in range(m):               #: parallel-if
            y[j] += a[i, j] * product[i]
    return i, j


def columns_in_each_step(a, y, steps):
    for t in range(steps):               #: serial DEP102
        for i in range(1, a.shape[0]):   #: parallel-if RED101
            for j in range(a.shape[1]):  #: parallel-if
                y[j] += a[i, j] * 0.5
        for j in range(a.shape[1]):      #: parallel-if
            a[0, j] = y[j] + t
    return t, i, j


def row_before_its_columns(a, x, y, p):
    for i in range(len(x)):              #: parallel-if
        x[i] = x[i] / p
        for j in range(len(y)):          #: parallel-if
            a[i, j] -= x[i] * y[j]
    return i, j


def several_before_their_columns(a, b, x, y, z):
    for i in range(1, len(x)):           #: parallel-if
        x[i] += 1.0
        z[i] = x[i] * 2.0
        for j in range(len(y)):          #: parallel-if
            a[i, j] = x[i] + y[j]
        for j in range(1, len(y)):       #: parallel-if
            b[i, j] = a[i, j - 1] * z[i]
    return i, j


def number_before_its_columns(a, x, y):
    for i in range(len(x)):              #: parallel-if
        s = x[i] * 2.0
        x[i] = s
        for j in range(len(y)):          #: parallel-if
            a[i, j] = s + y[j]
    return i, j, s


def diagonals(a, n):
    for i in range(1, n):                #: serial DEP102
        for j in range(n - 1):           #: parallel
            a[i, j] = a[i - 1, j + 1] + 1.0
    return i, j


def columns_down(a, b, n):
    for i in range(1, n):                #: serial DEP102
        for j in range(n):               #: parallel-if
            a[i, j] = a[i - 1, j] * 0.5 + b[i, j]
    return i, j


def steps_without_rows(a, x, y, steps, n):
    i = j = t = -7
    for t in range(1, steps):            #: parallel-if RED101
        for i in range(t, n):            #: parallel-if RED101
            x[i] = x[i] + t
            for j in range(len(y)):      #: parallel-if
                y[j] += a[i, j] * 0.5
    return i, j, t


def corner_without_rows(c, n, m, steps):
    i = j = t = -7
    for t in range(1, steps):            #: parallel-if RED101
        for i in range(t, n):            #: parallel-if RED101
            for j in range(1, m):        #: parallel
                c[j] += i
    return i, j, t


def _n(rng, *shape):
    return rng.standard_normal(shape)


ARGUMENTS = {
    "columns_over_rows": lambda rng: [(_n(rng, n, m), _n(rng, n), _n(rng, m)) for n, m in ((30, 20), (1, 9), (9, 1), (5, 0), (0, 5))],
    "product_and_its_transpose": lambda rng: [(_n(rng, n, m), _n(rng, m), _n(rng, m), _n(rng, n)) for n, m in ((30, 20), (7, 1), (3, 0), (0, 3))] + [(np.full((9, 9), 1e300), np.ones(9), np.zeros(9), np.zeros(9))],
    "columns_in_each_step": lambda rng: [(_n(rng, 20, 30), _n(rng, 30), n) for n in (0, 1, 4)],
    "row_before_its_columns": lambda rng: [(_n(rng, 30, 20), _n(rng, 30), _n(rng, 20), p) for p in (3.0, 0.0, 2)] + [(_n(rng, 30, 20), _n(rng, 30), _n(rng, 0), 3.0)],
    "several_before_their_columns": lambda rng: [(_n(rng, n, m), _n(rng, n, m), _n(rng, n), _n(rng, m), _n(rng, n)) for n, m in ((30, 20), (2, 1), (9, 2))] + [(a, a, _n(rng, 12), _n(rng, 12), _n(rng, 12)) if (a := _n(rng, 12, 12)) is not None else None],
    "number_before_its_columns": lambda rng: [(_n(rng, 30, 20), _n(rng, 30), _n(rng, 20))],
    "steps_without_rows": lambda rng: [(_n(rng, 9, 8), _n(rng, 9), _n(rng, 8), steps, n) for steps, n in ((3, 9), (3, 2), (2, 1), (1, 9))],
    "corner_without_rows": lambda rng: [(rng.integers(0, 9, 9), n, m, steps) for n, m, steps in ((7, 3, 2), (2, 3, 3), (9, 9, 5), (2, 1, 4))],
    "diagonals": lambda rng: [(_n(rng, n, n), n) for n in (1, 2, 40)],
    "columns_down": lambda rng: [(_n(rng, n, n), _n(rng, n, n), n) for n in (1, 2, 40)],
}
