"""Random loops of statements on whole arrays: `python -m tests.staging.random_arrays`.

Slices that overlap their sources, names that change arrays, views that are kept, buffers that are
exchanged, rows, repeated rows, warnings in some step: what is left has to be what CPython leaves,
whichever array each name holds in the end.
"""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
from tests.comparing import campaign, compare, way_of

VECTORS = ("u", "v", "w", "x", "y")
MATRICES = ("m", "p", "q")


class _Writer:
    """Writes one program."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.lines: list[str] = []

    def text(self) -> str:
        """Return the function `f` of this seed."""
        head = "def f(steps, u, v, w, m, p, k, n):"
        before = ["x = u", "y = v.copy()", "q = p", "s = 0.5", "r = u[1:]"]
        if self.rng.random() < 0.15:
            before.insert(0, "z = np.concatenate((u, v, w)); u = z[:n]; v = z[1:n + 1]")
            others = ("w = z[n - 1::-1]", "w = z[::2][:n]", "w = z[n:n + n]")
            before.insert(1, self.rng.choice(others))
        if self.rng.random() < 0.1:
            before.insert(0, "y = np.vstack((m, p)); m = y[:6]; p = y[1:7]")
        self.block(self.rng.choice((1, 2, 2, 3, 4)), "        ", 2)
        names = ", ".join((*VECTORS, *MATRICES, "s", "r"))
        same = "[a is b for a in (u, v, w, x, y) for b in (u, v, w, x, y)]"
        return "\n".join(
            [
                head,
                *(f"    {line}" for line in before),
                f"    for t in range({self.rng.choice(('steps', '1, steps + 1'))}):",
                *self.lines,
                f"    return {names}, t, {same}, m is p, q is p",
                "",
            ]
        )

    def block(self, count: int, indent: str, depth: int) -> None:
        for _ in range(count):
            self.statement(indent, depth)

    def statement(self, indent: str, depth: int) -> None:
        kind = self.rng.random()
        add = self.lines.append
        if kind < 0.26:
            add(indent + self.on_vector())
        elif kind < 0.31:
            add(indent + self.on_window())
        elif kind < 0.36:
            add(indent + self.on_total())
        elif kind < 0.42:
            add(indent + self.on_turned())
        elif kind < 0.46:
            add(indent + self.on_function())
        elif kind < 0.5:
            add(indent + self.on_many())
        elif kind < 0.52:
            add(indent + self.on_matrix())
        elif kind < 0.6:
            a, b = self.rng.sample(VECTORS, 2)
            add(f"{indent}{a}, {b} = {b}, {a}")
        elif kind < 0.68:
            a, b = self.rng.sample(VECTORS, 2)
            add(indent + self.rng.choice((f"{a} = {b}.copy()", f"{a} = {b}", f"{a} = {b} + {a}")))
        elif kind < 0.74:
            a = self.rng.choice(VECTORS)
            made = (f"{a} += k", f"{a} *= {a}", f"{a}[t % 3] = s", f"r = {a}[1:]")
            add(indent + self.rng.choice(made))
        elif kind < 0.8:
            a = self.rng.choice(VECTORS)
            add(f"{indent}s = {a}[{self.rng.choice(('0', '-1', 't % 2'))}] * 0.5")
        elif kind < 0.86:
            made = ("r[1:] = r[:-1]", "r[0] = s", "m, p = p, m", "q = m.copy()")
            add(indent + self.rng.choice(made))
        elif depth and kind < 0.93:
            add(f"{indent}if t % {self.rng.choice((2, 3))} == 0:")
            self.block(self.rng.choice((1, 2)), indent + "    ", depth - 1)
        elif depth:
            add(f"{indent}for j in range({self.rng.choice(('1', '2', 't', '3'))}):")
            self.block(self.rng.choice((1, 2)), indent + "    ", depth - 1)
        else:
            add(f"{indent}s = s * 0.5 + {self.rng.choice(VECTORS)}[1]")

    def ends(self) -> tuple[int, int]:
        return self.rng.choice(((0, 0), (0, 1), (1, 0), (1, 1), (0, 2), (2, 0)))

    def cut(self, low: int, high: int) -> str:
        lower = self.rng.choice(("", "0")) if not low else str(low)
        upper = self.rng.choice(("-", "n - ")) + str(high) if high else self.rng.choice(("", "n"))
        return f"{lower}:{upper}"

    def vector(self, total: int) -> str:
        """Return a vector of `n - total` elements."""
        low = self.rng.randrange(total + 1)
        name = self.rng.choice(VECTORS)
        if not total and self.rng.random() < 0.6:
            turned = (f"{name}[None][0]", f"{name}[:, None].T[0]", f"{name}[...]", f"{name}.T")
            more = (name, name, f"{name}[::-1]", f"np.minimum({name}, 0.5)")
            return self.rng.choice((*more, self.rng.choice(turned)))
        return f"{name}[{self.cut(low, total - low)}]"

    def values(self, total: int, deep: int = 2) -> str:
        kind = self.rng.random()
        if not deep or kind < 0.25:
            return self.vector(total)
        if kind < 0.35:
            return f"{self.rng.choice(('k', 's', '2', '0.5', 't', 'u[0]'))} * {self.vector(total)}"
        if kind < 0.42:
            return f"({self.values(total, deep - 1)})**2"
        if kind < 0.46:
            return f"np.where({self.vector(total)} > 0, {self.vector(total)}, k)"
        if kind < 0.5:
            return f"-({self.values(total, deep - 1)})"
        op = self.rng.choice("++--*/")
        return f"({self.values(total, deep - 1)} {op} {self.values(total, deep - 1)})"

    def on_vector(self) -> str:
        low, high = self.ends()
        target = self.rng.choice(VECTORS)
        op = self.rng.choice(("=", "=", "+=", "-=", "*="))
        value = self.values(low + high)
        if self.rng.random() < 0.15:
            value = self.rng.choice(("0", "1.5", "s", "k * s", "v[1]"))
        return f"{target}[{self.cut(low, high)}] {op} {value}"

    def total(self) -> str:
        """Return a number that is made of an array."""
        word = self.rng.choice(
            ("sum", "sum", "sum", "mean", "prod", "min", "max", "argmin", "argmax", "any", "all")
        )
        m = self.rng.choice(MATRICES)
        value = self.rng.choice(
            (
                *(self.vector(0), self.values(self.rng.choice((0, 1))), f"{m}[t % 4]"),
                *(m, f"({m} * {m})", f"{m}[1:-1, 1:-1]", f"{m}[:2, 1:4]", f"({m}[1:] - {m}[:-1])"),
                *(f"{m}[t:t + 2]", f"{m}[:, t % 3]", f"{self.vector(0)}[:1]", "u[t:]", "u[:t]"),
                *("(v[t:t + 3] * w[t:t + 3])", "u[t % 3:n - 1]", "(u > v)", "u[::-1]"),
            )
        )
        if value.count("[") > 1 and value.endswith("[:1]"):
            value = "u[:1]"
        return self.rng.choice((f"np.{word}({value})", f"({value}).{word}()"))

    def on_total(self) -> str:
        """Return a statement with a number that is made of an array."""
        a = self.rng.choice(VECTORS)
        m, p = self.rng.choice(MATRICES), self.rng.choice(MATRICES)
        if self.rng.random() < 0.3:
            return self.along(a, m, p)
        return self.rng.choice(
            (
                f"s = {self.total()}",
                f"s = {self.total()} * 0.5 + {self.total()}",
                f"{a}[t % 3] = {self.total()}",
                f"{a}[1:] = {a}[:-1] * 0.5 + {self.total()}",
                f"{a} -= {self.total()}",
            )
        )

    def along(self, a: str, m: str, p: str) -> str:
        """Return a statement with what is made of rows or columns."""
        word = self.rng.choice(("sum", "sum", "mean", "min", "max", "argmin", "any"))
        whole = self.rng.choice((m, m, f"({m} - {p})", f"({m} * {a})", f"{m}[1:5]", f"{m}[:, 1:]"))
        return self.rng.choice(
            (
                f"{p}[:, 0] = {whole}.{word}(axis=1)",
                f"{p}[:, -1] += np.{word}({whole}, -1)",
                f"{a} += ({m} * {p}).{word}(axis=0)",
                f"{p} -= np.{word}({m}, axis=0)",
                f"s = {whole}.{word}(axis=1).sum()",
                f"{a} = {m}.{word}(0) * {a}",
            )
        )

    def on_window(self) -> str:
        """Return a statement on slices whose ends follow the loop or are data."""
        a, b = self.rng.choice(VECTORS), self.rng.choice(VECTORS)
        ends = self.rng.choice(
            (
                *("t:t + 2", ":t", "t:", "t - 1:t + 1", "max(0, t - 1):t + 2", "-t - 1:"),
                *("t % 3:", "t % 3 - 1:", ":n - t", "t % 2:min(n, t + 3)", "t:t % 3:-1", "t::2"),
                *("len(u) // 2:-t", "-2:t"),
            )
        )
        m, p = self.rng.choice(MATRICES), self.rng.choice(MATRICES)
        return self.rng.choice(
            (
                f"{a}[{ends}] {self.rng.choice(('=', '+=', '*='))} {b}[{ends}] * k",
                f"{a}[{ends}] -= {b}[{ends}]",
                f"{a}[{ends}] = s",
                f"r = {a}[{ends}]",
                f"r = {a}[{ends}] + k",
                f"w[:t] = {a}[t - 1::-1]",
                f"{m}[t % 3:, {ends}] += {p}[t % 3:, {ends}]",
                f"{m}[t % 4, {ends}] = {p}[1, {ends}] + {a}[{ends}]",
                f"{m}[t:t + 2, 1:-1] = {p}[t - 1:t + 1, 2:] - {m}[t:t + 2, :-2]",
            )
        )

    def on_function(self) -> str:
        """Return a statement with functions that NumPy's inner loops compute."""
        a, b = self.rng.choice(VECTORS), self.rng.choice(VECTORS)
        m, p = self.rng.choice(MATRICES), self.rng.choice(MATRICES)
        word = self.rng.choice(("exp", "sin", "tanh", "log1p", "arctan", "cbrt"))
        part = self.values(self.rng.choice((0, 0, 1)), 1)
        return self.rng.choice(
            (
                f"{a}[:] = np.{word}({b})",
                f"{a} = np.{word}({b})",
                f"s = np.{word}({part}).sum()",
                f"{a}[1:] = np.{word}({b}[:-1]) * k",
                f"{a}[::2] = np.{word}({b}[::2])",
                f"{m}[t % 4] = np.arctan2({b}, {p}[t % 3])",
                f"{m}[:, 1:3] = np.{word}({p}[:, :2]) + np.{word}({m}[0, 0])",
                f"{m} = np.{word}({p} - {a})",
                f"{a}[:] = np.abs({b}) ** {self.rng.choice(('3', '1.5', '0.5', 'k', '-1', 's'))}",
                f"r = np.{word}({self.values(0)})",
                f"{p}[:] = np.exp(-({a}[:, None][:6] - {b}[None]) ** 2)[:1]",
                f"{a} **= {self.rng.choice(('2', '3', '0.5'))}",
                f"{a}[t % 2:] = np.{word}({b}[t % 2:])",
            )
        )

    def on_many(self) -> str:
        """Return a statement with `roll`, `clip`, running sums, truth, variances."""
        a, b = self.rng.choice(VECTORS), self.rng.choice(VECTORS)
        m, p = self.rng.choice(MATRICES), self.rng.choice(MATRICES)
        part = self.values(0, 1)
        return self.rng.choice(
            (
                f"{a}[:] = np.roll({b}, {self.rng.choice(('1', '-1', '-2', '7'))}) + {a}",
                f"{a} = np.roll({part}, -1)",
                f"{m}[:] = np.roll({p}, 1, axis={self.rng.choice(('0', '1', '-1'))}) - {m}",
                f"{m} = np.roll({p}, -1, 0) + np.roll({p}, 1, axis=1)",
                f"{a}[:] = np.clip({part}, -0.5, {self.rng.choice(('0.5', 's', '1'))})",
                f"{m} = {p}.clip(-0.5, 0.5)",
                f"{a}[:] = np.cumsum({part})",
                f"{a} = {b}.cumprod()",
                f"s = np.cumsum({m}[t % 3])[-1]",
                f"{a}[:] = np.where({b} > 0, {part}, {self.values(0, 1)})",
                f"{m}[:] = np.where({p} > 0, {p} * 2, {m} - {a})",
                f"{a}[np.logical_and({b}, {a} > 0).sum() % 3] = s",
                f"{a} *= np.logical_or({a} < 0, np.logical_not({b} > 0.1))",
                f"{a}[:] = np.abs({b}) - np.minimum({a}, {b}) + np.maximum({b}, {a})",
                f"s = {part}.std() + {m}.var()",
                f"s = {b}[t % 2:].std()",
                f"{a} = np.copy({b})",
            )
        )

    def on_turned(self) -> str:
        """Return a statement on views: transposed, with new axes, parts of parts."""
        a, b, v = (self.rng.choice(names) for names in (MATRICES, MATRICES, VECTORS))
        return self.rng.choice(
            (
                f"{a}[:, 0] = {b}.T[t % 3]",
                f"{a}.T[0] += {b}[:, 1]",
                f"{a} += {v}[None, :] * {b}[:, :1]",
                f"{a} -= {b}[:, 0][:, None] * {v}[None]",
                f"{a}[...] = {b}[..., ::-1]",
                f"{a}[1:][0] = {b}[:-1][2] * 2",
                f"{a}[1:-1][:, 1:] += {b}[2:][:, :-1]",
                f"{a} -= {b}.mean(axis=1, keepdims=True)",
                f"{a} *= np.max({b}, 0, keepdims=True)",
                f"{a}.T[:] = {b}.T[::-1]",
                f"r = {b}.T[t % 3]",
                f"q = {b}.T",
                f"{a}[:5, :5] += {b}[:5, :5].T",
                f"s = {b}.T[1:][t % 2, -1] + {v}[1:][:-1][-1] + {b}.T.min()",
                f"s = {v}.sum(axis=0) + {b}.T[t % 2].sum()",
                f"{v}[-1:0:-1] = {v}[:-1] * k",
                f"{a} = ({v}[:, None] * {v}[None])[:1] + {b}",
            )
        )

    def on_matrix(self) -> str:
        a, b = self.rng.choice(MATRICES), self.rng.choice(MATRICES)
        return self.rng.choice(
            (
                f"{a}[1:-1, 1:-1] = 0.25 * ({b}[2:, 1:-1] + {b}[:-2, 1:-1] + {b}[1:-1, 2:])",
                f"{a}[1:-1, :] += k * ({b}[:-2] - {b}[2:, :])",
                f"{a}[0, :] = {b}[1, :]",
                f"{a}[:, -1] = {b}[:, -2] + s",
                f"{a}[t % 4] = {b}[(t + 1) % 4] * 2",
                f"{a}[t % 4, 1:] = {b}[t % 4, :-1]",
                f"{a} += {b}[0]",
                f"{a}[1:] -= {a}[:1]",
                f"{a}[:, 0] = {b}[-1, 1]",
                f"{a} = {b} * 0.5",
                f"{a} = {b}.copy()",
                f"{a}[:] = {b}[::-1, ::-1]",
                f"{a}[:, ::2] = {b}[:, ::2] / 3",
            )
        )


def make_text(seed: int) -> str:
    """Return the program of this seed."""
    return "import numpy as np\n\n\n" + _Writer(seed).text()


def find_failure(
    seed: int, folder: Path, trips: str | None = None
) -> tuple[str | None, bool]:
    """Return how a native run of the program of `seed` differs from a plain one, or None.

    And whether it ran natively. `trips` says which slices are taken for tripped.
    """
    text = make_text(seed)
    rng = np.random.default_rng(seed)
    n = int(rng.choice((5, 6, 33)))
    kind = rng.choice(("float64", "float64", "float64", "float32", "int32", "int8"))
    scale = 1 if kind.startswith("float") else 50
    u, v, w = ((rng.uniform(-1, 1, n) * scale).astype(kind) for _ in range(3))
    m, p = ((rng.uniform(-1, 1, (6, n)) * scale).astype(kind) for _ in range(2))
    if rng.random() < 0.2:
        u[int(rng.integers(n))] = 100
    k = float(rng.choice((0.25, 0.5, 1e200)))
    factor: object = int(rng.integers(1, 4)) if not kind.startswith("float") else k
    arguments = (int(rng.integers(1, 8)), u, v, w, m, p, factor, n)
    return compare(f"arrays_{seed}", text, arguments, way_of(seed, trips), folder)


if __name__ == "__main__":
    raise SystemExit(campaign(find_failure, __doc__))
