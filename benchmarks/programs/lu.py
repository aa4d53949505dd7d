"""LU decomposition in place, without pivoting."""


def lu(a):
    n = a.shape[0]
    for k in range(n):
        for i in range(k + 1, n):
            a[i, k] /= a[k, k]
            for j in range(k + 1, n):
                a[i, j] -= a[i, k] * a[k, j]


SIZES = {"tiny": 9, "cpython": 120, "full": 640}
OUTPUTS = ("a",)


def make(size, rng):
    a = rng.random((size, size))
    for i in range(size):
        a[i, i] += size
    return (a,)
