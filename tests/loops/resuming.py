"""Loops of which some iterations are the interpreter's, and what comes after them is not."""

import math

import numpy as np


def first_and_last(a, b, n):
    s = 0.0
    for i in range(n):                   #: parallel-if
        try:
            b[i] = math.sqrt(a[i])
        except ValueError:
            b[i] = -1.0
        s += b[i]
    return s, i


def with_an_else(a, n):
    s = 0
    for i in range(n):                   #: serial
        s = (s + int(a[i]) * (1 << 62)) % 1000
    else:
        s += 1
    return s, i


def with_an_else_that_leaves_another(a, n):
    found = []
    for turn in range(3):
        for i in range(n):               #: serial
            if a[i] == 99:
                break
            a[i] = 100 // (a[i] - turn) if a[i] != turn else a[i] << 62
        else:
            if turn == 1:
                break
            continue
        found.append((turn, (i,)))
    return found, turn


def items(xs):
    s, out = 0.0, []
    for k, x in enumerate(xs):           #: serial
        try:
            s += math.log(x)
        except ValueError:
            s -= k
        out.append(s)
    return out


def items_that_become_more(xs, n):
    s = 0.0
    for x in xs:                         #: parallel-if
        try:
            s += math.sqrt(x)
        except ValueError:
            if len(xs) < n:
                xs.append(-x)
    return s, xs


def under_another_name(xs, ys):
    s = 0.0
    for x in xs:                         #: parallel-if; runs interpreter
        try:
            s += math.sqrt(x)
        except ValueError:
            xs = ys
    return s, xs


def bounds_that_change_meanwhile(a, n):
    s = 0.0
    for i in range(n):                   #: parallel-if
        try:
            s += math.sqrt(a[i])
        except ValueError:
            n = 3
    return s, i, n


def another_type(a, n):
    s = 0
    for i in range(n):                   #: parallel-if
        try:
            s += 100 // a[i]
        except ZeroDivisionError:
            s += 0.5
    return s


def number_that_becomes_an_array(a, b, n):
    s = 0.0
    for i in range(n):                   #: parallel-if
        try:
            b[i] = math.sqrt(a[i])
        except ValueError:
            s = np.zeros(3) if i < 9 else 0.5
        s += b[i]
    return s, i


def left_later(a, n):
    for i in range(n):                   #: serial
        try:
            if 100 // a[i] == 7:
                return "seven", i
        except ZeroDivisionError:
            pass
        if a[i] == 3:
            break
    return "none", i


def raised_later(a, b, n):
    for i in range(n):                   #: parallel-if
        b[i] = (100 // a[i]) << 60
    return b


def exchanged(u, v, n):
    k = 0
    for i in range(n):                   #: serial
        v[1:-1] = u[2:] + u[:-2]
        u, v = v, u
        k += int(u[1]) * (1 << 62)
        k %= 1000
    return u, v, k


def _numbers(count, *places):
    found = np.arange(1.0, count + 1)
    found[list(places)] = -1.0
    return found


ARGUMENTS = {
    "first_and_last": lambda rng: [
        (_numbers(20, 0, 19), np.zeros(20), 20),
        (_numbers(20, 0, 1, 2, 3, 10), np.zeros(20), 20),
        (-np.ones(20), np.zeros(20), 20),
        (_numbers(20, 10), np.zeros(20), 30),
    ],
    "with_an_else": lambda rng: [
        (np.array([0, 0, 0, 0, 7, 0, 0, 9]), 8),
        (np.array([8, 0, 0, 0, 0, 0, 0, 8]), 8),
        (np.array([8, 0, 0]), 4),
    ],
    "with_an_else_that_leaves_another": lambda rng: [
        ([0, 1, 2, 3, 4, 5], 6),
        ([4, 5, 6, 0, 99, 5], 6),
    ],
    "items": lambda rng: [
        ([1.0, 2.0, -3.0, 4.0, 0.0, 5.0],),
        ([-1.0, 2.0, 3.0, 4.0, 5.0, -6.0],),
    ],
    "items_that_become_more": lambda rng: [
        ([1.0, -4.0, 9.0, -16.0, 25.0], 7),
        ([1.0, 4.0, -9.0], 3),
        ([-1.0, 4.0, 9.0], 9),
    ],
    "under_another_name": lambda rng: [
        ([1.0, -4.0, 9.0, 16.0], [25.0] * 4),
        (np.array([-1.0, 4.0, 9.0]), [25.0] * 3),
    ],
    "bounds_that_change_meanwhile": lambda rng: [(_numbers(9, 1), 9), (_numbers(9, 0, 8), 9)],
    "another_type": lambda rng: [([1, 2, 0, 3, 4], 5), ([1, 0, 3, 0, 4, 5], 6)],
    "number_that_becomes_an_array": lambda rng: [
        (_numbers(20, 3, 4, 10, 15), np.zeros(20), 20) for _ in range(2)
    ],
    "left_later": lambda rng: [
        ([1, 0, 2, 14, 3], 5),
        ([0, 2, 3, 14], 4),
        ([0, 5, 0, 5, 0], 5),
        ([5, 0, 5], 4),
    ],
    "raised_later": lambda rng: [
        ([200, 150, 3, 200, 0, 200], [0] * 6, 6),
        ([200, 3, 150, 200], [0] * 4, 4),
    ],
    "exchanged": lambda rng: [
        (np.arange(6.0), np.ones(6), 9),
        (np.arange(6.0) * 0.25, np.zeros(6), 12),
    ],
}
