"""Lower short lists and tuples that are written down.

    x in (1, 2)              ->    True if x == 1 or x == 2 else False

    for d in (-1, n):              %0 = -1
        ...                  ->    %1 = n
                                   for %d in 0:2:1 { d = %0 if %d == 0 else %1

No number is told from another by its identity here: the constants are no NaNs.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from parloop.capture.literals import is_written_out
from parloop.ir.nodes import Compare, Conditional, Const, Expr, Logical

if TYPE_CHECKING:
    from parloop.frontend.expressions import Expressions


def lower_membership(node: ast.expr, first: Expr, lowering: Expressions) -> Expr:
    """Return the test `x in (1, 2)`, or `not in`, where `x` was lowered to `first`."""
    assert isinstance(node, ast.Compare)
    items, span = node.comparators[0], lowering.span(node)
    assert isinstance(items, ast.Tuple | ast.List)
    found: Expr | None = None
    for number, item in enumerate(items.elts):
        value = lowering.second(first, node.left) if number else first
        equal = Compare("==", value, lowering.expression(item), span)
        found = equal if found is None else Logical("or", found, equal, span)
    assert found is not None
    is_in = isinstance(node.ops[0], ast.In)
    return Conditional(found, Const(is_in, span), Const(not is_in, span), span)


def written_columns(node: ast.expr, lowering: Expressions) -> Sequence[Sequence[Expr]] | None:
    """Return the items of a written list, or of its tuples one column after another.

    They are evaluated in order, in front of the statement in hand. None for anything else.
    """
    if not isinstance(node, ast.Tuple | ast.List) or not is_written_out(node):
        return None
    if not lowering.moves:
        return None
    rows = [p.elts if isinstance(p, ast.Tuple | ast.List) else [p] for p in node.elts]
    values = [
        [lowering.bind(lowering.expression(part), names_too=True) for part in row] for row in rows
    ]
    return [list(column) for column in zip(*values, strict=True)]


def chosen(column: Sequence[Expr], position: Callable[[], Expr], lowering: Expressions) -> Expr:
    """Return the expression for the item of `column` at a position that is surely inside."""
    *others, found = map(lowering.again, column)
    for number in reversed(range(len(others))):
        test = Compare("==", position(), Const(number))
        found = Conditional(test, others[number], found, found.span)
    return found
