"""Random loops over arrays on the host and on a GPU that is too small, fails, or is in use.

    python -m tests.gpu.random_launches [--texts N] [--seed S]

Each text is run ten times: with arrays on either side, parts of each other, with gaps, with values
that overflow and subscripts outside, with memory for a part of it, and with a call that fails. What
is left has to be what CPython leaves; from a GPU that is lost, an error will do.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import threading
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
from tests.gpu.device_arrays import DeviceNDArray, known
from tests.gpu.fake_driver import FAULTS, PROPERTIES, FakeGpu

import parloop
from parloop.capture.sites import REGISTRY
from parloop.runtime.gpu import device, steps
from parloop.runtime.gpu.driver import Fault
from parloop.runtime.gpu.interface import DeviceArraysLostError

LAUNCHES = 10
"""So many of each text."""

DTYPES = ("float64", "float64", "int64", "float32")


@dataclass(frozen=True)
class Text:
    """A function `f(a, b, c, index, k)` over arrays of one type, and how many axes these have."""

    source: str
    dtype: str
    axes: int


def make_text(seed: int) -> Text:
    """Return the text of a seed."""
    rng = random.Random(seed)
    axes = rng.choice((1, 1, 2))
    dtype = rng.choice(DTYPES)
    inner = ", j" if axes == 2 else ""
    first = "    t = a[0, 0]" if axes == 2 else "    t = a[0]"
    lines = ["def f(a, b, c, index, k):", "    n = len(a)", first]
    depth = "    "
    repeated = random.Random(-1 - seed).random()
    if repeated < 0.3:
        lines.append(f"{depth}for s in range({rng.choice(('4 * k', '20', 'k'))}):")
        depth += "    "
    start = rng.choice(("2", "0", "k", "2"))
    lines.append(f"{depth}for i in range({'s' if repeated < 0.06 else start}, n - 2):")
    depth += "    "
    if axes == 2:
        lines.append(f"{depth}for j in range(a.shape[1]):")
        depth += "    "
    offsets = {name: rng.choice((0, 0, 1, -1)) for name in "bc"}
    for _ in range(rng.randint(1, 3)):
        line = depth
        if rng.random() < 0.3:
            lines.append(f"{depth}if {operand(rng, inner)} > {rng.choice(('k', 't', '3'))}:")
            line += "    "
        target = rng.choice("bbbccct")
        value = expression(rng, inner, 2)
        if target == "t":
            lines.append(f"{line}t = {value}")
        else:
            sign = rng.choice(("=", "=", "=", "+="))
            lines.append(f"{line}{target}[{shifted(offsets[target])}{inner}] {sign} {value}")
    lines.append("    return t")
    return Text("\n".join(lines) + "\n", dtype, axes)


def shifted(offset: int) -> str:
    return "i" if not offset else f"i {'+' if offset > 0 else '-'} {abs(offset)}"


def operand(rng: random.Random, inner: str) -> str:
    """Return an element, or a number."""
    kind = rng.random()
    if kind < 0.6:
        return f"a[{shifted(rng.choice((0, 0, 1, -1, 2)))}{inner}]"
    if kind < 0.75:
        return f"{rng.choice('bc')}[{shifted(rng.choice((0, 0, 1)))}{inner}]"
    if kind < 0.83:
        return f"a[index[i]{inner}]"
    return rng.choice(("t", "k", "3"))


def expression(rng: random.Random, inner: str, depth: int) -> str:
    """Return an expression."""
    if not depth or rng.random() < 0.2:
        return operand(rng, inner)
    left, right = (expression(rng, inner, depth - 1) for _ in range(2))
    return f"({left} {rng.choice('++-*')} {right})"


@dataclass(frozen=True)
class Given:
    """What one launch is given: where each array stands, and what is in it."""

    hosts: tuple[Any, ...]
    on_device: tuple[bool, ...]
    shares: int | None
    """`b` begins so many rows into `a`, if it is a part of it."""
    number: Any
    memory: int
    fail_at: int | None
    fault: Fault
    ignores: bool
    beside: bool
    """Whether another thread runs."""

    def make(self, gpu: FakeGpu) -> list[Any]:
        """Return arrays with the elements of `hosts`."""
        made: list[Any] = []
        for place, (host, there) in enumerate(zip(self.hosts, self.on_device, strict=True)):
            if place == 1 and self.shares is not None:
                rows = slice(self.shares, None)
                made.append(made[0].part(rows) if self.on_device[0] else made[0][rows])
            elif there:
                made.append(DeviceNDArray(gpu, host))
            else:
                whole = np.zeros((2 * len(host), *host.shape[1:]), host.dtype)
                view = whole[::2] if place == 2 and len(host) % 2 else whole[: len(host)]
                view[...] = host
                made.append(view)
        return made


def make_given(text: Text, seed: int) -> Given:
    """Return what a launch of a seed is given."""
    rng = random.Random(seed * 7919 + 1)
    values = np.random.default_rng(seed)
    n = rng.choice((6, 30, 31, 90))
    shape = (n,) if text.axes == 1 else (n, rng.choice((1, 5)))
    arrays: list[Any] = [values.integers(-9, 9, shape).astype(text.dtype) for _ in range(3)]
    if rng.random() < 0.15 and text.dtype != "int64":
        arrays[0].flat[rng.randrange(arrays[0].size)] = np.finfo(text.dtype).max
    if rng.random() < 0.05 and text.dtype == "int64":
        arrays[0].flat[rng.randrange(arrays[0].size)] = 2**62
    index = values.integers(-n, n, n)
    if rng.random() < 0.1:
        index[rng.randrange(n)] = n
    shares = rng.choice((0, 1, 2)) if rng.random() < 0.15 else None
    share = rng.choice((0.0, 0.0, 0.6, 1.0))
    there = tuple(rng.random() < share for _ in range(4))
    if shares is not None:
        arrays[1] = arrays[0][shares:]
        there = (there[0], there[0], *there[2:])
    total = sum(array.nbytes for array in arrays)
    memory = 1 << 20
    if not any(there) and rng.random() < 0.5:
        memory = rng.randint(total // 4, total) + 4000
    fails = rng.random() < 0.25
    return Given(
        (*arrays, index), there, shares, rng.choice((2, 3, 1)), memory,
        rng.randrange(40) if fails else None, rng.choice((Fault.LOST, Fault.MEMORY)),
        rng.random() < 0.3, rng.random() < 0.25,
    )  # fmt: skip


def run_once(function: Callable[..., Any], given: Given, gpu: FakeGpu) -> tuple[Any, list[bytes]]:
    """Run a function; return what it came to, and what is in the arrays."""
    arrays = given.make(gpu)
    modes = np.errstate(all="ignore") if given.ignores else np.errstate()
    with warnings.catch_warnings(record=True) as told, modes:
        warnings.simplefilter("always")
        try:
            result: Any = repr(function(*arrays, given.number))
        except (ArithmeticError, LookupError, ValueError, RuntimeError) as error:
            result = type(error)
    says = sorted({str(each.message) for each in told})
    left = [a.on_host().tobytes() if isinstance(a, DeviceNDArray) else a.tobytes() for a in arrays]
    return (result, says), left


@contextmanager
def another_thread() -> Iterator[None]:
    """Have another thread run, which waits."""
    done = threading.Event()
    other = threading.Thread(target=done.wait)
    other.start()
    try:
        yield
    finally:
        done.set()
        other.join()


def arm(gpu: FakeGpu, number: int, fault: Fault) -> None:
    """Have the first call from a given one on fail that may fail in this way."""
    may, gpu.fault = FAULTS[fault], fault

    def look(name: str) -> None:
        if gpu.fail_at is None and len(gpu.calls) > number and (name in may or not may):
            gpu.fail_at = len(gpu.calls) - 1

    gpu.on_call = look


def check(text: Text, seed: int, function: Any, ours: Any) -> str:
    """Run one launch both ways; return what it was, or raise."""
    given = make_given(text, seed)
    wanted = run_once(function, given, FakeGpu(replace(PROPERTIES, memory_bytes=1 << 24)))
    gpu = FakeGpu(replace(PROPERTIES, memory_bytes=1 << 24))
    taken = (1 << 24) - given.memory
    for site in REGISTRY.sites.values():
        if site.state is not None:
            site.state.resting = site.state.declined = 0
    parloop.reset_report()
    gpu.properties = replace(PROPERTIES, memory_bytes=(1 << 24) - taken)
    if given.fail_at is not None:
        arm(gpu, given.fail_at, given.fault)
    with device.using(gpu), another_thread() if given.beside else nullcontext():
        found = run_once(ours, given, gpu)
    if gpu.dead and found[0][0] in (RuntimeError, DeviceArraysLostError) and any(given.on_device):
        return "lost"
    if found != wanted:
        where = [k for k in range(4) if found[1][k] != wanted[1][k]]
        raise AssertionError(
            f"seed {seed}: {found[0]} {wanted[0]}, arrays {where}\n{given}\n{text.source}"
        )
    gpu._finish()
    theirs = sum(given.on_device) - (given.shares is not None and given.on_device[0])
    extra = len(gpu.memory) - theirs
    if not gpu.dead and extra > 0:
        raise AssertionError(f"seed {seed}: memory of ours is left\n{text.source}")
    if not gpu.launches or parloop.report().sites[0].device != "cuda":
        return "elsewhere"
    if "for s in" in text.source:
        return "graphs" if "launch_graph" in gpu.calls else "rounds"
    return "in place" if any(given.on_device) else "slabs" if len(gpu.launches) > 1 else "whole"


def run_text(seed: int, folder: Path) -> Counter[str]:
    """Run the launches of one text; return what they were."""
    text = make_text(seed)
    path = folder / f"launches_{seed}.py"
    path.write_text(text.source, encoding="utf-8")
    names: dict[str, Any] = {"__name__": path.stem}
    exec(compile(text.source, str(path), "exec"), names)
    ours = parloop.parallel(names["f"])
    found: Counter[str] = Counter()
    for number in range(LAUNCHES):
        found[check(text, seed * LAUNCHES + number, names["f"], ours)] += 1
    return found


def run_texts(texts: int, seed: int, folder: Path) -> Counter[str]:
    """Run the launches of so many texts."""
    found: Counter[str] = Counter()
    graphs = mock.patch.multiple(steps, LEAST_GRAPHS=2, GRAPH_LAUNCHES=4)
    with parloop.settings(device="cuda", min_work_ms=0), known(), graphs:
        for number in range(texts):
            found += run_text(seed + number, folder)
    return found


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, default=150)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = run_texts(asked.texts, asked.seed, Path(folder))
    print(f"{sum(found.values())} launches of {asked.texts} texts:", dict(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
