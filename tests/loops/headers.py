"""Headers that make what the loop goes over: grids of numbers, arrays, items of dictionaries."""

import itertools
import math
from itertools import product

import numpy as np


def grid(a, n, m):
    for i, j in itertools.product(range(n), range(m)):      #: parallel
        a[i, j] = i * 10.0 + j
    return a, i, j


def grid_by_its_name(a, n, m):
    s = 0
    for i, j in product(range(1, n), range(m, 0, -2)):
        s += i * j
        a[i, j - 1] = s
    return a, s, i, j


def grid_of_one_length(a, n):
    for i, j in product(range(n), repeat=2):                #: parallel
        a[i, j] = math.sqrt(i + j)
    return a


def grid_of_three(a, n):
    for i, j, k in itertools.product(range(n), range(2), range(3, 9, 3)):
        a[i, j] += k
    return a, i, j, k


def grid_of_values(xs, ys):
    s = 0.0
    for x, y in itertools.product(xs, ys):
        s += x * y
    return s, x, y


def grid_left_early(a, n, m, limit):
    for i, j in product(range(n), range(m)):
        if a[i, j] > limit:
            break
    else:
        i = -1
    return i, j


def grid_returned_from(a, limit):
    for i, j in np.ndindex(a.shape):
        if a[i, j] > limit:
            return i, j
    return None


def grid_with_else(n, m):
    s, i, j = 0, "i", "j"
    for i, j in product(range(n), range(m)):
        s += i - j
    else:
        s = -s
    return s, i, j


def grid_bounds_bound_again(n, m):
    s = 0
    for i, j in product(range(n), range(m)):
        s += i * j
        n, m = j, i
        i = s
    return s, i, j, n, m


def grid_of_what_is_written(x):
    for v, w in product(x, range(len(x))):
        x[w] = v + w
    return x, v, w


def grid_of_several_types(x):
    s = 0
    for v, w in product(x, x):
        s += v * w
    return s, v, w


def grid_that_raises(a, n, m):
    s, i, j = 0.0, None, None
    try:
        for i, j in product(range(n), range(m)):
            s += 1.0 / a[i][j]
    except ZeroDivisionError:
        return s, i, j
    return s


def grid_of_text(n):
    s = 0
    for i, c in product(range(n), "abc"):                   #: parallel-if; runs interpreter
        s += i
    return s, c


def own_product(xs):
    def product(one, other):
        return [(3, 4), (5, 6)]

    s = 0
    for i, j in product(range(len(xs)), range(2)):
        s += i * j
    return s


def patched_product(n):
    s, real = 0, itertools.product
    itertools.product = lambda one, other: real(other, one)
    try:
        for i, j in itertools.product(range(n), range(3)):  #: parallel-if; runs interpreter
            s += 10 * i + j
    finally:
        itertools.product = real
    return s, i, j


def grid_inside(a, n, m):
    for t in range(3):
        for i, j in product(range(n), range(m)):
            a[i, j] += i - j + t
    return a, i, j


def grid_inside_that_shrinks(a, n):
    s = 0
    for t in range(n):
        for i, j in product(range(t), range(n - t)):
            a[i, j] += t
            s += i
            if s > 20:
                break
        else:
            s += 1
    return a, s


def grid_inside_with_nothing(n, m):
    s, i = 0, "never bound"
    for t in range(n):
        for i, j in product(range(t), range(m)):
            s += i + j
    return s, i


def grid_inside_of_bound_names(a, n):
    s = 0
    for t in range(n):
        m = t + 1
        for i, j in product(range(m), range(m)):
            m = 2
            s += a[i] * j
    return s, m


def places(a):
    for i, j in np.ndindex(*a.shape):                       #: parallel
        a[i, j] = a[i, j] * 2 + i
    return a, i, j


def places_by_number(a, n, m):
    for i, j in np.ndindex(n, m):
        a[i, j] = i - j
    return a


def places_of_a_pair(a, n, m):
    for i, j in np.ndindex((n, m)):
        a[i, j] = i - j
    return a


def places_inside(a, n):
    for t in range(n):
        for i, j in np.ndindex(a.shape):
            a[i, j] += t
    return a, i


def places_below_nothing(a, n, m):
    try:
        for i, j in np.ndindex(n, m):
            a[i, j] = 1
    except ValueError as error:
        return str(error)
    return a


def numbered_places(a, b):
    for (i, j), x in np.ndenumerate(a):                     #: parallel-if
        b[j, i] = x * 2
    return b, i, j, x


def numbered_places_of_a_list(a, b):
    for (i, j), x in np.ndenumerate(a):                     #: parallel-if; runs interpreter
        b[j, i] = x * 2
    return b, i, j, x


def numbered_places_of_itself(a):
    s = 0.0
    for (i, j), x in np.ndenumerate(a):
        a[j, i] = x + 1
        s += x
    return a, s, x


def numbered_places_of_a_vector(a):
    s = 0
    for (i,), x in np.ndenumerate(a):
        s += i * x
    return s, i, x


def whole_numbers(a, n):
    for i in np.arange(n):
        a[i] = i * 2
    return a, i


def steps_of_a_half(lo, hi):
    s = 0.0
    for x in np.arange(lo, hi, 0.5):                        #: parallel-if
        s += x * x
    return s, x


def between(n):
    s = 0.0
    for x in np.linspace(0.0, 1.0, n):                      #: parallel-if
        s += math.exp(-x)
    return s, x


def between_numbered(n, out):
    for k, x in enumerate(np.linspace(-1, 1, n), 2):
        out[k - 2] = x * k
    return out, k, x


def between_beside(a, n):
    s = 0.0
    for x, y in zip(a, np.linspace(0, 1, n)):
        s += x * y
    return s, x, y


def between_in_both(n, m):
    s = 0.0
    for x in np.linspace(0, 1, n):
        for y in np.linspace(0, 1, m):
            s += x * y
    return s, x, y


def nothing_between(n):
    x = "before"
    for x in np.arange(0, n):
        s = x
    return x


def patched_arange(n):
    s, real = 0, np.arange
    np.arange = lambda n: real(2 * n) * 0.5
    try:
        for x in np.arange(n):
            s += x
    finally:
        np.arange = real
    return s, x


def items_of_a_dictionary(d):
    s = 0
    for k, v in d.items():                                  #: parallel-if
        s += k * v
    return s, k, v


def values_of_a_dictionary(d):
    s = 0
    for v in d.values():                                    #: parallel-if
        s += v * v
    return s, v


def keys_of_a_dictionary(d, out):
    for n, k in enumerate(d.keys()):
        out[n] = k + 1
    return out, k


def dictionary_that_is_changed(d):
    for k, v in d.items():
        d[k] = v * 2
    return d, k, v


def dictionary_that_grows(d):
    s = 0
    try:
        for v in d.values():
            s += v
            d[s] = v
    except RuntimeError as error:
        return str(error), d, s
    return d, s


def dictionary_with_words(d):
    s = 0
    for k, v in d.items():                                  #: parallel-if; runs interpreter
        s += v
    return s, k


def division_by_values(d):
    s, k = 0.0, None
    try:
        for k, v in d.items():
            s += 1 / v
    except ZeroDivisionError:
        return s, k
    return s


def large_values(d):
    s = 0
    for v in d.values():
        s += v
    return s, v


class Holder:
    def __init__(self, n):
        self.n, self.asked = n, 0

    def items(self):
        self.asked += 1
        return [(k, k * k) for k in range(self.n)]


def items_of_something_else(n):
    holder, s = Holder(n), 0
    for k, v in holder.items():
        s += k * v
    return s, holder.asked


def _numbers(n, rng, kind=float):
    return {k: kind(v) for k, v in enumerate(rng.integers(1, 50, n))}


ARGUMENTS = {
    "grid": lambda rng: [(np.zeros((7, 9)), 7, 9), (np.zeros((7, 9), int), 5, 9), (np.zeros((2, 2)), 3, 2), (np.zeros((2, 300)), 1, 300), (np.zeros((7, 9)), np.int64(4), True)],
    "grid_by_its_name": lambda rng: [(np.zeros((7, 9)), 7, 9), (np.zeros((7, 9)), 2, 1), (np.zeros((7, 9)), 3, 12)],
    "grid_of_one_length": lambda rng: [(np.zeros((7, 7)), 7), (np.zeros((7, 7)), 1), (np.zeros((7, 7)), 0)],
    "grid_of_three": lambda rng: [(np.zeros((7, 9)), 7), (np.zeros((1, 2), np.int8), 1)],
    "grid_of_values": lambda rng: [([1.5, 2.5, 3.5], [1.0, 2.0]), (np.arange(30) * 0.25, [3, 4]), ([1, 2], np.array([1, 2, 3], np.int8)), ((1, 2), (3.5, 4.5)), ([2**70, 3], [1.5]), ([], [1]), ([1], [])],
    "grid_left_early": lambda rng: [(np.arange(63.0).reshape(7, 9), 7, 9, 40), (np.arange(63.0).reshape(7, 9), 7, 9, 4), (np.arange(63.0).reshape(7, 9), 7, 9, 400), (np.arange(63.0).reshape(7, 9), 7, 9, -1)],
    "grid_returned_from": lambda rng: [(np.arange(63.0).reshape(7, 9), 40), (np.arange(63.0).reshape(7, 9), 99), (np.zeros((0, 3)), 1)],
    "grid_with_else": lambda rng: [(7, 9), (0, 3), (3, 0), (1, 1)],
    "grid_bounds_bound_again": lambda rng: [(7, 9), (1, 30)],
    "grid_of_what_is_written": lambda rng: [([1, 2, 3, 4],), (np.arange(5.0),), ([0.5, 1.5],)],
    "grid_of_several_types": lambda rng: [([1, 2.5, 3],), ([True, False],), ([2**80, 1],), (["a", 1],)],
    "grid_that_raises": lambda rng: [([[1.0, 2.0, 4.0], [3.0, 0.0, 2.0], [1.0, 1.0, 1.0]], 3, 3), ([[1.0, 2.0], [3.0, 5.0]], 2, 2)],
    "grid_of_text": lambda rng: [(7,)],
    "own_product": lambda rng: [([1, 2, 3],)],
    "patched_product": lambda rng: [(7,)],
    "grid_inside": lambda rng: [(np.zeros((7, 9)), 7, 9), (np.zeros((7, 9)), 1, 2)],
    "grid_inside_that_shrinks": lambda rng: [(np.zeros((9, 9)), 9), (np.zeros((9, 9)), 2)],
    "grid_inside_with_nothing": lambda rng: [(3, 0), (1, 5), (4, 2)],
    "grid_inside_of_bound_names": lambda rng: [(np.arange(9.0), 9), ([1, 2, 3], 3)],
    "places": lambda rng: [(rng.random((7, 9)),), (rng.random((9, 7)).T,), (np.arange(12).reshape(3, 4),), (np.zeros((2, 3, 4)),), (np.zeros((0, 4)),), (np.zeros((1, 4), np.uint8),)],
    "places_by_number": lambda rng: [(np.zeros((7, 9)), 7, 9), (np.zeros((7, 9)), 2, 3), (np.zeros((7, 9)), 2.0, 3)],
    "places_of_a_pair": lambda rng: [(np.zeros((7, 9)), 7, 9)],
    "places_inside": lambda rng: [(np.zeros((7, 9)), 4), (np.zeros((7, 9)), 1), (np.zeros((2, 2, 2)), 3)],
    "places_below_nothing": lambda rng: [(np.zeros((7, 9)), -1, 2), (np.zeros((7, 9)), 2, 2)],
    "numbered_places": lambda rng: [(rng.random((7, 9)), np.zeros((9, 7))), (np.arange(6).reshape(2, 3), np.zeros((3, 2))), (np.zeros((2, 2, 2)), np.zeros((2, 2)))],
    "numbered_places_of_a_list": lambda rng: [([[1.5, 2.5], [3.5, 4.5]], np.zeros((2, 2)))],
    "numbered_places_of_itself": lambda rng: [(rng.random((7, 7)),), (np.asfortranarray(rng.random((5, 5))),), (rng.random((6, 6))[::2, ::2],)],
    "numbered_places_of_a_vector": lambda rng: [(rng.random(30),), (np.arange(20),)],
    "whole_numbers": lambda rng: [(np.zeros(30), 30), (np.zeros(30, int), 7), ([0] * 5, 5), (np.zeros(30), 5.0), (np.zeros(3), 5)],
    "steps_of_a_half": lambda rng: [(0, 9), (-2.5, 2.5)],
    "between": lambda rng: [(50,), (1,)],
    "between_numbered": lambda rng: [(30, np.zeros(30)), (4, [0.0] * 4), (30, np.zeros(20))],
    "between_beside": lambda rng: [(rng.random(20), 30), ([0.5] * 40, 30), ((1, 2, 3), 3)],
    "between_in_both": lambda rng: [(20, 30), (3, 1)],
    "nothing_between": lambda rng: [(0,), (3,)],
    "patched_arange": lambda rng: [(7,)],
    "items_of_a_dictionary": lambda rng: [(_numbers(40, rng),), (_numbers(40, rng, int),), ({1.5: 2, -0.0: 3},), ({1: 2, 2: 2.5},), ({True: 1, False: 3},)],
    "values_of_a_dictionary": lambda rng: [(_numbers(40, rng),), ({"a": 1.5, "b": -0.0},), ({"a": 2**70},)],
    "keys_of_a_dictionary": lambda rng: [(_numbers(40, rng), np.zeros(40)), (_numbers(4, rng), [0] * 4)],
    "dictionary_that_is_changed": lambda rng: [(_numbers(40, rng),)],
    "dictionary_that_grows": lambda rng: [({1: 2, 3: 4},)],
    "dictionary_with_words": lambda rng: [({"a": 1, "b": 2},)],
    "division_by_values": lambda rng: [({1: 2, 3: 4, 5: 0, 6: 7},), ({1: 2, 3: 4},)],
    "large_values": lambda rng: [({1: 2**62, 3: 2**62, 5: 2**62, 6: 1},)],
    "items_of_something_else": lambda rng: [(5,)],
}
