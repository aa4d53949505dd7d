"""Random nests of the kind that is recast for a GPU, and the like where that is not allowed.

Rows with something to do before their columns, columns that accumulate over rows.

    python -m tests.cuda.campaign --nests N --seed S
"""

from __future__ import annotations

from functools import cached_property
from random import Random
from typing import Any

import numpy as np
from tests.cuda.random_programs import RandomFile
from tests.differential import Mode
from tests.fuzz import Program
from tests.pivots import make_pivot_program

EXTENT = 9


class NestFile(RandomFile):
    """The program of one seed."""

    @cached_property
    def text(self) -> str:  # type: ignore[override]
        """Its text."""
        return _Writer(Random(self.seed)).text()

    @property
    def mode(self) -> Mode:
        """What it does with warnings."""
        return "always"

    def arguments(self, function: str) -> list[tuple[Any, ...]]:
        """Return the argument tuples of `function`."""
        rng = np.random.default_rng(self.seed)
        found = []
        for _ in range(2):
            arrays = [rng.standard_normal((EXTENT, EXTENT)) for _ in range(2)]
            vectors = [rng.standard_normal(EXTENT) for _ in range(3)]
            counts = rng.integers(0, 9, EXTENT)
            ends = rng.integers(0, EXTENT - 1, 2).tolist()
            found.append((*arrays, *vectors, counts, *ends, int(rng.integers(1, 4))))
        return found


class PivotFile(RandomFile):
    """A program of `tests.pivots`: loops that pass through one of their iterations."""

    @cached_property
    def program(self) -> Program:
        """The program."""
        return make_pivot_program(self.seed)


class _Writer:
    def __init__(self, random: Random) -> None:
        self.random = random
        self.rows = ["i", "i", "i", "i", "i + 1", "i - 1", "t"]
        self.columns = ["j", "j", "j", "j", "j + 1", "j - 1", "t"]

    def text(self) -> str:
        """Return the program."""
        random = self.random
        lines = ["def f(a, b, x, y, z, c, n, m, steps):", "    i = j = t = s = -7"]
        depth = 1
        if random.random() < 0.5:
            lines.append("    for t in range(1, steps):")
            depth = 2
        else:
            lines.append("    t = 1")
        pad = "    " * depth
        lines.append(f"{pad}for i in range({random.choice(('1', '1', 't'))}, n):")
        lines += [f"{pad}    {line}" for line in self.rows_body()]
        lines.append(f"    return i, j, t{random.choice((', s', ''))}")
        return "\n".join(lines) + "\n"

    def rows_body(self) -> list[str]:
        """Return what stands in the loop over rows."""
        random = self.random
        lines = [self.row_statement() for _ in range(random.choice((0, 0, 1, 1, 2)))]
        for _ in range(random.choice((1, 1, 1, 2))):
            bounds = random.choice(("1, m", "1, m", "1, m", "t, m", "i + 1, m", "1, i"))
            lines.append(f"for j in range({bounds}):")
            lines += [f"    {self.statement()}" for _ in range(random.choice((1, 1, 2)))]
        if random.random() < 0.2:
            lines.append(self.row_statement())
        return lines

    def row_statement(self) -> str:
        """Return a statement on a row."""
        random = self.random
        place = random.choice(("x[i]", "x[i]", "a[i, t]", "z[i]", "s"))
        op = "=" if place == "s" else random.choice(("=", "=", "+=", "/="))
        value = random.choice(("x[i] * 0.5", "a[i, t]", "b[i, 0] + 1.0", "2.0 + y[t]", "z[i - 1]"))
        return f"{place} {op} {value}" + (" + 3.0" if op == "/=" else "")

    def statement(self) -> str:
        """Return a statement on an element."""
        random = self.random
        row, column = random.choice(self.rows), random.choice(self.columns)
        places = ("y[j]", "y[j]", f"y[{column}]", f"a[{row}, {column}]", "a[i, j]", "b[i, j]")
        place = random.choice((*places, "z[i]", "c[j]", "s"))
        if place == "c[j]":
            return f"c[j] += {random.choice(('1', 'i', '2 * i - 3'))}"
        op = "=" if place == "s" else random.choice(("=", "+=", "+=", "-="))
        terms = ("x[i]", "a[i, j]", f"b[{row}, {column}]", f"y[{column}]", "0.5", "a[i, t]", "z[i]")
        value = f"{random.choice(terms)} * {random.choice(terms)}"
        return f"{place} {op} {value}"
