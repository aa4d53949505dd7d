"""What happens where a slice, or a row, has no element that is read or written."""

import numpy as np


def rows_that_nobody_reads(m, n):
    count = 0
    for i in range(n):                   #: serial
        r = m[i]
        count += len(r)
        r = m[0]
    return count, r


def rows_of_which_nothing_is_read(m, n):
    for i in range(n):                   #: serial
        m[i, i:] = m[i:, i]
    return m


def a_column_that_is_not_there(m, x, n, k):
    for i in range(n):                   #: serial
        x[:i] += m[k, :1]
    return x


def one_element_for_none(m, x, n):
    for i in range(n):                   #: serial
        x[2:n - i] = m[i, :1]
    return x


def an_operation_on_one_element_for_none(x, y, n):
    for i in range(n):                   #: serial
        x[2:n - i] = y[:1] / y[1:2]
        d = x[2:n - i] * (y[:1] / y[1:2])
    return x, d


def an_operation_on_a_row_for_none(m, x, n):
    for i in range(n):                   #: serial
        m[i:3] = 1 / x
    return m


def the_sum_of_a_row_that_is_not_there(m, x, n, k):
    for i in range(n):                   #: serial
        x[i] = m[k, :i].sum()
    return x


def a_number_that_may_be_unbound(x, n, at):
    for i in range(n):                   #: serial
        if i == at:
            t = 2.0
        x[:i] = t
    return x


def lengths_of_ends_in_the_wrong_order(x, n, a, b):
    count = 0
    for i in range(n):                   #: serial
        v = x[a:b]
        count += len(v)
    return count, v


def an_end_that_only_the_view_has(x, n, k):
    for i in range(n):                   #: serial
        v = x[:k]
        w = v[::-1]
    return v, w


def empty_and_reversed(x, n):
    for i in range(n):                   #: serial
        v = x[-i - 3::-1]
        w = x[i:i - 3:-1]
        x[0] += len(v)
    return v, len(v), w


def parts_of_views_with_steps(x, n):
    for i in range(n):                   #: serial; runs interpreter
        v = x[::2]
        w = v[i:i]
    return v, w


def a_float_into_narrow_ones(x, n, k):
    for i in range(n):                   #: serial
        x[:i] = k
    return x


def a_float_with_narrow_ones(x, n, k):
    for i in range(n):                   #: serial
        d = x[:i] * k
        b = x[i:2 * i] < k
        e = np.maximum(x[:i], k)
    return d, b, e


def large_constants_with_narrow_ones(x, n):
    for i in range(n):                   #: serial
        x[:i] += 1e300
        x[i:n] = 0.5
    return x


def an_integer_into_narrow_ones(x, n, k):
    for i in range(n):                   #: serial
        x[:i] = k
    return x


def what_only_an_else_binds(x, a, n, limit):
    for t in range(n):                   #: serial; runs interpreter
        v = x[1:]
        for j in range(3):
            if a[j] > limit:
                break
        else:
            v = x[:-1]
        v[0] += 1
    return v


def what_only_the_else_of_a_while_binds(x, a, n, limit):
    for t in range(n):                   #: serial; runs interpreter
        v = x[1:]
        j = 0
        while j < 3:
            if a[j] > limit:
                break
            j += 1
        else:
            v = x[:-1]
        v[0] += 1
    return v


def _n(rng, *shape):
    return rng.standard_normal(shape)


ARGUMENTS = {
    "rows_that_nobody_reads": lambda rng: [(_n(rng, 7, 4), n) for n in (7, 9, 3)],
    "rows_of_which_nothing_is_read": lambda rng: [(_n(rng, 7, 7), n) for n in (7, 9)],
    "a_column_that_is_not_there": lambda rng: [
        (_n(rng, 7, 4), _n(rng, 9), n, k) for n in (1, 6) for k in (6, 7, -7, -8)
    ],
    "one_element_for_none": lambda rng: [(_n(rng, k, 4), _n(rng, 7), 7) for k in (5, 7)],
    "an_operation_on_one_element_for_none": lambda rng: [
        (_n(rng, 7), np.array([1.0, k]), n) for k in (0, 2) for n in (2, 7)
    ],
    "an_operation_on_a_row_for_none": lambda rng: [
        (_n(rng, 7, 2), np.array([1.0, k]), n) for k in (0, 2) for n in (3, 5)
    ],
    "the_sum_of_a_row_that_is_not_there": lambda rng: [
        (_n(rng, 7, 4), _n(rng, 9), n, k) for n in (1, 6) for k in (6, 7, -7, -8)
    ],
    "a_number_that_may_be_unbound": lambda rng: [(_n(rng, 7), n, k) for n in (1, 5) for k in (0, 9)],
    "lengths_of_ends_in_the_wrong_order": lambda rng: [
        (_n(rng, 7), 3, a, b) for a, b in ((1, 5), (5, 3), (3, 3), (0, -2), (0, 9))
    ],
    "an_end_that_only_the_view_has": lambda rng: [
        (_n(rng, 7), 3, k) for k in (1, 3, 3, 2, 3, 7, 0, -2, 9)
    ],
    "empty_and_reversed": lambda rng: [(_n(rng, 7), n) for n in (2, 4, 5, 9)],
    "parts_of_views_with_steps": lambda rng: [(_n(rng, 7), 3)],
    "a_float_into_narrow_ones": lambda rng: [
        (_n(rng, 7).astype(dtype), n, k)
        for dtype in ("float32", "float64")
        for n in (1, 5)
        for k in (0.5, 1e300, -1e300, np.float64(1e300), np.float64(2), np.inf, np.nan, 3)
    ],
    "a_float_with_narrow_ones": lambda rng: [
        (_n(rng, 7).astype(dtype), n, k)
        for dtype in ("float32", "float64")
        for n in (1, 5)
        for k in (0.5, 1e300, -1e300, np.inf)
    ],
    "large_constants_with_narrow_ones": lambda rng: [
        (_n(rng, 7).astype(dtype), n) for dtype in ("float32", "float64") for n in (1, 5)
    ],
    "an_integer_into_narrow_ones": lambda rng: [
        (np.arange(7, dtype=dtype), n, k)
        for dtype in ("int8", "uint64", "int64", "float32")
        for n in (1, 5)
        for k in (3, 300, -1, -129, np.int64(300), np.float64(2.5), np.float64(1e300), True)
    ],
    "what_only_an_else_binds": lambda rng: [(_n(rng, 7), np.ones(3), 5, k) for k in (0, 2)],
    "what_only_the_else_of_a_while_binds": lambda rng: [
        (_n(rng, 7), np.ones(3), 5, k) for k in (0, 2)
    ],
}  # fmt: skip
