"""Random loops in which arrays pick elements of others: `python -m tests.staging.random_picked`.

Masks that are written down, held in names, combined and turned round; numbers of elements, from
the end too, twice the same, outside; what is picked is added up, kept, stored back, changed in
place. Outer products, and arrays of other types.
"""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
from tests.comparing import campaign, compare, way_of

VECTORS = ("u", "v", "v", "u", "w")


class _Writer:
    """Writes one program; `u`, `v` and `w` are vectors of one length."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)

    def text(self) -> str:
        """Return the function `f` of this seed."""
        rng = self.rng
        lines = ["import numpy as np", "", "", "def f(u, v, w, mask, idx, m, o, n):"]
        lines += ["    s, y, z, k = 0.5, u * 2, v + 1, idx * 2", "    for t in range(n):"]
        for _ in range(rng.randint(1, 4)):
            indent = "        "
            if rng.random() < 0.15:
                condition = rng.choice(("t % 2", "s > 1", "u[0] > 0", "y.sum() > z.min()"))
                lines.append(f"{indent}if {condition}:")
                indent += "    "
            lines.append(indent + self.statement())
        lines += ["    return u, v, w, mask, m, o, s, y, z, k", ""]
        return "\n".join(lines)

    def vector(self) -> str:
        return self.rng.choice(VECTORS)

    def number(self) -> str:
        return self.rng.choice(("0", "0.5", "t * 0.1", "s", "-1", "u[t % 3]"))

    def mask(self, depth: int = 1) -> str:
        rng = self.rng
        if depth and rng.random() < 0.3:
            return f"({self.mask(0)}) {rng.choice('&|^')} ({self.mask(0)})"
        return rng.choice(
            (
                *("mask", "mask", "~mask"),
                f"{self.vector()} {rng.choice(('>', '<', '>=', '=='))} {self.number()}",
                f"{self.vector()} > {self.vector()}",
                f"{self.vector()} * 2 < {self.vector()}",
            )
        )

    def places(self) -> str:
        return self.rng.choice(("idx", "idx", "idx", "idx + 1", "-idx - 1", "idx[::-1]", "k"))

    def pick(self) -> str:
        return self.mask() if self.rng.random() < 0.6 else self.places()

    def value(self) -> str:
        rng = self.rng
        pick, v = self.pick(), self.vector()
        return rng.choice(
            (
                f"{v}[{pick}]",
                f"{v}[{pick}] * {self.number()}",
                f"{v}[{pick}] + {self.vector()}[{pick}]",
                f"np.abs({v}[{pick}])",
                f"np.exp(-{v}[{pick}] ** 2)",
                f"np.where({v}[{pick}] > 0, {v}[{pick}], 1)",
            )
        )

    def statement(self) -> str:
        rng, v = self.rng, self.vector()
        pick = self.pick()
        word = rng.choice(("sum", "sum", "mean", "min", "max", "argmax", "prod", "any", "std"))
        return rng.choice(
            (
                f"s = ({self.value()}).{word}()",
                f"s = {v}[{pick}].{word}()",
                f"o[t % 4] += np.sum({self.value()})",
                f"{v}[{self.mask()}] = {self.number()}",
                f"{v}[{pick}] = {self.number()}",
                f"{v}[{pick}] = {self.vector()}[{pick}]",
                f"{v}[{pick}] = {v}[{pick}] * 0.5 + {self.vector()}[{pick}]",
                f"{v}[{pick}] {rng.choice(('+=', '-=', '*='))} {self.number()}",
                f"{v}[{pick}] += {self.vector()}[{pick}]",
                f"{v}[{pick}] = {self.vector()}",
                f"{rng.choice('yz')} = {self.value()}",
                f"mask = {self.mask()}",
                f"mask[{self.places()}] = {rng.choice(('True', 'False', 'u[0] > 0'))}",
                f"m[m > {self.number()}] = {self.number()}",
                f"m[idx % 3] {rng.choice(('=', '+='))} {self.number()}",
                "o[:2] = m[idx % 3].sum(axis=1)[:2]",
                f"m[t % 3][{self.mask()}] = {self.number()}",
                f"y = np.outer({v}, {self.vector()}[:3])[1]",
                f"k = ({v} * 2).astype(int) % 5",
                f"z = {v}.astype({rng.choice(('float', 'np.float32', 'bool'))}) * 2",
                f"{v}[:] = {self.vector()} * 0.5 + t",
            )
        )


def find_failure(
    seed: int, folder: Path, trips: str | None = None
) -> tuple[str | None, bool]:
    """Return how a native run of the program of `seed` differs from a plain one, or None.

    And whether it ran natively.
    """
    chance = np.random.default_rng(seed)
    size = int(chance.choice((5, 6, 9, 20, 40, 130)))
    kind = str(chance.choice(("f8", "f8", "f8", "f4", "i8", "i4", "u1")))
    scale = 1 if kind.startswith("f") else 9
    u, v = ((chance.uniform(-1, 1, size) * scale).astype(kind) for _ in range(2))
    w = (chance.uniform(-1, 1, size) * 3).astype(chance.choice((kind, "f8")))
    m = (chance.uniform(-1, 1, (3, size)) * scale).astype(kind)
    idx = chance.integers(0, 5, int(chance.choice((1, 3, 7))))
    odd = chance.random()
    if odd < 0.08:
        idx[-1] = chance.choice((-1, size - 1, size, -size, -size - 1))
    elif odd < 0.12 and kind.startswith("f"):
        u[size // 2] = chance.choice((np.nan, np.inf, -0.0, 1e30))
    elif odd < 0.16:
        u = np.repeat(u, 2)[::2]
    elif odd < 0.2:
        v = u[:]
    elif odd < 0.23:
        m = np.asfortranarray(m)
    elif odd < 0.26:
        idx = idx.astype("u1")
    mask = chance.random(size) < chance.choice((0.0, 0.5, 0.5, 1.0))
    arguments = (u, v, w, mask, idx, m, np.zeros(4), int(chance.choice((1, 2, 5))))
    text = _Writer(seed).text()
    return compare(f"picked_{seed}", text, arguments, way_of(seed, trips), folder)


if __name__ == "__main__":
    raise SystemExit(campaign(find_failure, __doc__))
