"""Signals that come while a slice runs which may take long: the kernel is told to give it up.

CPython only notes a signal, and calls the user's handler when its interpreter gets to it: after the
slice. So while a slice runs whose kernel has polls, the signals that Python handles go to a native
function of ours (`interrupts_ir`), which sets the word that the kernel looks at. They are sent anew
once what the slice has written is put back: handlers see a state that CPython could have been in.

One launch in a process at a time holds signals back; others run as if there were no polls.
"""

from __future__ import annotations

import ctypes
import functools
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Final

from parloop.runtime import jit
from parloop.runtime.cache import compile_cached
from parloop.runtime.interrupts_ir import EXTERNALS, SIGNALS, interrupts_text
from parloop.runtime.once import once

_NEVER = ctypes.c_int64(0)
NEVER: Final = ctypes.addressof(_NEVER)
"""Address of a word that stays 0: for launches that nobody interrupts."""

GIVE_WAY_SECONDS = 0.02
"""How long another thread than the main one waits after giving a slice up: the main thread serves
the signal, for which it needs what this one holds."""

_SYNCHRONOUS = ("SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL", "SIGABRT", "SIGTRAP")
"""Signals that the thread itself causes: they cannot wait."""

_FLAGS: Final = {"linux": (136, 4), "darwin": (12, 0x40)}
"""Where `struct sigaction` has its flags, and which one is SA_SIGINFO, on 64-bit systems."""


class Holder:
    """One launch: it may hold signals back."""

    __slots__ = ("served",)

    def __init__(self) -> None:
        self.served: frozenset[int] = frozenset()
        """Signals for which the slice was given up already: they do not interrupt it again."""

    def hold(self) -> int:
        """Hold signals back; return the address of the word that is then set when one comes."""
        native = _native()
        if native is None or _holder.setdefault("holder", id(self)) != id(self):
            return NEVER
        numbers = [n for n in _handled() if n not in self.served]
        words = (ctypes.c_int64 * len(numbers))(*numbers)
        native.hold(words, len(numbers), threading.main_thread().ident)
        return native.word

    def give_back(self, *, given_up: bool) -> None:
        """Send the signals that came; may be called again if a handler has raised in here."""
        if _holder.get("holder") != id(self):
            return
        native = _native()
        assert native is not None
        if given_up:
            self.served |= {n for n in range(SIGNALS) if native.held[n]}
        else:
            self.served = frozenset()
        native.give_back(0)
        _holder.pop("holder", None)
        if given_up and threading.current_thread() is not threading.main_thread():
            time.sleep(GIVE_WAY_SECONDS)

    def __del__(self) -> None:
        """Give signals back that an exception at the wrong moment has left held back."""
        self.give_back(given_up=False)


_holder: dict[str, int] = {}
"""The `id` of the launch that holds signals back; changed by single operations only."""


@dataclass(frozen=True, slots=True)
class _Native:
    hold: Callable[[Any, int, int | None], None]
    give_back: Callable[[int], None]
    word: int
    held: ctypes.Array[ctypes.c_int64]
    loaded: Any


@once
def _native() -> _Native | None:
    """Return the native functions, None where they are not known to work."""
    known = _FLAGS.get(sys.platform)
    if known is None or ctypes.sizeof(ctypes.c_void_p) != 8:
        return None
    process = ctypes.CDLL(None)
    addresses = {
        name: ctypes.cast(getattr(process, name), ctypes.c_void_p).value or 0 for name in EXTERNALS
    }
    loaded = jit.load(compile_cached(interrupts_text(*known), opt_level=0), addresses)
    hold = ctypes.PYFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_uint64)
    give_back = ctypes.PYFUNCTYPE(None, ctypes.c_int64)
    held = (ctypes.c_int64 * SIGNALS).from_address(loaded.address("parloop_held"))
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_forget)
    return _Native(
        hold(loaded.address("parloop_hold")),
        give_back(loaded.address("parloop_give_back")),
        loaded.address("parloop_interrupted"),
        held,
        loaded,
    )


def _forget() -> None:
    """Give signals back in a child of a thread beside the one that holds them."""
    native = _native()
    if native is not None and _holder.pop("holder", None) is not None:
        native.give_back(1)


_get_handler: Callable[[int], object] = getattr(signal.getsignal, "__wrapped__", signal.getsignal)


@functools.cache
def _numbers() -> tuple[int, ...]:
    synchronous = {getattr(signal, name, None) for name in _SYNCHRONOUS}
    return tuple(
        int(n) for n in signal.valid_signals() if n not in synchronous and n < SIGNALS
    )


def _handled() -> Collection[int]:
    """Return the signals for which there is a handler in Python."""
    return [n for n in _numbers() if callable(_get_handler(n))]
