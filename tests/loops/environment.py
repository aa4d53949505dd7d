"""Traps, sections 5 and 6: names, objects, environment."""

import math
import threading
import warnings
from decimal import Decimal
from enum import IntEnum
from fractions import Fraction
from math import sqrt

import numpy as np
import numpy as renamed
from numpy import exp as numpy_exp

SCALE = 3
TABLE = np.arange(10.0)
COUNT = 0


# names

def global_scalar(a, n):
    for i in range(n):                   #: parallel
        a[i] = i * SCALE
    return a


def global_array(b, n):
    for i in range(n):                   #: parallel-if
        b[i] = TABLE[i] + 1
    return b


def global_rebound_between_calls(a, n):
    global SCALE
    for i in range(n):                   #: parallel
        a[i] = i * SCALE
    SCALE = SCALE + 1.5
    for i in range(n):                   #: parallel
        a[i] += i * SCALE
    return a, SCALE


def global_assigned_in_the_body(a, n):
    global COUNT
    for i in range(n):                   #: serial DEP105
        COUNT += 1
        a[i] = COUNT
    return a, COUNT


def global_as_the_index(a, n):
    global COUNT
    for COUNT in range(n):               #: parallel
        a[COUNT] = COUNT
    return a, COUNT


def global_that_a_function_reads(a, n):
    global COUNT
    for COUNT in range(n):               #: parallel
        a[COUNT] = _count_and_scale()
    return a, COUNT


def _count_and_scale():
    return COUNT * SCALE


def array_expression_in_the_body(a, b, n):
    for i in range(n):                   #: parallel
        b[i] = a + i
    return b


def global_array_rebound(b, n):
    global TABLE
    old = TABLE
    TABLE = np.arange(10.0) * 2
    for i in range(n):                   #: parallel-if
        b[i] = TABLE[i]
    TABLE = old
    return b


def global_that_does_not_exist(a, n):
    for i in range(n):                   #: parallel; runs interpreter
        a[i] = missing_name * i
    return a


def local_that_is_not_bound_yet(a, n):
    for i in range(n):                   #: parallel; runs interpreter
        a[i] = later * i
    later = 1
    return a, later


def free_variable(a, n):
    c = 2.5

    def inner():
        for i in range(n):               #: parallel
            a[i] = c * i
        return a
    return inner()


def free_variable_rebound(a, n):
    c = 2.5

    def rebind():
        nonlocal c
        c = c + 1

    for i in range(n):                   #: parallel
        a[i] = c * i
    rebind()
    for i in range(n):                   #: parallel
        a[i] += c * i
    return a, c


def nonlocal_accumulator(a):
    s = 0

    def add():
        nonlocal s
        for i in range(len(a)):          #: parallel-if RED101
            s += a[i]
    add()
    return s


def default_arguments(a, n=7, c=2.0):
    for i in range(n):                   #: parallel
        a[i] = c * i
    return a


def star_arguments(a, *rest, **named):
    n = len(rest)
    for i in range(n):                   #: parallel
        a[i] = i
    return a, rest, named


def attribute_of_an_object(a, n):
    class Holder:
        factor = 3

    h = Holder()
    for i in range(n):                   #: unsupported SYN103
        a[i] = h.factor * i
    return a


def method_on_self(a, n):
    class Model:
        def __init__(self):
            self.a = a
            self.gain = 2.0

        def run(self):
            for i in range(n):           #: unsupported SYN103
                self.a[i] = self.a[i] * self.gain + 1
            return self.a
    return Model().run()


def imported_under_another_name(a, n):
    for i in range(n):                   #: parallel
        a[i] = renamed.sqrt(i) + sqrt(i) + numpy_exp(i * 0.1)
    return a


# patched functions

def patched_math_sqrt(a, n):
    original = math.sqrt
    math.sqrt = lambda x: x * 100
    try:
        for i in range(n):               #: parallel; runs interpreter
            a[i] = math.sqrt(i)
    finally:
        math.sqrt = original
    for i in range(n):                   #: parallel
        a[i] += math.sqrt(i)
    return a


def patched_numpy_exp(a, n):
    original = np.exp
    np.exp = lambda x: x * 100
    try:
        for i in range(n):               #: parallel; runs interpreter
            a[i] = np.exp(i)
    finally:
        np.exp = original
    return a


def shadowed_range(a, n):
    range = lambda n: [2, 0, 1]
    for i in range(n):                   #: unsupported SYN101
        a[i] = i
        a[0] += a[i]
    return a


def shadowed_abs(a, n):
    abs = lambda x: 100
    for i in range(n):                   #: parallel
        a[i] = abs(a[i])
    return a


def shadowed_len(a, n):
    len = lambda x: 3
    for i in range(len(a)):              #: parallel
        a[i] = i
    return a


def function_passed_as_an_argument(a, f, n):
    for i in range(n):
        a[i] = f(a[i])
    return a


# values that are not plain numbers

class Colour(IntEnum):
    RED = 1
    BLUE = 2


class Meters(float):
    def __add__(self, other):
        return 99.0

    __radd__ = __add__


class Steps(int):
    def __mul__(self, other):
        return -1

    __rmul__ = __mul__


def scalar_of_any_type(a, x, n):
    for i in range(n):                   #: parallel
        a[i] = i * x + x
    return a


def accumulator_of_any_type(s, n):
    for i in range(n):                   #: parallel-if RED101
        s = s + i
    return s


def bound_of_any_type(a, n):
    for i in range(n):                   #: parallel
        a[i] = i
    return a


def index_with_dunder(a, k, n):
    for i in range(n):                   #: serial DEP104
        a[k] = i
    return a


def list_of_lists_with_one_row(g, n):
    for i in range(n):                   #: parallel; runs interpreter
        g[i][0] = i
    return g


def list_reflection(l, n):
    for i in range(n):                   #: parallel; runs interpreter
        l[i] = l[i] + 1
    return l


def identity_of_numbers(a, n):
    count = 0
    for i in range(n):                   #: unsupported SYN103
        if a[i] is a[i]:
            count += 1
    return count


def dictionary_argument(d, a, n):
    for i in range(n):                   #: unsupported SYN103
        a[i] = d["x"] * i
    return a


# the environment of a run

def local_errstate(a, b):
    with np.errstate(divide="ignore", invalid="raise"):
        for i in range(len(a)):          #: parallel-if
            b[i] = 1.0 / a[i]
    for i in range(len(a)):              #: parallel-if
        b[i] = 1.0 / a[i]
    return b


def errstate_that_raises(a, b):
    with np.errstate(all="raise"):
        for i in range(len(a)):          #: parallel-if; runs interpreter
            b[i] = 1.0 / a[i]
    return b


def errstate_that_calls(a, b):
    seen = []
    old = np.seterrcall(lambda kind, flag: seen.append((kind, flag)))
    try:
        with np.errstate(all="call"):
            for i in range(len(a)):      #: parallel-if; runs interpreter
                b[i] = 1.0 / a[i]
    finally:
        np.seterrcall(old)
    return b, seen


def errstate_that_prints_nothing_else(a, b):
    with np.errstate(all="ignore"):
        for i in range(len(a)):          #: parallel-if
            b[i] = a[i] / a[i] + a[i] * 1e308
    return b


def local_warning_filters(a, b):
    with warnings.catch_warnings():
        warnings.simplefilter("once")
        for i in range(len(a)):          #: parallel-if
            b[i] = 1.0 / a[i]
        for i in range(len(a)):          #: parallel-if
            b[i] = 2.0 / a[i]
    return b


def warning_filter_by_line_number(a, b):
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="divide by zero", category=RuntimeWarning)
        warnings.filterwarnings("ignore", message="invalid", category=RuntimeWarning)
        for i in range(len(a)):          #: parallel-if
            b[i] = a[i] / a[i] + 1.0 / a[i]
    return b


def replaced_showwarning(a, b):
    said = []
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = lambda message, category, filename, lineno, file=None, line=None: said.append((str(message), lineno))
        for i in range(len(a)):          #: parallel-if
            b[i] = 1.0 / a[i]
    return b, said


def random_numbers(a, n):
    rng = np.random.default_rng(5)
    for i in range(n):                   #: parallel
        a[i] = rng.random()
    return a


def locals_in_the_body(a, n):
    for i in range(n):                   #: unsupported SYN104
        a[i] = len(locals())
    return a


def exec_in_the_body(a, n):
    for i in range(n):                   #: unsupported SYN104
        exec("a[i] = i * 2")
    return a


def del_in_the_body(a, n):
    for i in range(n):                   #: unsupported SYN102
        x = i
        a[i] = x
        del x
    return a


# ways to be entered

def generator_with_a_loop(a, n):
    def steps():
        for t in range(3):               #: unsupported SYN103
            for i in range(n):           #: parallel
                a[i] += t + i
            yield float(a[0])
    return list(steps()), a


def generator_yields_inside(a, n):
    def values():
        for i in range(n):               #: unsupported SYN103
            yield a[i] * 2
    return list(values())


def two_generators_at_once(a, b, n):
    def steps(x):
        for t in range(3):               #: unsupported SYN103
            for i in range(n):           #: parallel
                x[i] = x[i] * 2 + t
            yield x[1]
    return list(zip(steps(a), steps(b))), a, b


def entered_recursively(a, depth):
    for i in range(len(a)):              #: parallel
        a[i] = a[i] + depth
    if depth > 0:
        return entered_recursively(a, depth - 1)
    return a


def entered_from_threads(a, b, n):
    def work(x, c):
        for t in range(20):              #: serial DEP103
            for i in range(n):           #: parallel
                x[i] = x[i] * 0.5 + c * i
    threads = [threading.Thread(target=work, args=(x, c)) for x, c in ((a, 1.0), (b, 2.0))]
    for t in threads:                    #: unsupported SYN104
        t.start()
    for t in threads:                    #: unsupported SYN104
        t.join()
    return a, b


def driven_coroutine(a, n):
    async def coroutine():
        for i in range(n):               #: parallel
            a[i] = i * 3
        return a

    try:
        coroutine().send(None)
    except StopIteration as stop:
        return stop.value


def class_body(a, n):
    class Body:
        for i in range(n):               #: parallel; runs interpreter
            a[i] = i
    return a, Body.i


def lambda_around_a_loop(a, n):
    def go():
        for i in range(n):               #: parallel
            a[i] += i
    (lambda: go())()
    return a


def comprehension(a, n):
    return [a[i] * 2 for i in range(n)]


def frames_stay_real(a, n):
    for i in range(n):                   #: parallel
        a[i] = i
    return a, sorted(locals())


def names_with_underscores(a, n):
    _ = 2
    for __i in range(n):                 #: parallel
        a[__i] = _ * __i
    for _ in range(n):                   #: parallel
        a[_] += _
    return a, _


def memory_mapped(a, n):
    import tempfile
    with tempfile.TemporaryFile() as file:
        file.write(bytes(8 * (n + 1)))
        file.flush()
        x = np.memmap(file, np.float64, "r+", shape=(n + 1,))
        y = np.memmap(file, np.float64, "r+", shape=(n + 1,))
        x[0] = 1
        for i in range(n):               #: parallel-if; runs interpreter
            x[i + 1] = y[i] + a[i]
        return np.array(x)


def array_of_a_buffer(n):
    data = bytearray(8 * n)
    a = np.frombuffer(data, np.float64)
    for i in range(n):                   #: parallel
        a[i] = i
    return bytes(data)


def array_made_in_the_function(n):
    a = np.zeros(n)
    for i in range(n):                   #: parallel
        a[i] = i * 0.5
    b = a
    for i in range(n):                   #: parallel-if
        b[i] = a[i] + 1
    return a


def mapped_twice(n):
    import mmap
    import tempfile
    results = []
    with tempfile.TemporaryFile() as file:
        file.write(bytes(8 * (n + 1)))
        file.flush()
        x = np.frombuffer(mmap.mmap(file.fileno(), 8 * (n + 1)))
        y = np.frombuffer(mmap.mmap(file.fileno(), 8 * (n + 1)))
        plain = np.zeros(n + 1), np.zeros(n + 1)
        for a, b in (plain, plain, plain, (x, y), (x[1:], y[1:].reshape(-1)), plain): #: unsupported SYN101
            for i in range(len(a) - 1):  #: parallel-if
                a[i + 1] = b[i] + 1
            results.append((a.copy(), b.copy()))
    return results


def mapped_once(n):
    import mmap
    mapping = mmap.mmap(-1, 16 * n)
    x = np.frombuffer(mapping)
    for i in range(n - 1):               #: serial
        x[i + 1] = x[i] + 1
    a, b = x[:n], x[n:]
    for i in range(n):                   #: parallel-if
        b[i] = a[i] * 2
    return x.copy()


def array_shape_changes_between_calls(n):
    results = []
    for shape in ((n, 3), (3, n), (n, 1)): #: unsupported SYN101
        a = np.ones(shape)
        for i in range(a.shape[0]):      #: parallel
            for j in range(a.shape[1]):  #: parallel
                a[i, j] += i * 10 + j
        results.append(a)
    return results


def element_type_changes_between_calls(n):
    results = []
    for dtype in (float, int, np.float32, np.int8, bool, complex, object): #: unsupported SYN101
        a = np.ones(n, dtype)
        for i in range(n):               #: parallel
            a[i] = a[i] + i
        results.append(a)
    return results


def warning_only_at_the_end(a, n):
    for i in range(n):                   #: parallel
        a[i] = 1.0 / a[i]
    return a


def _late_zero(n):
    a = np.ones(n)
    a[-1] = 0
    return a


CASES = [np.array([1.0, 2.0, 4.0]), np.array([1.0, 0.0, -0.0, 4.0]), np.array([0.0]), np.array([1.0, np.inf, 0.0, np.nan])]


def _pairs(rng):
    return [(a, np.zeros(len(a))) for a in CASES] + [(a.astype(np.float32), np.zeros(len(a))) for a in CASES]


ARGUMENTS = {
    "global_that_a_function_reads": lambda rng: [(np.zeros(5), 5), (np.zeros(5), 0)],
    "array_expression_in_the_body": lambda rng: [(np.arange(3.0), np.zeros((4, 3)), 4), (np.arange(3.0), np.zeros(4), 4)],
    "global_scalar": lambda rng: [(np.zeros(9), 9), (np.zeros(9, int), 9)],
    "global_array": lambda rng: [(np.zeros(10), 10), (np.zeros(20), 11)],
    "global_rebound_between_calls": lambda rng: [(np.zeros(9), 9), (np.zeros(9), 9)],
    "global_assigned_in_the_body": lambda rng: [(np.zeros(9), 9)],
    "global_as_the_index": lambda rng: [(np.zeros(9), 9), (np.zeros(9), 0)],
    "global_array_rebound": lambda rng: [(np.zeros(9), 9)],
    "global_that_does_not_exist": lambda rng: [(np.zeros(9), 9), (np.zeros(9), 0)],
    "local_that_is_not_bound_yet": lambda rng: [(np.zeros(9), 9), (np.zeros(9), 0)],
    "free_variable": lambda rng: [(np.zeros(9), 9)],
    "free_variable_rebound": lambda rng: [(np.zeros(9), 9)],
    "nonlocal_accumulator": lambda rng: [(np.arange(9.0),)],
    "default_arguments": lambda rng: [(np.zeros(9),), (np.zeros(9), 3), (np.zeros(9), 9, 1)],
    "star_arguments": lambda rng: [(np.zeros(9), 1, 2, 3)],
    "attribute_of_an_object": lambda rng: [(np.zeros(9), 9)],
    "method_on_self": lambda rng: [(np.zeros(9), 9)],
    "imported_under_another_name": lambda rng: [(np.zeros(9), 9)],
    "patched_math_sqrt": lambda rng: [(np.zeros(9), 9)],
    "patched_numpy_exp": lambda rng: [(np.zeros(9), 9)],
    "shadowed_range": lambda rng: [(np.zeros(9), 3)],
    "shadowed_abs": lambda rng: [(np.zeros(9), 3)],
    "shadowed_len": lambda rng: [(np.zeros(9), 3)],
    "function_passed_as_an_argument": lambda rng: [(np.arange(3.0), f, 3) for f in (abs, math.sqrt, np.exp, float)],
    "scalar_of_any_type": lambda rng: [
        (np.zeros(4), x, 4)
        for x in (1, 2.5, True, Colour.BLUE, Meters(2), Steps(3), Fraction(1, 3), Decimal(2), np.float32(0.1), np.int8(100),
                  np.uint64(7), np.bool_(True), np.longdouble(2), np.float16(3), np.array(5.0), np.array([5.0]), 2j, None, "x")
    ],
    "accumulator_of_any_type": lambda rng: [(s, n) for n in (0, 3) for s in (
        0, 0.0, False, 1j, Colour.RED, Meters(1), Steps(1), Fraction(1, 3), Decimal(2), np.int8(125), np.uint8(255), np.float32(0.1),
        np.complex64(1j), np.float16(1), np.datetime64("2020-01-01"), np.array(1), None, "x")],
    "bound_of_any_type": lambda rng: [(np.zeros(9), n) for n in (3, True, Colour.BLUE, Steps(4), np.int8(3), np.uint64(4), 3.0, np.float64(3), None, "3", np.array(3), 2**70)],
    "index_with_dunder": lambda rng: [(np.zeros(9), k, 2) for k in (0, -1, True, Colour.BLUE, Steps(4), np.int8(3), np.uint64(4), 3.0, np.array(3), None)],
    "list_of_lists_with_one_row": lambda rng: [([[0] * 2] * 3, 3)],
    "list_reflection": lambda rng: [([1, 2.5, True], 3)],
    "identity_of_numbers": lambda rng: [(np.arange(3.0), 3)],
    "dictionary_argument": lambda rng: [({"x": 2}, np.zeros(3), 3)],
    "local_errstate": _pairs,
    "errstate_that_raises": _pairs,
    "errstate_that_calls": _pairs,
    "errstate_that_prints_nothing_else": _pairs,
    "local_warning_filters": _pairs,
    "warning_filter_by_line_number": _pairs,
    "replaced_showwarning": _pairs,
    "random_numbers": lambda rng: [(np.zeros(9), 9)],
    "locals_in_the_body": lambda rng: [(np.zeros(9), 9)],
    "exec_in_the_body": lambda rng: [(np.zeros(9), 9)],
    "del_in_the_body": lambda rng: [(np.zeros(9), 9)],
    "generator_with_a_loop": lambda rng: [(np.zeros(9), 9)],
    "generator_yields_inside": lambda rng: [(np.zeros(9), 9)],
    "two_generators_at_once": lambda rng: [(np.zeros(9), np.ones(9), 9)],
    "entered_recursively": lambda rng: [(np.zeros(9), 4)],
    "entered_from_threads": lambda rng: [(np.zeros(500), np.zeros(500), 500)],
    "driven_coroutine": lambda rng: [(np.zeros(9), 9)],
    "class_body": lambda rng: [(np.zeros(9), 9)],
    "lambda_around_a_loop": lambda rng: [(np.zeros(9), 9)],
    "comprehension": lambda rng: [(np.zeros(9), 9)],
    "frames_stay_real": lambda rng: [(np.zeros(9), 9), (np.zeros(9), 0)],
    "names_with_underscores": lambda rng: [(np.zeros(9), 9)],
    "memory_mapped": lambda rng: [(np.ones(9), 9)],
    "array_of_a_buffer": lambda rng: [(9,)],
    "array_made_in_the_function": lambda rng: [(9,)],
    "mapped_twice": lambda rng: [(9,), (300,)],
    "mapped_once": lambda rng: [(9,), (300,)],
    "array_shape_changes_between_calls": lambda rng: [(4,)],
    "element_type_changes_between_calls": lambda rng: [(4,)],
    "warning_only_at_the_end": lambda rng: [(_late_zero(3000), 3000), (_late_zero(3000)[::-1], 3000)],
}
