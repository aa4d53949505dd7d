"""Scalar products and norms of short vectors, as BLAS makes them."""

import numpy as np
from numpy.linalg import norm


def distances(p, out):
    for i in range(len(p)):              #: serial
        for j in range(i):
            out[i, j] = np.linalg.norm(p[i] - p[j])
    return out


def products_of_rows(p, q, out):
    for i in range(len(p)):              #: serial
        d = p[i] - q
        out[i] = np.dot(d, d) + d.dot(q) + d @ p[i] - np.inner(q, p[0])
    return out, d


def unit_vectors(p, out):
    for i in range(len(p)):              #: serial
        v = np.array([p[i, 0], 2.0, p[i, 1]])
        out[i] = v / norm(v)
    return out


def repelled(p, force):
    n = len(p)
    for i in range(n):                   #: serial
        total = np.zeros(3)
        for j in range(n):
            if i != j:
                r = p[i] - p[j]
                total += r / np.linalg.norm(r) ** 3
        force[i] = total
    return force


def parts_of_new_arrays(p, q, out):
    for i in range(len(out)):            #: serial
        d = p[i] - q
        out[i] = d[1:] @ d[:-1] + np.linalg.norm(d[2:])
    return out


def reversed_new_arrays(p, q, out):
    for i in range(len(out)):            #: serial; runs interpreter
        d = p[i] - q
        out[i] = d[::-1] @ d
    return out


def columns_of_new_arrays(p, out):
    for i in range(len(out)):            #: serial; runs interpreter
        d = np.array([[p[i, 0], 2.0], [p[i, 1], 3.0], [p[i, 2], 4.0], [1.0, p[i, 3]]])
        out[i] = d[:, 0] @ d[:, 1]
    return out


def perceptron(x, y, w, rounds):
    for t in range(rounds):              #: serial
        for i in range(len(x)):
            if y[i] * (w @ x[i]) <= 0:
                w += y[i] * x[i]
    return w


def norm_of_one_vector(v, out):
    for i in range(len(out)):            #: serial
        out[i] = np.linalg.norm(v) * i
        v *= 1.5
    return out


def a_column(m, out):
    for i in range(len(out)):            #: serial; runs interpreter
        out[i] = np.linalg.norm(m[:, i])
    return out


def a_long_product(x, w, out):
    for i in range(len(out)):            #: serial; runs interpreter
        out[i] = np.dot(w, x[i])
    return out


def a_product_of_matrices(a, b, out):
    for i in range(len(out)):            #: serial; runs interpreter
        out[i] = (a @ b)[0, 0]
    return out


def a_norm_of_another_order(p, out):
    for i in range(len(out)):            #: unsupported SYN104
        out[i] = np.linalg.norm(p[i], 1)
    return out


def _n(rng, *shape):
    return rng.standard_normal(shape)


ARGUMENTS = {
    "distances": lambda rng: [
        *[(_n(rng, 12, k), np.zeros((12, 12))) for k in (1, 2, 3, 4)],
        (_n(rng, 12, 3).astype("f4"), np.zeros((12, 12))),
        (rng.integers(-9, 9, (12, 3)), np.zeros((12, 12))),
        (_n(rng, 12, 8)[:, ::2], np.zeros((12, 12))),
        (_n(rng, 12, 5), np.zeros((12, 12))),
        (_n(rng, 12, 2) * 1e200, np.zeros((12, 12))),
        (np.where(_n(rng, 12, 2) > 1, np.nan, 1.0), np.zeros((12, 12))),
    ],
    "products_of_rows": lambda rng: [
        (_n(rng, 9, 3), _n(rng, 3), np.zeros(9)),
        (_n(rng, 9, 4)[:, ::-1], _n(rng, 4), np.zeros(9)),
        (_n(rng, 9, 6)[:, ::2], _n(rng, 3), np.zeros(9)),
        (_n(rng, 9, 4), _n(rng, 8)[::2], np.zeros(9)),
        (np.asfortranarray(_n(rng, 9, 4)), _n(rng, 4), np.zeros(9)),
        (_n(rng, 9, 3), _n(rng, 3).astype("f4"), np.zeros(9)),
    ],
    "unit_vectors": lambda rng: [(_n(rng, 9, 2), np.zeros((9, 3)))],
    "repelled": lambda rng: [(_n(rng, 9, 3), np.zeros((9, 3))), (_n(rng, 9, 3).astype("f4"), np.zeros((9, 3)))],
    "parts_of_new_arrays": lambda rng: [(_n(rng, 9, k).astype(kind), _n(rng, k).astype(kind), np.zeros(9)) for k in (4, 9) for kind in ("f8", "f4")],
    "reversed_new_arrays": lambda rng: [(_n(rng, 9, k).astype(kind), _n(rng, k).astype(kind), np.zeros(9)) for k in (4, 9, 16) for kind in ("f8", "f4")],
    "columns_of_new_arrays": lambda rng: [(_n(rng, 9, 4), np.zeros(9))],
    "perceptron": lambda rng: [
        (_n(rng, 20, k), np.sign(_n(rng, 20)), np.zeros(k), 3) for k in (2, 5, 10, 16)
    ],
    "norm_of_one_vector": lambda rng: [(_n(rng, k), np.zeros(4)) for k in (1, 3, 7, 16)],
    "a_column": lambda rng: [(_n(rng, 3, 4), np.zeros(4))],
    "a_long_product": lambda rng: [(_n(rng, 9, 17), _n(rng, 17), np.zeros(9))],
    "a_product_of_matrices": lambda rng: [(_n(rng, 3, 4), _n(rng, 4, 3), np.zeros(4))],
    "a_norm_of_another_order": lambda rng: [(_n(rng, 3, 4), np.zeros(3))],
}
