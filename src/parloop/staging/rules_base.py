"""The shape of a rule, and NumPy's promotion of types (NEP 50)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy

from parloop.ir.types import (
    NP_BOOL,
    NP_COMPLEX64,
    NP_COMPLEX128,
    NP_FLOAT32,
    NP_FLOAT64,
    NP_INT64,
    NUMPY_SCALARS,
    Scalar,
)

RuleOwner: TypeAlias = Literal["python", "numpy-scalar", "numpy-loop"]

NO_FLAGS: frozenset[str] = frozenset()
ALL_FLAGS = frozenset({"over", "divide", "invalid", "under"})


@dataclass(frozen=True, slots=True)
class Rule:
    """How an operation on operands of certain types is done."""

    result: Scalar
    """The exact type of the result when nothing is raised."""
    compute: tuple[Scalar, ...]
    """The type that each operand is converted to first."""
    owner: RuleOwner
    """Whose algorithm gives the bits: Python's, NumPy's scalars', or a ufunc's inner loop."""
    may_raise: bool = False
    """Whether some values raise, or give a result of another type or outside 64 bits."""
    flags: frozenset[str] = NO_FLAGS
    """The floating point flags of which NumPy may warn after this operation or its conversions."""
    int_warns: bool = False
    """Whether NumPy may warn of an integer result (overflow, division by zero)."""
    verb: str = ""
    """How NumPy's warnings call the operation: `scalar add`, `exp`."""


def promote(left: Scalar, right: Scalar) -> Scalar:
    """Return NumPy's common type of two NumPy types: `int8` and `uint8` give `int16`."""
    if left == right:
        return left
    low, high = sorted((left, right), key=_rank)
    match low.kind, high.kind:
        case "b", _:
            return high
        case ("u", "u") | ("i", "i") | ("f", "f") | ("c", "c"):
            return high
        case "u", "i":
            return high if high.bits > low.bits else _signed_above(low.bits)
        case (("u" | "i"), "f"):
            return high if low.bits <= 16 else NP_FLOAT64
        case (("u" | "i"), "c"):
            return high if low.bits <= 16 else NP_COMPLEX128
        case _:  # a float and a complex number
            return high if low == NP_FLOAT32 else NP_COMPLEX128


def _rank(scalar: Scalar) -> tuple[int, int]:
    return "buifc".index(scalar.kind), scalar.bits


def _signed_above(bits: int) -> Scalar:
    return NP_FLOAT64 if bits == 64 else Scalar("numpy", "i", 2 * bits)


def weak(python: Scalar, numpy: Scalar) -> Scalar:
    """Return the common type of a Python number, which gives way, and a NumPy scalar."""
    match python.kind, numpy.kind:
        case "b", _:
            return numpy
        case "i", "b":
            return NP_INT64
        case ("i", _) | ("f", "f" | "c") | ("c", "c"):
            return numpy
        case "f", _:
            return NP_FLOAT64
        case _:
            return NP_COMPLEX64 if numpy == NP_FLOAT32 else NP_COMPLEX128


def default_type(scalar: Scalar) -> Scalar:
    """Return the NumPy type that a Python number has by itself; NumPy's types are their own."""
    if scalar.owner == "numpy":
        return scalar
    return {"b": NP_BOOL, "i": NP_INT64, "f": NP_FLOAT64, "c": NP_COMPLEX128}[scalar.kind]


def common_type(left: Scalar, right: Scalar) -> Scalar:
    """Return the type in which NumPy computes with these two operands."""
    match left.owner, right.owner:
        case "python", "numpy":
            return weak(left, right)
        case "numpy", "python":
            return weak(right, left)
        case _:
            return promote(default_type(left), default_type(right))


def integer_bounds(scalar: Scalar) -> tuple[int, int]:
    """Return the least and the greatest value of an integer type."""
    if scalar.kind == "u":
        return 0, 2**scalar.bits - 1
    return -(2 ** (scalar.bits - 1)), 2 ** (scalar.bits - 1) - 1


def conversion_may_raise(source: Scalar, target: Scalar) -> bool:
    """Return whether some value of `source` has no place in `target` and raises.

    Conversions between NumPy's own integers wrap; Python's ints do not.
    """
    if target.kind not in "iu" or source.kind == "b":
        return False
    if source.kind in "fc":
        return True
    if source.owner == "numpy" and target.owner == "numpy":
        return False
    low, high = integer_bounds(target)
    source_low, source_high = integer_bounds(source)
    return source_low < low or source_high > high


def conversion_flags(source: Scalar, target: Scalar) -> frozenset[str]:
    """Return the floating point flags that a conversion may set, to warn of `overflow in cast`."""
    parts = {"f": 1, "c": 2}
    if source.kind not in "fc" or target.kind not in "fc" or target.owner == "python":
        return NO_FLAGS
    if source.bits // parts[source.kind] <= target.bits // parts[target.kind]:
        return NO_FLAGS
    return frozenset({"over", "under"})


def is_python(*scalars: Scalar) -> bool:
    """Return whether all of these are Python's own numbers."""
    return all(scalar.owner == "python" for scalar in scalars)


def numpy_scalar(name: str) -> Scalar | None:
    """Return the NumPy type of that name (`float64`, `bool`), if the loop IR has it."""
    return _BY_NAME.get(name)


def numpy_character(scalar: Scalar) -> str:
    """Return NumPy's letter for a type: `d` for `float64`."""
    return numpy.dtype(str(scalar).removesuffix("_")).char


def loop_signature(operands: tuple[Scalar, ...], result: Scalar) -> str:
    """Return how `numpy.ufunc.types` writes a loop over these types: `dd->d`."""
    characters = [numpy_character(scalar) for scalar in (*operands, result)]
    return f"{''.join(characters[:-1])}->{characters[-1]}"


_BY_NAME = {str(scalar): scalar for scalar in NUMPY_SCALARS} | {"bool": NP_BOOL}
