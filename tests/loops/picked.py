"""Elements that masks and index arrays pick, outer products, arrays of other types."""

import numpy as np


def sums_above(x, out):
    for i in range(len(out)):            #: serial
        out[i] = x[x > i * 0.1].sum()
    return out


def means_between(x, out):
    for i in range(len(out)):            #: serial
        inside = (x > -1) & (x < i * 0.2)
        out[i] = x[inside].mean() + np.max(x[~inside])
    return out, inside


def clipped_by_masks(x, n):
    for t in range(n):                   #: serial
        x[x < 0.1 * t] = 0.5
        x[x > 3] *= 0.5
        x[x > 2] = -x[x > 2] + t
    return x


def rows_by_masks(m, n):
    for t in range(n):                   #: serial
        m[m < 0] = 0
        r = m[t % 3]
        r[r > 1] -= 1
    return m, r


def masks_in_names(x, y, mask, n):
    for t in range(n):                   #: serial
        x[mask] = y[mask] * 2 + t
        y[~mask] += x[~mask]
        mask = x > y
    return x, y, mask


def whole_numbers_by_masks(k, limit, n):
    for t in range(n):                   #: serial
        k[k > limit] = limit
        k[k % 3 == 0] += 1
        s = k[k > 2].sum() + k[k > 2].min()
    return k, s


def too_large_for_the_array(k, n):
    for t in range(n):                   #: serial; runs interpreter
        k[k > 100] = 300
    return k


def masks_of_other_lengths(x, mask, n):
    for t in range(n):                   #: serial
        s = x[mask].sum()
    return s


def as_many_as_the_mask(x, v, n):
    for t in range(n):                   #: serial
        x[x > 0.5] = v
    return x


def kept_parts(x, n):
    for t in range(n):                   #: parallel
        z = x[x > t * 0.1]
        w = z * 2
    return z, w


def nothing_left(x, n):
    for t in range(n):                   #: serial
        s = x[x > 5].max()
        x += 1
    return s


def gathered(x, idx, n):
    for t in range(n):                   #: serial
        y = x[idx] * 2
        x[idx] = y - t
        x[idx] += 0.5
    return x, y


def gathered_rows(m, idx, out):
    for i in range(len(out)):            #: serial
        d = m[idx] - m[i]
        out[i] = (d * d).sum()
    return out, d


def neighbours(x, idx, out):
    for i in range(len(out)):            #: serial
        out[i] = x[idx[i]].mean()
    return out


def any_of_the_gathered(x, idx, n):
    for t in range(n):                   #: serial
        found = (x[idx] > 0).any()
    return found


def parts_of_gathered_parts(x, idx, n):
    for t in range(n):                   #: serial; runs interpreter
        y = x[1:][idx]
    return y


def matrices_by_masks(m, n):
    for t in range(n):                   #: serial; runs interpreter
        s = m[m > 0].sum()
    return s


def outer_products(x, y, n):
    for t in range(n):                   #: serial
        m = np.outer(x, y) + t
        x[:] = m[:, 0] * 0.5
    return m, x


def outer_product_of_matrices(m, n):
    for t in range(n):                   #: serial; runs interpreter
        k = np.outer(m, m)
    return k


def other_types(x, n):
    for t in range(n):                   #: serial
        k = (x * 3).astype(int)
        z = k.astype(float) / 2 + k.astype(np.float32)
        b = x.astype(bool)
        x += b
    return k, z, b, x


def to_narrower_integers(x, n):
    for t in range(n):                   #: serial; runs interpreter
        k = x.astype(np.int8)
    return k


def _n(rng, *shape):
    return rng.standard_normal(shape)


ARGUMENTS = {
    "sums_above": lambda rng: [
        *[(_n(rng, n).astype(k), np.zeros(20)) for n in (1, 7, 300) for k in ("f8", "f4")],
        (np.repeat(_n(rng, 40), 2)[::-2], np.zeros(20)), (np.zeros(0), np.zeros(3)),
        (np.where(np.arange(40) == 7, np.nan, _n(rng, 40)), np.zeros(20)),
    ],
    "means_between": lambda rng: [(_n(rng, 300), np.zeros(9)), (_n(rng, 2), np.zeros(9))],
    "clipped_by_masks": lambda rng: [(_n(rng, 90) * 3, 9), (_n(rng, 90).astype("f4"), 9), (_n(rng, 90)[::-3], 5)],
    "rows_by_masks": lambda rng: [(_n(rng, 4, 9) * 2, 5), (np.asfortranarray(_n(rng, 4, 9) * 2), 5), (_n(rng, 8, 9)[::2, ::2], 4)],
    "masks_in_names": lambda rng: [(_n(rng, 40), _n(rng, 40), _n(rng, 40) > k, 5) for k in (0, 9)],
    "whole_numbers_by_masks": lambda rng: [
        (rng.integers(0, 99, 40).astype(kind), 50, 5) for kind in ("i8", "u1", "i4")
    ] + [(rng.integers(0, 99, 40).astype("i1"), 500, 3), (np.zeros(9, int), -1, 3)],
    "too_large_for_the_array": lambda rng: [(np.zeros(9, "i1"), 3), (np.full(9, 120, "i1"), 3)],
    "masks_of_other_lengths": lambda rng: [
        (_n(rng, 9), np.arange(n) % 2 == 0, 3) for n in (9, 1, 8, 10)
    ],
    "as_many_as_the_mask": lambda rng: [
        (np.array([1.0, 0.0, 2.0]), np.array(v), 2) for v in ([3.0, 4.0], [0.25, 0.125], [0.25], [1.0, 2.0, 3.0])
    ],
    "kept_parts": lambda rng: [(_n(rng, 40), 6), (np.zeros(5), 2)],
    "nothing_left": lambda rng: [(_n(rng, 40), 4), (_n(rng, 40) + 9, 4)],
    "gathered": lambda rng: [
        (_n(rng, 30), rng.integers(-30, 30, 12), 5), (_n(rng, 30), rng.integers(0, 30, 50).astype("u1"), 5),
        (_n(rng, 30), np.array([3, 30]), 5), (_n(rng, 30), np.array([-31, 2]), 5), (_n(rng, 30), np.array([4, 4, 4]), 5),
        (np.arange(30), rng.integers(0, 30, (3, 4)), 2), (_n(rng, 30), np.zeros(0, int), 5),
        (_n(rng, 60)[::-2], rng.integers(-30, 30, 12), 5),
    ],
    "gathered_rows": lambda rng: [
        (_n(rng, 20, 3), rng.integers(-20, 20, 7), np.zeros(20)), (_n(rng, 20, 30), rng.integers(-20, 20, 7), np.zeros(20)),
        (np.asfortranarray(_n(rng, 20, 5)), rng.integers(0, 20, 7), np.zeros(20)),
    ],
    "neighbours": lambda rng: [(_n(rng, 40), rng.integers(0, 40, (30, 5)), np.zeros(30)), (_n(rng, 40), rng.integers(0, 41, (30, 20)), np.zeros(30))],
    "any_of_the_gathered": lambda rng: [(np.ones(9), np.array([1, 2, k]), 3) for k in (3, 9)],
    "parts_of_gathered_parts": lambda rng: [(_n(rng, 9), np.array([0, -1]), 2)],
    "matrices_by_masks": lambda rng: [(_n(rng, 4, 5), 3)],
    "outer_products": lambda rng: [
        (_n(rng, 9), _n(rng, 5), 4), (_n(rng, 9).astype("f4"), _n(rng, 5).astype("f4"), 4),
        (_n(rng, 30)[::2], rng.integers(0, 9, 40), 3), (_n(rng, 1), _n(rng, 1), 2),
    ],
    "outer_product_of_matrices": lambda rng: [(_n(rng, 3, 2), 2)],
    "other_types": lambda rng: [
        (_n(rng, 20) * 9, 4), (_n(rng, 20).astype("f4"), 4), (np.where(np.arange(9) == 4, np.nan, 1.0), 2),
        (np.where(np.arange(9) == 4, 1e300, 1.0), 2),
    ],
    "to_narrower_integers": lambda rng: [(np.arange(9.0), 2)],
}
