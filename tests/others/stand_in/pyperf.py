"""Stands in for `pyperf` in a benchmark of `pyperformance`: runs it here and now, and notes all.

Each function is called as often as `OTHERS_REPEATS` says. What it returned, what the program's
globals hold in the end and how much time of processors each call took, of all threads together,
goes to the file `OTHERS_NOTES`.
"""

from __future__ import annotations

import argparse
import atexit
import hashlib
import json
import os
import random
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter as perf_counter  # for the programs
from time import process_time
from typing import Any

REPEATS = int(os.environ.get("OTHERS_REPEATS", "3"))
SKIPPED = (
    types.FunctionType, types.BuiltinFunctionType, types.ModuleType, type, types.MethodType,
    types.GeneratorType,
)  # fmt: skip


random.seed(1)


class Runner:
    """What the programs use of `pyperf.Runner`."""

    def __init__(self, add_cmdline_args: object = None, **_: object) -> None:
        self.metadata: dict[str, object] = {}
        self.argparser = argparse.ArgumentParser()
        self.args: argparse.Namespace | None = None
        self.notes: dict[str, Any] = {"seconds": {}, "results": {}}
        atexit.register(self.write)

    def parse_args(self) -> argparse.Namespace:
        """Return the program's arguments."""
        self.args = self.argparser.parse_args()
        return self.args

    def bench_func(self, name: str, function: Callable[..., Any], *given: Any, **_: Any) -> None:
        """Call `function(*given)`."""
        seconds: list[float] = self.notes["seconds"].setdefault(name, [])
        for _number in range(REPEATS):
            began = process_time()
            result = function(*given)
            seconds.append(process_time() - began)
        self.notes["results"][name] = digest(result)

    def bench_time_func(
        self, name: str, function: Callable[..., float], *given: Any, **_: Any
    ) -> None:
        """Call `function(1, *given)`, which returns how long it took."""
        seconds: list[float] = self.notes["seconds"].setdefault(name, [])
        for _number in range(REPEATS):
            began = process_time()
            function(1, *given)
            seconds.append(process_time() - began)

    def write(self) -> None:
        """Write down what was noted."""
        names = {name: value for name, value in vars(sys.modules["__main__"]).items()
                 if name[:2] != "__" and not isinstance(value, (*SKIPPED, Runner))}  # fmt: skip
        self.notes["globals"] = {name: digest(value) for name, value in names.items()}
        self.notes["random"] = digest(random.getstate())
        Path(os.environ["OTHERS_NOTES"]).write_text(json.dumps(self.notes))


def digest(value: object) -> str:
    """Return a digest of all numbers and texts that `value` is made of, with their types."""
    found = hashlib.sha256()
    for part in _parts(value):
        found.update(part.encode(errors="surrogatepass"))
    return found.hexdigest()[:16]


def _parts(value: object) -> Iterator[str]:
    seen: dict[int, int] = {}
    pending: list[object] = [value]
    while pending:
        one = pending.pop()
        if isinstance(one, float):
            yield f"{type(one).__name__} {one.hex()};"
        elif isinstance(one, int | str | bytes | complex) or one is None:
            yield f"{type(one).__name__} {one!r};"
        elif isinstance(one, SKIPPED):
            yield "code;"
        elif id(one) in seen:
            yield f"again {seen[id(one)]};"
        else:
            seen[id(one)] = len(seen)
            yield f"{type(one).__qualname__} (;"
            pending += [*_inside(one)][::-1]


def _inside(one: Any) -> Iterator[object]:
    if isinstance(one, dict):
        for key, value in one.items():
            yield key
            yield value
    elif isinstance(one, set | frozenset):
        yield sorted(map(digest, one))
    elif isinstance(one, list | tuple):
        yield from one
    elif hasattr(one, "tobytes"):
        yield one.tobytes()
    else:
        yield from sorted(getattr(one, "__dict__", {}))
        yield from (value for _, value in sorted(getattr(one, "__dict__", {}).items()))
        for kind in type(one).__mro__:
            slots = getattr(kind, "__slots__", ())
            yield from (getattr(one, n, None) for n in slots if n != "__weakref__")




def python_implementation() -> str:
    """Return which Python this is."""
    return sys.implementation.name
