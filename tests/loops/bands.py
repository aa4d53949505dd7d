"""Loops that have to run in order, and may do so inside bands of the loop that is their body."""

import numpy as np


def sums_of_columns(a, s):
    for i in range(a.shape[0]):            #: parallel-if DEP117
        for j in range(a.shape[1]):        #: parallel-if
            s[j] += a[i, j]
    return s, i, j


def down_the_columns(u, a):
    for i in range(1, a.shape[0]):         #: serial DEP117
        for j in range(a.shape[1]):        #: parallel-if
            u[i, j] = u[i - 1, j] * 0.5 + a[i, j]
    return u, i, j


def up_the_columns(u, a):
    for i in range(a.shape[0] - 2, -1, -1):  #: serial DEP117
        for j in range(0, a.shape[1], 2):    #: parallel-if
            u[i, j] = u[i + 1, j] - a[i, j]
    return u, i, j


def relaxed(u, w, steps):
    for t in range(steps):                 #: serial DEP117
        for i in range(len(u)):            #: parallel-if
            u[i] = u[i] * 0.5 + w[i]
    return u


def relaxed_with_names(u, w, steps):
    for t in range(steps):                 #: serial DEP117
        for i in range(len(u)):            #: parallel-if
            x = u[i] - w[i]
            y = x * x
            u[i] = y * 0.25
    return u, x, y, t, i


def under_a_condition(a, s, c):
    for i in range(a.shape[0]):            #: serial DEP117
        for j in range(a.shape[1]):        #: parallel-if
            if a[i, j] > s[j]:
                s[j] = a[i, j]
                c[j] = i
    return s, c, i, j


def two_products(a, p, r, q, s):
    for i in range(a.shape[0]):            #: parallel-if RED101
        q[i] = 0.0
        for j in range(a.shape[1]):        #: parallel-if RED101
            s[j] += r[i] * a[i, j]
            q[i] += a[i, j] * p[j]
    return q, s, i, j


def one_after_the_other(a, x, y, product):
    for i in range(a.shape[0]):            #: parallel-if RED101
        product[i] = 0.0
        for j in range(a.shape[1]):        #: parallel-if RED101
            product[i] += a[i, j] * x[j]
        for j in range(a.shape[1]):        #: parallel-if
            y[j] += a[i, j] * product[i]
    return y, product, i, j


def no_columns(a, s, m):
    i = j = -1
    for i in range(a.shape[0]):            #: parallel-if
        for j in range(m):                 #: parallel-if
            s[j] += a[i, j]
    return s, i, j


def divides_by_zero_somewhere(a, s):
    for i in range(a.shape[0]):            #: serial DEP117
        for j in range(a.shape[1]):        #: parallel-if
            s[j] = s[j] / a[i, j] + i // (j - 70)
    return s


def overflows_somewhere(u, steps):
    for t in range(steps):                 #: serial DEP117
        for i in range(len(u)):            #: parallel
            u[i] = u[i] * u[i]
    return u


def out_of_range_at_the_end(a, s, m):
    for i in range(a.shape[0]):            #: parallel-if
        for j in range(m):                 #: parallel-if
            s[j] += a[i, j]
    return s


def from_the_neighbour(u, steps):
    for t in range(steps):                 #: parallel-if
        for i in range(1, len(u)):         #: serial
            u[i] = u[i - 1] * 0.5 + u[i]
    return u


def a_triangle(a, s):
    for i in range(a.shape[0]):            #: parallel-if RED101
        for j in range(i):                 #: parallel-if
            s[j] += a[i, j]
    return s, i, j


def into_any_column(a, s, k):
    for i in range(a.shape[0]):            #: serial
        for j in range(a.shape[1]):        #: parallel-if
            s[k[j]] = s[k[j]] * 0.5 + a[i, j]
    return s


def with_a_total(a, s):
    total = 0.0
    for i in range(a.shape[0]):            #: parallel-if
        for j in range(a.shape[1]):        #: parallel-if
            s[j] += a[i, j]
            total += a[i, j]
    return s, total


def of_one_array(a, m):
    for i in range(1, a.shape[0]):         #: serial
        for j in range(m):                 #: parallel
            a[i, j] = a[i, j] + a[i - 1, j]
    return a


def _a(rng, *shape):
    return rng.integers(-8, 9, shape or (37, 150)) * 0.125


def _grown(rng):
    return [(np.full(200, 1.0), 3), (_a(rng, 150) * 1e3, 9)]


ARGUMENTS = {
    "sums_of_columns": lambda rng: [
        (_a(rng), np.zeros(150)),
        (np.asfortranarray(_a(rng)), np.zeros(150, np.float32)),
        (rng.integers(0, 9, (37, 150)), np.zeros(150, np.int64)),
        (_a(rng, 1, 5), np.zeros(5)),
    ],
    "down_the_columns": lambda rng: [(_a(rng), _a(rng)), (_a(rng, 9, 3), _a(rng, 9, 3))],
    "up_the_columns": lambda rng: [(_a(rng), _a(rng))],
    "relaxed": lambda rng: [(_a(rng, 3000), _a(rng, 3000), n) for n in (0, 1, 9, 20)],
    "relaxed_with_names": lambda rng: [(_a(rng, 300), _a(rng, 300), n) for n in (1, 9, 20)],
    "under_a_condition": lambda rng: [(_a(rng), _a(rng, 150), np.zeros(150, np.int64))],
    "two_products": lambda rng: [
        (_a(rng), _a(rng, 150), _a(rng, 37), np.ones(37), np.ones(150)),
        (_a(rng, 9, 1), _a(rng, 1), _a(rng, 9), np.ones(9), np.ones(1)),
    ],
    "one_after_the_other": lambda rng: [(_a(rng), _a(rng, 150), _a(rng, 150), np.ones(37))],
    "no_columns": lambda rng: [(_a(rng), np.zeros(150), m) for m in (0, 1, 150)],
    "divides_by_zero_somewhere": lambda rng: [
        (_a(rng), _a(rng, 150)),
        (np.abs(_a(rng, 37, 60)) + 1, _a(rng, 60)),
    ],
    "overflows_somewhere": _grown,
    "out_of_range_at_the_end": lambda rng: [(_a(rng), np.zeros(150), m) for m in (150, 151)],
    "from_the_neighbour": lambda rng: [(_a(rng, 200), 20)],
    "a_triangle": lambda rng: [(_a(rng, 40, 40), np.zeros(40))],
    "into_any_column": lambda rng: [(_a(rng), np.zeros(150), rng.integers(0, 150, 150))],
    "with_a_total": lambda rng: [(_a(rng), np.zeros(150))],
    "of_one_array": lambda rng: [(_a(rng), m) for m in (150, 7)],
}
