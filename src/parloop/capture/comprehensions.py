"""Comprehensions as loops: what a site has to run in their place.

    [f(x) for x in xs if x > 0]         for %x@comprehension in xs:
                                  ->        if %x@comprehension > 0:
                                                items@.append(f(%x@comprehension))

    sum(a[i] * b[i] for i in range(n))  for %i@comprehension in range(n):
                                  ->        sum@ += a[%i@comprehension] * b[%i@comprehension]

A comprehension's own variables get names that no program can have, so that they are nobody else's.
"""

from __future__ import annotations

import ast
import builtins
import copy
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from types import BuiltinFunctionType
from typing import Any, Final, Literal, TypeAlias, TypeVar

from parloop.capture.candidates import Callables, is_candidate
from parloop.capture.made import parts_of

Node: TypeAlias = ast.ListComp | ast.GeneratorExp
_Made = TypeVar("_Made", bound=ast.AST)
Shape: TypeAlias = Literal["items", "tuples", "rows", "sum", "least", "truth"]

ITEMS, LENGTHS, SUM, BEST, SEEN, TRUTH = (
    "items@", "lengths@", "sum@", "best@", "seen@", "truth@"
)  # fmt: skip
TERM: Final = "term@"
MADE: Final = (ITEMS, LENGTHS, *(f"items{number}@" for number in range(8)))
"""The names of new lists."""

def is_sum(name: str) -> bool:
    """Return whether a name of ours holds what `sum` adds up."""
    return name == SUM or re.fullmatch(f"%{SUM}(#[0-9]+)?", name) is not None


def is_term(name: str) -> bool:
    """Return whether a name of ours holds what `sum` adds next."""
    return re.fullmatch(f"%{TERM}(#[0-9]+)?", name) is not None


OF_COMPREHENSION: Final = "@comprehension"
"""With what the names of its own variables end."""

_LEAST_WEIGHT: Final = 2
"""So many operations has an item of a list that is worth a site: it takes time to make the list."""

COMPREHENSIONS: Final = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)

_COLLECTING: Final = ("list", "tuple", "sorted")
REDUCING: Final = ("sum", "min", "max", "any", "all")
_CONSUMERS: Final = {
    name: function
    for name in (*_COLLECTING, *REDUCING)
    if getattr(function := getattr(builtins, name), "__self__", builtins) is builtins
    and isinstance(function, type if name in ("list", "tuple") else BuiltinFunctionType)
}
"""The functions themselves: somebody may put others in their place."""


@dataclass(frozen=True, slots=True)
class Comprehension:
    """A comprehension, or a generator expression with the builtin function that takes it all."""

    node: Node
    consumer: str | None
    """The builtin function that is called with it, if that matters."""
    loop: ast.For
    shape: Shape
    made: tuple[str, ...]
    """The names of new lists, or of numbers, that the loop is given, after those of the text."""

    @property
    def outputs(self) -> tuple[str, ...]:
        """The names of the numbers that the loop leaves."""
        return self.made if self.shape in ("sum", "least", "truth") else ()

    @property
    def is_lazy(self) -> bool:
        """Whether the interpreter makes items only when the consumer takes them."""
        return isinstance(self.node, ast.GeneratorExp)

    def begin(self) -> tuple[object, ...]:
        """Return new values of `made`."""
        match self.shape:
            case "truth":
                return (self.consumer == "all",)
            case "sum" | "least":
                return (0,) * len(self.made)
        return tuple([] for _ in self.made)

    def result(self, values: Sequence[Any], *, broke: bool) -> Any:
        """Return the items so far: of the list, or those of which the consumer makes the same."""
        match self.shape:
            case "items":
                return values[0]
            case "tuples":
                return list(zip(*values, strict=True))
            case "rows":
                items = iter(values[0])
                return [list(islice(items, length)) for length in values[1]]
            case "sum":
                return [values[0]]
            case "least":
                return [values[0]] if values[1] else []
        return [values[0]] if broke else []


def is_consumer(function: object, name: str) -> bool:
    """Return whether `function` is the builtin one of that name."""
    return function is _CONSUMERS.get(name)


def find_comprehension(node: ast.AST, callables: Callables) -> Comprehension | None:
    """Return what `node` is if it is a comprehension, or a call with one, that may get a site."""
    found: Comprehension | None = None
    match node:
        case ast.Call(
            func=ast.Name(id=name), args=[ast.GeneratorExp() | ast.ListComp() as inner], keywords=[]
        ) if name in REDUCING:
            found = reduction(inner, name)
        case ast.Call(func=ast.Name(id=name), args=[ast.GeneratorExp() as inner], keywords=[]) if (
            name in _COLLECTING
        ):
            found = _collection(inner, name)
        case ast.ListComp():
            found = _collection(node, None)
    if found is None or parts_of(found.loop.iter) or not is_candidate(found.loop, callables):
        return None
    return found


def _collection(node: Node, consumer: str | None) -> Comprehension | None:
    """Return the comprehension `node` as a loop that appends."""
    made: tuple[str, ...]
    match node.elt:
        case ast.ListComp(elt=ast.ListComp() | ast.Tuple() | ast.List()):
            return None
        case ast.ListComp() as row:
            count = _name("%row" + OF_COMPREHENSION, node)
            begin = _at(node, ast.Assign([_store(count)], ast.Constant(0)))
            more = _at(node, ast.AugAssign(_store(count), ast.Add(), ast.Constant(1)))
            inner = _nested(row, [_append(ITEMS, row.elt), more])
            body = [begin, *inner, _append(LENGTHS, count)]
            found = _as_loop(node, body)
            made, shape = (ITEMS, LENGTHS), "rows"
        case ast.Tuple(elts=[_, *_] as parts) if len(parts) <= 8 and not any(
            isinstance(part, ast.Starred | ast.Tuple) for part in parts
        ):
            names = tuple(f"items{number}@" for number in range(len(parts)))
            body = [_append(name, part) for name, part in zip(names, parts, strict=True)]
            found, made, shape = _as_loop(node, body), names, "tuples"
        case _:
            found = _as_loop(node, [_append(ITEMS, node.elt)])
            made, shape = (ITEMS,), "items"
    if found is None or _weight(node) < _LEAST_WEIGHT:
        return None
    return Comprehension(node, consumer, found, shape, made)  # type: ignore[arg-type]


def reduction(node: Node, consumer: str) -> Comprehension | None:
    """Return the comprehension `node`, all of which `consumer` takes, as a loop."""
    elt = node.elt
    body: list[ast.stmt]
    made: tuple[str, ...]
    shape: Shape
    match consumer:
        case "sum":
            shape, made = "sum", (SUM,)
            body = [_at(elt, ast.AugAssign(_store(_name(SUM, elt)), ast.Add(), elt))]
        case "any" | "all":
            if isinstance(node, ast.ListComp):
                return None  # all of its items are made
            shape, made = "truth", (TRUTH,)
            found = consumer == "any"
            test = elt if found else _at(elt, ast.UnaryOp(ast.Not(), elt))
            leave = [_assign(TRUTH, _at(elt, ast.Constant(found))), _at(elt, ast.Break())]
            body = [_at(elt, ast.If(test, leave, []))]
        case _:
            shape, made = "least", (BEST, SEEN)
            item = _name("%item" + OF_COMPREHENSION, elt)
            order = ast.Lt() if consumer == "min" else ast.Gt()
            better = _at(elt, ast.Compare(item, [order], [_name(BEST, elt)]))
            first = _at(elt, ast.Compare(_name(SEEN, elt), [ast.Eq()], [_number(0, elt)]))
            take = _assign(BEST, item)
            other = _at(elt, ast.If(better, [take], []))
            begin = [_assign(BEST, item), _assign(SEEN, _number(1, elt))]
            body = [_assign(item.id, elt), _at(elt, ast.If(first, begin, [other]))]
    if shape == "truth" and len(node.generators) > 1:
        return None
    loop = _as_loop(node, body)
    return None if loop is None else Comprehension(node, consumer, loop, shape, made)


def _as_loop(node: Node, body: list[ast.stmt]) -> ast.For | None:
    """Return the loop that `node` is, with `body` in the place of its items."""
    if any(one.is_async for one in node.generators) or not _is_plain(node):
        return None
    first = node.generators[0]
    targets = [n.id for one in _generators(node) for n in ast.walk(one.target)
               if isinstance(n, ast.Name)]  # fmt: skip
    own = set(targets)
    if len(own) < len(targets):
        return None
    if not _reads_what_is_bound(node, own):
        return None
    inside = _tested(first, _nested_in(node.generators[1:], body))
    names = {name: f"%{name}{OF_COMPREHENSION}" for name in own}
    renamer = _Renamer(names)
    target = renamer.visit(copy.deepcopy(first.target))
    parts = [renamer.visit(copy.deepcopy(part)) for part in inside]
    loop = ast.For(target, first.iter, parts, [])
    return _span_of(node, loop)


def _is_plain(node: Node) -> bool:
    """Return whether nothing in `node` binds names but its own targets, which are all names."""
    bad = (ast.NamedExpr, ast.Lambda, ast.Await, ast.Yield, ast.YieldFrom, ast.DictComp)
    allowed = (ast.Name, ast.Tuple, ast.expr_context)
    return not any(isinstance(part, bad) for part in ast.walk(node)) and all(
        isinstance(part, allowed) for one in _generators(node) for part in ast.walk(one.target)
    )


def _reads_what_is_bound(node: Node, own: set[str]) -> bool:
    """Return whether `node` reads the names `own` only where it has bound them.

    Elsewhere they are names of the text around, or of what the item before has left.
    """
    pending = set(own)
    inner: Node | None = node
    while inner is not None:
        for number, one in enumerate(inner.generators):
            if (number or inner is not node) and _reads(one.iter, pending):
                return False
            pending -= {part.id for part in ast.walk(one.target) if isinstance(part, ast.Name)}
            if any(_reads(test, pending) for test in one.ifs):
                return False
        element, inner = inner.elt, None
        if isinstance(element, ast.ListComp):
            inner = element
    return not _reads(element, pending)


def _reads(node: ast.expr, names: set[str]) -> bool:
    return any(isinstance(part, ast.Name) and part.id in names for part in ast.walk(node))


def _generators(node: Node) -> Iterator[ast.comprehension]:
    for part in ast.walk(node):
        if isinstance(part, ast.comprehension):
            yield part


def _nested(row: ast.ListComp, body: list[ast.stmt]) -> list[ast.stmt]:
    return _nested_in(row.generators, body)


def _nested_in(
    generators: Sequence[ast.comprehension], body: list[ast.stmt]
) -> list[ast.stmt]:
    for one in reversed(generators):
        loop = ast.For(one.target, one.iter, _tested(one, body), [])
        loop.lineno, loop.col_offset = one.target.lineno, one.target.col_offset
        loop.end_lineno, loop.end_col_offset = one.iter.end_lineno, one.iter.end_col_offset
        body = [loop]
    return body


def _tested(one: ast.comprehension, body: list[ast.stmt]) -> list[ast.stmt]:
    for test in reversed(one.ifs):
        body = [_at(test, ast.If(test, body, []))]
    return body


def _weight(node: Node) -> float:
    """Return about how many operations an item takes; endless where a loop makes it."""
    if len([*_generators(node)]) > 1:
        return math.inf
    parts = [node.elt, *(test for one in node.generators for test in one.ifs)]
    total = 0
    for part in parts:
        for inner in ast.walk(part):
            match inner:
                case ast.Call():
                    total += 3
                case ast.BinOp() | ast.Compare() | ast.Subscript() | ast.UnaryOp():
                    total += 1
    return total


class _Renamer(ast.NodeTransformer):
    def __init__(self, names: dict[str, str]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.Name:
        node.id = self.names.get(node.id, node.id)
        return node


def _append(name: str, value: ast.expr) -> ast.stmt:
    append = _at(value, ast.Attribute(_name(name, value), "append", ast.Load()))
    return _at(value, ast.Expr(_at(value, ast.Call(append, [value], []))))


def _assign(name: str, value: ast.expr) -> ast.stmt:
    return _at(value, ast.Assign([_store(_name(name, value))], value))


def _name(name: str, place: ast.expr) -> ast.Name:
    return _at(place, ast.Name(name, ast.Load()))


def _store(name: ast.Name) -> ast.Name:
    return _at(name, ast.Name(name.id, ast.Store()))


def _number(number: int, place: ast.expr) -> ast.Constant:
    return _at(place, ast.Constant(number))


def _at(place: ast.expr, made: _Made) -> _Made:
    for node in ast.walk(made):
        if isinstance(node, ast.expr | ast.stmt) and not hasattr(node, "lineno"):
            ast.copy_location(node, place)
    return made


def _span_of(node: ast.expr, made: ast.For) -> ast.For:
    return ast.copy_location(made, node)

