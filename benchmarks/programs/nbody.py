"""Steps of bodies that attract each other, every pair looked at."""

import math

import numpy as np


def nbody(steps, dt, mass, position, velocity):
    n = len(mass)
    for _ in range(steps):
        for i in range(n):
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


SIZES = {"tiny": (2, 9), "cpython": (2, 200), "full": (4, 1500)}
OUTPUTS = ("position", "velocity")


def make(size, rng):
    steps, n = size
    return steps, 0.01, rng.random(n) / n, rng.standard_normal((n, 3)), np.zeros((n, 3))
