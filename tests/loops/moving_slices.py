"""Slices whose ends follow the loop's index, or are data."""

import numpy as np


def windows_of_a_fixed_length(x, y, w):
    for i in range(len(x) - w):          #: serial
        y[i:i + w] = x[i:i + w] * 2 + i
    return y


def windows_that_python_cuts_off(x, y, n, w):
    for i in range(n):                   #: serial
        y[i:i + w] += x[i:i + w]
    return y


def windows_cut_off_by_hand(x, n, w):
    for i in range(n):                   #: serial
        d = x[max(0, i - w):min(n, i + w + 1)] * 2
        x[i] = d[0] + d[-1]
    return d, d.flags.owndata, d.flags.c_contiguous


def windows_that_begin_before_the_array(x, y, n, w):
    for i in range(n):                   #: serial
        d = x[i - w:i + 1] + 1
        y[i] = i
    return d


def rows_of_a_triangle(m, x, n):
    for i in range(n):                   #: serial
        m[i, :i] = x[:i] * 2
        m[i, i + 1:] -= x[i + 1:n]
        m[:i, i] *= 0.5
    return m


def patches(a, b, n, k):
    for i in range(1, n - 1):            #: serial
        for j in range(1, k - 1):        #: serial
            d = a[i - 1:i + 2, j - 1:j + 2] - a[i, j]
            b[i, j] = d[0, 0] + d[2, 1] * d[-1, -1]
    return d


def ends_that_are_data(x, starts, ends, y):
    for t in range(len(starts)):         #: serial
        v = x[starts[t]:ends[t]]
        y[starts[t]:ends[t]] += v * t
    return v, v.base is x


def ends_of_narrow_integers(x, starts, y):
    for t in range(len(starts)):         #: serial
        y[starts[t]:] += x[starts[t]:]
        y[:starts[t]] = t
    return y


def backwards(x, y, n):
    for i in range(1, n):                #: serial
        y[:i] = x[i - 1::-1]
        y[-i:] += x[:i]
        x[i:0:-2] = 0.5 * i
    return y


def a_float_as_an_end(x, k, n):
    for i in range(n):                   #: serial; runs interpreter
        x[i:k] = 0
    return x


def a_step_that_is_data(x, n):
    for i in range(1, n):                #: serial; runs interpreter
        x[::i] += 1
    return x


def elements_of_views(x, y, n):
    for i in range(1, n):                #: serial
        v = x[1:-1]
        y[i] = v[i] + v[-1]
        v[i - 1] = i
    return v


def a_wall_and_its_neighbours(p, n):
    for t in range(1, n):                #: serial
        p[t, 1:-1] = p[t - 1, 2:] + p[t - 1, :-2]
        p[t, 0] = p[t, 1]
        row = p[t]
        row[-1] = row[t % 3]
    return row


def a_window_kept_for_the_next_step(x, n):
    w = x[0:2]
    for i in range(n):                   #: serial; runs interpreter
        x[0] += w[0]
        w = x[i:i + 2]
    return w


def windows_of_different_lengths(x, y, n):
    for i in range(n):                   #: serial; runs interpreter
        y[i:] = x[:i]
    return y


def _n(rng, n, *more):
    return rng.standard_normal((n, *more) if more else n)


ARGUMENTS = {
    "windows_of_a_fixed_length": lambda rng: [
        (_n(rng, 40), _n(rng, 40), 3),
        (_n(rng, 40), _n(rng, 38), 3),
        (_n(rng, 80)[::2], _n(rng, 40).astype("f4"), 5),
    ],
    "windows_that_python_cuts_off": lambda rng: [(_n(rng, 40), _n(rng, 40), 40, 4)],
    "windows_cut_off_by_hand": lambda rng: [(_n(rng, 40), 40, 3), (_n(rng, 40), 40, 100)],
    "windows_that_begin_before_the_array": lambda rng: [(_n(rng, 30), _n(rng, 30), 30, 3)],
    "rows_of_a_triangle": lambda rng: [(_n(rng, 9, 9), _n(rng, 9), 9), (_n(rng, 9, 9), _n(rng, 9), 7)],
    "patches": lambda rng: [(_n(rng, 9, 8), _n(rng, 9, 8), 9, 8), (_n(rng, 9, 8), _n(rng, 9, 8), 9, 9)],
    "ends_that_are_data": lambda rng: [
        (_n(rng, 30), np.array([1, -5, 12, 7]), np.array([5, 30, -2, 3]), _n(rng, 30)),
        (_n(rng, 30), [1, -5, -99, 7], [5, 300, -2, 3], _n(rng, 30)),
    ],
    "ends_of_narrow_integers": lambda rng: [
        (_n(rng, 30), np.array([1, 5, 255, 7], "u1"), _n(rng, 30)),
        (_n(rng, 30), np.array([1, -5, 127, -128], "i1"), _n(rng, 30)),
        (_n(rng, 30), np.array([True, False]), _n(rng, 30)),
    ],
    "backwards": lambda rng: [(_n(rng, 30), _n(rng, 30), 20)],
    "a_float_as_an_end": lambda rng: [(_n(rng, 30), 2.0, 20)],
    "a_step_that_is_data": lambda rng: [(_n(rng, 30), 20)],
    "elements_of_views": lambda rng: [(_n(rng, 30), _n(rng, 30), 20), (_n(rng, 15), _n(rng, 30), 20)],
    "a_wall_and_its_neighbours": lambda rng: [(_n(rng, 9, 12), 9), (_n(rng, 9, 12), 11)],
    "a_window_kept_for_the_next_step": lambda rng: [(_n(rng, 30), 20)],
    "windows_of_different_lengths": lambda rng: [(_n(rng, 30), _n(rng, 30), 20)],
}
