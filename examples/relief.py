"""Shade a map of real mountains: the elevation model of the Jacksboro fault that matplotlib ships.

    python relief.py [AZIMUTH] [OUT.pgm]
"""

import math
import sys
from pathlib import Path

import matplotlib
import numpy as np

METRES_PER_DEGREE = 111_320.0


def shade(elevation, dx, dy, azimuth, altitude, out):
    """Light each cell by the angle between its surface (Horn's slopes) and the sun."""
    sun_x = math.sin(azimuth) * math.cos(altitude)
    sun_y = math.cos(azimuth) * math.cos(altitude)
    sun_z = math.sin(altitude)
    for i in range(1, elevation.shape[0] - 1):
        for j in range(1, elevation.shape[1] - 1):
            east = (
                elevation[i - 1, j + 1] + 2.0 * elevation[i, j + 1] + elevation[i + 1, j + 1]
                - elevation[i - 1, j - 1] - 2.0 * elevation[i, j - 1] - elevation[i + 1, j - 1]
            ) / (8.0 * dx)
            north = (
                elevation[i - 1, j - 1] + 2.0 * elevation[i - 1, j] + elevation[i - 1, j + 1]
                - elevation[i + 1, j - 1] - 2.0 * elevation[i + 1, j] - elevation[i + 1, j + 1]
            ) / (8.0 * dy)
            light = (sun_z - east * sun_x - north * sun_y) / math.sqrt(
                1.0 + east * east + north * north
            )
            out[i, j] = 255.0 * light if light > 0.0 else 0.0


def horizon(elevation, dx, sun_height, lit):
    """Mark the cells that the sun, standing in the west, reaches over the mountains."""
    for i in range(elevation.shape[0]):
        ray = -1e9
        for j in range(elevation.shape[1]):
            ray = max(ray - sun_height * dx, elevation[i, j])
            lit[i, j] = ray <= elevation[i, j]


def main():
    azimuth = float(sys.argv[1]) if len(sys.argv) > 1 else 315.0
    target = Path(sys.argv[2] if len(sys.argv) > 2 else "relief.pgm")
    with np.load(Path(matplotlib.get_data_path()) / "sample_data/jacksboro_fault_dem.npz") as data:
        elevation = data["elevation"].astype(np.float64)
        dy = float(data["dy"]) * METRES_PER_DEGREE
        dx = float(data["dx"]) * METRES_PER_DEGREE * math.cos(math.radians(float(data["ymin"])))

    out = np.zeros(elevation.shape)
    shade(elevation, dx, dy, math.radians(azimuth), math.radians(35.0), out)
    lit = np.zeros(elevation.shape, dtype=np.bool_)
    horizon(elevation, dx, math.tan(math.radians(4.0)), lit)

    in_sun = 0
    for i in range(lit.shape[0]):
        for j in range(lit.shape[1]):
            if lit[i, j]:
                in_sun += 1
    print(f"{elevation.shape[0]} by {elevation.shape[1]} cells of {dx:.0f} by {dy:.0f} m")
    print(f"{100.0 * in_sun / lit.size:.1f} % in the sun when it stands 4 degrees high in the west")
    picture = out.astype(np.uint8)
    target.write_bytes(b"P5 %d %d 255\n" % picture.shape[::-1] + picture.tobytes())
    print(f"written to {target}")


if __name__ == "__main__":
    main()
