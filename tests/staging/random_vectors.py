"""Random loops that make small arrays: `python -m tests.staging.random_vectors`.

Vectors of a few numbers that an iteration makes, changes, binds under conditions and keeps; rows
of matrices whose lengths are known when the loop runs; types that mix; jumps in the middle.
"""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
from tests.comparing import campaign, compare, way_of

MADE = ("a", "d", "e")


class _Writer:
    """Writes one program; vectors have `size` numbers."""

    def __init__(self, seed: int, size: int) -> None:
        self.rng = random.Random(seed)
        self.size = size
        self.lines: list[str] = []

    def text(self) -> str:
        """Return the function `f` of this seed."""
        before = [f"s = {self.rng.choice(('0.5', 'np.float64(0.5)', '1'))}"]
        # CPython 3.11 may tell of the line before where a name has no value
        before.append(f"a = {self.rng.choice(('p[0]', 'q', f'np.zeros({self.size})'))}")
        before.append("d = e = p[0] + q")
        if self.rng.random() < 0.7:
            self.lines.append(f"        d = {self.made()}")
        if self.rng.random() < 0.7:
            self.lines.append(f"        e = {self.made()}")
        self.block(self.rng.choice((2, 3, 4)), "        ", 2)
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
                "def f(p, q, o, r, n, k):",
                *(f"    {line}" for line in before),
                "    for i in range(n):",
                *self.lines,
                f"    return p, q, o, r, {names}",
                "",
            ]
        )

    def block(self, count: int, indent: str, depth: int) -> None:
        for _ in range(count):
            self.statement(indent, depth)

    def statement(self, indent: str, depth: int) -> None:
        kind = self.rng.random()
        add = self.lines.append
        if kind < 0.34:
            add(f"{indent}{self.rng.choice(MADE)} = {self.made()}")
        elif kind < 0.44:
            name = self.rng.choice(MADE)
            add(f"{indent}{name} {self.rng.choice(('+=', '*=', '-='))} {self.vector()}")
        elif kind < 0.54:
            name, place = self.rng.choice(MADE), self.place()
            value = self.rng.choice(("s", "1.5", "i", "p[i, 0]", f"{name}[0] * 2"))
            add(f"{indent}{name}[{place}] {self.rng.choice(('=', '+='))} {value}")
        elif kind < 0.66:
            add(f"{indent}o[i] {self.rng.choice(('=', '=', '+='))} {self.vector()}")
        elif kind < 0.76:
            add(f"{indent}s = {self.number()}")
        elif kind < 0.8:
            add(f"{indent}r[i] = {self.number()}")
        elif depth and kind < 0.88:
            add(f"{indent}if {self.rng.choice(('i % 3 == 1', 'p[i, 0] > 0', 's < 1', 'i == n'))}:")
            self.block(self.rng.choice((1, 2)), indent + "    ", depth - 1)
            jump = self.rng.random()
            if jump < 0.25:
                add(f"{indent}    {'continue' if jump < 0.2 else 'break'}")
        elif depth:
            bounds = (str(self.size), "2", "n", "i", "len(q)", "p.shape[1]")
            add(f"{indent}for j in range({self.rng.choice(bounds)}):")
            self.block(self.rng.choice((1, 2)), indent + "    ", depth - 1)
        else:
            add(f"{indent}s += {self.number()}")

    def place(self) -> str:
        places = ("0", "-1", str(self.size - 1), "i % 2", "0", "0", str(self.size))
        return self.rng.choices(places, (5, 5, 5, 1, 5, 5, 0.3))[0]

    def item(self) -> str:
        return self.rng.choice(
            ("p[i, 0]", "s", "1", "2.5", "i", "q[0]", "p[i, -1] * 2", "k", "i > 2", "np.float32(2)")
        )

    def made(self) -> str:
        """Return an array of its own."""
        size = self.size
        items = ", ".join(self.item() for _ in range(size))
        type_ = self.rng.choice(("", "", "", ", int", ", dtype=float", ", dtype=np.float32"))
        return self.rng.choice(
            (
                f"np.zeros({size}{type_})",
                f"np.ones({size}{type_})",
                f"np.full({size}, {self.item()})",
                f"np.array([{items}])",
                f"np.array([{items}])",
                "np.zeros_like(q)",
                "np.zeros(len(q))",
                f"{self.vector()} - {self.vector()}",
                f"{self.vector()} * {self.vector()}",
                f"{self.vector()} / 2",
                f"{self.rng.choice((*MADE, 'p[i]'))}.copy()",
                f"np.sqrt(np.abs({self.vector()}))",
                f"np.{self.rng.choice(('exp', 'sin', 'arctan'))}({self.vector()})",
                f"np.abs({self.vector()}) ** {self.rng.choice(('3', '1.5', 's'))}",
                f"np.where({self.vector()} > 0, {self.rng.choice(MADE)}, 0.5)",
            )
        )

    def vector(self) -> str:
        return self.rng.choice(
            (
                *("p[i]", "q", "p[0]", "o[i]", "p[i - 1]", "p[i][::-1]", "p[i, :]"),
                *MADE,
                *MADE,
                *MADE,
                f"(s * {self.rng.choice(MADE)})",
                f"({self.rng.choice(MADE)} - p[i])",
                f"{self.rng.choice(MADE)}[::-1]",
                f"{self.rng.choice(MADE)} ** 2",
            )
        )

    def number(self) -> str:
        word = self.rng.choice(("sum", "sum", "sum", "mean", "min", "max", "argmin", "prod", "max"))
        return self.rng.choice(
            (
                f"np.{word}({self.vector()})",
                f"np.sqrt(np.sum(({self.rng.choice(MADE)} - p[i]) ** 2))",
                f"({self.vector()} * {self.vector()}).{word}()",
                f"{self.rng.choice(MADE)}[{self.place()}] + s * 0.5",
                f"{self.rng.choice(MADE)}[1:].{word}()",
                f"np.linalg.norm({self.vector()})",
                f"np.dot({self.vector()}, {self.vector()})",
                f"({self.vector()} @ {self.rng.choice(MADE)})",
            )
        )


def find_failure(
    seed: int, folder: Path, trips: str | None = None
) -> tuple[str | None, bool]:
    """Return how a native run of the program of `seed` differs from a plain one, or None.

    And whether it ran natively. `trips` says which slices are taken for tripped.
    """
    chance = np.random.default_rng(seed)
    size = int(chance.choice((1, 2, 3, 3, 4, 5)))
    text = _Writer(seed, size).text()
    count = int(chance.choice((2, 3, 9, 40)))
    kind = str(chance.choice(("f8", "f8", "f8", "f4", "i8", "i4", "u1")))
    scale = 1 if kind.startswith("f") else 50
    p = (chance.uniform(-1, 1, (count + 1, size)) * scale).astype(kind)
    q = (chance.uniform(-1, 1, size) * scale).astype(chance.choice((kind, "f8")))
    o = np.zeros((count, size), chance.choice(("f8", "f8", kind)))
    odd = chance.random()
    if odd < 0.1:
        p[count // 2] = chance.choice((0, 100))
    elif odd < 0.2 and kind.startswith("f"):
        p[count // 2, 0] = chance.choice((np.nan, np.inf, -0.0, 1e30))
    elif odd < 0.25:
        p = np.asfortranarray(p)
    elif odd < 0.3:
        p = np.repeat(p, 2, axis=1)[:, ::2]
    elif odd < 0.35:
        o = p[1:]
    elif odd < 0.37:
        p = p[:, :0]
    elif odd < 0.4:
        q = q[:1]
    r = np.zeros(count)
    number = count if odd < 0.95 else count + 1
    arguments = (p, q, o, r, number, float(chance.choice((0.25, 1e200))))
    return compare(f"vectors_{seed}", text, arguments, way_of(seed, trips), folder)


if __name__ == "__main__":
    raise SystemExit(campaign(find_failure, __doc__))
