"""Settings: what a person may ask of parloop, and who asked last.

A setting comes from, the first that names it: the decorator's options, the innermost `settings`
block, `configure`, the command line, the environment (`PARLOOP_DEVICE`, ...), the default.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import Any, Final, Literal, TypeAlias

Device: TypeAlias = Literal["auto", "cpu", "cuda", "interpreter"]
Exactness: TypeAlias = Literal["exact", "ulp", "reassociate"]

DEVICES: Final = ("auto", "cpu", "cuda", "interpreter")
EXACTNESS: Final = ("exact", "ulp", "reassociate")
LOG_LEVELS: Final = ("debug", "info", "warning")


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings that hold at one place."""

    device: Device = "auto"
    exactness: Exactness = "exact"
    strict: bool = False
    """A loop that would have paid and cannot run natively raises `NotNative`."""
    verify: bool = False
    """Loops run both ways; a difference raises `Mismatch`."""
    threads: int | None = None
    """None: the cores available to this process."""
    min_work_ms: float | None = None
    """Loops of less estimated time are left to the interpreter; 0: none are. None: those under a
    millisecond, and others until they have taken as long as their machine code takes to make."""


def configure(**values: Any) -> None:
    """Set settings for this process, from now on. What is not named stays as it is."""
    checked = check_settings(values)
    _set_layer(_CONFIGURED, {**_layers[_CONFIGURED], **checked})


@contextmanager
def settings(**values: Any) -> Iterator[Settings]:
    """Set settings for the block, in this thread or task only."""
    global _open_blocks
    before = _block.set(MappingProxyType({**_block.get(), **check_settings(values)}))
    _open_blocks += 1
    try:
        _tell_watchers()
        yield current_settings()
    finally:
        _open_blocks -= 1
        _block.reset(before)


def current_settings(options: Mapping[str, Any] | None = None) -> Settings:
    """Return the settings that hold here, below the decorator's `options`."""
    global _process
    base = _process
    if base is None:
        base = _process = _merge_layers()
    block = _block.get()
    if block:
        base = replace(base, **block)
    return replace(base, **options) if options else base


def token() -> tuple[object, object]:
    """Return what is the same, by identity of both parts, as long as no setting changes here."""
    return _process, _block.get()


def on_change(wake: Callable[[], None]) -> None:
    """Call `wake` before settings change anywhere in this process, from now on."""
    _watchers.add(wake)


def blocks_open() -> int:
    """Return how many `settings` blocks are open in all threads and tasks."""
    return _open_blocks


def set_command_line(values: Mapping[str, Any]) -> None:
    """Set what the options of the command line say."""
    _set_layer(_COMMAND_LINE, check_settings(values))


def check_settings(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return `values`, checked, or raise TypeError or ValueError that names the one at fault."""
    return {name: _check(name, value, name) for name, value in values.items()}


def read_environment(environment: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return the settings that `PARLOOP_*` variables give; an empty variable gives none."""
    found: dict[str, Any] = {}
    for name in SETTING_NAMES:
        variable = f"PARLOOP_{name.upper()}"
        text = (os.environ if environment is None else environment).get(variable, "").strip()
        if text:
            found[name] = parse_setting(name, text, variable)
    return found


def parse_setting(name: str, text: str, shown_as: str) -> Any:
    """Return the value of setting `name` that `text` says; errors call it `shown_as`."""
    value: object = text
    match name:
        case "strict" | "verify":
            value = _TRUTH.get(text.lower(), text)
        case "threads" | "min_work_ms" if text.lower() in ("none", "auto"):
            value = None
        case "threads":
            value = _number(int, text)
        case "min_work_ms":
            value = _number(float, text)
        case _:
            value = text.lower()
    return _check(name, value, shown_as)


def is_off(environment: Mapping[str, str] | None = None) -> bool:
    """Return whether `PARLOOP=off` (or `0`, `no`, `false`) asks for nothing to be rewritten."""
    text = (os.environ if environment is None else environment).get("PARLOOP", "")
    return _TRUTH.get(text.strip().lower(), True) is False


def log_level(environment: Mapping[str, str] | None = None) -> str | None:
    """Return what `PARLOOP_LOG` says, in lower case, or None."""
    text = (os.environ if environment is None else environment).get("PARLOOP_LOG", "")
    text = text.strip().lower()
    if text and text not in LOG_LEVELS:
        raise ValueError(f"PARLOOP_LOG={text!r} must be one of {_listed(LOG_LEVELS)}")
    return text or None


def check_environment() -> None:
    """Raise ValueError or TypeError where a `PARLOOP_*` variable says what it cannot."""
    read_environment()
    log_level()
    cache_megabytes()


def cache_megabytes(environment: Mapping[str, str] | None = None) -> int:
    """Return how much the cache on disk may hold, from `PARLOOP_CACHE_MAX_MB`."""
    text = (os.environ if environment is None else environment).get("PARLOOP_CACHE_MAX_MB", "")
    text = text.strip() or "256"
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"PARLOOP_CACHE_MAX_MB={text} must be a whole number of at least 0")
    return int(text)


SETTING_NAMES: Final = tuple(field.name for field in fields(Settings))

_TRUTH: Final = {
    "1": True, "true": True, "yes": True, "on": True,
    "0": False, "false": False, "no": False, "off": False,
}  # fmt: skip

_COMMAND_LINE: Final = 0
_CONFIGURED: Final = 1

_layers: list[dict[str, Any]] = [{}, {}]
_process: Settings | None = None
"""What holds outside `settings` blocks; None until asked for. The environment is read once."""

_NO_VALUES: Final[Mapping[str, Any]] = MappingProxyType({})
_block: ContextVar[Mapping[str, Any]] = ContextVar("parloop_settings", default=_NO_VALUES)


_watchers: set[Callable[[], None]] = set()
_open_blocks: int = 0


def _tell_watchers() -> None:
    for wake in _watchers:
        wake()


def _set_layer(which: int, values: dict[str, Any]) -> None:
    global _process
    _tell_watchers()
    _layers[which] = values
    _process = None


def _merge_layers() -> Settings:
    return Settings(**{**read_environment(), **_layers[_COMMAND_LINE], **_layers[_CONFIGURED]})


def _check(name: str, value: object, shown_as: str) -> Any:
    wrong = f"{shown_as}={value!r} must be"
    match name:
        case "device":
            return _one_of(DEVICES, value, wrong)
        case "exactness":
            return _one_of(EXACTNESS, value, wrong)
        case "strict" | "verify":
            if not isinstance(value, bool):
                raise TypeError(f"{wrong} True or False")
            return value
        case "threads":
            if value is None:
                return None
            if isinstance(value, bool) or not hasattr(value, "__index__"):
                raise TypeError(f"{wrong} a whole number or None")
            threads = int(value.__index__())
            if threads < 1:
                raise ValueError(f"{wrong} at least 1")
            return threads
        case "min_work_ms":
            if value is None:
                return None
            if isinstance(value, bool | str) or not hasattr(value, "__float__"):
                raise TypeError(f"{wrong} a number or None")
            work = float(value.__float__())
            if not (0 <= work < math.inf):
                raise ValueError(f"{wrong} at least 0, and finite")
            return work
    raise TypeError(f"{shown_as}={value!r} is not a setting; there are {_listed(SETTING_NAMES)}")


def _one_of(allowed: tuple[str, ...], value: object, wrong: str) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{wrong} one of {_listed(allowed)}")
    if value not in allowed:
        raise ValueError(f"{wrong} one of {_listed(allowed)}")
    return value


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(words)


def _number(kind: type[int] | type[float], text: str) -> object:
    try:
        return kind(text)
    except ValueError:
        return text
