"""Loops over rows of arrays and of lists, over pairs, and their lengths."""

import math

import numpy as np


def rows_of_an_array(a):
    s = 0
    row = None
    for row in a:                        #: serial
        for j in range(len(row)):
            s += row[j]
    return s, row


def items_of_rows(a):
    s = 0
    for row in a:                        #: serial
        for x in row:
            s += x
    return s


def largest_of_each_row(a, y):
    for i, row in enumerate(a):          #: serial
        m = row[0]
        for v in row:
            if v > m:
                m = v
        y[i] = m
    return y


def rows_side_by_side(a, b):
    s = 0
    for p, q in zip(a, b):               #: serial
        for k in range(len(p)):
            s += p[k] * q[k]
    return s, p, q


def rows_written(a):
    for row in a:                        #: serial
        for k in range(len(row)):
            row[k] = row[k] * 2 + k
    return a


def row_that_is_replaced_while_gone_over(a, b):
    s = 0
    for i in range(len(a)):              #: unsupported
        row = a[i]
        for x in row:                    #: unsupported
            s += x
            row = b
    return s


def pairs(points, y):
    k = 0
    for px, py in points:
        y[k] = px * px + py * py
        k += 1
    return y, k


def numbered_pairs(points, y):
    a = b = None
    for k, (a, b) in enumerate(points):
        y[k] = a - b
    return y, a, b


def closest_pair(points):
    best = math.inf
    for i in range(len(points)):
        for px, py in points:
            d = (px - points[i][0]) ** 2 + (py - points[i][1]) ** 2
            if 0 < d < best:
                best = d
    return best


def lengths_of_rows(g):
    s = 0
    for i in range(len(g)):              #: parallel-if
        for j in range(len(g[i])):
            s += g[i][j]
    return s


def length_of_the_first_row(g, n):
    for i in range(n):                   #: parallel
        for j in range(len(g[0])):
            g[i][j] += i
    return g


def length_of_a_row_that_may_not_be_there(g, n):
    s = 0
    for i in range(n):                   #: parallel-if
        s += len(g[i + 1])
    return s


def length_asked_by_while(g, n):
    s = 0
    for i in range(n):                   #: unsupported
        k = 0
        while k < len(g[i]):
            s += g[i][k]
            k += 1
    return s


def row_by_its_place(g, k):
    s = 0
    for i in range(len(g)):              #: parallel-if
        for x in g[i]:
            s += x
        for x, y in zip(g[i - 1], g[k]):
            s += x * y
    return s


def row_that_may_not_be_there(g, n):
    row, i = None, -1
    try:
        for i in range(n):               #: serial
            row = g[i]
            row[i % 2] += 1
    except IndexError as error:
        return g, row, i, row is g[i - 1], str(error)
    return g, row, i, row is g[-1]


def row_where_it_stops(g, limit):
    row = g
    for row in g:                        #: serial
        if row[0] > limit:
            break
    return [row is part for part in g]


def two_rows_by_name(g):
    for i in range(1, len(g)):           #: serial
        old, new = g[i - 1], g[i]
        for j in range(len(new)):
            new[j] = old[j] + new[j]
    return g


def rows_before_and_now(g):
    for i in range(1, len(g)):           #: serial
        old = g[i - 1]
        new = g[i]
        for j in range(len(new)):
            new[j] = old[j] + new[j]
    return g, old is g[-2], new is g[-1]


def row_of_an_iteration_before(g):
    s, row = 0, g[0]
    for i in range(len(g)):              #: serial; runs interpreter
        s += row[0]
        row = g[i]
    return s, row is g[-1]


def row_compared(g):
    k = 0
    for row in g:                        #: parallel-if; runs interpreter
        if row > g[0]:
            k += 1
    return k


def row_divided(g, y):
    for i, row in enumerate(g):          #: serial
        for j, x in enumerate(row):
            y[i][j] = 1.0 / x
    return y


class _Row(list):
    def __len__(self):
        return 1


def _ints(rng, n, m):
    return [[int(v) for v in row] for row in rng.integers(-50, 50, (n, m))]


def _floats(rng, n, m):
    return [[float(v) for v in row] for row in rng.normal(size=(n, m))]


def _tables(rng):
    return [
        (rng.normal(size=(4, 3)),),
        (rng.integers(-9, 9, (4, 3)),),
        (rng.normal(size=(3, 4)).T,),
        (_ints(rng, 4, 3),),
        (_floats(rng, 4, 3),),
        (_floats(rng, 1, 1),),
        (_ints(rng, 4, 0),),
        ([(1, 2), (3, 4)],),
        ([[1, 2], [3]],),
        ([[1, 2], (3, 2**70)],),
        (np.zeros((0, 3)),),
    ]


ARGUMENTS = {
    "rows_of_an_array": lambda rng: [*_tables(rng), ([],), ([1.5, 2.5],), (np.zeros(2),)],
    "items_of_rows": _tables,
    "largest_of_each_row": lambda rng: [
        (rng.normal(size=(4, 3)), np.zeros(4)),
        (rng.normal(size=(4, 0)), np.zeros(4)),
        (_floats(rng, 4, 3), [0.0] * 4),
        (_ints(rng, 4, 3), [0] * 3),
    ],
    "rows_side_by_side": lambda rng: [
        (rng.normal(size=(4, 3)), rng.normal(size=(4, 3))),
        (rng.normal(size=(4, 3)), rng.normal(size=(2, 3))),
        (rng.normal(size=(4, 3)), rng.normal(size=(4, 2))),
        (_floats(rng, 4, 3), _floats(rng, 4, 3)),
        (_ints(rng, 4, 3), _ints(rng, 3, 5)),
    ],
    "rows_written": lambda rng: [
        *_tables(rng)[:7],
        ([[1, 2**62], [3, 2**62]],),
        ([[1, 2]] * 3,),
    ],
    "row_that_is_replaced_while_gone_over": lambda rng: [(_ints(rng, 3, 3), [5, 6, 7])],
    "pairs": lambda rng: [
        ([(1.5, 2.5), (3.5, -0.0)], [0.0] * 2),
        ([[1.5, 2.5], [3.5, -0.0]], [0.0] * 1),
        ([(1, 2), (3, 4)], [0] * 2),
        (rng.normal(size=(5, 2)), np.zeros(5)),
        ([(1.5, 2.5), (3.5,)], [0.0] * 2),
        ([(1.5, 2.5, 1.0), (3.5, 4.0, 1.0)], [0.0] * 2),
        ([(1.5, 2)], [0.0] * 2),
        ([], []),
        ([1.5, 2.5], [0.0] * 2),
        ([[1.5, 2.5], _Row([3.5, -0.0])], [0.0] * 2),
        (np.zeros((2, 2, 2)), np.zeros((2, 2))),
        (np.zeros(4), np.zeros(4)),
        (np.zeros((4, 3)), np.zeros(4)),
    ],
    "numbered_pairs": lambda rng: [
        ([(1.5, 2.5), (3.5, -0.0)], [0.0] * 2),
        (rng.normal(size=(5, 2)), np.zeros(5)),
        ([(True, False), (True, True)], [0] * 2),
    ],
    "closest_pair": lambda rng: [
        ([(float(x), float(y)) for x, y in rng.normal(size=(9, 2))],),
        (rng.normal(size=(9, 2)),),
    ],
    "lengths_of_rows": lambda rng: [*_tables(rng), ([],)],
    "length_of_the_first_row": lambda rng: [
        (_ints(rng, 3, 2), 3),
        (_ints(rng, 3, 2), 4),
        (rng.normal(size=(4, 3)), 4),
        ([[1, 2], [3, 4, 5]], 2),
        ([], 2),
    ],
    "length_of_a_row_that_may_not_be_there": lambda rng: [
        (_ints(rng, 4, 2), 3),
        (_ints(rng, 4, 2), 4),
        (rng.normal(size=(4, 3)), 3),
        (rng.normal(size=(4, 0)), 3),
    ],
    "length_asked_by_while": lambda rng: [(_ints(rng, 4, 2), 3)],
    "row_that_may_not_be_there": lambda rng: [
        (_ints(rng, 4, 3), 4),
        (_ints(rng, 4, 3), 5),
        (_ints(rng, 4, 1), 4),
        (_ints(rng, 4, 3), 0),
        (rng.normal(size=(4, 3)), 4),
        ([[1, 2]] * 4, 4),
    ],
    "row_where_it_stops": lambda rng: [
        (_ints(rng, 9, 2), 30),
        (_ints(rng, 9, 2), 300),
        ([(1, 2), (3, 4), (5, 6)], 2),
        ([(1, 2), (3, 4), (5, 6)], -2),
        ([], -2),
    ],
    "two_rows_by_name": lambda rng: [(_ints(rng, 4, 3),), (rng.normal(size=(4, 3)),)],
    "rows_before_and_now": lambda rng: [
        (_ints(rng, 4, 3),),
        (_floats(rng, 4, 0),),
        ([[2**61, 1]] + [[2**61, 1] for _ in range(4)],),
        (rng.normal(size=(4, 3)),),
    ],
    "row_of_an_iteration_before": lambda rng: [(_ints(rng, 4, 3),)],
    "row_compared": lambda rng: [(_ints(rng, 4, 3),)],
    "row_divided": lambda rng: [
        (_floats(rng, 4, 3), _floats(rng, 4, 3)),
        ([[1.0, 2.0], [0.0, 3.0]], [[1.0, 2.0], [0.0, 3.0]]),
        ([[1.0, 2.0, 4.0], [5.0, 3.0, 3.0]], [[1.0, 2.0], [0.0, 3.0]]),
        ([(1, 2), (5, 3)], [[1.0, 2.0], [0.0, 3.0]]),
        (rng.normal(size=(4, 3)), _floats(rng, 4, 3)),
    ],
    "row_by_its_place": lambda rng: [
        (_ints(rng, 4, 3), 1),
        (_ints(rng, 4, 3), -4),
        (_ints(rng, 4, 3), 4),
        (rng.normal(size=(4, 3)), 0),
    ],
}
