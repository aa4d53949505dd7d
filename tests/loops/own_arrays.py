"""Arrays that each iteration makes and fills: the cores have one each."""

import numpy as np


def bells(x, data, width, out):
    for i in range(len(x)):              #: serial
        z = (x[i] - data) / width
        out[i] = np.sum(np.exp(-0.5 * z * z)) / (len(data) * width)
    return out, z


def running_sums_of_rows(x, out):
    for i in range(len(x)):              #: serial
        t = np.zeros(x.shape[1])
        for j in range(x.shape[1]):
            t[j] = x[i, j] + t[j - 1]
        out[i] = t.max()
    return out, t


def fullest_bins(x, k, out):
    for i in range(len(x)):              #: serial
        h = np.zeros(k, dtype=np.int64)
        for j in range(x.shape[1]):
            h[x[i, j]] += 1
        out[i] = h.argmax()
    return out, h


def only_some_rows(x, y, out):
    for i in range(len(x)):              #: serial
        if x[i, 0] > 0:
            continue
        d = x[i] - y
        e = d * d
        out[i] = e.sum() + e[3]
    return out


def only_some_rows_kept(x, y, out):
    d = y * 2
    for i in range(len(x)):              #: serial
        if x[i, 0] > 0:
            d = x[i] - y
            out[i] = (d * d).sum()
    return out, d


def changed_in_place(x, y, out):
    for i in range(len(x)):              #: serial
        d = x[i].copy()
        d[1:-1] += y[2:] * d[:-2]
        d *= 0.5
        out[i] = d[1:].min() * i
    return out, d


def what_the_one_before_left(x, y, out):
    d = y + 1
    for i in range(len(x)):              #: serial
        out[i] = d.sum()
        d = x[i] * d
    return out, d


def filled_but_for_one(x, out):
    n = x.shape[1]
    for i in range(len(x)):              #: serial
        d = np.empty(n)
        for j in range(n - 1):
            d[j] = x[i, j] * 2
        d[n - 1] = 1.0
        out[i] = d.sum()
    return out, d


def steps_around(x, y, out, steps):
    for t in range(steps):               #: serial
        for i in range(len(x)):          #: serial
            d = x[i] * y + t
            out[i] += (d * d).sum()
        y += out.mean()
    return out, d, y


def tables_and_rows(x, y, out):
    for i in range(len(x)):              #: serial
        m = x[i][:, None] * y[None, :]
        out[i] = m.sum(axis=1)
    return out, m


def division_by_zero_in_one(x, y, out):
    for i in range(len(x)):              #: serial
        d = y / x[i]
        out[i] = d.sum()
    return out, d


def outside_in_one(x, k, out):
    for i in range(len(x)):              #: serial
        h = np.zeros(k)
        h[x[i, 0]] = i
        out[i] = h.sum()
    return out, h


def of_two_names(x, y, out):
    for i in range(len(x)):              #: serial
        d = x[i] - y
        e = d
        e[0] = 7.5
        out[i] = d.sum()
    return out, d, e


def left_by_break(x, y, out):
    for i in range(len(x)):              #: serial
        d = x[i] - y
        out[i] = d.sum()
        if out[i] < -9:
            break
    return out, d, i


def lengths_that_change(x, out):
    for i in range(len(x)):              #: serial; runs interpreter
        d = np.zeros(i + 1)
        out[i] = d.sum() + x[i, 0]
    return out


def _n(rng, *shape):
    return rng.standard_normal(shape)


def _rows(rng):
    return [(_n(rng, k, 20), _n(rng, 20), np.zeros(k)) for k in (1, 2, 40)]


ARGUMENTS = {
    "bells": lambda rng: [
        (_n(rng, 40), _n(rng, 30), 0.5, np.zeros(40)), (_n(rng, 3), _n(rng, 30), 0.5, np.zeros(3)),
        (_n(rng, 40), _n(rng, 30), 0.0, np.zeros(40)), (_n(rng, 0), _n(rng, 30), 0.5, np.zeros(3)),
        (_n(rng, 40), _n(rng, 30).astype("f4"), 0.5, np.zeros(40)),
    ],
    "running_sums_of_rows": lambda rng: [(_n(rng, 40, 20), np.zeros(40))],
    "fullest_bins": lambda rng: [
        (rng.integers(0, 20, (40, 9)), 20, np.zeros(40)),
        (rng.integers(-20, 20, (40, 9)), 20, np.zeros(40)),
        (rng.integers(0, 21, (40, 9)), 20, np.zeros(40)),
    ],
    "only_some_rows": _rows,
    "only_some_rows_kept": _rows,
    "changed_in_place": _rows,
    "what_the_one_before_left": _rows,
    "filled_but_for_one": lambda rng: [(_n(rng, 40, 20), np.zeros(40))],
    "steps_around": lambda rng: [(_n(rng, 30, 20), _n(rng, 20), np.zeros(30), 3)],
    "tables_and_rows": lambda rng: [(_n(rng, 30, 5), _n(rng, 6), np.zeros((30, 5)))],
    "division_by_zero_in_one": lambda rng: [
        (np.where(np.arange(800).reshape(40, 20) == k, 0.0, 1.5), _n(rng, 20), np.zeros(40))
        for k in (-1, 0, 333, 799)
    ],
    "outside_in_one": lambda rng: [
        (np.where(np.arange(80).reshape(40, 2) == 42, k, 3), 20, np.zeros(40)) for k in (0, -3, 20, 99)
    ],
    "of_two_names": _rows,
    "left_by_break": _rows,
    "lengths_that_change": lambda rng: [(_n(rng, 9, 2), np.zeros(9))],
}
