"""`try` in a loop: the exceptions that machine code never raises."""

import numpy as np


def division_caught(a, b, y):
    bad, last = 0, -1
    for i in range(len(a)):              #: parallel-if
        try:
            y[i] = a[i] / b[i]
        except ZeroDivisionError:
            y[i] = -1.0
            bad += 1
            last = i
    return y, bad, last


def bound_by_the_handler_alone(a, b, y):
    for i in range(len(a)):              #: parallel-if
        try:
            y[i] = a[i] / b[i]
        except (ZeroDivisionError, OverflowError):
            where = i
    try:
        return y, where
    except NameError as error:
        return y, str(error)


def neighbours_that_may_not_be_there(g, n, m):
    s = 0
    for i in range(n):                   #: parallel-if
        for j in range(m):
            try:
                s += g[i + 1][j]
            except IndexError:
                continue
            else:
                s += 1
    return s


def left_in_the_handler(a, n):
    i = s = 0
    for i in range(n):                   #: parallel-if
        try:
            s += a[i]
        except IndexError:
            break
    return s, i


def left_in_the_try(a, limit):
    s = 0
    for i in range(len(a)):              #: serial
        try:
            s += 10 // a[i]
            if s > limit:
                break
        except ZeroDivisionError:
            s = 0
    return s, i


def returned_in_the_try(a, limit):
    for i in range(len(a)):              #: serial
        try:
            if 10 // a[i] > limit:
                return i
        except ZeroDivisionError:
            pass
    return -1


def returned_what_may_raise(a, limit):
    for i in range(limit):               #: unsupported SYN102
        try:
            return 10 // a[i]
        except (ZeroDivisionError, IndexError):
            limit += 1
    return limit


def returned_a_name_without_a_value(a, limit):
    for i in range(len(a)):              #: unsupported SYN102
        try:
            if a[i] > limit:
                return last, i
            last = a[i]
        except NameError:
            limit += 1
    return limit


def returned_before_more(a):
    s = 0
    for i in range(len(a)):              #: serial
        try:
            s += 10 // a[i]
            return i
        except ZeroDivisionError:
            s -= 1
        else:
            s += 0.5
    return s


def returned_in_the_handler(a, limit):
    for i in range(len(a)):              #: unsupported SYN102
        try:
            limit += 10 // a[i]
        except ZeroDivisionError:
            return i
    return limit


def caught_by_name(a):
    s = 0
    for i in range(len(a)):              #: unsupported SYN102
        try:
            s += 10 // a[i]
        except ZeroDivisionError as error:
            s += len(error.args)
    return s


def tried_in_another_try(a, b, n):
    for i in range(n):                   #: parallel-if
        try:
            try:
                b[i] = 10 // a[i]
            except ZeroDivisionError:
                b[i] = 10 // a[i + 1]
        except IndexError:
            b[i] = 7
    return b


def finally_counted(a):
    s = k = 0
    for i in range(len(a)):              #: unsupported SYN102
        try:
            s += 10 // a[i]
        finally:
            k += 1
    return s, k


def appended_where_it_goes(a, out):
    for i in range(len(a)):              #: parallel-if
        try:
            out.append(10 // a[i])
        except ZeroDivisionError:
            out.append(0)
    return out


def warnings_are_no_exceptions(a, b):
    for i in range(len(a)):              #: parallel-if
        try:
            b[i] = 1.0 / a[i]
        except (ZeroDivisionError, FloatingPointError):
            b[i] = -1.0
    return b


ARGUMENTS = {
    "division_caught": lambda rng: [
        ([1.0, 2.0, 3.0], [2.0, 4.0, 5.0], [0.0] * 3),
        ([1.0, 2.0, 3.0], [2.0, 0.0, 5.0], [0.0] * 3),
        ([1.0, 2.0, 3.0], [0.0, 0.0, 0.0], [0.0] * 3),
        (np.arange(3.0), np.array([1.0, 0.0, 2.0]), np.zeros(3)),
    ],
    "bound_by_the_handler_alone": lambda rng: [
        ([1.0, 2.0, 3.0], [2.0, 4.0, 5.0], [0.0] * 3),
        ([1.0, 2.0, 3.0], [2.0, 0.0, 5.0], [0.0] * 3),
    ],
    "neighbours_that_may_not_be_there": lambda rng: [
        ([[1, 2], [3, 4], [5, 6]], 2, 2),
        ([[1, 2], [3, 4], [5, 6]], 3, 2),
        ([[1, 2], [3, 4], [5, 6]], 4, 3),
        (np.arange(6).reshape(3, 2), 3, 2),
    ],
    "left_in_the_handler": lambda rng: [([1, 2, 3], 3), ([1, 2, 3], 5), (np.arange(4), 6)],
    "left_in_the_try": lambda rng: [([5, 3, 0, 2, 1], 14), ([5, 3, 2, 1, 0], 9), ([0, 0], 3)],
    "returned_in_the_try": lambda rng: [([5, 3, 0, 2, 1], 4), ([5, 3, 2, 1], 2), ([0, 0], 3)],
    "returned_what_may_raise": lambda rng: [
        *(([0, 0, 2], 3), ([5, 1], 2), ([0], 4), ([], 2), ([0, 0], 2)),
    ],
    "returned_a_name_without_a_value": lambda rng: [([5, 6, 2, 9], 4), ([1, 6, 9], 5), ([1], 3)],
    "returned_before_more": lambda rng: [([0, 3],), ([5, 3],), ([0, 0],), ([],)],
    "returned_in_the_handler": lambda rng: [([5, 3, 0, 2, 1], 4), ([5, 3, 2, 1], 2)],
    "caught_by_name": lambda rng: [([5, 3, 0, 2, 1],), ([5, 3],)],
    "tried_in_another_try": lambda rng: [
        ([5, 3, 2, 2, 1], [0] * 5, 5),
        ([5, 0, 2, 2, 0], [0] * 5, 5),
        ([5, 3, 2, 2, 1], [0] * 5, 7),
    ],
    "finally_counted": lambda rng: [([5, 3, 2],)],
    "appended_where_it_goes": lambda rng: [([5, 3, 2], []), ([5, 0, 2, 0, 1], [1])],
    "warnings_are_no_exceptions": lambda rng: [
        (np.array([1.0, 0.0, 2.0]), np.zeros(3)),
        (np.array([1.0, 4.0, 2.0]), np.zeros(3)),
        ([1.0, 0.0, 2.0], [0.0] * 3),
    ],
}
