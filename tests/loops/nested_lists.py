"""Lists of lists and of tuples of numbers as arrays with several axes."""

import math


def read_a_table(g, n, m):
    s = 0
    for i in range(n):
        for j in range(m):
            s += g[i][j]
    return s


def write_a_table(g, n, m):
    for i in range(n):                   #: parallel
        for j in range(m):
            g[i][j] = g[i][j] * 2 + j
    return g


def matrix_product(a, b, c, n):
    for i in range(n):                   #: parallel-if
        for j in range(n):
            s = 0.0
            for k in range(n):
                s += a[i][k] * b[k][j]
            c[i][j] = s
    return c


def longest_common_part(x, y, n, m):
    table = [[0] * (m + 1) for _ in range(n + 1)]
    for i in range(1, n + 1):            #: serial
        for j in range(1, m + 1):
            if x[i - 1] == y[j - 1]:
                table[i][j] = table[i - 1][j - 1] + 1
            else:
                table[i][j] = max(table[i - 1][j], table[i][j - 1])
    return table


def game_of_life(g, h, n, m):
    for i in range(n):                   #: parallel-if
        for j in range(m):
            k = -g[i][j]
            for di in range(-1, 2):
                for dj in range(-1, 2):
                    k += g[(i + di) % n][(j + dj) % m]
            h[i][j] = 1 if k == 3 or (k == 2 and g[i][j]) else 0
    return h


def rows_counted_from_the_end(g, n):
    for i in range(n):                   #: parallel
        g[-1 - i][-1] = g[-1 - i][0] + i
    return g


def rows_that_are_one_list(n, m):
    g = [[0] * m] * n
    for i in range(n):                   #: parallel; runs interpreter
        for j in range(m):
            g[i][j] += i + j
    return g, g[0] is g[-1]


def rows_that_are_one_list_read(n, m, y):
    g = [[1.5] * m] * n
    for i in range(n):                   #: parallel-if
        for j in range(m):
            y[i] += g[i][j]
    return y


def rows_shared_by_two_tables(g, n, m):
    h = g[:]
    for i in range(n):                   #: parallel-if; runs interpreter
        for j in range(m):
            h[i][j] = g[i][j] + 1
    return g, h


def row_by_a_name_of_its_own(g, n, m):
    r = g[1]
    for i in range(n):                   #: parallel-if; runs interpreter
        for j in range(m):
            g[i][j] = r[j] + i
    return g


def two_names_for_one_table(g, n, m):
    h = g
    for i in range(1, n):                #: parallel-if
        for j in range(m):
            h[i][j] = g[i - 1][j] + 1
    return g, h is g


def rows_of_many_lengths(g, n):
    s = 0
    for i in range(n):                   #: parallel-if; runs interpreter
        s += g[i][0]
    return s


def tuples_of_numbers(p, n, y):
    for i in range(n):                   #: parallel-if
        y[i] = p[i][0] * p[i][1]
    return y


def tuples_are_not_written(p, n):
    try:
        for i in range(n):               #: parallel; runs interpreter
            p[i][0] = 1.0
    except TypeError as error:
        return p, str(error)
    return p


def three_axes(g, n):
    for i in range(n):                   #: parallel
        for j in range(2):
            for k in range(3):
                g[i][j][k] = g[i][j][k] - i
    return g


def beyond_a_row(g, n, m):
    i = j = -1
    try:
        for i in range(n):               #: parallel
            for j in range(m):
                g[i][j] += 1
    except IndexError as error:
        return g, i, j, str(error)
    return g


def row_replaced(g, n):
    for i in range(n):                   #: parallel; runs interpreter
        g[i] = 0
    return g


def pair_of_subscripts(g, n):
    s = 0
    try:
        for i in range(n):               #: parallel-if; runs interpreter
            s += g[i, 0]
    except TypeError as error:
        return s, str(error)
    return s


def items_exchanged(g, n, m):
    for i in range(n):
        for j in range(m // 2):
            g[i][j], g[i][-1 - j] = g[i][-1 - j], g[i][j]
    return g


def triangle_by_symmetry(g, n):
    for i in range(n):
        for j in range(i):
            g[i][j] = g[j][i] = g[i][j] + g[j][i]
    return g


def division_in_a_table(g, n, m):
    for i in range(n):                   #: parallel
        for j in range(m):
            g[i][j] = 1.0 / g[i][j]
    return g


class _Row(list):
    def __getitem__(self, key):
        return 7.0


def _floats(rng, n, m):
    return [[float(v) for v in row] for row in rng.normal(size=(n, m))]


def _ints(rng, n, m):
    return [[int(v) for v in row] for row in rng.integers(-50, 50, (n, m))]


def _pairs(rng, n):
    return [(float(x), float(y)) for x, y in rng.normal(size=(n, 2))]


ARGUMENTS = {
    "read_a_table": lambda rng: [
        (_floats(rng, 6, 7), 6, 7),
        (_ints(rng, 6, 7), 6, 7),
        (_ints(rng, 6, 7), 7, 7),
        ([[]], 1, 0),
        ([], 0, 3),
        ([[True, False], [False, True]], 2, 2),
        ([[1, 2], [3, 2**70]], 2, 2),
        ([[1, 2], [3, 4.5]], 2, 2),
        ([[1, 2], None], 2, 2),
        ([[1, 2], _Row([1, 2])], 2, 2),
        ([(1, 2), [3, 4]], 2, 2),
        (((1, 2), [3, 4]), 2, 2),
    ],
    "write_a_table": lambda rng: [
        (_floats(rng, 6, 7), 6, 7),
        (_ints(rng, 6, 7), 6, 7),
        ([[1, 2], [3, 2**62], [5, 6]], 3, 2),
        ([[1, True], [True, 2]], 2, 2),
        ([[math.nan, -0.0], [math.inf, 2.0]], 2, 2),
        ([[1j, 2j], [3j, 4j]], 2, 2),
    ],
    "matrix_product": lambda rng: [
        (_floats(rng, 5, 5), _floats(rng, 5, 5), _floats(rng, 5, 5), 5),
        (_ints(rng, 5, 5), _floats(rng, 5, 5), _floats(rng, 5, 5), 5),
        (_floats(rng, 5, 5), _floats(rng, 4, 5), _floats(rng, 5, 5), 5),
    ],
    "longest_common_part": lambda rng: [
        ([1, 2, 3, 4, 1], [2, 1, 3, 4], 5, 4),
        ([1, 2, 3, 4, 1], [2, 1, 3, 4], 5, 6),
    ],
    "game_of_life": lambda rng: [
        ([[0, 1, 0, 0], [0, 1, 0, 1], [0, 1, 1, 0]], [[0] * 4 for _ in range(3)], 3, 4),
        ([[0, 1, 0, 0], [0, 1, 0, 1], [0, 1, 1, 0]], [[0] * 3 for _ in range(3)], 3, 4),
    ],
    "rows_counted_from_the_end": lambda rng: [(_ints(rng, 6, 2), 6), (_ints(rng, 6, 2), 7)],
    "rows_that_are_one_list": lambda rng: [(3, 4)],
    "rows_that_are_one_list_read": lambda rng: [(3, 4, [0.0] * 3)],
    "rows_shared_by_two_tables": lambda rng: [(_ints(rng, 3, 4), 3, 4)],
    "row_by_a_name_of_its_own": lambda rng: [(_ints(rng, 3, 4), 3, 4)],
    "two_names_for_one_table": lambda rng: [(_ints(rng, 5, 4), 5, 4)],
    "rows_of_many_lengths": lambda rng: [([[1], [2, 3], [4, 5, 6]], 3)],
    "tuples_of_numbers": lambda rng: [
        (_pairs(rng, 9), 9, [0.0] * 9),
        (_pairs(rng, 9), 10, [0.0] * 9),
    ],
    "tuples_are_not_written": lambda rng: [(_pairs(rng, 3), 3)],
    "three_axes": lambda rng: [([_ints(rng, 2, 3) for _ in range(4)], 4)],
    "beyond_a_row": lambda rng: [
        (_ints(rng, 4, 3), 4, 4),
        (_ints(rng, 4, 3), 5, 3),
        (_floats(rng, 4, 3), 4, 3),
    ],
    "row_replaced": lambda rng: [(_ints(rng, 4, 3), 4)],
    "pair_of_subscripts": lambda rng: [(_ints(rng, 4, 3), 4)],
    "items_exchanged": lambda rng: [
        (_ints(rng, 4, 5), 4, 5),
        ([[math.nan, 1.0, math.nan], [2.0, 3.0, math.nan]], 2, 3),
    ],
    "triangle_by_symmetry": lambda rng: [(_ints(rng, 5, 5), 5)],
    "division_in_a_table": lambda rng: [
        (_floats(rng, 3, 4), 3, 4),
        ([[1.0, 2.0], [4.0, 0.0], [1.0, 1.0]], 3, 2),
    ],
}
