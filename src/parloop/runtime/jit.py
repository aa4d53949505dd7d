"""Turn LLVM IR into machine code for this very CPU, and load it.

Object code knows no address of this process: everything outside it is named, and `load` is told
where the names are. That is what lets the disk cache keep it.

No operation is contracted or reassociated unless the text carries flags that allow it. Calls of
names that LLVM knows are rewritten by it (`pow(2.0, x)` becomes `exp2(x)`, another function with
other bits): a caller that wants exactly one function declares it under a name of its own.
"""

from __future__ import annotations

import functools
import itertools
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_LOCK = threading.RLock()
"""Held around every use of LLVM's objects: they are made once, and serve all threads."""

if hasattr(os, "register_at_fork"):  # a child must not inherit it from a thread that it lacks
    os.register_at_fork(
        before=_LOCK.acquire, after_in_parent=_LOCK.release, after_in_child=_LOCK.release
    )


class JitError(RuntimeError):
    """LLVM refused the text or the object code: a bug of ours, not of the user."""


def compile_to_object(module_text: str, *, opt_level: int = 3, packs: bool = True) -> bytes:
    """Return the object code of a module, optimised for the host at `opt_level` (0 to 3).

    `packs` lets LLVM put statements that stand beside each other into SIMD lanes. It may then
    compute in lanes that nobody reads, and flags are set there: 0.0 / 0.0.
    """
    with _LOCK:
        module = _optimise(module_text, opt_level, packs=packs)
        code: bytes = _machine(opt_level).emit_object(module)
    return code


def load(object_code: bytes, externals: Mapping[str, int], *, beside: bytes = b"") -> Loaded:
    """Bring object code into memory; `externals` says where the names are that it only declares.

    Object code `beside` it, if there is any, may use its names, and the other way round.

    `memcpy` and its like, which LLVM itself brings in, are found in the process.
    """
    with _LOCK:
        binding = _binding()
        builder = binding.JITLibraryBuilder().add_object_img(object_code).add_current_process()
        if beside:
            builder.add_object_img(beside)
        for name, address in externals.items():
            builder.import_symbol(name, address)
        library = f"parloop-{next(_LIBRARY_NUMBERS)}"
        try:
            tracker = builder.link(_lljit(), library)
        except RuntimeError as error:
            raise JitError(str(error)) from error
    return Loaded(library, tracker)


class Loaded:
    """Machine code in memory; it goes when the last reference to this object does."""

    __slots__ = ("__weakref__", "_addresses", "_library", "_trackers")

    def __init__(self, library: str, tracker: Any) -> None:
        self._library = library
        self._trackers = [tracker]  # any one of them, when collected, unloads the library
        self._addresses: dict[str, int] = {}

    def address(self, name: str) -> int:
        """Return where the function or variable `name` begins."""
        with _LOCK:
            if name not in self._addresses:
                try:
                    tracker = _lljit().lookup(self._library, name)
                except RuntimeError as error:
                    raise JitError(str(error)) from error
                self._trackers.append(tracker)
                self._addresses[name] = tracker[name]
            return self._addresses[name]


def optimised_text(module_text: str, *, opt_level: int = 3) -> str:
    """Return the module as LLVM IR after optimisation, for a person to read."""
    with _LOCK:
        return str(_optimise(module_text, opt_level))


def assembly(module_text: str, *, opt_level: int = 3) -> str:
    """Return the machine code of a module as assembler text, for a person to read."""
    with _LOCK:
        return str(_machine(opt_level).emit_assembly(_optimise(module_text, opt_level)))


@functools.cache
def host() -> str:
    """Return what object code depends on beside its text: target, CPU, its features, LLVM."""
    target = _host_target()
    version = ".".join(str(part) for part in _binding().llvm_version_info)
    return f"{target.triple} {target.cpu} {target.features} llvm-{version}"


def can_fuse() -> bool:
    """Return whether the processor has an instruction for `a * b + c` with one rounding."""
    target = _host_target()
    return target.triple.startswith(("aarch64", "arm64")) or "+fma" in target.features.split(",")


@dataclass(frozen=True, slots=True)
class _HostTarget:
    triple: str
    cpu: str
    features: str


_LIBRARY_NUMBERS = itertools.count()


@functools.cache
def _binding() -> Any:
    """Return `llvmlite.binding`, ready to make code for the host."""
    from llvmlite import binding

    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    binding.initialize_native_asmparser()  # without it, inline assembler ends the process
    return binding


@functools.cache
def _host_target() -> _HostTarget:
    binding = _binding()
    try:
        features = binding.get_host_cpu_features().flatten()
    except RuntimeError:  # LLVM cannot tell on this system: what the CPU's name implies is used
        features = ""
    if binding.get_process_triple().startswith("x86_64"):
        # Gathers take as long as the loads they stand for, and SLP builds them from whole columns.
        features += ",+prefer-no-gather,+prefer-no-scatter"
    return _HostTarget(binding.get_process_triple(), binding.get_host_cpu_name(), features)


@functools.cache
def _machine(opt_level: int) -> Any:
    host_target = _host_target()
    # Position independent code within 2 GiB of itself: the linker below keeps a library in one
    # piece, and reaches other addresses through a table.
    return (
        _binding()
        .Target.from_triple(host_target.triple)
        .create_target_machine(
            cpu=host_target.cpu,
            features=host_target.features,
            opt=opt_level,
            reloc="pic",
            codemodel="small",
            jit=True,
        )
    )


@functools.cache
def _pass_builder(opt_level: int, packs: bool) -> Any:
    options = _binding().create_pipeline_tuning_options(opt_level)
    vectorise = opt_level >= 2
    options.loop_vectorization = vectorise
    options.loop_interleaving = vectorise
    options.slp_vectorization = vectorise and packs
    options.loop_unrolling = vectorise
    return _binding().create_pass_builder(_machine(opt_level), options)


@functools.cache
def _data_layout(opt_level: int) -> str:
    return str(_machine(opt_level).target_data)


@functools.cache
def _lljit() -> Any:
    # JITLink, not RuntimeDyld: one piece of memory a library, which nothing can put out of reach
    # of itself. About 9 KB of bookkeeping stay when a library is unloaded.
    return _binding().create_lljit_compiler(_machine(3), use_jit_link=True)


def _optimise(module_text: str, opt_level: int, *, packs: bool = True) -> Any:
    binding = _binding()
    try:
        # A context of its own: constants and types of a module go with the module.
        module = binding.parse_assembly(module_text, binding.create_context())
        module.triple = _host_target().triple
        module.data_layout = _data_layout(opt_level)
        module.verify()
    except RuntimeError as error:
        raise JitError(str(error)) from error
    builder = _pass_builder(opt_level, packs)
    builder.getModulePassManager().run(module, builder)
    return module
