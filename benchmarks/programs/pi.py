"""Leibniz's series for pi."""


def pi(terms):
    total = 0.0
    for k in range(terms):
        if k % 2 == 0:
            total += 1.0 / (2 * k + 1)
        else:
            total -= 1.0 / (2 * k + 1)
    return 4.0 * total


SIZES = {"tiny": 1_000, "cpython": 2_000_000, "full": 20_000_000}
OUTPUTS = ()


def make(size, rng):
    return (size,)
