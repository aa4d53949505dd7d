"""The outer planets' way around the sun, and how well the energy is kept.

    python planets.py [YEARS]

Positions (astronomical units) and speeds (units a day) on one day, masses in suns, from the
Computer Language Benchmarks Game, which has them from NASA's Jet Propulsion Laboratory.
"""

import math
import sys

import numpy as np

NAMES = ("Sun", "Jupiter", "Saturn", "Uranus", "Neptune")
GRAVITY = 0.01720209895**2
MASS = np.array([1.0, 9.54791938424326609e-4, 2.85885980666130812e-4, 4.36624404335156298e-5, 5.15138902046611451e-5])
POSITION = np.array([
    [0.0, 0.0, 0.0],
    [4.84143144246472090, -1.16032004402742839, -0.103622044471123109],
    [8.34336671824457987, 4.12479856412430479, -0.403523417114321381],
    [12.8943695621391310, -15.1111514016986312, -0.223307578892655734],
    [15.3796971148509165, -25.9193146099879641, 0.179258772950371181],
])
VELOCITY = np.array([
    [0.0, 0.0, 0.0],
    [0.00166007664274403694, 0.00769901118419740425, -0.0000690460016972063023],
    [-0.00276742510726411021, 0.00499852801234917238, 0.0000230417297573763929],
    [0.00296460137564761618, 0.00237847173959480950, -0.0000296589568540237556],
    [0.00268067772490389322, 0.00162824170038242295, -0.0000951592254519715870],
])


def advance(steps, dt, mass, position, velocity):
    n = len(mass)
    for _ in range(steps):
        for i in range(n):
            for j in range(i + 1, n):
                dx = position[i, 0] - position[j, 0]
                dy = position[i, 1] - position[j, 1]
                dz = position[i, 2] - position[j, 2]
                squared = dx * dx + dy * dy + dz * dz
                pull = GRAVITY * dt / (squared * math.sqrt(squared))
                velocity[i, 0] -= dx * mass[j] * pull
                velocity[i, 1] -= dy * mass[j] * pull
                velocity[i, 2] -= dz * mass[j] * pull
                velocity[j, 0] += dx * mass[i] * pull
                velocity[j, 1] += dy * mass[i] * pull
                velocity[j, 2] += dz * mass[i] * pull
        for i in range(n):
            for k in range(3):
                position[i, k] += dt * velocity[i, k]


def energy(mass, position, velocity):
    total = 0.0
    for i in range(len(mass)):
        for k in range(3):
            total += 0.5 * mass[i] * velocity[i, k] * velocity[i, k]
        for j in range(i + 1, len(mass)):
            squared = 0.0
            for k in range(3):
                squared += (position[i, k] - position[j, k]) ** 2
            total -= GRAVITY * mass[i] * mass[j] / math.sqrt(squared)
    return total


def main():
    years = float(sys.argv[1]) if len(sys.argv) > 1 else 165.0
    before = energy(MASS, POSITION, VELOCITY)
    advance(int(years * 365.25 / 4.0), 4.0, MASS, POSITION, VELOCITY)
    after = energy(MASS, POSITION, VELOCITY)
    for i in range(1, len(NAMES)):
        distance = math.sqrt(sum((POSITION[i, k] - POSITION[0, k]) ** 2 for k in range(3)))
        print(f"{NAMES[i]:8} {distance:9.5f} units from the sun after {years:g} years")
    print(f"energy {before:.12e} -> {after:.12e}")


if __name__ == "__main__":
    main()
