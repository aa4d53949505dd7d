"""The numbers of a list that pass a test, in order."""


def conditional_append(x, limit):
    kept = []
    for i in range(1, len(x) - 1):
        v = x[i]
        if v > x[i - 1] and v > x[i + 1] and v > limit:
            kept.append(0.25 * x[i - 1] + 0.5 * v + 0.25 * x[i + 1])
    return kept


SIZES = {"tiny": 50, "full": 1_000_000}
OUTPUTS = ()


def make(size, rng):
    return rng.standard_normal(size).tolist(), 0.1
