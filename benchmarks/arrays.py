"""Loops over statements on arrays: parloop beside CPython as written, and beside NumPy's idiom."""

from __future__ import annotations

import importlib
import math
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np

import benchmarks.array_programs
from benchmarks.program import SEED, Arguments, result_bits

PATIENCE = 3.0
"""CPython is run again until it has taken so many seconds."""


@dataclass(frozen=True, slots=True)
class Measured:
    """The shortest times of one program, in seconds, and whose results are the same."""

    name: str
    ours: float
    first: float
    """The first call, compiling included."""
    cpython: float
    idiom: float
    same: bool
    """Whether ours has the bits of CPython's."""
    idiom_same: bool
    native: bool

    def line(self) -> str:
        """Return a line of the table."""
        times = (f"{1e3 * t:10.2f}" for t in (self.ours, self.first, self.cpython, self.idiom))
        factors = f"{self.cpython / self.ours:9.1f}{self.idiom / self.ours:9.1f}"
        words = ("same" if self.same else "DIFFER", "same" if self.idiom_same else "differ")
        where = "native" if self.native else "NOT NATIVE"
        return f"{self.name:14}{''.join(times)}{factors}  {words[0]:8}{words[1]:8}{where}"


def array_program_names() -> tuple[str, ...]:
    """Return the names of the programs, in alphabetical order."""
    modules = pkgutil.iter_modules(benchmarks.array_programs.__path__)
    return tuple(sorted(module.name for module in modules))


def load(name: str) -> Any:
    """Return the module of a program: a function of its name, `idiom`, `make`, `SIZES`."""
    return importlib.import_module(f"benchmarks.array_programs.{name}")


def arguments_of(module: Any, size: str) -> Arguments:
    """Return arguments of the size called `size`, the same ones at every call."""
    made: Arguments = module.make(module.SIZES[size], np.random.default_rng(SEED))
    return made


def measure(name: str, rounds: int, size: str = "full") -> Measured:
    """Return what one program takes: the sides alternate."""
    import parloop

    module = load(name)
    plain = getattr(module, name)
    parloop.reset_report()
    fast = parloop.parallel(plain)
    first, _, ours = _timed(fast, arguments_of(module, size))
    cpython, _, expected = _timed(plain, arguments_of(module, size))
    idiom, _, other = _timed(module.idiom, arguments_of(module, size))
    best, spent = math.inf, cpython
    for _ in range(rounds):
        best = min(best, _timed(fast, arguments_of(module, size))[0])
        idiom = min(idiom, _timed(module.idiom, arguments_of(module, size))[0])
        if spent < PATIENCE:
            again = _timed(plain, arguments_of(module, size))[0]
            cpython, spent = min(cpython, again), spent + again
    sites = parloop.report().sites
    native = bool(sites) and not any(s.interpreted_runs or s.fallbacks for s in sites)
    return Measured(name, best, first, cpython, idiom, ours == expected, other == expected, native)


def _timed(
    function: Callable[..., Any], arguments: Arguments
) -> tuple[float, Any, tuple[tuple[str, bytes], ...]]:
    began = perf_counter()
    returned = function(*arguments)
    return perf_counter() - began, returned, result_bits(arguments, returned)


def report(rounds: int) -> str:
    """Return a table of all programs, with the geometric mean against NumPy's idiom."""
    lines = [f"{'':14}{'parloop':>10}{'first':>10}{'CPython':>10}{'NumPy':>10}"
             f"{'x CPython':>9}{'x NumPy':>9}  {'bits':8}NumPy's"]  # fmt: skip
    found = [measure(name, rounds) for name in array_program_names()]
    lines += [one.line() for one in found]
    mean = math.exp(sum(math.log(one.idiom / one.ours) for one in found) / len(found))
    lines.append(f"milliseconds, shortest of {rounds}; geometric mean over NumPy {mean:.1f}")
    return "\n".join(lines)
