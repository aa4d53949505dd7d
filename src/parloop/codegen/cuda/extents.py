"""Numbers that the host can compute from a record: bounds of its loops, numbers of threads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from parloop.codegen.function import Program
from parloop.ir.nodes import Binary, Call, Const, Expr, Extent, For, Name, Rank, Unary
from parloop.ir.types import PY_INT

GUESS = "1024"
"""So many iterations a loop is taken to have where only the device knows."""


@dataclass(frozen=True, slots=True)
class HostNumbers:
    """Writes expressions for the host, which knows the record and the indices of its own loops."""

    program: Program
    in_state: frozenset[str]
    around: tuple[str, ...]

    def text(self, expr: Expr, known: Mapping[str, str] | None = None) -> str | None:
        """Return `expr` over a record's words `w`, or None; `known` has texts for some names."""
        layout = self.program.layout
        match expr:
            case Const(value=bool() | int() as value):
                return str(int(value))
            case Name(id=name) if known and name in known:
                return known[name]
            case Name(id=name) if name in layout.variables and self.is_known(name):
                return f"w[{layout.payload(name, PY_INT)}]"
            case Extent(array=array, axis=axis):
                ndim = self.program.typing.arrays[array].ndim
                first = layout.arrays[array] + 1
                if axis is None:
                    return "(" + " * ".join(f"w[{first + k}]" for k in range(ndim)) + ")"
                return f"w[{first + axis % ndim}]"
            case Rank(array=array):
                return str(self.program.typing.arrays[array].ndim)
            case Unary(op="-" | "+" as op, operand=operand):
                inner = self.text(operand, known)
                return None if inner is None else f"({op}{inner})"
            case Binary(op="+" | "-" | "*" as op, left=left, right=right):
                one, other = self.text(left, known), self.text(right, known)
                return None if one is None or other is None else f"({one} {op} {other})"
            case Binary(op="//" | "%" as op, left=left, right=Const(value=int() as divisor)):
                one = self.text(left, known)
                return None if one is None or not divisor else f"({one} {op} {int(divisor)})"
            case Call(callee="builtins.min" | "builtins.max" as callee, arguments=arguments):
                parts = [self.text(argument, known) for argument in arguments]
                if any(part is None for part in parts):
                    return None
                return f"{callee.rpartition('.')[2]}({', '.join(map(str, parts))})"
            case Call(callee="builtins.index" | "builtins.int", arguments=(argument,)):
                return self.text(argument, known)
            case _:
                return None

    def is_known(self, name: str) -> bool:
        """Return whether the host's record has the value of a name, an int."""
        if name in self.around:
            return True
        is_int = self.program.typing.scalars.get(name) == PY_INT
        return is_int and name not in self.program.typing.nest.outputs and name not in self.in_state

    def count(self, loop: For, known: Mapping[str, tuple[str, str]]) -> tuple[str, tuple[str, str]]:
        """Return how many iterations `loop` may have, and its first and last index.

        `known` has first and last index of loops around it. It is a hint: any number will do.
        """
        counts = []
        ends: list[tuple[str, str]] = []
        for side in (0, 1):
            names = {name: pair[side] for name, pair in known.items()}
            bounds = [self.text(e, names) for e in (loop.start, loop.stop, loop.step)]
            if any(bound is None for bound in bounds):
                return GUESS, ("0", GUESS)
            start, stop, step = bounds
            counts.append(f"trips({start}, {stop}, {step})")
            ends.append((str(start), f"({stop} - 1)"))
        count = counts[0] if counts[0] == counts[1] else f"max({counts[0]}, {counts[1]})"
        return count, (ends[0][0], ends[1][1])
