"""The functions that a loop calls, as texts: what may be written in place of a call of one."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from parloop.source import Source

Definition = ast.FunctionDef | ast.Lambda
Node = TypeVar("Node", bound=ast.AST)


@dataclass(frozen=True, slots=True, eq=False)
class Callee:
    """A function of the user's, and what its text means."""

    name: str
    node: Definition
    source: Source
    rename: Callable[[str], str]
    """How the loop reads a name that the function reads from around it."""
    defaults: Mapping[str, ast.expr]
    """The parameters that need not be given, and what they are then, as the loop reads it."""
    where: int = 0
    """Which text this is: 0 is that of the loop."""
    problem: str | None = None
    """Why its body cannot be written into a loop, if that is known beforehand."""


Resolve = Callable[[str], Callee | None]
"""The function that a name means, as the loop reads it, if it is one of the user's."""


class Refused(Exception):  # noqa: N818 - an outcome by design, not an error
    """A function that cannot be written into a loop: why, and where in its text."""

    def __init__(self, why: str, callee: Callee | None = None, node: ast.AST | None = None) -> None:
        super().__init__(why)
        self.why = why
        self.callee = callee
        self.node = node


_REFUSED: Final[Mapping[type[ast.AST], str]] = {
    ast.Yield: "is a generator",
    ast.YieldFrom: "is a generator",
    ast.Await: "is asynchronous",
    ast.Try: "has `try`",
    ast.With: "has `with`",
    ast.Delete: "has `del`",
    ast.FunctionDef: "defines a function",
    ast.AsyncFunctionDef: "defines a function",
    ast.ClassDef: "defines a class",
    ast.Lambda: "has a `lambda`",
    ast.Import: "imports",
    ast.ImportFrom: "imports",
    ast.NamedExpr: "has `:=`",
    ast.ListComp: "has a comprehension",
    ast.SetComp: "has a comprehension",
    ast.DictComp: "has a comprehension",
    ast.GeneratorExp: "has a generator expression",
    ast.Raise: "has `raise`",
    ast.Assert: "has `assert`",
}


def body_of(callee: Callee) -> list[ast.stmt]:
    """Return the statements of a function, without its documentation and declarations."""
    if isinstance(callee.node, ast.Lambda):
        value = callee.node.body
        return [put_at(value, ast.Return(value))]
    found: list[ast.stmt] = []
    shared: set[str] = set()
    for stmt in callee.node.body:
        for node in ast.walk(stmt):
            why = _REFUSED.get(type(node))
            if why is not None:
                raise Refused(why, callee, node)
            match node:
                case ast.Global(names=names) | ast.Nonlocal(names=names):
                    shared.update(names)
        if not isinstance(stmt, ast.Global | ast.Nonlocal):
            found.append(stmt)
    for stmt in found:
        for node in ast.walk(stmt):
            match node:
                case ast.Name(id=name, ctx=ast.Store()) if name in shared:
                    raise Refused(f"assigns `{name}`, which is not its own", callee, node)
    match found:
        case [ast.Expr(value=ast.Constant()), *rest]:
            return [_plain(stmt) for stmt in rest]
    return [_plain(stmt) for stmt in found]


def _plain(stmt: ast.stmt) -> ast.stmt:
    """Return `stmt` without the annotation that a function never evaluates."""
    match stmt:
        case ast.AnnAssign(target=ast.Name() as target, value=ast.expr() as value, simple=1):
            return put_at(stmt, ast.Assign([target], value))
    return stmt


def results_of(callee: Callee | None) -> int:
    """Return how many values the first `return` of a function has."""
    assert callee is not None
    for node in ast.walk(callee.node):
        if isinstance(node, ast.Return):
            return len(node.value.elts) if isinstance(node.value, ast.Tuple) else 0
    return len(callee.node.body.elts) if isinstance(callee.node.body, ast.Tuple) else 0


def own_names(callee: Callee, body: list[ast.stmt]) -> set[str]:
    spec = callee.node.args
    own = {arg.arg for arg in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs)}
    for stmt in body:
        for node in ast.walk(stmt):
            if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
                own.add(node.id)
    return own


def is_only_asked(name: str, body: list[ast.stmt]) -> bool:
    """Return whether `name` is read, and only as something to subscript, call or hand on."""
    asked: set[int] = set()
    read: list[ast.Name] = []
    for stmt in body:
        for node in ast.walk(stmt):
            match node:
                case ast.Subscript(value=ast.Name() as base) | ast.Attribute(
                    value=ast.Name() as base
                ):
                    asked.add(id(base))
                case ast.Call(func=func, args=args):
                    asked.add(id(func))
                    if isinstance(func, ast.Name) and func.id == "len":
                        asked.update(map(id, args))
                case ast.For(iter=ast.Name() as items):
                    asked.add(id(items))
                case ast.Name(id=found) if found == name:
                    read.append(node)
    return bool(read) and all(id(node) in asked for node in read)


def put_at(place: ast.AST, made: Node) -> Node:
    """Return `made` at the position of `place`, in the same text."""
    ast.copy_location(made, place)
    if hasattr(place, "where"):
        made.where = place.where  # type: ignore[attr-defined]
    return made


def changed(node: Node, **fields: Any) -> Node:
    made = copy.copy(node)
    for name, value in fields.items():
        setattr(made, name, value)
    return made


def load_name(name: str) -> ast.Name:
    return ast.Name(name, ast.Load())


def store_name(name: str) -> ast.Name:
    return ast.Name(name, ast.Store())
