"""Comprehensions, and generator expressions of which a builtin function takes all items."""

import math

import numpy as np

SCALE = 0.5


def _clipped(x):
    if x < 0:
        return 0.0
    return min(x, 1.0) * SCALE


def map_of_a_list(xs):
    return [x * 0.5 + x * x for x in xs]                    #: parallel


def map_over_numbers(n):
    return [i * i % 7 + 3 for i in range(n)]                #: parallel


def map_with_a_function(xs):
    return [_clipped(x) for x in xs]                        #: parallel


def map_of_an_array(a):
    return [math.sin(v) * 2 for v in a]                     #: parallel


def only_some(xs):
    return [x * x * x + 1 for x in xs if x > 0 if x != 1]   #: serial


def with_places(xs, ys):
    return [k * x - y for k, (x, y) in enumerate(zip(xs, ys))] #: parallel


def two_fors(n, m):
    return [i * 10 + j for i in range(n) for j in range(m) if i != j] #: serial


def triangle(n):
    return [i - j for i in range(n) for j in range(i)]      #: serial


def rows_of_rows(n, m):
    return [[i * j * 0.5 for j in range(m)] for i in range(n)] #: serial


def rows_of_all_lengths(xs, n):
    return [[x * i + 1 for i in range(k) if i != 2] for k, x in enumerate(xs) if k < n] #: serial


def pairs(xs):
    return [(k, x * x + 1.0) for k, x in enumerate(xs)]     #: parallel


def as_an_array(a):
    return np.array([a[i] + 2 * a[i - 1] for i in range(len(a))]) #: parallel


def sum_of_products(xs, ys):
    return sum(x * y for x, y in zip(xs, ys))               #: parallel-if RED101


def sum_of_squares(n):
    return sum(i * i for i in range(n))                     #: parallel-if RED101


def sum_of_a_list(xs):
    return sum([abs(x) for x in xs])                        #: parallel-if RED101


def sum_of_some(a):
    return sum(a[i] * i for i in range(len(a)) if a[i] > 0) #: parallel-if RED101


def sum_of_truth(xs):
    return sum(x > 0.5 for x in xs)                         #: parallel-if RED101


def least_and_largest(xs):
    low = min(abs(x - 0.5) for x in xs)                     #: serial
    high = max(x * x for x in xs if x < 1)                  #: serial
    return low, high


def largest_of_a_list(xs):
    return max([x * x - x for x in xs])                     #: serial


def any_of_them(xs, limit):
    return any(x * x > limit for x in xs)                   #: serial DEP108


def all_of_them(xs, limit):
    return all(x * x < limit for x in xs)                   #: serial DEP108


def taken_by_others(xs):
    found = sorted(x * x - 3 * x for x in xs)               #: parallel
    return found, tuple(abs(x) * 2 + 1 for x in xs)         #: parallel


def in_a_test(xs):
    rounds = 0
    while any(x * 2 > 1 for x in xs) and rounds < 3:        #: serial DEP108
        xs = [x * 0.5 - x * x * 0.1 for x in xs]            #: parallel
        rounds += 1
    return xs, rounds


def in_a_loop(xs, n):
    total = 0
    rows = []
    for k in range(n):                                      #: unsupported SYN103
        row = [x * k + 0.25 * k for x in xs]                #: parallel
        total += sum(k * 2 for x in row)                    #: parallel-if RED101
        rows.append(row)
    return rows, total


def a_division_by_zero(xs):
    return [1.0 / x + x for x in xs]                        #: parallel


def an_index_outside(xs, ys):
    return [xs[i] * ys[i] + 1 for i in range(len(xs))]      #: parallel


def a_division_in_a_sum(xs):
    return sum(1 // x for x in xs)                          #: parallel-if RED101


def nothing_to_compare(xs):
    return max(x * x for x in xs if x > 100)                #: serial


def warnings_inside(a):
    return [np.sqrt(v) / v for v in a]                      #: parallel


def leaves_64_bits(xs):
    cubes = [x * x * x for x in xs]                         #: parallel
    return cubes, sum(x * x for x in xs)                    #: parallel-if RED101


def of_two_types(xs):
    return [x * 2 + 1 if x > 0 else 0 for x in xs]          #: parallel; runs interpreter


def its_own_variable(i, xs):
    out = [i * i * 2 + 1 for i in range(5)]                 #: parallel
    return out, i


def variable_of_a_global_name(xs):
    return [SCALE * SCALE + _scaled(SCALE) for SCALE in xs] #: parallel


def _scaled(x):
    return x * SCALE


def of_itself(x):
    return [x * x * 2 for x in x]                           # its name means two things


def in_a_closure(xs, k):
    def inner(y):
        return [x * k + y - 1 for x in xs]                  #: parallel

    return inner(1.0), inner(2)


def in_a_lambda(xs):
    return (lambda k: [x * k + k * k for x in xs])(2)


def strings(xs):
    return [str(x) for x in xs]


def binds_a_name(xs):
    found = [last := x * 2 + 1 for x in xs]
    return found, last


def of_a_dictionary(xs):
    return [k * 2 + v - 1 for k, v in {x: x for x in xs}.items()]


def sets(xs):
    return {x % 3 + 1 * 2 for x in xs}, {x: x * 2 + 1 for x in xs}


def mixed_lists(xs):
    made = [x * 2 + x - 1 for x in xs]                      #: parallel; runs interpreter
    return made, sum(x * 2 for x in xs)                     #: parallel-if; runs interpreter


def replaced_sum(xs):
    sum = _first_of  # noqa: A001
    return sum(x * 2 for x in xs)


def _first_of(items):
    return next(iter(items))


def appends_in_loops_inside(n, m):
    out, counts = [], []
    for i in range(n):                   #: serial
        k = 0
        for j in range(m):               #: serial
            if (i + j) % 3:
                out.append(i * j)
                k += 1
        counts.append(k)
    return out, counts


def appends_in_a_while(xs):
    out = []
    for x in xs:                         #: serial
        while x > 1.0:                   #: serial SYN151
            out.append(x)
            x = x / 2.0
    return out


def _floats(rng, n=30):
    return rng.normal(size=n).tolist()


def _ints(rng, n=30):
    return rng.integers(-9, 9, n).tolist()


def _lists(rng):
    return [(_floats(rng),), (_ints(rng),), ([],), ([2],), (rng.normal(size=20),)]


ARGUMENTS = {
    "map_of_a_list": lambda rng: [*_lists(rng), ([1e308, -1e308],), ([2**40] * 3,)],
    "map_over_numbers": lambda rng: [(30,), (0,), (1,)],
    "map_with_a_function": _lists,
    "map_of_an_array": lambda rng: [(rng.normal(size=30),), (_floats(rng),), (np.zeros(0),)],
    "only_some": lambda rng: _lists(rng)[:4],
    "with_places": lambda rng: [(_floats(rng), _floats(rng, 20)), (_ints(rng), _floats(rng)), ([], [1])],
    "two_fors": lambda rng: [(6, 7), (0, 3), (3, 0)],
    "triangle": lambda rng: [(12,), (1,), (0,)],
    "rows_of_rows": lambda rng: [(5, 6), (0, 3), (3, 0)],
    "rows_of_all_lengths": lambda rng: [(_floats(rng), 9), ([1, 2, 3], 2), ([], 1)],
    "pairs": lambda rng: _lists(rng)[:4],
    "as_an_array": lambda rng: [(rng.normal(size=30),), (_ints(rng),), (np.zeros(0),)],
    "sum_of_products": lambda rng: [(_ints(rng), _ints(rng)), (_ints(rng), []), ([2**62, 2**62], [1, 1])],
    "sum_of_squares": lambda rng: [(30,), (0,), (3000,)],
    "sum_of_a_list": lambda rng: [(_ints(rng),), ([],), ([-0.0],), ([True, False],)],
    "sum_of_some": lambda rng: [(_ints(rng),), (rng.normal(size=30),), (rng.integers(0, 9, 30),)],
    "sum_of_truth": lambda rng: [(_floats(rng),), (rng.normal(size=30),)],
    "least_and_largest": lambda rng: [(_floats(rng),), (_ints(rng),), ([0.5, -0.0, 0.0],),
                                      ([0.5, math.nan, 0.25],), ([math.nan, 0.5],)],
    "largest_of_a_list": lambda rng: _lists(rng)[:4],
    "any_of_them": lambda rng: [(_floats(rng), 1.0), (_floats(rng), 99.0), (_ints(rng), 80), ([], 1)],
    "all_of_them": lambda rng: [(_floats(rng), 1.0), (_floats(rng), 99.0), (_ints(rng), 80), ([], 1)],
    "taken_by_others": lambda rng: _lists(rng)[:4],
    "in_a_test": lambda rng: _lists(rng)[:4],
    "in_a_loop": lambda rng: [(_ints(rng), 4), (_ints(rng), 0)],
    "a_division_by_zero": lambda rng: [([1.0, 2.0, 0.0, 4.0],), ([1.0, 2.0],), (np.array([1.0, 0.0]),)],
    "an_index_outside": lambda rng: [(_floats(rng), _floats(rng, 9)), (_floats(rng), _floats(rng))],
    "a_division_in_a_sum": lambda rng: [([1, 2, 0, 4],), ([1, 2],)],
    "nothing_to_compare": lambda rng: [(_floats(rng),), ([],), ([101.0],)],
    "warnings_inside": lambda rng: [(np.array([1.0, -1.0, 0.0, 4.0]),), (np.ones(3),)],
    "leaves_64_bits": lambda rng: [([2**20, 2**30, 3],), ([1, 2],)],
    "of_two_types": lambda rng: [(_floats(rng),)],
    "its_own_variable": lambda rng: [(77, None)],
    "variable_of_a_global_name": lambda rng: [(_floats(rng),)],
    "of_itself": lambda rng: [(_floats(rng),)],
    "in_a_closure": lambda rng: [(_floats(rng), 3.0)],
    "in_a_lambda": lambda rng: [(_floats(rng),)],
    "strings": lambda rng: [(_floats(rng),)],
    "binds_a_name": lambda rng: [(_floats(rng),)],
    "of_a_dictionary": lambda rng: [(_ints(rng),)],
    "sets": lambda rng: [(_ints(rng),)],
    "mixed_lists": lambda rng: [([1, 2.0, 3],), ([1, None],), ([2**70],), ([True, 1],)],
    "replaced_sum": lambda rng: [(_floats(rng),)],
    "appends_in_loops_inside": lambda rng: [(9, 8), (0, 3), (3, 0)],
    "appends_in_a_while": lambda rng: [([1000.0, 3.0, 0.5] * 5,), ([2.0**40] * 30,)],
}
