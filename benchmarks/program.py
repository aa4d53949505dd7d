"""What a benchmark program is, where the programs are found, and when two results are the same."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

import benchmarks.programs
from benchmarks import gpu_sizes

Arguments = tuple[Any, ...]

SEED = 20190


@dataclass(frozen=True, slots=True)
class Program:
    """One module of `benchmarks.programs`."""

    name: str
    function: Callable[..., Any]
    maker: Callable[[Any, np.random.Generator], Arguments]
    sizes: Mapping[str, Any]
    outputs: tuple[str, ...]
    """Names of the parameters whose arrays a call changes; a returned value is an output too."""

    def make(self, size: str) -> Arguments:
        """Return arguments of the size called `size`, the same ones at every call."""
        chosen = gpu_sizes.SIZES[self.name] if size == "gpu" else self.sizes[size]
        return self.maker(chosen, np.random.default_rng(SEED))

    def output_positions(self) -> tuple[int, ...]:
        """Return where among the arguments the outputs stand."""
        parameters = list(inspect.signature(self.function).parameters)
        return tuple(parameters.index(name) for name in self.outputs)


def program_names() -> tuple[str, ...]:
    """Return the names of all programs, in alphabetical order."""
    modules = pkgutil.iter_modules(benchmarks.programs.__path__)
    return tuple(sorted(module.name for module in modules))


def load_program(name: str) -> Program:
    """Return the program called `name`."""
    module = importlib.import_module(f"benchmarks.programs.{name}")
    return Program(name, getattr(module, name), module.make, module.SIZES, module.OUTPUTS)


def bits_of(value: Any) -> tuple[str, bytes]:
    """Return the type and the bits of a number, an array or None: equal means not to be told apart.

    Every NaN counts as the same one: its sign and payload are outside the promise.
    """
    if isinstance(value, np.ndarray):
        return f"{value.dtype.str}{value.shape}", _one_nan(value).tobytes()
    if isinstance(value, np.generic):
        return type(value).__name__, _one_nan(np.asarray(value)).tobytes()
    if isinstance(value, float):
        return "float", struct.pack("d", float("nan") if value != value else value)
    return type(value).__name__, repr(value).encode()


def result_bits(arguments: Arguments, returned: Any) -> tuple[tuple[str, bytes], ...]:
    """Return the bits of all that a call took and gave, what it should not touch included."""
    return (*map(bits_of, arguments), bits_of(returned))


def _one_nan(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    if array.dtype.kind not in "fc":
        return array
    return np.where(np.isnan(array), np.asarray(np.nan, dtype=array.dtype), array)
