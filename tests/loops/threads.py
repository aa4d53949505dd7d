"""Loops whose iterations are the threads of a GPU, in shapes that are easily got wrong there."""

import numpy as np


def named_like_types(a, n):
    int = state = 0
    for double in range(n):              #: parallel
        record = a[double] * 2.0
        a[double] = record + 1.0
        größe = float(double)
    return double, record, größe, int, state


def down_the_columns(a, b):
    n, m = a.shape
    for i in range(m):                   #: parallel-if
        for j in range(n):               #: parallel-if
            b[j, i] = a[j, i] * 0.5 + i
    return i, j


def below_the_diagonal(a, b, n):
    t = -1.0
    for i in range(n):                   #: parallel-if
        for j in range(i):               #: parallel-if
            t = a[i, j] + a[j, i]
            b[i, j] = t
    return i, t


def three_deep(a, b, n):
    for i in range(n):                   #: parallel-if
        x = float(i)
        for j in range(n):               #: parallel-if
            y = x * j
            for k in range(n):           #: parallel-if
                b[i, j, k] = a[k, j, i] + y
    return i, j, k, x, y


def every_third_from_the_end(a, n):
    for i in range(n - 1, -1, -3):       #: parallel-if
        a[i] = i * 1.5
    return i


def row_by_row(a, row, n):
    for i in range(n):                   #: parallel-if
        s = 0.0
        for j in range(n):               #: parallel-if
            s += a[i, j]
        row[i] = s
    return s


def time_steps(u, v, n, steps):
    for t in range(steps):               #: serial
        for i in range(1, n - 1):        #: parallel-if
            v[i] = 0.25 * (u[i - 1] + 2.0 * u[i] + u[i + 1])
        for i in range(1, n - 1):        #: parallel-if
            u[i] = v[i]
    return t, i


def elimination(a, n):
    for k in range(n - 1):               #: serial
        pivot = a[k, k]
        for i in range(k + 1, n):        #: parallel
            factor = a[i, k] / pivot
            for j in range(k + 1, n):    #: parallel
                a[i, j] = a[i, j] - factor * a[k, j]
    return k, pivot


def weighted_counts(counts, where, weights):
    for i in range(len(where)):          #: parallel-if
        counts[where[i]] += weights[i]
    return counts


def counts_in_a_table(table, rows, columns):
    for i in range(len(rows)):           #: parallel-if
        table[rows[i], columns[i]] += 1
    return table


def last_of_equal_minima(a):
    low = a[0]
    at = -1
    for i in range(len(a)):              #: parallel-if
        if a[i] <= low:
            low = a[i]
            at = i
    return low, at


def several_at_once(a, b):
    total = 0
    most = b[0]
    at = 0
    some = None
    for i in range(len(a)):              #: parallel-if
        total += a[i]
        if b[i] > most:
            most = b[i]
            at = i
        if b[i] > 1.0:
            some = i
    return total, most, at, some


def steps_until_one(out, n):
    longest = 0
    for i in range(1, n):                #: parallel-if
        x = i
        steps = 0
        while x != 1:
            x = x // 2 if x % 2 == 0 else 3 * x + 1
            steps += 1
        out[i] = steps
        if steps > longest:
            longest = steps
    return longest


def only_outside(a, idx):
    for i in range(len(idx)):            #: parallel-if
        a[idx[i]] = i


def _zeros(rng, n):
    values = rng.integers(-2, 3, n) * 1.0
    values[values == 0] = rng.choice([0.0, -0.0], (values == 0).sum())
    return values


ARGUMENTS = {
    "named_like_types": lambda rng: [(rng.standard_normal(70), 70), (rng.standard_normal(3), 4)],
    "down_the_columns": lambda rng: [
        (rng.standard_normal((9, 70)), np.zeros((9, 70))),
        (rng.standard_normal((40, 30)), np.zeros((40, 30), order="F")),
        (rng.standard_normal((4, 3)), np.zeros((4, 2))),
    ],
    "below_the_diagonal": lambda rng: [
        (rng.standard_normal((n, n)), np.zeros((n, n)), n) for n in (1, 2, 33)
    ],
    "three_deep": lambda rng: [(rng.standard_normal((7, 7, 7)), np.zeros((7, 7, 7)), 7)],
    "every_third_from_the_end": lambda rng: [(np.zeros(100), 100), (np.zeros(5), 7)],
    "row_by_row": lambda rng: [(rng.standard_normal((30, 30)), np.zeros(30), 30)],
    "time_steps": lambda rng: [
        (rng.standard_normal(50), np.zeros(50), 50, 4),
        (np.full(20, 1e308), np.zeros(20), 20, 3),
        (np.ones(20), np.zeros(20), 20, 0),
    ],
    "elimination": lambda rng: [
        (rng.standard_normal((12, 12)), 12),
        (np.zeros((5, 5)), 5),
    ],
    "weighted_counts": lambda rng: [
        (np.zeros(10, np.int64), rng.integers(0, 10, 300), rng.integers(-5, 6, 300)),
        (np.zeros(4, np.int32), rng.integers(0, 4, 100), rng.integers(-5, 6, 100).astype(np.int32)),
        (np.full(3, 2**63 - 5), rng.integers(0, 3, 50), rng.integers(-5, 6, 50)),
        (np.zeros(5000, np.int64), rng.integers(0, 5000, 300), rng.integers(-5, 6, 300)),
    ],
    "counts_in_a_table": lambda rng: [
        (np.zeros((5, 6), np.int64), rng.integers(0, 5, 200), rng.integers(0, 6, 200)),
        (np.zeros((5, 60), np.uint32)[:, ::7], rng.integers(0, 5, 200), rng.integers(0, 6, 200)),
        (np.zeros((5, 6), np.int64), rng.integers(0, 5, 20), rng.integers(-9, 6, 20)),
    ],
    "last_of_equal_minima": lambda rng: [
        (_zeros(rng, 200),), (np.zeros(40),), (np.array([np.nan, 1.0, 0.5]),)
    ],
    "several_at_once": lambda rng: [
        (rng.integers(-9, 9, 300), rng.standard_normal(300)),
        (rng.integers(-9, 9, 300).astype(np.int8), rng.standard_normal(300)),
        (np.full(10, 2**62), np.zeros(10)),
    ],
    "steps_until_one": lambda rng: [(np.zeros(100, np.int64), 100)],
    "only_outside": lambda rng: [
        (np.zeros(50), rng.permutation(50)), (np.zeros(50), np.append(rng.permutation(50), 77))
    ],
}
