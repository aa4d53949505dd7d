"""Two substances that react and spread (Gray and Scott), in place, over views of two arrays."""


def gray_scott(u_all, v_all, du, dv, f, k, steps):
    u, v = u_all[1:-1, 1:-1], v_all[1:-1, 1:-1]
    for _ in range(steps):
        lu = (
            u_all[:-2, 1:-1] + u_all[1:-1, :-2] - 4 * u_all[1:-1, 1:-1]
            + u_all[1:-1, 2:] + u_all[2:, 1:-1]
        )
        lv = (
            v_all[:-2, 1:-1] + v_all[1:-1, :-2] - 4 * v_all[1:-1, 1:-1]
            + v_all[1:-1, 2:] + v_all[2:, 1:-1]
        )
        uvv = u * v * v
        u += du * lu - uvv + f * (1 - u)
        v += dv * lv + uvv - (f + k) * v


idiom = gray_scott

SIZES = {"tiny": (12, 5), "full": (258, 400)}
OUTPUTS = ("u_all", "v_all")


def make(size, rng):
    n, steps = size
    u, v = rng.uniform(0.9, 1, (n, n)), rng.uniform(0, 0.1, (n, n))
    u[n // 3:n // 2, n // 3:n // 2] = 0.5
    v[n // 3:n // 2, n // 3:n // 2] = 0.25
    return u, v, 0.16, 0.08, 0.035, 0.065, steps
