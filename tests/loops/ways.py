"""`return` out of loops: searches, tests of all items, results of any kind, loops in loops."""

import math

import numpy as np


def first_equal(a, x):
    for i in range(len(a)):              #: serial DEP108
        if a[i] == x:
            return i
    return -1


def is_sorted(a, n):
    for i in range(1, n):                #: serial
        if a[i - 1] > a[i]:
            return False
    return True


def first_pair(a, x):
    n, m = a.shape
    for i in range(n):                   #: serial
        for j in range(m):               #: serial
            if a[i, j] == x:
                return i, j
    return None


def in_a_triangle(a, limit):
    tried = 0
    for i in range(len(a)):              #: serial
        for j in range(i):               #: serial
            tried += 1
            if abs(a[i] - a[j]) < limit:
                return "close", a[i], a[j], tried
    return tried


def three_deep(a, x):
    for i in range(a.shape[0]):          #: serial
        for j in range(a.shape[1]):      #: serial
            for k in range(a.shape[2]):  #: serial
                if a[i, j, k] > x:
                    return [i, j, k]
            if a[i, j, 0] < -x:
                return (i, j)
        if a[i, 0, 0] == 0.0:
            return {"row": i}


def stores_before_it_returns(a, b, limit):
    s = 0.0
    for i in range(len(a)):              #: serial
        s += a[i]
        b[i] = s
        if s > limit:
            return s, i
        b[i] += 1.0
    return s, b


def with_break_and_else(a, n):
    for i in range(n):                   #: serial
        if a[i] > 2.0:
            return "large", i
        if a[i] < -2.0:
            break
    else:
        print(end="")
        return "neither"
    return "small", i


def inner_loop_with_both(a, n, m):
    s = 0.0
    for i in range(n):                   #: serial
        for k in range(m):               #: serial
            s = s * 0.5 + a[i]
            if s > 3.0:
                return s, i, k
            if s < -1.0:
                break
        else:
            s += 0.25
            continue
        s += 1.0
    return s


def in_a_while(a, n):
    for i in range(n):                   #: serial
        x = a[i]
        rounds = 0
        while abs(x) > 0.01:             #: serial SYN151
            x = x * 0.5
            rounds += 1
            if rounds > 7:
                return i, x
    return rounds


def nothing_is_returned(a, b):
    for i in range(len(a)):              #: serial
        if a[i] < 0:
            return
        b[i] = a[i]


def evaluated_by_the_interpreter(a, names):
    for i in range(len(a)):              #: serial
        if a[i] < 0:
            return f"{names[i]}: {a[i]:.3f}", [names] * 2, i if i else None
    return names


def raises_where_it_returns(a, names):
    for i in range(len(a)):              #: serial
        if a[i] < 0:
            return names[i + 100]
    return 1 / len(names)


def conditionally_bound(a):
    for i in range(len(a)):              #: serial
        if a[i] > 1:
            t = a[i]
        if a[i] < -1:
            return t
    return i


def over_items(xs):
    for k, v in enumerate(xs):           #: serial
        if v % 7 == 3:
            return k, v
    return len(xs), None


def collects_until(xs, most):
    out = []
    for v in xs:                         #: serial
        out.append(v * 0.5)
        if v > most:
            return out, v
    return out


def in_try_and_finally(a, log):
    try:
        for i in range(len(a)):          #: serial
            if a[i] < 0:
                return i
    finally:
        log[0] += 1
    return None


def an_exception_comes_first(a, b):
    for i in range(len(a)):              #: serial
        x = 10 // b[i]
        if x > a[i]:
            return x
    return "all"


def inside_a_loop_that_prints(a):
    for t in range(2):                   #: unsupported SYN104
        print("", end="")
        for i in range(len(a)):          #: serial; runs native
            if a[i] > 1.5 - t:
                return t, i
    return a


def from_a_function_that_returns(a):
    for i in range(len(a)):              #: serial
        if _escapes(a[i]):
            return i
    return -1


def _escapes(x):
    for _ in range(20):
        x = x * x - 0.5
        if x > 4:
            return True
    return False


def a_function_only_the_result_calls(a):
    for i in range(len(a)):              #: serial
        if a[i] < -0.5:
            return _described(i, a)
    return 0


def _described(i, a):
    print("", end="")
    return f"{i} of {len(a)}"


def overwrites_what_it_returns(a):
    for i in range(len(a)):              #: serial; runs interpreter
        if a[i] > 1.0:
            a = i
            return a
    return None


def binds_where_it_returns(a):
    for i in range(len(a)):              #: unsupported SYN102
        if a[i] > 1.0:
            return (where := i), where
    return None


def in_a_generator(a):
    for i in range(len(a)):              #: unsupported SYN103
        yield a[i]
        if a[i] > 1.0:
            return


def flags(a, x):
    found = False
    for i in range(len(a)):              #: serial
        if a[i] == x:
            found = True
            break
    return found, i


def flags_two_deep(a, x):
    found = False
    for i in range(a.shape[0]):          #: serial
        for j in range(a.shape[1]):      #: serial
            if a[i, j] == x:
                found = True
                break
        if found:
            break
    return found, i, j


def found_or_else(a, x):
    for i in range(len(a)):              #: serial
        if a[i] == x:
            where = i
            break
    else:
        where = None
    return where


def primes(n):
    found = []
    for k in range(2, n):                #: serial
        for d in range(2, int(math.sqrt(k)) + 1): #: serial DEP108
            if k % d == 0:
                break
        else:
            found.append(k)
    return found


def _some(rng):
    return [(rng.normal(size=40),), (rng.normal(size=40) * 0.1,), (np.zeros(0),), (np.ones(3),)]


ARGUMENTS = {
    "first_equal": lambda rng: [
        *((rng.integers(0, 40, 30), x) for x in (3, 39, -1)),
        ([1, 2, 3, 4, 5], 3),
        ([1.5, math.nan], math.nan),
        (np.zeros(0), 1.0),
    ],
    "is_sorted": lambda rng: [(np.sort(rng.normal(size=30)), 30), (rng.normal(size=30), 30), ([3, 1], 2),
                              (np.ones(3), 9)],
    "first_pair": lambda rng: [(np.arange(30).reshape(5, 6), x) for x in (0, 17, 29, 30)],
    "in_a_triangle": lambda rng: [(rng.normal(size=30), 0.01), (rng.normal(size=30), 0.0)],
    "three_deep": lambda rng: [(rng.normal(size=(4, 5, 6)), x) for x in (0.5, 1.5, 2.5, 9.0)]
    + [(np.zeros((2, 2, 2)), 1.0)],
    "stores_before_it_returns": lambda rng: [
        (rng.random(30), np.zeros(30), 5.0), (rng.random(30), np.zeros(30), 99.0),
        (rng.random(9), np.zeros(3), 9.0), ([1.0, 2.0], [0.0, 0.0], 0.5)],
    "with_break_and_else": lambda rng: [
        (rng.normal(size=40), 40), (rng.normal(size=40) * 0.1, 40), (np.array([0.0, -3.0]), 2), (np.ones(1), 0)],
    "inner_loop_with_both": lambda rng: [(rng.normal(size=40), 40, 4), (rng.normal(size=40) * 4, 40, 4)],
    "in_a_while": lambda rng: [(rng.normal(size=30), 30), (rng.normal(size=30) * 9, 30)],
    "nothing_is_returned": lambda rng: [(a[0], np.zeros(40)) for a in _some(rng)],
    "evaluated_by_the_interpreter": lambda rng: [(a[0], [str(k) for k in range(40)]) for a in _some(rng)],
    "raises_where_it_returns": lambda rng: [(a[0], []) for a in _some(rng)],
    "conditionally_bound": lambda rng: [*_some(rng), (np.array([0.0, -2.0]),)],
    "over_items": lambda rng: [([5, 4, 3, 2],), ([1.0, 2.0],), (np.arange(40) * 2,), ([],), ([2**70, 3],)],
    "collects_until": lambda rng: [(rng.normal(size=30).tolist(), m) for m in (0.5, 1.5, 9.0)],
    "in_try_and_finally": lambda rng: [(a[0], [0]) for a in _some(rng)],
    "an_exception_comes_first": lambda rng: [
        ([1, 2, 3], [1, 0, 1]), ([9, 9, 9], [9, 0, 1]), ([99, 99, 9], [1, 1, 2])],
    "inside_a_loop_that_prints": lambda rng: _some(rng),
    "from_a_function_that_returns": lambda rng: [*_some(rng), (np.array([0.1, 3.0]),)],
    "a_function_only_the_result_calls": lambda rng: _some(rng),
    "overwrites_what_it_returns": lambda rng: _some(rng),
    "binds_where_it_returns": lambda rng: _some(rng),
    "in_a_generator": lambda rng: _some(rng),
    "flags": lambda rng: [(np.arange(1, 30), x) for x in (3, 29, 30)],
    "flags_two_deep": lambda rng: [(np.arange(30).reshape(5, 6), x) for x in (0, 17, 29, 30)],
    "found_or_else": lambda rng: [(np.arange(1, 30), x) for x in (3, 29, 30)],
    "primes": lambda rng: [(60,), (2,)],
}
