"""Functions of the program's own, called in loops."""

import math

import numpy as np

SCALE = 3.0
OFFSETS = np.arange(40) * 0.25


def square_plus(x):
    """Of one expression, with a global number in it."""
    return x * x + SCALE


def clip(x, lo=-1.0, hi=1.0):
    if x < lo:
        return lo
    elif x > hi:
        return hi
    return x


def escape(cx, cy, limit):
    x, y = 0.0, 0.0
    for k in range(limit):
        if x * x + y * y > 4.0:
            return k
        x, y = x * x - y * y + cx, 2.0 * x * y + cy
    return limit


def escape_by_while(cx, cy, limit):
    z = 0j
    n = 0
    while n < limit and abs(z) <= 2.0:
        z = z * z + complex(cx, cy)
        n += 1
    return n


def polar(x, y):
    r = math.sqrt(x * x + y * y)
    if r == 0.0:
        return r, 0.0
    return r, math.atan2(y, x)


def find_in_rows(a, x):
    """Returns out of two loops."""
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            if a[i, j] == x:
                return i * 100 + j
    return -1


def sign(x):
    if x < 0:
        s = -1
    else:
        if x == 0:
            return 0
        s = 1
    return s


def weighted(x, *, weight=2.0, shift=0.5):
    return x * weight + shift


def both(x, y):
    return clip(square_plus(x)) + clip(y, hi=3.0)


def fill_row(a, i, value):
    for j in range(a.shape[1]):
        a[i, j] = value + j


def put(a, i, value):
    a[i] = value
    return value * 2


def offset(i):
    return OFFSETS[i] + 1.0


def one_expression(a, b, n):
    for i in range(n):                   #: parallel-if
        b[i] = square_plus(a[i])
    return b


def several_returns(a, b, n):
    for i in range(n):                   #: parallel-if
        b[i] = clip(a[i])
    return b


def defaults_and_keywords(a, b, n):
    for i in range(n):                   #: parallel-if
        b[i] = clip(a[i], hi=0.5) + weighted(a[i], shift=a[i]) + weighted(a[i], weight=-1.0)
    return b


def arguments_in_another_order(a, b, n):
    for i in range(n):                   #: parallel-if
        b[i] = clip(hi=a[i] + 1.0, x=a[i] * 3.0, lo=square_plus(a[i]) - 4.0)
    return b


def loop_and_early_return(img, n, m):
    for i in range(n):                   #: parallel
        for j in range(m):
            img[i, j] = escape(-2.0 + 3.0 * i / n, -1.5 + 3.0 * j / m, 40)
    return img


def while_inside(img, n, m):
    for i in range(n):                   #: parallel
        for j in range(m):
            img[i, j] = escape_by_while(-2.0 + 3.0 * i / n, -1.5 + 3.0 * j / m, 20)
    return img


def several_results(a, b, n):
    for i in range(n):                   #: parallel-if
        r, phi = polar(a[i], b[i])
        a[i] = r
        b[i] = phi
    return a, b, r, phi


def out_of_two_loops(a, b, out, n):
    for i in range(n):                   #: parallel-if
        out[i] = find_in_rows(a, b[i])
    return out


def results_of_one_type_or_another(a, b, n):
    total = 0
    for i in range(n):                   #: serial
        total += sign(a[i])
        b[i] = total
    return b, total


def functions_in_functions(a, b, n):
    for i in range(n):                   #: parallel-if
        b[i] = both(a[i], both(a[i], 0.25))
    return b


def a_function_writes_a_row(a, n):
    for i in range(n):                   #: parallel
        fill_row(a, i, i * 0.5)
    return a


def a_function_writes_and_returns(a, b, n):
    for i in range(n):                   #: parallel-if
        b[i] = put(a, i, i * 0.5)
    return a, b


def a_function_writes_what_is_read_before(a, b, n):
    for i in range(n):                   #: serial
        b[i] = a[i - 1] + put(a, i, i * 0.5) + a[i]
    return a, b


def a_function_writes_what_is_updated(a, n):
    for i in range(n):                   #: unsupported SYN108
        a[i] += put(a, i, i * 0.5)
    return a


def a_function_reads_what_is_updated(a, n):
    for i in range(1, n):                #: serial
        a[i] += square_plus(a[i - 1]) * 0.01
    return a


def a_global_array(b, n):
    for i in range(n):                   #: parallel-if
        b[i] = offset(i)
    return b


def a_global_array_outside(b, n):
    for i in range(n):
        b[i] = offset(i * 3)
    return b


def in_tests(a, b, n):
    for i in range(n):                   #: parallel-if
        if clip(a[i]) == a[i] and square_plus(a[i]) > 3.25 or sign(a[i]) < 0:
            b[i] = 1.0 if sign(a[i]) > 0 else clip(a[i] * 2.0)
        else:
            b[i] = 0.0
    return b


def in_the_test_of_a_while(a, b, n):
    for i in range(n):                   #: parallel-if
        x = a[i]
        while square_plus(x) > 3.5:
            x = x * 0.5
        b[i] = x
    return b


def in_bounds(a, b, n):
    for i in range(n):                   #: parallel-if
        s = 0.0
        for j in range(sign(a[i]) + 3):
            s += a[j]
        b[i] = s
    return b


def passed_as_a_value(f, a, b, n):
    for i in range(n):
        b[i] = f(a[i], 0.5)
    return b


def rk4_step(f, y, t, h):
    k1 = f(t, y)
    k2 = f(t + h / 2, y + h / 2 * k1)
    k3 = f(t + h / 2, y + h / 2 * k2)
    k4 = f(t + h, y + h * k3)
    return y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)


def decay(t, y):
    return -0.5 * y + math.sin(t)


def passed_through(out, n, h):
    y = 1.0
    for i in range(n):                   #: serial
        y = rk4_step(decay, y, i * h, h)
        out[i] = y
    return out, y


def of_a_closure(a, b, n, k):
    def scaled(x):
        return x * k + SCALE

    for i in range(n):                   #: parallel-if
        b[i] = scaled(a[i])
    k = 7.0
    for i in range(n):                   #: parallel-if
        b[i] += scaled(a[i])
    return b


def of_a_closure_that_the_loop_assigns(a, b, n):
    k = 1.0

    def scaled(x):
        return x * k

    for i in range(n):
        k = k + 1.0
        b[i] = scaled(a[i])
    return b


def of_a_lambda(a, b, n):
    half = lambda x: x / 2  # noqa: E731
    for i in range(n):                   #: parallel-if
        b[i] = half(a[i]) + half(half(a[i]))
    return b


def names_are_the_functions_own(a, b, n):
    x, limit, r = 5.0, 3, "text"
    for i in range(n):                   #: parallel-if
        k = polar(a[i], x)[0] if False else clip(a[i])
        b[i] = k + x + limit
    return b, x, limit, r


def names_of_functions_stay_their_own(a, b, n):
    x = 5.0
    for i in range(n):                   #: parallel-if
        b[i] = clip(a[i]) + x
    return b, x


def divides(x, y):
    return x / y


def an_exception_inside(a, b, n):
    for i in range(n):                   #: parallel
        b[i] = divides(1.0, i - n // 2)
    return b


def root(x):
    return np.sqrt(x) + 1.0


def a_warning_inside(a, b, n):
    for i in range(n):                   #: parallel-if
        b[i] = root(a[i]) / a[i]
    return b


def warnings_in_order(a, b, n):
    for i in range(n):                   #: parallel-if
        b[i] = np.log(a[i]) + root(a[i]) + np.log(a[i] - 1.0)
    return b


def depth(n):
    if n < 2:
        return 0
    return 1 + depth(n // 2)


def halvings(n):
    d = 0
    while n >= 2:
        n = n // 2
        d += 1
    return d


def recursion(b, n):
    for i in range(n):                   #: unsupported SYN108
        b[i] = depth(i)
    return b


def a_loop_instead_of_recursion(b, n):
    for i in range(n):                   #: parallel
        b[i] = halvings(i)
    return b


COUNT = 0


def counting(x):
    global COUNT
    COUNT += 1
    return x


def assigns_a_global(b, n):
    global COUNT
    COUNT = 0
    for i in range(n):                   #: unsupported SYN108
        b[i] = counting(i)
    return b, COUNT


def maybe_nothing(x):
    if x > 0:
        return x


def may_return_none(a, b, n):
    for i in range(n):                   #: unsupported SYN108
        if a[i] > 0:
            b[i] = maybe_nothing(a[i])
    return b


def a_result_that_nobody_wants(a, b, n):
    for i in range(n):                   #: parallel-if
        maybe_nothing(a[i])
        b[i] = a[i]
    return b


def maybe_unbound(x):
    if x > 0:
        y = x
    return y


def surely_bound(x):
    y = -1.0
    if x > 0:
        y = x
    return y


def a_local_without_a_value(a, b, n):
    for i in range(n):                   #: unsupported SYN108
        b[i] = maybe_unbound(a[i])
    return b


def a_local_with_a_value(a, b, n):
    for i in range(n):                   #: parallel-if
        b[i] = surely_bound(a[i])
    return b


def wrong_number_of_arguments(a, b, n):
    for i in range(n):                   #: unsupported SYN108
        b[i] = square_plus(a[i], 1.0)
    return b


def total_of(*values):
    return values[0]


def any_number_of_arguments(a, b, n):
    for i in range(n):                   #: unsupported SYN108
        b[i] = total_of(a[i])
    return b


def numbers(n):
    yield n


def shadow(x):
    abs = 3.0
    return x * abs


def own_names_like_builtins(a, b, n):
    for i in range(n):                   #: parallel-if
        b[i] = shadow(a[i]) + abs(a[i])
    return b


def _numbers(rng, n=40):
    return (rng.normal(size=n) * 2, np.zeros(n), n)


ARGUMENTS = {
    "one_expression": lambda rng: [_numbers(rng), (np.arange(9), np.zeros(9), 9)],
    "several_returns": lambda rng: [_numbers(rng), (np.arange(9), np.zeros(9), 9)],
    "defaults_and_keywords": lambda rng: [_numbers(rng)],
    "arguments_in_another_order": lambda rng: [_numbers(rng)],
    "loop_and_early_return": lambda rng: [(np.zeros((20, 30), int), 20, 30)],
    "while_inside": lambda rng: [(np.zeros((20, 30), int), 20, 30)],
    "several_results": lambda rng: [
        (rng.normal(size=20), rng.normal(size=20), 20), (np.zeros(3), np.zeros(3), 3)
    ],
    "out_of_two_loops": lambda rng: [
        (rng.integers(0, 9, (4, 5)), np.arange(12), np.zeros(12, int), 12)
    ],
    "results_of_one_type_or_another": lambda rng: [_numbers(rng)],
    "functions_in_functions": lambda rng: [_numbers(rng)],
    "a_function_writes_a_row": lambda rng: [(np.zeros((9, 7)), 9), (np.zeros((9, 7), int), 9)],
    "a_function_writes_and_returns": lambda rng: [(np.zeros(9), np.zeros(9), 9)],
    "a_function_writes_what_is_read_before": lambda rng: [_numbers(rng)],
    "a_function_writes_what_is_updated": lambda rng: [(np.arange(9.0), 9)],
    "a_function_reads_what_is_updated": lambda rng: [(np.arange(9.0), 9)],
    "a_global_array": lambda rng: [(np.zeros(30), 30), (np.zeros(50), 50)],
    "a_global_array_outside": lambda rng: [(np.zeros(30), 30)],
    "in_tests": lambda rng: [_numbers(rng)],
    "in_the_test_of_a_while": lambda rng: [_numbers(rng)],
    "in_bounds": lambda rng: [_numbers(rng)],
    "passed_as_a_value": lambda rng: [
        (clip, *_numbers(rng)), (divides, *_numbers(rng)), (max, *_numbers(rng)),
        (total_of, *_numbers(rng)), (clip, *_numbers(rng)),
    ],
    "passed_through": lambda rng: [(np.zeros(30), 30, 0.125)],
    "of_a_closure": lambda rng: [(*_numbers(rng), 2.0), (*_numbers(rng), 3)],
    "of_a_closure_that_the_loop_assigns": lambda rng: [_numbers(rng)],
    "of_a_lambda": lambda rng: [_numbers(rng)],
    "names_are_the_functions_own": lambda rng: [_numbers(rng)],
    "names_of_functions_stay_their_own": lambda rng: [_numbers(rng)],
    "an_exception_inside": lambda rng: [_numbers(rng)],
    "a_warning_inside": lambda rng: [_numbers(rng), (np.arange(5.0), np.zeros(5), 5)],
    "warnings_in_order": lambda rng: [_numbers(rng), (np.arange(5.0), np.zeros(5), 5)],
    "recursion": lambda rng: [(np.zeros(30), 30)],
    "a_loop_instead_of_recursion": lambda rng: [(np.zeros(30), 30)],
    "assigns_a_global": lambda rng: [(np.zeros(30), 30)],
    "may_return_none": lambda rng: [_numbers(rng)],
    "a_result_that_nobody_wants": lambda rng: [_numbers(rng)],
    "a_local_without_a_value": lambda rng: [_numbers(rng), (np.arange(1.0, 9), np.zeros(8), 8)],
    "a_local_with_a_value": lambda rng: [_numbers(rng)],
    "wrong_number_of_arguments": lambda rng: [_numbers(rng)],
    "any_number_of_arguments": lambda rng: [_numbers(rng)],
    "own_names_like_builtins": lambda rng: [_numbers(rng)],
}
