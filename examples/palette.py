"""Reduce the colours of a photograph to a palette by k-means.

    python palette.py [COLOURS] [PHOTO] [OUT.ppm]

Without a photograph it takes the one that matplotlib ships, every second pixel of it.
"""

import sys
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib import image


def assign(pixels, centres, labels):
    moved = 0
    for i in range(pixels.shape[0]):
        best = 0
        nearest = np.inf
        for c in range(centres.shape[0]):
            distance = 0.0
            for k in range(3):
                difference = pixels[i, k] - centres[c, k]
                distance += difference * difference
            if distance < nearest:
                nearest = distance
                best = c
        if labels[i] != best:
            labels[i] = best
            moved += 1
    return moved


def update(pixels, labels, centres, counts):
    for c in range(centres.shape[0]):
        counts[c] = 0
        for k in range(3):
            centres[c, k] = 0.0
    for i in range(pixels.shape[0]):
        counts[labels[i]] += 1
        for k in range(3):
            centres[labels[i], k] += pixels[i, k]
    for c in range(centres.shape[0]):
        if counts[c] > 0:
            for k in range(3):
                centres[c, k] /= counts[c]


def main():
    colours = int(sys.argv[1]) if len(sys.argv) > 1 else 8
    shipped = Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg"
    photo = image.imread(sys.argv[2]) if len(sys.argv) > 2 else image.imread(shipped)[::2, ::2]
    target = Path(sys.argv[3] if len(sys.argv) > 3 else "palette.ppm")

    pixels = photo[:, :, :3].reshape(-1, 3).astype(np.float64)
    centres = np.zeros((colours, 3))
    for c in range(colours):
        for k in range(3):
            centres[c, k] = pixels[c * (len(pixels) - 1) // max(colours - 1, 1), k]
    labels = np.full(len(pixels), -1)
    counts = np.zeros(colours, dtype=np.int64)
    for round_number in range(6):
        moved = assign(pixels, centres, labels)
        update(pixels, labels, centres, counts)
        print(f"round {round_number}: {moved} pixels changed their colour")
    for c in range(colours):
        print("#%02x%02x%02x" % tuple(int(value) for value in centres[c]), counts[c])
    height, width = photo.shape[:2]
    picture = centres[labels].astype(np.uint8)
    target.write_bytes(b"P6 %d %d 255\n" % (width, height) + picture.tobytes())
    print(f"written to {target}")


if __name__ == "__main__":
    main()
