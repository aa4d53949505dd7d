"""Gauss-Seidel sweeps with a stencil of nine points, in place: every point needs the ones before it."""


def seidel2d(steps, a):
    n = a.shape[0]
    for _ in range(steps):
        for i in range(1, n - 1):
            for j in range(1, n - 1):
                a[i, j] = (
                    a[i - 1, j - 1] + a[i - 1, j] + a[i - 1, j + 1]
                    + a[i, j - 1] + a[i, j] + a[i, j + 1]
                    + a[i + 1, j - 1] + a[i + 1, j] + a[i + 1, j + 1]
                ) / 9.0


SIZES = {"tiny": (3, 12), "cpython": (4, 200), "full": (20, 500)}
OUTPUTS = ("a",)


def make(size, rng):
    steps, n = size
    return steps, rng.random((n, n))
