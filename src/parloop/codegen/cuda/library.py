"""Functions of the C library on a GPU: which it has, and how near to the true value they are.

The bounds are those of the CUDA C++ Programming Guide, *Mathematical Functions*, *Standard
Functions*: the greatest difference, in units in the last place, between what the device returns and
the result rounded correctly. The guide calls them tested, not proved. Where a bound is 0 the result
has the bits of the CPU, whose function is exact as well.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from parloop.codegen.externals import LIBM

BOUNDS: Final[dict[str, tuple[int, int]]] = {
    "acos": (2, 3),
    "acosh": (3, 4),
    "asin": (2, 4),
    "asinh": (3, 3),
    "atan": (2, 2),
    "atan2": (2, 3),
    "atanh": (2, 3),
    "cbrt": (1, 1),
    "cos": (2, 2),
    "cosh": (1, 2),
    "erf": (2, 2),
    "erfc": (5, 4),
    "exp": (1, 2),
    "exp2": (1, 2),
    "expm1": (1, 1),
    "fmod": (0, 0),
    "hypot": (2, 3),
    "log": (1, 1),
    "log10": (1, 2),
    "log1p": (1, 1),
    "log2": (1, 1),
    "pow": (2, 4),
    "remainder": (0, 0),
    "sin": (2, 2),
    "sinh": (2, 3),
    "tan": (2, 4),
    "tanh": (1, 2),
}
"""Units in the last place by function, for numbers of 64 and of 32 bits.

Where the guides of CUDA 12 and 13 differ, the larger number.
"""

MAY_OVERFLOW: Final = frozenset({"cosh", "exp", "exp2", "expm1", "hypot", "pow", "sinh"})
"""Functions whose result may leave the floats where the arguments are finite, and no poles."""

OF_NUMPY: Final[dict[str, str]] = {
    "arccos": "acos",
    "arccosh": "acosh",
    "arcsin": "asin",
    "arcsinh": "asinh",
    "arctan": "atan",
    "arctan2": "atan2",
    "arctanh": "atanh",
    "cbrt": "cbrt",
    "cos": "cos",
    "cosh": "cosh",
    "exp": "exp",
    "exp2": "exp2",
    "expm1": "expm1",
    "float_power": "pow",
    "hypot": "hypot",
    "log": "log",
    "log10": "log10",
    "log1p": "log1p",
    "log2": "log2",
    "power": "pow",
    "sin": "sin",
    "sinh": "sinh",
    "tan": "tan",
    "tanh": "tanh",
}
"""NumPy's functions of numbers, and the device's."""


def bound_of(function: str) -> int | None:
    """Return by how many units in the last place a function's result may be off; None: unknown."""
    if function in BOUNDS:
        return BOUNDS[function][0]
    single = function.removesuffix("f")
    return BOUNDS[single][1] if single in BOUNDS and single != function else None


def offered(what: str) -> int | None:
    """Return the same for a function as messages call it: `exp`, `numpy.exp`."""
    plain = what.removeprefix("numpy.")
    return bound_of(plain if plain == what else OF_NUMPY.get(plain, ""))


def describe(functions: Iterable[str]) -> str:
    """Say how far the results of functions may be off: `exp by 1 ulp, pow by 2`."""
    shown = [f"`{name}` by {bound_of(name)}" for name in sorted(functions)]
    return f"{', '.join(shown)} ulp at most" if shown else ""


def plain_name(external: str) -> str:
    """Return the name in C of a function of the C library, of which `external` is our own."""
    return external.removeprefix(LIBM)
