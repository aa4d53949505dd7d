"""Lists that loops append to: maps, and what is left of them under a condition."""

import math

import numpy as np


def squares(x):
    out = []
    for v in x:                          #: parallel-if
        out.append(v * v)
    return out


def map_over_numbers(n):
    out = [None, "before"]
    for i in range(n):                   #: parallel
        out.append(i * 0.5)
    return out


def map_from_two(n):
    out = []
    for i in range(2, n, 3):             #: serial
        out.append(i)
    return out


def map_with_functions(a):
    out = []
    for k, v in enumerate(a):            #: parallel-if
        t = math.sin(v) * k
        out.append(t)
    return out, t


def numpy_numbers(a):
    out = []
    for v in a:                          #: parallel-if
        out.append(np.sqrt(v))
    return out


def truth(a):
    out = []
    for v in a:                          #: parallel-if
        out.append(v > 0)
    return out


def positive_ones(x):
    out = []
    for v in x:                          #: serial
        if v > 0:
            out.append(v)
    return out


def pairs_of_numbers(x):
    out = [0]
    for k, v in enumerate(x):            #: parallel-if
        out.append((k, v * 2))
    return out


def positive_pairs(x):
    out = []
    for k, v in enumerate(x):            #: serial
        if v > 0:
            out.append([k, v, k > 3])
    return out


def pairs_in_a_nest(n):
    out = []
    for i in range(n):                   #: serial
        for j in range(i):
            if i * j % 3 == 1:
                out.append((i, j))
    return out


def singles(x):
    out = []
    for v in x:                          #: serial
        out.append((v,))
        out.append((v * v,))
    return out


def pairs_until_division_by_zero(x):
    out = []
    try:
        for k, v in enumerate(x):        #: parallel-if
            out.append((k, 1 / v))
    except ZeroDivisionError:
        return out, k
    return out


def pairs_and_numbers(x):
    out = []
    for v in x:                          #: unsupported
        out.append((v, 1))
        out.append(v)
    return out


def pairs_and_lists(x):
    out = []
    for v in x:                          #: unsupported
        out.append((v, 1))
        out.append([v, 1])
    return out


def pairs_in_pairs(x):
    out = []
    for v in x:                          #: unsupported
        out.append((v, (v, 1)))
    return out


def no_numbers_at_all(x):
    out = []
    for v in x:                          #: unsupported
        out.append(())
    return out


def pairs_with_words(x, word):
    out = []
    for v in x:                          #: parallel-if; runs interpreter
        out.append((word, v))
    return out


def pairs_that_are_read(x):
    out = [(1, 2)]
    for v in x:                          #: unsupported
        out.append((v, len(out)))
    return out


def either(x, y):
    small, large = [], y
    for v in x:                          #: serial
        if v < 0:
            small.append(v * 2)
        else:
            large.append(v)
    return small, large, large is y


def up_to_the_first(x, limit):
    out = []
    for v in x:                          #: serial DEP108
        if v > limit:
            break
        out.append(v + 1)
    else:
        out.append("all")
    return out


def two_an_iteration(x):
    out = []
    for v in x:                          #: serial
        out.append(v + 1)
        out.append(v - 1)
    return out


def skips(x):
    out = []
    for v in x:                          #: serial
        if v == 0:
            continue
        out.append(1.0 / v)
    return out


def division_by_zero(x, out):
    for v in x:                          #: parallel-if
        out.append(1.0 / v)
    return out


def division_by_zero_caught(x):
    out = []
    try:
        for v in x:
            out.append(1 / v)
    except ZeroDivisionError:
        return out, v
    return out


def leaves_64_bits(x):
    out = []
    s = 1
    for v in x:                          #: serial
        s = s * v
        out.append(s)
    return out


def several_types(x):
    out = []
    for v in x:                          #: parallel-if; runs interpreter
        out.append(v if v > 0 else 0)
    return out


def two_lists(a, b):
    one, two = [], []
    for x, y in zip(a, b):               #: parallel-if
        one.append(x + y)
        two.append(x - y)
    return one, two


def one_list_twice(x):
    one = []
    two = one
    for v in x:                          #: parallel-if; runs interpreter
        one.append(v + 1)
        two.append(v - 1)
    return one


def of_itself(x):
    for v in x:                          #: unsupported
        if len(x) > 9:
            break
        x.append(v)
    return x


def by_another_name(x):
    y = x
    for v in x:                          #: serial; runs interpreter
        y.append(v + 1)
        if v > 9:
            break
    return x


def looks_back(n):
    out = [1.0]
    for i in range(n):                   #: unsupported
        out.append(out[-1] * 0.5)
    return out


def appends_inside(n):
    out = []
    for i in range(n):                   #: serial
        for j in range(i):
            out.append(i * j)
    return out


def rows(a):
    out = []
    for i in range(len(a)):              #: parallel-if; runs interpreter
        s = 0.0
        for j in range(a.shape[1]):
            s += a[i, j]
        out.append(s)
    return out


class Collects:
    def __init__(self):
        self.items = []

    def append(self, item):
        self.items.append((item, len(self.items)))


def of_another_class(x):
    out = Collects()
    for v in x:                          #: parallel-if; runs interpreter
        out.append(v * 2)
    return out.items


def not_a_number(x):
    out, last = [], 0.0
    for v in x:
        last = v - v
        out.append(last)
    return out, last in out


def beside_an_array(x, a):
    out = []
    for i in range(len(x)):              #: parallel-if
        a[i] = a[i] + x[i]
        out.append(a[i] / x[i])
        x[i] = x[i] * 2
    return out, a, x


def _floats(rng, n):
    return [float(v) for v in rng.normal(size=n)]


def _ints(rng, n):
    return [int(v) for v in rng.integers(-50, 50, n)]


def _kinds(rng, n=30):
    return [
        (_floats(rng, n),),
        (_ints(rng, n),),
        (rng.normal(size=n),),
        (rng.integers(-9, 9, n),),
        (rng.normal(size=n).astype(np.float32)[::-2],),
        (rng.integers(0, 200, 9).astype(np.uint8),),
        ([True, False, True],),
        ([1j, 2j],),
        (np.array([1j, 2.5]),),
        (np.array([1j, 2.5], np.complex64),),
        ([],),
        ([1.0, "a"],),
    ]


def _ordered(rng):
    return [a for a in _kinds(rng) if not any(isinstance(v, complex | np.complexfloating) for v in a[0])]


ARGUMENTS = {
    "squares": lambda rng: [*_kinds(rng), ([2.0**40, 2**40],), ([2**40] * 4,)],
    "map_over_numbers": lambda rng: [(30,), (0,)],
    "map_from_two": lambda rng: [(30,), (0,)],
    "map_with_functions": lambda rng: [a for a in _ordered(rng) if len(a[0])],
    "numpy_numbers": lambda rng: [(rng.normal(size=9),), (np.abs(rng.normal(size=9)),)],
    "truth": lambda rng: _ordered(rng),
    "positive_ones": lambda rng: [*_ordered(rng), ([1.0, math.nan, 2.0],)],
    "pairs_of_numbers": lambda rng: [*_kinds(rng), ([2**63 - 1, 2**40] * 3,), ([],)],
    "positive_pairs": lambda rng: [*_ordered(rng), ([1.0, math.nan, 2.0],)],
    "pairs_in_a_nest": lambda rng: [(20,), (0,)],
    "singles": _kinds,
    "pairs_until_division_by_zero": lambda rng: [([1, 2, 0, 4],), ([0],), ([],), ([1, 2],)],
    "pairs_and_numbers": lambda rng: [(_ints(rng, 9),)],
    "pairs_and_lists": lambda rng: [(_ints(rng, 9),)],
    "pairs_in_pairs": lambda rng: [(_ints(rng, 9),)],
    "no_numbers_at_all": lambda rng: [(_ints(rng, 9),)],
    "pairs_with_words": lambda rng: [(_ints(rng, 9), "a")],
    "pairs_that_are_read": lambda rng: [(_ints(rng, 9),)],
    "either": lambda rng: [(_floats(rng, 30), [1]), (_ints(rng, 30), []), (rng.normal(size=9), [])],
    "up_to_the_first": lambda rng: [(_floats(rng, 30), 1.0), (_floats(rng, 30), 99), ([], 1)],
    "two_an_iteration": lambda rng: _kinds(rng),
    "skips": lambda rng: [(_ints(rng, 30),), ([1.0, 0.0, 2.0],)],
    "division_by_zero": lambda rng: [([1.0, 2.0, 0.0, 4.0], [7]), (np.array([1.0, 0.0]), [])],
    "division_by_zero_caught": lambda rng: [([1, 2, 0, 4],), ([0],), ([],), ([1, 2],)],
    "leaves_64_bits": lambda rng: [([3] * 60,)],
    "several_types": lambda rng: [(_floats(rng, 9),)],
    "two_lists": lambda rng: [(_floats(rng, 9), _ints(rng, 8))],
    "one_list_twice": lambda rng: [(_floats(rng, 9),)],
    "of_itself": lambda rng: [([1, 2],)],
    "by_another_name": lambda rng: [([1, 2],)],
    "looks_back": lambda rng: [(9,)],
    "appends_inside": lambda rng: [(9,)],
    "rows": lambda rng: [(rng.normal(size=(9, 4)),)],
    "of_another_class": lambda rng: [(_floats(rng, 9),)],
    "not_a_number": lambda rng: [([1.0, math.inf, 2.0],), ([1.0, 2.0],)],
    "beside_an_array": lambda rng: [(_floats(rng, 9), rng.normal(size=9)), ([1.0, 0.0], np.ones(2))],
}
