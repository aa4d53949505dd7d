"""Numbers that are made of arrays inside a loop: sums, means, the smallest, where it is."""

import numpy as np


def moving_mean(x, y, n, w):
    for i in range(n - w):               #: serial
        y[i] = np.mean(x[i:i + w])
    return y


def moving_mean_cut_off_at_the_ends(x, y, n):
    for i in range(n):                   #: serial
        y[i] = x[max(0, i - 3):i + 4].mean()
    return y


def image_filter(a, w, out, n, m):
    for i in range(n - 2):               #: serial
        for j in range(m - 2):           #: serial
            out[i, j] = np.sum(w * a[i:i + 3, j:j + 3])
    return out


def nearest_rows(x, q, d):
    for i in range(len(x)):              #: serial
        d[i] = ((x[i] - q) ** 2).sum()
        k = d.argmin()
    return d, k


def sums_of_long_and_short_rows(x, y, n):
    for i in range(n):                   #: serial
        y[i] = x[:i].sum() + x[i:n].sum() - (x[:i] * 0.5).sum()
    return y


def of_whole_arrays_in_time(a, o, n):
    for t in range(n):                   #: serial
        o[t, 0] = a.sum()
        o[t, 1] = a[1:-1, 1:-1].mean()
        o[t, 2] = np.max(a)
        o[t, 3] = a.min()
        o[t, 4] = np.prod(a[0, :5])
        o[t, 5] = a.argmax()
        change = np.sum(np.abs(a[1:] - a[:-1]))
        o[t, 6] = change
        a[1:-1] += 0.125 * (a[2:] - a[:-2]) * (change > 1)
    return o, change


def tests_of_all_elements(a, o, n):
    for t in range(n):                   #: serial
        o[t, 0] = np.any(a > 1.5)
        o[t, 1] = (a > -1.5).all()
        if a.any():
            a -= a.mean()
        o[t, 2] = (a > 1).argmax()
    return a


def until_it_changes_little(u, n, least):
    for t in range(n):                   #: serial
        un = u.copy()
        u[1:-1] = 0.5 * (un[2:] + un[:-2])
        if np.max(np.abs(u - un)) < least:
            break
    return u, t


def integers(b, o, n):
    for t in range(n):                   #: serial
        o[t, 0] = b.sum() + (b * b).sum()
        o[t, 1] = b.prod()
        o[t, 2] = b.max() - b.min()
        o[t, 3] = b.argmin() * 100 + b.argmax()
        s = b[1:].sum()
        m = b.mean()
        b[:-1] += b[1:]
    return o, s, m


def numbers_used_by_array_statements(u, v, n):
    for t in range(n):                   #: serial
        s = u.sum()
        u -= s / len(u)
        v[:] = u / (u.max() - u.min()) + v.mean()
    return s


def types_of_results(u, f, b, n):
    for t in range(n):                   #: serial
        one, two, three = u.sum(), f.mean(), b.sum()
        four, five, six = u.argmin(), f.max(), (u > 0).any()
        u += 1
    return one, two, three, four, five, six


def nan_is_left_to_numpy(x, y):
    for i in range(len(y)):              #: serial
        y[i] = x[i].min()
    return y


def zeros_of_both_signs_are_left_to_numpy(x, y):
    for i in range(len(y)):              #: serial
        y[i] = x[i].max()
    return y


def the_smallest_of_nothing(x, n):
    s = 0.0
    for i in range(n):                   #: serial
        s = s + x[i:].min()
    return s


def the_sum_of_nothing(x, y, n):
    for i in range(n):                   #: serial
        y[i] = x[i:].sum()
    return y


def overflow_in_a_sum(x, y, n):
    for i in range(n):                   #: serial
        y[i] = x[:i].sum()
    return y


def parts_of_large_arrays(a, o, n):
    for t in range(n):                   #: serial; runs interpreter
        o[t] = a[1:-1, 1:-1].sum()
        a *= 1.5
    return o


def of_complex_numbers(z, o, n):
    for t in range(n):                   #: serial; runs interpreter
        o[t] = abs(z[t:].sum())
    return o


def of_lists(x, o, n):
    for t in range(n):                   #: serial; runs interpreter
        o[t] = np.sum(x)
    return o


def along_an_axis(m, o, n):
    for t in range(n):                   #: serial
        o[:] = np.sum(m, axis=1)
    return o


def in_the_order_of_other_arrays(a, b, o, n):
    for t in range(n):                   #: serial; runs interpreter
        o[t] = (a - b).sum() + t
    return o


def _n(rng, n, *more):
    return rng.standard_normal((n, *more) if more else n)


ARGUMENTS = {
    "moving_mean": lambda rng: [
        *[(_n(rng, 900), np.zeros(900), 900, w) for w in (1, 7, 8, 33, 129, 500)],
        (_n(rng, 300).astype("f4"), np.zeros(300, "f4"), 300, 100),
        (_n(rng, 600)[::-2], np.zeros(300), 300, 100),
        (rng.integers(-99, 99, 300), np.zeros(300), 300, 100),
    ],
    "moving_mean_cut_off_at_the_ends": lambda rng: [(_n(rng, 40), np.zeros(40), 40)],
    "image_filter": lambda rng: [
        (_n(rng, 9, 12), _n(rng, 3, 3), np.zeros((9, 12)), 9, 12),
        (_n(rng, 9, 12).astype("f4"), _n(rng, 3, 3).astype("f4"), np.zeros((9, 12)), 9, 12),
        (rng.integers(0, 255, (9, 12)).astype("u1"), _n(rng, 3, 3), np.zeros((9, 12)), 9, 12),
    ],
    "nearest_rows": lambda rng: [(_n(rng, 30, 150), _n(rng, 150), np.ones(30)), (_n(rng, 30, 3), _n(rng, 3), np.ones(30))],
    "sums_of_long_and_short_rows": lambda rng: [(_n(rng, 300), np.zeros(300), 300)],
    "of_whole_arrays_in_time": lambda rng: [
        (_n(rng, 20, 17), np.zeros((5, 7)), 5),
        (_n(rng, 20, 17).astype("f4"), np.zeros((5, 7)), 5),
        (_n(rng, 20, 17)[:, ::-1], np.zeros((5, 7)), 5),
    ],
    "tests_of_all_elements": lambda rng: [(_n(rng, 50), np.zeros((5, 3)), 5), (np.zeros((5, 6)), np.zeros((5, 3)), 5)],
    "until_it_changes_little": lambda rng: [(_n(rng, 50), 400, 0.01), (_n(rng, 5), 40, 0.0)],
    "integers": lambda rng: [
        (rng.integers(-99, 99, 40).astype(kind), np.zeros((6, 4), np.int64), 6)
        for kind in ("i8", "i1", "i4")
    ],
    "numbers_used_by_array_statements": lambda rng: [(_n(rng, 50), _n(rng, 50), 5)],
    "types_of_results": lambda rng: [(_n(rng, 50), _n(rng, 50).astype("f4"), _n(rng, 50) > 0, 3)],
    "nan_is_left_to_numpy": lambda rng: [
        (np.where(_n(rng, 30, 9) > 2, np.nan, _n(rng, 30, 9)), np.zeros(30)),
    ],
    "zeros_of_both_signs_are_left_to_numpy": lambda rng: [
        (np.where(_n(rng, 30, 9) > 0.5, 0.0, -0.0), np.zeros(30)),
        (np.full((30, 9), -0.0), np.zeros(30)),
    ],
    "the_smallest_of_nothing": lambda rng: [(_n(rng, 30), 30), (_n(rng, 30), 35)],
    "the_sum_of_nothing": lambda rng: [(_n(rng, 30), np.ones(40), 40), (np.full(3, -0.0), np.ones(9), 9)],
    "overflow_in_a_sum": lambda rng: [(np.full(30, 1e307), np.ones(40), 30)],
    "parts_of_large_arrays": lambda rng: [(_n(rng, 120, 100), np.zeros(3), 3)],
    "of_complex_numbers": lambda rng: [(_n(rng, 20) * 1j, np.zeros(9), 9)],
    "of_lists": lambda rng: [([1.0, 2.0, 3.0], np.zeros(9), 9)],
    "along_an_axis": lambda rng: [(_n(rng, 5, 6), np.zeros(5), 4)],
    "in_the_order_of_other_arrays": lambda rng: [(_n(rng, 5, 6), np.asfortranarray(_n(rng, 5, 6)), np.zeros(4), 4)],
}
