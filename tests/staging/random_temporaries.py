"""Random loops whose iterations make arrays: `python -m tests.staging.random_temporaries`.

Arrays as long as others, or of a length that is only known when the loop runs, filled at once or
element by element, read back, changed in place, kept from the iteration before, bound under
conditions; tables that iterations count into; jumps in the middle. Where each iteration fills them
before it reads them, the cores have one each.
"""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
from tests.comparing import campaign, compare, way_of

MADE = ("a", "d", "h")


class _Writer:
    """Writes one program: a loop over rows that makes arrays."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.lines: list[str] = []

    def text(self) -> str:
        """Return the function `f` of this seed."""
        rng = self.rng
        for name in MADE:
            if rng.random() < 0.8:
                self.make(name, "        ")
        for _ in range(rng.randint(1, 4)):
            self.statement("        ", 2)
        if rng.random() < 0.6:
            self.lines.append(f"        o[i] {rng.choice(('=', '+='))} {self.number()}")
        lines = ["    for i in range(n):", *self.lines]
        if rng.random() < 0.25:
            inside = [line for part in lines for line in part.split("\n")]
            lines = ["    for t in range(3):", *(f"    {line}" for line in inside)]
        names = ", ".join(f"g({name!r}, locals())" for name in (*MADE, "i", "j", "s"))
        return "\n".join(
            [
                "import numpy as np",
                "",
                "",
                "def g(name, names):",
                "    return names.get(name, 'nothing')",
                "",
                "",
                "def f(p, q, w, o, r, n, k, m):",
                "    s = 0.5",
                f"    a = {rng.choice(('p[0]', 'q', 'np.zeros(m)'))}",
                "    d = h = p[0] + q",
                *lines,
                f"    return p, q, w, o, r, {names}",
                "",
            ]
        )

    def make(self, name: str, indent: str) -> None:
        rng = self.rng
        kinds = ("", "", ", dtype=np.int64") if name == "h" else ("",)
        self.lines.append(
            indent
            + rng.choice(
                (
                    f"{name} = {self.vector()} {rng.choice('+-*')} {self.vector()}",
                    f"{name} = ({self.vector()} - s) * {rng.choice(('2', 'k', 'p[i, 0]'))}",
                    f"{name} = np.zeros({rng.choice(('m', 'k', 'len(q)'))}{rng.choice(kinds)})",
                    f"{name} = np.zeros({rng.choice(('m', 'k', '20'))}{rng.choice(kinds)})",
                    f"{name} = np.full(m, {rng.choice(('0.5', 's', '1.5'))})",
                    f"{name} = np.empty(m)\n{indent}{name}[:] = {rng.choice(('p[i]', 'q', 's'))}",
                    f"{name} = {self.vector()}.copy()",
                    f"{name} = np.{rng.choice(('exp', 'sin'))}(-{self.vector()} ** 2)",
                    f"{name} = np.where({self.vector()} > 0, {self.vector()}, 0.5)",
                    f"{name} = np.cumsum({self.vector()})",
                    f"{name} = np.abs({self.vector()})",
                )
            )
        )

    def vector(self) -> str:
        return self.rng.choice(
            (
                *("p[i]", "q", "p[i - 1]", "p[0]", "p[i, :]", *MADE, *MADE),
                f"{self.rng.choice(MADE)}[::-1]",
            )
        )

    def number(self) -> str:
        word = self.rng.choice(("sum", "sum", "mean", "min", "max", "argmin", "argmax"))
        return self.rng.choice(
            (
                f"np.{word}({self.vector()})",
                f"({self.vector()} * {self.vector()}).{word}()",
                f"{self.rng.choice(MADE)}[{self.place()}] + s * 0.5",
                f"{self.rng.choice(MADE)}[1:].{word}()",
                f"np.sum(np.exp(-{self.vector()} ** 2))",
            )
        )

    def place(self) -> str:
        return self.rng.choice(("0", "-1", "i % 3", "w[i, 1]", "1", "w[i, 0] - 1", "m - 1"))

    def statement(self, indent: str, depth: int) -> None:
        rng, add = self.rng, self.lines.append
        kind = rng.random()
        if kind < 0.16:
            self.make(rng.choice(MADE), indent)
        elif kind < 0.28:
            op = rng.choice(("+=", "*=", "-="))
            add(f"{indent}{rng.choice(MADE)} {op} {rng.choice((self.vector(), '0.5', 'i'))}")
        elif kind < 0.42:
            name = rng.choice(MADE)
            end = rng.choice(("m", "m", "len(q)", "1, m", "w.shape[1]"))
            add(f"{indent}for j in range({end}):")
            element = rng.choice(
                (
                    f"{name}[j] = p[i, j % m] * {rng.choice(('2', 'k', 'j'))}",
                    f"{name}[j] += q[j % m]",
                    f"{name}[w[i, j % 3]] += 1",
                    f"{name}[j] = {name}[j - 1] + q[j % m]",
                    f"s += {name}[j]",
                )
            )
            add(f"{indent}    {element}")
        elif kind < 0.5:
            element = f"{rng.choice(MADE)}[{self.place()}]"
            add(f"{indent}{element} {rng.choice(('=', '+='))} {self.number()}")
        elif kind < 0.6:
            name = rng.choice(MADE)
            add(f"{indent}{name}[1:-1] = {name}[2:] {rng.choice('+-')} {self.vector()}[:-2]")
        elif kind < 0.7:
            add(f"{indent}{rng.choice(('r[i]', 's', 's', 'o[i]'))} = {self.number()}")
        elif kind < 0.78:
            add(f"{indent}r[i, :] {rng.choice(('=', '+='))} {self.vector()}")
        elif kind < 0.9 and depth:
            add(f"{indent}if {rng.choice(('i % 2', 'p[i, 0] > 0', 'w[i, 0] > 1', 's > 1'))}:")
            if rng.random() < 0.3:
                add(f"{indent}    {rng.choice(('continue', 'continue', 'break'))}")
                return
            for _ in range(rng.randint(1, 2)):
                self.statement(indent + "    ", depth - 1)
            if rng.random() < 0.4:
                add(f"{indent}else:")
                self.statement(indent + "    ", depth - 1)
        else:
            add(f"{indent}o[i] {rng.choice(('=', '+='))} {self.number()}")


def find_failure(
    seed: int, folder: Path, trips: str | None = None
) -> tuple[str | None, bool]:
    """Return how a native run of the program of `seed` differs from a plain one, or None.

    And whether it ran natively.
    """
    text = _Writer(seed).text()
    chance = np.random.default_rng(seed)
    size = int(chance.choice((17, 17, 18, 20, 25, 40)))
    count = int(chance.choice((2, 3, 9, 40, 40)))
    kind = str(chance.choice(("f8", "f8", "f8", "f8", "f4", "i8")))
    scale = 1 if kind.startswith("f") else 50
    p = (chance.uniform(-1, 1, (count + 1, size)) * scale).astype(kind)
    q = (chance.uniform(-1, 1, size) * scale).astype(chance.choice((kind, "f8")))
    w = chance.integers(0, 5, (count + 1, 3))
    odd = chance.random()
    if odd < 0.08:
        p[count // 2] = chance.choice((0, 100))
    elif odd < 0.16 and kind.startswith("f"):
        p[count // 2, 0] = chance.choice((np.nan, np.inf, -0.0, 1e30))
    elif odd < 0.2:
        p = np.asfortranarray(p)
    elif odd < 0.24:
        w[count // 2, 0] = chance.choice((-1, -3, 90))
    elif odd < 0.27:
        q = q[:1]
    o, r = np.zeros(count), np.zeros((count, size))
    number = count if odd < 0.95 else count + 1
    length = size if chance.random() < 0.8 else size - 1
    arguments = (p, q, w, o, r, number, int(chance.choice((17, 18, size))), length)
    way = replace(way_of(seed, trips), block_work=8)
    return compare(f"temporaries_{seed}", text, arguments, way, folder)


if __name__ == "__main__":
    raise SystemExit(campaign(find_failure, __doc__))
