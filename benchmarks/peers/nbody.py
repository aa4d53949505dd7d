"""Bodies in parallel; the sum over the others stays in order."""

import math

from numba import prange


def parallel(steps, dt, mass, position, velocity):
    n = len(mass)
    for _ in range(steps):
        for i in prange(n):
            ax = 0.0
            ay = 0.0
            az = 0.0
            for j in range(n):
                if j != i:
                    dx = position[j, 0] - position[i, 0]
                    dy = position[j, 1] - position[i, 1]
                    dz = position[j, 2] - position[i, 2]
                    squared = dx * dx + dy * dy + dz * dz + 1e-9
                    factor = mass[j] / (squared * math.sqrt(squared))
                    ax += factor * dx
                    ay += factor * dy
                    az += factor * dz
            velocity[i, 0] += dt * ax
            velocity[i, 1] += dt * ay
            velocity[i, 2] += dt * az
        for i in range(n):
            for k in range(3):
                position[i, k] += dt * velocity[i, k]
