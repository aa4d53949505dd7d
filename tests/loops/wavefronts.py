"""Pairs of loops that have to run in order as they stand, and may run as a wavefront."""

import numpy as np


def gauss_seidel(a, steps):
    n = a.shape[0]
    for _ in range(steps):                 #: serial
        for i in range(1, n - 1):          #: serial DEP112
            for j in range(1, n - 1):      #: serial DEP112
                a[i, j] = (a[i - 1, j - 1] + a[i - 1, j] + a[i - 1, j + 1] + a[i, j - 1] + a[i, j]
                           + a[i, j + 1] + a[i + 1, j - 1] + a[i + 1, j] + a[i + 1, j + 1]) / 9.0
    return a, i, j


def edit_distance(a, b, d):
    for i in range(1, len(a) + 1):         #: serial DEP112
        for j in range(1, len(b) + 1):     #: serial DEP112
            cost = 0 if a[i - 1] == b[j - 1] else 1
            d[i, j] = min(d[i - 1, j] + 1, d[i, j - 1] + 1, d[i - 1, j - 1] + cost)
    return d[-1, -1], i, j, cost


def local_alignment(a, b, h, gap):
    best = 0
    for i in range(1, len(a) + 1):         #: serial
        for j in range(1, len(b) + 1):     #: serial
            score = 2.0 if a[i - 1] == b[j - 1] else -1.0
            h[i, j] = max(0.0, h[i - 1, j - 1] + score, h[i - 1, j] - gap, h[i, j - 1] - gap)
            if h[i, j] > best:
                best = h[i, j]
    return best, i, j


def far_and_skewed(u, w, n, m):
    for i in range(2, n):                  #: serial DEP102
        for j in range(3, m):              #: serial DEP102
            t = u[i - 2, j + 1] * 0.5 + u[i, j - 3]
            s = t - u[i - 1, j + 2]
            u[i, j] = s * w[i, j] + t
    return u, i, j, s, t


def straight_down_and_right(u, m):
    for i in range(1, u.shape[0]):         #: serial DEP112
        for j in range(2, m):              #: serial DEP112
            u[i, j] = u[i - 1, j - 1] - u[i, j - 2] * 0.5
    return u


def two_arrays_with_a_condition(u, v, w):
    for i in range(1, w.shape[0]):         #: serial
        for j in range(1, w.shape[1]):     #: serial
            if w[i, j] > 0:
                u[i, j] = v[i - 1, j] + 1.0
            else:
                u[i, j] = v[i, j - 1] * 0.5
            v[i, j] = u[i, j] - u[i - 1, j]
    return u, v


def with_a_sum_inside(u, w, p):
    for i in range(1, u.shape[0]):         #: serial DEP102
        for j in range(1, u.shape[1]):     #: serial DEP102
            s = 0.0
            for k in range(p):             #: parallel-if RED101
                s += w[k, j] * u[i - 1, j]
            u[i, j] = s - u[i, j - 1]
    return u, s, k


def in_steps(u, n, m):
    for i in range(2, n, 2):               #: serial DEP102
        for j in range(3, m, 3):           #: serial DEP102
            u[i, j] = u[i - 2, j + 3] + u[i, j - 3] * 0.5
    return u, i, j


def from_right_to_left(u, n, m):
    for i in range(1, n):                  #: serial DEP102
        for j in range(m - 2, 0, -1):      #: serial DEP102
            u[i, j] = u[i - 1, j] + u[i, j + 1] * 0.5 - u[i - 1, j - 1]
    return u, i, j


def from_the_bottom_up(u, n, m):
    for i in range(n - 2, -1, -1):         #: serial DEP102
        for j in range(1, m):              #: serial DEP102
            u[i, j] = u[i + 1, j] + u[i, j - 1] * 0.5
    return u, i, j


def rows_of_any_length(u, n, m):
    i = j = -1
    for i in range(1, n):                  #: serial DEP102
        for j in range(1, m):              #: serial DEP102
            u[i, j] = u[i - 1, j] + u[i, j - 1] * 0.5
    return u, i, j


def triangle(u, n):
    for i in range(1, n):                  #: serial
        for j in range(1, i):              #: serial
            u[i, j] = u[i - 1, j] + u[i, j - 1] * 0.5
    return u, i, j


def left_early(u, n, m):
    for i in range(1, n):                  #: serial
        for j in range(1, m):              #: serial
            if u[i, j] > 1e3:
                break
            u[i, j] = u[i - 1, j] + u[i, j - 1] * 0.5
    return u, i, j


def assigned_now_and_then(u, w):
    t = 0
    for i in range(1, u.shape[0]):         #: serial
        for j in range(1, u.shape[1]):     #: serial
            if w[i, j] > 1:
                t = j
            u[i, j] = u[i - 1, j] + u[i, j - 1] * 0.5
    return u, t


def overflows_somewhere(u, n, m):
    for i in range(1, n):                  #: serial DEP102
        for j in range(1, m):              #: serial DEP102
            u[i, j] = u[i - 1, j] + u[i, j - 1]
    return u, i, j


def divides_by_zero_somewhere(u, w, n, m):
    for i in range(1, n):                  #: serial DEP102
        for j in range(1, m):              #: serial DEP102
            u[i, j] = u[i - 1, j] / w[i, j] + u[i, j - 1] // 3
    return u, i, j


def out_of_range_at_the_end(u, n, m):
    for i in range(1, n):                  #: serial
        for j in range(1, m):              #: serial
            u[i, j] = u[i - 1, j] + u[i, j - 1] * 0.5
    return u, i, j


def counted_from_the_end(u, n, m):
    for i in range(n):                     #: serial
        for j in range(m):                 #: serial
            u[i, j] = u[i - 1, j] + u[i, j - 1] * 0.5
    return u, i, j


def views_of_one_array(u, v, n, m):
    for i in range(1, n):                  #: parallel-if
        for j in range(1, m):              #: serial
            u[i, j] = v[i - 1, j] + u[i, j - 1] * 0.5
    return u, v, i, j


def _u(rng, *shape):
    return rng.integers(-8, 9, shape or (70, 150)) * 0.125


def _texts(rng, n, m):
    table = np.zeros((n + 1, m + 1), dtype=np.int64)
    table[0] = np.arange(m + 1)
    table[:, 0] = np.arange(n + 1)
    return rng.integers(97, 101, n, dtype=np.uint8), rng.integers(97, 101, m, dtype=np.uint8), table


def _small(rng):
    a = rng.integers(0, 2, (70, 150)).astype(np.int16)
    a[0] = 3
    return a


def _with_zero(rng):
    a = rng.integers(1, 4, (70, 150))
    a[33, 99] = 0
    return a


def _shifted(rng):
    u = _u(rng, 71, 150)
    return [(u[1:], u[:-1], 70, 150), (u[:-1], u[1:], 70, 150), (u[:-1], u[:-1], 70, 150)]


ARGUMENTS = {
    "gauss_seidel": lambda rng: [(_u(rng, 70, 70), 2), (_u(rng, 9, 9), 3), (_u(rng, 140, 70)[::2], 1)],
    "edit_distance": lambda rng: [_texts(rng, 61, 203), _texts(rng, 7, 5)],
    "local_alignment": lambda rng: [(*_texts(rng, 61, 203)[:2], np.zeros((62, 204)), 0.5)],
    "far_and_skewed": lambda rng: [(_u(rng), _u(rng), 70, 147), (_u(rng).astype(np.float32), _u(rng), 8, 20)],
    "straight_down_and_right": lambda rng: [(_u(rng), 150)],
    "two_arrays_with_a_condition": lambda rng: [(_u(rng), _u(rng), _u(rng))],
    "with_a_sum_inside": lambda rng: [(_u(rng, 30, 80), _u(rng), 4), (_u(rng, 30, 80), _u(rng), 0)],
    "in_steps": lambda rng: [(_u(rng), 70, 147), (np.asfortranarray(_u(rng)), 69, 146)],
    "from_right_to_left": lambda rng: [(_u(rng), 70, 150)],
    "from_the_bottom_up": lambda rng: [(_u(rng), 70, 150)],
    "rows_of_any_length": lambda rng: [(_u(rng), n, m) for n in (1, 2, 9, 10, 17, 70) for m in (0, 1, 2, 8, 64, 65, 66, 129)],
    "triangle": lambda rng: [(_u(rng), 70)],
    "left_early": lambda rng: [(_u(rng), 70, 150)],
    "assigned_now_and_then": lambda rng: [(_u(rng), _u(rng))],
    "overflows_somewhere": lambda rng: [(_small(rng), 70, 150), (_small(rng), 6, 9)],
    "divides_by_zero_somewhere": lambda rng: [(_with_zero(rng) + 1, _with_zero(rng), 70, 150), (_u(rng), _u(rng), 70, 150)],
    "out_of_range_at_the_end": lambda rng: [(_u(rng), 71, 150), (_u(rng), 70, 151), (_u(rng), 12, 151)],
    "counted_from_the_end": lambda rng: [(_u(rng), 70, 150)],
    "views_of_one_array": _shifted,
}
