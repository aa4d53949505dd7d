"""Traps, section 3: floats and complex numbers."""

import math

import numpy as np


# widths

def float32_with_python_numbers(a, b):
    for i in range(len(a)):              #: parallel-if
        b[i] = a[i] * 0.1 + 3 - i
    return b


def float32_with_numpy_integers(a, k, b):
    for i in range(len(a)):              #: parallel-if
        b[i] = a[i] * k[i]
    return b


def accumulate_from_float_zero(a):
    s = 0.0
    for i in range(len(a)):              #: parallel-if RED101
        s += a[i]
    return s


def ordered_sum(a):
    s = 0.0
    for i in range(len(a)):              #: parallel-if RED101
        s = s + a[i]
    return s


def ordered_product(a):
    p = 1.0
    for i in range(len(a)):              #: parallel-if RED101
        p *= a[i]
    return p


def ordered_dot(a, b):
    s = 0
    for i in range(len(a)):              #: parallel-if RED101
        s += a[i] * b[i]
    return s


def call_of_numpy_sum(a, n):
    s = 0.0
    for i in range(n):                   #: serial
        s += np.sum(a[:i])
    return s


def builtin_sum(a, n):
    s = 0.0
    for i in range(n):                   #: parallel-if RED101
        s += sum(a)
    return s


def type_of_the_result(a, n):
    x = 1
    for i in range(n):                   #: parallel
        x = a[i]
    return x


# minimum and maximum

def minimum_with_the_new_value_first(a):
    m = a[0]
    for i in range(len(a)):              #: parallel-if RED101
        m = min(a[i], m)
    return m


def minimum_with_the_old_value_first(a):
    m = a[0]
    for i in range(len(a)):              #: parallel-if RED101
        m = min(m, a[i])
    return m


def maximum_with_infinity(a):
    m = float("-inf")
    for i in range(len(a)):              #: parallel-if RED101
        m = max(m, a[i])
    return m


def numpy_minimum_of_two(a, b, c):
    for i in range(len(a)):              #: parallel-if
        c[i] = np.minimum(a[i], b[i])
    return c


def minimum_of_both_zeros(n):
    m = 0.0
    for i in range(n):                   #: parallel-if RED101
        m = min(m, -0.0)
    return m


def minimum_of_three(a, b, c):
    for i in range(len(a)):              #: parallel-if
        c[i] = min(a[i], b[i], 0.5)
    return c


def clipping_changes_type(a, n):
    x = 0
    for i in range(n):                   #: parallel
        x = max(0, a[i])
    return x


def clipping_into_an_array(a, b):
    for i in range(len(a)):              #: parallel-if
        b[i] = max(0, min(1, a[i]))
    return b


def argmax_with_ties(a):
    m = -1.0
    at = -1
    for i in range(len(a)):              #: parallel-if RED101
        if a[i] > m:
            m = a[i]
            at = i
    return m, at


# powers and functions

def constant_power(a, b, c):
    for i in range(len(a)):              #: parallel-if
        b[i] = a[i] ** 2
        c[i] = a[i] ** 3
    return b, c


def variable_power(a, b, c):
    for i in range(len(a)):              #: parallel-if
        c[i] = a[i] ** b[i]
    return c


def python_float_power(n, x, y):
    s = 0.0
    for i in range(n):                   #: parallel-if RED101
        s = s + x ** (y + i)
    return s


def negative_base_to_a_fraction(n, x):
    z = 0.0
    for i in range(n):                   #: parallel
        z = (x - i) ** 0.5
    return z


def numpy_negative_base_to_a_fraction(a, b):
    for i in range(len(a)):              #: parallel-if
        b[i] = a[i] ** 0.5
    return b


def python_float_division_by_zero(a, n, x):
    for i in range(n):                   #: parallel
        a[i] = 1.0 / (x - i)
    return a


def python_float_remainder_by_zero(a, n, x):
    for i in range(n):                   #: parallel
        a[i] = 5.5 % (x - i) + 7.0 // (x - i)
    return a


def python_float_power_overflow(a, n):
    for i in range(n):                   #: parallel
        a[i] = 10.0 ** (i * 50)
    return a


def numpy_float_division_by_zero(a, b):
    for i in range(len(a)):              #: parallel-if
        b[i] = 1.0 / a[i]
    return b


def numpy_zero_divided_by_zero(a, b, c):
    for i in range(len(a)):              #: parallel-if
        c[i] = a[i] / b[i]
    return c


def numpy_float_overflow(a, b):
    for i in range(len(a)):              #: parallel-if
        b[i] = a[i] * a[i]
    return b


def numpy_float_underflow(a, b):
    for i in range(len(a)):              #: parallel-if
        b[i] = a[i] * a[i] * a[i]
    return b


def infinity_minus_infinity(a, b):
    for i in range(len(a)):              #: parallel-if
        b[i] = a[i] - a[i]
    return b


def two_warnings_in_one_line(a, b):
    for i in range(len(a)):              #: parallel-if
        b[i] = 1.0 / a[i] + (a[i] - a[i]) / a[i]
    return b


def warnings_in_two_lines(a, b):
    for i in range(len(a)):              #: parallel-if
        x = 1.0 / a[i]
        b[i] = x * 0.0
    return b


def warning_then_exception(a, b):
    for i in range(len(a)):              #: parallel-if
        x = 1.0 / a[i]
        b[i] = x + 1 // (3 - i)
    return b


def warning_in_a_value_that_is_thrown_away(a, b):
    for i in range(len(a)):              #: parallel-if
        x = 1.0 / a[i]
        b[i] = i
    return b


def warning_under_a_condition(a, b):
    for i in range(len(a)):              #: parallel-if
        if a[i] != 0:
            b[i] = 1.0 / a[i]
        else:
            b[i] = -1.0
    return b


def warning_in_a_conditional_expression(a, b):
    for i in range(len(a)):              #: parallel-if
        b[i] = 1.0 / a[i] if a[i] > 0 else 0.0
    return b


def math_exp(a, b):
    for i in range(len(a)):              #: parallel-if
        b[i] = math.exp(a[i])
    return b


def math_log(a, b):
    for i in range(len(a)):              #: parallel-if
        b[i] = math.log(a[i])
    return b


def math_sqrt(a, b):
    for i in range(len(a)):              #: parallel-if
        b[i] = math.sqrt(a[i])
    return b


def math_sine_of_infinity(a, b):
    for i in range(len(a)):              #: parallel-if
        b[i] = math.sin(a[i]) + math.cos(a[i])
    return b


def math_arcsine(a, b):
    for i in range(len(a)):              #: parallel-if
        b[i] = math.asin(a[i])
    return b


def math_of_two(a, b, c):
    for i in range(len(a)):              #: parallel-if
        c[i] = math.atan2(a[i], b[i]) + math.fmod(a[i], b[i]) + math.copysign(a[i], b[i])
    return c


def math_hypot(a, b, c):
    for i in range(len(a)):              #: parallel-if
        c[i] = math.hypot(a[i], b[i])
    return c


def math_gamma(a, b):
    for i in range(len(a)):              #: parallel-if
        b[i] = math.gamma(a[i]) + math.lgamma(a[i])
    return b


def many_math_functions(a, b):
    for i in range(len(a)):              #: parallel-if
        x = a[i]
        b[i] = (math.tanh(x) + math.sinh(x) + math.cosh(x) + math.tan(x) + math.atan(x) + math.expm1(x)
                + math.log1p(abs(x)) + math.log2(abs(x) + 1) + math.log10(abs(x) + 1) + math.erf(x) + math.fabs(x))
    return b


def math_predicates(a, b):
    for i in range(len(a)):              #: parallel-if
        b[i] = math.isnan(a[i]) + 2 * math.isinf(a[i]) + 4 * math.isfinite(a[i])
    return b


def math_constants(a, n):
    for i in range(n):                   #: parallel
        a[i] = math.pi * i + math.e
    return a


def numpy_exp(a, b):
    for i in range(len(a)):              #: parallel-if
        b[i] = np.exp(a[i])
    return b


def numpy_sqrt(a, b):
    for i in range(len(a)):              #: parallel-if
        b[i] = np.sqrt(a[i])
    return b


def many_numpy_functions(a, b):
    for i in range(len(a)):              #: parallel-if
        x = a[i]
        b[i] = np.sin(x) + np.cos(x) + np.tanh(x) + np.log(np.abs(x) + 1) + np.floor(x) + np.sign(x)
    return b


def numpy_function_of_python_float(n, b):
    for i in range(n):                   #: parallel
        b[i] = np.sqrt(i * 0.5)
    return b


# rounding and conversion

def to_integers(a, n):
    s = 0
    for i in range(n):                   #: parallel-if RED101
        s = s + int(a[i])
    return s


def floor_and_ceil(a, n):
    s = 0
    for i in range(n):                   #: serial DEP105
        s = s + math.floor(a[i]) - math.ceil(a[i]) * 3 + math.trunc(a[i])
    return s


def rounding_half_to_even(a, n):
    s = 0
    for i in range(n):                   #: serial DEP105
        s = s * 3 + round(a[i])
    return s


def rounding_to_two_digits(n, x):
    s = 0.0
    for i in range(n):                   #: parallel-if RED101
        s = s + round(x * i, 2)
    return s


def rounding_to_digits(a, b, n):
    for i in range(len(a)):              #: parallel-if
        b[i] = round(a[i], n) + round(float(a[i]), n)
    return b


def float_stored_into_integers(a, b):
    for i in range(len(a)):              #: parallel-if
        b[i] = a[i]
    return b


def python_float_stored_into_integers(b, x):
    for i in range(len(b)):              #: parallel
        b[i] = x * i
    return b


def float64_stored_into_float32(a, b):
    for i in range(len(a)):              #: parallel-if
        b[i] = a[i]
    return b


def python_float_stored_into_float32(b, x):
    for i in range(len(b)):              #: parallel
        b[i] = x * (i + 1)
    return b


def remainder_and_floor_signs(a, b, q, r):
    for i in range(len(a)):              #: parallel-if
        q[i] = a[i] // b[i]
        r[i] = a[i] % b[i]
    return q, r


def remainder_of_python_floats(q, n, d):
    for i in range(n):                   #: parallel
        x = i - 5.5
        q[i] = x // d + (x % d) * 100
    return q


def no_contraction(a, b, c, d):
    for i in range(len(a)):              #: parallel-if
        d[i] = a[i] * b[i] + c[i]
    return d


def no_reciprocal(a, x):
    for i in range(len(a)):              #: parallel
        a[i] = a[i] / x
    return a


def no_reassociation(a, b):
    for i in range(1, len(a) - 1):       #: parallel-if
        b[i] = (a[i - 1] + a[i] + a[i + 1]) / 3.0
    return b


def denormals(a, b):
    for i in range(len(a)):              #: parallel-if
        b[i] = a[i] * 0.5
    return b


def negative_zero(a, b):
    for i in range(len(a)):              #: parallel-if
        b[i] = -a[i] + 0.0 * i
    return b


def equal_and_ordered_nans(a, b, c):
    for i in range(len(a)):              #: parallel-if
        c[i] = (a[i] == b[i]) + 2 * (a[i] != b[i]) + 4 * (a[i] < b[i]) + 8 * (a[i] >= b[i])
    return c


def comparison_with_nan_does_not_warn(a, t):
    count = 0
    for i in range(len(a)):              #: parallel-if RED101
        if a[i] < t:
            count += 1
    return count


# complex

def complex_product(a, b, c):
    for i in range(len(a)):              #: parallel-if
        c[i] = a[i] * b[i] + a[i]
    return c


def complex_quotient(a, b, c):
    for i in range(len(a)):              #: parallel-if
        c[i] = a[i] / b[i]
    return c


def complex_absolute(a, b):
    for i in range(len(a)):              #: parallel-if
        b[i] = abs(a[i])
    return b


def complex_parts(a, b, c):
    for i in range(len(a)):              #: unsupported SYN103
        b[i] = a[i].real
        c[i] = a[i].imag
    return b, c


def complex_stored_into_reals(a, b):
    for i in range(len(a)):              #: parallel-if; runs interpreter
        b[i] = a[i]
    return b


def python_complex(n, z):
    w = 0j
    for i in range(n):                   #: serial DEP105
        w = w * z + complex(i, 1)
    return w


def python_complex_division_by_zero(n, z):
    w = 0j
    for i in range(n):                   #: parallel
        w = z / (2 - i)
    return w


def text_of_a_float(a, n):
    length = 0
    for i in range(n):                   #: unsupported SYN104
        length += len(str(a[i]))
    return length


SPECIAL = np.array([0.0, -0.0, 1.0, -1.0, 0.5, 1.5, 2.5, -2.5, 1e308, -1e308, 5e-324, 1e-308, 2.0**53, np.inf, -np.inf,
                    np.nan])
FLOATS = (np.float32, np.float64)


def _as(values, dtype):
    with np.errstate(all="ignore"):
        return np.array(values).astype(dtype)


def _one(rng):
    x = rng.standard_normal(40)
    return [(_as(v, t), np.zeros(len(v), t)) for t in FLOATS for v in (x, SPECIAL, SPECIAL[:9], x[:0])] + [
        (x[::-2], np.zeros(40)[::2])
    ]


def _mild(rng):
    x = rng.uniform(-1, 1, 40)
    return [(_as(v, t), np.zeros(len(v))) for t in (*FLOATS, np.int32) for v in (x, abs(x) + 0.01, 3 * x)] + [
        (np.array([0.5, v, 0.25]), np.zeros(3)) for v in (0.0, -0.0, -1.0, 2.0, 1000.0, -1000.0, np.inf, -np.inf, np.nan)
    ]


def _two(rng):
    x, y = rng.standard_normal((2, 40))
    grid = np.repeat(SPECIAL, 16), np.tile(SPECIAL, 16)
    return [(_as(a, t), _as(b, t), np.zeros(len(a), t)) for t in FLOATS for a, b in ((x, y), grid)] + [
        (_as(x, np.float32), y, np.zeros(40))
    ]


def _two_mild(rng):
    x, y = rng.standard_normal((2, 40))
    return [(x, y, np.zeros(40)), (_as(x, np.float32), y, np.zeros(40)), (x, np.zeros(40), np.zeros(40)),
            (np.array([1.0, np.inf]), np.array([2.0, 3.0]), np.zeros(2)), (np.array([1e300]), np.array([1e300]), np.zeros(1))]


def _complexes(rng, n=20):
    return rng.standard_normal(n) + 1j * rng.standard_normal(n)


def _complex_pairs(rng):
    z, w = _complexes(rng), _complexes(rng)
    v = np.array([0, 1, 1j, np.inf, complex(0, np.nan), 1e200 + 1e200j, complex(-0.0, 0.0)])
    pairs = [(z, w), (np.repeat(v, 7), np.tile(v, 7))]
    return [(_as(a, t), _as(b, t), np.zeros(len(a), t)) for t in (np.complex64, np.complex128) for a, b in pairs]


def _large_in_the_middle():
    a = np.arange(1.0, 41.0)
    a[20] = 1e200
    return [(a, 40, 1e200), (a, 40, 2.0), (a, 10, 1e200), (a[::-1].copy(), 30, -1e200)]


# overflows in what no later statement needs

def overflow_in_a_test_that_decides_the_last_value_only(a, n, x):
    t = 0
    for i in range(n):
        if a[i] * x > 1e300:
            t = 1
        else:
            t = 0
    return t


def overflow_in_a_test_whose_branches_do_nothing(a, n, x):
    k = 0
    for i in range(n):
        if a[i] * x > 1e300:
            k = k + 0
        if a[i] / x > 1e300:
            a[i] = a[i]
        if a[i] * 2 > x:
            k = 1
        k = 0
        if a[i] - x > x:
            continue
    return k


def overflow_in_the_test_of_a_continue_that_skips_nothing(a, n, x):
    t = 0.0
    for i in range(n):
        t = a[i]
        if t * x > 1e300:
            continue
    return t


def overflow_in_the_test_of_a_continue_that_skips_something(a, n, x):
    t = s = 0.0
    for i in range(n):
        t = a[i]
        if t > 0:
            if t * x > 1e300:
                continue
        else:
            t = 1.0
        s = t
    return t, s


def overflow_in_what_only_an_unneeded_value_reads(a, c, n, x):
    s = t = 0
    for i in range(n):
        s = a[i] * x
        t = 1 if s > 3 else 2
        c[i] = i
    return s, t


def overflow_in_a_flag_that_is_known_anyway(a, c, n, x):
    for i in range(n):
        t = a[i] * x > 1e300
        c[i] = int(t) * 0
        c[i] = c[i] + ((a[i] + x) * x > 3 or True)
        c[i] = c[i] + min(1, 1 + (a[i] * x > 3))
        if abs(a[i] * x) < 0:
            c[i] = 1
    return c


def overflow_in_the_test_of_a_loop_without_effect(a, n, x):
    for i in range(n):
        j = 0
        while j < 3 and a[i] * x != 7.5:
            j += 1
        for k in range(3):
            if a[i] * x * x > 1:
                break
    return n


# warnings of operations that can be done ahead of the run

def overflow_of_constants_through_memory(a, b, c, n):
    for i in range(n):
        a[i] = 1e300
        b[i] = 3
        c[i] = a[i] * 1e10 + b[i] / (i - i)
    return c


def division_by_an_index_between_constants(c, n):
    for i in range(n):
        for j in range(3):
            t = np.float64(j)
            c[i] = c[i] + 3.0 / t
    return c


def division_by_what_a_test_has_told(b, c, n):
    for i in range(n):
        if b[i] == 2.0:
            c[i] = 3.0 / (b[i] - 2.0)
    return c


ARGUMENTS = {
    "overflow_of_constants_through_memory": lambda rng: [
        (*rng.standard_normal((3, 40)), n) for n in (0, 1, 40)
    ],
    "division_by_an_index_between_constants": lambda rng: [(np.zeros(40), n) for n in (0, 1, 40)],
    "division_by_what_a_test_has_told": lambda rng: [
        (np.full(40, 2.0), np.zeros(40), 40), (np.zeros(40), np.zeros(40), 40)
    ],
    "overflow_in_a_test_that_decides_the_last_value_only": lambda rng: _large_in_the_middle(),
    "overflow_in_a_test_whose_branches_do_nothing": lambda rng: _large_in_the_middle(),
    "overflow_in_the_test_of_a_continue_that_skips_nothing": lambda rng: _large_in_the_middle(),
    "overflow_in_the_test_of_a_continue_that_skips_something": lambda rng: _large_in_the_middle(),
    "overflow_in_what_only_an_unneeded_value_reads": lambda rng: [
        (a, np.zeros(n), n, x) for a, n, x in _large_in_the_middle()
    ],
    "overflow_in_a_flag_that_is_known_anyway": lambda rng: [
        (a, np.zeros(n), n, x) for a, n, x in _large_in_the_middle()
    ],
    "overflow_in_the_test_of_a_loop_without_effect": lambda rng: _large_in_the_middle(),
    "float32_with_python_numbers": lambda rng: [(_as(rng.standard_normal(40), t), np.zeros(40, t)) for t in FLOATS],
    "float32_with_numpy_integers": lambda rng: [
        (_as(rng.standard_normal(20), t), rng.integers(-9, 9, 20).astype(k), np.zeros(20))
        for t in FLOATS for k in (np.int8, np.int16, np.int32, np.int64, np.uint64)
    ],
    "accumulate_from_float_zero": lambda rng: [(_as(rng.standard_normal(500), t),) for t in (*FLOATS, np.complex64)]
    + [(np.zeros(0),), (np.array([1e308, 1e308, -1e308]),), (np.array([3e38, 3e38], np.float32),), (SPECIAL,)],
    "ordered_sum": lambda rng: [(rng.standard_normal(5000) * 10.0 ** rng.integers(-9, 9, 5000),), (rng.standard_normal(99)[::-3],)],
    "ordered_product": lambda rng: [(rng.uniform(0.5, 2, 300),), (rng.uniform(3, 9, 900),), (rng.uniform(0, 0.1, 900),)],
    "ordered_dot": lambda rng: [(rng.standard_normal(500), rng.standard_normal(500)),
                                (_as(rng.standard_normal(50), np.float32), _as(rng.standard_normal(50), np.float32)),
                                (_as(rng.standard_normal(50), np.float32), rng.standard_normal(50)),
                                (rng.integers(0, 9, 50), rng.standard_normal(50)), (np.zeros(0), np.zeros(0))],
    "call_of_numpy_sum": lambda rng: [(rng.standard_normal(30), 30)],
    "builtin_sum": lambda rng: [(rng.standard_normal(30), 3)],
    "type_of_the_result": lambda rng: [(np.ones(3, t), n) for t in "?bhilBHILfdFD" for n in (3, 0)],
    "minimum_with_the_new_value_first": lambda rng: [(v,) for v in (rng.standard_normal(30), SPECIAL, np.array([3, np.nan, 5, 4, np.nan, 9.0]), np.array([0.0, -0.0]), np.array([-0.0, 0.0]))],
    "minimum_with_the_old_value_first": lambda rng: [(v,) for v in (rng.standard_normal(30), SPECIAL, np.array([3, np.nan, 5, 4, np.nan, 9.0]), np.array([0.0, -0.0]), np.array([-0.0, 0.0]), np.array([np.nan, 1.0]))],
    "maximum_with_infinity": lambda rng: [(rng.standard_normal(30),), (np.zeros(0),), (np.array([-np.inf]),), (np.array([np.nan]),), (np.array([1, 2], np.float32),)],
    "numpy_minimum_of_two": _two,
    "minimum_of_both_zeros": lambda rng: [(3,), (0,)],
    "minimum_of_three": lambda rng: _two(rng) + [(np.array([1, 0]), np.array([2, 0]), np.zeros(2))],
    "clipping_changes_type": lambda rng: [(np.array([-1.5, 2.5]), 2), (np.array([1.5, -2.5]), 2), (np.array([0.0]), 1), (np.array([-0.0]), 1), (np.array([np.nan]), 1), (np.array([3, -3], np.int8), 2)],
    "clipping_into_an_array": _one,
    "argmax_with_ties": lambda rng: [(np.array([1.0, 5.0, 5.0, np.nan, 5.0]),), (np.array([-3.0]),), (np.zeros(0),), (rng.integers(0, 9, 50) * 1.0,), (rng.integers(0, 9, 50),)],
    "constant_power": lambda rng: [(a, b, b.copy()) for a, b in _one(rng)],
    "variable_power": lambda rng: _two(rng) + [(rng.uniform(0, 5, 200), rng.uniform(-3, 3, 200), np.zeros(200))],
    "python_float_power": lambda rng: [(9, x, y) for x in (1.1, 0.0, -2.0, 1e10, 2) for y in (-3, 0, 2, 0.5, 40.0)],
    "negative_base_to_a_fraction": lambda rng: [(3, 4.0), (3, 1.0), (3, -1.0), (3, 1)],
    "numpy_negative_base_to_a_fraction": _one,
    "python_float_division_by_zero": lambda rng: [(np.zeros(9), 9, x) for x in (20.0, 4.0, 0.0, 0.5, 8)],
    "python_float_remainder_by_zero": lambda rng: [(np.zeros(9), 9, x) for x in (20.0, 4.0, 0.5)],
    "python_float_power_overflow": lambda rng: [(np.zeros(9), 7), (np.zeros(9), 9)],
    "numpy_float_division_by_zero": _one,
    "numpy_zero_divided_by_zero": _two,
    "numpy_float_overflow": _one,
    "numpy_float_underflow": _one,
    "infinity_minus_infinity": _one,
    "two_warnings_in_one_line": _one,
    "warnings_in_two_lines": _one,
    "warning_then_exception": lambda rng: [(np.array([1.0, 0, 2, 4, 5]), np.zeros(5)), (np.array([1.0, 1, 2]), np.zeros(3))],
    "warning_in_a_value_that_is_thrown_away": _one,
    "warning_under_a_condition": _one,
    "warning_in_a_conditional_expression": _one,
    "math_exp": _mild,
    "math_log": _mild,
    "math_sqrt": _mild,
    "math_sine_of_infinity": _mild,
    "math_arcsine": _mild,
    "math_of_two": _two_mild,
    "math_hypot": _two_mild,
    "math_gamma": _mild,
    "many_math_functions": _mild,
    "math_predicates": _one,
    "math_constants": lambda rng: [(np.zeros(9), 9)],
    "numpy_exp": lambda rng: _one(rng) + _mild(rng),
    "numpy_sqrt": lambda rng: _one(rng) + _mild(rng),
    "many_numpy_functions": lambda rng: _one(rng) + _mild(rng),
    "numpy_function_of_python_float": lambda rng: [(9, np.zeros(9)), (9, np.zeros(9, np.float32))],
    "to_integers": lambda rng: [(rng.uniform(-99, 99, 20), 20)] + [(np.array([1.5, v]), 2) for v in (np.nan, np.inf, 1e18, 1e19, -1e30, 2.0**63, -(2.0**63))],
    "floor_and_ceil": lambda rng: [(rng.uniform(-99, 99, 20), 20), (_as(rng.uniform(-9, 9, 9), np.float32), 9)] + [(np.array([1.5, v]), 2) for v in (np.nan, -np.inf, 1e18, 1e19, 2.0**63)],
    "rounding_half_to_even": lambda rng: [(np.array([0.5, 1.5, 2.5, -0.5, -1.5, 2.4999999999999996]), 6), (np.array([0.5, 1.5], np.float32), 2), (np.array([np.nan]), 1), (np.array([1e300]), 1)],
    "rounding_to_two_digits": lambda rng: [(20, x) for x in (0.335, 2.675, -1.005, 1e300)],
    "rounding_to_digits": lambda rng: [
        (_as(v, t), np.zeros(len(v)), n) for t in FLOATS for n in (0, 1, 3, 22)
        for v in (rng.integers(-999, 999, 40) / 16, rng.uniform(-9, 9, 40), SPECIAL)
    ] + [(np.array([1.5, 2.345, 1e17]), np.zeros(3), n) for n in (-1, 23, np.int8(2), True, 400)]
    + [(rng.integers(-99, 99, 9), np.zeros(9), 2), (rng.integers(-99, 99, 9), np.zeros(9), -1)],
    "float_stored_into_integers": lambda rng: [
        (_as(rng.uniform(-99, 99, 9), f), np.zeros(9, t)) for f in FLOATS for t in (np.int8, np.int32, np.int64, np.uint8, bool)
    ] + [(np.array([1.0, v, 2.0]), np.zeros(3, t)) for v in (np.nan, np.inf, 1e30, 300.0, -1.0, 2.0**63) for t in (np.int8, np.int32, np.int64, np.uint8, np.uint64)],
    "python_float_stored_into_integers": lambda rng: [(np.zeros(5, t), x) for t in (np.int8, np.int64, np.uint8, bool) for x in (1.5, -1.5, 100.0, 1e30, float("nan"), float("inf"))],
    "float64_stored_into_float32": lambda rng: [(v, np.zeros(len(v), np.float32)) for v in (rng.standard_normal(40), SPECIAL, np.array([1e39, 1e-46, 3.4028235677973366e38]))],
    "python_float_stored_into_float32": lambda rng: [(np.zeros(5, np.float32), x) for x in (0.1, 1e38, 1e39, 1e-46, float("nan"), float("inf"))],
    "remainder_and_floor_signs": lambda rng: [(a, b, c, c.copy()) for a, b, c in _two(rng)],
    "remainder_of_python_floats": lambda rng: [(np.zeros(12), 12, d) for d in (2.0, -2.0, 0.3, -0.3, float("inf"), float("nan"), 3)],
    "no_contraction": lambda rng: [tuple(_as(v, t) for v in rng.standard_normal((4, 300))) for t in FLOATS],
    "no_reciprocal": lambda rng: [(_as(rng.standard_normal(300), t), x) for t in FLOATS for x in (3.0, 49.0, 0.1)],
    "no_reassociation": lambda rng: [(_as(rng.standard_normal(300), t), np.zeros(300, t)) for t in FLOATS] + [(np.zeros(2), np.zeros(2))],
    "denormals": lambda rng: [(np.array([5e-324, 1e-310, 2.5e-308, -5e-324]), np.zeros(4)), (np.array([1e-45, 1e-38], np.float32), np.zeros(2, np.float32))],
    "negative_zero": _one,
    "equal_and_ordered_nans": _two,
    "comparison_with_nan_does_not_warn": lambda rng: [(SPECIAL, 1.0), (SPECIAL, float("nan")), (_as(SPECIAL, np.float32), 1.0)],
    "complex_product": _complex_pairs,
    "complex_quotient": _complex_pairs,
    "complex_absolute": lambda rng: [(a, np.zeros(len(a))) for a, _, _ in _complex_pairs(rng)],
    "complex_parts": lambda rng: [(_complexes(rng), np.zeros(20), np.zeros(20))],
    "complex_stored_into_reals": lambda rng: [(_complexes(rng), np.zeros(20, t)) for t in (float, int)],
    "python_complex": lambda rng: [(9, 1 + 2j), (9, 0j), (400, 1e10 + 1j)],
    "python_complex_division_by_zero": lambda rng: [(2, 1 + 2j), (4, 1 + 2j)],
    "text_of_a_float": lambda rng: [(rng.standard_normal(5), 5)],
}
