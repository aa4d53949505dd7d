"""Which names a piece of text reads, binds and deletes."""

from __future__ import annotations

import ast
from collections.abc import Iterator


def names_in_order(loop: ast.For) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names that `loop`'s header and body read, and those that they bind.

    Both are in the order in which the compiler meets the names, which is that of `co_varnames`.
    `else` is left out: it runs in the interpreter.
    """
    read: dict[str, None] = {}
    stored: dict[str, None] = {}
    met: dict[str, None] = {}
    found: list[tuple[str, bool]] = []
    for part in (loop.iter, loop.target, *loop.body):
        _add_names(part, found)
    for name, is_store in found:
        met[name] = None
        (stored if is_store else read)[name] = None
    return tuple(read), tuple(name for name in met if name in stored)


def _add_names(node: ast.AST, found: list[tuple[str, bool]]) -> None:
    """Add each name in `node`, and whether it is bound there, in the order of the compiler."""
    parts: list[ast.AST | None]
    match node:
        case ast.Name(id=name, ctx=context):
            found.append((name, isinstance(context, ast.Store)))
            return
        case ast.Constant():
            return
        case ast.Assign(targets=targets, value=value):
            parts = [value, *targets]
        case ast.AugAssign(target=ast.Name(id=name) as target, value=value):
            found.append((name, False))
            parts = [value, target]
        case ast.For(target=target, iter=iterable, body=body, orelse=orelse):
            parts = [iterable, target, *body, *orelse]
        case ast.IfExp(test=test, body=then, orelse=otherwise):
            parts = [test, then, otherwise]
        case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
            found += _read_by_comprehension(node)
            return
        case _:
            parts = list(ast.iter_child_nodes(node))
    for part in parts:
        if part is not None:
            _add_names(part, found)


def _read_by_comprehension(
    node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp,
) -> list[tuple[str, bool]]:
    """Return the names that a comprehension reads and that are not its own."""
    inside: list[tuple[str, bool]] = []
    for part in ast.iter_child_nodes(node):
        _add_names(part, inside)
    own = {name for name, is_store in inside if is_store}
    outside: list[tuple[str, bool]] = []
    _add_names(node.generators[0].iter, outside)
    return [*outside, *((name, False) for name, _ in inside if name not in own)]


def statements_in(statement: ast.AST) -> Iterator[ast.AST]:
    """Yield `statement` and all statements in it, handlers and cases included."""
    yield statement
    for block in ("body", "handlers", "cases", "orelse", "finalbody"):
        for part in getattr(statement, block, ()):
            yield from statements_in(part)


def ways_out(loop: ast.For) -> tuple[ast.Return, ...]:
    """Return the `return`s in the body of `loop`, in order of the text.

    Without those that bind names, or do what depends on where they stand.
    """
    parts = (part for statement in loop.body for part in statements_in(statement))
    returns = (part for part in parts if isinstance(part, ast.Return))
    return tuple(part for part in returns if find_scope(part) is None)


_SCOPES = (
    *(ast.NamedExpr, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp),
    *(ast.Await, ast.Yield, ast.YieldFrom),
)


def find_scope(statement: ast.Return) -> ast.AST | None:
    """Return what in a `return` binds names, or depends on where it stands."""
    return next((node for node in ast.walk(statement) if isinstance(node, _SCOPES)), None)


def bound_here(target: ast.AST) -> set[str]:
    """Return the names that assigning to `target` binds."""
    return {
        node.id
        for node in ast.walk(target)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }


def surely_assigned(statement: ast.stmt) -> set[str]:
    """Return names that the simple statement `statement` binds whenever it completes."""
    match statement:
        case ast.Assign(targets=targets):
            return set[str]().union(*map(bound_here, targets))
        case ast.AugAssign(target=ast.Name(id=name)):
            return {name}
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr()):
            return {name}
        case ast.Import(names=names):
            return {alias.asname or alias.name.partition(".")[0] for alias in names}
        case ast.ImportFrom(names=names):
            return {alias.asname or alias.name for alias in names}
    return set()


def unsure_names(function: ast.AST) -> frozenset[str]:
    """Return the names that something in `function` unbinds or takes from outside."""
    found: set[str] = set()
    for node in ast.walk(function):
        match node:
            case ast.Name(id=name, ctx=ast.Del()) | ast.ExceptHandler(name=str(name)):
                found.add(name)
            case ast.Global(names=names) | ast.Nonlocal(names=names):
                found.update(names)
    return frozenset(found)


def parameters(arguments: ast.arguments) -> set[str]:
    """Return the names of a function's parameters."""
    plain = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
    packed = (arguments.vararg, arguments.kwarg)
    return {argument.arg for argument in (*plain, *packed) if argument is not None}
