"""Loops that pass through one of their iterations: before it and after it any order will do."""

import numpy as np


def shortest_paths(d):
    n = d.shape[0]
    for k in range(n):                   #: serial
        for i in range(n):               #: serial DEP113
            for j in range(n):           #: serial DEP113
                through = d[i, k] + d[k, j]
                if through < d[i, j]:
                    d[i, j] = through
    return d


def add_one_element_to_all(a, k):
    for i in range(len(a)):              #: parallel-if
        a[i] = a[i] + a[k]
    return a, i


def add_the_third_to_all(a):
    for i in range(len(a)):              #: serial DEP113
        a[i] = a[i] * 0.5 + a[2]
    return a, i


def sweep_with_a_pivot_row(m, b):
    n = m.shape[0]
    for k in range(n):                   #: serial
        pivot = m[k, k]
        for i in range(n):               #: serial DEP113
            factor = m[i, k] / pivot
            b[i] = factor
            for j in range(n):           #: parallel
                m[i, j] = m[i, j] - factor * m[k, j]
    return m, b, factor


def two_pivots(a, k, l):
    for i in range(len(a)):              #: parallel-if
        a[i] = a[k] + a[l]
    return a


def pivot_counted_from_the_end(a):
    for i in range(len(a)):              #: serial
        a[i] = a[i] + a[-3]
    return a


def pivot_that_the_loop_changes(a, k):
    for i in range(len(a)):              #: serial
        a[i] = a[i] + a[k]
        if a[i] > 2.0:
            k = i // 2
    return a, k


def last_iteration_feeds_the_next_sweep(d, n):
    s = 0
    for i in range(n):                   #: serial
        t = d[i, 1]
        s += i
        d[i, 0] = d[3, 1] + t
        d[i, 1] = t * 2.0
    return d, s, t, i


def divides_by_a_pivot(a, k):
    for i in range(len(a)):              #: parallel-if
        a[i] = a[i] / a[k]
    return a


def _n(rng, *shape):
    return rng.standard_normal(shape)


ARGUMENTS = {
    "shortest_paths": lambda rng: [(rng.uniform(1, 9, (n, n)),) for n in (0, 1, 2, 9, 40)] + [(np.asfortranarray(rng.uniform(1, 9, (20, 20))),), (rng.uniform(1, 9, (20, 25)),), (rng.uniform(1, 9, (25, 20)),), (rng.integers(1, 90, (30, 30)),)],
    "add_one_element_to_all": lambda rng: [(_n(rng, 3000), k) for k in (0, 1, 1500, 2999, 3000, -1, -3001)] + [(rng.integers(0, 9, 70), 7), (_n(rng, 40).astype("f4"), 3)],
    "add_the_third_to_all": lambda rng: [(_n(rng, n),) for n in (0, 2, 3, 4, 3000)],
    "sweep_with_a_pivot_row": lambda rng: [(_n(rng, n, n), np.zeros(n)) for n in (1, 5, 30)] + [(np.zeros((4, 4)), np.zeros(4)), (_n(rng, 6, 6), np.zeros(5))],
    "two_pivots": lambda rng: [(_n(rng, 300), k, l) for k, l in ((3, 3), (3, 9), (9, 300), (-1, 4))],
    "pivot_counted_from_the_end": lambda rng: [(_n(rng, n),) for n in (2, 3, 300)],
    "pivot_that_the_loop_changes": lambda rng: [(_n(rng, 300), 5)],
    "last_iteration_feeds_the_next_sweep": lambda rng: [(_n(rng, 900, 2), 900), (_n(rng, 900, 2), 901), (_n(rng, 900, 3)[:, ::2], 2), (_n(rng, 4, 2), 0)],
    "divides_by_a_pivot": lambda rng: [(rng.integers(0, 2, 900).astype(float), 7), (rng.integers(0, 2, 900).astype(float), 8), (np.arange(9.0), 3)],
}
