"""What LLVM is told of innermost loops whose iterations touch nothing that another one writes.

Their loads and stores form an *access group*, and the loop says that there are no dependences
between its iterations within the group: which is what the analysis proved. LLVM need not prove it
again, which it often cannot: arrays that may share memory, subscripts that skip an element.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir


class _DistinctNode(ir.MDValue):  # type: ignore[misc]  # llvmlite has no types
    """A metadata node that is no other, whatever is in it; `is_loop`: its first part is itself."""

    def __init__(self, module: ir.Module, parts: tuple[Any, ...], *, is_loop: bool) -> None:
        super().__init__(module, parts, name=str(len(module.metadata)))
        self.is_loop = is_loop

    def descr(self, buf: list[str]) -> None:
        """Append the text of the node."""
        parts = [self.get_reference()] if self.is_loop else []
        parts += [part.get_reference() for part in self.operands]
        buf += (f"distinct !{{ {', '.join(parts)} }}", "\n")

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)


def new_group(module: ir.Module) -> ir.MDValue:
    """Return a new access group."""
    return _DistinctNode(module, (), is_loop=False)


def mark_access(access: ir.Instruction, group: ir.MDValue | None) -> None:
    """Put a load or store into `group`, if there is one."""
    if group is not None:
        access.set_metadata("llvm.access.group", group)


def mark_loop(module: ir.Module, branch: ir.Instruction, group: ir.MDValue) -> None:
    """Say that the loop which `branch` closes has no dependences within `group`."""
    name = ir.MetaDataString(module, "llvm.loop.parallel_accesses")
    accesses = module.add_metadata([name, group])
    branch.set_metadata("llvm.loop", _DistinctNode(module, (accesses,), is_loop=True))


def mark_rare(module: ir.Module, branch: ir.Instruction) -> None:
    """Say that the loop which `branch` closes has few iterations: it stays as it is."""
    name, width = ir.MetaDataString(module, "llvm.loop.vectorize.width"), ir.IntType(32)(1)
    whole = ir.MetaDataString(module, "llvm.loop.unroll.disable")
    parts = (module.add_metadata([name, width]), module.add_metadata([whole]))
    branch.set_metadata("llvm.loop", _DistinctNode(module, parts, is_loop=True))


def mark_leftover(module: ir.Module, branch: ir.Instruction) -> None:
    """Say that the loop which `branch` closes is in what a jam leaves over: one copy is enough.

    Several, one after another, were a third of a kernel's machine code.
    """
    once = ir.MetaDataString(module, "llvm.loop.unroll.runtime.disable")
    parts = (module.add_metadata([once]),)
    branch.set_metadata("llvm.loop", _DistinctNode(module, parts, is_loop=True))
