"""Find the edges in a photograph: grey, a blur with a Gaussian, Sobel's operator, all as plain loops.

    python photo_edges.py                 the photograph that matplotlib ships
    python photo_edges.py my.jpg out.pgm  one of yours
"""

import math
import sys
import time
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib import image


def to_grey(photo, grey):
    for i in range(photo.shape[0]):
        for j in range(photo.shape[1]):
            grey[i, j] = 0.299 * photo[i, j, 0] + 0.587 * photo[i, j, 1] + 0.114 * photo[i, j, 2]


def gaussian(radius, sigma):
    kernel = np.zeros((2 * radius + 1, 2 * radius + 1))
    total = 0.0
    for p in range(-radius, radius + 1):
        for q in range(-radius, radius + 1):
            weight = math.exp(-(p * p + q * q) / (2.0 * sigma * sigma))
            kernel[p + radius, q + radius] = weight
            total += weight
    for p in range(kernel.shape[0]):
        for q in range(kernel.shape[1]):
            kernel[p, q] /= total
    return kernel


def blur(grey, kernel, blurred):
    height, width = grey.shape
    radius = kernel.shape[0] // 2
    for i in range(height):
        for j in range(width):
            total = 0.0
            for p in range(kernel.shape[0]):
                for q in range(kernel.shape[1]):
                    # at the border the nearest pixel stands in
                    row = min(max(i + p - radius, 0), height - 1)
                    column = min(max(j + q - radius, 0), width - 1)
                    total += kernel[p, q] * grey[row, column]
            blurred[i, j] = total


def sobel(grey, edges):
    strongest = 0.0
    for i in range(1, grey.shape[0] - 1):
        for j in range(1, grey.shape[1] - 1):
            across = (
                grey[i - 1, j + 1] + 2.0 * grey[i, j + 1] + grey[i + 1, j + 1]
                - grey[i - 1, j - 1] - 2.0 * grey[i, j - 1] - grey[i + 1, j - 1]
            )
            down = (
                grey[i + 1, j - 1] + 2.0 * grey[i + 1, j] + grey[i + 1, j + 1]
                - grey[i - 1, j - 1] - 2.0 * grey[i - 1, j] - grey[i - 1, j + 1]
            )
            edges[i, j] = math.sqrt(across * across + down * down)
            if edges[i, j] > strongest:
                strongest = edges[i, j]
    return strongest


def to_bytes(edges, strongest, picture):
    for i in range(edges.shape[0]):
        for j in range(edges.shape[1]):
            picture[i, j] = int(255.0 * edges[i, j] / strongest)


def main():
    shipped = Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg"
    photo = image.imread(sys.argv[1] if len(sys.argv) > 1 else shipped)
    target = Path(sys.argv[2] if len(sys.argv) > 2 else "edges.pgm")

    start = time.perf_counter()
    height, width = photo.shape[:2]
    grey = np.zeros((height, width))
    blurred = np.zeros((height, width))
    edges = np.zeros((height, width))
    picture = np.zeros((height, width), dtype=np.uint8)
    to_grey(photo, grey)
    blur(grey, gaussian(2, 1.4), blurred)
    strongest = sobel(blurred, edges)
    to_bytes(edges, strongest, picture)
    print(f"{height} by {width} pixels, strongest edge {strongest}")
    print(f"{time.perf_counter() - start:.2f} s", file=sys.stderr)

    target.write_bytes(b"P5 %d %d 255\n" % (width, height) + picture.tobytes())
    print(f"written to {target}")


if __name__ == "__main__":
    main()
