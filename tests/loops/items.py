"""Loops over the items of lists and arrays."""

import math

import numpy as np


def total(a):
    s = 0
    for x in a:                          #: parallel-if
        s += x
    return s, x


def numbered(a, out):
    for k, x in enumerate(a):            #: parallel-if
        out[k] = x * 0.5
    return out, k, x


def numbered_from_one(a, out):
    for k, x in enumerate(a, 1):         #: parallel-if
        out[k - 1] = x * k
    return out, k, x


def side_by_side(a, b):
    s = 0.0
    for x, y in zip(a, b):
        s += x * y
    return s, x, y


def numbers_and_pairs(a, b, out):
    for k, (x, y) in enumerate(zip(a, b), 2):
        out[k - 2] = x - y
    return out


def backwards(a):
    s = 0.0
    for x in reversed(a):
        s = s * 0.5 + x
    return s, x


def left_early(a, limit):
    for k, x in enumerate(a):
        if x > limit:
            break
    else:
        k = -1
    return k, x


def else_after_all(a):
    s = 0
    for x in a:
        s += x
    else:
        s = -s
    return s


def nothing_to_go_over(a):
    x = "before"
    for x in a:
        s = x
    return x


def into_the_same_list(x):
    for k, v in enumerate(x):
        x[k] = v * 2
        x[-1] = v
    return x


def writes_ahead(x):
    for k, v in enumerate(x):
        x[(k + 1) % len(x)] = v + 1
    return x


def division(a):
    s = 0.0
    for x in a:
        s += 1.0 / x
    return s


def division_caught(a):
    s, x = 0.0, None
    try:
        for x in a:
            s += 1.0 / x
    except ZeroDivisionError:
        return s, x, "caught"
    return s, x


def inner_and_outer(a, b):
    count = 0
    for x in a:
        for y in b:
            if x < y:
                count += 1
    return count


def target_bound_again(a):
    s = 0
    for x in a:
        x = x + 1
        s += x
    return s, x


def grows(items, n):
    s = 0
    for x in items:                      #: unsupported
        s += x
        if len(items) < n:
            items.append(x)
    return s, items


def own_enumerate(a):
    def enumerate(values):
        return [(v, v) for v in values]
    s = 0
    for x, y in enumerate(a):            #: unsupported
        s += x * y
    return s


def over_what_there_is(a):
    s = 0
    for x in a:                          #: parallel-if
        s += 1
    return s


def generator_and_list(a, n):
    made = (k * k for k in range(n))
    s = 0
    for x, y in zip(a, made):            #: parallel-if; runs interpreter
        s += x * y
    return s, list(made)


def iterator_that_goes_on(a):
    it = iter(a)
    s = 0
    for x in it:                         #: serial; runs interpreter
        s += x
        if s > 5:
            break
    return s, list(it)


def in_the_middle_of_a_file_of_words(words):
    count = 0
    for word in words:                   #: serial; runs interpreter
        count += len(word)
    return count


def dot_product_of_rows(a, b, out):
    for k, x in enumerate(a):
        s = 0
        for y in b:
            s += x * y
        out[k] = s
    return out


def _floats(rng, n):
    return [float(v) for v in rng.normal(size=n)]


def _ints(rng, n):
    return [int(v) for v in rng.integers(-50, 50, n)]


def _kinds(rng, n=30):
    return [
        (_floats(rng, n),),
        (_ints(rng, n),),
        (rng.normal(size=n),),
        (rng.integers(0, 9, n),),
        (rng.normal(size=n).astype(np.float32)[::-2],),
        ([True, False, True],),
        (tuple(_ints(rng, 5)),),
        ([1, 2.5, 3],),
        (range(5),),
    ]


ARGUMENTS = {
    "total": lambda rng: [*_kinds(rng), ([2**62] * 5,), (np.array([2**62] * 5),)],
    "numbered": lambda rng: [
        *[(a, np.zeros(30)) for (a,) in _kinds(rng)],
        (_floats(rng, 9), [0.0] * 9),
        (_floats(rng, 9), [0.0] * 7),
    ],
    "numbered_from_one": lambda rng: [(a, [0] * 30) for (a,) in _kinds(rng)],
    "side_by_side": lambda rng: [
        (_floats(rng, 9), _floats(rng, 9)),
        (_floats(rng, 9), rng.normal(size=5)),
        (_ints(rng, 3), _floats(rng, 9)),
        (rng.normal(size=9), rng.normal(size=9)),
    ],
    "numbers_and_pairs": lambda rng: [(_floats(rng, 9), _ints(rng, 8), [0.0] * 8)],
    "backwards": lambda rng: [a for a in _kinds(rng) if not isinstance(a[0], tuple)],
    "left_early": lambda rng: [
        (_floats(rng, 30), 0.5),
        (_floats(rng, 30), 99),
        (rng.normal(size=30), 1.0),
        ([1.0, math.nan, 3.0], 2),
    ],
    "else_after_all": lambda rng: _kinds(rng),
    "nothing_to_go_over": lambda rng: [([],), (np.zeros(0),), ((),), (_ints(rng, 3),)],
    "into_the_same_list": lambda rng: [(_ints(rng, 9),), (_floats(rng, 9),)],
    "writes_ahead": lambda rng: [(_ints(rng, 9),), ([2**63 - 5] * 9,)],
    "division": lambda rng: [(_floats(rng, 9),), ([1.0, 0.0, 2.0],), (np.array([1.0, 0.0]),)],
    "division_caught": lambda rng: [([1.0, 4.0, 0.0, 2.0],), ([0.0],), ([],), ([1, 0],)],
    "inner_and_outer": lambda rng: [(_floats(rng, 9), rng.normal(size=9)), (_ints(rng, 3), [])],
    "target_bound_again": lambda rng: _kinds(rng),
    "grows": lambda rng: [([1, 2, 3], 9)],
    "own_enumerate": lambda rng: [(_ints(rng, 9),)],
    "over_what_there_is": lambda rng: [
        *_kinds(rng),
        (np.zeros((3, 2)),),
        ("abc",),
        ({1: 2},),
        ([None, "a"],),
        (np.array(5),),
        (5,),
    ],
    "generator_and_list": lambda rng: [(_ints(rng, 3), 9)],
    "iterator_that_goes_on": lambda rng: [([1, 2, 3, 4, 5, 6],)],
    "in_the_middle_of_a_file_of_words": lambda rng: [(["a", "bcd"],), ((),)],
    "dot_product_of_rows": lambda rng: [(_floats(rng, 9), _ints(rng, 5), [0.0] * 9)],
}
