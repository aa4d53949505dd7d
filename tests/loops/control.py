"""Traps, section 4: loops and control flow."""

import math

import numpy as np


def index_after_the_loop(n):
    i = "before"
    for i in range(n):                   #: parallel
        pass
    return i


def index_after_loops_of_any_step(a, lo, hi, step):
    i = None
    for i in range(lo, hi, step):        #: parallel-if
        a[i] = i
    return a, i


def index_unbound_after_no_trip(a, n):
    for i in range(n):                   #: parallel
        a[i] = 0
    return i


def inner_index_after_the_loop(a, n, m):
    for i in range(n):                   #: parallel
        for j in range(m):               #: parallel-if RED101
            a[i] += 1
    return i, j


def triangle_leaves_the_inner_index(a, n):
    j = -1
    for i in range(n):                   #: parallel
        for j in range(i):               #: parallel
            a[i, j] = i - j
    return j


def local_after_the_loop(a, n):
    for i in range(n):                   #: parallel
        t = a[i] * 2
        a[i] = t + 1
    return t


def local_unbound_after_no_trip(a, n):
    for i in range(n):                   #: parallel
        t = a[i]
        a[i] = t * t
    return t


def bound_in_one_branch(a, n, limit):
    for i in range(n):                   #: parallel
        if a[i] > limit:
            found = i
    return found


def bound_in_one_branch_and_used_in_the_body(a, b, n, limit):
    for i in range(n):                   #: serial DEP105
        if a[i] > limit:
            x = a[i]
        b[i] = x
    return b


def bound_before_and_in_one_branch(a, n, limit):
    found = -1
    for i in range(n):                   #: parallel
        if a[i] > limit:
            found = i
    return found


def type_differs_by_branch(a, n):
    for i in range(n):                   #: parallel
        if a[i] > 0:
            x = 1
        else:
            x = 0.5
        a[i] = x
    return x


def type_differs_by_iteration(n, k):
    x = 1
    for i in range(n):                   #: parallel-if RED101
        if i == k:
            x = x + 0.5
        else:
            x = x + 1
    return x


def type_changes_in_the_first_iteration(a):
    s = 0
    for i in range(len(a)):              #: parallel-if RED101
        s += a[i]
    return s


def integer_becomes_float(n):
    x = 1
    for i in range(n):                   #: serial DEP105
        x = x / 2
    return x


def boolean_becomes_integer(n):
    flag = True
    for i in range(n):                   #: parallel-if RED101
        flag = flag + 1
    return flag


def scalar_carried_in_and_out(a, n, last):
    for i in range(n):                   #: serial DEP105
        a[i] = a[i] - last
        last = a[i]
    return a, last


def previous_value(a, b, n):
    previous = 0.0
    for i in range(n):                   #: serial DEP105
        b[i] = a[i] - previous
        previous = a[i]
    return b, previous


def prefix_sum(a, o):
    s = 0
    for i in range(len(a)):              #: serial DEP105
        s += a[i]
        o[i] = s
    return o, s


def two_operators_on_one_accumulator(a):
    s = 1.0
    for i in range(len(a)):              #: serial DEP105
        s += a[i]
        s *= 0.5
    return s


def polynomial_by_horner(c, x):
    s = 0.0
    for i in range(len(c)):              #: serial DEP105
        s = s * x + c[i]
    return s


def accumulator_read_in_the_subscript(a, n):
    k = 0
    for i in range(n):                   #: serial DEP105
        a[k] = i
        k += 2
    return a, k


def accumulator_under_a_condition(a):
    s = 0
    n = 0
    for i in range(len(a)):              #: parallel-if RED101
        if a[i] > 0:
            s += a[i]
            n += 1
    return s, n


# leaving early

def find_first(a, x):
    at = -1
    for i in range(len(a)):              #: serial DEP108
        if a[i] == x:
            at = i
            break
    return at, i


def stores_before_a_break(a, b, limit):
    for i in range(len(a)):              #: serial DEP108
        b[i] = a[i] * 2
        if a[i] > limit:
            break
        b[i] += 1
    return b, i


def return_from_the_loop(a, x):
    for i in range(len(a)):              #: serial DEP108
        if a[i] == x:
            return i
    return -1


def continue_in_the_loop(a, b, n):
    for i in range(n):                   #: parallel-if
        if a[i] < 0:
            continue
        b[i] = a[i]
    return b


def else_of_the_loop(a, x):
    for i in range(len(a)):              #: unsupported SYN103
        if a[i] == x:
            where = "inside"
            break
    else:
        where = "nowhere"
    return where


def number_of_the_else(a, x):
    w = 0
    for i in range(len(a)):              #: serial DEP108
        if a[i] == x:
            w = 1
            break
    else:
        w = w + 10
    return w, i


def else_without_break(a, n):
    w = 0
    for i in range(n):                   #: parallel
        a[i] = i
    else:
        w = w + 10
    return w


def else_after_no_trip(a, n):
    s = 0
    for i in range(n):                   #: parallel
        a[i] = i
    else:
        s = 7
    return a, s


def inner_break(a, b, n, m):
    for i in range(n):                   #: parallel-if
        for j in range(m):               #: serial DEP104
            if a[i, j] > 0:
                b[i] = j
                break
        else:
            b[i] = -1
    return b


def inner_continue(a, b, n, m):
    for i in range(n):                   #: parallel-if
        for j in range(m):               #: parallel-if RED101
            if a[i, j] < 0:
                continue
            b[i] += a[i, j]
    return b


def inner_while(a, n):
    for i in range(n):                   #: parallel
        x = i * 1.0
        while x > 1.0:                   #: serial SYN151
            x = x / 3
        a[i] = x
    return a


def inner_while_with_else_and_break(a, n):
    for i in range(n):                   #: parallel
        x = i
        while x > 0:                     #: serial SYN151
            x -= 7
            if x == 3:
                break
            if x == 5:
                continue
        else:
            x = 100
        a[i] = x
    return a


def mandelbrot(out, width, height, limit):
    for y in range(height):              #: parallel
        for x in range(width):           #: parallel
            c = complex(-2.0 + 3.0 * x / width, -1.0 + 2.0 * y / height)
            z = 0j
            n = 0
            while n < limit and abs(z) <= 2.0: #: serial SYN151
                z = z * z + c
                n += 1
            out[y, x] = n
    return out


def inner_while_that_waits(a, flag, n):
    rounds = 0
    for i in range(n):                   #: unsupported SYN102
        while flag[0] == 0:
            rounds += 1
        a[i] = i
    return a, rounds


def inner_while_that_ends_itself(a, flag, n):
    rounds = 0
    for i in range(n):                   #: serial
        while flag[0] == 0:
            rounds += 1
            flag[0] = rounds == 3
        a[i] = i
    return a, rounds


def while_alone(n):
    s = 0
    while n > 0:                         #: unsupported SYN152
        s += n
        n -= 1
    return s


# steps and bounds

def step_of_three(a, n):
    for i in range(0, n, 3):             #: parallel
        a[i] = i
    return a


def reversed_range(a, n):
    for i in range(n - 1, -1, -1):       #: parallel
        a[i] = i * 2
    return a


def backward_substitution_order(a, n):
    for i in range(n - 2, -1, -1):       #: serial DEP102
        a[i] = a[i] - a[i + 1] * 0.5
    return a


def step_from_an_argument(a, lo, hi, step):
    for i in range(lo, hi, step):        #: parallel-if
        a[i] += i
    return a


def bounds_from_expressions(a, n):
    for i in range(n // 3, min(n, len(a)) - 1, 1 + n % 2): #: parallel-if
        a[i] = i
    return a


def bounds_from_the_shape(a):
    for i in range(a.shape[0]):          #: parallel
        for j in range(1, a.shape[1] - 1): #: parallel
            a[i, j] = i * 10 + j
    return a


def bounds_of_inner_loops_are_evaluated_each_time(a, n):
    k = 0
    for i in range(n):                   #: serial DEP105
        for j in range(k):               #: parallel
            a[j] += 1
        k = i % 4
    return a, k


def bound_changed_in_the_body(a, n):
    for i in range(n):                   #: parallel
        a[i] = i
        n = 2
    return a, n


def index_assigned_in_the_body(a, n):
    for i in range(n):                   #: serial DEP104
        i = i // 2 * 2
        a[i] = 1
    return a, i


def huge_range_left_early(a):
    for i in range(2 ** 70):             #: serial DEP108; runs interpreter
        if i == len(a):
            break
        a[i] = i
    return a


def range_of_numpy_integers(a, n):
    for i in range(n):                   #: parallel
        a[i] = i + 1
    return a, type(i)


# nests

def lower_triangle(a, n):
    for i in range(n):                   #: parallel
        for j in range(i + 1):           #: parallel
            a[i, j] = i + j
    return a


def upper_triangle(a, n):
    for i in range(n):                   #: parallel
        for j in range(i, n):            #: parallel
            a[i, j] = a[i, j] * 2
    return a


def tetrahedron(a, n):
    for i in range(n):                   #: parallel
        for j in range(i):               #: parallel
            for k in range(j, i):        #: parallel
                a[i, j, k] = i * j - k
    return a


def backward_triangle(a, n):
    for i in range(n, 0, -1):            #: parallel
        for j in range(i - 1, -1, -2):   #: parallel
            a[i - 1, j] += i
    return a


def imperfect_nest(a, b, n, m):
    for i in range(n):                   #: parallel-if
        s = 0.0
        for j in range(m):               #: parallel-if RED101
            s += a[i, j]
        b[i] = s / m
        for j in range(m):               #: parallel-if
            a[i, j] = a[i, j] - b[i]
    return a, b


def several_nests_in_one_body(a, b, steps, n):
    for t in range(steps):               #: serial DEP104
        for i in range(1, n - 1):        #: parallel-if
            b[i] = (a[i - 1] + a[i + 1]) * 0.5
        for i in range(1, n - 1):        #: parallel-if
            a[i] = b[i]
    return a, b


def serial_outside_parallel_inside(a, n, m):
    for i in range(1, n):                #: serial DEP102
        for j in range(m):               #: parallel
            a[i, j] = a[i - 1, j] + 1
    return a


def parallel_outside_serial_inside(a, n, m):
    for i in range(n):                   #: parallel
        for j in range(1, m):            #: serial DEP102
            a[i, j] += a[i, j - 1]
    return a


def wavefront(a, n):
    for i in range(1, n):                #: serial DEP102
        for j in range(1, n):            #: serial DEP102
            a[i, j] = a[i - 1, j] + a[i, j - 1]
    return a


# statements

def tuple_assignment_swaps(a, n):
    x, y = 0, 1
    for i in range(n):                   #: serial DEP105
        x, y = y, x + i
        a[i] = x
    return a, x, y


def swap_of_two_elements(a, n):
    for i in range(n // 2):              #: parallel
        a[i], a[n - 1 - i] = a[n - 1 - i], a[i]
    return a


def chained_assignment(a, b, n):
    for i in range(n):                   #: parallel-if
        a[i] = b[i] = x = i * 2
    return a, b, x


def augmented_of_every_kind(a, b, n):
    for i in range(n):                   #: parallel-if
        a[i] += 3
        a[i] -= b[i]
        a[i] *= 2
        a[i] //= 3
        a[i] %= 7
        a[i] **= 2
        a[i] <<= 1
        a[i] >>= 2
        a[i] |= 8
        a[i] &= 15
        a[i] ^= 5
    return a


def if_elif_else(a, b, n):
    for i in range(n):                   #: parallel-if
        if a[i] > 1:
            b[i] = 2
        elif a[i] > 0:
            b[i] = 1
        elif a[i] == 0:
            pass
        else:
            b[i] = -1
    return b


def conditional_expressions(a, b, n):
    for i in range(n):                   #: parallel-if
        b[i] = a[i] if a[i] > 0 else (-a[i] if a[i] < -1 else 0)
    return b


def boolean_operators_give_operands(a, b, n):
    for i in range(n):                   #: parallel-if
        b[i] = (a[i] and 5) + (a[i] or 7) + (not a[i])
    return b


def boolean_operators_stop_early(a, n, k):
    count = 0
    for i in range(n):                   #: parallel-if RED101
        if i < k and a[i] > 0 or i == 0:
            count += 1
    return count


def chained_comparisons(a, b, n):
    for i in range(n):                   #: parallel-if
        b[i] = 0 <= a[i] < 1 != a[i]
    return b


def walrus(a, b, n):
    for i in range(n):                   #: unsupported SYN103
        if (x := a[i]) > 0:
            b[i] = x
    return b, x


def truth_of_numbers(a, b, n):
    for i in range(n):                   #: parallel-if
        if a[i]:
            b[i] = 1
        if i:
            b[i] += 2
        if not a[i] * 1.0:
            b[i] += 4
    return b


# other iterables: the interpreter, or a form of range

def over_an_array(a):
    s = 0
    for x in a:                          #: parallel-if
        s += x
    return s


def over_a_list(n):
    s = 0
    for x in [1, 2.5, 3]:                #: unsupported SYN101
        s += x * n
    return s


def over_enumerate(a, b):
    for i, x in enumerate(a):            #: parallel-if
        b[i] = x * 2
    return b


def over_zip(a, b):
    s = 0
    for x, y in zip(a, b):               #: parallel-if
        s += x * y
    return s


def over_reversed_range(a, n):
    for i in reversed(range(n)):         #: unsupported SYN101
        a[i] = i
    return a


def over_a_generator(a, n):
    for i in (k * k for k in range(n)):  #: unsupported SYN101
        a[i] = i
    return a


def over_a_dictionary(d):
    s = 0
    for k in d:                          #: parallel-if; runs interpreter
        s += d[k]
    return s


def list_changed_while_iterating(n):
    items = [1, 2, 3]
    for x in items:                      #: unsupported SYN102
        if len(items) < n:
            items.append(x)
    return items


# not for machines

def try_in_the_body(a, b, n):
    for i in range(n):                   #: parallel
        try:
            b[i] = 1 // (3 - i)
        except ZeroDivisionError:
            b[i] = -1
    return b


def try_for_what_comes_from_outside(a, b, n):
    for i in range(n):                   #: unsupported SYN102
        try:
            b[i] = 1 // (3 - i)
        except BaseException:
            b[i] = -1
    return b


def with_in_the_body(a, n):
    for i in range(n):                   #: unsupported SYN102
        with np.errstate(all="ignore"):
            a[i] = a[i] / 0.0
    return a


def assert_in_the_body(a, n):
    for i in range(n):                   #: unsupported SYN102
        assert a[i] < 5
        a[i] = 7
    return a


def raise_in_the_body(a, n):
    for i in range(n):                   #: parallel
        if a[i] > 3:
            raise ValueError(i)
        a[i] = 0
    return a


def exception_in_the_middle(a, b, n, k):
    for i in range(n):                   #: parallel-if
        a[i] = a[i] + 1
        b[i] = 10 // (k - i)
    return a, b


def exception_in_the_middle_of_a_nest(a, n, m, k):
    for i in range(n):                   #: parallel
        for j in range(m):               #: parallel
            a[i, j] += 1
            a[i, j] = a[i, j] / (k - i * m - j)
    return a


def caught_by_the_caller(a, n, k):
    s = 0
    try:
        for i in range(n):               #: parallel-if RED101
            s += 1
            a[i] = 5 % (k - i)
    except ZeroDivisionError:
        return a, i, s
    return a, s


def print_in_the_body(a, n):
    for i in range(n):                   #: parallel
        if a[i] > 100:
            print(a[i])
        a[i] = 1
    return a


def append_in_the_body(a, n):
    out = []
    for i in range(n):                   #: parallel-if
        out.append(a[i])
    return out


def call_of_a_local_function(a, n):
    def f(x):
        return x * 2

    for i in range(n):                   #: parallel
        a[i] = f(a[i])
    return a


def call_of_a_lambda(a, n):
    f = lambda x: x + 1
    for i in range(n):                   #: parallel
        a[i] = f(a[i])
    return a


def recursion_through_the_loop(a, depth):
    for i in range(len(a)):              #: parallel; runs interpreter
        if depth > 0:
            recursion_through_the_loop(a, depth - 1)
        a[i] += depth
    return a


def inner_loop_runs_while_the_outer_cannot(a, n, m):
    names = []
    for i in range(n):                   #: unsupported SYN104
        names.append(str(i))
        for j in range(m):               #: parallel
            a[i, j] = i + j
    return a, names


def _a(n):
    return np.zeros(n)


def _random(rng, n=20):
    return rng.standard_normal(n)


STEPS = [(0, 10, 1), (0, 10, 3), (9, -1, -1), (9, 0, -4), (5, 5, 1), (5, 0, 1), (0, 5, -1), (2, 3, 100), (3, 2, -100)]
SQUARES = (0, 1, 2, 7, 8, 9)

def inner_loops_on_the_cores_that_are_empty(a, b, n, m):
    t = 0.0
    for i in range(n):                   #: serial
        t = t * 0.5 + b[i]
        for j in range(i - m):           #: parallel
            a[j] = a[j] + t
        b[i] = t
    return t


def a_name_that_never_has_a_value(a, n, k):
    for i in range(n):                     #: serial; runs interpreter
        if i == k:
            d = d
            a[i] = d
        a[i] += 1
    return a


def a_name_that_has_a_value_later(a, n, k):
    for i in range(n):                     #: serial; runs interpreter
        if i == k:
            a[i] = d
        d = i
        a[i] += 1
    return a


def range_of_a_boolean(d, n, k):
    t = 0
    for i in range(n):
        for j in range(k):
            t += 1
        for j in range(d[i]):
            t += 2
    return t


ARGUMENTS = {
    "a_name_that_never_has_a_value": lambda rng: [(np.zeros(9), 9, k) for k in (-1, 0, 4)],
    "a_name_that_has_a_value_later": lambda rng: [(np.zeros(9), 9, k) for k in (-1, 0, 4)],
    "range_of_a_boolean": lambda rng: [
        (np.array([1, 0, 1], dtype), 3, k)
        for dtype in (bool, np.int8, np.uint64) for k in (True, False, np.True_)
    ],
    "inner_loops_on_the_cores_that_are_empty": lambda rng: [
        (rng.standard_normal(9), rng.standard_normal(9), 9, m) for m in (0, 1, 4, 10)
    ],
    "index_after_the_loop": lambda rng: [(n,) for n in (0, 1, 5, -3)],
    "index_after_loops_of_any_step": lambda rng: [(_a(10), *s) for s in STEPS] + [(_a(10), 0, 10, 0)],
    "index_unbound_after_no_trip": lambda rng: [(_a(5), n) for n in (0, -1, 1, 5)],
    "inner_index_after_the_loop": lambda rng: [(_a(5), n, m) for n in (0, 1, 5) for m in (0, 1, 3)],
    "triangle_leaves_the_inner_index": lambda rng: [(np.zeros((8, 8)), n) for n in (0, 1, 2, 8)],
    "local_after_the_loop": lambda rng: [(np.arange(5, dtype=t), n) for n in (1, 5) for t in "dfil"],
    "local_unbound_after_no_trip": lambda rng: [(_a(5), n) for n in (0, 5)],
    "bound_in_one_branch": lambda rng: [(_random(rng), 20, x) for x in (-99.0, 0.0, 99.0)],
    "bound_in_one_branch_and_used_in_the_body": lambda rng: [(np.arange(9.0), _a(9), 9, x) for x in (-1.0, 3.0, 99.0)] + [(np.arange(9.0)[::-1], _a(9), 9, 3.0)],
    "bound_before_and_in_one_branch": lambda rng: [(_random(rng), 20, x) for x in (-99.0, 0.0, 99.0)],
    "type_differs_by_branch": lambda rng: [(np.array([1.0, -1.0]), 2), (np.array([-1.0, 1.0]), 2), (np.array([1, -1]), 2), (_a(0), 0)],
    "type_differs_by_iteration": lambda rng: [(9, k) for k in (0, 4, 8, 20)] + [(0, 0)],
    "type_changes_in_the_first_iteration": lambda rng: [(np.ones(n, t),) for n in (0, 1, 9) for t in "dfbl"],
    "integer_becomes_float": lambda rng: [(0,), (1,), (9,), (1100,)],
    "boolean_becomes_integer": lambda rng: [(0,), (1,), (9,)],
    "scalar_carried_in_and_out": lambda rng: [(_random(rng), 20, x) for x in (0, 0.5, np.float32(2))] + [(_random(rng), 0, 1)],
    "previous_value": lambda rng: [(_random(rng), _a(20), n) for n in (0, 1, 20)],
    "prefix_sum": lambda rng: [(np.ones(n, t), np.zeros(n, t)) for n in (0, 1, 40) for t in "dfil"],
    "two_operators_on_one_accumulator": lambda rng: [(_random(rng, n),) for n in (0, 1, 40)],
    "polynomial_by_horner": lambda rng: [(_random(rng), x) for x in (0.5, 2, np.float32(1.5))],
    "accumulator_read_in_the_subscript": lambda rng: [(_a(20), n) for n in (0, 5, 10, 11)],
    "accumulator_under_a_condition": lambda rng: [(_random(rng, 50),), (np.array([-1.0]),), (np.array([3, -1]),)],
    "find_first": lambda rng: [(np.arange(9.0), x) for x in (0.0, 4.0, 8.0, 99.0)] + [(_a(0), 1.0)],
    "stores_before_a_break": lambda rng: [(np.arange(9.0), _a(9), x) for x in (-1.0, 3.0, 99.0)],
    "return_from_the_loop": lambda rng: [(np.arange(9.0), x) for x in (4.0, 99.0)],
    "continue_in_the_loop": lambda rng: [(_random(rng), _a(20), 20)],
    "else_of_the_loop": lambda rng: [(np.arange(9.0), x) for x in (4.0, 99.0)],
    "number_of_the_else": lambda rng: [(np.arange(9.0), x) for x in (0.0, 4.0, 8.0, 99.0)],
    "else_without_break": lambda rng: [(_a(9), n) for n in (0, 9)],
    "else_after_no_trip": lambda rng: [(_a(9), n) for n in (0, 9)],
    "inner_break": lambda rng: [(rng.standard_normal((6, 5)) - 1, _a(6), 6, m) for m in (5, 0)],
    "inner_continue": lambda rng: [(rng.standard_normal((6, 5)), _a(6), 6, 5)],
    "inner_while": lambda rng: [(_a(30), 30)],
    "inner_while_with_else_and_break": lambda rng: [(_a(60), 60)],
    "mandelbrot": lambda rng: [(np.zeros((7, 9), int), 9, 7, 30), (np.zeros((7, 9), np.int8), 9, 7, 200)],
    "inner_while_that_waits": lambda rng: [(np.zeros(9), np.ones(1, int), 9)],
    "inner_while_that_ends_itself": lambda rng: [(np.zeros(9), np.zeros(1, int), 9)],
    "while_alone": lambda rng: [(9,), (0,)],
    "step_of_three": lambda rng: [(_a(20), n) for n in (0, 1, 19, 20)],
    "reversed_range": lambda rng: [(_a(20), n) for n in (0, 1, 20, 21)],
    "backward_substitution_order": lambda rng: [(_random(rng), n) for n in (0, 1, 2, 20)],
    "step_from_an_argument": lambda rng: [(_a(10), *s) for s in STEPS] + [(_a(10), 0, 10, 0), (_a(10), 0, 30, 3), (_a(10), -3, 5, 2)],
    "bounds_from_expressions": lambda rng: [(_a(20), n) for n in (0, 5, 20, 21, 40)],
    "bounds_from_the_shape": lambda rng: [(np.zeros(s),) for s in ((4, 5), (0, 5), (4, 2), (4, 1))],
    "bounds_of_inner_loops_are_evaluated_each_time": lambda rng: [(_a(5), 12), (_a(2), 12)],
    "bound_changed_in_the_body": lambda rng: [(_a(9), n) for n in (0, 1, 9)],
    "index_assigned_in_the_body": lambda rng: [(_a(9), n) for n in (0, 1, 9)],
    "huge_range_left_early": lambda rng: [(_a(9),)],
    "range_of_numpy_integers": lambda rng: [(_a(9), t(9)) for t in (np.int8, np.uint16, np.int64)],
    "lower_triangle": lambda rng: [(np.zeros((8, 8)), n) for n in SQUARES],
    "upper_triangle": lambda rng: [(rng.standard_normal((8, 8)), n) for n in SQUARES],
    "tetrahedron": lambda rng: [(np.zeros((8, 8, 8)), n) for n in SQUARES],
    "backward_triangle": lambda rng: [(np.zeros((8, 8)), n) for n in SQUARES],
    "imperfect_nest": lambda rng: [(rng.standard_normal((6, 5)), _a(6), n, m) for n, m in ((6, 5), (0, 5), (6, 0), (6, 1))],
    "several_nests_in_one_body": lambda rng: [(_random(rng), _a(20), t, 20) for t in (0, 1, 2, 5)] + [(x[:18], x[2:], 3, 18) for x in [_random(rng)]],
    "serial_outside_parallel_inside": lambda rng: [(rng.standard_normal((6, 5)), 6, 5)],
    "parallel_outside_serial_inside": lambda rng: [(rng.standard_normal((6, 5)), 6, 5)],
    "wavefront": lambda rng: [(rng.standard_normal((9, 9)), n) for n in (0, 1, 2, 9)],
    "tuple_assignment_swaps": lambda rng: [(_a(9), n) for n in (0, 1, 9)],
    "swap_of_two_elements": lambda rng: [(np.arange(9.0), n) for n in (0, 1, 8, 9)],
    "chained_assignment": lambda rng: [(_a(9), _a(9), 9), (np.zeros(9, np.int8), np.zeros(9, np.float32), 9)],
    "augmented_of_every_kind": lambda rng: [(rng.integers(0, 99, 20).astype(t), rng.integers(0, 9, 20).astype(t), 20) for t in (np.int32, np.int64, np.uint8, float)],
    "if_elif_else": lambda rng: [(np.round(_random(rng)), np.full(20, 9.0), 20), (np.array([np.nan, 0.0, -0.0]), _a(3), 3)],
    "conditional_expressions": lambda rng: [(_random(rng), _a(20), 20), (rng.integers(-3, 3, 20), _a(20), 20)],
    "boolean_operators_give_operands": lambda rng: [(rng.integers(-1, 2, 20).astype(t), _a(20), 20) for t in "dlb?"] + [(np.array([np.nan]), _a(1), 1)],
    "boolean_operators_stop_early": lambda rng: [(_random(rng), n, 20) for n in (0, 20, 25)] + [(_random(rng), 25, 30)],
    "chained_comparisons": lambda rng: [(np.array([0.0, 0.5, 1.0, -1.0, np.nan]), _a(5), 5), (np.array([0, 1, 2]), np.zeros(3, bool), 3)],
    "walrus": lambda rng: [(_random(rng), _a(20), 20), (_a(0), _a(0), 0)],
    "truth_of_numbers": lambda rng: [(np.array([0, 1, 2], t), _a(3), 3) for t in "dlb?D"] + [(np.array([np.nan, -0.0]), _a(2), 2)],
    "over_an_array": lambda rng: [(_random(rng),)],
    "over_a_list": lambda rng: [(3,)],
    "over_enumerate": lambda rng: [(_random(rng), _a(20))],
    "over_zip": lambda rng: [(_random(rng), _a(20))],
    "over_reversed_range": lambda rng: [(_a(9), 9)],
    "over_a_generator": lambda rng: [(_a(99), 9)],
    "over_a_dictionary": lambda rng: [({"a": 1, "b": 2.5},)],
    "list_changed_while_iterating": lambda rng: [(9,)],
    "try_for_what_comes_from_outside": lambda rng: [(_a(9), _a(9), 9)],
    "try_in_the_body": lambda rng: [(_a(9), _a(9), 9)],
    "with_in_the_body": lambda rng: [(np.ones(3), 3)],
    "assert_in_the_body": lambda rng: [(np.arange(9.0), 9)],
    "raise_in_the_body": lambda rng: [(np.arange(9.0), 9)],
    "exception_in_the_middle": lambda rng: [(_a(20), _a(20), 20, k) for k in (0, 10, 19, 20, 99)],
    "exception_in_the_middle_of_a_nest": lambda rng: [(np.ones((5, 4)), 5, 4, k) for k in (0, 9, 19, 99)] + [(np.ones((5, 4), np.float32), 5, 4, 9)],
    "caught_by_the_caller": lambda rng: [(_a(20), 20, k) for k in (0, 10, 99)] + [(_a(5), 0, 0)],
    "print_in_the_body": lambda rng: [(_a(9), 9)],
    "append_in_the_body": lambda rng: [(_random(rng), 20)],
    "call_of_a_local_function": lambda rng: [(_random(rng), 20)],
    "call_of_a_lambda": lambda rng: [(_random(rng), 20)],
    "recursion_through_the_loop": lambda rng: [(_a(3), 2)],
    "inner_loop_runs_while_the_outer_cannot": lambda rng: [(np.zeros((4, 5)), 4, 5)],
}
