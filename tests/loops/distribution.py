"""Loops of which one statement has to run in order, and the others need not."""

import numpy as np


def sum_beside_a_map(a, b, c):
    s = 0.0
    for i in range(len(a)):              #: serial DEP105
        s = s * 0.5 + a[i]
        b[i] = a[i] * 2.0 + 1.0
        c[i] = np.sqrt(b[i]) + a[i]
    return s, i


def recurrence_beside_a_map(a, b):
    for i in range(1, len(a)):           #: serial DEP102
        a[i] = a[i - 1] * 0.5 + b[i]
        b[i] = b[i] * 2.0
    return a, b


def map_that_a_recurrence_needs(a, b):
    for i in range(1, len(a)):           #: serial DEP102
        b[i] = b[i] * 2.0
        a[i] = a[i - 1] * 0.5 + b[i]
    return a, b


def anti_dependence_between_parts(a, b, c):
    for i in range(len(a) - 1):          #: serial
        b[i] = a[i + 1] + c[i]
        a[i] = c[i] * 3.0
        c[i + 1] = c[i] + 1.0
    return a, b, c


def rows_in_order_beside_rows_in_any(a, b, n, m):
    for i in range(1, n):                #: serial DEP102
        for j in range(m):               #: parallel-if
            a[i, j] = a[i - 1, j] * 0.5 + b[i, j]
        b[i, 0] = i
        for j in range(m):               #: parallel
            b[i, j] = b[i, j] + 1.0
    return a, b, j


def part_that_divides_by_zero(a, b, c, d):
    t = 0
    for i in range(1, len(a)):           #: serial DEP102
        t = t + 1
        a[i] = a[i - 1] + t
        b[i] = a[i] * 2.0
        c[i] = d[i] / c[i]
    return t


def part_that_is_out_of_range(a, b, n):
    for i in range(1, n):                #: serial DEP102
        a[i] = a[i - 1] + 1.0
        b[i] = a[i] * 2.0
    return a, b


def two_recurrences_and_a_map(a, b, c):
    for i in range(1, len(a)):           #: serial DEP102
        a[i] = a[i - 1] + 1
        c[i] = a[i] + b[i]
        b[i] = b[i - 1] * 2
    return a, b, c


def index_that_is_bound_before_a_recurrence(a, n, k):
    c = 0
    for i in range(n):                   #: serial
        i = k
        a[c] = n
        c = c + 1
    return a, i, c


def inner_index_that_parts_share_in_another_order(a, b, c, n, m):
    j = -5
    for i in range(1, n):                #: serial
        for j in range(m):
            a[i, j] = b[i - 1, j] * 2
        for j in range(m - 1):
            b[i, j] = c[i, j] + 1
    return a, b, i, j


def inner_index_that_the_last_iteration_leaves_alone(a, b, c, n, m):
    j = -5
    for i in range(1, n):                #: serial
        for j in range(m):
            a[i, j] = a[i - 1, j] + c[i, j]
        for j in range(n - 1 - i):
            b[i, j] = a[i, j] + 1
    return a, b, i, j


def _n(rng, *shape):
    return rng.standard_normal(shape)


ARGUMENTS = {
    "sum_beside_a_map": lambda rng: [(abs(_n(rng, n)), np.zeros(n), np.zeros(n)) for n in (1, 7, 3000)] + [(_n(rng, 60), np.zeros(60), np.zeros(60)), (np.ones(5), np.zeros(5), np.zeros(4))],
    "recurrence_beside_a_map": lambda rng: [(_n(rng, n), _n(rng, n)) for n in (0, 1, 2, 3000)] + [(x[1:], x[:-1]) if (x := _n(rng, 50)) is not None else None],
    "map_that_a_recurrence_needs": lambda rng: [(_n(rng, n), _n(rng, n)) for n in (0, 2, 3000)] + [(x, x) if (x := _n(rng, 50)) is not None else None],
    "anti_dependence_between_parts": lambda rng: [(_n(rng, n), _n(rng, n), _n(rng, n)) for n in (1, 2, 3000)],
    "rows_in_order_beside_rows_in_any": lambda rng: [(_n(rng, 40, 30), _n(rng, 40, 30), 40, 30), (_n(rng, 40, 30), _n(rng, 40, 30), 41, 30)],
    "part_that_divides_by_zero": lambda rng: [(_n(rng, 900), _n(rng, 900), rng.integers(0, 2, 900).astype(float), _n(rng, 900)), (np.zeros(9, int), np.zeros(9, int), np.arange(9.0) - 4, np.ones(9))],
    "part_that_is_out_of_range": lambda rng: [(_n(rng, 900), _n(rng, 800), 900), (_n(rng, 700), _n(rng, 800), 800), (_n(rng, 900), _n(rng, 900), 900)],
    "two_recurrences_and_a_map": lambda rng: [(rng.integers(0, 9, n), rng.integers(0, 9, n), np.zeros(n, int)) for n in (2, 30, 300)],
    "index_that_is_bound_before_a_recurrence": lambda rng: [(np.zeros(n), n, 2) for n in (1, 7, 3000)],
    "inner_index_that_parts_share_in_another_order": lambda rng: [(_n(rng, n, m), _n(rng, n, m), _n(rng, n, m), n, m) for n, m in ((2, 3), (40, 7), (40, 1))],
    "inner_index_that_the_last_iteration_leaves_alone": lambda rng: [(_n(rng, n, n), _n(rng, n, n), _n(rng, n, n), n, n - 1) for n in (2, 3, 40)],
}
