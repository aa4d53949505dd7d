"""Lower a `for ... in range(...)` loop of the user's text to the loop IR.

    for i in range(n):            for i in 0:n:1 {
        if 0 < a[i] < 1:     ->       %0 = a[i]
            b[i] += a[i]              if 0 < %0 and %0 < 1 { b[i] = b[i] + a[i] } else { }
                                  }

Or say, construct by construct, what stands in the way.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property

from parloop.capture.comprehensions import MADE
from parloop.capture.draws import drawn_ahead
from parloop.capture.literals import is_pack
from parloop.capture.made import OF_HEADER, is_grid
from parloop.capture.names import find_scope
from parloop.diagnostics import Diagnostic, Label
from parloop.frontend.appends import Appends, appended, appends_after, steady_lists
from parloop.frontend.codes import (
    MixedUse,
    SharedName,
    UnsupportedFunction,
    UnsupportedLoop,
    UnsupportedStatement,
    UnsupportedTarget,
)
from parloop.frontend.expressions import DEEPEST, STAND_IN, Expressions
from parloop.frontend.grids import given_bounds, inner_axes, nested, outermost_axes
from parloop.frontend.inline import in_users_words
from parloop.frontend.iteration import before, lower_iteration
from parloop.frontend.names import NameFacts
from parloop.frontend.waiting import only_waits
from parloop.ir.nodes import (
    START,
    STEP,
    STOP,
    Assign,
    Binary,
    Break,
    Call,
    Compare,
    Const,
    Continue,
    Expr,
    Extent,
    For,
    If,
    Load,
    Name,
    Nest,
    Stmt,
    Store,
    Unary,
    While,
)
from parloop.ir.parts import list_of
from parloop.ir.uses import Uses, find_uses
from parloop.ir.walk import all_expressions, expressions, loops, operands, statements
from parloop.source import Source, Span

CONVENTIONAL = NameFacts()
"""Names mean what they usually mean: `math`, `np`, `numpy` and the builtins."""


def lower_loop(
    node: ast.For,
    source: Source,
    *,
    function: str = "<module>",
    names: NameFacts = CONVENTIONAL,
) -> Nest | tuple[Diagnostic, ...]:
    """Return the loop `node` of `source` as a `Nest`, or all that keeps it from becoming one.

    `function` is the name of the function around it (for people), `names` what the roots of dotted
    names mean there.
    """
    node, draws = drawn_ahead(node)
    lowering = _Lowering(source, function, names, frozenset(_bound_names([node])))
    loop = lowering.outermost(node)
    uses = find_uses(loop)
    _check_uses(uses, loop, lowering)
    _check_appends(loop, lowering)
    if lowering.problems:
        found = [_in_words(problem, loop.span) for problem in lowering.problems]
        *problems, last = sorted(found, key=lambda why: (why.span.line, why.span.column))
        return (*problems, replace(last, notes=("the interpreter runs this loop",)))
    return Nest(
        loop,
        tuple(uses.inputs),
        tuple(uses.arrays),
        tuple(uses.outputs),
        source,
        function,
        tuple(lowering.guards.items()),
        frozenset(lowering.no_lists),
        tuple(lowering.appends.found.items()),
        tuple(c for c in lowering.requires if _arrays_of(c) <= uses.arrays.keys()),
        draws,
    )


def roots(nest: Nest) -> tuple[str, ...]:
    """Return the names that must still mean at run time what the lowering took them for."""
    return tuple(dict.fromkeys(path.partition(".")[0] for path, _ in nest.guards))


def _arrays_of(condition: Expr) -> set[str]:
    return {part.array for part in expressions(condition) if isinstance(part, Extent)}


def _bound_names(body: Iterable[ast.stmt]) -> set[str]:
    """Return the names that the statements bind by assignment or as a loop's index."""
    found: set[str] = set()
    for stmt in body:
        match stmt:
            case ast.Assign(targets=targets):
                for target in targets:
                    _add_target(target, found)
            case ast.AugAssign(target=target) | ast.AnnAssign(target=target):
                _add_target(target, found)
            case ast.For(target=target, body=inner, orelse=orelse):
                _add_target(target, found)
                found |= _bound_names(inner) | _bound_names(orelse)
            case ast.While(body=inner, orelse=orelse) | ast.If(body=inner, orelse=orelse):
                found |= _bound_names(inner) | _bound_names(orelse)
            case _:
                pass
    return found


def _add_target(target: ast.expr, found: set[str]) -> None:
    match target:
        case ast.Name(id=name):
            found.add(name)
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            for part in parts:
                _add_target(part, found)
        case _:
            pass


def _in_words(problem: Diagnostic, loop: Span) -> Diagnostic:
    """Return a problem that may stand in a function's body as the loop's own."""
    message = in_users_words(problem.message)
    if problem.span.where:
        message = f"{message} (line {problem.span.line} of a function in another file)"
        return replace(problem, message=message, span=loop, labels=())
    return replace(problem, message=message) if message != problem.message else problem


def _check_appends(outermost: For, lowering: _Lowering) -> None:
    """Refuse lists that the loop appends to and looks at."""
    found = lowering.appends.found
    parts = all_expressions((outermost,))
    seen = {getattr(part, "array", None) or getattr(part, "id", "") for part in parts}
    bases = {list_of(name) for name in found}
    for name in sorted(bases):
        if lowering.appends.is_mixed(name):
            message = f"the loop appends items of several kinds to `{name}`"
            lowering.problems.append(UnsupportedStatement(message, outermost.span))
    for name in bases & (seen | lowering.no_lists | lowering.bound):
        message = f"the loop appends to `{name}` and uses it otherwise"
        lowering.problems.append(UnsupportedStatement(message, outermost.span))
    stores = [stmt for stmt in statements((outermost,)) if isinstance(stmt, Store)]
    for stmt in stores:
        if stmt.array in (bases | found.keys()) and stmt.span not in lowering.appends.spans:
            message = f"the loop appends to `{stmt.array}` and stores into it"
            lowering.problems.append(UnsupportedStatement(message, stmt.span))


def _check_uses(uses: Uses, outermost: For, lowering: _Lowering) -> None:
    indices = {loop.index for loop in loops((outermost,))}
    for name, span in uses.arrays.items():
        if name in indices and not name.startswith("%"):
            message = f"the loop uses `{name}` as an array and as a loop's index"
            evidence = (
                Label(span, "as an array"),
                Label(uses.scalars[name], "as an index"),
            )
            lowering.problems.append(MixedUse(message, span, evidence))
    counters = lowering.appends.found.values()
    for name, span in uses.unassigned.items():
        if name in counters:  # which the runtime sets to 0
            continue
        lowering.problems.append(UnsupportedFunction(f"`{name}` may have no value here", span))
    for name, span in uses.outputs.items():
        if name in lowering.names.shared:
            lowering.problems.append(
                SharedName(
                    f"the loop assigns `{name}`, which is declared `global` or `nonlocal`", span
                )
            )


class _Lowering(Expressions):
    """The statements of one loop on their way into the IR."""

    @cached_property
    def appends(self) -> Appends:
        """The lists that the loop appends to, as far as is known."""
        return Appends()

    def outermost(self, node: ast.For) -> For:
        """Return the outermost loop, with bounds that only name what the nest does not bind.

        Other bounds are the numbers that the site passes.
        """
        if is_grid(node.iter) and (grid := self._outermost_grid(node)) is not None:
            return grid
        self.moves = False  # nothing can be run before the loop
        plain = self._is_range(node.iter)
        over = None if plain else lower_iteration(node, self, is_outermost=True)
        self.moves = True
        for stmt in appends_after(node):
            self.problem(UnsupportedStatement, "the loop appends in its `else`", stmt)
        self.appends.steady = steady_lists(node)
        if over is not None:
            self.appends.position = Name(over.index)
            body = over.heads + self._block(node.body, inside=True)
            orelse = self._block(node.orelse, inside=False)
            last = over.stop if self._is_invariant(over.stop) else Name(STOP)
            header = self._header(node, node.iter)
            return For(over.index, Const(0), last, Const(1), body, orelse, header)
        index = self._index(node)
        bounds = self._range_arguments(node.iter, quiet=True)
        plain = bounds[0] == Const(0) and bounds[2] == Const(1)
        if plain and index not in _bound_names(node.body):
            self.appends.position = Name(index)
        self.arrays.clear()  # an array that only the bounds ask for its length may be a list
        with self._running(index, bounds, node):
            body = self._block(node.body, inside=True)
        orelse = self._block(node.orelse, inside=False)
        given = (Name(START), Name(STOP), Name(STEP))
        start, stop, step = (
            bound if bound is not None and self._is_invariant(bound) else passed
            for bound, passed in zip(bounds, given, strict=True)
        )
        return For(index, start, stop, step, body, orelse, self._header(node, node.iter))

    def _outermost_grid(self, node: ast.For) -> For | None:
        """Return the loops over the grid that `node` goes over; None where it is not known."""
        self.moves = False
        axes = outermost_axes(node, self, lambda call: self._range_arguments(call, quiet=True))
        self.moves = True
        if axes is None:
            return None
        made = {name for name in self.arrays if name.endswith(OF_HEADER)}
        self.arrays.intersection_update(made)
        body = self._block(node.body, inside=True)
        orelse = self._block(node.orelse, inside=False)
        bounds = [
            given_bounds(axis, number, self._is_invariant) for number, axis in enumerate(axes)
        ]
        return nested(axes, bounds, body, orelse, node, self._header(node, node.iter))

    def _inner_grid(self, node: ast.For, inside: bool) -> list[Stmt] | None:
        """Return the same for a loop in the nest."""
        axes = inner_axes(node, self, lambda call: self._range_arguments(call, quiet=False))
        if axes is None:
            return None
        body = self._block(node.body, inside=True)
        orelse = self._block(node.orelse, inside=inside)
        bounds = [
            (start or Const(0), stop or Const(0), step or Const(1))
            for start, stop, step in (axis.bounds for axis in axes)
        ]
        return [nested(axes, bounds, body, orelse, node, self._header(node, node.iter))]

    def _is_invariant(self, expr: Expr) -> bool:
        match expr:
            case Name(id=name):
                return name not in self.bound
            case Extent(array=array):
                return array in self.arrays
            case Const():
                return True
            case Unary(op="-" | "+") | Binary(op="+" | "-" | "*" | "//" | "%"):
                return all(self._is_invariant(operand) for operand in operands(expr))
            case Call(callee="builtins.min" | "builtins.max"):
                return all(self._is_invariant(operand) for operand in operands(expr))
            case _:
                return False

    def _index(self, node: ast.For) -> str:
        if isinstance(node.target, ast.Name):
            return node.target.id
        self.problem(
            UnsupportedTarget, "the loop has an index that is not a plain name", node.target
        )
        return STAND_IN

    def _header(self, node: ast.stmt, last: ast.expr) -> Span:
        span = self.span(node)
        end = self.span(last)
        return Span(span.line, span.column, end.end_line, end.end_column + 1, span.where)

    def _range_arguments(
        self, call: ast.expr, *, quiet: bool
    ) -> tuple[Expr | None, Expr | None, Expr | None]:
        """Return start, stop and step of `call`; `quiet` gives `None` for a problem."""
        if not self._is_range(call):
            self.problem(UnsupportedLoop, f"the loop is over `{ast.unparse(call)}`", call)
            return (None, None, None)
        assert isinstance(call, ast.Call)
        assert isinstance(call.func, ast.Name)
        self.guards[call.func.id] = "builtins.range"
        arguments = [self._bound(argument, quiet) for argument in call.args]
        if len(arguments) == 1:
            arguments.insert(0, Const(0))
        if len(arguments) == 2:
            arguments.append(Const(1))
        return (arguments[0], arguments[1], arguments[2])

    def _is_range(self, call: ast.expr) -> bool:
        """Return whether `call` is one of the builtin `range` with plain arguments."""
        return (
            isinstance(call, ast.Call)
            and isinstance(call.func, ast.Name)
            and self.meaning(call.func) == "builtins.range"
            and not call.keywords
            and 1 <= len(call.args) <= 3
            and not any(isinstance(argument, ast.Starred) for argument in call.args)
        )

    def _bound(self, node: ast.expr, quiet: bool) -> Expr | None:
        if not quiet:
            return self.expression(node)
        problems, guards = list(self.problems), dict(self.guards)
        expr = self.expression(node)
        if self.problems != problems:
            self.problems[:] = problems
            self.guards = guards
            return None
        return expr

    def _block(self, body: list[ast.stmt], *, inside: bool) -> tuple[Stmt, ...]:
        found: list[Stmt] = []
        if body and self.depth == DEEPEST:
            message = "the loop contains a statement that is nested too deeply"
            self.problem(UnsupportedStatement, message, body[0])
            return ()
        self.depth += 1
        for stmt in body:
            self.prelude, outer = [], self.prelude
            lowered = self._statement(stmt, inside)
            found.extend(self.prelude)
            found.extend(lowered)
            self.prelude = outer
        self.depth -= 1
        return tuple(found)

    def _statement(self, stmt: ast.stmt, inside: bool) -> list[Stmt]:
        match stmt:
            case ast.Assign(targets=[target], value=value):
                return self._assign(target, value, stmt)
            case ast.Assign(targets=targets, value=value):
                return self._assign_chain(targets, value, stmt)
            case ast.AugAssign():
                return self._augmented(stmt)
            case ast.AnnAssign():
                return self._annotated(stmt)
            case ast.For():
                return self._for(stmt, inside)
            case ast.While(test=test, body=body, orelse=orelse):
                self.moves, outer = False, self.moves
                condition = self.expression(test)
                self.moves = outer
                header = self._header(stmt, test)
                inner = self._block(body, inside=True)
                loop = While(condition, inner, self._block(orelse, inside=inside), header)
                if only_waits(loop):
                    message = "the loop contains a `while` that nothing in it ends"
                    self.problem(UnsupportedStatement, message, test)
                return [loop]
            case ast.If(test=test, body=body, orelse=orelse):
                condition = self.head(test)
                span = self._header(stmt, test)
                then = self._block(body, inside=inside)
                return [If(condition, then, self._block(orelse, inside=inside), span)]
            case ast.Break() if inside:
                return [Break(self.span(stmt))]
            case ast.Continue() if inside:
                return [Continue(self.span(stmt))]
            case ast.Pass() | ast.Expr(value=ast.Constant()):
                return []
            case ast.Expr() if (append := appended(stmt)) and self._is_list(append[0]):
                if is_pack(append[1]):
                    return self._append_parts(append[0], append[1], stmt)
                return self.appends.lower(append[0], self.head(append[1]), self.span(stmt))
            case _:
                self._refuse_statement(stmt)
                return []

    def _append_parts(self, name: str, value: ast.expr, stmt: ast.stmt) -> list[Stmt]:
        """Return the statements that append a tuple or list of numbers."""
        assert isinstance(value, ast.Tuple | ast.List)
        parts = [self.bind(self.expression(part), names_too=True) for part in value.elts]
        is_list = isinstance(value, ast.List)
        return self.appends.lower_parts(name, parts, self.span(stmt), is_list=is_list)

    def _is_list(self, name: str) -> bool:
        """Return whether `name` may be a list that the loop appends to."""
        plain = (name.isidentifier() or name in MADE) and name not in self.bound
        return plain and self.names.find(name) is None

    def _refuse_statement(self, stmt: ast.stmt) -> None:
        if isinstance(stmt, ast.Expr):
            count = len(self.problems)
            self.expression(stmt.value)
            if len(self.problems) == count:
                message = "the loop contains an expression as a statement"
                self.problem(UnsupportedStatement, message, stmt)
            return
        if isinstance(stmt, ast.Return) and find_scope(stmt) is not None:
            message = "the loop contains a `return` that binds names, or defines a function"
            self.problem(UnsupportedStatement, message, stmt)
            return
        word = _WORDS.get(type(stmt), type(stmt).__name__.lower())
        span = self.span(stmt)
        if span.end_line > span.line:
            span = Span(span.line, span.column, span.line, span.column + len(word))
        self.problems.append(UnsupportedStatement(f"the loop contains `{word}`", span))

    def _for(self, node: ast.For, inside: bool) -> list[Stmt]:
        if is_grid(node.iter) and (grid := self._inner_grid(node, inside)) is not None:
            return grid
        over = None if self._is_range(node.iter) else lower_iteration(node, self)
        heads: tuple[Assign, ...] = ()
        if over is None:
            bounds = self._backwards(node.iter) or self._range_arguments(node.iter, quiet=False)
            start, stop, step = (Const(0) if bound is None else bound for bound in bounds)
            index = self._index(node)
        else:
            index, heads = over.index, over.heads
            start, stop, step = Const(0), over.stop, Const(1)
        with self._running(index, (start, stop, step), node):
            body = heads + self._block(node.body, inside=True)
        orelse = self._block(node.orelse, inside=inside)
        return [For(index, start, stop, step, body, orelse, self._header(node, node.iter))]

    @contextmanager
    def _running(
        self, index: str, bounds: tuple[Expr | None, Expr | None, Expr | None], node: ast.For
    ) -> Iterator[None]:
        """Note that the index is inside an array in what is lowered, if that can be seen."""
        before = dict(self.inside)
        match bounds:
            case (Const(value=int(start)), Extent() as stop, Const(value=int(step))) if (
                start >= 0 and step > 0 and index not in _bound_names(node.body)
            ):
                self.inside[index] = stop
            case _:
                self.inside.pop(index, None)
        yield
        self.inside = before

    def _backwards(self, node: ast.expr) -> tuple[Expr, Expr, Expr] | None:
        """Return start, stop and step of `reversed(range(...))` with steps of 1; else None."""
        match node:
            case ast.Call(func=ast.Name(id=name) as func, args=[call], keywords=[]) if (
                self.meaning(func) == "builtins.reversed" and self._is_range(call)
            ):
                start, stop, step = self._range_arguments(call, quiet=False)
                if start is not None and stop is not None and step == Const(1):
                    self.guards[name] = "builtins.reversed"
                    return before(stop), before(start), Const(-1)
        return None

    def _assign(self, target: ast.expr, value: ast.expr, stmt: ast.stmt) -> list[Stmt]:
        match target:
            case ast.Tuple(elts=targets) | ast.List(elts=targets):
                return self._unpack(targets, value, stmt)
            case _:
                return self._store(target, self.head(value), stmt)

    def _store(self, target: ast.expr, value: Expr, stmt: ast.stmt) -> list[Stmt]:
        """Return the assignment of `value` to `target`."""
        span = self.span(stmt)
        match target:
            case ast.Name(id=name):
                return [Assign(name, value, span)]
            case ast.Subscript():
                place = self.element(target)
                return [Store(place.array, place.subscripts, value, span)]
            case ast.Attribute():
                self.problem(UnsupportedTarget, "the loop assigns an attribute", target)
            case ast.Tuple() | ast.List():
                self.problem(UnsupportedTarget, "the loop assigns a nested target", target)
            case _:
                self.problem(UnsupportedTarget, "the loop assigns a starred target", target)
        return []

    def _unpack(self, targets: list[ast.expr], value: ast.expr, stmt: ast.stmt) -> list[Stmt]:
        """Evaluate all values in order, then assign the targets in order."""
        values = self._parts(value, len(targets))
        if values is None:
            self.problem(
                UnsupportedTarget, "the loop unpacks a value that is not written out", stmt
            )
            return []
        found: list[Stmt] = []
        kept: list[Expr] = []
        for part in values:
            if not isinstance(part, Const):
                name = self.temporary()
                found.append(Assign(name, part, part.span))
                part = Name(name, part.span)
            kept.append(part)
        for target, part in zip(targets, kept, strict=True):
            found.extend(self._store(target, part, stmt))
        return found

    def _parts(self, value: ast.expr, count: int) -> list[Expr] | None:
        match value:
            case ast.Tuple(elts=parts) | ast.List(elts=parts) if len(parts) == count:
                return [self.expression(part) for part in parts]
            case ast.Attribute(value=ast.Name(id=array), attr="shape") if (
                self.names.find(array) is None or array in self.bound
            ):
                self.arrays.add(array)
                self.no_lists.add(array)
                span = self.span(value)
                return [Extent(array, axis, span, count) for axis in range(count)]
            case ast.Subscript() if self.is_row(value) and not self._takes_view(value):
                return self._parts_of_row(value, count)
            case ast.Call(func=ast.Name() as func, args=[left, right], keywords=[]) if (
                count == 2 and self.meaning(func) == "builtins.divmod"
            ):
                return self._divmod(func, left, right, value)
            case _:
                return None

    def _parts_of_row(self, value: ast.Subscript, count: int) -> list[Expr]:
        """Return the items of `g[i]`, which has to have just so many."""
        row = self.element(value)
        places = [self.bind(part, names_too=True) for part in row.subscripts]
        width = Compare("==", Extent(row.array, len(places)), Const(count))
        self.requires[width] = None
        return [
            Load(row.array, (*map(self.again, places), Const(number)), row.span)
            for number in range(count)
        ]

    def _divmod(
        self, func: ast.Name, left: ast.expr, right: ast.expr, call: ast.Call
    ) -> list[Expr]:
        self.guards[func.id] = "builtins.divmod"
        first, second = (self.bind(self.expression(part)) for part in (left, right))
        span = self.span(call)
        return [
            Call("builtins.divmod.0", func.id, (first, second), span),
            Call("builtins.divmod.1", func.id, (self.again(first), self.again(second)), span),
        ]

    def _assign_chain(self, targets: list[ast.expr], value: ast.expr, stmt: ast.stmt) -> list[Stmt]:
        if any(isinstance(target, ast.Tuple | ast.List) for target in targets):
            self.problem(UnsupportedTarget, "the loop unpacks in a chained assignment", stmt)
            return []
        kept = self.bind(self.head(value), names_too=True)
        found: list[Stmt] = []
        for target in targets:
            found.extend(self._store(target, self.again(kept), stmt))
        return found

    def _augmented(self, stmt: ast.AugAssign) -> list[Stmt]:
        op = self.binary_operator(stmt.op, stmt)
        span = self.span(stmt)
        match stmt.target:
            case ast.Name(id=name):
                old: Expr = Name(name, self.span(stmt.target))
                return [Assign(name, Binary(op, old, self.expression(stmt.value), span), span)]
            case ast.Subscript():
                place = self.element(stmt.target)
                value = Binary(op, place, self.expression(stmt.value), span)
                return [Store(place.array, place.subscripts, value, span)]
            case _:
                return self._store(stmt.target, Const(0), stmt)

    def _annotated(self, stmt: ast.AnnAssign) -> list[Stmt]:
        if self.function == "<module>" or (
            stmt.value is None and not isinstance(stmt.target, ast.Name)
        ):
            self.problem(UnsupportedStatement, "the loop evaluates an annotation", stmt)
            return []
        return [] if stmt.value is None else self._assign(stmt.target, stmt.value, stmt)


_WORDS: dict[type[ast.stmt], str] = {
    ast.Return: "return",
    ast.With: "with",
    ast.AsyncWith: "async with",
    ast.AsyncFor: "async for",
    ast.Try: "try",
    ast.TryStar: "try",
    ast.Delete: "del",
    ast.FunctionDef: "def",
    ast.AsyncFunctionDef: "async def",
    ast.ClassDef: "class",
    ast.ImportFrom: "import",
}
