"""Machine code that reads and clears the processor's floating-point flags.

They are sticky: an operation that overflows sets its flag for whoever looks later. On x86 they
stand in `mxcsr`, and in the status word of the x87, where glibc's `feraiseexcept` sets them, which
NumPy's own loops call (`np.exp` of a float32). Elsewhere libm's `fenv` functions are called.
"""

from __future__ import annotations

import platform

from llvmlite import ir

from parloop.codegen.events import I32, I64, POINTER
from parloop.codegen.layout import FLAG_SHIFT

IS_X86 = platform.machine() in ("x86_64", "AMD64")
_MASK = 0x1D
"""Invalid, divide by zero, overflow, underflow, as x86 has them; not denormal and inexact."""


def clear(builder: ir.IRBuilder, module: ir.Module) -> ir.Value:
    """Clear the flags and return what is needed to put them back."""
    if not IS_X86:
        before = builder.call(_fenv(module, "fetestexcept"), [I32(_fenv_mask())])
        builder.call(_fenv(module, "feclearexcept"), [I32(_fenv_mask())])
        return before
    slot = _slot(builder)
    _control(builder, module, "stmxcsr", slot)
    before = builder.load(slot, typ=I32)
    _assembly(builder, ir.VoidType(), "fnclex", "~{fpsr}")
    builder.store(builder.and_(before, I32(~0x3F & 0xFFFFFFFF)), slot)
    _control(builder, module, "ldmxcsr", slot)
    return before


def read(builder: ir.IRBuilder, module: ir.Module, before: ir.Value) -> ir.Value:
    """Return the flags set since `clear`, in a status word's place; put back those from before."""
    if not IS_X86:
        now = builder.call(_fenv(module, "fetestexcept"), [I32(_fenv_mask())])
        builder.call(_fenv(module, "feraiseexcept"), [before])
        return _from_fenv(builder, now)
    slot = _slot(builder)
    _control(builder, module, "stmxcsr", slot)
    x87 = builder.zext(_assembly(builder, ir.IntType(16), "fnstsw $0", "={ax}"), I32)
    now = builder.or_(builder.load(slot, typ=I32), builder.and_(x87, I32(_MASK)))
    builder.store(builder.or_(now, builder.and_(before, I32(0x3F))), slot)
    _control(builder, module, "ldmxcsr", slot)
    return builder.shl(builder.zext(builder.and_(now, I32(_MASK)), I64), I64(FLAG_SHIFT))


def _assembly(builder: ir.IRBuilder, result: ir.Type, text: str, constraints: str) -> ir.Value:
    code = ir.InlineAsm(ir.FunctionType(result, []), text, constraints, side_effect=True)
    return builder.call(code, [])


def _slot(builder: ir.IRBuilder) -> ir.Value:
    with builder.goto_entry_block():
        slot = builder.alloca(I32)
    slot.type = POINTER
    return slot


def _control(builder: ir.IRBuilder, module: ir.Module, name: str, slot: ir.Value) -> None:
    name = f"llvm.x86.sse.{name}"
    function = module.globals.get(name)
    if function is None:
        function = ir.Function(module, ir.FunctionType(ir.VoidType(), [POINTER]), name)
    builder.call(function, [slot])


_FENV = {  # <fenv.h> of glibc and Apple on arm64: invalid, divbyzero, overflow, underflow
    "aarch64": (1, 2, 4, 8),
    "arm64": (1, 2, 4, 8),
}


def _fenv_bits() -> tuple[int, int, int, int]:
    return _FENV.get(platform.machine(), (1, 2, 4, 8))


def _fenv_mask() -> int:
    return sum(_fenv_bits())


def _from_fenv(builder: ir.IRBuilder, now: ir.Value) -> ir.Value:
    status: ir.Value = I64(0)
    wide = builder.zext(now, I64)
    for bit, x86 in zip(_fenv_bits(), (1, 4, 8, 16), strict=True):
        has = builder.icmp_unsigned("!=", builder.and_(wide, I64(bit)), I64(0))
        status = builder.or_(status, builder.select(has, I64(x86 << FLAG_SHIFT), I64(0)))
    return status


def _fenv(module: ir.Module, name: str) -> ir.Function:
    found = module.globals.get(name)
    if found is None:
        found = ir.Function(module, ir.FunctionType(I32, [I32]), name)
    return found
