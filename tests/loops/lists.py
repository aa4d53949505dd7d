"""Lists of numbers as arrays of Python's own numbers."""

import math

import numpy as np


def read_a_list(x):
    s = 0.0
    for i in range(len(x)):              #: parallel-if
        s += x[i] * 0.5
    return s


def write_a_list(x, y):
    for i in range(len(x)):              #: parallel-if
        y[i] = 3 * x[i] + y[i]
    return x, y


def list_beside_an_array(x, a):
    for i in range(len(x)):              #: parallel-if
        a[i] = a[i] + x[i]
        x[i] = x[i] * 2
    return x, a


def numpy_number_into_a_list(x, a):
    for i in range(len(x)):              #: parallel-if
        x[i] = a[i]
    return x


def number_of_an_array_as_python_s(x, a):
    for i in range(len(x)):              #: parallel-if
        x[i] = float(a[i])
    return x


def division_in_a_list(x, y):
    for i in range(len(x)):              #: parallel-if
        x[i] = 1.0 / y[i]
    return x


def integers_without_bound(x):
    for i in range(1, len(x)):           #: serial
        x[i] = x[i] + x[i - 1]
    return x


def sum_of_integers(x):
    s = 0
    for i in range(len(x)):
        s += x[i] * x[i]
    return s


def sieve(n):
    flags = [True] * (n + 1)
    for i in range(2, n + 1):            #: serial
        if flags[i]:
            for j in range(i * i, n + 1, i):
                flags[j] = False
    return flags


def counts(x, n):
    h = [0] * n
    for i in range(len(x)):
        h[x[i] % n] += 1
    return h


def integers_that_become_floats(n):
    y = [0] * n
    for i in range(n):                   #: parallel
        y[i] = i * 0.5
    return y


def floats_from_the_start(n):
    y = [0.0] * n
    for i in range(n):                   #: parallel
        y[i] = i * 0.5
    return y


def beyond_the_end(x, n):
    t = -1
    for i in range(n):                   #: parallel
        t = i
        x[i] = x[i] + 1
    return x, t


def beyond_the_end_caught(x, n):
    try:
        for i in range(n):               #: parallel
            x[i] = x[i] + 1
    except IndexError:
        return x, "caught", i
    return x


def negative_positions(x):
    for i in range(len(x) // 2):
        t = x[i]
        x[i] = x[-1 - i]
        x[-1 - i] = t
    return x


def two_names(x):
    y = x
    for i in range(1, len(x)):           #: parallel-if
        x[i] = y[i - 1] + 1
    return x, y, x is y


def shape_of_a_list(x, n):
    s = 0
    try:
        for i in range(n):               #: parallel-if; runs interpreter
            s += x[i] + x.shape[0]
    except AttributeError as error:
        return s, str(error)
    return s


def length_of_a_list(x, n):
    s = 0
    for i in range(n):                   #: parallel-if
        s += x[i] + len(x)
    return s


def tuple_of_positions(x, n):
    s = 0
    try:
        for i in range(n):               #: parallel-if; runs interpreter
            s += x[i,]
    except TypeError as error:
        return s, str(error)
    return s


def last_value_of_a_list(x):
    v = None
    for i in range(len(x)):
        v = x[i]
    return v


def complex_numbers(x, y):
    for i in range(len(x)):              #: parallel-if
        y[i] = x[i] * y[i] - 1j
    return y


def truth_values(x, y):
    for i in range(len(x)):              #: parallel-if
        y[i] = x[i] > 0.5
    return y


def minima(x):
    best, arg = math.inf, -1
    for i in range(len(x)):
        if x[i] < best:
            best, arg = x[i], i
    return best, arg


def bubble(x):
    n = len(x)
    for i in range(n):                   #: serial
        for j in range(n - 1 - i):
            if x[j] > x[j + 1]:
                x[j], x[j + 1] = x[j + 1], x[j]
    return x


def change_making(coins, amount):
    ways = [0] * (amount + 1)
    ways[0] = 1
    for k in range(len(coins)):          #: serial
        c = coins[k]
        for a in range(c, amount + 1):
            ways[a] += ways[a - c]
    return ways


def inner_items(x, y):
    for i in range(len(y)):              #: parallel-if
        s = 0.0
        for v in x:
            s += abs(v - y[i])
        y[i] = s
    return y


def mixed_types(x):
    s = 0
    for i in range(len(x)):              #: parallel-if; runs interpreter
        s += x[i]
    return s


def strings(x):
    s = ""
    for i in range(len(x)):              #: parallel-if; runs interpreter
        s += x[i]
    return s


class _Float(float):
    def __mul__(self, other):
        return 99.0


class _List(list):
    def __getitem__(self, key):
        return 7.0


def _floats(rng, n):
    return [float(v) for v in rng.normal(size=n)]


def _ints(rng, n):
    return [int(v) for v in rng.integers(-50, 50, n)]


ARGUMENTS = {
    "read_a_list": lambda rng: [
        (_floats(rng, 40),),
        (_ints(rng, 40),),
        ([True, False, True],),
        ([],),
        ([1.5, _Float(2.5), 3.0],),
        (_List([1.0, 2.0]),),
        ([math.nan, -0.0, math.inf],),
    ],
    "write_a_list": lambda rng: [
        (_floats(rng, 40), _floats(rng, 40)),
        (_ints(rng, 40), _ints(rng, 40)),
        (_ints(rng, 40), _floats(rng, 40)),
        (_floats(rng, 40), _ints(rng, 40)),
        ([2**62, 1], [2**62, 5]),
        ([1, 2**70], [3, 4]),
        ([True, False], [True, True]),
        (_floats(rng, 9), _floats(rng, 8)),
    ],
    "list_beside_an_array": lambda rng: [
        (_floats(rng, 30), rng.normal(size=30)),
        (_ints(rng, 30), rng.integers(0, 9, 30)),
        (_ints(rng, 3), np.array([1, 2, 127], np.int8)),
    ],
    "numpy_number_into_a_list": lambda rng: [(_floats(rng, 5), rng.normal(size=5))],
    "number_of_an_array_as_python_s": lambda rng: [(_floats(rng, 5), rng.normal(size=5))],
    "division_in_a_list": lambda rng: [
        (_floats(rng, 30), _floats(rng, 30)),
        (_floats(rng, 5), [1.0, 2.0, 0.0, 4.0, 5.0]),
    ],
    "integers_without_bound": lambda rng: [(_ints(rng, 30),), ([2**62, 5, 2**62, 7, 1],)],
    "sum_of_integers": lambda rng: [(_ints(rng, 30),), ([2**31, 2**31, 2**31, 1, 3],)],
    "sieve": lambda rng: [(100,), (3,), (2,)],
    "counts": lambda rng: [(_ints(rng, 60), 7), (_ints(rng, 6), 0)],
    "integers_that_become_floats": lambda rng: [(9,)],
    "floats_from_the_start": lambda rng: [(9,), (0,)],
    "beyond_the_end": lambda rng: [(_ints(rng, 9), 9), (_ints(rng, 9), 12), (_floats(rng, 9), 4)],
    "beyond_the_end_caught": lambda rng: [(_ints(rng, 9), 12), (_ints(rng, 9), 9)],
    "negative_positions": lambda rng: [(_floats(rng, 12),), (_ints(rng, 13),)],
    "two_names": lambda rng: [(_ints(rng, 12),)],
    "shape_of_a_list": lambda rng: [([1, 2, 3], 3)],
    "length_of_a_list": lambda rng: [([1, 2, 3], 3), ([1, 2, 3], 5)],
    "tuple_of_positions": lambda rng: [([1, 2, 3], 3)],
    "last_value_of_a_list": lambda rng: [(_floats(rng, 9),), (_ints(rng, 9),), ([],)],
    "complex_numbers": lambda rng: [
        ([complex(1, 2), complex(-0.0, 3)], [1j, complex(2, -0.0)]),
        ([1.5, 2.5], [1j, 2j]),
    ],
    "truth_values": lambda rng: [
        (_floats(rng, 9), [True] * 9),
        (_floats(rng, 9), [False] * 8),
    ],
    "minima": lambda rng: [(_floats(rng, 30),), (_ints(rng, 30),), ([math.nan, 1.0],)],
    "bubble": lambda rng: [(_floats(rng, 20),), (_ints(rng, 20),)],
    "change_making": lambda rng: [([1, 5, 10, 25], 100), ([1] * 70, 70)],
    "inner_items": lambda rng: [(_floats(rng, 9), _floats(rng, 5))],
    "mixed_types": lambda rng: [([1, 2.5, 3],), ([1.5, 2, 3],), ([1, True],)],
    "strings": lambda rng: [(["a", "b"],)],
}


def slices_of_a_list(x, n):
    for i in range(n):                   #: serial; runs interpreter
        x[i : i + 2] = x[i + 1 : i + 3]
    return x


def list_as_a_whole(x, n):
    y = None
    for i in range(n):                   #: parallel; runs interpreter
        y = x * 2
    return y


def part_of_an_array_into_a_list(x, a, n):
    for i in range(n):                   #: serial; runs interpreter
        x[i] = a[i : i + 2]
    return x


def second_name_for_a_list(x, n):
    s, y = 0, None
    for i in range(n):                   #: parallel-if; runs interpreter
        s += x[i]
        y = x
    return s, y is x


ARGUMENTS |= {
    "slices_of_a_list": lambda rng: [(_floats(rng, 6), 3)],
    "list_as_a_whole": lambda rng: [([1.0, 2.0], 3)],
    "part_of_an_array_into_a_list": lambda rng: [(_floats(rng, 3), np.arange(5.0), 3)],
    "second_name_for_a_list": lambda rng: [(_floats(rng, 3), 3)],
}
