"""Write the bodies of a user's functions into the loop that calls them.

    for i in range(n):                     for i in range(n):
        b[i] = 2 * clip(a[i])                  %x@clip = a[i]
                                   ->          if %x@clip < 0: %clip@ = 0
    def clip(x):                               else: %clip@ = %x@clip
        if x < 0: return 0                     b[i] = 2 * %clip@
        return x

Text to text, before anything is lowered. A function's own names become temporaries; those that it
reads from around it become what its `Callee` says. What CPython evaluates before a call is kept in
temporaries, for the call has to stand in front of the statement. An exception inside need not be
thought of: the interpreter repeats the iteration, with a call that is one.
"""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from parloop.diagnostics import Declined
from parloop.frontend.callee import (
    Callee,
    Node,
    Refused,
    Resolve,
    body_of,
    changed,
    is_only_asked,
    load_name,
    own_names,
    put_at,
    results_of,
    store_name,
)
from parloop.frontend.codes import UnsupportedFunction
from parloop.frontend.reductions import Reduction, find_reduction
from parloop.frontend.returns import NotStructured, without_returns
from parloop.source import NOWHERE, Source, Span

MOST_NODES: Final = 4_000
"""More parts of expressions and statements than this are not written into one loop."""

DEEPEST_CALLS: Final = 12
"""So many calls may stand inside each other."""

@dataclass(frozen=True, slots=True)
class Inlined:
    """A loop with the functions that it calls written into it."""

    loop: ast.For
    callees: tuple[Callee, ...] = ()
    needed: frozenset[str] = frozenset()
    """Names that calls are given, and that have to have a value though nothing may read it."""
    bound: frozenset[str] = frozenset()
    """Names that the user's own text of the loop binds."""


def inline(loop: ast.For, source: Source, resolve: Resolve) -> Inlined:
    """Return `loop` with calls of functions that `resolve` knows replaced by their bodies.

    Raises Declined with the reason where that cannot be.
    """
    nodes = tuple(ast.walk(loop))
    if not any(isinstance(node, ast.Call) for node in nodes):
        return Inlined(loop)
    bound = frozenset(
        node.id
        for node in nodes
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)
    )
    inliner = _Inliner(resolve, bound)
    if not any(inliner.calls_in(part) for part in (*loop.body, *loop.orelse)):
        return Inlined(loop)
    try:
        made = copy.copy(loop)
        made.body = inliner.block(loop.body)
        made.orelse = inliner.block(loop.orelse)
    except Refused as refused:
        raise Declined(_reason(refused, inliner.at, source)) from None
    return Inlined(made, tuple(inliner.met), frozenset(inliner.needed), bound)


def _reason(refused: Refused, call: ast.expr | None, source: Source) -> UnsupportedFunction:
    span = NOWHERE if call is None else span_of(call, source)
    callee, node = refused.callee, refused.node
    if callee is None:
        return UnsupportedFunction(f"the loop calls a function that {refused.why}", span)
    line = getattr(node, "lineno", None) or callee.node.lineno
    place = f"line {line}" if not callee.where else f"{callee.source.path}, line {line}"
    message = f"the loop calls `{callee.name}`, which {refused.why} ({place})"
    return UnsupportedFunction(message, span)


_OURS: Final = re.compile(r"`%?([A-Za-z_]\w*)@(\w+)(#\d+)?`")


def in_users_words(text: str) -> str:
    """Return a message with the names that functions brought into a loop as the user knows them."""
    return _OURS.sub(r"`\1` of `\2`", text)


def span_of(node: ast.expr | ast.stmt, source: Source) -> Span:
    """Return where `node` stands in `source`, in characters."""
    end_line = node.end_lineno or node.lineno
    first, last = source.line(node.lineno).encode(), source.line(end_line).encode()
    start = len(first[: node.col_offset].decode(errors="ignore"))
    end = len(last[: node.end_col_offset or 0].decode(errors="ignore"))
    return Span(node.lineno, start, end_line, end)


@dataclass(slots=True)
class _Inliner:
    resolve: Resolve
    bound: frozenset[str]
    met: list[Callee] = field(default_factory=list)
    needed: set[str] = field(default_factory=set)
    out: list[ast.stmt] = field(default_factory=list)
    """The statements in front of the one in hand."""
    stack: list[Callee] = field(default_factory=list)
    at: ast.expr | None = None
    """The call in the loop's own text that is being written."""
    written: int = 0
    _numbers: dict[str, int] = field(default_factory=dict)
    _known: dict[str, Callee | None] = field(default_factory=dict)
    _reductions: dict[int, tuple[Reduction | None, ast.AST]] = field(default_factory=dict)
    """By `id`, with the nodes, which have to live as long."""

    # what is a call

    def callee(self, node: ast.AST) -> Callee | None:
        """Return the user's function that `node` calls, if it calls one."""
        match node:
            case ast.Call(func=ast.Name(id=name)) if name not in self.bound and name[0] != "%":
                if name not in self._known:
                    self._known[name] = self.resolve(name)
                return self._known[name]
        return None

    def calls_in(self, *nodes: ast.AST) -> bool:
        """Return whether one of the user's functions is called in `nodes`, or all items taken."""
        return any(
            self.callee(inner) or self.reduction(inner)
            for node in nodes
            for inner in ast.walk(node)
        )

    def reduction(self, node: ast.AST) -> Reduction | None:
        """Return what `node` is if it is `sum(f(x) for x in a)` or the like."""
        if id(node) not in self._reductions:
            found = None
            if isinstance(node, ast.Call) and not self.callee(node):
                found = find_reduction(node, self.bound)
            self._reductions[id(node)] = found, node
        return self._reductions[id(node)][0]

    # statements

    def block(self, body: Sequence[ast.stmt]) -> list[ast.stmt]:
        """Return statements that mean what `body` does."""
        outer, self.out = self.out, []
        for stmt in body:
            if self.calls_in(stmt):
                self.statement(stmt)
            else:
                self.out.append(stmt)
        found, self.out = self.out, outer
        return found

    def statement(self, stmt: ast.stmt) -> None:
        match stmt:
            case ast.Assign(targets=[target], value=value):
                self.assign(stmt, target, value)
            case ast.AugAssign():
                self.augmented(stmt)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self.assign(stmt, target, value)
            case ast.Expr(value=ast.Call() as call) if self.callee(call):
                self.call(call, 0)
            case ast.Expr(
                value=ast.Call(func=ast.Attribute(value=ast.Name(), attr="append"), args=[value])
            ):
                append: ast.expr = changed(stmt.value, args=[self.value(value)])
                self.out.append(changed(stmt, value=append))
            case ast.If(test=test):
                made = changed(stmt, test=self.value(test))
                made.body, made.orelse = self.block(stmt.body), self.block(stmt.orelse)
                self.out.append(made)
            case ast.For():
                items = self.value(stmt.iter)
                body, orelse = self.block(stmt.body), self.block(stmt.orelse)
                self.out.append(changed(stmt, iter=items, body=body, orelse=orelse))
            case ast.While():
                self.while_loop(stmt)
            case _:
                raise self.refuse("is called in a statement of another kind", stmt)

    def refuse(self, why: str, node: ast.AST) -> Refused:
        """Return the reason against the call that is nearest to `node`."""
        for inner in ast.walk(node):
            callee = self.callee(inner)
            if callee is not None:
                assert isinstance(inner, ast.expr)
                self.at = self.at if self.stack else inner
                return Refused(why, callee, None)
        return Refused(why, self.stack[-1] if self.stack else None, node)

    def assign(self, stmt: ast.stmt, target: ast.expr, value: ast.expr) -> None:
        match target:
            case ast.Tuple(elts=targets) | ast.List(elts=targets):
                if self.callee(value):
                    assert isinstance(value, ast.Call)
                    results: list[ast.expr] = self.call(value, len(targets))
                    value = put_at(value, ast.Tuple(results, ast.Load()))
                else:
                    value = self.value(value)
                if self.calls_in(target):
                    raise self.refuse("is called to find where a result goes", target)
            case _:
                value = self.value(value)
                if self.calls_in(target):
                    value = self.freeze(value)
                    target = self.value(target)
        self.out.append(put_at(stmt, ast.Assign([target], value)))

    def augmented(self, stmt: ast.AugAssign) -> None:
        target = stmt.target
        if isinstance(target, ast.Subscript):
            frozen = self.value(target.slice)
            if self.calls_in(stmt.value):
                frozen = self.freeze_parts(frozen)
            target = changed(target, slice=frozen)
        before = len(self.out)
        value = self.value(stmt.value)
        if isinstance(target, ast.Subscript) and _stores(self.out[before:]):
            raise self.refuse("writes to an array while an element is updated", stmt.value)
        self.out.append(changed(stmt, target=target, value=value))

    def freeze_parts(self, node: ast.expr) -> ast.expr:
        if isinstance(node, ast.Tuple):
            return changed(node, elts=[self.freeze(part) for part in node.elts])
        return self.freeze(node)

    def while_loop(self, stmt: ast.While) -> None:
        """Where the test calls, it moves into the body: `while True: if not TEST: break`."""
        if not self.calls_in(stmt.test):
            made = changed(stmt, body=self.block(stmt.body), orelse=self.block(stmt.orelse))
            self.out.append(made)
            return
        if stmt.orelse:
            raise self.refuse("is called in the test of a `while` with `else`", stmt.test)
        outer, self.out = self.out, []
        test = self.value(stmt.test)
        leave = put_at(stmt, ast.Break())
        self.out.append(put_at(stmt, ast.If(test, [put_at(stmt, ast.Pass())], [leave])))
        body, self.out = self.out, outer
        body += self.block(stmt.body)
        true = put_at(stmt.test, ast.Constant(True))
        self.out.append(changed(stmt, test=true, body=body, orelse=[]))

    # expressions

    def value(self, node: Node) -> Any:
        """Return an expression without calls; what has to come before it is written."""
        if not self.calls_in(node):
            return node
        match node:
            case ast.Call() if self.callee(node):
                return self.call(node, 1)[0]
            case ast.Call() if reduction := self.reduction(node):
                self.out.extend(self.block(reduction.statements(self.fresh)))
                return reduction.value
            case ast.Subscript(value=ast.Call() as call, slice=ast.Constant(value=int(place))) if (
                self.callee(call)
            ):
                count = results_of(self.callee(call))
                if not 0 <= place < count:
                    raise self.refuse("returns something else than is taken from it", node)
                return self.call(call, count)[place]
            case ast.Call(args=args):
                if node.keywords:
                    return node  # refused by whoever lowers it
                return changed(node, args=self.values(args))
            case ast.BoolOp():
                return self.logical(node)
            case ast.IfExp():
                return self.conditional(node)
            case ast.Compare(left=left, comparators=[first, *more]) if not self.calls_in(*more):
                one, other = self.values([left, first])
                return changed(node, left=one, comparators=[other, *more])
            case ast.BinOp(left=left, right=right):
                one, other = self.values([left, right])
                return changed(node, left=one, right=other)
            case ast.UnaryOp(operand=operand):
                return changed(node, operand=self.value(operand))
            case ast.Subscript(value=base, slice=index):
                one, other = self.values([base, index])
                return changed(node, value=one, slice=other)
            case ast.Tuple(elts=parts):
                return changed(node, elts=self.values(parts))
        raise self.refuse("is called where the order of evaluation is not worked out", node)

    def values(self, nodes: Sequence[ast.expr]) -> list[ast.expr]:
        """Return what `value` does for expressions that are evaluated one after another."""
        found: list[ast.expr] = []
        for place, node in enumerate(nodes):
            made = self.value(node)
            if self.calls_in(*nodes[place + 1 :]):
                made = self.freeze(made)
            found.append(made)
        return found

    def freeze(self, node: ast.expr) -> ast.expr:
        """Return `node` as something that means the same after any call."""
        if isinstance(node, ast.Name | ast.Constant):
            return node
        return self.keep(self.fresh("before"), node)

    def keep(self, name: str, value: ast.expr) -> ast.Name:
        """Write an assignment to a new name, and return the name."""
        self.out.append(put_at(value, ast.Assign([put_at(value, store_name(name))], value)))
        return put_at(value, load_name(name))

    def logical(self, node: ast.BoolOp) -> ast.expr:
        """`x = FIRST; if x: x = SECOND` for `and`, the other way for `or`."""
        first, *rest = node.values
        name = self.fresh("either")
        self.keep(name, self.value(first))
        for place, part in enumerate(rest):
            left = [part, *rest[place + 1 :]]
            tail = part if len(left) == 1 else changed(node, values=left)
            outer, self.out = self.out, []
            self.keep(name, self.value(tail))
            inner, self.out = self.out, outer
            nothing: list[ast.stmt] = [put_at(node, ast.Pass())]
            test = put_at(node, load_name(name))
            branches = (inner, []) if isinstance(node.op, ast.And) else (nothing, inner)
            self.out.append(put_at(node, ast.If(test, *branches)))
            break
        return put_at(node, load_name(name))

    def conditional(self, node: ast.IfExp) -> ast.expr:
        name = self.fresh("either")
        test = self.value(node.test)
        blocks = []
        for part in (node.body, node.orelse):
            outer, self.out = self.out, []
            self.keep(name, self.value(part))
            inner, self.out = self.out, outer
            blocks.append(inner)
        self.out.append(put_at(node, ast.If(test, *blocks)))
        return put_at(node, load_name(name))

    def fresh(self, stem: str, callee: str = "") -> str:
        """Return a new name of ours."""
        key = f"{stem}@{callee}"
        number = self._numbers[key] = self._numbers.get(key, 0) + 1
        return f"%{key}" + (f"#{number}" if number > 1 else "")

    # calls

    def call(self, node: ast.Call, count: int) -> list[ast.expr]:
        """Write the body of what `node` calls; return the names of its `count` results."""
        callee = self.callee(node)
        assert callee is not None
        if not self.stack:
            self.at = node
        if callee.problem is not None:
            raise Refused(callee.problem, callee)
        if any(other.node is callee.node for other in self.stack):
            raise Refused("calls itself", callee)
        if len(self.stack) >= DEEPEST_CALLS:
            raise Refused("stands in too many calls inside each other", callee)
        if callee not in self.met:
            self.met.append(callee)
        given = self.arguments(node, callee)
        self.stack.append(callee)
        body = body_of(callee)
        body = self.renamed(callee, body, given)
        results = [self.fresh("result", callee.name) for _ in range(count)]
        try:
            body, returns = without_returns(body, lambda stmt: self.result(stmt, results))
        except NotStructured as problem:
            raise Refused(f"has {problem.why}", callee, problem.node) from None
        if results and not returns:
            raise Refused("may end without `return`", callee)
        self.out.extend(self.block(body))
        self.stack.pop()
        return [put_at(node, load_name(name)) for name in results]

    def result(self, stmt: ast.Return, results: list[str]) -> list[ast.stmt]:
        """Return the statements that keep what is returned."""
        value, callee = stmt.value, self.stack[-1]
        empty = value is None or (isinstance(value, ast.Constant) and value.value is None)
        if not results:
            if empty or isinstance(value, ast.Constant):
                return []
            assert value is not None
            parts = value.elts if isinstance(value, ast.Tuple) else [value]
            if all(isinstance(part, ast.Name | ast.Constant) for part in parts):
                return []  # arrays, mostly
            names = [self.fresh("unused", callee.name) for _ in parts]
            return [
                put_at(stmt, ast.Assign([put_at(stmt, store_name(name))], part))
                for name, part in zip(names, parts, strict=True)
            ]
        if empty:
            raise Refused("may return `None`", callee, stmt)
        assert value is not None
        if len(results) == 1:
            if isinstance(value, ast.Tuple):
                raise Refused("returns several values as one", callee, stmt)
            return [put_at(stmt, ast.Assign([put_at(stmt, store_name(results[0]))], value))]
        fits = isinstance(value, ast.Tuple) and len(value.elts) == len(results)
        if not fits and not self.callee(value):
            raise Refused(f"returns something else than {len(results)} values", callee, stmt)
        targets: list[ast.expr] = [put_at(stmt, store_name(name)) for name in results]
        target = put_at(stmt, ast.Tuple(targets, ast.Store()))
        return [put_at(stmt, ast.Assign([target], value))]

    def arguments(self, node: ast.Call, callee: Callee) -> dict[str, ast.expr]:
        """Return the parameters and what they are given, evaluated in order."""
        spec = callee.node.args
        if spec.vararg or spec.kwarg:
            raise Refused("takes any number of arguments", callee)
        if any(isinstance(a, ast.Starred) for a in node.args):
            raise Refused("is called with unpacked arguments", callee)
        if any(keyword.arg is None for keyword in node.keywords):
            raise Refused("is called with unpacked arguments", callee)
        plain = [arg.arg for arg in (*spec.posonlyargs, *spec.args)]
        by_name = {arg.arg for arg in (*spec.args, *spec.kwonlyargs)}
        values = self.values([*node.args, *(keyword.value for keyword in node.keywords)])
        given = dict(zip(plain, values[: len(node.args)], strict=False))
        fits = len(node.args) <= len(plain)
        for keyword, value in zip(node.keywords, values[len(node.args) :], strict=True):
            fits = fits and keyword.arg in by_name and keyword.arg not in given
            given[keyword.arg or ""] = value
        for name in (*plain, *(arg.arg for arg in spec.kwonlyargs)):
            if name not in given and name in callee.defaults:
                given[name] = callee.defaults[name]
            fits = fits and name in given
        if not fits:
            raise Refused("is called with arguments that do not fit", callee)
        return given

    def renamed(
        self, callee: Callee, body: list[ast.stmt], given: Mapping[str, ast.expr]
    ) -> list[ast.stmt]:
        """Return `body` with the names that the loop has for its names, parameters assigned."""
        own = own_names(callee, body)
        stored = {
            n.id for stmt in body for n in ast.walk(stmt)
            if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
        }  # fmt: skip
        names: dict[str, ast.expr] = {}
        for name, value in given.items():
            if name not in stored and self.may_stand(name, value, body):
                names[name] = value
                if isinstance(value, ast.Name) and value.id[0] != "%":
                    self.needed.add(value.id)
        for name in sorted(own - names.keys()):
            names[name] = load_name(self.fresh(name, callee.name))
        heads = []
        for name, value in given.items():
            target = names[name]
            if target is not value:
                assert isinstance(target, ast.Name)
                made_here = put_at(value, store_name(target.id))
                heads.append(put_at(value, ast.Assign([made_here], value)))
        renamer = _Renamer(self, callee, names)
        made = [renamer.copy(stmt) for stmt in body]
        self.written += renamer.count
        if self.written > MOST_NODES:
            raise Refused("makes the loop too long", callee)
        return [*heads, *made]

    def may_stand(self, parameter: str, value: ast.expr, body: list[ast.stmt]) -> bool:
        """Return whether the argument `value` can stand wherever the parameter is read."""
        match value:
            case ast.Constant():
                return True
            case ast.Name(id=name):
                if name not in self.bound and name[0] != "%":
                    return True
                return is_only_asked(parameter, body)
        return False


class _Renamer:
    """Copies parts of a function's body under other names."""

    def __init__(self, inliner: _Inliner, callee: Callee, names: Mapping[str, ast.expr]) -> None:
        self.callee = callee
        self.names = names
        self.count = 0

    def copy(self, node: Any) -> Any:
        self.count += 1
        made: Any
        match node:
            case ast.Name(id=name, ctx=context) if name in self.names:
                value = self.names[name]
                if isinstance(value, ast.Constant):
                    made = ast.Constant(value.value)
                else:
                    assert isinstance(value, ast.Name)
                    made = ast.Name(value.id, context)
                ast.copy_location(made, node)
            case ast.Name(id=name, ctx=context):
                made = ast.copy_location(ast.Name(self.callee.rename(name), context), node)
            case _:
                made = copy.copy(node)
                for field_name, value in ast.iter_fields(node):
                    if isinstance(value, list):
                        new: Any = [self.copy(v) if isinstance(v, ast.AST) else v for v in value]
                    elif isinstance(value, ast.expr | ast.stmt | ast.keyword | ast.slice):
                        new = self.copy(value)
                    else:
                        continue
                    setattr(made, field_name, new)
        if self.callee.where and isinstance(made, ast.expr | ast.stmt):
            made.where = self.callee.where  # type: ignore[union-attr]
        return made


def _stores(body: Sequence[ast.stmt]) -> bool:
    return any(
        isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load)
        for stmt in body
        for node in ast.walk(stmt)
    )
