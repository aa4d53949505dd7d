"""Put sites in front of the candidate loops of a parsed text.

    for i in range(n):
        s += a[i]

becomes

    for i, s in __parloop__.k.enter[range(n), range, n, s, a] if GUARD else ():
        if not __parloop__.k.open or __parloop__.k.whole(): break
    else:
        while True:
            for i in __parloop__.k.open and __parloop__.k.rest() or range(n):
                s += a[i]
            else:
                if __parloop__.k.open and __parloop__.k.resumes():
                    for i, s in __parloop__.k.resume[s, a]:
                        if not __parloop__.k.open or __parloop__.k.whole(): break
                    else: continue
            break

(`capture.sites` says why, `capture.form` makes it.) The user's nodes keep their positions, and the
new ones stand at the loop's header. The text around the loops, names, order of local variables,
line events and tracebacks stay as they were.

Of a nest there is a second copy, with sites in front of the loops inside. It runs where the engine
has found that the nest as a whole cannot run natively.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Final, Protocol

from parloop.capture.bars import BarSite
from parloop.capture.candidates import (
    Callables,
    effects_of,
    find_callables,
    is_candidate,
    is_range_loop,
)
from parloop.capture.comprehensions import (
    COMPREHENSIONS,
    Comprehension,
    find_comprehension,
)
from parloop.capture.draws import find_draws
from parloop.capture.expressions import ExpressionSite
from parloop.capture.form import expression_form, site_form
from parloop.capture.headers import bound_names, header_names, may_resume
from parloop.capture.items import leaves
from parloop.capture.made import OPENED, names_made, parts_of
from parloop.capture.names import (
    bound_here,
    names_in_order,
    parameters,
    statements_in,
    surely_assigned,
    unsure_names,
)
from parloop.capture.progress import without_bar
from parloop.capture.sites import REGISTRY, Scope, Site, SiteInfo
from parloop.source import Source

_NO_OPTIONS: Final[Mapping[str, Any]] = MappingProxyType({})


class Places(Protocol):
    """Where sites come from: `REGISTRY`, which makes them, or what gives a text its own again."""

    def new_key(self, source: Source, node: ast.For, /) -> str:
        """Return the key of the site in front of `node`."""

    def add(self, info: SiteInfo, options: Mapping[str, Any], kind: type[Site] = Site, /) -> Site:
        """Return the site that `info` describes."""


def rewrite(
    tree: ast.Module,
    source: Source,
    registry: Places = REGISTRY,
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
    is_inside: bool = False
    """Inside of a candidate, where nothing keeps a loop over numbers from being one."""
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
        registry: Places,
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
            if wanted and self._is_candidate(statement, place):
                assert isinstance(statement, ast.For)
                statements[position] = self._with_site(statement, place, bound)
                continue
            if wanted and place.scope != "class":
                statements[position] = statement = self._with_expressions(statement, place, bound)
            after = self._statement(statement, place, bound)
            if after is None:
                reached = False  # what follows is dead; go on for the loops in it
            else:
                bound = after
        return bound if reached else None

    def _is_candidate(self, node: ast.AST, place: _Place) -> bool:
        if place.is_inside and is_range_loop(node):
            return True
        return is_candidate(node, self._callables)

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
        written, loop = loop.iter, without_bar(loop, self._callables.bars)
        bar = None if written is loop.iter else written
        over_items = not is_range_loop(loop)
        made: tuple[str, ...] = ()
        if over_items:
            header = leaves(loop.iter)
            if parts_of(loop.iter):
                made = (OPENED, *names_made(loop.iter))
        else:
            assert isinstance(loop.iter, ast.Call)
            header = header_names(loop.iter) if bar is None else bound_names(loop.iter)
        read, stored = names_in_order(loop)
        known = (*header, *(name for name in read if name in bound and name not in header))
        passed = (*known, *made)
        info = SiteInfo(
            key=self._registry.new_key(self._source, loop),
            source=self._source,
            node=loop,
            function=place.function,
            scope=place.scope,
            class_name=place.class_name,
            passed=passed,
            looked_up=tuple(name for name in read if name not in passed),
            outputs=stored,
            n_repeatable=len(header) if bar is None else 0,
            resumes=bar is None and not made and find_draws(loop) is None and may_resume(loop),
            steady=tuple(name for name in passed if name in bound),
            effects=effects_of(loop, self._callables) if bar is None and not made else (),
            flags=self._flags,
            over_items=over_items,
            bar=bar,
            made=made,
        )
        self._registry.add(info, self._options, Site if bar is None else BarSite)
        self.sites.append(info)
        return site_form(info, bound, self._with_inner_sites(loop, place, bound))

    def _with_expressions(self, statement: ast.stmt, place: _Place, bound: set[str]) -> ast.stmt:
        """Return `statement` with sites for the comprehensions in its own expressions."""
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            return statement
        if type(statement).__name__ == "TypeAlias":
            return statement  # a scope of its own
        for name, value in ast.iter_fields(statement):
            if name == "annotation":
                continue  # its text may be kept
            if isinstance(value, list) and value and isinstance(value[0], ast.withitem):
                for item in value:
                    item.context_expr = self._expression(item.context_expr, place, bound)
            elif isinstance(value, list) and value and isinstance(value[0], ast.expr):
                setattr(statement, name, [self._expression(one, place, bound) for one in value])
            elif isinstance(value, ast.expr):
                setattr(statement, name, self._expression(value, place, bound))
        return statement

    def _expression(self, node: Any, place: _Place, bound: set[str]) -> Any:
        """Return `node` with sites for the comprehensions in it; what changes is copied."""
        found = find_comprehension(node, self._callables)
        if found is not None:
            made = self._with_expression_site(found, place, bound)
            if node is found.node:
                return made
            node = copy.copy(node)
            node.args = [made]
            return node
        if isinstance(node, (ast.Lambda, *COMPREHENSIONS)):
            return node
        copied = node
        for name, value in ast.iter_fields(node):
            new: Any = value
            if isinstance(value, list):
                new = [self._expression(v, place, bound) if isinstance(v, ast.AST) else v
                       for v in value]  # fmt: skip
                if all(one is other for one, other in zip(new, value, strict=True)):
                    continue
            elif isinstance(value, ast.AST):
                new = self._expression(value, place, bound)
            if new is not value:
                copied = copy.copy(node) if copied is node else copied
                setattr(copied, name, new)
        return copied

    def _with_expression_site(
        self, found: Comprehension, place: _Place, bound: set[str]
    ) -> ast.expr:
        loop = found.loop
        over_items = not is_range_loop(loop)
        header: tuple[str, ...] = ()
        if over_items:
            header = leaves(loop.iter)
        read = [n for n in names_in_order(loop)[0] if n[0] != "%" and not n.endswith("@")]
        known = (*header, *(name for name in read if name in bound and name not in header))
        consumer = () if found.consumer is None else (found.consumer,)
        passed = (*consumer, *known, *found.made)
        info = SiteInfo(
            key=self._registry.new_key(self._source, loop),
            source=self._source,
            node=loop,
            function=place.function,
            scope=place.scope,
            class_name=place.class_name,
            passed=passed,
            looked_up=tuple(name for name in read if name not in passed),
            outputs=found.outputs,
            flags=self._flags,
            over_items=over_items,
            comprehension=found,
        )
        self._registry.add(info, self._options, ExpressionSite)
        self.sites.append(info)
        return expression_form(info, found)

    def _with_inner_sites(self, loop: ast.For, place: _Place, bound: set[str]) -> ast.For | None:
        """Return a copy of `loop` with sites in front of the loops in it, None if there are none.

        They are for entries at which the whole nest cannot run natively.
        """
        parts = (node for part in loop.body for node in statements_in(part))
        inside = replace(place, is_inside=True)
        if not any(self._is_candidate(part, inside) for part in parts):
            return None
        second: ast.For = with_own_blocks(loop, {})
        self.block(second.body, inside, bound | place.binds(bound_here(loop.target)))
        self.block(second.orelse, place, bound)
        return second


def with_own_blocks(node: Any, copies: dict[int, Any]) -> Any:
    """Return a copy of `node` with blocks of its own, the statements in them copied likewise.

    Expressions are shared: the rewriter replaces statements, and uses the rest as it is. `copies`
    gets all copies by the `id` of what they are copies of.
    """
    made = copies[id(node)] = copy.copy(node)
    for name, value in ast.iter_fields(node):
        if isinstance(value, list) and value and isinstance(value[0], _IN_BLOCKS):
            setattr(made, name, [with_own_blocks(part, copies) for part in value])
    return made


_IN_BLOCKS: Final = (ast.stmt, ast.excepthandler, ast.match_case)


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
