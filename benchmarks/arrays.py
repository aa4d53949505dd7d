"""Loops over statements on arrays: parloop beside CPython as written, and beside NumPy's idiom."""

from __future__ import annotations

import importlib
import math
import pkgutil
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from types import FunctionType
from typing import Any

import numpy as np

import benchmarks.array_programs
from benchmarks.program import SEED, Arguments, result_bits

LEAST_MS = 1.0
"""From how many milliseconds in CPython on loops are to run natively."""

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
    """What NumPy's idiom takes; infinite where a user would not write one."""
    numba: float
    """What `numba.njit` takes, compiled; infinite where it is not installed or refuses."""
    same: bool
    """Whether ours has the bits of CPython's."""
    idiom_same: bool
    numba_same: bool
    native: bool

    def line(self) -> str:
        """Return a line of the table."""
        all_times = (self.ours, self.first, self.cpython, self.idiom, self.numba)
        times = "".join(f"{1e3 * t:10.2f}" if t < math.inf else f"{'-':>10}" for t in all_times)
        over = [f"{self.cpython / self.ours:9.1f}"]
        over += [f"{t / self.ours:9.1f}" if t < math.inf else f"{'-':>9}" for t in all_times[3:]]
        same = [_word(self.idiom, self.idiom_same), _word(self.numba, self.numba_same)]
        words = ("same" if self.same else "DIFFER", *same)
        where = "native" if self.native else "NOT NATIVE"
        return f"{self.name:19}{times}{''.join(over)}  {''.join(f'{w:8}' for w in words)}{where}"


def array_program_names() -> tuple[str, ...]:
    """Return the names of the programs, in alphabetical order."""
    modules = pkgutil.iter_modules(benchmarks.array_programs.__path__)
    return tuple(sorted(module.name for module in modules))


def load(name: str) -> Any:
    """Return the module of a program: a function of its name, `make`, `SIZES`.

    And maybe `idiom`, as a user of NumPy would write it, and the names of `HELPERS`, the functions
    that it calls.
    """
    return importlib.import_module(f"benchmarks.array_programs.{name}")


def arguments_of(module: Any, size: str) -> Arguments:
    """Return arguments of the size called `size`, the same ones at every call."""
    made: Arguments = module.make(module.SIZES[size], np.random.default_rng(SEED))
    return made


def measure(name: str, rounds: int, size: str = "full", *, numba: bool = False) -> Measured:
    """Return what one program takes: the sides alternate."""
    import parloop

    module = load(name)
    plain = getattr(module, name)
    parloop.reset_report()
    # With a word on when machine code pays, loops do not wait until they have cost its price.
    fast = parloop.parallel(plain, min_work_ms=LEAST_MS if size == "full" else 0)
    first, _, ours = _timed(fast, arguments_of(module, size))
    cpython, _, expected = _timed(plain, arguments_of(module, size))
    compiled = compiled_by_numba(module, name, size) if numba else None
    peers = [getattr(module, "idiom", None), compiled]
    others = [_timed(peer, arguments_of(module, size))[2] if peer else None for peer in peers]
    best, spent, times = math.inf, cpython, [math.inf, math.inf]
    for _ in range(rounds):
        best = min(best, _timed(fast, arguments_of(module, size))[0])
        for place, peer in enumerate(peers):
            if peer is not None:
                once = _timed(peer, arguments_of(module, size))[0]
                times[place] = min(times[place], once)
        if spent < PATIENCE:
            again = _timed(plain, arguments_of(module, size))[0]
            cpython, spent = min(cpython, again), spent + again
    sites = parloop.report().sites
    native = bool(sites) and not any(s.interpreted_runs or s.fallbacks for s in sites)
    same = [other == expected for other in (ours, *others)]
    return Measured(name, best, first, cpython, times[0], times[1], *same, native)


def compiled_by_numba(module: Any, name: str, size: str) -> Callable[..., Any] | None:
    """Return the program as `numba.njit` compiles it, None where it refuses or is not installed."""
    try:
        numba = importlib.import_module("numba")
    except ImportError:
        return None
    around = dict(vars(module))
    for helper in getattr(module, "HELPERS", ()):
        around[helper] = numba.njit(_with_globals(around[helper], around))
    found = numba.njit(_with_globals(around[name], around))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found(*arguments_of(module, size))
    except (numba.core.errors.NumbaError, TypeError, ImportError):
        return None  # a `TypeError` for lists of lists, an `ImportError` where it asks for SciPy
    return found  # type: ignore[no-any-return]


def _with_globals(function: Any, around: dict[str, Any]) -> FunctionType:
    return FunctionType(function.__code__, around, function.__name__, function.__defaults__)


def _word(seconds: float, is_same: bool) -> str:
    if seconds == math.inf:
        return "-"
    return "same" if is_same else "differ"


def _timed(
    function: Callable[..., Any], arguments: Arguments
) -> tuple[float, Any, tuple[tuple[str, bytes], ...]]:
    began = perf_counter()
    returned = function(*arguments)
    return perf_counter() - began, returned, result_bits(arguments, returned)


def report(rounds: int) -> str:
    """Return a table of all programs, with the geometric mean against NumPy's idiom."""
    lines = [f"{'':19}{'parloop':>10}{'first':>10}{'CPython':>10}{'NumPy':>10}{'Numba':>10}"
             f"{'x CPython':>9}{'x NumPy':>9}{'x Numba':>9}"
             f"  {'bits':8}{'NumPy':8}{'Numba':8}"]  # fmt: skip
    found = [measure(name, rounds, numba=True) for name in array_program_names()]
    lines += [one.line() for one in found]
    over = [one.idiom / one.ours for one in found if one.idiom < math.inf]
    mean = math.exp(sum(map(math.log, over)) / len(over))
    lines.append(f"milliseconds, shortest of {rounds}; geometric mean over NumPy {mean:.1f}")
    return "\n".join(lines)
