"""A square metal plate, its upper edge heated: how warm is the middle after so many steps?

    python heat.py [CELLS] [STEPS]
"""

import sys

import numpy as np


def step(plate, after, rate):
    largest = 0.0
    n = plate.shape[0]
    for i in range(1, n - 1):
        for j in range(1, n - 1):
            change = rate * (
                plate[i - 1, j] + plate[i + 1, j] + plate[i, j - 1] + plate[i, j + 1]
                - 4.0 * plate[i, j]
            )
            after[i, j] = plate[i, j] + change
            largest = max(largest, abs(change))
    return largest


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 150
    steps = int(sys.argv[2]) if len(sys.argv) > 2 else 100
    plate = np.full((n, n), 20.0)
    for j in range(n):
        plate[0, j] = 100.0
    after = plate.copy()
    largest = 0.0
    for _ in range(steps):
        largest = step(plate, after, 0.2)
        plate, after = after, plate
    print(f"after {steps} steps: {plate[1, n // 2]:.6f} degrees below the edge, "
          f"{plate[n // 8, n // 2]:.6f} at an eighth, last change {largest:.3g}")


if __name__ == "__main__":
    main()
