"""Choices between computed values, bounds, rolled arrays, running sums, variances."""

import numpy as np


def around_a_torus(u, steps):
    for t in range(steps):               #: serial
        lap = np.roll(u, 1, axis=0) + np.roll(u, -1, axis=0) + np.roll(u, 1, 1) + np.roll(u, -1, 1)
        u[:] = u + 0.2 * (lap - 4 * u)
    return u, lap


def around_a_ring(u, v, steps):
    for t in range(steps):               #: serial
        u = u + 0.1 * (np.roll(u, 1) + np.roll(u, -1) - 2 * u) + np.roll(u * v, 2)
        v = np.roll(v, shift=-3)
    return u, v


def upwind(u, v, steps):
    for t in range(steps):               #: serial
        left = u[1:-1] - u[:-2]
        right = u[2:] - u[1:-1]
        u[1:-1] -= 0.1 * np.where(v[1:-1] > 0, v[1:-1] * left, v[1:-1] * right)
    return u


def clipped(u, v, steps):
    for t in range(steps):               #: serial
        v[:] = np.clip(u, -0.5, 0.5) + u.clip(v[0] - 1, 1)
        u += v
        s = np.clip(u[0], 0, 1)
    return u, s


def clipped_between_arrays(u, low, high, steps):
    for t in range(steps):               #: serial; runs interpreter
        u[:] = np.clip(u, low, high)
    return u


def integers_clipped_between_arrays(a, b, steps):
    for t in range(steps):               #: serial
        a[:] = np.clip(a + 1, b, 50)
        b -= a
    return a


def clipped_numbers(a, b):
    for i in range(len(a)):              #: parallel-if
        b[i] = np.clip(a[i], 0, 1) + np.clip(i, 2, 5)
    return b


def clipped_constants(a, b, o):
    for i in range(len(a)):              #: parallel-if
        s = np.clip(0.3, a[i], b[i])
        o[i] = s + np.clip(2, a[i], b[i])
    return o, s


def running_sums(x, o):
    for i in range(len(x)):              #: serial
        o[i] = np.cumsum(x[i]) + x[i].cumprod()
    return o


def moving_deviation(x, y, w):
    for i in range(len(y)):              #: serial
        y[i] = x[i:i + w].std() + np.var(x[i:i + w])
    return y


def truths(u, v, steps):
    for t in range(steps):               #: serial
        inside = np.logical_and(u > -0.5, np.logical_not(v > 0.5))
        u += np.logical_or(inside, u) * 0.25
        v *= np.logical_xor(u, v > 0)
    return inside


def integers(a, b, steps):
    for t in range(steps):               #: serial
        a[:] = np.abs(b) + np.minimum(a, 3) - np.maximum(b, a)
        b[:] = np.cumsum(a)[:] + np.copy(b)
    return a


def a_choice_that_warns(u, v, steps):
    for t in range(steps):               #: serial
        v[:] = np.where(u > 0, np.log(u), 0.0)
        u -= 0.5
    return v


def a_roll_that_is_data(u, steps):
    for t in range(steps):               #: unsupported SYN104
        u[:] = np.roll(u, t)
    return u


def a_roll_of_all_axes(m, steps):
    for t in range(steps):               #: serial; runs interpreter
        m[:] = np.roll(m, 1)
    return m


def running_sums_of_matrices(m, o, steps):
    for t in range(steps):               #: serial; runs interpreter
        o[:] = np.cumsum(m)
    return o


def _n(rng, *shape):
    return rng.standard_normal(shape)


ARGUMENTS = {
    "around_a_torus": lambda rng: [
        (_n(rng, 7, 9), 3),
        (_n(rng, 1, 9), 3),
        (np.asfortranarray(_n(rng, 5, 4)), 3),
        (_n(rng, 7, 9)[:, ::-1].astype("f4"), 3),
    ],
    "around_a_ring": lambda rng: [(_n(rng, n), _n(rng, n), 3) for n in (1, 2, 3, 20)],
    "upwind": lambda rng: [(_n(rng, 20), _n(rng, 20), 4), (_n(rng, 40)[::-2], _n(rng, 20), 4)],
    "clipped": lambda rng: [
        (_n(rng, 20), _n(rng, 20), 3),
        (np.array([np.nan, -0.0, 0.0, np.inf, -np.inf, 0.5]), np.zeros(6), 1),
        (_n(rng, 20).astype("f4"), _n(rng, 20).astype("f4"), 3),
    ],
    "clipped_between_arrays": lambda rng: [
        (np.array([0.0, -0.0, 0.0, -0.0]), np.array([0.0, 0.0, -0.0, -0.0]), np.ones(4), 1),
        (rng.integers(-1, 2, 4), np.array([0.0, 0.0, -0.0, -0.0]), np.ones(4), 1),
    ],
    "integers_clipped_between_arrays": lambda rng: [
        (rng.integers(-99, 99, 20).astype(k), rng.integers(-99, 99, 20).astype(k), 4) for k in ("i8", "i1")
    ],
    "clipped_numbers": lambda rng: [
        (_n(rng, 20), np.zeros(20)),
        (np.array([np.nan, -0.0, 0.0, np.inf, -np.inf, 1.0]), np.zeros(6)),
        (rng.integers(0, 9, 20).astype("u1"), np.zeros(20)),
        (rng.integers(-9, 9, 20), np.zeros(20)),
        (_n(rng, 20).astype("f4"), np.zeros(20, "f4")),
    ],
    "clipped_constants": lambda rng: [
        (_n(rng, 9).astype(k), (_n(rng, 9) * 5).astype(k), np.zeros(9)) for k in ("f8", "f4", "i1", "i8", "u2")
    ],
    "running_sums": lambda rng: [
        (_n(rng, 5, 20), np.zeros((5, 20))),
        (_n(rng, 5, 3), np.zeros((5, 3))),
        (rng.integers(-9, 9, (5, 20)).astype("i1"), np.zeros((5, 20))),
        (np.full((2, 9), -0.0), np.ones((2, 9))),
    ],
    "moving_deviation": lambda rng: [
        (_n(rng, 80), np.zeros(40), 12),
        (_n(rng, 300), np.zeros(40), 200),
        (_n(rng, 80).astype("f4"), np.zeros(40, "f4"), 12),
        (rng.integers(0, 9, 80), np.zeros(40), 12),
        (_n(rng, 80), np.zeros(40), 1),
    ],
    "truths": lambda rng: [(_n(rng, 20), _n(rng, 20), 3), (np.array([np.nan, 0.0, -0.0]), _n(rng, 3), 2)],
    "integers": lambda rng: [
        (rng.integers(-99, 99, 20).astype(k), rng.integers(-99, 99, 20).astype(k), 4)
        for k in ("i8", "i1", "i4")
    ],
    "a_choice_that_warns": lambda rng: [(abs(_n(rng, 20)) + 0.6, np.zeros(20), 3)],
    "a_roll_that_is_data": lambda rng: [(_n(rng, 9), 3)],
    "a_roll_of_all_axes": lambda rng: [(_n(rng, 3, 4), 3)],
    "running_sums_of_matrices": lambda rng: [(_n(rng, 3, 4), np.zeros(12), 2)],
}
