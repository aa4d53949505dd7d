"""The heat equation on a plate: statements on slices in a loop over time."""


def heat_plate(u, k, steps):
    for _ in range(steps):
        un = u.copy()
        u[1:-1, 1:-1] = un[1:-1, 1:-1] + k * (
            un[2:, 1:-1] + un[:-2, 1:-1] + un[1:-1, 2:] + un[1:-1, :-2] - 4 * un[1:-1, 1:-1]
        )
        u[0, :] = 1
        u[-1, :] = 0
        u[:, 0] = u[:, 1]
        u[:, -1] = u[:, -2]


idiom = heat_plate

SIZES = {"tiny": (12, 5), "full": (400, 300)}
OUTPUTS = ("u",)


def make(size, rng):
    n, steps = size
    return rng.random((n, n)), 0.2, steps
