"""Read the loop IR from the text that `ir.printer` prints; tests say a nest most clearly so.

    for i in 0:n:1 { if a[i] > 0 { b[i] = math.sqrt(a[i]) } else { break } }

Statements end with their line, a brace or `;`. `np.f` is `numpy.f`, `math.f` itself, and any other
function a builtin; `inf` and `nan` are numbers. Spans are lost.
"""

from __future__ import annotations

import ast
import math
import re
from typing import cast

from parloop.diagnostics import InternalError
from parloop.ir.nodes import (
    Assign,
    Binary,
    BinaryOperator,
    Break,
    Call,
    Compare,
    CompareOperator,
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
    UnaryOperator,
    While,
)
from parloop.ir.uses import nest_of
from parloop.source import Source

_TEMPORARY = "temporary__"  # stands for `%` while Python's parser reads an expression
_OPERATORS = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.LShift: "<<",
    ast.RShift: ">>",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.BitXor: "^",
    ast.USub: "-",
    ast.UAdd: "+",
    ast.Invert: "~",
    ast.Not: "not",
    ast.And: "and",
    ast.Or: "or",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}


def parse_nest(text: str) -> Nest:
    """Return the nest that `text` prints; its source is `text` itself."""
    (loop,) = parse_body(text)
    if not isinstance(loop, For):
        raise InternalError(f"not a loop: {text}")
    return nest_of(loop, Source("<nest>", text), "<nest>")


def parse_body(text: str) -> tuple[Stmt, ...]:
    """Return the statements that `text` prints."""
    reader = _Reader(re.findall(r"[{}]|[^{};\n]+", text))
    body = reader.body()
    if reader.tokens:
        raise InternalError(f"unexpected `{reader.tokens[0]}`")
    return body


def parse_expression(text: str) -> Expr:
    """Return the expression that `text` prints."""
    # A percent sign that follows no operand begins a temporary's name.
    plain = re.sub(r"(^|[-+*/%~(\[,<>=&|^:]|\b(?:not|and|or|if|else))\s*%(?=\w)", _rename, text)
    return _expression(ast.parse(plain.strip(), mode="eval").body)


def _rename(match: re.Match[str]) -> str:
    return f"{match.group(1)} {_TEMPORARY}"


class _Reader:
    """Takes statements from the front of the pieces between braces, lines and semicolons."""

    def __init__(self, pieces: list[str]) -> None:
        self.tokens = [piece.strip() for piece in pieces if piece.strip()]

    def body(self) -> tuple[Stmt, ...]:
        found: list[Stmt] = []
        while self.tokens and self.tokens[0] != "}":
            found.append(self.statement(self.tokens.pop(0)))
        return tuple(found)

    def block(self) -> tuple[Stmt, ...]:
        self.expect("{")
        body = self.body()
        self.expect("}")
        return body

    def expect(self, token: str) -> None:
        if not self.tokens or self.tokens.pop(0) != token:
            raise InternalError(f"expected `{token}`")

    def otherwise(self) -> tuple[Stmt, ...]:
        if self.tokens and self.tokens[0] == "else":
            self.tokens.pop(0)
            return self.block()
        return ()

    def statement(self, head: str) -> Stmt:
        word, _, rest = head.partition(" ")
        match word:
            case "for":
                index, _, bounds = rest.partition(" in ")
                bounds, _, names = bounds.partition(" own ")
                own = tuple(name.strip() for name in names.split(",")) if names else ()
                bounds, _, total = bounds.partition(" into ")
                start, stop, step = (parse_expression(bound) for bound in bounds.split(":"))
                body, orelse = self.block(), self.otherwise()
                bounds_ = (start, stop, step)
                return For(index.strip(), *bounds_, body, orelse, total=total.strip(), own=own)
            case "while":
                return While(parse_expression(rest), self.block(), self.otherwise())
            case "if":
                return If(parse_expression(rest), self.block(), self.otherwise())
            case "break":
                return Break()
            case "continue":
                return Continue()
            case _:
                return _assignment(head)


def _assignment(text: str) -> Stmt:
    place, value = re.split(r"(?<![<>=!])=(?!=)", text, maxsplit=1)
    match parse_expression(place):
        case Name(id=name):
            return Assign(name, parse_expression(value))
        case Load(array=array, subscripts=subscripts):
            return Store(array, subscripts, parse_expression(value))
        case _:
            raise InternalError(f"not an assignment: {text}")


def _expression(node: ast.expr) -> Expr:
    match node:
        case ast.Name(id="inf" | "nan" as word):
            return Const(float(word))
        case ast.Name(id=name):
            return Name(_named(name))
        case ast.Constant(value=bool() | int() | float() | complex() as number):
            return Const(number)
        case ast.UnaryOp(op=ast.USub(), operand=operand) if isinstance(operand, ast.Constant):
            return _negative(_expression(operand))
        case ast.UnaryOp(op=op, operand=ast.Name(id="inf" | "nan" as word)):
            return Const(math.copysign(float(word), -1.0 if isinstance(op, ast.USub) else 1.0))
        case ast.UnaryOp(op=op, operand=operand):
            return Unary(cast(UnaryOperator, _OPERATORS[type(op)]), _expression(operand))
        case ast.BinOp(left=left, op=op, right=right):
            operator = cast(BinaryOperator, _OPERATORS[type(op)])
            return Binary(operator, _expression(left), _expression(right))
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            order = cast(CompareOperator, _OPERATORS[type(op)])
            return Compare(order, _expression(left), _expression(right))
        case ast.BoolOp(op=op, values=[first, *rest]):
            found = _expression(first)
            for value in rest:
                found = Logical(
                    "and" if isinstance(op, ast.And) else "or", found, _expression(value)
                )
            return found
        case ast.IfExp(test=test, body=then, orelse=orelse):
            return Conditional(_expression(test), _expression(then), _expression(orelse))
        case _:
            return _postfix(node)


def _named(name: str) -> str:
    return name.replace(_TEMPORARY, "%")


def _extent(array: str, axis: int | tuple[int, int]) -> Extent:
    return Extent(array, axis) if isinstance(axis, int) else Extent(array, axis[0], rank=axis[1])


def _negative(expr: Expr) -> Expr:
    return Const(-expr.value) if isinstance(expr, Const) else Unary("-", expr)


def _postfix(node: ast.expr) -> Expr:
    match node:
        case ast.Slice():
            ends = (node.lower, node.upper, node.step)
            lower, upper, step = (None if end is None else _expression(end) for end in ends)
            return Slice(lower, upper, step)
        case ast.Attribute(value=ast.Name(id=array), attr="size"):
            return Extent(_named(array), None)
        case ast.Subscript(value=ast.Attribute(value=ast.Name(id=array), attr="shape"), slice=axis):
            return _extent(_named(array), ast.literal_eval(axis))
        case ast.Attribute(value=ast.Name(id=array), attr="ndim"):
            return Rank(_named(array))
        case ast.Subscript(value=ast.Call(func=ast.Name(id="divmod"), args=arguments), slice=part):
            parts = tuple(_expression(argument) for argument in arguments)
            return Call(f"builtins.divmod.{ast.unparse(part)}", "divmod", parts)
        case ast.Subscript(value=ast.Name(id=array), slice=ast.Tuple(elts=parts)):
            return Load(_named(array), tuple(_expression(part) for part in parts))
        case ast.Subscript(value=ast.Name(id=array), slice=part):
            return Load(_named(array), (_expression(part),))
        case ast.Call(func=function, args=arguments):
            path = ast.unparse(function)
            root, _, name = path.rpartition(".")
            module = {"": "builtins", "np": "numpy"}.get(root, root)
            values = tuple(_expression(argument) for argument in arguments)
            return Call(f"{module}.{name}", path, values)
        case _:
            raise InternalError(f"not in the loop IR: {ast.unparse(node)}")
