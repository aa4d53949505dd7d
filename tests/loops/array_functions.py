"""Functions of whole arrays that NumPy's inner loops compute: exponentials, powers, angles."""

import numpy as np


def diffusion_with_a_source(u, v, steps):
    for t in range(steps):               #: serial
        v[:] = np.exp(-u * u) + np.sin(u)
        u[1:-1] += 0.1 * (v[2:] - 2 * v[1:-1] + v[:-2])
    return u


def function_of_a_view(m, steps):
    for t in range(steps):               #: serial
        m[1:-1] = np.tanh(m[2:] * 0.5) + np.log(1 + np.abs(m[:-2]))
        w = np.exp(m)
        m[0] = np.cos(m[:, 0])[:5].sum() + w[t % 3, 1]
    return m, w


def in_place(u, steps):
    for t in range(steps):               #: serial
        u[:] = np.sin(u)
        u[1:] = np.cos(u[:-1])
        u **= 3
    return u


def nothing_but_a_function(u, steps):
    for t in range(steps):               #: serial
        u[:] = np.exp(u)
    return u


def nothing_but_new_logarithms(u, steps):
    for t in range(steps):               #: parallel
        v = np.log(u)
    return v


def of_every_second(u, v, steps):
    for t in range(steps):               #: serial
        v[::2] = np.exp(u[::2])
        v[1::2] = np.arctan(u[1::2])
    return v


def powers(u, v, e, steps):
    for t in range(steps):               #: serial
        a = np.abs(u) + 0.5
        v[:] = a ** 3 + a ** 1.5 + a ** 0.5 + a ** -1 + a ** e
        u *= 0.75
    return v


def exponents_in_an_array(u, v, w, steps):
    for t in range(steps):               #: serial; runs interpreter
        w[:] = u ** v + 1.7 ** v + np.power(u, v)
        u += 0.125
    return w


def zeros_of_two_signs(u, v, w, steps):
    for t in range(steps):               #: serial; runs interpreter
        w[:] = np.fmax(u, v)
        w[0] += np.fmin(u, 0.0)[1]
        u *= -1
    return w


def powers_that_are_something_else(u, v, e, steps):
    for t in range(steps):               #: serial
        v[:] = np.abs(u) ** (e + t)
    return v


def of_two_arrays(u, v, m, steps):
    for t in range(steps):               #: serial
        m[:] = np.arctan2(u[:, None], v) + np.hypot(v, 2.0)
        u += m[0, 0]
    return m


def of_integers(a, v, steps):
    for t in range(steps):               #: serial
        v[:] = np.exp(a) + np.log(a + 1) + np.sqrt(a)
        a += 1
    return v


def of_small_rows(p, q, out, n):
    for i in range(n):                   #: serial
        d = np.exp(p[i] - q)
        out[i] = d / d.sum()
    return out, d


def a_function_warns(u, v, steps):
    for t in range(steps):               #: serial
        v[:] = np.log(u)
        u -= 0.5
    return v


def softmax_of_rows(x, steps):
    for t in range(steps):               #: serial
        e = np.exp(x - x.max(axis=1, keepdims=True))
        x[:] = e / e.sum(axis=1, keepdims=True)
    return x


def of_a_reversed_array(u, v, steps):
    for t in range(steps):               #: serial; runs interpreter
        v[:] = np.exp(u[::-1])
        u += 1
    return v


def of_a_reversed_sum(u, v, steps):
    for t in range(steps):               #: serial
        v[:] = np.exp(u[::-1] + 0.0)
        u += 1
    return v


def of_complex_numbers(z, steps):
    for t in range(steps):               #: serial; runs interpreter
        z[:] = np.exp(z)
    return z


def _n(rng, *shape):
    return rng.standard_normal(shape)


ARGUMENTS = {
    "diffusion_with_a_source": lambda rng: [
        (_n(rng, 50), np.zeros(50), 6),
        (_n(rng, 50).astype("f4"), np.zeros(50, "f4"), 6),
        (_n(rng, 50)[::-1], np.zeros(50), 6),
        (_n(rng, 3000)[::3], np.zeros(2000)[::2], 6),
        (_n(rng, 1), np.zeros(1), 6),
        (np.array([1e5, -0.0, np.nan, 1.0, 800.0, -800.0]), np.zeros(6), 2),
    ],
    "function_of_a_view": lambda rng: [
        (_n(rng, 12, 9), 4),
        (_n(rng, 12, 9).astype("f4"), 3),
        (np.asfortranarray(_n(rng, 12, 9)), 3),
        (_n(rng, 12, 9)[::-1], 3),
    ],
    "in_place": lambda rng: [(_n(rng, 50), 4), (_n(rng, 100)[::2], 4), (_n(rng, 50)[::-1], 4)],
    "nothing_but_a_function": lambda rng: [(_n(rng, k), s) for k in (1, 2, 9, 30) for s in (1, 6)],
    "nothing_but_new_logarithms": lambda rng: [(_n(rng, 9).astype(k), 2) for k in ("f8", "f4")] + [(np.zeros(2), 1)],
    "of_every_second": lambda rng: [(_n(rng, 50), np.zeros(50), 2)],
    "powers": lambda rng: [
        (_n(rng, 50), np.zeros(50), 2.5, 2),
        (_n(rng, 50), np.zeros(50), 3, 2),
        (_n(rng, 50), np.zeros(50), np.float64(-0.5), 2),
        (_n(rng, 50).astype("f4"), np.zeros(50, "f4"), 2.5, 2),
    ],
    "exponents_in_an_array": lambda rng: [
        (abs(_n(rng, k)) * 100, rng.choice([-1.0, 0.0, 0.5, 2.0, 3.0], k), np.zeros(k), 3) for k in (1, 1, 1, 60)
    ],
    "zeros_of_two_signs": lambda rng: [
        (rng.choice([0.0, -0.0], k).astype(kind), rng.choice([0.0, -0.0], k).astype(kind), np.zeros(k, kind), 3)
        for k in (3, 60) for kind in ("f8", "f4")
    ],
    "powers_that_are_something_else": lambda rng: [(_n(rng, 50), np.zeros(50), e, 6) for e in (-2, -1.5, 0.5)],
    "of_two_arrays": lambda rng: [(_n(rng, 7), _n(rng, 5), np.zeros((7, 5)), 3)],
    "of_integers": lambda rng: [
        (rng.integers(0, 9, 40).astype(kind), np.zeros(40), 3) for kind in ("i8", "i4", "i2", "u1")
    ],
    "of_small_rows": lambda rng: [(_n(rng, 9, k), _n(rng, k), np.zeros((9, k)), 9) for k in (2, 3, 20)],
    "a_function_warns": lambda rng: [(abs(_n(rng, 50)) + 0.7, np.zeros(50), 4)],
    "softmax_of_rows": lambda rng: [(_n(rng, 7, 30), 3), (_n(rng, 7, 3), 3)],
    "of_a_reversed_array": lambda rng: [(_n(rng, 50), np.zeros(50), 3)],
    "of_a_reversed_sum": lambda rng: [(_n(rng, 50), np.zeros(50), 3)],
    "of_complex_numbers": lambda rng: [(_n(rng, 50) * 1j, 3)],
}
