"""Lists that get items of another type than theirs."""

import math

import numpy as np


def zeros_that_become_floats(x):
    y = [0] * len(x)
    for i in range(len(x)):              #: parallel-if
        if x[i] > 0:
            y[i] = x[i] * 0.5
    return y


def float_zeros_over_int_zeros(n):
    y = [0] * n
    for i in range(0, n, 2):
        y[i] = i * -0.0
    return y


def sums_over_zeros(x, idx, m):
    y = [0] * m
    for i in range(len(idx)):            #: parallel-if
        y[idx[i]] += x[i]
    return y


def what_was_and_what_is(y, n):
    s = 0
    for i in range(1, n):                #: serial
        y[i] = y[i - 1] * 0.5
        s += y[i - 2] + y[-1]
    return y, s


def type_of_an_item_that_is_kept(y, n):
    t = y[0]
    for i in range(n):
        y[i] = y[i] + 0.5
        t = y[i // 2]
    return y, t


def matrix_by_vector(a, x, n):
    y = [0] * n
    for i in range(n):                   #: parallel-if
        for j in range(n):
            y[i] += a[i, j] * x[j]
    return y


def nothing_that_becomes_ints(n):
    y = [None] * n
    for i in range(n):                   #: parallel
        y[i] = i * i
    return y


def words_that_become_floats(y, x):
    for i, v in enumerate(x):
        y[i] = v / 3
    return y


def several_types_replaced(y, n):
    for i in range(n):                   #: parallel
        y[i] = i * 0.25
    return y


def several_types_read(y, n):
    for i in range(n):                   #: parallel; runs interpreter
        y[i] = y[i] * 0.25
    return y


class Noisy:
    log = []

    def __del__(self):
        Noisy.log.append("gone")


def objects_replaced(n):
    Noisy.log.clear()
    y = [Noisy() for k in range(n)]
    for i in range(n):                   #: parallel; runs interpreter
        y[i] = i * 0.5
    return y, Noisy.log


def zeros_that_become_complex(x, y, n):
    for i in range(n):                   #: parallel-if
        y[i] = x[i] * 1j
    return y


def complex_under_a_condition(x, y, n):
    s = 0
    for i in range(1, n):                #: serial
        if x[i] > 0:
            y[i] = y[i - 1] + x[i] * (0.5 - 1j)
        s += y[i]
    return y, s


def floats_and_ints(x, n):
    y = [0.5] * n
    for i in range(n):                   #: parallel-if
        y[i] = x[i] if x[i] > 0 else 0
    return y


def two_names(x, n):
    y = x
    s = 0
    for i in range(n):                   #: parallel-if; runs interpreter
        y[i] = i * 0.5
        s += x[i]
    return x, s


def truth_values(x):
    y = [0] * len(x)
    for i in range(len(x)):              #: parallel-if
        y[i] = x[i] > 0
    return y


def numbers_of_an_array(a):
    y = [0] * len(a)
    for i in range(len(a)):              #: parallel-if
        y[i] = a[i] * 2
    return y


def numbers_of_an_array_moved(a):
    y = [0] * len(a)
    for i in range(len(a)):
        t = a[i]
        y[i] = t
        y[-1] = t
    return y, [v is y[-1] for v in y if v != v]


def moved_from_a_list(x):
    y = [0] * len(x)
    for i in range(len(x)):
        y[i] = x[i]
    return y, [v is w for v, w in zip(x, y) if v != v]


def division_in_the_middle(x):
    y = [0] * len(x)
    try:
        for i in range(len(x)):
            y[i] = 1.0 / x[i]
    except ZeroDivisionError:
        return y, i
    return y


def beyond_the_end_of_zeros(x, n):
    y = [0] * n
    try:
        for i in range(len(x)):
            y[i] = x[i] * 0.5
    except IndexError:
        return y, i
    return y


def written_again_and_again(x, n):
    y = [0] * 3
    for i in range(n):
        y[i % 3] = x[i] + 0.5
        y[(i + 1) % 3] = y[i % 3] * 2
    return y


def also_appended(x):
    y, out = [0] * len(x), []
    for i in range(len(x)):
        y[i] = x[i] * 0.5
        out.append(y[i] - 1)
    return y, out


def held_by_another_list(x, n):
    y = [0, 1] * n
    other = y[:]
    for i in range(n):
        y[i] = math.sqrt(x[i])
    return y, other


def one_call_after_another(xs):
    y = [0] * 4
    for x in xs:
        for i in range(4):
            y[i] = x[i] * 2
    return y


ARGUMENTS = {
    "zeros_that_become_floats": lambda rng: [([1.5, -2.0, 0.0, 3.0] * 5,), ([],), ([-1.0],), ([1, -2],)],
    "float_zeros_over_int_zeros": lambda rng: [(9,), (1,)],
    "sums_over_zeros": lambda rng: [([0.5, -0.0, 1.5] * 4, [0, 3, 2, 2] * 3, 6), ([-0.0], [0], 1), ([2**53 + 1, 0.5], [0, 0], 2), (np.arange(6.0), [0, 1] * 3, 2)],
    "what_was_and_what_is": lambda rng: [([3, 0, 0, 0, 7], 5), ([2**60 + 1, 0, 0], 3), ([1.5, 2.5, 3.5], 3)],
    "type_of_an_item_that_is_kept": lambda rng: [([3, 1, 2, 2**62], 4), ([1, 2, 3], 2), ([True, False], 2)],
    "matrix_by_vector": lambda rng: [(rng.random((6, 6)), [1.5] * 6, 6), (np.zeros((3, 3)), [-0.0] * 3, 3), (np.ones((3, 3), int), [1, 2, 3], 3)],
    "nothing_that_becomes_ints": lambda rng: [(9,), (0,)],
    "words_that_become_floats": lambda rng: [(["a", "b", "c"], [1, 2]), (["a"] * 4, [1.5, 2.5])],
    "several_types_replaced": lambda rng: [([1, 2.5, None, "a"], 4), ([1, 2.5, None, "a"], 2)],
    "several_types_read": lambda rng: [([1, 2.5, 3], 3)],
    "objects_replaced": lambda rng: [(3,)],
    "zeros_that_become_complex": lambda rng: [
        ([1.5, -0.0, math.nan], [0] * 4, 3),
        ([1.5, 2.5], [None, 0.5, "a"], 2),
        (np.arange(3.0), [0.5] * 3, 3),
    ],
    "complex_under_a_condition": lambda rng: [
        ([1.5, -2.0, 3.5, 0.5], [0] * 4, 4),
        ([1.5, -2.0, 3.5, 0.5], [0.5] * 4, 4),
    ],
    "floats_and_ints": lambda rng: [([1.5, -2.0, 3.5], 3)],
    "two_names": lambda rng: [([0, 1, 2], 3)],
    "truth_values": lambda rng: [([1, -1, 0],), ([0.5, -0.5],), (np.array([1.5, -1.5]),)],
    "numbers_of_an_array": lambda rng: [(np.arange(5.0),), (np.arange(5),), (np.arange(5, dtype=np.float32),), (np.array([1.5, np.nan]),), ([1, 2],)],
    "numbers_of_an_array_moved": lambda rng: [(np.array([1.5, np.nan, 2.5]),), (np.array([1.5, np.nan]),), (np.arange(3.0),)],
    "moved_from_a_list": lambda rng: [([1.5, math.nan, 2.5],), ([0.5, 1.5],), ([True, False],)],
    "division_in_the_middle": lambda rng: [([1.0, 2.0, 0.0, 4.0],), ([1.0, 2.0],), ([1, 0],)],
    "beyond_the_end_of_zeros": lambda rng: [([1.5] * 9, 5), ([1.5] * 3, 5)],
    "written_again_and_again": lambda rng: [([1, 2, 3, 4, 5, 6, 7], 7), ([0.5] * 4, 4)],
    "also_appended": lambda rng: [([1.5, 2.5, 3.5],), ([1, 2],)],
    "held_by_another_list": lambda rng: [([4.0, 9.0, 2.0], 3), ([1.0, -1.0], 1)],
    "one_call_after_another": lambda rng: [([[1.5] * 4, np.arange(4.0), [1] * 4, [True] * 4, np.arange(4)],)],
}
