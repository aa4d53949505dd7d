"""Steps of Jacobi's method for the heat equation on a square, between two arrays."""


def jacobi2d(steps, a, b):
    n, m = a.shape
    for _ in range(steps):
        for i in range(1, n - 1):
            for j in range(1, m - 1):
                b[i, j] = 0.2 * (a[i, j] + a[i, j - 1] + a[i, j + 1] + a[i + 1, j] + a[i - 1, j])
        for i in range(1, n - 1):
            for j in range(1, m - 1):
                a[i, j] = 0.2 * (b[i, j] + b[i, j - 1] + b[i, j + 1] + b[i + 1, j] + b[i - 1, j])


SIZES = {"tiny": (3, 12), "cpython": (4, 200), "full": (20, 1000)}
OUTPUTS = ("a", "b")


def make(size, rng):
    steps, n = size
    a = rng.random((n, n))
    return steps, a, a.copy()
