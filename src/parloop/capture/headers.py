"""Headers of loops over numbers: those of nothing but arithmetic."""

from __future__ import annotations

import ast


def header_names(call: ast.Call) -> tuple[str, ...]:
    """Return the names in the header `range(...)`, if evaluating it again may go unnoticed.

    That is so for arithmetic, `len(NAME)` and `NAME.shape[NUMBER]` with values of builtin types;
    otherwise there are none.
    """
    if call.lineno != call.end_lineno or not all(map(is_plain, call.args)):
        return ()  # a debugger would see several lines pass by again
    return names_in(call)


def bound_names(call: ast.Call) -> tuple[str, ...]:
    """Return the names in those bounds of the header `range(...)` that are plain."""
    return tuple(dict.fromkeys(name for part in call.args if is_plain(part)
                               for name in names_in(part)))  # fmt: skip


def names_in(node: ast.expr) -> tuple[str, ...]:
    """Return the names in `node`, each once."""
    return tuple(dict.fromkeys(n.id for n in ast.walk(node) if isinstance(n, ast.Name)))


def is_plain(node: ast.expr) -> bool:
    """Return whether `node` is arithmetic on names, numbers, lengths and extents."""
    match node:
        case ast.Name() | ast.Constant(value=int()):
            return True
        case ast.BinOp(left=left, op=op, right=right):
            return not isinstance(op, ast.MatMult) and is_plain(left) and is_plain(right)
        case ast.UnaryOp(operand=operand):
            return is_plain(operand)
        case ast.Call(func=ast.Name(id="len"), args=[ast.Name()], keywords=[]):
            return True
        case ast.Subscript(value=ast.Attribute(value=ast.Name(), attr="shape"), slice=index):
            return is_plain(index)
    return False


def may_resume(loop: ast.For) -> bool:
    """Return whether the `else` of `loop` may stand inside of another loop.

    And whether CPython is, when the loop is over, in the line of what is put there.
    """
    header = loop.iter.func if isinstance(loop.iter, ast.Call) else loop.iter
    if loop.lineno != header.lineno or loop.iter.lineno != header.lineno:
        return False
    return not any(_is_for_outer_loop(statement) for statement in loop.orelse)


def _is_for_outer_loop(statement: ast.AST) -> bool:
    """Return whether `statement` is, or has in it, a `break` or `continue` of a loop around it."""
    match statement:
        case ast.Break() | ast.Continue():
            return True
        case ast.For() | ast.AsyncFor() | ast.While():
            return any(map(_is_for_outer_loop, statement.orelse))
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return False
    return any(
        _is_for_outer_loop(part)
        for block in ("body", "handlers", "cases", "orelse", "finalbody")
        for part in getattr(statement, block, ())
    )
