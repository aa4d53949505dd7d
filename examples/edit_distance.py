"""How many edits turn one text into the other, as the share of the longer one that stays?

    python edit_distance.py [FILE FILE] [CHARACTERS]

Without files it compares two modules of Python's own library.
"""

import bisect
import heapq
import sys
from pathlib import Path

import numpy as np


def edit_distance(a, b):
    before = np.zeros(len(b) + 1, dtype=np.int64)
    row = np.zeros(len(b) + 1, dtype=np.int64)
    for j in range(len(b) + 1):
        before[j] = j
    for i in range(1, len(a) + 1):
        row[0] = i
        for j in range(1, len(b) + 1):
            cost = 0 if a[i - 1] == b[j - 1] else 1
            row[j] = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + cost)
        before, row = row, before
    return before[len(b)]


def main():
    files = sys.argv[1:3] if len(sys.argv) > 2 else [bisect.__file__, heapq.__file__]
    limit = int(sys.argv[3]) if len(sys.argv) > 3 else 1500
    a, b = (np.frombuffer(Path(file).read_bytes()[:limit], dtype=np.uint8) for file in files)
    distance = edit_distance(a, b)
    print(f"{len(a)} and {len(b)} characters, {distance} edits apart, "
          f"{100.0 * (1.0 - distance / max(len(a), len(b), 1)):.1f} % alike")


if __name__ == "__main__":
    main()
