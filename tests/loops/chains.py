"""Loops of which LLVM makes no lanes: sums in order, and stores where the data says."""

import numpy as np


def counts_of_bins(values, low, width, counts):
    for i in range(len(values)):         #: parallel-if
        counts[int((values[i] - low) / width)] += 1
    return counts


def counts_of_some(values, low, high, width, counts):
    for i in range(len(values)):         #: parallel-if
        if low <= values[i] < high:
            counts[int((values[i] - low) / width)] += 1
    return counts


def ordered_sum_of_looked_up(values, x, columns, n):
    total = 0.0
    for p in range(n):                   #: parallel-if RED101
        total += values[p] * x[columns[p]]
    return total


def compressed_rows(starts, columns, values, x, y):
    for i in range(len(y)):              #: parallel-if
        total = 0.0
        for p in range(starts[i], starts[i + 1]):
            total += values[p] * x[columns[p]]
        y[i] = total
    return y


def scattered_products(a, places, factor):
    for i in range(len(places)):         #: parallel-if
        a[places[i]] *= factor
    return a


def scattered_in_two_dimensions(table, rows, columns):
    for i in range(len(rows)):           #: parallel-if
        table[rows[i], columns[i]] += i
    return table


def _rows(rng, lengths, width):
    starts = np.concatenate(([0], np.cumsum(lengths)))
    return starts, rng.integers(-width, width, starts[-1]), rng.standard_normal(starts[-1])


ARGUMENTS = {
    "counts_of_bins": lambda rng: [(np.array(v), 0.0, w, np.zeros(4, t)) for v in ([0.5, 1.5, 3.5, 0.25], [0.5, -1.5, -4.0, 2.0], [0.5, 4.0, 1.0], [0.5, -5.0, 1.0], [1.0, np.nan, 0.0], [1.0, np.inf], [2.0, 9.3e18], [2.0, -9223372036854775808.0], [2.0, 1e300]) for w, t in ((1.0, np.int64), (1.0, np.uint8))] + [(rng.random(3000), 0.0, 0.25, np.zeros(4, np.int64)), (rng.random(3000), 0.5, 0.125, np.zeros(4, np.int64)), (rng.random(3), 0.0, 0.0, np.zeros(4, np.int64)), (rng.random(9), 0.0, 0.25, np.full(4, 2**63 - 3)), (rng.random(600), 0.0, 0.25, np.full(4, 250, np.uint8))],
    "counts_of_some": lambda rng: [(rng.random(4000), 0.0, 0.875, 0.125, np.zeros(7, np.int64)), (rng.standard_normal(4000) * 1e19, -1.0, 1.0, 0.5, np.zeros(2, np.int64)), (rng.random(40), 0.0, 1.0, 0.125, np.zeros(7, np.int64))],
    "ordered_sum_of_looked_up": lambda rng: [(rng.standard_normal(900), rng.standard_normal(30), rng.integers(-30, 30, 900), n) for n in (0, 1, 900, 901)] + [(rng.standard_normal(90), rng.standard_normal(30), np.r_[np.arange(-30, 30), bad, np.zeros(29, int)], 90) for bad in (30, -31, 2**62, -(2**63))] + [(rng.standard_normal(90).astype(np.float32), rng.standard_normal(30), rng.integers(0, 30, 90).astype(np.uint64), 90)],
    "compressed_rows": lambda rng: [(*_rows(rng, rng.integers(0, 9, 200), 50), rng.standard_normal(w), np.zeros(200)) for w in (50, 49, 51)] + [(np.zeros(1, int), np.zeros(0, int), np.zeros(0), np.zeros(0), np.zeros(0))],
    "scattered_products": lambda rng: [(rng.standard_normal(40), rng.integers(low, 40, 300), f) for low in (0, -40, -41) for f in (2, 0.5)] + [(np.arange(40), rng.integers(0, 40, 3000), 3)],
    "scattered_in_two_dimensions": lambda rng: [(np.zeros((5, 7), t), rng.integers(-5, 5, 300), rng.integers(low, 7, 300)) for t in (np.int64, np.float32, np.int16) for low in (0, -7, -8)],
}
