"""The functions that a GPU has of its own, over many points: how far they are from the true values.

    python -m tests.cuda.accuracy [--points N]        on this machine's GPU

A program calls every function of `codegen.cuda.library` in one loop, a row of points for each; what
it leaves is compared with mpmath's results, rounded correctly.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import CodeType
from typing import Any

import numpy as np

from parloop.codegen.cuda.library import BOUNDS, OF_NUMPY, bound_of

BINARY = ("atan2", "fmod", "hypot", "pow", "remainder")
OWN = ("hypot",)
"""Functions of `math` that are not the C library's."""


@dataclass(frozen=True)
class LibraryFile:
    """The program in the form of a file of the corpus: `of_math`, `of_numpy`, `of_numpy_single`."""

    folder: Path
    points: int = 40
    seed: int = 1

    @property
    def path(self) -> Path:
        """Where its text stands."""
        return self.folder / "library.py"

    def rows(self, name: str) -> tuple[tuple[str, str], ...]:
        """Return what each row of a function is: the call in Python, the function in C."""
        if name == "of_math":
            called = [f for f in sorted(BOUNDS) if f not in OWN]
            return tuple((f"math.{f}", f) for f in called)
        suffix = "f" if name == "of_numpy_single" else ""
        named = {f: c for f, c in OF_NUMPY.items() if f != "float_power"}
        return tuple((f"np.{f}", c + suffix) for f, c in sorted(named.items()))

    @cached_property
    def text(self) -> str:
        """Its text."""
        parts = ["import math\nimport numpy as np\n"]
        for name in self.functions():
            parts.append(f"\ndef {name}(x, y, out):\n    for i in range(x.shape[1]):")
            for row, (call, function) in enumerate(self.rows(name)):
                second = f", y[{row}, i]" if function.removesuffix("f") in BINARY else ""
                parts.append(f"        out[{row}, i] = {call}(x[{row}, i]{second})")
        return "\n".join(parts) + "\n"

    def functions(self) -> tuple[str, ...]:
        """Return the names of its functions."""
        return "of_math", "of_numpy", "of_numpy_single"

    @cached_property
    def code(self) -> CodeType:
        """The compiled text, which stands in the file then."""
        self.path.write_text(self.text, encoding="utf-8")
        return compile(self.text, str(self.path), "exec", dont_inherit=True)

    def fresh(self) -> dict[str, Any]:
        """Return the namespace of a new run of the file."""
        namespace: dict[str, Any] = {"__name__": "library"}
        exec(self.code, namespace)
        return namespace

    def arguments(self, name: str) -> list[tuple[Any, ...]]:
        """Return the argument tuples of a function."""
        rng = np.random.default_rng(self.seed)
        type_ = np.float32 if name == "of_numpy_single" else np.float64
        pairs = [points_of(f, rng, self.points) for _, f in self.rows(name)]
        x, y = (np.array([pair[k] for pair in pairs]).astype(type_) for k in (0, 1))
        return [(x, y, np.zeros_like(x))]


def points_of(function: str, rng: np.random.Generator, count: int) -> tuple[Any, Any]:
    """Return points at which to ask for a function, and second arguments."""
    is_single = function not in BOUNDS
    plain = function.removesuffix("f") if is_single else function
    large, top = (30, 80.0) if is_single else (290, 700.0)
    wide = 10.0 ** rng.uniform(-large, large, count) * rng.choice((-1, 1), count)
    unit = rng.uniform(-1, 1, count) ** rng.choice((1, 3, 9), count)
    match plain:
        case "exp" | "expm1" | "sinh" | "cosh":
            return rng.uniform(-top, top, count) * rng.choice((1.0, 1e-3), count), wide
        case "exp2":
            return rng.uniform(-1.4 * top, 1.4 * top, count), wide
        case "log" | "log2" | "log10":
            near = 1 + unit / 100
            return np.where(rng.random(count) < 0.5, np.abs(wide), near), wide
        case "log1p":
            return np.where(rng.random(count) < 0.5, np.abs(wide), unit * 0.99), wide
        case "acos" | "asin" | "atanh":
            return unit * 0.999, wide
        case "acosh":
            return 1 + np.abs(np.where(rng.random(count) < 0.5, wide, unit)), wide
        case "erf" | "tanh":
            return rng.uniform(-6, 6, count), wide
        case "erfc":
            return rng.uniform(-6, 9 if is_single else 26, count), wide
        case "pow":
            return np.abs(unit) * 10 + 0.01, rng.uniform(-top / 50, top / 50, count)
        case "fmod" | "remainder" | "hypot" | "atan2":
            return np.sign(wide) * np.abs(wide) ** 0.4, unit + 1e-3
        case _:
            return np.where(rng.random(count) < 0.7, unit * 20, wide), wide


def true_value(function: str, x: float, y: float) -> float:
    """Return the true value of a function, rounded to 64 bits."""
    import mpmath

    single = function not in BOUNDS
    plain = function.removesuffix("f") if single else function
    one, other = mpmath.mpf(x), mpmath.mpf(y)
    exact: dict[str, Callable[[], Any]] = {
        "atan2": lambda: mpmath.atan2(one, other),
        "cbrt": lambda: mpmath.sign(one) * mpmath.cbrt(abs(one)),
        "exp2": lambda: mpmath.power(2, one),
        "fmod": lambda: one - other * _toward_zero(one / other),
        "hypot": lambda: mpmath.hypot(one, other),
        "log2": lambda: mpmath.log(one, 2),
        "pow": lambda: mpmath.power(one, other),
        "remainder": lambda: one - other * mpmath.nint(one / other),
    }
    with mpmath.workprec(2400 if plain in ("sin", "cos", "tan", "fmod", "remainder") else 200):
        return float(exact[plain]() if plain in exact else getattr(mpmath, plain)(one))


def _toward_zero(number: Any) -> Any:
    import mpmath

    return mpmath.floor(number) if number >= 0 else mpmath.ceil(number)


def find_inaccuracies(file: LibraryFile, name: str, arguments: tuple[Any, ...]) -> list[str]:
    """Return where a function is further off than its bound, the worst place of each row."""
    x, y, out = arguments
    found = []
    for row, (call, function) in enumerate(file.rows(name)):
        pairs = zip(x[row].tolist(), y[row].tolist(), strict=True)
        true = [true_value(function, *pair) for pair in pairs]
        distance = np.abs(ordinals(out[row]) - ordinals(np.array(true).astype(out.dtype)))
        worst = int(np.argmax(distance))
        bound = bound_of(function)
        assert bound is not None
        if distance[worst] > bound:
            where = f"({x[row, worst]!r}, {y[row, worst]!r})"
            found.append(f"{call}{where} is {distance[worst]} ulp off, not {bound} at most")
    return found


def ordinals(numbers: Any) -> Any:
    """Return floats as integers that grow by one from each float to the next."""
    bits = numbers.view(np.int32 if numbers.dtype == np.float32 else np.int64).astype(np.int64)
    lowest = -(2**31) if numbers.dtype == np.float32 else -(2**63)
    return np.where(bits < 0, lowest - bits, bits).astype(object)


def measure(folder: Path, points: int) -> list[str]:
    """Run all functions on the GPU in the tier `ulp`; return where they are too far off."""
    import parloop

    found = []
    file = LibraryFile(folder, points)
    for name in file.functions():
        function = parloop.parallel(file.fresh()[name], min_work_ms=0, device="cuda")
        (arguments,) = file.arguments(name)
        before = sum(site.gpu.runs for site in parloop.report().sites)
        with parloop.settings(exactness="ulp"):
            function(*arguments)
        if sum(site.gpu.runs for site in parloop.report().sites) == before:
            found.append(f"{name} has not run on the GPU")
        found += find_inaccuracies(file, name, arguments)
    return found


def main() -> int:
    """Measure; return how many functions are too far off."""
    import tempfile

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=4000, help="for each function")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="parloop-accuracy-") as folder:
        found = measure(Path(folder), options.points)
    print("\n".join(found) or f"{options.points} points of each function are within its bound")
    return len(found)


if __name__ == "__main__":
    raise SystemExit(main())
