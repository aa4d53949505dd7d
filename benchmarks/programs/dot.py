"""The inner product of two vectors, summed in order."""


def dot(x, y):
    total = 0.0
    for i in range(len(x)):
        total += x[i] * y[i]
    return total


SIZES = {"tiny": 1_000, "cpython": 1_000_000, "full": 10_000_000}
OUTPUTS = ()


def make(size, rng):
    return rng.random(size), rng.random(size)
