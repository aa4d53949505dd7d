"""Put sites in front of the candidate loops of a parsed text.

    for i in range(n):
        s += a[i]

becomes

    for i, s in (__parloop__.k_enter(range(n), a, s)
                 if __parloop__.k_on or __parloop__.k_open else ()):
        if __parloop__.k_whole(): break
    else:
        for i in (__parloop__.k_open and __parloop__.k_rest() or range(n)):
            s += a[i]

(`capture.sites` says why.) The user's nodes keep their positions, and the new ones stand at the
loop's header. The text around the loops, names, order of local variables, line events and
tracebacks stay as they were.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from parloop.capture.candidates import Callables, find_callables, is_candidate
from parloop.capture.names import (
    bound_here,
    names_in_order,
    parameters,
    surely_assigned,
    unsure_names,
)
from parloop.capture.sites import REGISTRY, REGISTRY_NAME, Registry, Scope, SiteInfo
from parloop.source import Source

_NO_OPTIONS: Final[Mapping[str, Any]] = MappingProxyType({})


def rewrite(
    tree: ast.Module,
    source: Source,
    registry: Registry = REGISTRY,
    *,
    only: ast.AST | None = None,
    options: Mapping[str, Any] = _NO_OPTIONS,
    callables: Callables | None = None,
    flags: int = 0,
) -> tuple[ast.Module, tuple[SiteInfo, ...]]:
    """Return `tree`, changed in place, with a site for each candidate loop, and these sites.

    With `only`, a function definition in `tree`, loops outside of it get none. A text that binds
    `range` anywhere gets no sites. `flags` are the features of `from __future__` in the text.
    """
    if any(_binds(node, "range") for node in ast.walk(tree)):
        return tree, ()
    found = callables if callables is not None else find_callables(tree)
    rewriter = _Rewriter(source, registry, options, found, flags, only)
    place = _Place("module", "<module>", has_sites=only is None)
    rewriter.block(tree.body, place, set())
    return tree, tuple(rewriter.sites)


def _binds(node: ast.AST, name: str) -> bool:
    match node:
        case ast.Name(id=bound, ctx=ast.Store()) | ast.arg(arg=bound):
            return bound == name
        case ast.FunctionDef(name=bound) | ast.AsyncFunctionDef(name=bound):
            return bound == name
        case ast.ClassDef(name=bound) | ast.ExceptHandler(name=bound):
            return bound == name
        case ast.alias(name=imported, asname=given):
            return (given or imported) == name
        case ast.MatchAs(name=bound) | ast.MatchStar(name=bound) | ast.MatchMapping(rest=bound):
            return bound == name
    return False


@dataclass(frozen=True, slots=True)
class _Place:
    """What the rewriter knows about the scope that it is in."""

    scope: Scope
    function: str
    class_name: str | None = None
    unsure: frozenset[str] = frozenset()
    """In a function: the names that need not be local, or not stay bound."""
    has_sites: bool = True
    declares: bool = False
    """A class body that may have `global` in it: what a name there means is not worked out."""

    def binds(self, names: set[str]) -> set[str]:
        """Return those of `names` that, once assigned here, are local variables and stay bound."""
        return names - self.unsure if self.scope == "function" else set()


class _Rewriter:
    """Walks through statements in order, with the set of names that are surely bound.

    The methods change the statements in place; they return the names surely bound afterwards, or
    None where the end is not reached.
    """

    def __init__(
        self,
        source: Source,
        registry: Registry,
        options: Mapping[str, Any],
        callables: Callables,
        flags: int,
        only: ast.AST | None,
    ) -> None:
        self.sites: list[SiteInfo] = []
        self._source = source
        self._registry = registry
        self._options = options
        self._callables = callables
        self._flags = flags
        self._only = only

    def block(self, statements: list[ast.stmt], place: _Place, bound: set[str]) -> set[str] | None:
        """Rewrite `statements`, of which the first begins with the names `bound`."""
        reached = True
        bound = set(bound)
        for position, statement in enumerate(statements):
            wanted = place.has_sites and not place.declares
            if wanted and is_candidate(statement, self._callables):
                assert isinstance(statement, ast.For)
                statements[position] = self._with_site(statement, place, bound)
                continue
            after = self._statement(statement, place, bound)
            if after is None:
                reached = False  # what follows is dead; go on for the loops in it
            else:
                bound = after
        return bound if reached else None

    def _statement(self, node: ast.stmt, place: _Place, bound: set[str]) -> set[str] | None:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._function(node, place)
                return bound | place.binds({node.name})
            case ast.ClassDef():
                self._class(node, place)
                return bound | place.binds({node.name})
            case ast.If(body=body, orelse=orelse):
                return _either(self.block(body, place, bound), self.block(orelse, place, bound))
            case (
                ast.For(target=target, body=body, orelse=orelse)
                | ast.AsyncFor(target=target, body=body, orelse=orelse)
            ):
                self.block(body, place, bound | place.binds(bound_here(target)))
                self.block(orelse, place, bound)
                return bound
            case ast.While(body=body, orelse=orelse):
                self.block(body, place, bound)
                self.block(orelse, place, bound)
                return bound
            case ast.With(items=items, body=body) | ast.AsyncWith(items=items, body=body):
                inside = set[str]().union(
                    *(bound_here(item.optional_vars) for item in items if item.optional_vars)
                )
                self.block(body, place, bound | place.binds(inside))
                return bound  # the context manager may have swallowed an exception anywhere
            case ast.Try() | ast.TryStar():
                return self._try(node, place, bound)
            case ast.Match(cases=cases):
                for case in cases:
                    self.block(case.body, place, bound)
                return bound
            case ast.Return() | ast.Raise() | ast.Break() | ast.Continue():
                return None
        return bound | place.binds(surely_assigned(node))

    def _try(self, node: ast.Try | ast.TryStar, place: _Place, bound: set[str]) -> set[str] | None:
        after = self.block(node.body, place, bound)
        ends = [self.block(node.orelse, place, after if after is not None else bound)]
        if after is None:
            ends = [None]
        ends += [self.block(handler.body, place, bound) for handler in node.handlers]
        last = self.block(node.finalbody, place, bound)
        end: set[str] | None = None
        for one in ends:
            end = _either(end, one)
        if last is None or end is None:
            return None
        return end | last

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, place: _Place) -> None:
        name = _qualified(place, node.name)
        has_sites = node is self._only or place.has_sites
        inner = _Place("function", name, place.class_name, unsure_names(node), has_sites)
        self.block(node.body, inner, inner.binds(parameters(node.args)))

    def _class(self, node: ast.ClassDef, place: _Place) -> None:
        inner = _Place(
            "class",
            _qualified(place, node.name),
            node.name,
            has_sites=place.has_sites,
            declares=any(isinstance(n, ast.Global | ast.Nonlocal) for n in ast.walk(node)),
        )
        self.block(node.body, inner, set())

    def _with_site(self, loop: ast.For, place: _Place, bound: set[str]) -> ast.For:
        read, stored = names_in_order(loop)
        passed = tuple(name for name in read if name in bound)
        info = SiteInfo(
            key=self._registry.new_key(self._source, loop),
            source=self._source,
            node=loop,
            function=place.function,
            scope=place.scope,
            class_name=place.class_name,
            passed=passed,
            looked_up=tuple(name for name in read if name not in bound),
            outputs=stored,
            flags=self._flags,
        )
        self._registry.add(info, self._options)
        self.sites.append(info)
        return _site_form(info, bound)


def _qualified(place: _Place, name: str) -> str:
    match place.scope:
        case "module":
            return name
        case "class":
            return f"{place.function}.{name}"
    return f"{place.function}.<locals>.{name}"


def _either(one: set[str] | None, other: set[str] | None) -> set[str] | None:
    if one is None or other is None:
        return one if other is None else other
    return one & other


def _site_form(info: SiteInfo, bound: set[str]) -> ast.For:
    loop = info.node
    new = _Builder(info)
    binding = ast.For(
        target=ast.Tuple([new.name(name, ast.Store()) for name in info.outputs], ast.Store()),
        iter=ast.IfExp(
            test=ast.BoolOp(ast.Or(), [new.of_site("on"), new.of_site("open")]),
            body=new.call("enter", [loop.iter, *(new.name(name) for name in info.passed)]),
            orelse=ast.Tuple([], ast.Load()),
        ),
        body=[
            *(new.delete_if_unbound(name) for name in _maybe_unbound(loop, info.outputs, bound)),
            ast.If(test=new.call("whole", []), body=[ast.Break()], orelse=[]),
        ],
        orelse=[
            ast.For(
                target=loop.target,
                iter=ast.BoolOp(
                    ast.Or(),
                    [
                        ast.BoolOp(ast.And(), [new.of_site("open"), new.call("rest", [])]),
                        loop.iter,
                    ],
                ),
                body=loop.body,
                orelse=loop.orelse,
                type_comment=loop.type_comment,
            )
        ],
    )
    ast.copy_location(binding.orelse[0], loop)
    return _place(binding, loop)


def _maybe_unbound(loop: ast.For, outputs: Sequence[str], bound: set[str]) -> list[str]:
    """Return the names of `outputs` that a run of at least one iteration may leave unbound."""
    sure = bound | bound_here(loop.target)
    for statement in loop.body:
        if any(isinstance(node, ast.Break | ast.Continue) for node in ast.walk(statement)):
            break
        sure |= surely_assigned(statement)
    return [name for name in outputs if name not in sure]


def _place(node: ast.For, loop: ast.For) -> ast.For:
    """Put the nodes without positions at the word `range` in the header of `loop`.

    It stands in one line: an attribute that spans several would be taken to stand in the last.
    """
    assert isinstance(loop.iter, ast.Call)
    for inner in ast.walk(node):
        if isinstance(inner, ast.expr | ast.stmt) and not hasattr(inner, "lineno"):
            ast.copy_location(inner, loop.iter.func)
    return node


class _Builder:
    """Makes the nodes that speak of one site; `_place` gives them positions."""

    def __init__(self, info: SiteInfo) -> None:
        self._key = info.key

    def name(self, name: str, context: ast.expr_context | None = None) -> ast.Name:
        return ast.Name(name, context or ast.Load())

    def of_site(self, role: str) -> ast.Attribute:
        return ast.Attribute(self.name(REGISTRY_NAME), f"{self._key}_{role}", ast.Load())

    def call(self, role: str, arguments: list[ast.expr]) -> ast.Call:
        return ast.Call(self.of_site(role), arguments, [])

    def delete_if_unbound(self, name: str) -> ast.If:
        unbound = ast.Attribute(self.name(REGISTRY_NAME), "unbound", ast.Load())
        return ast.If(
            test=ast.Compare(self.name(name), [ast.Is()], [unbound]),
            body=[ast.Delete([self.name(name, ast.Del())])],
            orelse=[],
        )
