"""Which values stay the objects that they are: what a loop takes out of lists, and puts into them.

    t = x[i]; x[i] = x[j]; x[j] = t        moves the items of `x`
    x[i] = 2.0 * x[j]                      makes new ones

Numbers of the same type and value cannot be told apart, but for NaNs: `x == y` and `v in x` compare
objects before values, and a NaN is equal to nothing but itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from parloop.ir.nodes import (
    Assign,
    Binary,
    Call,
    Compare,
    Conditional,
    Expr,
    Load,
    Logical,
    Nest,
    Store,
    Unary,
)
from parloop.ir.walk import statements

_CHOICES = ("builtins.min", "builtins.max")


@dataclass(frozen=True, slots=True)
class Moves:
    """The arrays of a nest, by name, whose elements are moved, and those that they may move to."""

    sources: frozenset[str] = frozenset()
    targets: frozenset[str] = frozenset()


def find_moves(nest: Nest) -> Moves:
    """Return what `nest` moves."""
    sources: set[str] = set()
    targets: set[str] = set()
    for stmt in statements((nest.loop,)):
        match stmt:
            case Assign(value=value):
                sources |= {part.array for part in _itself(value) if isinstance(part, Load)}
            case Store(array=array, value=value):
                parts = tuple(_itself(value))
                sources |= {part.array for part in parts if isinstance(part, Load)}
                if parts:
                    targets.add(array)
            case _:
                pass
    return Moves(frozenset(sources), frozenset(targets))


def _itself(expr: Expr) -> Iterator[Expr]:
    """Yield the parts of `expr` whose value, the very object, may be that of `expr`."""
    match expr:
        case Binary() | Compare() | Unary(op="-" | "~" | "not"):
            return
        case Logical(left=left, right=right):
            yield from _itself(left)
            yield from _itself(right)
        case Conditional(then=then, otherwise=otherwise):
            yield from _itself(then)
            yield from _itself(otherwise)
        case Call(callee=callee, arguments=arguments) if callee in _CHOICES:
            for argument in arguments:
                yield from _itself(argument)
        case Unary(operand=operand):
            yield from _itself(operand)
        case Call(arguments=arguments):
            yield expr  # `float(x)` may be `x`, and NumPy keeps some numbers of its own
            for argument in arguments:
                yield from _itself(argument)
        case _:
            yield expr
