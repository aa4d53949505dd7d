"""Where the functions are that machine code calls: libm's, and the inner loops of NumPy's ufuncs."""

from __future__ import annotations


def address(name: str) -> int | None:
    """Return the address of an external by its private name, or `None` if this machine has no such."""
    return None
