"""What this machine can do, as `parloop doctor --calibrate` has measured it: a file of JSON.

It stands in the cache's folder, which is the user's alone; a home folder may be shared by machines,
so the file's name and its content say which one. Whatever is not as it should be counts as absent.
"""

from __future__ import annotations

import json
import math
import os
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final, TypeVar

from parloop.runtime import jit
from parloop.runtime.cache import content_key, open_cache
from parloop.runtime.cores import default_threads
from parloop.schedule.devices import CpuCosts, GpuCosts

VERSION: Final = 1
"""Of the file's form, and of what its numbers mean."""

LEAST, MOST = 1e-12, 1e18
"""No constant lies outside, whatever the machine."""

_Kind = TypeVar("_Kind", CpuCosts, GpuCosts)


@dataclass(frozen=True, slots=True)
class Constants:
    """What was measured: the CPU, and each GPU by its name."""

    cpu: CpuCosts | None = None
    gpus: Mapping[str, GpuCosts] = field(default_factory=dict)


def known_constants() -> Constants:
    """Return what was measured on this machine, of which nothing need be known."""
    cache = open_cache()
    text = cache.get_text(file_name())
    folder = cache.info_folder()
    if (known := _read.get(folder)) is None or known[0] != text:
        known = _read[folder] = text, parse(text or "")
    return known[1]


def cpu_costs(threads: int | None = None) -> CpuCosts:
    """Return the constants of the CPU with so many threads: measured ones, or sane ones."""
    count = threads or default_threads()
    measured = known_constants().cpu
    if measured is None:
        plain = CpuCosts()
        together = min(plain.bytes_per_second, count * plain.core_bytes_per_second)
        return replace(plain, threads=count, bytes_per_second=together)
    if count < measured.threads:
        together = min(measured.bytes_per_second, count * measured.core_bytes_per_second)
        return replace(measured, threads=count, bytes_per_second=together)
    return replace(measured, threads=count)


def save_constants(constants: Constants) -> Path | str:
    """Keep what was measured, for later processes; return where, or why that cannot be."""
    content = {
        "version": VERSION,
        "machine": machine(),
        "cpu": None if constants.cpu is None else asdict(constants.cpu),
        "gpus": {name: asdict(costs) for name, costs in constants.gpus.items()},
    }
    return open_cache().put_text(file_name(), json.dumps(content, indent=1) + "\n")


def parse(text: str) -> Constants:
    """Return what a file says; nothing at all unless all of it can be meant for this machine."""
    try:
        content = json.loads(text)
        if content["version"] != VERSION or content["machine"] != machine():
            return Constants()
        cpu = content["cpu"]
        gpus = {str(name): _costs(GpuCosts, given) for name, given in content["gpus"].items()}
        return Constants(None if cpu is None else _costs(CpuCosts, cpu), gpus)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return Constants()


def file_name() -> str:
    """Return the name of this machine's file."""
    return f"machine-{content_key(*machine())[:16]}.json"


def machine() -> list[str]:
    """Return what distinguishes machines: their name, processor, and how many cores they have."""
    return [platform.node(), jit.host(), str(os.cpu_count())]


_read: dict[Path | None, tuple[str | None, Constants]] = {}
"""What was read last in each folder: the file is small, but its numbers are checked once."""


def _costs(kind: type[_Kind], given: Mapping[str, Any]) -> _Kind:
    """Return constants that are all there, all numbers, and all possible; or raise."""
    names = {each.name for each in fields(kind)}
    if set(given) != names:
        raise ValueError("other constants")
    for name, value in given.items():
        is_count = name == "threads"
        if isinstance(value, bool) or not isinstance(value, int if is_count else int | float):
            raise TypeError(name)
        if not (math.isfinite(value) and LEAST <= value <= MOST):
            raise ValueError(name)
    return kind(**given)
