"""Loops over the items of arrays, inside loops over numbers."""

import numpy as np


def items(a, out):
    for i in range(len(out)):            #: parallel-if
        s = 0.0
        for x in a:                      #: parallel-if RED101
            s += x * i
        out[i] = s
    return out


def items_with_numbers(a, w, out):
    for i in range(len(out)):            #: parallel-if
        for k, x in enumerate(a):        #: parallel-if
            out[i] += x * w[i, k] - k
    return out


def numbers_from_two(a, out):
    k = x = None
    for i in range(len(out)):            #: parallel-if
        for k, x in enumerate(a, 2):
            out[i] = k / (x + k)
    return out, k, x


def side_by_side(a, b, out):
    for i in range(len(out)):            #: parallel-if
        for x, y in zip(a, b):           #: parallel-if
            out[i] += x * y
    return out


def side_by_side_with_numbers(a, b, out):
    t = 0
    for i in range(len(out)):            #: parallel-if
        for k, (x, (y,)) in enumerate(zip(a, zip(b))):  #: serial DEP108
            if x > 1:
                break
            if y > 1:
                continue
            out[i] += x * y / (k + 1)
        else:
            out[i] = -1
    return out


def beside_a_range(a, out, n):
    for i in range(len(out)):            #: parallel-if
        for k, x in zip(range(n), a):    #: parallel-if
            out[i] += x * k
        for k, x in zip(range(2, n), a): #: parallel-if
            out[i] += x * k
    return out, k, x


def backwards(a, out):
    for i in range(len(out)):            #: parallel-if
        s = 1.0
        for x in reversed(a):            #: serial
            s = s * 0.5 + x
        for k in reversed(range(len(a))):  #: serial
            s = s * 0.5 + a[k]
        for k in reversed(range(3, i)):  #: serial
            s = s - k / s
        out[i] = s
    return out


def backwards_for_its_last_value(out, n):
    k = -5
    for i in range(n):                   #: parallel
        for k in reversed(range(i)):     #: parallel
            out[i, k] = k
    return out, k


def backwards_from_a_numpy_number(out, n, m):
    k = -1
    for i in range(len(out)):            #: serial
        for k in reversed(range(n)):     #: parallel-if
            out[i] -= k
        for j, k in zip(range(2, m), out):  #: serial
            out[i] += j
    return out, k


def items_that_the_loop_writes(a, n):
    for i in range(n):                   #: serial
        for k, x in enumerate(a):        #: serial DEP102
            a[(k + 1) % 7] = x + i
    return a


def items_of_what_is_written_before(a, out):
    for i in range(len(out)):            #: serial
        out[i] = i
        for x in out:                    #: parallel-if RED101
            a[i] += x
    return a, out


def index_that_the_body_binds(a, out):
    for i in range(len(out)):            #: parallel-if
        for k, x in enumerate(a):        #: parallel-if
            k += 1
            x *= k
            out[i] += x
    return out, k, x


def one_name_in_two_depths(a, out):
    for i in range(len(out)):            #: parallel-if
        for x in a:                      #: parallel-if
            for x in a:                  #: parallel-if
                out[i] += x
            out[i] -= x
    return out, x


def no_item_leaves_the_names_unbound(a, n):
    s = 0
    for i in range(n):                   #: parallel-if RED101
        for x in a:                      #: parallel-if RED101
            s += x
    try:
        return s, x
    except UnboundLocalError:
        return s, "unbound"


def rows_are_left_to_the_interpreter(a, n):
    s = 0.0
    for i in range(n):                   #: parallel-if RED101; runs interpreter
        for x in a:
            s += x
    return s


def a_name_for_the_parts_together(a, n):
    s = 0.0
    for i in range(n):                   #: unsupported SYN101
        for pair in enumerate(a):
            s += i
    return s, pair


def one_name_for_two_parts(a, n):
    s = 0.0
    for i in range(n):                   #: unsupported SYN101
        for x, x in enumerate(a):
            s += x
    return s


def _n(rng, *shape):
    return rng.standard_normal(shape)


ARGUMENTS = {
    "items": lambda rng: [(_n(rng, n), np.zeros(40)) for n in (0, 1, 50)] + [(x, x) if (x := _n(rng, 9)) is not None else None],
    "items_with_numbers": lambda rng: [(_n(rng, n), _n(rng, 9, n), np.zeros(9)) for n in (0, 1, 50)] + [(_n(rng, 5), _n(rng, 9, 4), np.zeros(9))],
    "numbers_from_two": lambda rng: [(_n(rng, n), np.zeros(9)) for n in (0, 5)] + [(np.array([0.0, -2.0, -3.0]), np.zeros(3)), (np.array([1, -3, -4], np.int8), np.zeros(3))],
    "side_by_side": lambda rng: [(_n(rng, n), _n(rng, m), np.zeros(9)) for n, m in ((0, 3), (5, 4), (4, 5), (4, 0))],
    "side_by_side_with_numbers": lambda rng: [(_n(rng, 40) - shift, _n(rng, 50), np.zeros(9)) for shift in (0, 4)],
    "beside_a_range": lambda rng: [(_n(rng, 5), np.zeros(9), n) for n in (3, 5, 7, 9)],
    "backwards": lambda rng: [(_n(rng, n), np.zeros(9)) for n in (0, 1, 6)],
    "backwards_for_its_last_value": lambda rng: [(np.zeros((9, 9)), n) for n in (0, 1, 9)],
    "backwards_from_a_numpy_number": lambda rng: [(np.zeros(4), n, m) for n in (0, 1, 5, True) for m in (n, np.uint8(n), np.int64(n))] + [(np.zeros(4), np.uint8(n), 3) for n in (0, 5)] + [(np.zeros(4), np.True_, 3), (np.zeros(4), 3, np.True_), (np.zeros(4), 2.0, 2)],
    "items_that_the_loop_writes": lambda rng: [(_n(rng, 7), 4), (np.arange(7, dtype=np.uint8) * 35, 4), (_n(rng, 3), 2)],
    "items_of_what_is_written_before": lambda rng: [(_n(rng, 9), _n(rng, 9)), (x, x) if (x := _n(rng, 9)) is not None else None],
    "index_that_the_body_binds": lambda rng: [(_n(rng, 7), np.zeros(4)), (rng.integers(0, 9, 5), np.zeros(3))],
    "one_name_in_two_depths": lambda rng: [(_n(rng, 7), np.zeros(4))],
    "no_item_leaves_the_names_unbound": lambda rng: [(_n(rng, n), 3) for n in (0, 2)],
    "rows_are_left_to_the_interpreter": lambda rng: [((1.0, 2.0, 3.0), 400), ((), 400)],
    "a_name_for_the_parts_together": lambda rng: [(_n(rng, 3), 4)],
    "one_name_for_two_parts": lambda rng: [(_n(rng, 3), 4)],
}
