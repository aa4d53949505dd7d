"""Random programs, run plain and natively; what differs is shrunk and printed.

    python -m tests.fuzz --programs 1000 --seed 7

Programs are functions with a nest or two over arrays and scalars of random types. Many of them
raise or warn: that is compared as well.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
from tests.differential import Mode, find_difference, run, slices_of
from tests.shrinking import simpler_texts

import parloop
from parloop.diagnostics import InternalError

ARRAYS = ("a", "b", "c")
MATRICES = ("p", "q")
DTYPES = ("f8", "f8", "f8", "f4", "i8", "i8", "i4", "i2", "i1", "u1", "u4", "u8", "?", "c16", "c8")
FAMILIES = (("f8",), ("f8",), ("f8", "f4"), ("i8",), ("i8", "i4", "u1", "i2"), ("f8", "i8"), DTYPES)
"""The element types of one program's arrays come from one of these."""
TAME: tuple[Any, ...] = (1, 2, 3, -1, 7, 0.5, 1.5, -2.5, np.float64(1.5), np.int64(3))
NUMBERS: tuple[Any, ...] = (
    *(0, 1, 2, 3, -1, 7, 100, 2**31, 2**62, 0.0, 1.0, 0.5, -2.5, 1e30, float("nan"), float("inf")),
    *(True, 1j, np.float64(1.5), np.float32(0.1), np.int8(100), np.int64(3), np.uint8(250)),
    *(np.bool_(True), np.int32(2**31 - 1), np.uint64(2**63)),
)
MODES: tuple[Mode, ...] = ("always", "always", "always", "default", "error", "raise", "ignore")


@dataclass(frozen=True)
class Program:
    """A function's text, and what makes its arguments."""

    text: str
    seed: int
    mode: Mode
    threads: int
    slices: int | None
    """Iterations a slice; None: as many as take the usual time."""


def make_program(seed: int) -> Program:
    """Return the program of this seed, the same one always."""
    rng = random.Random(seed)
    integers = all(np.dtype(name).kind in "iu" for name in FAMILIES[seed % len(FAMILIES)])
    text = "\n".join(_function(_Writer(rng, integers)))
    slices = rng.choice((None, None, 1, 2, 3, 7))
    return Program(text + "\n", seed, rng.choice(MODES), rng.choice((1, 2, 5)), slices)


def make_arguments(seed: int) -> tuple[Any, ...]:
    """Return the arguments of the program of this seed: three vectors, two matrices, an index
    array, two extents, an offset, two numbers."""
    rng = np.random.default_rng(seed)
    n = int(rng.choice((0, 1, 2, 5, 9, 12, 40, 300)))
    m = int(rng.integers(0, 6))
    family = FAMILIES[seed % len(FAMILIES)]
    base = _values(rng, rng.choice(family), (3 * n + 8,))
    vectors = [_vector(rng, base, n, family) for _ in ARRAYS]
    matrices = [_matrix(rng, n, m, family) for _ in MATRICES]
    pool = NUMBERS if rng.random() < 0.3 else TAME
    numbers = [pool[int(rng.integers(len(pool)))] for _ in range(2)]
    index = rng.permutation(n) if rng.random() < 0.7 else rng.integers(-n - 1, n + 1, n)
    k = int(rng.choice((0, 0, 1, 1, 2, -1, n, n // 2, 5)))
    return (*vectors, *matrices, index, n, m, k, *numbers)


def find_failure(program: Program, folder: Path) -> str | None:
    """Return how a native run of `program` differs from a plain one, or None."""
    path = folder / f"program_{crc32(program.text.encode()):x}.py"
    path.write_text(program.text, encoding="utf-8")
    arguments = make_arguments(program.seed)
    plain, native = _load(path), parloop.parallel(_load(path), min_work_ms=0)
    expected = run(plain, arguments, program.mode, str(path))
    for _ in range(2):  # the first run makes the machine code, the second finds it
        around = parloop.settings(threads=program.threads, min_work_ms=0)
        try:
            with slices_of(program.slices):
                seen = run(native, arguments, program.mode, str(path), around)
        except InternalError as error:
            return f"internal error: {error}"
        if why := find_difference(expected, seen):
            return why
    return None


def shrink(program: Program, folder: Path, attempts: int = 300) -> Program:
    """Return a program that is as small as can be found and still fails."""
    improved = True
    while improved and attempts > 0:
        improved = False
        for text in simpler_texts(program.text):
            attempts -= 1
            if attempts <= 0:
                break
            smaller = replace(program, text=text)
            if find_failure(smaller, folder) is not None:
                program, improved = smaller, True
                break
    return program


def _load(path: Path) -> Callable[..., Any]:
    namespace: dict[str, Any] = {"__name__": path.stem}
    exec(compile(path.read_text(encoding="utf-8"), str(path), "exec", dont_inherit=True), namespace)
    function: Callable[..., Any] = namespace["f"]
    return function


def _values(rng: np.random.Generator, dtype: str, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    kind = np.dtype(dtype).kind
    if kind in "fc":
        made = np.round(rng.standard_normal(shape) * 3, 1)
        made[rng.random(shape) < 0.05] = 0.0
        if rng.random() < 0.2:
            made[rng.random(shape) < 0.1] = rng.choice((np.nan, np.inf, -np.inf, 1e30, -0.0))
        return made.astype(dtype)
    low, high = (0, 2) if kind == "b" else (0 if kind == "u" else -4, 5)
    made = rng.integers(low, high, shape).astype(dtype)
    if kind in "iu" and rng.random() < 0.15:
        made[rng.random(shape) < 0.1] = np.iinfo(dtype).max
    return made


def _vector(
    rng: np.random.Generator, base: np.ndarray[Any, Any], n: int, family: tuple[str, ...]
) -> np.ndarray[Any, Any]:
    """Return a vector of `n` elements: of its own, or a view of `base`."""
    if rng.random() < 0.75:
        made = _values(rng, rng.choice(family), (n,))
        return made[::-1] if rng.random() < 0.2 else made
    start, step = int(rng.integers(0, 4)), int(rng.choice((1, 1, 2, -1)))
    if step < 0:
        return base[start : start + n][::-1]
    return base[start : start + n * step : step][:n]


def _matrix(
    rng: np.random.Generator, n: int, m: int, family: tuple[str, ...]
) -> np.ndarray[Any, Any]:
    made = _values(rng, rng.choice(family), (n, m))
    choice = rng.random()
    if choice < 0.2:
        return np.asfortranarray(made)
    return made[:, ::-1] if choice < 0.3 else made


class _Writer:
    """Makes random expressions and statements; knows which names are bound where."""

    def __init__(self, rng: random.Random, integers: bool) -> None:
        self.rng = rng
        self.integers = integers
        """Whether all arrays are of integers, which have bit operators."""
        self.indices: list[str] = []
        self.locals: list[str] = []

    def expression(self, depth: int) -> str:
        rng = self.rng
        if depth <= 0 or rng.random() < 0.25:
            return self.leaf()
        choice = rng.random()
        inner = depth - 1
        if choice < 0.62:
            operator = rng.choice(("+", "-", "*") * 3 + ("/", "/", "//", "%"))
            return f"({self.expression(inner)} {operator} {self.expression(inner)})"
        if choice < 0.68:
            return f"({self.expression(inner)} ** {rng.choice(('2', '2', '3', '0.5', '-1', 'k'))})"
        if choice < 0.74:
            operator = rng.choice(("&", "|", "^", "<<", ">>"))
            return f"({self.integer()} {operator} {self.integer()})"
        if choice < 0.80:
            return f"({rng.choice(('-', '-', '~', 'not ', '+'))}({self.expression(inner)}))"
        if choice < 0.86:
            test = self.condition(inner)
            return f"({self.expression(inner)} if {test} else {self.expression(inner)})"
        if choice < 0.90:
            return f"{rng.choice(('min', 'max'))}({self.expression(inner)}, {self.leaf()})"
        if choice < 0.93:
            return f"({self.leaf()} {rng.choice(('and', 'or'))} {self.leaf()})"
        argument = self.expression(inner)
        if rng.random() < 0.2:
            name = rng.choice(("math.sqrt", "math.log", "math.exp", "int", "round", "math.isqrt"))
            return f"{name}({argument})"
        if rng.random() < 0.15:
            return f"{rng.choice(('math.gcd', 'math.lcm'))}({argument}, {self.leaf()})"
        if rng.random() < 0.05:
            return f"pow({argument}, {self.leaf()}, {self.leaf()})"
        name = rng.choice(
            ("abs", "float", "bool", "math.sin", "math.floor", "np.sqrt", "math.atan", "math.fabs",
             "np.exp", "np.abs", "np.sin", "math.tanh")
        )  # fmt: skip
        return f"{name}({argument})"

    def leaf(self) -> str:
        rng = self.rng
        choice = rng.random()
        if choice < 0.45:
            return self.load()
        if choice < 0.60 and self.indices:
            return rng.choice(self.indices)
        if choice < 0.75 and self.locals:
            return rng.choice(self.locals)
        if choice < 0.88:
            return rng.choice(("x", "y", "k", "n"))
        return rng.choice(("0", "1", "2", "3", "0.5", "1.5", "10", "-1", "1e10", "True", "127"))

    def integer(self) -> str:
        loads = [self.load(), self.load()] if self.integers or self.rng.random() < 0.02 else []
        return self.rng.choice([*self.indices, "k", "n", "3", "1", "7", *loads])

    def condition(self, depth: int) -> str:
        rng = self.rng
        operator = rng.choice(("<", "<=", ">", ">=", "==", "!="))
        text = f"{self.expression(depth)} {operator} {self.expression(depth)}"
        if rng.random() < 0.1:
            text = f"0 <= {text}"
        if rng.random() < 0.15:
            text = f"{text} {rng.choice(('and', 'or'))} {self.leaf()} < {self.leaf()}"
        return text

    def load(self) -> str:
        rng = self.rng
        if (len(self.indices) > 1 and rng.random() < 0.5) or rng.random() < 0.1:
            return f"{rng.choice(MATRICES)}[{self.row()}, {self.column()}]"
        return f"{rng.choice(ARRAYS)}[{self.row()}]"

    def row(self) -> str:
        rng = self.rng
        if not self.indices or rng.random() < 0.06:
            return rng.choice(("0", "-1", "k", "n - 1"))
        i = rng.choice(self.indices) if rng.random() < 0.3 else self.indices[0]
        near = (f"{i} - 1", f"{i} - 1", f"-{i}", f"n - 1 - {i}", f"{i} // 2", f"idx[{i}]")
        if rng.random() < 0.08:
            return rng.choice((f"{i} + k", f"{i} + 1", f"2 * {i}", f"{i} % 3", f"{i} - k"))
        return rng.choice((i,) * 8 + near)

    def column(self) -> str:
        rng = self.rng
        j = self.indices[-1] if self.indices else "0"
        return rng.choice((j, j, j, j, f"{j} - 1", "0", "-1", "m - 1", f"m - 1 - {j}"))

    def block(self, depth: int, size: int, in_loop: bool) -> Iterator[str]:
        for _ in range(self.rng.randint(1, size)):
            yield from self.statement(depth, in_loop)

    def statement(self, depth: int, in_loop: bool) -> Iterator[str]:
        rng = self.rng
        choice = rng.random()
        if choice < 0.42:
            operator = rng.choice(("=", "=", "=", "+=", "-=", "*="))
            yield f"{self.load()} {operator} {self.expression(3)}"
        elif choice < 0.56:
            name = rng.choice(("s", "t"))
            operator = rng.choice(("+=", "+=", "*=", "-=")) if name == "s" else "="
            yield f"{name} {operator} {self.expression(2)}"
        elif choice < 0.60:
            yield f"s = {rng.choice(('min', 'max'))}(s, {self.expression(1)})"
        elif choice < 0.72 and depth:
            yield f"if {self.condition(1)}:"
            yield from _indented(self.block(depth - 1, 2, in_loop))
            if rng.random() < 0.4:
                yield "else:"
                yield from _indented(self.block(depth - 1, 2, in_loop))
        elif choice < 0.76 and in_loop:
            yield f"if {self.condition(1)}:"
            yield f"    {rng.choice(('continue', 'break'))}"
        elif choice < 0.80:
            if rng.random() < 0.3:
                yield f"t, q0 = divmod({self.expression(1)}, {self.leaf()})"
            else:
                yield f"s, t = t, {self.expression(1)}"
        elif depth and len(self.indices) < 3:
            yield from self.loop(depth - 1)
        else:
            yield f"{self.load()} = {self.expression(2)}"

    def loop(self, depth: int) -> Iterator[str]:
        rng = self.rng
        index = "ijl"[len(self.indices)]
        end = "n" if not self.indices else "m"
        ranges = [end, end, end, f"1, {end}", f"{end} - 1", f"{end} - 1, -1, -1", f"0, {end}, 2"]
        if self.indices:
            ranges += [self.indices[-1], f"{self.indices[-1]}, m", "3"]
        yield f"for {index} in range({rng.choice(ranges)}):"
        self.indices.append(index)
        yield from _indented(self.block(depth, 3, True))
        self.indices.pop()


def _function(writer: _Writer) -> Iterator[str]:
    yield "import math\nimport numpy as np\n\n"
    yield f"def f({', '.join((*ARRAYS, *MATRICES))}, idx, n, m, k, x, y):"
    yield f"    s = {writer.rng.choice(('0', '0', '0.0', '1', 'x', 'True'))}"
    yield f"    t = {writer.rng.choice(('0', '1.5', 'y'))}"
    yield "    i = j = l = -7"
    writer.locals += ["s", "t"]
    for _ in range(writer.rng.choice((1, 1, 1, 2))):
        yield from _indented(writer.loop(2))
    yield "    return s, t, i, j, l"


def _indented(lines: Iterator[str]) -> Iterator[str]:
    return (f"    {line}" for line in lines)


def main(arguments: Sequence[str]) -> int:
    """Run some programs; return 1 if any of them left something else than in plain Python."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--programs", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    failures = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for seed in range(options.seed, options.seed + options.programs):
            program = make_program(seed)
            why = find_failure(program, folder)
            if why is not None:
                failures += 1
                small = shrink(program, folder)
                why = find_failure(small, folder) or why
                how = f"{small.mode}, {small.threads} threads, slices of {small.slices}"
                print(f"seed {seed}, {how}: {why}\n{small.text}")
    native = sum(site.native_runs > 0 for site in parloop.report().sites)
    loops = len(parloop.report().sites)
    print(
        f"{options.programs} programs, {failures} different; {native} of {loops} loops ran natively"
    )
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
