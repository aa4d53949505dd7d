"""Print the loop IR in the forms that the docstrings of `ir.nodes` give.

    for i in 0:n:1 {
        b[i] = 2.0 * math.sqrt(a[i])
    }

Expressions are Python's, with as few parentheses as keep the tree; `ir.parse` reads them again.
"""

from __future__ import annotations

from typing import TypeAlias, assert_never

from parloop.ir.nodes import (
    Assign,
    Binary,
    Break,
    Call,
    Compare,
    Conditional,
    Const,
    Continue,
    Expr,
    Extent,
    For,
    If,
    Load,
    Logical,
    Name,
    Nest,
    Rank,
    Slice,
    Stmt,
    Store,
    Unary,
    While,
)

Printable: TypeAlias = Nest | Stmt | Expr

_CONDITIONAL, _OR, _AND, _NOT, _COMPARE = 0, 1, 2, 3, 4
_UNARY, _POWER, _ATOM = 11, 12, 13
_BINARY = {"|": 5, "^": 6, "&": 7, "<<": 8, ">>": 8, "+": 9, "-": 9}
_BINARY |= {"*": 10, "/": 10, "//": 10, "%": 10, "**": _POWER}
"""How tightly each form binds, as in Python's grammar."""


def to_text(node: Printable) -> str:
    """Return `node` as text; a nest or statement has one line a statement, indented by blocks."""
    match node:
        case Nest(loop=loop):
            return "\n".join(_statement(loop))
        case (
            Const() | Name() | Unary() | Binary() | Compare() | Logical() | Conditional()
            | Call() | Load() | Extent() | Rank() | Slice()
        ):  # fmt: skip
            return _expression(node, _CONDITIONAL)
        case _:
            return "\n".join(_statement(node))


def _statement(stmt: Stmt) -> list[str]:
    match stmt:
        case Assign(target=target, value=value):
            return [f"{target} = {to_text(value)}"]
        case Store(array=array, subscripts=subscripts, value=value):
            return [f"{array}[{_subscripts(subscripts)}] = {to_text(value)}"]
        case For(index=index, body=body, orelse=orelse):
            bounds = ":".join(
                _expression(bound, _OR) for bound in (stmt.start, stmt.stop, stmt.step)
            )
            into = f" into {stmt.total}" if stmt.total else ""
            own = f" own {', '.join(stmt.own)}" if stmt.own else ""
            return _blocks(f"for {index} in {bounds}{into}{own}", body, orelse)
        case While(test=test, body=body, orelse=orelse):
            return _blocks(f"while {to_text(test)}", body, orelse)
        case If(test=test, then=then, otherwise=otherwise):
            return _blocks(f"if {to_text(test)}", then, otherwise)
        case Break():
            return ["break"]
        case Continue():
            return ["continue"]
        case _:
            assert_never(stmt)


def _blocks(head: str, first: tuple[Stmt, ...], second: tuple[Stmt, ...]) -> list[str]:
    lines = [f"{head} {{", *_indented(first)]
    if second:
        lines += ["} else {", *_indented(second)]
    return [*lines, "}"]


def _indented(body: tuple[Stmt, ...]) -> list[str]:
    return [f"    {line}" for stmt in body for line in _statement(stmt)]


def _subscripts(subscripts: tuple[Expr, ...]) -> str:
    return ", ".join(to_text(subscript) for subscript in subscripts) or "()"


def _expression(expr: Expr, least: int) -> str:
    """Return `expr`, in parentheses if it binds less tightly than `least`."""
    text, tightness = _form(expr)
    return text if tightness >= least else f"({text})"


def _form(expr: Expr) -> tuple[str, int]:
    match expr:
        case Const(value=value):
            text = repr(value)
            return text, _UNARY if text.startswith("-") else _ATOM
        case Name(id=name):
            return name, _ATOM
        case Unary(op="not", operand=operand):
            return f"not {_expression(operand, _NOT)}", _NOT
        case Unary(op=op, operand=operand):
            return f"{op}{_expression(operand, _UNARY)}", _UNARY
        case Binary():
            return _binary(expr)
        case Compare(op=op, left=left, right=right):
            sides = _expression(left, _COMPARE + 1), _expression(right, _COMPARE + 1)
            return f"{sides[0]} {op} {sides[1]}", _COMPARE
        case Logical(op=op, left=left, right=right):
            tightness = _AND if op == "and" else _OR
            sides = _expression(left, tightness), _expression(right, tightness + 1)
            return f"{sides[0]} {op} {sides[1]}", tightness
        case Conditional(test=test, then=then, otherwise=otherwise):
            first = f"{_expression(then, _OR)} if {_expression(test, _OR)}"
            return f"{first} else {_expression(otherwise, _CONDITIONAL)}", _CONDITIONAL
        case Call() | Load() | Extent() | Rank():
            return _postfix(expr), _ATOM
        case Slice(lower=lower, upper=upper, step=step):
            ends = ":".join("" if end is None else to_text(end) for end in (lower, upper))
            return ends if step is None else f"{ends}:{to_text(step)}", _CONDITIONAL
        case _:
            assert_never(expr)


def _binary(expr: Binary) -> tuple[str, int]:
    tightness = _BINARY[expr.op]
    if expr.op == "**":
        # The right side of `**` may be a unary operation, the left side may not.
        left, right = _expression(expr.left, _ATOM), _expression(expr.right, _UNARY)
    else:
        left, right = _expression(expr.left, tightness), _expression(expr.right, tightness + 1)
    return f"{left} {expr.op} {right}", tightness


def _postfix(expr: Call | Load | Extent | Rank) -> str:
    match expr:
        case Call(callee=callee, path=path, arguments=arguments):
            part = callee.rpartition(".")[2]
            item = f"[{part}]" if part.isdecimal() else ""
            return f"{path}({', '.join(to_text(argument) for argument in arguments)}){item}"
        case Load(array=array, subscripts=subscripts):
            return f"{array}[{_subscripts(subscripts)}]"
        case Extent(array=array, axis=None):
            return f"{array}.size"
        case Extent(array=array, axis=axis, rank=rank):
            return f"{array}.shape[{axis}]" if rank is None else f"{array}.shape[{axis}, {rank}]"
        case Rank(array=array):
            return f"{array}.ndim"
        case _:
            assert_never(expr)
