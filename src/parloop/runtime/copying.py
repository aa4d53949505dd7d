"""Copies of large arrays that leave the caches to those who are about to work on the arrays.

A copy that is seldom looked at again need not go through the caches: stores past them read no
memory, and push nothing out.
"""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np

from parloop.runtime import jit
from parloop.runtime.cache import compile_cached
from parloop.runtime.once import once

LARGE = 1 << 20
"""Copies of fewer bytes are made by NumPy: they stay in a core's own cache."""

LINE = 64

_TEXT = """
define void @parloop_copy(ptr %to, ptr %from, i64 %bytes) nounwind { ; whole lines, `to` aligned
entry:
  %some = icmp ugt i64 %bytes, 0
  br i1 %some, label %line, label %leave
line:
  %at = phi i64 [0, %entry], [%after, %line]
  %source = getelementptr i8, ptr %from, i64 %at
  %target = getelementptr i8, ptr %to, i64 %at
  %words = load <8 x i64>, ptr %source, align 1
  store <8 x i64> %words, ptr %target, align 64, !nontemporal !0
  %after = add i64 %at, 64
  %more = icmp ult i64 %after, %bytes
  br i1 %more, label %line, label %leave
leave:
  fence seq_cst
  ret void
}
!0 = !{ i32 1 }
"""


def copy_aside(copy: np.ndarray[Any, Any], array: np.ndarray[Any, Any]) -> None:
    """Give `copy` the elements of `array`, which has its shape and type."""
    same = copy.strides == array.strides and copy.flags.forc and array.flags.forc
    if not same or array.nbytes < LARGE or array.dtype.hasobject:
        np.copyto(copy, array)
        return
    to, source = (each.__array_interface__["data"][0] for each in (copy, array))
    head = min(-to % LINE, array.nbytes)
    lines = (array.nbytes - head) // LINE * LINE
    ctypes.memmove(to, source, head)
    _native().copy(to + head, source + head, lines)
    end = head + lines
    ctypes.memmove(to + end, source + end, array.nbytes - end)


class _Native:
    """The machine code, in memory as long as this object is."""

    __slots__ = ("copy", "loaded")

    def __init__(self) -> None:
        self.loaded = jit.load(compile_cached(_TEXT, opt_level=0), {})
        # Holds the GIL: nobody else is to write to the array meanwhile.
        function = ctypes.PYFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)
        self.copy = function(self.loaded.address("parloop_copy"))


@once
def _native() -> _Native:
    return _Native()
