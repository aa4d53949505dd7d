"""Conway's game of life: the R-pentomino, five cells that take 1103 generations to settle on a plane
without an end; this one is a torus.

    python life.py [GENERATIONS] [SIZE]
"""

import sys

import numpy as np


def next_generation(cells, after):
    height, width = cells.shape
    alive = 0
    for i in range(height):
        for j in range(width):
            neighbours = 0
            for di in range(-1, 2):
                for dj in range(-1, 2):
                    if di != 0 or dj != 0:
                        neighbours += cells[(i + di) % height, (j + dj) % width]
            if neighbours == 3 or (neighbours == 2 and cells[i, j] == 1):
                after[i, j] = 1
                alive += 1
            else:
                after[i, j] = 0
    return alive


def main():
    generations = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    size = int(sys.argv[2]) if len(sys.argv) > 2 else 100
    cells = np.zeros((size, size), dtype=np.int64)
    middle = size // 2
    for di, dj in ((-1, 0), (-1, 1), (0, -1), (0, 0), (1, 0)):
        cells[middle + di, middle + dj] = 1
    after = np.zeros_like(cells)
    alive = 5
    for _ in range(generations):
        alive = next_generation(cells, after)
        cells, after = after, cells
    print(f"{alive} cells live after {generations} generations")
    for i in range(max(middle - 12, 0), min(middle + 12, size)):
        print("".join("#" if cells[i, j] else "." for j in range(max(middle - 30, 0), min(middle + 30, size))))


if __name__ == "__main__":
    main()
