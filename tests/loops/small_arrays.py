"""Arrays that the body of a loop makes: vectors of two or three numbers, accumulators, scratch."""

import numpy as np


def attraction(p, m, force):
    n = len(p)
    for i in range(n):                   #: serial
        a = np.zeros(3)
        for j in range(n):
            if i != j:
                d = p[j] - p[i]
                r = np.sqrt(np.sum(d * d))
                a += m[j] * d / r ** 3
        force[i] = a
    return force, a, d, r


def attraction_with_continue(p, m, force):
    n = len(p)
    for i in range(n):                   #: serial
        for j in range(n):
            if i == j:
                continue
            d = p[j] - p[i]
            force[i] += m[j] * d / (d * d).sum() ** 1.5
    return force, d


def distances(p, out):
    for i in range(len(p)):              #: serial
        for j in range(i):
            d = p[i] - p[j]
            out[i, j] = out[j, i] = np.sqrt(np.sum(d ** 2))
    return out


def nearest_centre(x, c, label, least):
    for i in range(len(x)):              #: serial
        best = np.inf
        for k in range(len(c)):
            d = np.sum((x[i] - c[k]) ** 2)
            if d < best:
                best = d
                label[i] = k
        least[i] = best
    return label, least


def rotated(p, angle, out):
    c, s = np.cos(angle), np.sin(angle)
    for i in range(len(p)):              #: serial
        v = np.array([c * p[i, 0] - s * p[i, 1], s * p[i, 0] + c * p[i, 1], 1.0])
        out[i] = v / v.sum()
    return out, v


def cross_products(a, b, out):
    for i in range(len(a)):              #: serial
        u, v = a[i], b[i]
        w = np.array([u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]])
        out[i] = w
    return out, u, w


def matrix_of_four(p, out):
    for i in range(len(p)):              #: serial
        m = np.array([[p[i, 0], 1], [0.5, p[i, 1]]])
        m[1] += m[0] * 2
        m[:, 0] -= 1
        out[i, 0] = m.sum()
        out[i, 1] = m[1, 0] * m[0, 1]
    return out, m


def runge_kutta(y, n, h, out):
    for t in range(n):                   #: serial
        k1 = np.array([y[1], -y[0]])
        z = y + 0.5 * h * k1
        k2 = np.array([z[1], -z[0]])
        y = y + h * k2
        out[t] = y
    return y, out


def counters(x, out):
    for i in range(len(x)):              #: serial
        c = np.zeros(4, dtype=int)
        for j in range(x.shape[1]):
            c[x[i, j] % 4] += 1
        out[i] = c
    return out, c


def each_component(p, out):
    for i in range(len(p)):              #: serial
        v = np.empty(3)
        for k in range(3):
            v[k] = p[i, k] * 2 + k
        w = np.ones(3, np.float32) + np.full(3, 0.5)
        out[i] = v + w
    return out, v, w


def like_another(u, n):
    for t in range(n):                   #: serial
        d = np.zeros_like(u)
        d[1:-1] = u[2:] - 2 * u[1:-1] + u[:-2]
        u = u + 0.1 * d
        e = np.zeros(u.shape)
        e[0] = t
    return u, d, e


def types_of_items(n):
    for t in range(n):                   #: serial
        a = np.array([t, 2])
        b = np.array([t, 2.5])
        c = np.array([True, False])
        d = np.array([t > 1, 2], dtype=float)
        e = np.full((2, 2), t)
        f = np.ones(2, bool)
    return a, b, c, d, e, f


def bound_at_times(p, out):
    d = None
    for i in range(len(p)):              #: parallel-if
        if p[i, 0] > 1:
            d = p[i] * 2
        out[i] = i
    return out, d


def bound_at_times_and_not_before(p, out):
    for i in range(len(p)):              #: serial
        if p[i, 0] > 0.5:
            d = p[i] * 2
        elif p[i, 0] < -1:
            d = p[i] - p[0]
            out[i] += d.sum()
        out[i] += i
    try:
        return out, d
    except NameError as error:
        return out, str(error)


def warnings_in_one_step(p, out):
    for i in range(len(p)):              #: serial
        v = p[i] / p[i, 0]
        out[i] = v * np.array([1, 0.5, v[1]])
    return out, v


def of_other_lengths(p, q, out):
    for i in range(len(p)):              #: serial
        v = np.zeros(3)
        v += p[i]
        v *= q
        out[i] = v
    return out


def made_of_numbers_and_arrays(p, n):
    for i in range(n):                   #: serial; runs interpreter
        v = np.array([p[i, 0], p[i]])
    return v


def of_a_length_that_changes(out, n):
    for i in range(n):                   #: serial; runs interpreter
        v = np.zeros(i)
        out[i] = v.sum()
    return out


def of_other_types(out, n):
    for i in range(n):                   #: unsupported SYN104
        v = np.zeros(3, dtype=out.dtype)
        out[i] = v[0]
    return out


def rows_in_place_of_another_type(p, out):
    for i in range(len(p)):              #: parallel-if
        for k in range(3):
            out[i] += p[i] * k
    return out


def integers_without_a_place(x, out):
    for i in range(len(x)):              #: serial
        v = np.zeros(2, dtype=np.int8)
        v[0] = x[i]
        v[1] += x[i]
        out[i] = v
    return out, v


def an_integer_without_a_place_for_all(x, out):
    for i in range(len(x)):              #: serial
        v = np.ones(2, dtype=np.int8)
        v[:] = x[i]
        v += 100
        out[i] = v
    return out, v


def reversed_and_changed(u, v, n):
    for t in range(n):                   #: serial
        u = u[::-1] - v
    return u


def an_element_in_a_name(m, u):
    for t in range(len(m)):              #: serial
        w = m[t]
        s = w[0]
        u[:] = u * s + s
    return u, s


def nearest_by_row(x, c, label):
    for i in range(len(x)):              #: serial
        label[i] = np.argmin(np.sum((c - x[i]) ** 2, axis=1))
    return label


def along_axes(m, o, n):
    for t in range(n):                   #: serial
        m *= 1.25
        rows = m.sum(axis=1)
        columns = np.sum(m, 0)
        o[t, 0] = rows[1] + columns[-1]
        o[t, 1] = (m - m[0]).sum(-1).sum()
        o[t, 2] = np.max(m * m, axis=0).sum()
        o[t, 3] = np.any(m > 1, axis=1).sum() + m.argmax(axis=1).max() + m.argmin(0).sum()
        least = m.min(axis=1)
        mean = (m * m).mean(axis=0)
    return o, rows, columns, least, mean


def scaled_to_one(m, n):
    for t in range(n):                   #: serial
        m /= m.sum(axis=0)
        m += np.mean(m, axis=0)
    return m


def along_axes_of_integers(m, o):
    for t in range(len(o)):              #: serial
        o[t] = m.sum(axis=1) + m.max(axis=1) * m.min(1)
        m[t % 3] += 1
    return o, m


def along_an_axis_of_a_part(m, o, n):
    for t in range(n):                   #: serial; runs interpreter
        o[:] = m[:, 1:].sum(axis=1)
    return o


def keeping_the_axis(m, n):
    for t in range(n):                   #: serial
        m = m / m.sum(axis=1, keepdims=True)
    return m


def _n(rng, *shape):
    return rng.standard_normal(shape)


ARGUMENTS = {
    "attraction": lambda rng: [
        *[(_n(rng, 20, k), _n(rng, 20), np.zeros((20, k))) for k in (3, 1)],
        (_n(rng, 20, 3).astype("f4"), _n(rng, 20), np.zeros((20, 3))),
        (np.zeros((5, 3)), _n(rng, 5), np.zeros((5, 3))),
        (np.asfortranarray(_n(rng, 9, 3)), _n(rng, 9), np.zeros((9, 3))),
    ],
    "attraction_with_continue": lambda rng: [
        *[(_n(rng, 20, k), _n(rng, 20), np.zeros((20, k))) for k in (3, 2, 7)],
    ],
    "distances": lambda rng: [(_n(rng, 30, k), np.zeros((30, 30))) for k in (1, 2, 3, 4, 5, 9)],
    "nearest_centre": lambda rng: [
        (_n(rng, 60, k), _n(rng, 4, k), np.zeros(60, int), np.zeros(60)) for k in (2, 3, 8, 40)
    ],
    "rotated": lambda rng: [(_n(rng, 30, 2), 0.7, np.zeros((30, 3)))],
    "cross_products": lambda rng: [(_n(rng, 30, 3), _n(rng, 30, 3), np.zeros((30, 3)))],
    "matrix_of_four": lambda rng: [(_n(rng, 30, 2), np.zeros((30, 2)))],
    "runge_kutta": lambda rng: [(_n(rng, 2), 50, 0.1, np.zeros((50, 2)))],
    "counters": lambda rng: [(rng.integers(0, 99, (30, 7)), np.zeros((30, 4), int))],
    "each_component": lambda rng: [(_n(rng, 30, 3), np.zeros((30, 3)))],
    "like_another": lambda rng: [(_n(rng, 30), 9), (_n(rng, 3).astype("f4"), 9), (_n(rng, 2), 3)],
    "types_of_items": lambda rng: [(3,)],
    "bound_at_times": lambda rng: [(_n(rng, 30, 3), np.zeros(30))],
    "bound_at_times_and_not_before": lambda rng: [
        (_n(rng, 30, 3), np.zeros(30)), (np.zeros((30, 3)), np.zeros(30)),
    ],
    "warnings_in_one_step": lambda rng: [
        (np.where(np.arange(90).reshape(30, 3) == 30, 0.0, _n(rng, 30, 3)), np.zeros((30, 3))),
    ],
    "of_other_lengths": lambda rng: [
        (_n(rng, 30, 3), _n(rng, k), np.zeros((30, 3))) for k in (3, 1, 2)
    ],
    "made_of_numbers_and_arrays": lambda rng: [(_n(rng, 30, 1), 3)],
    "of_a_length_that_changes": lambda rng: [(np.zeros(9), 9)],
    "rows_in_place_of_another_type": lambda rng: [
        (_n(rng, 9, 3), np.zeros((9, 3), kind)) for kind in ("f8", "?", "i8", "f4")
    ],
    "integers_without_a_place": lambda rng: [
        (np.array([5, -6, k, 7]), np.zeros((4, 2))) for k in (8, 127, 128, 300, -129)
    ],
    "an_integer_without_a_place_for_all": lambda rng: [
        (np.array([5, 6, k, 7]), np.zeros((4, 2))) for k in (8, 127, 128, 300, -129)
    ],
    "reversed_and_changed": lambda rng: [(_n(rng, 9), _n(rng, 9), 5)],
    "an_element_in_a_name": lambda rng: [(_n(rng, 9, 2), _n(rng, 5))],
    "nearest_by_row": lambda rng: [
        *[(_n(rng, 60, k), _n(rng, 4, k), np.zeros(60, int)) for k in (1, 2, 3, 8, 150)],
        (_n(rng, 60, 3), np.asfortranarray(_n(rng, 4, 3)), np.zeros(60, int)),
    ],
    "along_axes": lambda rng: [
        *[(_n(rng, *shape), np.zeros((4, 4)), 4) for shape in ((5, 6), (2, 1), (9, 40), (40, 3))],
        (np.asfortranarray(_n(rng, 5, 6)), np.zeros((4, 4)), 4),
        (_n(rng, 9, 12)[::2, ::3], np.zeros((4, 4)), 4),
        (np.full((3, 3), -0.0), np.zeros((4, 4)), 4),
        (np.where(np.arange(30).reshape(5, 6) == 7, np.nan, _n(rng, 5, 6)), np.zeros((4, 4)), 4),
        (np.zeros((2, 0)), np.zeros((4, 4)), 4),
    ],
    "scaled_to_one": lambda rng: [
        (rng.random((7, 5)), 3), (np.zeros((7, 5)), 3), (rng.random((7, 1)), 3), (rng.random((1, 5)), 3)
    ],
    "along_axes_of_integers": lambda rng: [
        (rng.integers(-9, 9, (5, 4)).astype(kind), np.zeros((4, 5), np.int64)) for kind in ("i8", "i1", "u1")
    ],
    "along_an_axis_of_a_part": lambda rng: [(_n(rng, 5, 6), np.zeros(5), 4)],
    "keeping_the_axis": lambda rng: [(_n(rng, 5, 6), 4)],
    "of_other_types": lambda rng: [(np.zeros(9), 9)],
}
