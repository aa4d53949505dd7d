"""What stands in the body of a loop: statements, calls, subscripts; and what kind of nest it is."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from parloop.survey.calls import ARITHMETIC, EFFECTS, kind_of_call
from parloop.survey.headers import Loop, counting_names, iterable_of, names_in, unwrapped
from parloop.survey.names import Names
from parloop.survey.subscripts import NestNames, kind_of_subscript

_CONSTRUCTS: Final[Mapping[type[ast.AST], str]] = {
    ast.Assign: "assignment", ast.AnnAssign: "assignment", ast.NamedExpr: "assignment",
    ast.AugAssign: "augmented assignment",
    ast.If: "if", ast.IfExp: "conditional expression", ast.For: "for", ast.AsyncFor: "async for",
    ast.While: "while", ast.Break: "break", ast.Continue: "continue", ast.Return: "return",
    ast.Try: "try", ast.TryStar: "try", ast.Raise: "raise", ast.Assert: "assert",
    ast.With: "with", ast.AsyncWith: "async with", ast.Delete: "del", ast.Import: "import",
    ast.ImportFrom: "import", ast.FunctionDef: "def", ast.AsyncFunctionDef: "def",
    ast.ClassDef: "class", ast.Global: "global", ast.Nonlocal: "nonlocal", ast.Pass: "pass",
    ast.Match: "match", ast.ListComp: "comprehension", ast.SetComp: "comprehension",
    ast.DictComp: "comprehension", ast.GeneratorExp: "comprehension", ast.Lambda: "lambda",
    ast.Yield: "yield", ast.YieldFrom: "yield", ast.Await: "await", ast.Call: "call",
    ast.Subscript: "subscript", ast.BinOp: "arithmetic", ast.Compare: "comparison",
    ast.BoolOp: "and, or", ast.Attribute: "attribute", ast.Dict: "dictionary",
    ast.Set: "set", ast.List: "list", ast.Tuple: "tuple", ast.JoinedStr: "text",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Body:
    """What stands in a loop's own body."""

    constructs: tuple[str, ...]
    calls: Mapping[str, int]
    reads: Mapping[str, int]
    writes: Mapping[str, int]


def describe_body(loop: Loop, nest: NestNames, names: Names) -> Body:
    """Return what stands in the body of `loop` itself, its header and loops inside left out."""
    constructs: dict[str, None] = {}
    calls: Counter[str] = Counter()
    reads: Counter[str] = Counter()
    writes: Counter[str] = Counter()
    for node in own_nodes(loop):
        if word := _CONSTRUCTS.get(type(node)):
            constructs[word] = None
        match node:
            case ast.Call():
                calls[kind_of_call(node, names)] += 1
            case ast.Subscript(ctx=ast.Store()):
                writes[kind_of_subscript(node, nest)] += 1
            case ast.Subscript(ctx=ast.Load()):
                reads[kind_of_subscript(node, nest)] += 1
            case ast.AugAssign(target=ast.Subscript() as target):  # it is read as well
                reads[kind_of_subscript(target, nest)] += 1
            case ast.Constant(value=str()):
                constructs["text"] = None
            case _:
                pass
    return Body(tuple(constructs), calls, reads, writes)


def own_nodes(loop: Loop) -> Iterator[ast.AST]:
    """Yield the nodes of the body of `loop`, and of loops inside it only the loop."""
    pending: list[ast.AST] = list(reversed(loop.body))
    while pending:
        node = pending.pop()
        yield node
        if not isinstance(node, Loop | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            pending.extend(reversed([*ast.iter_child_nodes(node)]))


def height(loop: Loop) -> int:
    """Return how many loops stand inside each other, from `loop` down."""
    deepest = 1
    pending: list[tuple[ast.AST, int]] = [(child, 1) for child in loop.body]
    while pending:
        node, level = pending.pop()
        if isinstance(node, Loop):
            level += 1
            deepest = max(deepest, level)
        elif isinstance(node, ast.expr | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        pending.extend((child, level) for child in ast.iter_child_nodes(node))
    return deepest


def is_perfect(loop: Loop) -> bool:
    """Return whether each loop inside `loop` is the only statement of the one around it."""
    while True:
        inner = [stmt for stmt in loop.body if isinstance(stmt, Loop)]
        if not inner:
            return height(loop) == 1
        if len(loop.body) > 1:
            return False
        loop = inner[0]


def find_nest_names(outermost: Loop) -> NestNames:
    """Return what the names in a nest are to its subscripts."""
    counting: set[str] = set()
    keys: set[str] = set()
    items: set[str] = set()
    assigned: Counter[str] = Counter()
    single: dict[str, ast.expr] = {}
    for node in ast.walk(outermost):
        match node:
            case ast.For() | ast.AsyncFor():
                counted = counting_names(node)
                counting |= counted
                bound = names_in(node.target)
                keys |= _keys(node, bound - counted)
                items |= bound - counted
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    for name in _bound(target):
                        assigned[name] += 1
                    if isinstance(target, ast.Name):
                        single[target.id] = value
            case ast.AugAssign(target=ast.Name(id=name)):
                assigned[name] += 2
            case ast.AnnAssign(target=ast.Name(id=name)) | ast.NamedExpr(target=ast.Name(id=name)):
                assigned[name] += 2
            case _:
                pass
    changed = frozenset(assigned)
    once = {
        name: value
        for name, value in single.items()
        if assigned[name] == 1 and not _mentions(value, name)
    }
    return NestNames(
        frozenset(counting - changed), frozenset(keys), frozenset(items), changed, once
    )


def _bound(target: ast.expr) -> Iterator[str]:
    match target:
        case ast.Name(id=name):
            yield name
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            for part in parts:
                yield from _bound(part)
        case ast.Starred(value=value):
            yield from _bound(value)


def _mentions(value: ast.expr, name: str) -> bool:
    return any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(value))


def _keys(loop: ast.For | ast.AsyncFor, bound: frozenset[str]) -> frozenset[str]:
    """Return the names of `bound` that are keys of dictionaries, as far as the text tells."""
    over = unwrapped(loop.iter)
    match over, loop.target:
        case ast.Call(func=ast.Attribute(attr="items" | "iteritems")), ast.Tuple(elts=[first, *_]):
            return names_in(first)
        case ast.Call(func=ast.Attribute(attr="keys" | "iterkeys")), _:
            return bound
        case ast.Dict() | ast.Set() | ast.Call(func=ast.Name(id="set" | "dict")), _:
            return bound
        case ast.Name(id=owner), ast.Name(id=key):
            for node in ast.walk(loop):
                match node:
                    case ast.Subscript(value=ast.Name(id=used), slice=ast.Name(id=by)):
                        if used == owner and by == key:
                            return bound
    return frozenset()


def find_effects(names: Names) -> frozenset[str]:
    """Return the text's own functions that do, or call what does, more than compute."""
    calls: dict[str, set[str]] = {}
    found: set[str] = set()
    for name, nodes in names.functions.items():
        calls[name] = set()
        for node in nodes:
            for call in ast.walk(node):
                if isinstance(call, ast.Call):
                    if kind_of_call(call, names) in EFFECTS:
                        found.add(name)
                    if isinstance(call.func, ast.Name):
                        calls[name].add(call.func.id)
    while more := {name for name, called in calls.items() if name not in found and called & found}:
        found |= more
    return frozenset(found)


def is_compute_like(nest: Loop, names: Names, has_effects: Callable[[str], bool]) -> bool:
    """Return whether `nest` computes or moves elements, and does nothing else.

    Nothing else: no plotting, printing, input, output, machine learning, text, tables, unknown
    objects, in it or in a function of the text's own that it calls.
    """
    computes = False
    rows: set[int] = set()
    for node in ast.walk(nest):
        match node:
            case ast.For(iter=ast.Call() as header) if kind_of_call(header, names) == "pandas":
                rows.add(id(header))  # going over rows is no work on tables
            case ast.Call() if id(node) in rows:
                pass
            case ast.Call(func=func):
                kind = kind_of_call(node, names)
                if kind in EFFECTS or (isinstance(func, ast.Name) and has_effects(func.id)):
                    return False
                computes |= kind in ("numpy reduction", "math", "scipy", "linear algebra or FFT")
            case ast.AugAssign(op=op, value=value) if _joins_texts(op, value):
                return False
            case ast.BinOp(left=left, op=op, right=right) if (
                _joins_texts(op, left) or _joins_texts(op, right)
            ):
                return False
            case ast.AugAssign() | ast.BinOp():
                computes = True
            case ast.Subscript(ctx=ast.Store()):
                computes = True
            case ast.Yield() | ast.YieldFrom() | ast.Await() | ast.AsyncFor() | ast.With():
                return False
            case ast.JoinedStr():
                return False
            case _:
                pass
    return computes


def _joins_texts(op: ast.operator, operand: ast.expr) -> bool:
    text = isinstance(operand, ast.Constant) and isinstance(operand.value, str)
    return isinstance(op, ast.Add | ast.Mod) and (text or isinstance(operand, ast.JoinedStr))


_CLASSICAL: Final = (
    ast.For, ast.If, ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Pass, ast.Name, ast.BinOp,
    ast.UnaryOp, ast.Compare, ast.BoolOp, ast.Call, ast.Subscript, ast.Tuple, ast.Constant,
    ast.expr_context, ast.operator, ast.unaryop, ast.cmpop, ast.boolop, ast.IfExp, ast.Attribute,
)  # fmt: skip


def is_classical(nest: Loop, inside: NestNames, names: Names) -> bool:
    """Return whether every loop is `for NAME in range(...)` and every body plain arithmetic.

    Plain: scalars and elements, calls of `math` and of functions on numbers, `if`.
    """
    return all(_is_classical(node, inside, names) for node in _parts(nest))


def _parts(loop: Loop) -> Iterator[ast.AST]:
    """Yield the loops of a nest and all nodes of their bodies, but not those of their headers."""
    pending: list[ast.AST] = [loop]
    while pending:
        node = pending.pop()
        yield node
        if isinstance(node, ast.For):
            pending += node.body
            pending += node.orelse
        else:
            pending += ast.iter_child_nodes(node)


def _is_classical(node: ast.AST, inside: NestNames, names: Names) -> bool:
    match node:
        case ast.For(target=target, orelse=orelse):
            plain = isinstance(target, ast.Name) and not orelse
            return plain and iterable_of(node, names) == "range"
        case ast.Call():
            return kind_of_call(node, names) in ARITHMETIC
        case ast.Subscript():
            return kind_of_subscript(node, inside) not in ("slice", "mask", "key")
        case ast.Constant(value=value):
            return isinstance(value, int | float)
        case ast.Attribute():
            return names.dotted(node) is not None or node.attr in ("shape", "size")
        case ast.MatMult():
            return False
        case ast.In() | ast.NotIn() | ast.Is() | ast.IsNot():
            return False
    return isinstance(node, _CLASSICAL)


def n_statements(body: Sequence[ast.stmt]) -> int:
    """Return how many statements there are in `body`, at any depth."""
    return sum(isinstance(node, ast.stmt) for stmt in body for node in ast.walk(stmt))
