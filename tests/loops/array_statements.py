"""Statements on whole arrays: slices, temporaries, views, copies, exchanged buffers."""

import numpy as np


def heat_in_place(u, k, steps):
    for t in range(steps):               #: serial
        u[1:-1] += k * (u[2:] - 2 * u[1:-1] + u[:-2])
    return t


def heat_of_two_arrays(u, un, k, steps):
    for t in range(steps):               #: serial
        un[1:-1] = u[1:-1] + k * (u[2:] - 2 * u[1:-1] + u[:-2])
        u[1:-1] = un[1:-1]
        u[0] = 0.0
        u[-1] = u[-2]
    return t


def heat_in_two_dimensions(u, k, steps):
    for t in range(steps):               #: serial
        un = u.copy()
        u[1:-1, 1:-1] = un[1:-1, 1:-1] + k * (
            un[2:, 1:-1] + un[:-2, 1:-1] + un[1:-1, 2:] + un[1:-1, :-2] - 4 * un[1:-1, 1:-1]
        )
        u[0, :] = 1
        u[-1, :] = 0
        u[:, 0] = u[:, 1]
        u[:, -1] = u[:, -2]
    return un


def rows_in_time(u, k, steps):
    for t in range(steps - 1):           #: serial
        u[t + 1, 1:-1] = u[t, 1:-1] + k * (u[t, 2:] - u[t, :-2])
        u[t + 1, 0] = u[t + 1, -2]
        u[t + 1, -1] = u[t + 1, 1]
    return u


def row_views(u, k, steps):
    for t in range(steps - 1):           #: serial
        now = u[t]
        new = u[t + 1]
        new[1:-1] = now[1:-1] + k * (now[2:] - now[:-2])
        new[0] = now[0]
        new[-1] = now[-1] * 2
    return now, new


def whole_arrays(a, b, c, steps):
    for t in range(steps):               #: serial
        a += b * 2
        b -= c / 3
        c[:] = a - b
    return a


def temporaries(a, b, steps):
    for t in range(steps):               #: serial
        d = a - b
        e = d * d + 1
        a += 0.1 * d / e
        b[1:] = e[:-1]
    return d, e


def bounds_from_names(u, v, n, k, steps):
    for t in range(steps):               #: serial
        u[1:n] = v[0:n - 1] * k
        v[-n:-1] = u[:n - 1]
    return u


def integers_wrap_silently(a, b, steps):
    for t in range(steps):               #: serial
        a[1:] = a[:-1] * 3 + b[1:]
        b += a
        b[1:] = -a[1:] + a[:-1] ** 2
    return a


def python_integers_of_narrow_arrays(a, steps):
    for t in range(steps):               #: serial
        a[1:] += 100
        a[:-1] = a[1:] - 7
    return a


def steps_and_reversals(a, b, steps):
    for t in range(steps):               #: serial
        a[::2] = b[::2] + 1
        a[1::2] -= b[1::2]
        b[:] = a[::-1]
        b[1:-1:3] = 0
    return a


def a_row_is_repeated(m, r, c, steps):
    for t in range(steps):               #: serial
        m += r
        m[1:] -= m[0]
        m[:, 1] = c
    return m


def numbers_before_arrays(u, k, dt, steps):
    for t in range(steps):               #: serial
        s = k * dt
        u[1:] = s * dt * u[:-1] + u[0] + t
        s = u[3] + s
    return s


def roots_and_comparisons(u, v, m, steps):
    for t in range(steps):               #: serial
        v[:] = np.sqrt(np.abs(u)) + abs(v) ** 2
        m[:] = (u < v) & (v > 0.5)
        u -= -v
    return m


def limits_and_choices(u, v, b, steps):
    for t in range(steps):               #: serial
        u[1:] = np.maximum(u[:-1], v[1:])
        v[:] = np.minimum(np.where(u > 0.5, v, 0), u)
        b[:] = np.where(b, 3, b[::-1])
        v -= np.where(v < u, u, v)
    return u


def choices_between_computed_values(u, v, steps):
    for t in range(steps):               #: serial
        u[:] = np.where(v > 0, 1 / v, 0)
    return u


def some_steps_only(u, v, steps):
    for t in range(steps):               #: serial
        if t % 3 == 0:
            u[1:] = v[:-1]
        else:
            v[1:] = u[:-1] * 0.5
    return u


def array_statements_between_loops(u, v, steps):
    n = u.shape[0]
    for t in range(steps):               #: serial
        u[1:-1] = v[2:] - v[:-2]
        for i in range(1, n):            #: serial
            v[i] = v[i - 1] * 0.5 + u[i]
        v[0] = u[1]
    return v


def an_inner_loop_of_array_statements(p, b, steps, sweeps):
    for t in range(steps):               #: serial
        b[1:-1] = p[2:] - p[:-2]
        for q in range(sweeps):          #: serial
            pn = p.copy()
            p[1:-1] = 0.5 * (pn[2:] + pn[:-2]) - b[1:-1]
            p[0] = p[1]
    return pn


def each_row_by_itself(a, b, n):
    for i in range(n):                   #: serial
        a[i, :] = b[i, :] * 2 + i
    return a


def exchanged_buffers(u, un, k, steps):
    for t in range(steps):               #: serial
        un[1:-1] = u[1:-1] + k * (u[2:] - 2 * u[1:-1] + u[:-2])
        u, un = un, u
    return u, un, u is un


def rotated_buffers(old, cur, new, c, steps):
    for t in range(0, 3 * steps, 3):     #: serial
        new[1:-1] = 2 * cur[1:-1] - old[1:-1] + c * (cur[2:] - 2 * cur[1:-1] + cur[:-2])
        new[0] = t
        tmp = new
        new = old
        old = cur
        cur = tmp
    return old, cur, new, tmp


def a_new_array_in_each_step(u, v, dt, steps):
    first = u
    for t in range(steps):               #: serial
        u = u + dt * v
        v = v - dt * u[::-1]
    return u, v, first


def a_new_array_from_its_neighbours(u, steps):
    for t in range(steps):               #: serial
        w = u.copy()
        w[1:] = w[1:] + u[:-1]
        u = w
    return u, w


def exchanged_on_some_steps(u, v, steps):
    for t in range(steps):               #: serial; runs interpreter
        u[1:] = v[:-1] + 1
        if t % 3 == 0:
            u, v = v, u
    return u, v


def the_order_of_new_arrays(m, steps):
    for t in range(steps):               #: serial
        d = m[1:] * 2
        m[1:] -= d * 0.25
    return d, d.flags.c_contiguous


def overflow_warns_once(u, steps):
    for t in range(steps):               #: serial
        u[1:] = u[:-1] * 1e60
    return u


def division_warns_at_the_end(u, v, steps):
    for t in range(steps):               #: serial
        u[:] = v / u
        v[1:] -= 0.25
    return u


def lengths_that_do_not_agree(u, v, steps):
    for t in range(steps):               #: serial; runs interpreter
        u[1:] = v[1:] + 1
    return u


def an_axis_of_one(m, r, steps):
    for t in range(steps):               #: parallel-if; runs interpreter
        m += r
    return m


def arrays_that_share_memory(u, steps):
    v = u[1:]
    w = u[:-1]
    for t in range(steps):               #: serial
        v[:] = w * 2
    return u


def views_of_one_array_in_place(big_u, big_v, d, f, steps):
    u, v = big_u[1:-1, 1:-1], big_v[1:-1, 1:-1]
    for t in range(steps):               #: serial
        around = big_u[:-2, 1:-1] + big_u[2:, 1:-1] + big_u[1:-1, :-2] + big_u[1:-1, 2:] - 4 * u
        uvv = u * v * v
        u += d * around - uvv + f * (1 - u)
        v += uvv - 2 * f * v + 0.01 * big_v[2:, 2:]
    return around, uvv, big_u


def views_with_other_steps(u, steps):
    v, w = u[::2], u[::-1]
    for t in range(steps):               #: serial
        v[1:] = w[:len(v) - 1] * 2
        w[t:t + 3] -= u[1:4]
        s = v.sum() + w[0]
        u[-1] = s * 0.01
    return u, s


def an_array_that_shares_memory_with_itself(x, steps):
    v = np.lib.stride_tricks.as_strided(x, (len(x) - 2, 3), (8, 8))
    for t in range(steps):               #: serial; runs interpreter
        v[1:] += v[:-1]
    return x


def empty_slices(u, steps):
    for t in range(steps):               #: serial; runs interpreter
        u[3:] += 1
    return u


def lists_have_slices_too(u, steps):
    for t in range(steps):               #: serial; runs interpreter
        u[1:3] = u[0:2]
    return u


def an_array_whose_name_becomes_a_number(a, b, steps):
    for t in range(steps):               #: serial; runs interpreter
        b[t] = a[t] + 1
        if t == 3:
            a = 5
    return a


def a_number_subscripted_on_some_steps(a, k, steps):
    w = a + 1
    x = 0
    for t in range(1, steps):            #: serial; runs interpreter
        if t > 100:
            x = w[k]
        w = 0
    return x, w


def a_name_that_is_first_a_number(a, steps):
    x = 1.0
    for t in range(steps):               #: serial
        a[1:] += x
        x = a[t]
        v = a[1:]
        v[0] = x
    return x, v


def a_row_whole_and_in_parts(p, u, n):
    for i in range(n):                   #: serial
        p[0] = p[0] * 0.5
        p[i, 0] = u[i]


def two_names_for_one_view(u, steps):
    for t in range(steps):               #: serial; runs interpreter
        v = u[1:]
        w = v
        u[0] = w[0] + t
    return v is w, v


def two_names_for_one_row(p):
    for row in p:                        #: parallel; runs interpreter
        kept = row
    return kept is row, kept


def two_views_of_the_same_elements(u, steps):
    for t in range(steps):               #: serial; runs interpreter
        v = u[1:]
        w = u[1:]
    return v is w, v.base is u


def arrays_without_axes(z, steps):
    y = z
    for t in range(steps):               #: serial; runs interpreter
        x = y.copy()
        y = y + t
    return x, y


def float_into_integers_in_place(a, steps):
    for t in range(steps):               #: serial; runs interpreter
        a[1:] += 0.5
    return a


def an_operation_without_elements_of_its_own(a, b, steps):
    for t in range(steps):               #: serial
        b[:] = a ** 3
    return b


def _n(rng, n, *more):
    return rng.standard_normal((n, *more) if more else n)


def _integers(rng, n, dtype):
    return rng.integers(-90, 90, n).astype(dtype)


ARGUMENTS = {
    "heat_in_place": lambda rng: [
        (_n(rng, 50), 0.25, 7),
        (_n(rng, 50).astype(np.float32), 0.25, 7),
        (_n(rng, 100)[::2], np.float64(0.1), 5),
        (_n(rng, 3), 0.25, 7),
        (_n(rng, 2), 0.25, 7),
        (_n(rng, 50), 0.25, 1),
    ],
    "heat_of_two_arrays": lambda rng: [(_n(rng, 40), _n(rng, 40), 0.2, 6)],
    "heat_in_two_dimensions": lambda rng: [
        (_n(rng, 12, 17), 0.2, 6),
        (np.asfortranarray(_n(rng, 12, 17)), 0.2, 6),
        (_n(rng, 12, 17).astype(np.float32), np.float32(0.2), 6),
    ],
    "rows_in_time": lambda rng: [(_n(rng, 9, 21), 0.2, 9), (_n(rng, 9, 21), 0.2, 12)],
    "row_views": lambda rng: [(_n(rng, 9, 21), 0.2, 9)],
    "whole_arrays": lambda rng: [
        (_n(rng, 30), _n(rng, 30), _n(rng, 30), 5),
        (_n(rng, 4, 5), _n(rng, 4, 5), _n(rng, 4, 5), 5),
    ],
    "temporaries": lambda rng: [(_n(rng, 30), _n(rng, 30), 5)],
    "bounds_from_names": lambda rng: [
        (_n(rng, 30), _n(rng, 30), 30, 0.5, 4),
        (_n(rng, 30), _n(rng, 30), 20, 0.5, 4),
        (_n(rng, 30), _n(rng, 30), 31, 0.5, 4),
    ],
    "integers_wrap_silently": lambda rng: [
        (_integers(rng, 30, "int64") << 40, _integers(rng, 30, "int64"), 40),
        (_integers(rng, 30, "int8"), _integers(rng, 30, "int8"), 9),
        (_integers(rng, 30, "uint16"), _integers(rng, 30, "uint16"), 9),
    ],
    "python_integers_of_narrow_arrays": lambda rng: [
        (_integers(rng, 30, "int8"), 5),
        (_integers(rng, 30, "uint8"), 5),
    ],
    "steps_and_reversals": lambda rng: [
        (_n(rng, 30), _n(rng, 30), 4),
        (_n(rng, 31), _n(rng, 31), 4),
    ],
    "a_row_is_repeated": lambda rng: [(_n(rng, 8, 9), _n(rng, 9), _n(rng, 8), 4)],
    "numbers_before_arrays": lambda rng: [(_n(rng, 30), 0.5, 0.1, 5), (_n(rng, 30), 1, 2, 3)],
    "roots_and_comparisons": lambda rng: [(_n(rng, 30), _n(rng, 30), np.zeros(30, bool), 5)],
    "limits_and_choices": lambda rng: [
        (_n(rng, 30), np.array([0.0, -0.0, np.nan] * 10), _integers(rng, 30, "int16"), 5),
        (_n(rng, 30).astype("f4"), _n(rng, 30).astype("f4"), _integers(rng, 30, "int64"), 5),
    ],
    "choices_between_computed_values": lambda rng: [(_n(rng, 30), np.zeros(30), 5)],
    "some_steps_only": lambda rng: [(_n(rng, 30), _n(rng, 30), 8)],
    "array_statements_between_loops": lambda rng: [(_n(rng, 30), _n(rng, 30), 5)],
    "an_inner_loop_of_array_statements": lambda rng: [
        (_n(rng, 30), _n(rng, 30), 4, 3),
        (_n(rng, 30), _n(rng, 30), 4, 1),
    ],
    "each_row_by_itself": lambda rng: [(_n(rng, 9, 11), _n(rng, 9, 11), 9)],
    "exchanged_buffers": lambda rng: [
        (_n(rng, 30), _n(rng, 30), 0.2, 5),
        (_n(rng, 30), _n(rng, 30), 0.2, 6),
        (_n(rng, 30), _n(rng, 30), 1e100, 6),
        (_n(rng, 30), _n(rng, 29), 0.2, 6),
    ],
    "rotated_buffers": lambda rng: [
        (_n(rng, 30), _n(rng, 30), _n(rng, 30), 0.2, steps) for steps in (1, 2, 3, 7)
    ],
    "a_new_array_in_each_step": lambda rng: [
        (_n(rng, 30), _n(rng, 30), 0.2, 5),
        (_n(rng, 30), _n(rng, 30), 0.2, 1),
        (_n(rng, 30), _n(rng, 30), 1e100, 5),
    ],
    "a_new_array_from_its_neighbours": lambda rng: [(_n(rng, 30), 5), (_n(rng, 30), 4)],
    "exchanged_on_some_steps": lambda rng: [(_n(rng, 30), _n(rng, 30), 7)],
    "the_order_of_new_arrays": lambda rng: [
        (_n(rng, 5, 6), 4),
        (np.asfortranarray(_n(rng, 5, 6)), 4),
    ],
    "overflow_warns_once": lambda rng: [(_n(rng, 30), 9)],
    "division_warns_at_the_end": lambda rng: [(_n(rng, 30), np.ones(30), 9)],
    "lengths_that_do_not_agree": lambda rng: [(_n(rng, 30), _n(rng, 29), 4)],
    "an_axis_of_one": lambda rng: [(_n(rng, 5, 6), _n(rng, 5, 1), 4)],
    "arrays_that_share_memory": lambda rng: [(_n(rng, 30), 4)],
    "views_of_one_array_in_place": lambda rng: [(_n(rng, 12, 15), _n(rng, 12, 15), 0.1, 0.03, 6)],
    "views_with_other_steps": lambda rng: [(_n(rng, 30), 5), (_n(rng, 31).astype("f4"), 5)],
    "an_array_that_shares_memory_with_itself": lambda rng: [(_n(rng, 30), 3)],
    "empty_slices": lambda rng: [(_n(rng, 3), 4)],
    "lists_have_slices_too": lambda rng: [([1.0, 2.0, 3.0, 4.0], 4)],
    "an_array_whose_name_becomes_a_number": lambda rng: [
        (_n(rng, 30), _n(rng, 30), 4),
        (_n(rng, 30), _n(rng, 30), 5),
    ],
    "a_number_subscripted_on_some_steps": lambda rng: [(_n(rng, 30), 2, n) for n in (50, 300)],
    "a_name_that_is_first_a_number": lambda rng: [(_n(rng, 30), 5)],
    "a_row_whole_and_in_parts": lambda rng: [(_n(rng, 5, 6), _n(rng, 5), 5)],
    "two_names_for_one_view": lambda rng: [(_n(rng, 30), 4)],
    "two_names_for_one_row": lambda rng: [(_n(rng, 5, 6),)],
    "two_views_of_the_same_elements": lambda rng: [(_n(rng, 30), 4)],
    "arrays_without_axes": lambda rng: [(np.array(1.5), 4)],
    "float_into_integers_in_place": lambda rng: [(_integers(rng, 30, "int64"), 4)],
    "an_operation_without_elements_of_its_own": lambda rng: [(_n(rng, 30), _n(rng, 30), 4)],
}
