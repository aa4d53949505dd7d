"""Draw the Mandelbrot set into a picture.

    python mandelbrot.py [WIDTH] [STEPS] [OUT.pgm]
"""

import sys
from pathlib import Path

import numpy as np


def mandelbrot(picture, limit):
    height, width = picture.shape
    for row in range(height):
        ci = (row - height / 2.0) * 2.6 / width
        for column in range(width):
            cr = column * 2.6 / width - 2.0
            x = 0.0
            y = 0.0
            count = 0
            while x * x + y * y <= 4.0 and count < limit:
                x, y = x * x - y * y + cr, 2.0 * x * y + ci
                count += 1
            picture[row, column] = 255 - 255 * count // limit


def main():
    width = int(sys.argv[1]) if len(sys.argv) > 1 else 320
    limit = int(sys.argv[2]) if len(sys.argv) > 2 else 100
    target = Path(sys.argv[3] if len(sys.argv) > 3 else "mandelbrot.pgm")
    picture = np.zeros((width * 3 // 4, width), dtype=np.uint8)
    mandelbrot(picture, limit)
    inside = 0
    for row in range(picture.shape[0]):
        for column in range(picture.shape[1]):
            if picture[row, column] == 0:
                inside += 1
    print(f"{inside} of {picture.size} points are still inside after {limit} steps")
    target.write_bytes(b"P5 %d %d 255\n" % picture.shape[::-1] + picture.tobytes())
    print(f"written to {target}")


if __name__ == "__main__":
    main()
