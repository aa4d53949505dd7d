"""What the dotted names of a program mean: the functions and constants that the loop IR can hold.

A *canonical name* is the module and attribute under which the object is usually known
(`math.sqrt`, `numpy.exp`, `builtins.abs`); other spellings of the same object (`np.fabs` is its
own function, `np.abs` is `numpy.absolute`) are led to it. `resolve` answers the same question for
an object at run time, by identity: staging compares the two before it trusts a name.
"""

from __future__ import annotations

import builtins
import itertools
import math
from collections.abc import Mapping
from functools import cache
from types import ModuleType
from typing import TypeAlias

import numpy

Arity: TypeAlias = tuple[int, int]
"""The fewest and the most positional arguments that a call may have."""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_BUILTINS: Mapping[str, Arity] = {
    "abs": (1, 1),
    "all": (1, 1),
    "any": (1, 1),
    "bool": (1, 1),
    "complex": (1, 2),
    "divmod": (2, 2),
    "enumerate": (1, 2),
    "float": (1, 1),
    "int": (1, 1),
    "len": (1, 1),
    "max": (2, 99),
    "min": (2, 99),
    "pow": (2, 3),
    "range": (1, 3),
    "reversed": (1, 1),
    "round": (1, 2),
    "sum": (1, 1),
    "zip": (0, 99),
}

ITERABLES = frozenset(
    {f"builtins.{name}" for name in ("enumerate", "range", "reversed", "zip")}
    | {"itertools.product", "numpy.ndenumerate", "numpy.ndindex"}
)
"""Functions that may only stand in the header of a loop."""

_MATH_UNARY = _words(
    "acos acosh asin asinh atan atanh cbrt ceil cos cosh degrees erf erfc exp exp2 expm1 fabs "
    "floor gamma isfinite isinf isnan isqrt lgamma log10 log1p log2 radians sin sinh sqrt tan "
    "tanh trunc ulp"
)
_MATH_BINARY = _words("atan2 copysign fmod nextafter pow remainder ldexp comb")
_MATH: Mapping[str, Arity] = {
    **dict.fromkeys(_MATH_UNARY, (1, 1)),
    **dict.fromkeys(_MATH_BINARY, (2, 2)),
    "log": (1, 2),
    "hypot": (0, 99),
    "gcd": (0, 99),
    "lcm": (0, 99),
}

_NUMPY_UNARY = _words(
    "absolute arccos arccosh arcsin arcsinh arctan arctanh bitwise_not cbrt ceil conjugate "
    "cos cosh deg2rad degrees exp exp2 expm1 fabs floor isfinite isinf isnan log log10 log1p "
    "log2 logical_not negative positive rad2deg radians reciprocal rint sign signbit sin sinh "
    "spacing sqrt square tan tanh trunc"
)
_NUMPY_BINARY = _words(
    "add arctan2 bitwise_and bitwise_or bitwise_xor copysign divide equal float_power "
    "floor_divide fmax fmin fmod greater greater_equal heaviside hypot ldexp left_shift less "
    "less_equal logaddexp logaddexp2 logical_and logical_or logical_xor maximum minimum "
    "multiply nextafter not_equal power remainder right_shift subtract"
)
_NUMPY_TYPES = _words(
    "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float32 float64 complex64 complex128"
)
_NUMPY: Mapping[str, Arity] = {
    **dict.fromkeys(_NUMPY_UNARY, (1, 1)),
    **dict.fromkeys(_NUMPY_BINARY, (2, 2)),
    **dict.fromkeys(_NUMPY_TYPES, (1, 1)),
    "where": (3, 3),
    **dict.fromkeys(_words("sum prod mean min max argmin argmax any all var std"), (1, 2)),
    **dict.fromkeys(_words("zeros ones empty array"), (1, 2)),
    **dict.fromkeys(_words("zeros_like ones_like empty_like"), (1, 1)),
    "full": (2, 3),
    **dict.fromkeys(_words("dot inner matmul vdot"), (2, 2)),
    **dict.fromkeys(_words("cumsum cumprod copy"), (1, 1)),
    "clip": (3, 3),
    "roll": (2, 3),
    "outer": (2, 2),
    "ndindex": (0, 99),
    "ndenumerate": (1, 1),
}
_LINALG: Mapping[str, Arity] = {"norm": (1, 1)}

BUILTIN_NAMES = frozenset(_BUILTINS)
"""The builtins that a loop may name."""

_MODULES: Mapping[str, tuple[ModuleType, Mapping[str, Arity]]] = {
    "builtins": (builtins, _BUILTINS),
    "itertools": (itertools, {"product": (0, 99)}),
    "math": (math, _MATH),
    "numpy": (numpy, _NUMPY),
    "numpy.linalg": (numpy.linalg, _LINALG),
}

CONSTANTS: Mapping[str, float] = {
    **{f"math.{name}": getattr(math, name) for name in ("pi", "e", "tau", "inf", "nan")},
    **{f"numpy.{name}": getattr(numpy, name) for name in ("pi", "e", "euler_gamma", "inf", "nan")},
}
"""The numbers that go into the loop IR as they are."""

FUNCTIONS: Mapping[str, Arity] = {
    f"{module}.{name}": arity
    for module, (home, table) in _MODULES.items()
    for name, arity in table.items()
    if hasattr(home, name)
}
"""Every callable that the frontend accepts, by canonical name."""


@cache
def _objects() -> dict[int, tuple[object, str]]:
    """Return every known function with its canonical name, by identity; it stays alive here."""
    found: dict[int, tuple[object, str]] = {}
    for canonical in FUNCTIONS:
        module, _, name = canonical.rpartition(".")
        function = getattr(_MODULES[module][0], name)
        found.setdefault(id(function), (function, canonical))
    return found


def resolve(value: object) -> str | None:
    """Return the canonical name of a function or type of the table, `None` for any other object."""
    found = _objects().get(id(value))
    return None if found is None else found[1]


@cache
def canonical_name(dotted: str) -> str | None:
    """Return the canonical name for `dotted` (`numpy.abs` gives `numpy.absolute`), if it is known.

    `dotted` begins with a module's real name. The answer is for the modules as they are now.
    """
    if dotted in CONSTANTS:
        return dotted
    module, _, name = dotted.rpartition(".")
    if module not in _MODULES or not name:
        return None
    if module == "builtins" and name not in _BUILTINS:
        return None
    return resolve(vars(_MODULES[module][0]).get(name))  # without `__getattr__`, which may warn


def means(value: object, canonical: str) -> bool:
    """Tell whether `value`, found at run time, is what `canonical` names."""
    if canonical == "numpy.newaxis":
        return value is None
    if canonical in CONSTANTS:
        expected = CONSTANTS[canonical]
        return type(value) is float and value.hex() == expected.hex()
    if isinstance(value, type) and issubclass(value, BaseException):
        module, _, name = canonical.partition(".")
        return module == "builtins" and value is getattr(builtins, name, None)
    return resolve(value) == canonical
