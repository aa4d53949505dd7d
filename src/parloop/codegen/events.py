"""What the emission of one operation asks of the kernel around it.

An `Emitter` carries the builder, and takes the *events* of an operation: that CPython would raise
here (or leave what machine numbers can hold), or that NumPy would warn. The kernel generator
subclasses it; the plain class serves where no event can happen, and says so if one can.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from llvmlite import ir

from parloop.ir.types import Scalar

Value: TypeAlias = Any
"""An LLVM value, or for a complex number the pair (real, imaginary) of two."""

I1, I8, I32, I64 = (ir.IntType(n) for n in (1, 8, 32, 64))
F32, F64 = ir.FloatType(), ir.DoubleType()
POINTER = ir.PointerType()

FLAG_TEXTS = {
    "divide": "divide by zero",
    "over": "overflow",
    "under": "underflow",
    "invalid": "invalid value",
}
"""How NumPy's warnings call the floating point flags, in the order in which it reports them."""


class Emitter:
    """Where the code of an operation goes, and what takes its events.

    In the fast variant (`precise` false) execution goes on after an event, which is only noted; in
    the precise variant `raises` leaves the kernel when its condition holds.
    """

    fuses: bool = False
    """Whether a product that is added or subtracted at once may be rounded with the sum only."""

    in_chain: bool = False
    """Whether the code is for the fast variant of a loop of which LLVM makes no lanes."""

    def __init__(self, builder: ir.IRBuilder, module: ir.Module, *, precise: bool) -> None:
        self.builder = builder
        self.module = module
        self.precise = precise

    def raises(self, condition: ir.Value) -> None:
        """Note that CPython raises here, or has a result that is no machine number."""
        raise NotImplementedError

    def warns(self, flag: str, verb: str, condition: ir.Value) -> None:
        """Note that NumPy warns `warning_text(flag, verb)` here if `condition`."""
        raise NotImplementedError

    def from_library(self, function: ir.Function, arguments: tuple[ir.Value, ...]) -> ir.Value:
        """Return what a function of the C library gives."""
        return self.builder.call(function, arguments)

    def in_place_of_loop(self, name: str, rule: Any, values: tuple[Value, ...]) -> Value | None:
        """Return the result of the ufunc `numpy.name` if not its inner loop gives it, else None."""
        return None

    def slot(self, type_: ir.Type) -> ir.Value:
        """Return an untyped pointer to new room on the stack, made once a call of the function."""
        with self.builder.goto_entry_block():
            slot = self.builder.alloca(type_)
        slot.type = POINTER
        return slot

    def external(self, name: str, function_type: ir.FunctionType) -> ir.Function:
        """Return the declaration of a function that `externals.address` knows as `name`."""
        found = self.module.globals.get(name)
        if found is None:
            found = ir.Function(self.module, function_type, name)
            found.attributes.add("nounwind")
        return found


def warning_text(flag: str, verb: str) -> str:
    """Return the text of NumPy's warning: `overflow encountered in scalar add`."""
    return f"{FLAG_TEXTS[flag]} encountered in {verb}"


def llvm_type(scalar: Scalar) -> ir.Type:
    """Return the type of a number in a register; of a complex number, the type of its parts."""
    match scalar.kind:
        case "b":
            return I1
        case "i" | "u":
            return ir.IntType(scalar.bits)
        case "f":
            return F32 if scalar.bits == 32 else F64
        case _:
            return F32 if scalar.bits == 64 else F64


def memory_type(scalar: Scalar) -> ir.Type:
    """Return the type of a number in an array: as in a register, but a bool is one byte.

    A complex number is two of them, real part first.
    """
    return I8 if scalar.kind == "b" else llvm_type(scalar)
