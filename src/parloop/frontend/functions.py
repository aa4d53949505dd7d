"""The functions that a loop calls, as the text alone tells; `runtime.callees` sees objects."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from parloop.frontend.callee import Callee, Definition
from parloop.source import Source


@dataclass(frozen=True, slots=True)
class TextFunctions:
    """The functions whose definitions can be seen at a place of `source`.

    `defined` has each with the names that mean something else at the place than in the function.
    """

    source: Source
    defined: Mapping[str, tuple[Definition, frozenset[str]]] = field(default_factory=dict)

    def resolve(self, name: str) -> Callee | None:
        """Return the function `name`, if it is one of these."""
        found = self.defined.get(name.partition("@")[0])
        if found is None:
            return None
        node, hidden = found
        own = name.partition("@")[0]

        def rename(read: str) -> str:
            return f"{read}@{own}" if read in hidden else read

        defaults, unknown = _defaults(node)
        problem = None if unknown is None else f"has a default for `{unknown}` that is no number"
        if isinstance(node, ast.FunctionDef) and not all(map(_is_ours, node.decorator_list)):
            problem = "is decorated"
        return Callee(own, node, self.source, rename, defaults, problem=problem)

    def enter(self, function: ast.FunctionDef | ast.AsyncFunctionDef) -> TextFunctions:
        """Return what is to be seen inside `function`."""
        arguments = {node.arg for node in ast.walk(function.args) if isinstance(node, ast.arg)}
        shared = set[str]()
        local = set(arguments)
        for node in _nodes(function.body):
            match node:
                case ast.Name(id=name, ctx=ast.Store()):
                    local.add(name)
                case ast.Global(names=names) | ast.Nonlocal(names=names):
                    shared.update(names)
        local -= shared
        nested = dict(_definitions(function.body))
        hidden = frozenset(local | nested.keys())
        kept = {n: (d, h | hidden) for n, (d, h) in self.defined.items() if n not in hidden}
        new = {n: (d, frozenset[str]()) for n, d in nested.items() if n not in arguments}
        return TextFunctions(self.source, {**kept, **new})


def find_functions(source: Source, tree: ast.Module) -> TextFunctions:
    """Return the functions that the top level of `tree` defines."""
    found = {name: (node, frozenset[str]()) for name, node in _definitions(tree.body)}
    return TextFunctions(source, found)


def find_functions_with_loops(tree: ast.AST) -> frozenset[int]:
    """Return the `id`s of the functions in `tree` with a loop or a comprehension in their text."""
    found: set[int] = set()
    pending: list[tuple[ast.AST, tuple[int, ...]]] = [(tree, ())]
    while pending:
        node, around = pending.pop()
        if isinstance(node, _LOOPS):
            found.update(around)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            around = (*around, id(node))
        pending += [(child, around) for child in ast.iter_child_nodes(node)]
    return frozenset(found)


_LOOPS: Final = (ast.For, ast.While, ast.AsyncFor, ast.ListComp, ast.GeneratorExp)


def _definitions(body: list[ast.stmt]) -> Iterator[tuple[str, Definition]]:
    for node in _nodes(body):
        match node:
            case ast.FunctionDef(name=name):
                yield name, node
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Lambda() as value):
                yield name, value


def _nodes(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """Yield the nodes of `body` but for what is inside functions and classes there."""
    pending: list[ast.AST] = list(reversed(body))
    while pending:
        node = pending.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            pending.extend(reversed(list(ast.iter_child_nodes(node))))


def _is_ours(decorator: ast.expr) -> bool:
    """Return whether the result of `decorator` has the text of what it decorates."""
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return ast.unparse(called) in ("parallel", "parloop.parallel")


def _defaults(node: Definition) -> tuple[dict[str, ast.expr], str | None]:
    spec = node.args
    plain = [arg.arg for arg in (*spec.posonlyargs, *spec.args)]
    pairs = [
        *zip(plain[len(plain) - len(spec.defaults) :], spec.defaults, strict=True),
        *((arg.arg, d) for arg, d in zip(spec.kwonlyargs, spec.kw_defaults, strict=True) if d),
    ]
    found: dict[str, ast.expr] = {}
    for name, default in pairs:
        match default:
            case ast.Constant(value=None | bool() | int() | float() | complex()):
                found[name] = default
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
                found[name] = ast.copy_location(ast.Constant(-value), default)
            case _:
                return found, name
    return found, None
