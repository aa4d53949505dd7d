"""The sides of a comparison: how each tool is made to do a program's work.

    cpython              the program's function as it stands
    parloop              `parloop.parallel` of it
    parloop-gpu          the same, on the GPU
    parloop-reassociate  the same in the tier that may regroup floating-point sums
    njit                 `numba.njit` of it (or of `serial` in the peer's module)
    prange               `numba.njit(parallel=True)` of `parallel` in the peer's module
    c                    the peer's C file, `gcc -O3 -march=native -ffp-contract=off -fopenmp`

Whatever a tool needs before its first call (imports, a C compiler) is done by `prepare`; what it
does at its first call, by the callable that `prepare` returns.
"""

from __future__ import annotations

import ctypes
import hashlib
import importlib
import importlib.util
import os
import pkgutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from benchmarks.program import Arguments, Program

CPYTHON, PARLOOP, REASSOCIATE = "cpython", "parloop", "parloop-reassociate"
PARLOOP_GPU = "parloop-gpu"
NJIT, PRANGE, C_OPENMP = "njit", "prange", "c"
PEERS = (NJIT, PRANGE, C_OPENMP)

C_OPTIONS = ("-O3", "-march=native", "-ffp-contract=off", "-fopenmp", "-shared", "-fPIC")
DISK_CACHE = "BENCHMARKS_NUMBA_CACHE"
"""The environment variable that has Numba keep its machine code on disk."""

Call = Callable[[], Any]


class UnavailableError(Exception):
    """A side cannot run here; the text says why."""


def prepare(side: str, program: Program, arguments: Arguments) -> Call:
    """Return a callable that does one call of `program` on `arguments`, nothing compiled yet."""
    if side == CPYTHON:
        return lambda: program.function(*arguments)
    if side in (PARLOOP, REASSOCIATE, PARLOOP_GPU):
        return _prepare_parloop(program, arguments, "cuda" if side == PARLOOP_GPU else "cpu")
    if side == C_OPENMP:
        return _prepare_c(program, arguments)
    return _prepare_numba(side, program, arguments)


def different_bits(program: Program) -> tuple[str, ...]:
    """Return the peers that are said not to compute CPython's bits, without importing Numba."""
    text = Path(__file__).with_name("peers").joinpath(f"{program.name}.py")
    if not text.exists():
        return ()
    lines = [line for line in text.read_text().splitlines() if line.startswith("DIFFERENT_BITS")]
    return tuple(peer for peer in PEERS for line in lines if f'"{peer}"' in line)


def _prepare_parloop(program: Program, arguments: Arguments, device: str) -> Call:
    parloop = importlib.import_module("parloop")
    if not hasattr(parloop, "parallel"):
        raise UnavailableError("this parloop has no `parallel` yet")
    _import_everything(parloop)
    made: list[Callable[..., Any]] = []

    def call() -> Any:
        if not made:
            made.append(parloop.parallel(program.function, device=device))
        return made[0](*arguments)

    return call


def _import_everything(package: ModuleType) -> None:
    """Import what the first call would import: imports are no part of any side's time."""
    for name in ("islpy", "llvmlite.binding"):
        if importlib.util.find_spec(name.partition(".")[0]):
            importlib.import_module(name)
    for module in pkgutil.walk_packages(package.__path__, "parloop."):
        if not module.name.endswith("__main__"):
            try:
                importlib.import_module(module.name)
            except ImportError:  # an optional part, whose dependency is not here
                continue


def _peer_module(program: Program) -> ModuleType | None:
    name = f"benchmarks.peers.{program.name}"
    return importlib.import_module(name) if importlib.util.find_spec(name) else None


def _prepare_numba(side: str, program: Program, arguments: Arguments) -> Call:
    try:
        numba = importlib.import_module("numba")
    except ImportError as error:
        raise UnavailableError("Numba is not installed") from error
    peer = _peer_module(program)
    if side == PRANGE and peer is None:
        raise UnavailableError("no peer is written")
    wanted = "parallel" if side == PRANGE else "serial"
    function = getattr(peer, wanted, program.function)
    made: list[Callable[..., Any]] = []

    def call() -> Any:
        if not made:
            options = {"parallel": side == PRANGE, "cache": bool(os.environ.get(DISK_CACHE))}
            made.append(numba.njit(**options)(function))
        return made[0](*arguments)

    return call


def _prepare_c(program: Program, arguments: Arguments) -> Call:
    source = Path(__file__).with_name("peers") / f"{program.name}.c"
    if not source.exists():
        raise UnavailableError("no peer is written")
    function = getattr(ctypes.CDLL(str(_compiled(source))), program.name)
    returns = {"double": ctypes.c_double, "int64_t": ctypes.c_int64, None: None}
    function.restype = returns[_returns(source)]
    values: list[Any] = []
    for argument in arguments:
        if isinstance(argument, np.ndarray):
            if not argument.flags.c_contiguous:
                raise UnavailableError("the C peers take contiguous arrays")
            values.append(ctypes.c_void_p(argument.ctypes.data))
            values.extend(ctypes.c_int64(extent) for extent in argument.shape)
        else:
            kind = ctypes.c_double if isinstance(argument, float) else ctypes.c_int64
            values.append(kind(argument))
    return lambda: function(*values)


def _returns(source: Path) -> str | None:
    text = source.with_suffix(".py").read_text() if source.with_suffix(".py").exists() else ""
    return next((name for name in ("double", "int64_t") if f'RETURNS = "{name}"' in text), None)


def _compiled(source: Path) -> Path:
    """Return the shared object of `source`, compiled once in this run."""
    folder = Path(os.environ.get("BENCHMARKS_BUILD") or tempfile.mkdtemp(prefix="benchmarks-"))
    key = hashlib.sha256(source.read_bytes() + " ".join(C_OPTIONS).encode()).hexdigest()[:16]
    target = folder / f"{source.stem}-{key}.so"
    if not target.exists():
        made = target.with_suffix(f".{os.getpid()}")
        try:
            subprocess.run(["gcc", *C_OPTIONS, str(source), "-o", str(made), "-lm"], check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise UnavailableError(f"gcc: {error}") from error
        made.replace(target)
    return target
