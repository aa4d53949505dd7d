"""A process in which islpy cannot be imported runs the same loops with the same bits."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROGRAM = """
import sys
sys.modules["islpy"] = None  # from now on, importing it fails
import numpy as np
import parloop
from parloop.analysis import polyhedra

def stencil(a, b):
    for i in range(1, a.shape[0] - 1):
        for j in range(1, a.shape[1] - 1):
            b[i, j] = 0.25 * (a[i - 1, j] + a[i + 1, j] + a[i, j - 1] + a[i, j + 1])

def triangle(a):
    s = 0
    for i in range(len(a)):
        for j in range(i):
            s += a[i] * a[j]
    return s

def strided(a, k):
    for i in range(len(a) // 2):
        a[2 * i] = a[2 * i + 1] * k

def carried(a):
    for i in range(1, len(a)):
        a[i] = a[i - 1] * 0.5 + a[i]

rng = np.random.default_rng(5)
for function, arguments in (
    (stencil, lambda: (rng.random((30, 40)), np.zeros((30, 40)))),
    (triangle, lambda: (rng.integers(0, 9, 50),)),
    (strided, lambda: (rng.random(100), 3.0)),
    (carried, lambda: (rng.random(100),)),
):
    first = arguments()
    second = tuple(x.copy() if isinstance(x, np.ndarray) else x for x in first)
    results = function(*first), parloop.parallel(function, min_work_ms=0)(*second)
    assert results[0] == results[1] and type(results[0]) is type(results[1])
    for x, y in zip(first, second):
        assert not isinstance(x, np.ndarray) or x.tobytes() == y.tobytes()
assert not polyhedra.is_available()
sites = parloop.report().sites
assert len(sites) == 4 and all(site.native_runs == 1 for site in sites), sites
print("same")
"""


def test_loops_run_natively_where_islpy_is_not_installed(tmp_path: Path) -> None:
    script = tmp_path / "program.py"
    script.write_text(PROGRAM, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error", script], capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("same\n", "")
