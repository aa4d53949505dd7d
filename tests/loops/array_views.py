"""Views of arrays: transposed, with new axes, `...`, parts of parts, axes that are kept."""

import numpy as np


def symmetric_part(m, steps):
    for t in range(steps):               #: serial
        m[:] = 0.5 * (m + m.T)
        m[0] += t
    return m


def rows_of_the_transposed(m, o, steps):
    for t in range(steps):               #: serial
        o[t] = m.T[t % 3] * 2 + m.T[0, 1]
        m.T[1] += o[t]
    return o


def outer_difference(x, y, d, steps):
    for t in range(steps):               #: serial
        d[:] = (x[:, None] - y[None, :] * t) ** 2
        x += d.min(axis=1)
    return d, x


def outer_product_by_newaxis(x, y, d, steps):
    for t in range(steps):               #: serial
        d += x[:, np.newaxis] * y[np.newaxis]
    return d


def pair_distances(p, steps):
    for t in range(steps):               #: serial
        d = p[:, None, :] - p[None, :, :]
        r = np.sqrt((d * d)[:, :, 0] + (d * d)[:, :, 1])
        p += 0.01 * r[:, :1]
    return r


def parts_of_parts(m, o, steps):
    for t in range(steps):               #: serial
        o[t] = m[1:-1][:, 1:][t % 2][0] + m[1:][0, 1] + m[t % 3][1:][::-1][1]
        m[1:][0] *= 0.5
    return o


def columns_by_an_ellipsis(m, c, steps):
    for t in range(steps):               #: serial
        m[..., 0] = m[..., -1] * 2
        c[1, ..., t % 2] = c[0, ..., 1] + c[..., 0][0]
        m[...] += 1
    return m, c


def centred_rows(m, steps):
    for t in range(steps):               #: serial
        m -= m.mean(axis=1, keepdims=True)
        m /= np.max(m, axis=0, keepdims=True) + 2
    return m


def the_axis_of_a_vector(x, o):
    for i in range(len(o)):              #: serial
        o[i] = np.sum(x[i], axis=0) + x[i].mean(axis=-1)
    return o


def reversed_parts(x, steps):
    for t in range(steps):               #: serial
        x[5:0:-1] = x[0:5] * 0.5
        x[-1:0:-2] += 1
        y = x[t + 1:0:-1]
    return x, y


def views_that_are_left(m, steps):
    for t in range(steps):               #: serial
        a = m.T
        b = m[:, None, 1]
        c = m.T[1:][:, t % 2]
        a[0] += t
    return a, b, c


def views_by_an_ellipsis(u, m, steps):
    for t in range(steps):               #: serial
        a = u[...]
        b = m[t % 2, ...]
        c = m[..., t % 2]
        a[0] += t
    a[1], b[0], c[1] = 5, 6, 7
    return u, m, a, b, c


def axes_that_stay(m, steps):
    for t in range(steps):               #: serial
        a = m.max(axis=1, keepdims=True)
        b = np.min(m, axis=0, keepdims=True)
        m += 1
    return a, b


def an_axis_of_the_transposed_that_stays(m, steps):
    for t in range(steps):               #: serial; runs interpreter
        a = m.T.max(axis=0, keepdims=True)
        m += 1
    return a


def the_end_of_a_part(m, o):
    for i in range(len(o)):              #: serial
        v = m[:, :m.shape[0]]
        o[i] = v[i % 2, -1]
    return o


def matrices_of_one_column(m, o, steps):
    for t in range(steps):               #: serial
        b = m * 2
        o[t] = b.sum() + m.sum(axis=1)[1]
        m += 1
    return o, b


def a_new_array_of_the_transposed(m, steps):
    for t in range(steps):               #: serial; runs interpreter
        b = m.T * 2
        m += b[0, 0]
    return b


def a_copy_of_the_transposed(m, steps):
    for t in range(steps):               #: serial
        b = m.T.copy()
        m += b[0, 0]
    return b


def a_sum_of_the_transposed(m, o, steps):
    for t in range(steps):               #: serial; runs interpreter
        o[t] = m.T.sum()
        m += 1
    return o


def smallest_of_the_transposed(m, o, steps):
    for t in range(steps):               #: serial
        o[t] = m.T.min() + m.T.argmin()
        m[t % 2] += 1
    return o


def an_ellipsis_for_no_axis(m, o, steps):
    for t in range(steps):               #: serial; runs interpreter
        o[t] = m[..., 0, 1] + 1
    return o


def a_part_of_a_new_axis(x, steps):
    for t in range(steps):               #: serial; runs interpreter
        x += x[None][:1][0]
    return x


def a_new_axis_behind_an_ellipsis(x, steps):
    for t in range(steps):               #: unsupported SYN103
        x += x[..., None][:, 0]
    return x


def _n(rng, *shape):
    return rng.standard_normal(shape)


ARGUMENTS = {
    "symmetric_part": lambda rng: [(_n(rng, 6, 6), 4), (_n(rng, 6, 6).T, 4), (_n(rng, 1, 1), 4), (_n(rng, 3, 4), 3)],
    "rows_of_the_transposed": lambda rng: [
        (_n(rng, 7, 4), np.zeros((5, 7)), 5),
        (np.asfortranarray(_n(rng, 7, 4)), np.zeros((5, 7)), 5),
        (_n(rng, 7, 2), np.zeros((5, 7)), 5),
    ],
    "outer_difference": lambda rng: [
        (_n(rng, 7), _n(rng, 5), np.zeros((7, 5)), 3),
        (_n(rng, 14)[::-2], _n(rng, 5)[::-1], np.zeros((7, 5)), 3),
        (_n(rng, 7).astype("f4"), _n(rng, 5).astype("f4"), np.zeros((7, 5)), 3),
    ],
    "outer_product_by_newaxis": lambda rng: [(_n(rng, 7), _n(rng, 5), np.zeros((7, 5)), 3), (_n(rng, 1), _n(rng, 5), np.zeros((1, 5)), 3)],
    "pair_distances": lambda rng: [(_n(rng, 9, 2), 3), (_n(rng, 9, 3), 3)],
    "parts_of_parts": lambda rng: [(_n(rng, 5, 6), np.zeros(4), 4), (_n(rng, 3, 2), np.zeros(4), 4)],
    "columns_by_an_ellipsis": lambda rng: [
        (_n(rng, 5, 6), _n(rng, 2, 3, 2), 4),
        (_n(rng, 5, 6), _n(rng, 2, 2), 4),
        (_n(rng, 5), _n(rng, 2, 3, 2), 4),
    ],
    "centred_rows": lambda rng: [(_n(rng, 5, 6), 4), (_n(rng, 5, 1), 4), (_n(rng, 1, 6), 4)],
    "the_axis_of_a_vector": lambda rng: [(_n(rng, 5, 40), np.zeros(5)), (_n(rng, 5, 3), np.zeros(5))],
    "reversed_parts": lambda rng: [(_n(rng, 9), 3), (_n(rng, 6), 4), (_n(rng, 5), 4)],
    "views_that_are_left": lambda rng: [(_n(rng, 5, 6), 4), (_n(rng, 5, 6).T, 1)],
    "views_by_an_ellipsis": lambda rng: [(_n(rng, 5), _n(rng, 5, 6), 3), (_n(rng, 5), _n(rng, 5, 6).T, 2)],
    "axes_that_stay": lambda rng: [(m, 3) for m in (_n(rng, 5, 6), _n(rng, 6, 5).T, _n(rng, 5, 1), _n(rng, 5, 6)[:, ::2])],
    "an_axis_of_the_transposed_that_stays": lambda rng: [(_n(rng, 5, 6), 3)],
    "the_end_of_a_part": lambda rng: [(_n(rng, 3, 5), np.zeros(4)), (_n(rng, 5, 3), np.zeros(4))],
    "matrices_of_one_column": lambda rng: [(_n(rng, 9, 1), np.zeros(4), 4), (_n(rng, 9, 2)[:, 1:], np.zeros(4), 4)],
    "a_new_array_of_the_transposed": lambda rng: [(_n(rng, 3, 5), 3)],
    "a_copy_of_the_transposed": lambda rng: [(_n(rng, 3, 5), 3)],
    "a_sum_of_the_transposed": lambda rng: [(_n(rng, 30, 50), np.zeros(3), 3)],
    "smallest_of_the_transposed": lambda rng: [(_n(rng, 3, 5), np.zeros(3), 3)],
    "an_ellipsis_for_no_axis": lambda rng: [(_n(rng, 3, 5), np.zeros(3), 3)],
    "a_part_of_a_new_axis": lambda rng: [(_n(rng, 5), 3)],
    "a_new_axis_behind_an_ellipsis": lambda rng: [(_n(rng, 5), 3)],
}
