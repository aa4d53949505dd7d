"""The types a value of the loop IR can have.

Python's numbers and NumPy's scalars are kept apart (`owner`), because promotion (NEP 50), overflow,
division by zero and the bits of a result depend on which of them stands on either side. A value
whose type depends on data has a `Union` of scalar types; `UNBOUND` is the member that says the
name may have no value yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Owner: TypeAlias = Literal["python", "numpy"]
Kind: TypeAlias = Literal["b", "i", "u", "f", "c"]


@dataclass(frozen=True, slots=True)
class Scalar:
    """One number: who owns its semantics, its kind, and its width in bits.

    Prints as `int`, `float`, `bool`, `complex` for Python's and `float64`, `int8`, ... for NumPy's.
    A Python int is kept in 64 signed bits; leaving them is an event, not a wrap.
    """

    owner: Owner
    kind: Kind
    bits: int

    def __str__(self) -> str:
        if self.owner == "python":
            return {"b": "bool", "i": "int", "f": "float", "c": "complex"}[self.kind]
        return "bool_" if self.kind == "b" else f"{_NUMPY_KIND[self.kind]}{self.bits}"


_NUMPY_KIND = {"i": "int", "u": "uint", "f": "float", "c": "complex"}

PY_BOOL = Scalar("python", "b", 8)
PY_INT = Scalar("python", "i", 64)
PY_FLOAT = Scalar("python", "f", 64)
PY_COMPLEX = Scalar("python", "c", 128)
NP_BOOL = Scalar("numpy", "b", 8)
NP_INT8, NP_INT16, NP_INT32, NP_INT64 = (Scalar("numpy", "i", n) for n in (8, 16, 32, 64))
NP_UINT8, NP_UINT16, NP_UINT32, NP_UINT64 = (Scalar("numpy", "u", n) for n in (8, 16, 32, 64))
NP_FLOAT32, NP_FLOAT64 = (Scalar("numpy", "f", n) for n in (32, 64))
NP_COMPLEX64, NP_COMPLEX128 = (Scalar("numpy", "c", n) for n in (64, 128))

PYTHON_SCALARS = (PY_BOOL, PY_INT, PY_FLOAT, PY_COMPLEX)
NUMPY_SCALARS = (
    NP_BOOL,
    *(NP_INT8, NP_INT16, NP_INT32, NP_INT64),
    *(NP_UINT8, NP_UINT16, NP_UINT32, NP_UINT64),
    *(NP_FLOAT32, NP_FLOAT64),
    *(NP_COMPLEX64, NP_COMPLEX128),
)


@dataclass(frozen=True, slots=True)
class Unbound:
    """The type of a name that has no value."""

    def __str__(self) -> str:
        return "unbound"


UNBOUND = Unbound()

Member: TypeAlias = Scalar | Unbound
Union: TypeAlias = frozenset[Member]
"""The types that a value may have at one point; a singleton nearly everywhere."""


@dataclass(frozen=True, slots=True)
class Array:
    """A `numpy.ndarray` (exactly that class): element type, rank, and whether it may be written.

    With elements that Python owns, a list of numbers that were copied into an array.
    """

    dtype: Scalar
    ndim: int
    writable: bool

    def __str__(self) -> str:
        return f"{self.dtype}[{', '.join(':' * self.ndim)}]"


Type: TypeAlias = Scalar | Array
