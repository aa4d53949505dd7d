"""Loops whose iterations go round differently often: made for SIMD lanes, each with its own end."""

import math

import numpy as np


def escape_steps(x, y, limit, n):
    for j in range(len(x)):              #: parallel-if
        zr = zi = 0.0
        k = 0
        while k < limit and zr * zr + zi * zi <= 4.0:
            zr, zi = zr * zr - zi * zi + x[j], 2.0 * zr * zi + y[j]
            k += 1
        n[j] = k
    return zr, zi, k, j


def escape_steps_by_break(x, y, limit, n):
    for j in range(len(x)):              #: parallel-if
        zr = zi = 0.0
        n[j] = limit
        for k in range(limit):           #: serial
            r2 = zr * zr
            i2 = zi * zi
            if r2 + i2 > 4.0:
                n[j] = k
                break
            zi = 2.0 * zr * zi + y[j]
            zr = r2 - i2 + x[j]
    return n, r2, i2


def roots_by_newton(a, r, rounds):
    for j in range(len(a)):              #: parallel-if
        x = 1.0
        m = 0
        while abs(x * x - a[j]) > 1e-12 and m < 60:
            x = 0.5 * (x + a[j] / x)
            m += 1
        r[j] = x
        rounds[j] = m
    return r


def divides_by_zero_in_one_lane(a, r):
    for j in range(len(a)):              #: parallel-if
        x = a[j]
        for k in range(j):               #: serial
            x = 1.0 / (x - 3.0)
        r[j] = x
    return x, r


def python_division_by_zero_in_one_lane(a, r):
    for j in range(len(a)):              #: parallel
        x = 1.0
        k = 0
        while k < 5:
            x = 6.0 / (x + k - j % 8)
            k += 1
        r[j] = x
    return x, k


def collatz_steps(first, n, steps):
    for j in range(n):                   #: parallel
        m = first + j
        k = 0
        while m > 1 and k < 400:
            if m % 2 == 0:
                m = m // 2
            else:
                m = 3 * m + 1
            k += 1
        steps[j] = k
    return m, k


def overflows_in_one_lane(a, r):
    for j in range(len(a)):              #: parallel-if
        x = a[j]
        k = 0
        while x < 1e300 and k < 12:
            x = x * x
            k += 1
        r[j] = x
    return r


def rounds_of_its_own_range(starts, r):
    for j in range(len(starts) - 1):     #: parallel-if
        total = 0.5
        for p in range(starts[j], starts[j + 1]):    #: serial
            total = total * 0.75 + p * 0.125 - j
        r[j] = total
    return r


def continues_and_an_else(a, limit, r, s):
    for j in range(len(a)):              #: parallel-if
        x = a[j]
        y = 0.0
        k = 0
        for k in range(limit):           #: serial
            if x < 0.0:
                x = x + 1.0
                continue
            if x > 40.0:
                break
            x = x * 1.75 + y
            y = y - 0.25
        else:
            y = -1.0
        if k > 2:
            continue
        r[j] = x
        s[j] = y
    return x, y, k


def last_value_that_only_some_lanes_assign(a, r):
    last = t = -1.0
    for j in range(len(a)):              #: parallel-if
        x = a[j]
        while x > 1.0:
            t = x * 0.5
            x = t - 0.125
        if x > 0.75:
            last = x
        r[j] = x
    return last, t, x


def attraction_of_all_but_itself(m, p, f):
    for i in range(len(m)):              #: parallel-if
        ax = 0.0
        for j in range(len(m)):          #: parallel-if
            if j != i:
                d = p[j, 0] - p[i, 0]
                squared = d * d + 1e-9
                ax += m[j] / (squared * math.sqrt(squared)) * d
        f[i] += ax
    return f


def column_walk(a, r):
    for j in range(a.shape[1]):          #: parallel-if
        s = 0.0
        for i in range(a.shape[0]):      #: serial
            if a[i, j] > 2.0:
                break
            s = s * 0.5 + np.sqrt(a[i, j] * a[i, j])
        r[j] = s
    return r


def int32_counts_that_overflow(a, n):
    for j in range(len(a)):              #: parallel-if
        k = 1
        while k < a[j]:
            k = k * 3 + 1
        n[j] = k
    return n


def row_that_ends_outside(a, starts, r):
    for j in range(len(r)):              #: parallel-if
        s = 0.0
        k = starts[j]
        while s < 3.0:
            s = s * 1.0 + a[k] * 0.5 + 0.25
            k += 1
        r[j] = s
    return r


def truth_values_as_numbers(a, n):
    for j in range(len(a)):              #: parallel-if
        x = a[j]
        k = 0
        while x > -5.0 and k < 50:
            k += x > 0.5
            k = k + (x < 0.25)
            x = x * 0.75 - 0.5
        n[j] = k
    return n, k, x


SPECIAL = [0.0, -0.0, 1.5, 5e-324, -2.0, np.inf, -np.inf, np.nan, 3.0, 1e200]


def _values(rng, n):
    a = rng.uniform(-2, 2, n)
    a[: min(n, 10)] = SPECIAL[: min(n, 10)]
    return a


def breaks_out_of_two_loops(x, limit, found):
    for j in range(len(x)):              #: parallel-if
        n = -1
        for i in range(limit):           #: serial
            for k in range(limit):       #: serial
                y = x[j] * i - k
                if y * y + y < 0.01:
                    n = i * 100 + k
                    break
            else:
                continue
            break
        found[j] = n
    return found


SIZES = (1, 15, 16, 37)

ARGUMENTS = {
    "escape_steps": lambda rng: [
        (rng.uniform(-2, 1, n), rng.uniform(-1, 1, n), 40, np.zeros(n, dtype=np.int64))
        for n in SIZES
    ] + [(_values(rng, 30), _values(rng, 30), 9, np.zeros(30, dtype=np.uint8))],
    "escape_steps_by_break": lambda rng: [
        (rng.uniform(-2, 1, n), rng.uniform(-1, 1, n), 40, np.zeros(n, dtype=np.int32))
        for n in SIZES
    ],
    "roots_by_newton": lambda rng: [
        (rng.uniform(0, 9, n), np.zeros(n), np.zeros(n, dtype=np.int64)) for n in SIZES
    ] + [(_values(rng, 30), np.zeros(30), np.zeros(30, dtype=np.int64))],
    "divides_by_zero_in_one_lane": lambda rng: [
        (rng.uniform(-2, 2, 20), np.zeros(20)), (np.full(20, 3.0), np.zeros(20)),
        (_values(rng, 20), np.zeros(20)),
    ],
    "python_division_by_zero_in_one_lane": lambda rng: [
        (np.zeros(n), np.zeros(n)) for n in (1, 20)
    ],
    "collatz_steps": lambda rng: [
        (1, n, np.zeros(n, dtype=np.int64)) for n in SIZES
    ] + [(2**62 - 5, 40, np.zeros(40, dtype=np.int64)), (27, 20, np.zeros(20, dtype=np.int8))],
    "overflows_in_one_lane": lambda rng: [
        (rng.uniform(0, 2, 33), np.zeros(33)), (_values(rng, 33), np.zeros(33)),
        (np.array([1.5] * 16 + [1e160] + [0.5] * 9), np.zeros(26)),
    ],
    "rounds_of_its_own_range": lambda rng: [
        (np.cumsum(rng.integers(0, 7, n + 1)), np.zeros(n)) for n in SIZES
    ] + [(rng.integers(-9, 9, 30), np.zeros(29))],
    "continues_and_an_else": lambda rng: [
        (rng.uniform(-4, 9, n), limit, np.zeros(n), np.zeros(n))
        for n in SIZES for limit in (1, 3, 8)
    ],
    "last_value_that_only_some_lanes_assign": lambda rng: [
        (rng.uniform(-1, 9, n), np.zeros(n)) for n in SIZES
    ],
    "attraction_of_all_but_itself": lambda rng: [
        (rng.random(n), rng.standard_normal((n, 3)), np.zeros(n)) for n in SIZES
    ] + [(rng.random(20), np.full((20, 3), np.inf), np.zeros(20))],
    "column_walk": lambda rng: [
        (rng.uniform(-2, 2.2, (12, n)), np.zeros(n)) for n in SIZES
    ] + [(rng.uniform(-2, 2.2, (20, 12)).T, np.zeros(20)), (np.full((3, 20), np.nan), np.zeros(20))],
    "int32_counts_that_overflow": lambda rng: [
        (rng.integers(0, 2**40, 40), np.zeros(40, dtype=np.int32)),
        (rng.integers(0, 2**20, 40), np.zeros(40, dtype=np.int32)),
        (rng.integers(2**61, 2**62, 40), np.zeros(40, dtype=np.int64)),
    ],
    "truth_values_as_numbers": lambda rng: [
        (rng.uniform(-2, 2, n), np.zeros(n, dtype=np.int64)) for n in SIZES
    ],
    "breaks_out_of_two_loops": lambda rng: [
        (rng.uniform(-1, 2, n), limit, np.zeros(n, dtype=np.int64)) for n in SIZES for limit in (1, 5)
    ],
    "row_that_ends_outside": lambda rng: [
        (np.ones(60), np.arange(n), np.zeros(n)) for n in SIZES
    ] + [
        (np.ones(20), np.arange(19), np.zeros(19)), (np.ones(20), -np.arange(19), np.zeros(19)),
    ],
}
