"""Rows in parallel."""

from numba import prange


def parallel(generations, cells, after):
    height, width = cells.shape
    for _ in range(generations):
        for i in prange(height):
            for j in range(width):
                neighbours = 0
                for di in range(-1, 2):
                    for dj in range(-1, 2):
                        if di != 0 or dj != 0:
                            neighbours += cells[(i + di) % height, (j + dj) % width]
                if neighbours == 3 or (neighbours == 2 and cells[i, j] == 1):
                    after[i, j] = 1
                else:
                    after[i, j] = 0
        for i in prange(height):
            for j in range(width):
                cells[i, j] = after[i, j]
