"""Values of C++ expressions while a kernel is written, and how their types and constants look.

Integers are kept in unsigned types, in which all arithmetic is defined; operations on signed
numbers cast. A truth value is a `bool`. The types are LLVM's, so that the emission of operations
(`codegen.scalar*`) serves both.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from llvmlite import ir

from parloop.codegen.cuda.library import BOUNDS
from parloop.codegen.events import F32, F64, POINTER


@dataclass(eq=False, slots=True)
class Value:
    """An expression: `template` with its operands put in.

    `reads` is set where a variable or memory is read, so that the value depends on when that is;
    `atomic` where it needs no parentheses. `name` is what it is called if it gets a name.
    """

    type: Any
    template: str
    operands: tuple[Operand, ...] = ()
    atomic: bool = False
    reads: bool = False
    name: str = ""
    fixed: bool = field(default=False)
    """Whether it gets its name in any case."""
    kept: str = ""
    """The name under which it stands in the text, once it does."""
    opname: str = ""
    """What LLVM calls the operation, of products of floats only."""


Operand: TypeAlias = Any
"""A value, or a constant of LLVM's."""


@dataclass(eq=False, slots=True)
class Place:
    """Something that can be read and assigned: a variable, a word of the record or the state."""

    type: Any
    text: str
    content: Any
    """The type of what stands there."""


@dataclass(eq=False, slots=True)
class Address:
    """The address of an element of an array, in bytes."""

    type: Any
    value: Value
    outside: Value | None = None
    """Whether it must not be touched."""


def type_name(type_: Any) -> str:
    """Return the C++ type in which values of an LLVM type are kept."""
    if isinstance(type_, ir.IntType):
        if type_.width == 1:
            return "bool"
        return f"u{container(type_.width)}"
    if type_ == F64:
        return "double"
    if type_ == F32:
        return "float"
    if type_ == POINTER:
        return "char *"
    raise TypeError(type_)


def container(width: int) -> int:
    """Return the width of the C++ type that keeps numbers of so many bits."""
    return next(n for n in (8, 16, 32, 64, 128) if n >= width)


def signed_name(type_: Any) -> str:
    """Return the signed C++ type of the same width."""
    return f"i{container(type_.width)}"


def is_constant(value: Any) -> bool:
    """Return whether a value is a constant of LLVM's."""
    return isinstance(value, ir.Constant)


def literal(value: Any, *, plain: bool = False) -> str:
    """Return a constant as C++ text; `plain`: beside an operand that has the type already."""
    type_, number = value.type, value.constant
    if isinstance(type_, ir.IntType):
        if type_.width == 1:
            return "true" if number else "false"
        number = int(number)
        small = -(2**31) < number < 2**31
        wrapped = number % 2**type_.width
        if plain and small and type_.width >= 32:
            return str(number)
        if small and number >= 0:
            return f"{type_name(type_)}({number})"
        return f"{type_name(type_)}({wrapped}ull)"
    if type_ == POINTER:
        return "nullptr"
    number = float(number)
    if math.isnan(number):
        text = "not_a_number()"
    elif math.isinf(number):
        text = "infinity()" if number > 0 else "-infinity()"
    else:
        text = repr(number)
    if type_ == F32:
        return f"float({text})"
    return text


def signed_literal(value: Any) -> str:
    """Return an integer constant as a signed number."""
    number, width = int(value.constant), value.type.width
    number = (number + 2 ** (width - 1)) % 2**width - 2 ** (width - 1)
    if width < 64:
        return str(number)
    if number == -(2**63):
        return "(-9223372036854775807ll - 1)"
    return str(number) if -(2**31) < number < 2**31 else f"{number}ll"


class Names:
    """Names for C++, as near to the user's as can be, each given once."""

    def __init__(self) -> None:
        self.taken: set[str] = set(RESERVED)

    def new(self, wanted: str) -> str:
        """Return a name that is not used yet."""
        plain = re.sub(r"[^0-9A-Za-z_]", lambda m: f"u{ord(m[0]):x}", wanted.lstrip("%"))
        plain = re.sub(r"__+", "_", plain) or "v"
        if plain[0].isdigit() or plain[0] == "_":
            plain = "v" + plain
        name, number = plain, 1
        while name in self.taken:
            number += 1
            name = f"{plain}_{number}"
        self.taken.add(name)
        return name


_RESERVED = """
    alignas alignof and and_eq asm auto bitand bitor bool break case catch char char8_t char16_t
    char32_t class compl concept const consteval constexpr constinit const_cast continue co_await
    co_return co_yield decltype default delete do double dynamic_cast else enum explicit export
    extern false float for friend goto if inline int long mutable namespace new noexcept not not_eq
    nullptr operator or or_eq private protected public register reinterpret_cast requires return
    short signed sizeof static static_assert static_cast struct switch template this thread_local
    throw true try typedef typeid typename union unsigned using virtual void volatile wchar_t while
    xor xor_eq u8 u16 u32 u64 u128 i8 i16 i32 i64 i128 record state trip thread threads here Record
    State load store as_double as_float as_word infinity not_a_number power gcd power_modulo
    multiplies_beyond_signed multiplies_beyond_unsigned powers_of_ten shuffled threadIdx blockIdx
    blockDim gridDim warpSize fabs fabsf sqrt sqrtf floor floorf ceil ceilf trunc truncf rint rintf
    copysign copysignf fmod fmodf main memcpy memset size_t y0 y1 yn j0 j1 jn gamma abs div exp log
    log2 log10 pow sin cos tan asin acos atan atan2 sinh cosh tanh hypot round min max printf malloc
    free assert clock signal raise time exit abort isnan isinf isfinite signbit exp2 expm1 log1p
    cbrt erf erfc tgamma lgamma fma fmin fmax fdim frexp ldexp modf remainder remquo scalbn ilogb
    logb nextafter fmaf NULL EOF errno linux unix mine theirs number left lane round distance row
    at rows tell TRIPPED DIVIDED OVERFLOWED UNDERFLOWED INVALID
"""

RESERVED = frozenset(_RESERVED.split()) | {f"{name}f" for name in BOUNDS} | BOUNDS.keys()
"""Names that a variable cannot have in the text, or had better not have."""
