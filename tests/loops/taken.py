"""Functions that take all items of something, in a loop; parts of lists; short lists written out."""

import numpy as np

STEPS = [(0, 1), (1, 0), (0, -1), (-1, 0)]


def product_of_tables(a, b, n):
    c = [[0.0] * n for _ in range(n)]
    for i in range(n):                   #: parallel-if
        for j in range(n):
            c[i][j] = sum(a[i][k] * b[k][j] for k in range(n))
    return c


def sums_in_a_list(a, o):
    for i in range(len(o)):              #: parallel-if
        o[i] = sum([a[k] for k in range(i)]) + i
    return o


def sum_of_some(a, o):
    for i in range(len(o)):              #: serial
        o[i] = sum(v * i for v in a if v > i) - sum(x != y for x, y in zip(a, o))
    return o


def sums_of_sums(a, o):
    for i in range(len(o)):              #: parallel-if
        o[i] = sum(sum(a[j:i]) * 0.5 for j in range(i)) + 0.0
    return o


def sum_that_may_be_empty(a, o):
    for i in range(len(o)):              #: parallel-if
        o[i] = sum(v * 0.5 for v in a[i:])
    return o


def sum_with_a_start(a, o):
    for i in range(len(o)):              #: unsupported
        o[i] = sum((v for v in a), i)
    return o


def sum_of_own(a, o):
    def sum(items):
        return 7

    for i in range(len(o)):              #: unsupported
        o[i] = sum(v for v in a)
    return o


def bound_sum(a, o):
    sum = max
    for i in range(len(o)):              #: unsupported
        o[i] = sum(v for v in a)
    return o


def moving_mean(a, w):
    o = [0.0] * len(a)
    for i in range(w, len(a) - w):       #: parallel-if
        o[i] = sum(a[i - w : i + w + 1]) / (2 * w + 1)
    return o


def parts_from_the_end(a, o):
    for i in range(len(o)):              #: parallel-if
        o[i] = sum(a[-i:]) - sum(a[:-i]) + sum(a[i:-2]) * sum(a[: i - 3])
    return o


def part_with_a_step(a, o):
    for i in range(len(o)):              #: unsupported
        o[i] = sum(a[i::2])
    return o


def sum_of_every_other(a, o):
    for i in range(len(o)):              #: parallel-if
        o[i] = sum(a[k] for k in range(i, len(a), 2))
    return o


def items_of_a_part(a):
    s = 0
    for i in range(len(a)):              #: parallel-if
        for x in a[i : i + 3]:
            s += x * i
    return s


def part_that_is_a_copy(a):
    for i in range(len(a)):              #: unsupported
        for k, x in enumerate(a[i : i + 3]):
            a[k] = x + 1
    return a


def extremes_of_rows(g):
    s = 0
    for row in g:                        #: serial
        s += max(row) - min(row)
        s += max(v * v for v in row)
    return s


def extremes_of_parts(a):
    best = 0
    for i in range(1, len(a)):           #: parallel-if
        d = max(a[:i]) - min(a[i:])
        if d > best:
            best = d
    return best


def largest_of_nothing(a, o):
    try:
        for i in range(len(o) + 3):      #: parallel-if
            o[i] = max(a[i:])
    except (ValueError, IndexError) as error:
        return o, i, str(error)
    return o


def any_and_all(g):
    n = 0
    for i in range(len(g)):              #: parallel-if
        if any(v > 0.9 for v in g[i]) and not all(v < 0.99 for v in g[i]):
            n += 1
        elif all(g[i]):
            n += 10
    return n


def prime_tests(n):
    count = 0
    for i in range(2, n):                #: parallel-if
        if all(i % d for d in range(2, int(i**0.5) + 1)):
            count += 1
    return count


def taken_under_a_condition(a, o):
    for i in range(len(o)):              #: parallel-if
        o[i] = sum(a[:i]) * 0.5 if i % 3 else 0.5 * max(a[: i + 1])
    return o


def in_the_test_of_a_while(a, o):
    for i in range(len(o)):              #: parallel-if
        k = 0
        while sum(a[:k]) < i and k < len(a):
            k += 1
        o[i] = k
    return o


def items_like_the_loop_s_own(a, o):
    x = 3
    for i in range(len(o)):              #: parallel-if
        o[i] = sum(x * x for x in a) + x
    return o, x


def division_in_a_generator(a, o):
    try:
        for i in range(len(o)):          #: parallel-if
            o[i] = sum(1 // (v - i) for v in a)
    except ZeroDivisionError:
        return o, i
    return o


def neighbours(a, n, m):
    b = [[0] * m for _ in range(n)]
    for i in range(1, n - 1):            #: parallel-if
        for j in range(1, m - 1):
            alive = 0
            for dx in (-1, 0, 1):
                for dy in [-1, 0, 1]:
                    if dx or dy:
                        alive += a[i + dx][j + dy]
            b[i][j] = int(alive in (2, 3) if a[i][j] else alive == 3)
    return b


def four_neighbours(a, n, m):
    s = 0.0
    for i in range(1, n - 1):            #: parallel-if
        for j in range(1, m - 1):
            for dx, dy in [(0, 1), (1, 0), (0, -1), (-1, 0)]:
                s += a[i + dx][j + dy] * (dx - dy)
    return s


def numbered_weights(a, o):
    for i in range(2, len(o)):           #: parallel-if
        s = 0
        for k, w in enumerate((0.25, 0.5, i)):
            s += a[i - k] * w
        for v, w in zip((a[i], a[i - 1], i), [1, 2.5, True]):
            s -= v * w
        o[i] = s
    return o


def leaves_a_written_loop(a):
    n = 0
    for i in range(len(a)):              #: parallel-if
        for d in (7, 3, 1):
            if a[i] > d:
                n += d
                break
        else:
            n -= 1
    return n, d


def words(a):
    n = 0
    for i in range(len(a)):              #: unsupported
        for d in ("a", "b"):
            n += len(d)
    return n


def no_items(a):
    n = 0
    for i in range(len(a)):              #: unsupported
        for d in ():
            n += d
    return n


def members(x):
    n = 0
    for v in x:                          #: parallel-if
        if v in (1, 2.5, -3, True):
            n += 1
        if v not in [0, 4]:
            n += 100
    return n


def member_of_a_set(x):
    n = 0
    for v in x:                          #: unsupported
        if v in {1, 2}:
            n += 1
    return n


def member_of_names(x, a, b):
    n = 0
    for v in x:                          #: unsupported
        if v in (a, b):
            n += 1
    return n


def walk(moves, n):
    x = y = 0
    for i in range(n):                   #: parallel-if
        dx, dy = moves[i % 4]
        x += dx
        y += dy
    return x, y


def walk_of_constants(n):
    x = y = 0
    for i in range(n):                   #: serial
        dx, dy = STEPS[i * i % 4]
        x, y = x + dx * i, y + dy
    return x, y


def distances(p, q):
    d = [0.0] * len(p)
    for i in range(len(p)):              #: parallel-if
        x, y = p[i]
        u, v = q[i]
        d[i] = (x - u) ** 2 + (y - v) ** 2
    return d


def triples_of_an_array(a, o):
    for i in range(len(o)):              #: parallel-if
        x, y, z = a[i]
        o[i] = x * y - z
    return o


def exchanged_rows(a):
    for i in range(len(a) - 1):          #: serial
        x, y = a[i]
        a[i][0], a[i][1] = y, x
        a[i + 1][0] = x
    return a


def _f(rng, n):
    return rng.uniform(-1, 2, n).tolist()


def _i(rng, n):
    return rng.integers(-4, 9, n).tolist()


def _table(rng, n, m):
    return rng.uniform(0, 1, (n, m)).tolist()


def _lists(rng):
    big = [2**62, 2**61, -(2**62), 2**62, 2**62, 1]
    odd = [0.0, -0.0, float("inf"), 1e308, 1e308, -1.5, float("nan"), 2.0]
    return [
        (_f(rng, 12), [0.0] * 9),
        (_i(rng, 12), [0] * 9),
        (_i(rng, 12), [0.0] * 9),
        (big, [0] * 9),
        (odd, [0.0] * 9),
        ([True, False, True, True], [0] * 9),
        (rng.normal(size=12), np.zeros(9)),
        (rng.integers(-4, 4, 12).astype(np.int8), np.zeros(9, np.int8)),
        (rng.integers(0, 4, 12), [0] * 9),
        ([], [0.5] * 5),
        ([1, 2.5, 3], [0.5] * 5),
        ((1, 2, 3), [0] * 5),
        (5, [0] * 5),
    ]


def _only(rng):
    return [(one,) for one, _ in _lists(rng) if not isinstance(one, int)]


def _plain(rng):
    return [(a, o) for a, o in _lists(rng) if type(a) is list]


ARGUMENTS = {
    "product_of_tables": lambda rng: [
        (_table(rng, 7, 7), _table(rng, 7, 7), 7),
        ([_i(rng, 5) for _ in range(5)], _table(rng, 5, 5), 5),
        (rng.normal(size=(6, 6)), _table(rng, 6, 6), 6),
        (_table(rng, 3, 3), _table(rng, 3, 3), 4),
    ],
    "sums_in_a_list": _plain,
    "sum_of_some": _plain,
    "sums_of_sums": _plain,
    "sum_that_may_be_empty": lambda rng: [(_f(rng, 5), [0.0] * 9)],
    "sum_with_a_start": _plain,
    "sum_of_own": _plain,
    "bound_sum": _plain,
    "moving_mean": lambda rng: [(_f(rng, 30), 2), (_i(rng, 30), 3), (rng.normal(size=30), 2)],
    "parts_from_the_end": _plain,
    "part_with_a_step": _plain,
    "sum_of_every_other": _plain,
    "items_of_a_part": lambda rng: [(_f(rng, 20),), (_i(rng, 20),), (rng.normal(size=20),)],
    "part_that_is_a_copy": lambda rng: [(_f(rng, 20),), (_i(rng, 20),)],
    "extremes_of_rows": lambda rng: [
        (_table(rng, 6, 5),),
        ([_i(rng, 4) for _ in range(5)],),
        ([[0.0, -0.0, 0.0], [1.0, float("nan"), 0.5], [float("nan"), 1.0, 2.0]],),
        ([[1.0, 2.0], [], [3.0, 4.0]],),
        (rng.normal(size=(5, 4)),),
    ],
    "extremes_of_parts": lambda rng: [(_f(rng, 20),), (_i(rng, 20),), (rng.normal(size=9),)],
    "largest_of_nothing": _plain,
    "any_and_all": lambda rng: [(_table(rng, 20, 3),), ([_i(rng, 3) for _ in range(9)],)],
    "prime_tests": lambda rng: [(200,), (2,), (0,)],
    "taken_under_a_condition": _plain,
    "in_the_test_of_a_while": lambda rng: [(_i(rng, 12), [0] * 9), (_f(rng, 12), [0] * 9)],
    "items_like_the_loop_s_own": _plain,
    "division_in_a_generator": lambda rng: [([-1, -2, 5], [0] * 9), ([-1, 30], [0] * 9)],
    "neighbours": lambda rng: [(rng.integers(0, 2, (9, 8)).tolist(), 9, 8)],
    "four_neighbours": lambda rng: [(_table(rng, 9, 8), 9, 8), (_table(rng, 9, 8), 10, 8)],
    "numbered_weights": lambda rng: _plain(rng)[:3],
    "leaves_a_written_loop": lambda rng: [(_i(rng, 20),), (_f(rng, 20),)],
    "words": lambda rng: [(_i(rng, 20),)],
    "no_items": lambda rng: [(_i(rng, 20),)],
    "members": _only,
    "member_of_a_set": _only,
    "member_of_names": lambda rng: [([1.5, 2.0], 2, 1.5), ([float("nan")], float("nan"), 1)],
    "walk": lambda rng: [
        (STEPS, 50),
        ([[0.5, 1.0], [1.5, 2.0], [0.0, 0.0], [2.0, 1.0]], 50),
        ([(1, 2), (3, 4)], 50),
        ([(1, 2, 3)] * 4, 50),
        ([(1, 2), (3,), (4, 5), (6, 7)], 50),
        ([1, 2, 3, 4], 50),
        (np.array(STEPS), 50),
        (np.zeros((4, 3)), 50),
    ],
    "walk_of_constants": lambda rng: [(50,)],
    "distances": lambda rng: [
        ([(1.0, 2.0)] * 9, _table(rng, 9, 2)),
        (rng.normal(size=(9, 2)), _table(rng, 9, 2)),
        (_table(rng, 9, 3), _table(rng, 9, 2)),
        (_table(rng, 9, 2), _table(rng, 8, 2)),
    ],
    "triples_of_an_array": lambda rng: [
        (rng.normal(size=(9, 3)), [0.0] * 9),
        (rng.normal(size=(9, 4)), [0.0] * 9),
        (rng.normal(size=(9, 3, 2)), np.zeros((9, 2))),
        (rng.integers(-100, 100, (9, 3)).astype(np.int8), np.zeros(9)),
        (rng.normal(size=(3, 9)).T, [0.0] * 9),
    ],
    "exchanged_rows": lambda rng: [(_table(rng, 9, 2),), (rng.normal(size=(9, 2)),)],
}
