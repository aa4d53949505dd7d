"""Traps, section 1: subscripts, memory, aliasing."""

import numpy as np
from numpy.lib.stride_tricks import as_strided


# negative index: constant, variable, with the loop's index

def rows_from_the_end_before_an_exception(a, b, n, d):
    for i in range(-3, 0):               #: parallel-if
        b[i] = a[i + 3] + n % (d - i)
    return b


def constant_negative_index(a, b, n):
    for i in range(n):                   #: parallel-if
        b[i] = a[-1] + a[-2] * i
    return b


def variable_negative_index(a, n, k):
    s = 0.0
    for i in range(n):                   #: parallel-if RED101
        s += a[i - k]
    return s


def negated_loop_index(a, b, n):
    for i in range(n):                   #: parallel-if
        b[i] = a[-i] + -i * 0.5
    return b


def store_through_a_negative_index(a, n):
    for i in range(1, n):                #: parallel
        a[-i] = i
    return a


def wrapping_around_reads_what_was_written(a, n):
    for i in range(n):                   #: serial DEP102
        a[i] = a[i - 1] + 1
    return a


# out of range

def out_of_range_read(a, b, n):
    for i in range(n):                   #: parallel-if
        b[i] = a[i + 1] * 2
    return b


def out_of_range_write(a, n):
    for i in range(n):                   #: parallel
        a[i] = i
    return a


def out_of_range_below(a, n):
    for i in range(n):                   #: parallel-if
        a[3 - i] = i
    return a


def out_of_range_in_the_second_subscript(a, n, m):
    for i in range(n):                   #: parallel
        for j in range(m):               #: parallel
            a[i, j] = i * m + j
    return a


def out_of_range_in_sums_side_by_side(a, b, c, n, m):
    for j in range(n):                   #: parallel-if
        total = 0.0
        for k in range(m):
            total += a[k] * b[k, j]
        c[j] = total
    return c


def out_of_range_in_stores_side_by_side(a, b, n, m, k):
    for j in range(n):                   #: parallel-if
        for i in range(m):
            b[j + k, 0] = b[j + k, 0] + a[i, j]
    return b


def out_of_range_in_a_branch(a, b, n, t):
    for i in range(n):                   #: parallel-if
        if a[i] > t:
            b[i] = a[i + 5]
        else:
            b[i] = -a[i]
    return b


def out_of_range_in_one_of_two_stores(a, b, n):
    for i in range(n):                   #: parallel-if
        a[i] = i + 0.5
        b[i] = i - 0.5
    return a, b


def data_index_out_of_range(a, idx, b, n):
    for i in range(n):                   #: parallel-if
        b[i] = a[idx[i]]
    return b


# index types

def index_of_type_float(a, n):
    for i in range(n):                   #: serial DEP106; runs interpreter
        a[i * 0.5] = 1.0
    return a


def index_of_type_bool(a, n):
    s = 0.0
    for i in range(n):                   #: serial; runs interpreter
        s += a[i > 2].sum()
    return s


def index_of_type_none(a, n):
    s = 0.0
    for i in range(n):                   #: serial
        s += a[None, i].sum()
    return s


def index_of_type_slice(a, n):
    for i in range(n):                   #: serial
        a[i:i + 1] = i
    return a


def index_of_type_ellipsis(a, n):
    for i in range(n):                   #: serial
        a[..., i] = i
    return a


def index_of_type_array(a, idx, n):
    for i in range(n):                   #: serial DEP104
        a[idx] = i
    return a


def index_of_type_numpy_integer(a, b, idx, n):
    for i in range(n):                   #: parallel-if
        b[idx[i]] = a[i]
    return b


# data-dependent subscripts

def gather(a, idx, b):
    for i in range(len(idx)):            #: parallel-if
        b[i] = a[idx[i]]
    return b


def scatter(a, idx, b):
    for i in range(len(idx)):            #: parallel-if
        b[idx[i]] = a[i]
    return b


def histogram_with_duplicates(counts, idx):
    for i in range(len(idx)):            #: parallel-if RED101
        counts[idx[i]] += 1
    return counts


def scatter_add_of_floats(total, idx, w):
    for i in range(len(idx)):            #: parallel-if RED101
        total[idx[i]] += w[i]
    return total


def gather_and_scatter_in_one_array(a, src, dst):
    for i in range(len(src)):            #: serial DEP107
        a[dst[i]] = a[src[i]] + 1
    return a


# overlap

def shift_down(a, b, n):
    for i in range(n - 1):               #: parallel-if
        a[i] = b[i + 1]
    return a, b


def shift_up(a, b, n):
    for i in range(n - 1):               #: parallel-if
        a[i + 1] = b[i]
    return a, b


def same_place(a, b, n):
    for i in range(n):                   #: parallel-if
        a[i] = b[i] * 2 + a[i]
    return a, b


def carried_flow(a, n):
    for i in range(1, n):                #: serial DEP102
        a[i] = a[i - 1] + a[i]
    return a


def carried_anti(a, n):
    for i in range(n - 1):               #: serial DEP103
        a[i] = a[i + 1] * 2
    return a


def carried_output(a, b, n):
    for i in range(n):                   #: serial DEP104
        a[i // 2] = b[i]
    return a


def carried_at_distance_k(a, n, k):
    for i in range(n):                   #: parallel-if
        a[i + k] = a[i] + 1
    return a


def transpose_in_place(a, n):
    for i in range(n):                   #: parallel
        for j in range(i):               #: parallel
            t = a[i, j]
            a[i, j] = a[j, i]
            a[j, i] = t
    return a


def transpose_between(a, b, n):
    for i in range(n):                   #: parallel-if
        for j in range(n):               #: parallel-if
            b[j, i] = a[i, j]
    return a, b


# strides

def scale(a, c):
    for i in range(len(a)):              #: parallel
        a[i] = a[i] * c
    return a


def count_into(a):
    for i in range(len(a)):              #: parallel
        a[i] += i
    return a


def add_matrices(a, b, c):
    for i in range(a.shape[0]):          #: parallel-if
        for j in range(a.shape[1]):      #: parallel-if
            c[i, j] = a[i, j] + b[i, j] * 2
    return c


def rank_three(a, b):
    for i in range(a.shape[0]):          #: parallel-if
        for j in range(a.shape[1]):      #: parallel-if
            for k in range(a.shape[2]):  #: parallel-if
                b[i, j, k] = a[i, j, k] - k
    return b


def zero_dimensional(a, z, n):
    for i in range(n):                   #: parallel-if
        a[i] = z[()] * i
    return a


def zero_dimensional_accumulator(a, z, n):
    for i in range(n):                   #: parallel-if RED101
        z[()] += a[i]
    return z


def too_few_subscripts(a, n):
    for i in range(n):                   #: parallel
        a[i] = i
    return a


def too_many_subscripts(a, n):
    for i in range(n):                   #: parallel
        a[i, 0, 0] = i
    return a


def chained_subscripts(a, n, m):
    for i in range(n):                   #: parallel
        for j in range(m):               #: parallel
            a[i][j] = i - j
    return a


# things that are not plain arrays

def store_into_read_only(a, b, n):
    for i in range(n):                   #: parallel-if; runs interpreter
        a[i] = b[i]
    return a


def read_from_read_only(a, b, n):
    for i in range(n):                   #: parallel-if
        b[i] = a[i] + 1
    return b


class Doubling(np.ndarray):
    def __getitem__(self, key):
        return np.ndarray.__getitem__(self, key) * 2


def subclass_with_its_own_getitem(a, b, n):
    for i in range(n):                   #: parallel-if; runs interpreter
        b[i] = a[i] + 1
    return b


def subclass_is_stored_into(a, b, n):
    for i in range(n):                   #: parallel-if; runs interpreter
        a[i] = b[i]
    return a


def numpy_matrix(a, b, n):
    for i in range(n):                   #: parallel-if; runs interpreter
        b[i] = a[i, 0]
    return b


def masked_array(a, n):
    s = 0.0
    for i in range(n):                   #: parallel-if RED101; runs interpreter
        s = s + a[i]
    return s


def odd_element_types(a, n):
    for i in range(n):                   #: parallel; runs interpreter
        a[i] = a[i] + a[i]
    return a


def structured_elements(a, n):
    for i in range(n):                   #: unsupported SYN103
        a[i]["x"] = a[i]["y"] * 2
    return a


def unaligned_elements(a, n):
    for i in range(n):                   #: parallel; runs interpreter
        a[i] = a[i] + 1
    return a


def fields_of_a_structure(x, y, n):
    for i in range(n):                   #: parallel-if
        x[i] = y[i] * 2
    return x, y


def rebinding_the_array_in_the_body(a, b, n):
    for i in range(n):                   #: serial; runs interpreter
        a[i] = i
        if i == 3:
            a = b
    return a, b


def view_made_in_the_body(a, n):
    for i in range(n):                   #: serial
        row = a[i]
        row[0] = i
    return a


def list_in_place_of_an_array(a, n):
    for i in range(n):                   #: parallel
        a[i] = a[i] * 2
    return a


def bytes_and_strings(s, n):
    count = 0
    for i in range(n):                   #: unsupported SYN103
        if s[i] == "a":
            count += 1
    return count


def _strided(rng, kind):
    x = rng.standard_normal(64)
    return {
        "contiguous": lambda: x[:20],
        "every third": lambda: x[1:60:3],
        "backwards": lambda: x[40:20:-1],
        "backwards by two": lambda: x[50:10:-2],
        "zero": lambda: as_strided(x[5:], (20,), (0,)),
        "overlapping itself": lambda: as_strided(x, (20,), (4,)),
        "unaligned": lambda: np.frombuffer(bytearray(x.tobytes()), np.uint8)[3:163].view(np.float64),
        "empty": lambda: x[:0],
        "one": lambda: x[3:4],
    }[kind]()


STRIDES = ("contiguous", "every third", "backwards", "backwards by two", "zero", "overlapping itself", "unaligned",
           "empty", "one")
DTYPES = "?bhilBHILfdFD"


def _overlapping(rng):
    x = rng.standard_normal(50)
    y = rng.standard_normal(50)
    m = x[:30].astype(np.float32)
    return [
        (x[:20].copy(), y[:20].copy(), 20),
        (x[:20], x[:20], 20),                     # the same array twice
        (x[1:21], x[:20], 20),
        (x[:20], x[1:21], 20),
        (x[:20], x[20:40], 20),                   # neighbours
        (x[:40:2], x[1:41:2], 20),                # interleaved, never the same
        (x[:40:2], x[2:42:2], 20),
        (x[:20], x[19::-1], 20),                  # one runs against the other
        (x[7:27], x[:40:2], 20),
        (as_strided(x, (20,), (0,)), y[:20], 20),
        (x[:20], as_strided(x[4:], (20,), (0,)), 20),
        (m[:20], m[3:23], 20),
        (m.view(np.float64)[:12], m[:12], 12),    # the same bytes as two types
        (x[:0], x[:0], 0),
        (x[:20], x[:20], 1),
    ]


def _matrices(rng):
    x = rng.standard_normal((9, 9))
    y = rng.standard_normal((9, 9))
    z = rng.integers(-50, 50, (9, 9))
    return x, y, z


def _matrix_arguments(rng):
    x, y, z = _matrices(rng)
    big = rng.standard_normal((20, 20))
    return [
        (x, y, np.zeros((9, 9))),
        (x, y.T, np.zeros((9, 9), order="F")),
        (np.asfortranarray(x), y, np.zeros((9, 9))[::-1, ::-1]),
        (x, x, x),
        (x, x.T, x),
        (x, y, x.T),
        (big[1:10, 1:10], big[:9, :9], big[2:11, 2:11]),
        (big[::2, ::2], big[1::2, 1::2], np.zeros((10, 10), np.float32)),
        (z, x, np.zeros((9, 9))),
        (z, z, np.zeros((9, 9), np.int16)),
        (np.zeros((0, 5)), np.zeros((0, 5)), np.zeros((0, 5))),
        (np.zeros((5, 0)), np.zeros((5, 0)), np.zeros((5, 0))),
        (x, np.broadcast_to(y[0], (9, 9)), np.zeros((9, 9))),
    ]


# shapes asked for in the body

def shape_unpacked_in_the_body(a, b, n):
    for t in range(n):                   #: serial
        rows, columns = a.shape
        for i in range(rows):
            for j in range(columns):
                b[i, j] = a[i, j] * columns + t
    return rows, columns, b


def shape_unpacked_and_swapped(a, n):
    m = 1
    for t in range(n):                   #: parallel
        m, k = a.shape
        m, k = k + m, m
    return m, k


def shape_unpacked_into_one_name(a, b):
    for i in range(len(b)):              #: parallel
        n, = a.shape
        b[i] = n * i
    return b


def number_of_axes(a, b, n):
    for i in range(n):                   #: parallel
        if a.ndim == 2:
            b[i] = a.ndim + a.size + len(a)
        else:
            b[i] = -a.ndim
    return b


def axes_of_a_list(a, b, n):
    for i in range(n):                   #: parallel; runs interpreter
        b[i] = a.ndim
    return b


def the_same_subscript_behind_a_loop_that_never_runs(a, m, n, step, s):
    for i in range(m, n, step):            #: serial
        for l in range(i, m, step):        #: parallel-if
            s = s + a[i]
        a[i] = s
    return s


ARGUMENTS = {
    "rows_from_the_end_before_an_exception": lambda rng: [(np.arange(20.0, 29.0), np.arange(9.0), 7, d) for d in (-3, -2, -1, 5)],
    "shape_unpacked_in_the_body": lambda rng: [(rng.integers(0, 9, shape), np.zeros((4, 5), int), n) for shape in ((3, 4), (0, 3), (3, 4, 1), (5,), ()) for n in (0, 3)],
    "shape_unpacked_and_swapped": lambda rng: [(np.zeros((3, 4)), n) for n in (0, 1, 2)],
    "shape_unpacked_into_one_name": lambda rng: [(np.zeros(shape), np.zeros(6)) for shape in ((4,), (0,), (), (2, 2))],
    "number_of_axes": lambda rng: [(np.zeros(shape), np.zeros(5), 5) for shape in ((2, 3), (4,), (1, 2, 3))] + [(np.zeros(()), np.zeros(5), 5)],
    "axes_of_a_list": lambda rng: [([1, 2], np.zeros(3), 3)],
    "constant_negative_index": lambda rng: [(rng.standard_normal(10), np.zeros(12), 12), (np.zeros(1), np.zeros(3), 3)],
    "variable_negative_index": lambda rng: [(rng.standard_normal(10), 10, k) for k in (0, 1, 10, 11, -1)],
    "negated_loop_index": lambda rng: [(rng.standard_normal(10), np.zeros(12), n) for n in (0, 1, 10, 11, 12)],
    "store_through_a_negative_index": lambda rng: [(np.zeros(10), n) for n in (0, 5, 11, 12)],
    "wrapping_around_reads_what_was_written": lambda rng: [(rng.standard_normal(10), n) for n in (0, 1, 10, 11)],
    "out_of_range_read": lambda rng: [(rng.standard_normal(20), np.zeros(20), n) for n in (19, 20, 25)],
    "out_of_range_write": lambda rng: [(np.zeros(20), n) for n in (20, 21, 100)],
    "out_of_range_below": lambda rng: [(np.zeros(6), n) for n in (4, 6, 10, 11)],
    "out_of_range_in_the_second_subscript": lambda rng: [(np.zeros((5, 7)), n, m) for n in (5, 6) for m in (7, 8, 0)],
    "out_of_range_in_sums_side_by_side": lambda rng: [
        (rng.standard_normal(3), rng.standard_normal((3, width)), np.zeros(length), n, 3)
        for width, length, n in ((70, 70, 70), (61, 70, 70), (70, 61, 70), (70, 70, 61), (1, 70, 70))
    ],
    "out_of_range_in_stores_side_by_side": lambda rng: [
        (rng.standard_normal((3, width)), rng.standard_normal((rows, 1)), 70, 3, k)
        for width, rows, k in ((70, 70, 0), (61, 70, 0), (70, 61, 0), (70, 70, 9), (70, 70, -9))
    ],
    "out_of_range_in_a_branch": lambda rng: [
        (np.arange(20.0), np.zeros(20), 20, t) for t in (100.0, 10.0, 16.0, float("nan"))
    ] + [(np.arange(20.0)[::-1], np.zeros(20), 20, 3.0)],
    "out_of_range_in_one_of_two_stores": lambda rng: [(np.zeros(20), np.zeros(k), 20) for k in (20, 11, 0)]
    + [(np.zeros(11), np.zeros(20), 20)],
    "data_index_out_of_range": lambda rng: [
        (np.arange(10.0), np.array(idx), np.zeros(5), 5)
        for idx in ([0, 9, -1, -10, 3], [0, 1, 10, 2, 3], [0, -11, 1, 2, 3])
    ],
    "index_of_type_float": lambda rng: [(np.zeros(10), 5), (np.zeros(10), 0)],
    "index_of_type_bool": lambda rng: [(rng.standard_normal((4, 3)), 4)],
    "index_of_type_none": lambda rng: [(rng.standard_normal((1, 6)), 1)],
    "index_of_type_slice": lambda rng: [(np.zeros(10), 10)],
    "index_of_type_ellipsis": lambda rng: [(np.zeros((3, 10)), 10)],
    "index_of_type_array": lambda rng: [(np.zeros(10), np.array([1, 3, 3]), 10)],
    "index_of_type_numpy_integer": lambda rng: [
        (np.arange(6.0), np.zeros(10), np.array([3, 1, 9, 0, -1, 5], dtype), 6)
        for dtype in (np.int8, np.int16, np.int32, np.int64)
    ] + [(np.arange(3.0), np.zeros(300), np.array([0, 255, 128], dtype), 3) for dtype in (np.uint8, np.uint64)]
    + [(np.arange(3.0), np.zeros(5), np.array([0, 2**64 - 1, 1], np.uint64), 3),
       (np.arange(3.0), np.zeros(5), np.array([0.0, 1.0, 2.0]), 3),
       (np.arange(2.0), np.zeros(2), np.array([True, False]), 2)],
    "gather": lambda rng: [(rng.standard_normal(30), rng.integers(-30, 30, 50), np.zeros(50)),
                           (rng.standard_normal(30), np.zeros(0, int), np.zeros(0)),
                           (rng.standard_normal(30), rng.integers(0, 31, 50), np.zeros(50))],
    "scatter": lambda rng: [(rng.standard_normal(30), rng.permutation(30), np.zeros(30)),
                            (rng.standard_normal(30), rng.integers(0, 10, 30), np.zeros(10)),
                            (rng.standard_normal(30), rng.permutation(60)[:30] - 30, np.zeros(30)),
                            (rng.standard_normal(3), np.array([1, -4, 1]), np.zeros(5)),
                            (rng.standard_normal(2), np.array([1, -5]), np.zeros(4))],
    "histogram_with_duplicates": lambda rng: [(np.zeros(8, dtype), rng.integers(0, 8, 500)) for dtype in "lifb"]
    + [(np.zeros(8, int), np.arange(8)), (np.zeros(8, int), np.array([1, 8])), (np.full(8, 126, np.int8), np.zeros(5, int))],
    "scatter_add_of_floats": lambda rng: [(np.zeros(8), rng.integers(0, 8, 500), rng.standard_normal(500)),
                                          (np.zeros(8, np.float32), rng.integers(-8, 8, 100), rng.standard_normal(100)),
                                          (np.zeros(8), rng.permutation(8), rng.standard_normal(8))],
    "gather_and_scatter_in_one_array": lambda rng: [
        (np.arange(20.0), rng.integers(0, 20, 40), rng.integers(0, 20, 40)),
        (np.arange(20.0), np.arange(10), np.arange(10, 20)),
        (np.arange(20.0), np.arange(19), np.arange(1, 20)),
    ],
    "shift_down": _overlapping,
    "shift_up": _overlapping,
    "same_place": _overlapping,
    "carried_flow": lambda rng: [(rng.standard_normal(40), n) for n in (0, 1, 2, 40, 41)],
    "carried_anti": lambda rng: [(rng.standard_normal(40), n) for n in (0, 1, 2, 40, 41)],
    "carried_output": lambda rng: [(np.zeros(20), rng.standard_normal(40), n) for n in (0, 1, 39, 40)],
    "carried_at_distance_k": lambda rng: [(rng.standard_normal(40), 20, k) for k in (0, 1, 2, 19, 20, 21, -1, -20, -40)],
    "transpose_in_place": lambda rng: [(_matrices(rng)[k], 9) for k in (0, 2)],
    "transpose_between": lambda rng: [(x, y, 9) for x, y, _ in [_matrices(rng)] for y in (y, x, x.T)],
    "scale": lambda rng: [(_strided(rng, kind), 1.5) for kind in STRIDES]
    + [(rng.integers(0, 2, 20).astype(dtype), 3) for dtype in DTYPES],
    "count_into": lambda rng: [(_strided(rng, kind),) for kind in STRIDES]
    + [(rng.integers(0, 2, 20).astype(dtype),) for dtype in DTYPES],
    "add_matrices": _matrix_arguments,
    "rank_three": lambda rng: [
        (rng.standard_normal((3, 4, 5)), np.zeros((3, 4, 5))),
        (rng.standard_normal((5, 4, 3)).T, np.zeros((4, 3, 5)).transpose(1, 0, 2)),
        (rng.standard_normal((3, 4, 5))[::-1, :, ::-1], np.zeros((3, 4, 5), np.float32)),
        (rng.standard_normal((1, 0, 5)), np.zeros((1, 0, 5))),
    ],
    "zero_dimensional": lambda rng: [(np.zeros(10), np.array(2.5), 10), (np.zeros(10), np.array(3, np.int32), 10)],
    "zero_dimensional_accumulator": lambda rng: [(rng.standard_normal(10), np.array(0.0), 10),
                                                 (rng.standard_normal(10), np.array(0.0, np.float32), 10)],
    "too_few_subscripts": lambda rng: [(np.zeros((5, 3)), 5)],
    "too_many_subscripts": lambda rng: [(np.zeros((5, 3)), 5), (np.zeros((5, 3)), 0), (np.zeros((5, 3, 2)), 5)],
    "chained_subscripts": lambda rng: [(np.zeros((5, 3)), 5, 3), (np.zeros((5, 3)), 6, 3), (np.zeros((5, 3)), 5, 4)],
    "store_into_read_only": lambda rng: [(_read_only(np.zeros(5)), np.arange(5.0), n) for n in (5, 0)],
    "read_from_read_only": lambda rng: [(_read_only(np.arange(5.0)), np.zeros(5), 5),
                                        (np.broadcast_to(np.float64(2), (5,)), np.zeros(5), 5)],
    "subclass_with_its_own_getitem": lambda rng: [(np.arange(5.0).view(Doubling), np.zeros(5), 5)],
    "subclass_is_stored_into": lambda rng: [(np.zeros(5).view(Doubling), np.arange(5.0), 5)],
    "numpy_matrix": lambda rng: [(np.matrix([[1.0], [2.0]]), np.zeros(2), 2)],
    "masked_array": lambda rng: [(np.ma.masked_array([1.0, 2.0, 3.0], [False, True, False]), 3)],
    "odd_element_types": lambda rng: [
        (np.arange(5).astype(dtype), 5) for dtype in (">f8", "<f2", "g", ">i4", object, "G")
    ] + [(np.array(["a", "b"]), 2), (np.array([1, 2], "m8[s]"), 2)],
    "structured_elements": lambda rng: [(np.ones(4, [("x", float), ("y", np.int32)]), 4)],
    "unaligned_elements": lambda rng: [
        (np.ndarray((6,), dtype, bytearray(range(120)), offset), 6) for dtype, offset in (("f8", 1), ("i4", 2), ("i2", 3), ("c16", 4))
    ],
    "fields_of_a_structure": lambda rng: [
        (s["x"], s["y"], 4) for s in (
            np.ones(4, np.dtype([("x", float), ("y", np.int32)], align=True)),
            np.ones(4, [("y", np.int32), ("x", float)]),
            np.rec.array(np.ones(4, np.dtype([("x", np.float32), ("y", np.int32)]))),
        )
    ],
    "rebinding_the_array_in_the_body": lambda rng: [(np.zeros(10), np.zeros(10), 10)],
    "view_made_in_the_body": lambda rng: [(np.zeros((10, 2)), 10)],
    "list_in_place_of_an_array": lambda rng: [([1, 2.5, 3], 3), ([1, 2], 3)],
    "the_same_subscript_behind_a_loop_that_never_runs": lambda rng: [
        (np.arange(8.0), *bounds, 2.5) for bounds in ((-1, 2, 1), (-3, 6, 2), (5, -4, -2), (-9, 2, 1), (-1, 9, 1))
    ],
    "bytes_and_strings": lambda rng: [("banana", 6)],
}


def _read_only(a):
    a.flags.writeable = False
    return a
