"""Loops over places on a ring, and short loops inside: `a[(i + d) % n] for d in range(-1, 2)`."""

import numpy as np


def mean_of_neighbours(a, b):
    n = len(a)
    for i in range(n):                   #: parallel-if
        b[i] = (a[(i - 1) % n] + a[i] + a[(i + 1) % n]) / 3.0
    return b, i


def neighbours_at_a_distance(a, b, n):
    for i in range(n):                   #: parallel-if
        b[i] = a[(i - 3) % n] * 2.0 - a[(i + 7) % n]
    return b


def ring_of_another_size(a, b, n, m):
    for i in range(2, n):                #: parallel-if
        b[i] = a[(i - 3) % n] - a[(i + 1) % m]
    return b


def remainders_as_numbers(b, n):
    last = -1
    for i in range(n):                   #: parallel
        last = (i + 1) % n
        b[i] = (i - 1) % n * 10 + last
    return b, last


def ring_by_its_extent(a, b):
    for i in range(a.shape[0]):          #: parallel-if
        for j in range(a.shape[1]):      #: parallel-if
            left = a[i, (j - 1) % a.shape[1]]
            right = a[i, (j + 1) % a.shape[1]]
            if left < right:
                b[i, j] = right
            else:
                b[i, j] = left - right
    return b, left, right


def generation(cells, after):
    height, width = cells.shape
    for i in range(height):              #: parallel-if
        for j in range(width):           #: parallel-if
            neighbours = 0
            for di in range(-1, 2):
                for dj in range(-1, 2):
                    if di != 0 or dj != 0:
                        neighbours += cells[(i + di) % height, (j + dj) % width]
            if neighbours == 3 or (neighbours == 2 and cells[i, j] == 1):
                after[i, j] = 1
            else:
                after[i, j] = 0
    return after, neighbours, di, dj


def sums_that_overflow(cells, after):
    n = len(cells)
    for i in range(n):                   #: parallel-if
        total = 0
        for d in range(-2, 3):
            total += cells[(i + d) % n]
        after[i] = total
    return after, total, d


def order_on_a_ring(a, n):
    for i in range(n):                   #: serial
        a[i] = a[(i - 1) % n] * 0.5 + a[(i + 1) % n]
    return a


def ring_left_by_a_break(a, n, x):
    s = 0.0
    for i in range(n):                   #: serial
        s += a[(i + 1) % n]
        if s > x:
            break
    else:
        i = -1
    return s, i


def no_places_on_a_ring(a, b, n, m):
    for i in range(-2, m):               #: parallel-if
        b[i] = a[(i + 1) % m] + n % m
    return b


def short_loops_of_all_kinds(a, b):
    total = 0
    for i in range(len(a)):              #: parallel-if
        for k in range(3, 0, -1):
            if not k == 2 and a[i] > k:
                b[i] += k if k > 2 else a[i]
        for k in range(2):
            for i2 in range(k, 2):
                total += k * i2 + i
        for unused in range(0):
            b[i] = 99.0
    return b, total, k, i2


def short_loop_with_its_own_jumps(a, b):
    for i in range(len(a)):              #: parallel-if
        for k in range(3):
            if a[i] < k:
                continue
            b[i] += k
        for k in range(2):
            if a[i] > 1:
                break
            b[i] -= 1
        else:
            b[i] *= 2
        for k in range(2):
            k = k + 1
            b[i] += k
    return b, k


def short_loop_that_raises(a, b, t):
    for i in range(len(a)):              #: parallel-if
        for k in range(-1, 3):
            b[i] = a[i] / (t[i] - k)
    return b, k


def _n(rng, *shape):
    return rng.standard_normal(shape)


def _cells(rng, *shape, most=2):
    return rng.integers(0, most, shape).astype(np.uint8)


ARGUMENTS = {
    "mean_of_neighbours": lambda rng: [(_n(rng, n), np.zeros(n)) for n in (1, 2, 3, 4, 1000)] + [(_n(rng, 50), np.zeros(49)), ((x := _n(rng, 50)), x)],
    "neighbours_at_a_distance": lambda rng: [(_n(rng, n), np.zeros(n), n) for n in (1, 2, 3, 7, 8, 10, 11, 500)] + [(_n(rng, 30), np.zeros(40), 35), (_n(rng, 30), np.zeros(40), True)],
    "ring_of_another_size": lambda rng: [(_n(rng, 40), np.zeros(40), 40, m) for m in (1, 3, 40, -5, 0)] + [(_n(rng, 9), np.zeros(9), n, 9) for n in (0, 2, 3, -4)],
    "remainders_as_numbers": lambda rng: [(np.zeros(n), n) for n in (0, 1, 2, 3, 400)] + [(np.zeros(300, np.int8), 300)],
    "ring_by_its_extent": lambda rng: [(_n(rng, n, m), np.zeros((n, m))) for n, m in ((3, 1), (2, 2), (5, 3), (20, 70))] + [(_n(rng, 5, 9)[:, ::-2], np.zeros((9, 5)).T[:, :5])],
    "generation": lambda rng: [(_cells(rng, n, m), np.zeros((n, m), np.uint8)) for n, m in ((1, 1), (2, 1), (1, 3), (3, 2), (17, 80))] + [(_cells(rng, 9, 70, most=256), np.zeros((9, 70), np.uint8)), (rng.integers(0, 2, (9, 70)), np.zeros((9, 70))), (rng.integers(0, 2, (9, 70)).astype(bool), np.zeros((9, 70), bool))],
    "sums_that_overflow": lambda rng: [(_cells(rng, n, most=most), np.zeros(n, np.uint8)) for n in (1, 4, 300) for most in (40, 256)] + [(rng.integers(-128, 128, 200).astype(np.int8), np.zeros(200))],
    "order_on_a_ring": lambda rng: [(_n(rng, n), n) for n in (1, 2, 3, 200)] + [(_n(rng, 20), 15), (_n(rng, 20), 25)],
    "ring_left_by_a_break": lambda rng: [(abs(_n(rng, n)), n, x) for n in (1, 2, 3, 60) for x in (-1.0, 1.5, 1e9)],
    "no_places_on_a_ring": lambda rng: [(_n(rng, 40), np.zeros(40), 40, m) for m in (1, 2, 3, 30, 0, -2)],
    "short_loops_of_all_kinds": lambda rng: [(_n(rng, n) * 3, _n(rng, n)) for n in (1, 3, 200)] + [(rng.integers(0, 5, 60), _n(rng, 60)), (rng.integers(0, 5, 60), rng.integers(0, 5, 60))],
    "short_loop_with_its_own_jumps": lambda rng: [(_n(rng, n) * 3, _n(rng, n)) for n in (1, 3, 200)],
    "short_loop_that_raises": lambda rng: [(_n(rng, 60), np.zeros(60), rng.random(60) + 5), (_n(rng, 60), np.zeros(60), np.arange(60.0) - 40), ([1.0] * 9, np.zeros(9), [3] * 5 + [2] * 4)],
}
