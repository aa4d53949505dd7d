"""Loops that do something under a condition which only the interpreter can do."""

import numpy as np


def note(seen, *what):
    seen.append(what)
    return len(seen)


def every_few_steps(u, n):
    for t in range(n):                   #: serial
        u[1:-1] = u[1:-1] + 0.25 * (u[2:] - 2 * u[1:-1] + u[:-2])
        if t % 4 == 0:
            print("", end="")
    return u, t


def each_step(u, n):
    for t in range(n):                   #: unsupported
        u[1:-1] = u[2:] + u[:-2]
        print("", end="")
    return u, t


def history(u, n):
    kept = []
    for t in range(1, n):                #: serial
        u[1:-1] = u[2:] * 0.5 + u[:-2]
        if t % 3 == 0:
            kept.append(u.copy())
    return kept, t


def refused(a, b, n):
    for i in range(n):                   #: parallel-if
        if a[i] < 0:
            raise ValueError(f"negative: {a[i]} at {i}")
        b[i] = a[i] ** 0.5
    return b


def when_data_say_so(a, n, seen):
    s = 0.0
    for i in range(n):                   #: serial
        s = s * 0.9 + a[i]
        if s > 30:
            note(seen, "large", s)
            s = 0.0
    return s, i, seen


def left_after_an_effect(a, n, seen):
    s = 0
    for i in range(n):                   #: serial
        s += int(a[i])
        if s > 100:
            note(seen, f"enough: {s}")
            break
    else:
        s = -1
    return s, i


def otherwise(a, n, seen):
    s = 0
    for i in range(n):                   #: parallel-if
        if a[i] < 20:
            s += int(a[i])
        elif a[i] > 25:
            note(seen, "large")
        else:
            s -= 1
    return s, seen


def in_a_loop_inside(g, n, seen):
    s = 0.0
    for i in range(n):                   #: parallel-if
        for j in range(n):
            s += g[i, j]
            if i == 3 and j == 1:
                note(seen, i, j, s)
    return s, i, j, seen


def returned_after_an_effect(a, n):
    s = 0.0
    for i in range(n):                   #: unsupported
        s += a[i]
        if s > 30:
            print("", end="")
            return s
    return -1.0


def changed_by_the_effect(u, v, n):
    scale = 1.0
    for t in range(n):                   #: serial
        u[1:-1] = v[1:-1] * scale + u[2:]
        if t % 5 == 2:
            v, scale = np.roll(v, 1), str(t)
            scale = float(scale) / 8
            n = 2
    return u, v, t, n, scale


def items(xs, seen):
    s = 0.0
    for k, x in enumerate(xs):           #: serial
        s = s * 0.5 + x
        if k == 4:
            xs.insert(0, note(seen, k))
    return s, k, xs


ARGUMENTS = {
    "every_few_steps": lambda rng: [(rng.normal(size=9), n) for n in (1, 4, 13)],
    "each_step": lambda rng: [(rng.normal(size=9), 5)],
    "history": lambda rng: [(rng.normal(size=9), n) for n in (2, 4, 11)],
    "refused": lambda rng: [
        (np.array([4.0, 1.0, 9.0]), np.zeros(3), 3),
        (np.array([4.0, 1.0, -9.0, 4.0]), np.zeros(4), 4),
        (np.array([-4.0, 1.0]), np.zeros(2), 2),
    ],
    "when_data_say_so": lambda rng: [(np.arange(n) * 1.0, n, []) for n in (3, 10, 30)],
    "left_after_an_effect": lambda rng: [(np.arange(n), n, []) for n in (3, 15, 30)],
    "otherwise": lambda rng: [(np.arange(n), n, []) for n in (5, 26, 32)],
    "in_a_loop_inside": lambda rng: [(rng.normal(size=(n, n)), n, []) for n in (3, 4, 8)],
    "returned_after_an_effect": lambda rng: [(np.arange(12.0), 12)],
    "changed_by_the_effect": lambda rng: [(np.arange(7.0), np.ones(7), n) for n in (2, 3, 14)],
    "items": lambda rng: [([1.5, 2.0, 3.0, 4.0, 5.0, 6.0], []), ([1.0, 2.0], []), (np.arange(4.0), [])],
}
