"""How programs that are prone to a transformation are run in many ways, and compared."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

from tests.differential import find_difference, run, slices_of

import parloop
from parloop.runtime import transaction


def find_failure_of(
    text: str,
    name: str,
    path: Path,
    rng: random.Random,
    make_arguments: Callable[[random.Random], tuple[Any, ...]],
) -> str | None:
    """Return how a native run of the function `name` in `text`, written to `path`, leaves something
    else than a plain one, or None. It has several arguments, numbers of threads, lengths of slices,
    and guards that fail."""
    path.write_text(text, encoding="utf-8")
    namespace: dict[str, Any] = {"__name__": path.stem}
    exec(compile(text, str(path), "exec"), namespace)
    plain = namespace[name]
    fast = parloop.parallel(plain, min_work_ms=0)
    for _ in range(2):
        arguments = make_arguments(rng)
        expected = run(plain, arguments, "always", str(path))
        for threads in (1, 2, 5):
            around = parloop.settings(threads=threads)
            fail_at = rng.choice(("", "", "first", "middle", "last", "all"))
            with (
                slices_of(rng.choice((None, None, 3, 20))),
                mock.patch.object(transaction, "FAIL_AT", fail_at),
            ):
                seen = run(fast, arguments, "always", str(path), around)
            if why := find_difference(expected, seen):
                return f"{why}, {threads} threads\n{text}\n{arguments}"
    return None
