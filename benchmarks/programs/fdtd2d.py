"""Electric and magnetic fields on a plane, stepped in turns."""


def fdtd2d(steps, ex, ey, hz):
    nx, ny = hz.shape
    for t in range(steps):
        for j in range(ny):
            ey[0, j] = t
        for i in range(1, nx):
            for j in range(ny):
                ey[i, j] = ey[i, j] - 0.5 * (hz[i, j] - hz[i - 1, j])
        for i in range(nx):
            for j in range(1, ny):
                ex[i, j] = ex[i, j] - 0.5 * (hz[i, j] - hz[i, j - 1])
        for i in range(nx - 1):
            for j in range(ny - 1):
                hz[i, j] = hz[i, j] - 0.7 * (
                    ex[i, j + 1] - ex[i, j] + ey[i + 1, j] - ey[i, j]
                )


SIZES = {"tiny": (3, 9, 11), "cpython": (4, 150, 160), "full": (20, 800, 900)}
OUTPUTS = ("ex", "ey", "hz")


def make(size, rng):
    steps, nx, ny = size
    return steps, rng.random((nx, ny)), rng.random((nx, ny)), rng.random((nx, ny))
