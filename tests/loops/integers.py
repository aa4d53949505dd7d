"""Traps, section 2: integers and booleans."""

import math

import numpy as np


# Python's integers have no end

def sum_beyond_64_bits(n, step):
    s = 0
    for i in range(n):                   #: parallel-if RED101
        s += i * step
    return s


def product_beyond_64_bits(n):
    p = 1
    for i in range(1, n):                #: parallel-if RED101
        p *= i
    return p


def fibonacci(n):
    a, b = 0, 1
    for i in range(n):                   #: serial DEP105
        a, b = b, a + b
    return a, b


def literal_beyond_64_bits(n):
    s = 0
    for i in range(n):                   #: parallel; runs interpreter
        s = i + 2 ** 70
    return s


def negative_beyond_64_bits(n, x):
    for i in range(n):                   #: serial DEP105
        x = -x - 1 - x
    return x


def scalar_argument_beyond_64_bits(n, x):
    s = 0
    for i in range(n):                   #: parallel-if RED101; runs interpreter
        s = s + x
    return s


def overflow_in_a_local(a, n, x):
    for i in range(n):                   #: parallel
        t = i * x
        a[i] = t % 7
    return a


def overflow_only_in_a_subscript(a, n, x):
    for i in range(n):                   #: serial DEP106
        a[(i * x) % 5] = i
    return a


# NumPy's integers have one

def numpy_sum_in_its_width(a):
    s = a[0]
    for i in range(1, len(a)):           #: parallel-if RED101
        s = s + a[i]
    return s


def sum_from_zero(a):
    s = 0
    for i in range(len(a)):              #: parallel-if RED101
        s += a[i]
    return s


def numpy_product_in_its_width(a, b, c):
    for i in range(len(a)):              #: parallel-if
        c[i] = a[i] * b[i]
    return c


def numpy_scalar_times_index(x, n):
    s = x
    for i in range(n):                   #: parallel-if RED101
        s = s + x * i
    return s


def literal_out_of_range_in_an_operation(a, b):
    for i in range(len(a)):              #: parallel-if
        b[i] = a[i] + 1000
    return b


def literal_out_of_range_in_a_store(a, n):
    for i in range(n):                   #: parallel
        a[i] = 300
    return a


def literal_out_of_range_in_an_augmented_store(a):
    for i in range(len(a)):              #: parallel
        a[i] += 200
    return a


def index_out_of_range_in_a_store(a, n):
    for i in range(n):                   #: parallel
        a[i] = i - 3
    return a


def narrow_store_of_a_numpy_integer(a, b):
    for i in range(len(a)):              #: parallel-if
        b[i] = a[i]
    return b


def narrow_store_under_a_condition(a, b):
    for i in range(len(a)):              #: parallel-if
        if a[i] < 100:
            b[i] = a[i]
    return b


def difference_of_unsigned(a, b, c):
    for i in range(len(a)):              #: parallel-if
        c[i] = a[i] - b[i]
    return c


def negated(a, b):
    for i in range(len(a)):              #: parallel-if
        b[i] = -a[i]
    return b


def unsigned_with_signed(a, b):
    s = a[0] + b[0]
    for i in range(len(a)):              #: parallel
        s = a[i] + b[i]
    return s


# division

def true_division(a, b, n):
    s = 0.0
    for i in range(n):                   #: parallel-if RED101
        s = s + a[i] / b[i]
    return s


def floor_and_remainder(a, b, q, r):
    for i in range(len(a)):              #: parallel-if
        q[i] = a[i] // b[i]
        r[i] = a[i] % b[i]
    return q, r


def floor_and_remainder_of_python_numbers(n, d):
    q = 0
    r = 0
    for i in range(-n, n):               #: parallel-if RED101
        q += i // d
        r += i % d
    return q, r


def python_zero_division(a, n, k):
    for i in range(n):                   #: parallel
        a[i] = 100 // (k - i)
    return a


def python_zero_remainder(a, n, k):
    for i in range(n):                   #: parallel
        a[i] = 100 % (k - i)
    return a


def python_zero_true_division(a, n, k):
    for i in range(n):                   #: parallel
        a[i] = 1 / (i - k)
    return a


def divmod_of_python_numbers(a, b, n, d):
    for i in range(n):                   #: parallel-if
        q, r = divmod(i - 5, d)
        a[i] = q
        b[i] = r
    return a, b


def smallest_divided_by_minus_one(a, b):
    for i in range(len(a)):              #: parallel-if
        b[i] = a[i] // -1
    return b


def smallest_modulo_minus_one(a, b, c):
    for i in range(len(a)):              #: parallel-if
        c[i] = a[i] % b[i]
    return c


# powers and shifts

def integer_power(n, e):
    s = 0
    for i in range(1, n):                #: parallel-if RED101
        s = s + i ** e
    return s


def integer_to_the_index(n):
    s = 0
    for i in range(n):                   #: parallel
        s = 2 ** i
    return s


def negative_exponent(n):
    x = 0
    for i in range(n):                   #: parallel
        x = 2 ** (3 - i)
    return x


def numpy_integer_power(a, b, c):
    for i in range(len(a)):              #: parallel-if
        c[i] = a[i] ** b[i]
    return c


def shift_left(n, k):
    s = 0
    for i in range(n):                   #: parallel RED101
        s = s ^ (i << k)
    return s


def shift_right(n, k):
    s = 0
    for i in range(-n, n):               #: parallel RED101
        s = s ^ (i >> k)
    return s


def numpy_shifts(a, b, c, d):
    for i in range(len(a)):              #: parallel-if
        c[i] = a[i] << b[i]
        d[i] = a[i] >> b[i]
    return c, d


def bit_operators(a, b, c):
    for i in range(len(a)):              #: parallel-if
        c[i] = (a[i] & b[i]) | (a[i] ^ 5) & ~b[i]
    return c


def bit_operators_of_python_numbers(n, m):
    x = 0
    for i in range(n):                   #: serial DEP105
        x = (x & i) | (i ^ m) & ~x
    return x


# comparisons

def compared_near_two_to_the_53(n, x):
    count = 0
    for i in range(n):                   #: parallel-if RED101
        if 9007199254740992 + i == x:
            count += 1
    return count


def numpy_compared_with_float(a, x, out):
    for i in range(len(a)):              #: parallel-if
        out[i] = a[i] < x
    return out


def numpy_compared_with_big_python_integer(a, x, out):
    for i in range(len(a)):              #: parallel-if
        out[i] = a[i] < x
    return out


def signed_compared_with_unsigned(a, b, out):
    for i in range(len(a)):              #: parallel-if
        out[i] = a[i] < b[i]
    return out


# booleans

def python_bool_arithmetic(n, k):
    s = 0
    for i in range(n):                   #: parallel-if RED101
        s += (i > k) + (i < k) + ~(i == k)
    return s


def python_bool_result(n, k):
    flag = False
    for i in range(n):                   #: parallel
        flag = i == k
    return flag


def numpy_bool_sum(a, b, c):
    for i in range(len(a)):              #: parallel-if
        c[i] = a[i] + b[i]
    return c


def numpy_bool_difference(a, b, c):
    for i in range(len(a)):              #: parallel-if; runs interpreter
        c[i] = a[i] - b[i]
    return c


def numpy_bool_negation(a, b):
    for i in range(len(a)):              #: parallel-if; runs interpreter
        b[i] = -a[i]
    return b


def numpy_bool_inversion(a, b):
    for i in range(len(a)):              #: parallel-if
        b[i] = ~a[i]
    return b


def numpy_bool_not(a, b):
    for i in range(len(a)):              #: parallel-if
        b[i] = not a[i]
    return b


def all_and_any(a):
    every = True
    some = False
    for i in range(len(a)):              #: serial DEP105
        every = every and a[i]
        some = some or a[i]
    return every, some


def count_true(a):
    n = 0
    for i in range(len(a)):              #: parallel-if RED101
        n += a[i]
    return n


# the loop's index is a Python int

def index_is_weak(a, b):
    for i in range(len(a)):              #: parallel-if
        b[i] = a[i] * i
    return b


def index_type_after_the_loop(n):
    for i in range(n):                   #: parallel
        pass
    return i


def numpy_bounds_give_numpy_or_python_index(a, n):
    for i in range(n):                   #: parallel
        a[i] = i * 3
    return a, i


# abs, min, max, int, float, bool, round, pow

def absolute(a, b):
    for i in range(len(a)):              #: parallel-if
        b[i] = abs(a[i])
    return b


def absolute_of_python_numbers(n):
    s = 0
    for i in range(-n, n):               #: parallel-if RED101
        s += abs(i)
    return s


def minimum_of_integers(a):
    m = a[0]
    for i in range(1, len(a)):           #: parallel-if RED101
        m = min(m, a[i])
    return m


def maximum_by_if(a):
    m = a[0]
    for i in range(1, len(a)):           #: parallel-if RED101
        if a[i] > m:
            m = a[i]
    return m


def maximum_from_zero(a):
    m = 0
    for i in range(len(a)):              #: parallel-if RED101
        m = max(m, a[i])
    return m


def first_position_of_the_minimum(a):
    at = 0
    for i in range(len(a)):              #: serial DEP105
        if a[i] < a[at]:
            at = i
    return at


def position_and_value_of_the_maximum(a):
    best = a[0]
    where = 0
    for i in range(1, len(a)):           #: parallel-if RED101
        if a[i] > best:
            best = a[i]
            where = i
    return best, where


def conversions(a, n):
    x = 0
    for i in range(n):                   #: parallel
        x = int(a[i]) + float(a[i]) + bool(a[i])
    return x


def int_of_a_numpy_integer(a, n):
    s = 0
    for i in range(n):                   #: parallel-if RED101
        s += int(a[i]) * 1000
    return s


def rounded_integers(a, n):
    s = 0
    for i in range(n):                   #: parallel-if RED101
        s += round(i) + round(a[i])
    return s


def pow_with_two_and_three_arguments(n, m):
    s = 0
    for i in range(n):                   #: parallel-if RED101
        s += pow(i, 3) + pow(i, 3, m)
    return s


def powers_with_a_modulus(a, b, m, n):
    for i in range(n):                   #: parallel-if
        a[i] = pow(b[0] + i, i % 9, m) + pow(True, i, 3)
    return a


def power_with_a_modulus_of_numpy(a, n):
    s = 0
    for i in range(n):                   #: parallel; runs interpreter
        s = pow(a[i], 2, 7)
    return s


def modular_inverse(n, m):
    s = 0
    for i in range(n):                   #: parallel-if
        s += pow(3, 5 - i, m)
    return s


def divisors_and_multiples(a, b, c, d):
    for i in range(len(a)):              #: parallel-if
        c[i] = math.gcd(a[i], b[i])
        d[i] = math.lcm(b[i], a[i]) + math.gcd(i, True)
    return c, d


def divisor_of_a_float(n, x):
    s = 0
    for i in range(n):                   #: parallel
        s = math.gcd(i, x)
    return s


def whole_roots(a, b):
    for i in range(len(a)):              #: parallel-if
        b[i] = math.isqrt(a[i])
    return b


def divmod_of_numpy_integers(a, b, q, r):
    for i in range(len(a)):              #: parallel-if
        x, y = divmod(a[i], b[i])
        q[i] = x
        r[i] = y
    return q, r, x, y


def divmod_with_a_python_number(a, d):
    s = 0
    for i in range(len(a)):              #: parallel
        x, y = divmod(a[i], d)
        s = x + y
    return s


def xor_of_all(a):
    x = a[0]
    for i in range(1, len(a)):           #: parallel RED101
        x ^= a[i]
    return x


def collatz(a, n):
    for i in range(1, n):                #: parallel
        x = i
        steps = 0
        while x != 1:                    #: serial SYN151
            if x % 2 == 0:
                x //= 2
            else:
                x = 3 * x + 1
            steps += 1
        a[i] = steps
    return a


INTS = (np.int8, np.int16, np.int32, np.int64)
UINTS = (np.uint8, np.uint16, np.uint32, np.uint64)
NUMBERS = (*INTS, *UINTS, np.float32, np.float64)


def _edges(dtype):
    info = np.iinfo(dtype)
    return np.array([info.min, info.min + 1, info.min // 2, 0, 1, 2, 3, info.max // 2, info.max - 1, info.max], dtype)


def _pairs(dtypes, make):
    return [(a, b, make(a, b)) for dtype in dtypes for a in [_edges(dtype)] for b in (a.copy(), a[::-1].copy())]


def _like(a, b):
    return np.zeros_like(a)


ARGUMENTS = {
    "sum_beyond_64_bits": lambda rng: [(10, 3), (100, 2**57), (100, -(2**57)), (0, 1), (5, 2**63), (3, -(2**62))],
    "product_beyond_64_bits": lambda rng: [(0,), (2,), (20,), (21,), (22,), (40,)],
    "fibonacci": lambda rng: [(0,), (1,), (50,), (91,), (92,), (93,), (120,)],
    "literal_beyond_64_bits": lambda rng: [(0,), (4,)],
    "negative_beyond_64_bits": lambda rng: [(3, 1), (70, 1), (1, -(2**63)), (1, 2**62)],
    "scalar_argument_beyond_64_bits": lambda rng: [(3, 2**63 - 1), (3, 2**63), (1, -(2**63)), (2, -(2**63)), (0, 2**99)],
    "overflow_in_a_local": lambda rng: [(np.zeros(20, int), 20, x) for x in (1, 2**59, -(2**60), 2**70)],
    "overflow_only_in_a_subscript": lambda rng: [(np.zeros(5, int), 20, x) for x in (1, 2**60, 2**61)],
    "numpy_sum_in_its_width": lambda rng: [(rng.integers(0, 100, 300).astype(t),) for t in (*NUMBERS, np.bool_)]
    + [(np.full(9, np.iinfo(t).max),) for t in (*INTS,)] + [(np.full(9, 2**31 - 1, np.int32),)],
    "sum_from_zero": lambda rng: [(rng.integers(0, 100, 300).astype(t),) for t in (*NUMBERS, np.bool_, np.complex64)]
    + [(np.full(9, 2**63 - 1),), (np.zeros(0),), (np.zeros(0, np.int8),)],
    "numpy_product_in_its_width": lambda rng: _pairs((*INTS, *UINTS), _like)
    + [(np.array([100], np.int8), np.array([100], np.int8), np.zeros(1, np.int64))],
    "numpy_scalar_times_index": lambda rng: [(t(7), 50) for t in (*NUMBERS, np.bool_)] + [(7, 50), (7.5, 50), (True, 50)],
    "literal_out_of_range_in_an_operation": lambda rng: [(np.arange(5, dtype=t), np.zeros(5)) for t in NUMBERS]
    + [(np.zeros(0, np.int8), np.zeros(0))],
    "literal_out_of_range_in_a_store": lambda rng: [(np.zeros(5, t), 5) for t in (*NUMBERS, np.bool_, np.complex64)]
    + [(np.zeros(5, np.int8), 0)],
    "literal_out_of_range_in_an_augmented_store": lambda rng: [(np.arange(5, dtype=t),) for t in NUMBERS],
    "index_out_of_range_in_a_store": lambda rng: [(np.zeros(n, t), n) for t in NUMBERS for n in (6, 200)],
    "narrow_store_of_a_numpy_integer": lambda rng: [
        (np.array([1, 2, 300, 4]), np.zeros(4, t)) for t in (*NUMBERS, np.bool_)
    ] + [(np.array([1, 2, -3]), np.zeros(3, np.uint8)), (np.array([1, 2**40]), np.zeros(2, np.int32)),
         (np.array([2**64 - 1], np.uint64), np.zeros(1, np.int64)), (np.array([True]), np.zeros(1, np.int8)),
         (np.array([2**53 + 1]), np.zeros(1)), (np.array([2**24 + 1], np.int32), np.zeros(1, np.float32))],
    "narrow_store_under_a_condition": lambda rng: [(np.array([1, 2, 300, 4, 99]), np.zeros(5, np.int8))],
    "difference_of_unsigned": lambda rng: _pairs(UINTS, _like) + [(np.array([1, 2], np.uint8), np.array([2, 1], np.uint8), np.zeros(2))],
    "negated": lambda rng: [(_edges(t), _like(_edges(t), 0)) for t in (*INTS, *UINTS)] + [(np.arange(3.0), np.zeros(3))],
    "unsigned_with_signed": lambda rng: [(np.array([1, 2**63], np.uint64), np.array([-1, 1])),
                                         (np.array([1, 200], np.uint8), np.array([-1, 100], np.int8)),
                                         (np.array([1, 2**32 - 1], np.uint32), np.array([-1, 100], np.int32))],
    "true_division": lambda rng: [(rng.integers(-9, 9, 20).astype(t), np.arange(1, 21).astype(t), 20) for t in (*INTS, np.float32)]
    + [(np.array([2**63 - 1, 2**53 + 1]), np.array([3, 1]), 2), (np.arange(5), np.array([1, 0, 2, 0, 0]), 5)],
    "floor_and_remainder": lambda rng: [
        (a, b, np.zeros_like(a), np.zeros_like(a))
        for t in (*INTS, np.float32, np.float64)
        for a, b in [(np.array([7, -7, 7, -7, 0, 5, -1], t), np.array([2, 2, -2, -2, 3, 7, 5], t))]
    ] + [(_edges(t), _edges(t)[::-1].copy(), _like(_edges(t), 0), _like(_edges(t), 0)) for t in (*INTS, *UINTS)]
    + [(np.array([1, 0, -1], t), np.zeros(3, t), np.zeros(3, t), np.zeros(3, t)) for t in (np.int32, np.float64)],
    "floor_and_remainder_of_python_numbers": lambda rng: [(10, d) for d in (3, -3, 1, 2.5, -2.5, 0, 0.0)],
    "python_zero_division": lambda rng: [(np.zeros(10), 10, k) for k in (20, 5, 0, -1)],
    "python_zero_remainder": lambda rng: [(np.zeros(10), 10, k) for k in (20, 5)],
    "python_zero_true_division": lambda rng: [(np.zeros(10), 10, k) for k in (20, 9)],
    "divmod_of_python_numbers": lambda rng: [(np.zeros(10), np.zeros(10), 10, d) for d in (3, -3, 2.5, 0)],
    "smallest_divided_by_minus_one": lambda rng: [(_edges(t), _like(_edges(t), 0)) for t in INTS],
    "smallest_modulo_minus_one": lambda rng: [(_edges(t), np.full(10, -1, t), _like(_edges(t), 0)) for t in INTS],
    "integer_power": lambda rng: [(9, e) for e in (0, 1, 2, 3, 20, 30, -1, 0.5, 2.0)],
    "integer_to_the_index": lambda rng: [(5,), (63,), (64,), (70,)],
    "negative_exponent": lambda rng: [(3,), (4,), (5,), (8,)],
    "numpy_integer_power": lambda rng: [
        (np.array([2, 3, -2, 0], t), np.array([3, 2, 5, 0], t), np.zeros(4, t)) for t in INTS
    ] + [(np.array([2, 10]), np.array([70, 25]), np.zeros(2, int)), (np.array([2, 3]), np.array([1, -1]), np.zeros(2, int)),
         (np.array([2.0, -3.0]), np.array([0.5, 0.5]), np.zeros(2))],
    "shift_left": lambda rng: [(9, k) for k in (0, 1, 59, 60, 62, 63, 70, -1)],
    "shift_right": lambda rng: [(9, k) for k in (0, 1, 63, 64, 100, -1)],
    "numpy_shifts": lambda rng: [
        (np.array([1, -1, 5, 100], t), np.array([1, 3, 63, 64], t), np.zeros(4, t), np.zeros(4, t)) for t in INTS
    ] + [(np.array([1, 2, 3]), np.array([-1, 0, 65]), np.zeros(3, int), np.zeros(3, int))],
    "bit_operators": lambda rng: _pairs((*INTS, *UINTS), _like) + [(np.array([True, False]), np.array([True, True]), np.zeros(2, int))],
    "bit_operators_of_python_numbers": lambda rng: [(50, m) for m in (0, 7, -1, 2**62, 2**63)],
    "compared_near_two_to_the_53": lambda rng: [(4, 9007199254740992.0), (4, 9007199254740994.0), (4, 9007199254740993)],
    "numpy_compared_with_float": lambda rng: [(np.array([2**53 + 1, 5]), 2.0**53, np.zeros(2, bool)),
                                              (np.array([1, 2], np.float32), 1.5, np.zeros(2, bool)),
                                              (np.array([1.0, 2.0], np.float32), 1.0000000001, np.zeros(2, bool))],
    "numpy_compared_with_big_python_integer": lambda rng: [
        (np.arange(4, dtype=t), x, np.zeros(4, bool)) for t in (*INTS, *UINTS, np.float64) for x in (2, 1000, -1, 2**63, 2**70)
    ],
    "signed_compared_with_unsigned": lambda rng: [
        (np.array([-1, 5]), np.array([5, 5], np.uint64), np.zeros(2, bool)),
        (np.array([2**63 - 1, 1]), np.array([2**63, 0], np.uint64), np.zeros(2, bool)),
    ],
    "python_bool_arithmetic": lambda rng: [(10, 4), (0, 0)],
    "python_bool_result": lambda rng: [(10, 4), (5, 4), (0, 0)],
    "numpy_bool_sum": lambda rng: [(np.array([True, False]), np.array([True, True]), np.zeros(2, t)) for t in (bool, int)],
    "numpy_bool_difference": lambda rng: [(np.array([True, False]), np.array([True, True]), np.zeros(2))],
    "numpy_bool_negation": lambda rng: [(np.array([True, False]), np.zeros(2))],
    "numpy_bool_inversion": lambda rng: [(np.array([True, False]), np.zeros(2))],
    "numpy_bool_not": lambda rng: [(np.array([1, 0], t), np.zeros(2, bool)) for t in (bool, int, float, complex)],
    "all_and_any": lambda rng: [(np.array(v),) for v in ([True, True], [True, False], [False], [1, 2, 0], [1.5, 2.5])] + [(np.zeros(0),)],
    "count_true": lambda rng: [(np.array([True, False, True]),), (np.zeros(0, bool),), (np.ones(1, bool),)],
    "index_is_weak": lambda rng: [(np.arange(9, dtype=t), np.zeros(9, t)) for t in NUMBERS] + [(np.arange(200, dtype=np.int8), np.zeros(200, int))],
    "index_type_after_the_loop": lambda rng: [(5,), (np.int64(5),), (np.int8(5),), (0,), (True,), (5.0,)],
    "numpy_bounds_give_numpy_or_python_index": lambda rng: [(np.zeros(5, int), t(5)) for t in (int, np.int64, np.uint8, np.int16)],
    "absolute": lambda rng: [(_edges(t), _like(_edges(t), 0)) for t in (*INTS, *UINTS)]
    + [(np.array([-1.5, -0.0, np.nan, np.inf], t), np.zeros(4)) for t in (np.float32, np.float64)] + [(np.array([True]), np.zeros(1))]
    + [(np.array([3 + 4j, 1e200 + 1e200j, np.inf]), np.zeros(3))],
    "absolute_of_python_numbers": lambda rng: [(10,)],
    "minimum_of_integers": lambda rng: [(rng.integers(-99, 99, 50).astype(t),) for t in (*INTS, np.float32)] + [(np.array([3]),)],
    "maximum_by_if": lambda rng: [(rng.integers(-99, 99, 50).astype(t),) for t in (*INTS, *UINTS, np.float64)],
    "maximum_from_zero": lambda rng: [(np.array([-3, -2], t),) for t in (*INTS, np.float32)] + [(np.array([3, 2]),), (np.array([0.0, -0.0]),)],
    "first_position_of_the_minimum": lambda rng: [(rng.integers(0, 5, 50),), (np.array([2.0, np.nan, 1.0, 1.0]),), (np.array([np.nan, 1.0]),), (np.zeros(0),)],
    "position_and_value_of_the_maximum": lambda rng: [(rng.integers(0, 5, 50).astype(t),) for t in (*INTS, np.float64)] + [(np.array([1.0, np.nan, 3.0, 3.0]),)],
    "conversions": lambda rng: [(np.array([1, 0, 7], t), 3) for t in (*NUMBERS, bool)] + [(np.array([np.nan]), 1), (np.array([np.inf]), 1), (np.array([1e30]), 1), (np.array([-2.7]), 1)],
    "int_of_a_numpy_integer": lambda rng: [(np.array([100, 127], t), 2) for t in (*INTS, *UINTS, np.float64)] + [(np.array([2**63 - 1]), 1), (np.array([2**64 - 1], np.uint64), 1)],
    "rounded_integers": lambda rng: [(np.array([1, 2, 3], t), 3) for t in (np.int32, np.int64)],
    "pow_with_two_and_three_arguments": lambda rng: [(9, 7), (9, -7), (9, 1), (9, 0), (30, 5)],
    "powers_with_a_modulus": lambda rng: [
        (np.zeros(30, int), [base], m, 30) for base in (-12, 2**40, -2**62)
        for m in (7, -7, 1, -1, 0, 2**32, -2**32, 2**31 - 1)
    ] + [(np.zeros(9, int), [3], m, 9) for m in (2**32 + 1, -2**62, 2**64, 2.0, None)],
    "power_with_a_modulus_of_numpy": lambda rng: [(np.arange(5), 5), (np.arange(5.0), 5)],
    "modular_inverse": lambda rng: [(9, 7), (9, 6), (3, 7), (0, 7)],
    "divisors_and_multiples": lambda rng: [
        (rng.integers(0, 100, 40).astype(s), rng.integers(0, 100, 40).astype(t), np.zeros(40, int), np.zeros(40, int))
        for s in (np.int8, np.int64, np.uint64) for t in (np.int16, np.uint8)
    ] + [
        (np.array([0, 0, 6, -4, 2**62, 2**62, -2**63, -2**63]), np.array([0, 5, -4, -6, 2**61, 6, 2**62, other]),
         np.zeros(8, int), np.zeros(8, int)) for other in (0, 3, -2**63)
    ] + [(np.array([2**63], np.uint64), np.array([3]), np.zeros(1, int), np.zeros(1, int)),
         (np.array([True, False]), np.array([3, 4]), np.zeros(2, int), np.zeros(2, int)),
         (np.array([2.0]), np.array([3]), np.zeros(1, int), np.zeros(1, int))],
    "divisor_of_a_float": lambda rng: [(5, 2.0), (5, 3)],
    "whole_roots": lambda rng: [(rng.integers(0, 2**62, 60), np.zeros(60, int)), (np.arange(100), np.zeros(100, int))] + [
        (np.array([r * r - 1, r * r, r * r + 1]), np.zeros(3, int)) for r in (2, 94906265, 94906266, 3037000498, 3037000499)
    ] + [(np.array([2**63 - 1, 4, -1, 9]), np.zeros(4, int)), (np.array([2**64 - 1, 4], np.uint64), np.zeros(2, int)),
         (np.array([4.0]), np.zeros(1, int)), (np.array([0, 1, 255], np.uint8), np.zeros(3, np.uint8))],
    "divmod_of_numpy_integers": lambda rng: [
        (_edges(s), rng.integers(0, 5, 10).astype(t), np.zeros(10, q), np.zeros(10, q))
        for s in (*INTS, *UINTS) for t in (np.int8, s) for q in (s,)
    ] + [(_edges(t), np.full(10, -1, t), _like(_edges(t), 0), _like(_edges(t), 0)) for t in INTS]
    + [(np.array([5.5, -7.0]), np.array([2, 0]), np.zeros(2), np.zeros(2)), (np.array([True, False]), np.array([True, True]), np.zeros(2), np.zeros(2))],
    "divmod_with_a_python_number": lambda rng: [
        (rng.integers(-9, 9, 12).astype(t), d) for t in (np.int8, np.int64) for d in (3, -3, 0, -1, 300, 2.5, True)
    ] + [(np.array([-128, 5], np.int8), -1)],
    "xor_of_all": lambda rng: [(rng.integers(0, 99, 50).astype(t),) for t in (*INTS, *UINTS, bool)] + [(np.array([1.0, 2.0]),)],
    "collatz": lambda rng: [(np.zeros(60, int), 60), (np.zeros(60, np.int8), 60)],
}
