"""Loops that draw random numbers."""

import random

import numpy as np


def generator(kind):
    return np.random.Generator(getattr(np.random, kind)(7))


def quarter_of_a_circle(n, seed):
    random.seed(seed)
    inside = 0
    for i in range(n):                   #: parallel-if
        x = random.random()
        y = random.random()
        if x * x + y * y <= 1.0:
            inside += 1
    return inside, x, y, random.random()


def quarter_by_a_generator(n, kind):
    rng = generator(kind)
    inside = 0
    for _ in range(n):                   #: parallel-if
        x, y = rng.random(), rng.random()
        inside += x * x + y * y <= 1.0
    return inside, x, rng.random()


def walk(n, kind):
    rng = generator(kind)
    p, s = [0.0] * n, 0.0
    for i in range(n):                   #: serial
        s += rng.normal(0, 2)
        p[i] = s
    return p, rng.normal(), rng.integers(5)


def walk_that_is_appended(n, kind):
    rng = generator(kind)
    out = []
    for i in range(n):
        out.append(rng.standard_normal() * 0.5)
    return out, rng.random()


def dice(n, seed):
    np.random.seed(seed)
    s = 0
    for i in range(n):                   #: parallel-if
        s += np.random.randint(1, 7)
    return s, np.random.rand()


def generator_dice(n, kind):
    rng = generator(kind)
    s = 0
    for i in range(n):
        s += rng.integers(1, 7)
    return s, rng.random(), rng.integers(9)


def legacy_normals(n, seed):
    np.random.seed(seed)
    s = 0.0
    for i in range(n):
        s = s * 0.5 + np.random.randn()
    return s, np.random.randn(), np.random.randn()


def between_two(n, seed):
    random.seed(seed)
    s = 0.0
    for i in range(n):
        s += random.uniform(-1, 2.5)
    return s, random.gauss(0, 1)


def kept_in_an_array(a, kind):
    rng = generator(kind)
    for i in range(len(a)):              #: parallel
        a[i] = rng.uniform(-1.0, 1.0)
    return a, rng.random()


def drawn_in_a_test(n, kind):
    rng = generator(kind)
    hits = 0
    for i in range(n):
        if rng.random() < 0.25:
            hits += 1
    return hits, rng.random()


def exception_in_the_middle(x, kind):
    rng = generator(kind)
    s = 0.0
    try:
        for i in range(len(x)):
            s += rng.random() / x[i]
    except ZeroDivisionError:
        return s, i, rng.random()
    return s, rng.random()


def no_iterations(n, kind):
    rng = generator(kind)
    s = 0.0
    for i in range(n):
        s += rng.random()
    return s, rng.random()


def drawn_under_a_condition(n, kind):
    rng = generator(kind)
    s = 0.0
    for i in range(n):                   #: unsupported
        if i % 3:
            s += rng.random()
    return s, rng.random()


def until_one_is_small(n, kind):
    rng = generator(kind)
    for i in range(n):                   #: unsupported
        if rng.random() < 0.05:
            break
    return i, rng.random()


def of_two_kinds(n, kind):
    rng = generator(kind)
    s = 0.0
    for i in range(n):                   #: unsupported
        s += rng.random() * rng.normal()
    return s, rng.random()


def from_one_on(n, kind):
    rng = generator(kind)
    x = np.zeros(max(n, 1))
    for i in range(1, n):                #: serial
        x[i] = x[i - 1] + rng.normal()
    return x, rng.random()


def from_what_is_data_on(n, m, kind):
    rng = generator(kind)
    s = 0.0
    for i in range(m, n):                #: unsupported
        s += rng.random()
    return s, rng.random()


def arguments_by_name(n, kind):
    rng = generator(kind)
    s = 0.0
    for i in range(n):                   #: parallel-if
        s += rng.normal(loc=0.5, scale=2.0, size=None)
    return s, rng.random()


def arguments_that_are_names(n, mu, sigma, kind):
    rng = generator(kind)
    s = 0.0
    for i in range(n):                   #: parallel-if
        s += rng.normal(mu, scale=sigma)
    return s, rng.random()


def arguments_that_change(n, kind):
    rng = generator(kind)
    s = 0.0
    for i in range(n):                   #: unsupported
        s += rng.normal(s, 1.0)
    return s, rng.random()


def several_at_once(n, kind):
    rng = generator(kind)
    s = 0.0
    for i in range(n):                   #: unsupported
        s += rng.normal(size=3).sum()
    return s, rng.random()


def stored_into_ints(n, kind):
    rng = generator(kind)
    x = [0] * n
    for i in range(n):                   #: parallel
        x[i] = rng.random()
    return x, rng.random()


class Loaded:
    def __init__(self):
        self.asked = 0

    def random(self):
        self.asked += 1
        return self.asked * 0.125


def something_else(n):
    rng, s = Loaded(), 0.0
    for i in range(n):                   #: parallel-if; runs interpreter
        s += rng.random()
    return s, rng.asked


class Biased(random.Random):
    def random(self):
        return 0.25


def subclass(n):
    rng, s = Biased(1), 0.0
    for i in range(n):                   #: parallel-if; runs interpreter
        s += rng.uniform(1, 2)
    return s


def patched(n, seed):
    real = random.random
    random.random = lambda: 0.5
    s = 0.0
    try:
        for i in range(n):               #: parallel-if; runs interpreter
            s += random.random()
    finally:
        random.random = real
    return s


def bad_arguments(n, kind):
    rng = generator(kind)
    s, i = 0, None
    try:
        for i in range(n):
            s += rng.integers(7, 1)
    except ValueError as error:
        return s, i, str(error), rng.random()
    return s


def items_of_a_list(n, kind):
    rng = generator(kind)
    x = [rng.random() * 2 + 1 for i in range(n)]
    return x, rng.random()


def sum_of_squares(n, kind):
    rng = generator(kind)
    return max(rng.random() ** 2 - 0.5 for i in range(n)), rng.random()


def generator_bound_in_the_loop(n, kind):
    rngs = [generator(kind), generator(kind)]
    s = 0.0
    for i in range(n):                   #: unsupported
        rng = rngs[i % 2]
        s += rng.random()
    return s, rngs[0].random(), rngs[1].random()


KINDS = ("PCG64", "MT19937", "Philox", "SFC64")

ARGUMENTS = {
    "quarter_of_a_circle": lambda rng: [(200, 1), (1, 2), (7000, 3)],
    "quarter_by_a_generator": lambda rng: [*((200, kind) for kind in KINDS), (1, "PCG64")],
    "walk": lambda rng: [*((50, kind) for kind in KINDS), (3, "PCG64")],
    "walk_that_is_appended": lambda rng: [(50, "PCG64"), (3, "PCG64")],
    "dice": lambda rng: [(50, 4), (51, 5)],
    "generator_dice": lambda rng: [*((51, kind) for kind in KINDS), (2, "PCG64")],
    "legacy_normals": lambda rng: [(50, 4), (51, 5)],
    "between_two": lambda rng: [(50, 4), (1, 5)],
    "kept_in_an_array": lambda rng: [(np.zeros(50), "PCG64"), (np.zeros(3, np.float32), "PCG64"), ([0.0] * 5, "PCG64")],
    "drawn_in_a_test": lambda rng: [(200, "PCG64")],
    "exception_in_the_middle": lambda rng: [([1.0, 2.0, 0.0, 4.0], "PCG64"), ([0.0], "PCG64"), ([2.0] * 9, "PCG64"), (np.array([1.0, 0.0, 2.0]), "PCG64")],
    "no_iterations": lambda rng: [(0, "PCG64"), (4, "PCG64")],
    "drawn_under_a_condition": lambda rng: [(20, "PCG64")],
    "until_one_is_small": lambda rng: [(200, "PCG64")],
    "of_two_kinds": lambda rng: [(20, "PCG64")],
    "from_one_on": lambda rng: [(20, "PCG64"), (1, "PCG64"), (0, "MT19937"), (2, "MT19937")],
    "from_what_is_data_on": lambda rng: [(20, 3, "PCG64")],
    "arguments_by_name": lambda rng: [(20, "PCG64")],
    "arguments_that_are_names": lambda rng: [
        (20, 0, 2.5, "PCG64"), (20, np.float64(0.5), 2, "MT19937"), (20, 0.5, 0.0, "PCG64"), (20, 0.0, -1.0, "PCG64"),
        (9, np.zeros(2), 1.0, "PCG64"), (9, True, 1.0, "PCG64"),
    ],
    "arguments_that_change": lambda rng: [(20, "PCG64")],
    "several_at_once": lambda rng: [(20, "PCG64")],
    "stored_into_ints": lambda rng: [(20, "PCG64"), (1, "PCG64")],
    "something_else": lambda rng: [(9,)],
    "subclass": lambda rng: [(9,)],
    "patched": lambda rng: [(9, 1)],
    "bad_arguments": lambda rng: [(9, "PCG64")],
    "items_of_a_list": lambda rng: [(40, "PCG64")],
    "sum_of_squares": lambda rng: [(40, "PCG64")],
    "generator_bound_in_the_loop": lambda rng: [(9, "PCG64")],
}
