"""The text of LLVM functions, in half the time that llvmlite takes for it.

The instructions that kernels are full of are written here, all others by llvmlite.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from llvmlite import ir
from llvmlite.ir import instructions


def function_text(function: ir.Function) -> str:
    """Return the text of a function: to LLVM it is the same as `str(function)`."""
    if function.is_declaration:
        return str(function)
    parts: list[str] = []
    function.descr_prototype(parts)
    parts.append("{\n")
    for block in function.blocks:
        parts.append(f"{block.get_reference()[1:]}:\n")
        for instruction in block.instructions:
            write = _WRITERS.get(type(instruction))
            if write is None or instruction.metadata:
                parts.append(f"{instruction}\n")
            elif isinstance(instruction.type, ir.VoidType):
                parts.append(f"{write(instruction)}\n")
            else:
                parts.append(f"{instruction.get_reference()} = {write(instruction)}\n")
    parts.append("}\n")
    return "".join(parts)


def _load(load: Any) -> str:
    (pointer,) = load.operands
    aligned = "" if load.align is None else f", align {load.align}"
    return f"load {load.type}, {pointer.type} {pointer.get_reference()}{aligned}"


def _store(store: Any) -> str:
    value, pointer = store.operands
    aligned = "" if store.align is None else f", align {store.align}"
    return (
        f"store {value.type} {value.get_reference()},"
        f" {pointer.type} {pointer.get_reference()}{aligned}"
    )


def _plain(instruction: Any) -> str:
    flags = "".join([f"{flag} " for flag in instruction.flags])
    operands = ", ".join([operand.get_reference() for operand in instruction.operands])
    return f"{instruction.opname} {flags}{instruction.type} {operands}"


def _compare(compare: Any) -> str:
    left, right = compare.operands
    flags = "".join([f"{flag} " for flag in compare.flags])
    references = f"{left.get_reference()}, {right.get_reference()}"
    return f"{compare.opname} {flags}{compare.op} {left.type} {references}"


def _cast(cast: Any) -> str:
    (value,) = cast.operands
    return f"{cast.opname} {value.type} {value.get_reference()} to {cast.type}"


def _element(element: Any) -> str:
    pointer = element.pointer
    indices = ", ".join([f"{i.type} {i.get_reference()}" for i in element.indices])
    inbounds = "inbounds " if element.inbounds else ""
    return (
        f"getelementptr {inbounds}{element.source_etype},"
        f" {pointer.type} {pointer.get_reference()}, {indices}"
    )


def _branch(branch: Any) -> str:
    targets = ", ".join([f"{o.type} {o.get_reference()}" for o in branch.operands])
    return f"{branch.opname} {targets}"


_WRITERS: Mapping[type, Callable[[Any], str]] = {
    instructions.Branch: _branch,
    instructions.CastInstr: _cast,
    instructions.ConditionalBranch: _branch,
    instructions.FCMPInstr: _compare,
    instructions.GEPInstr: _element,
    instructions.ICMPInstr: _compare,
    instructions.Instruction: _plain,
    instructions.LoadInstr: _load,
    instructions.StoreInstr: _store,
}
