"""Turn the `return`s of a function's body into assignments, with the ways out kept structured.

    for k in range(n):               for k in range(n):
        if z > 4: return k    ->         if z > 4: r = k; break
        z = z * z + c                    z = z * z + c
    return n                         else: r = n

What follows a statement that may return moves to where nothing has returned: into the other branch
of an `if`, into the `else` of a loop. No flags are needed, every result is assigned on each way.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Final

Results = Callable[[ast.Return], list[ast.stmt]]
"""Makes the statements that keep what a `return` gives back."""

MOST_STATEMENTS: Final = 150
"""What follows an `if` may have to be written in both branches, and this often doubles it."""


class NotStructured(Exception):  # noqa: N818 - an outcome by design, not an error
    """A `return` stands where its way out has no structured form: the reason, and the statement."""

    def __init__(self, why: str, node: ast.stmt) -> None:
        super().__init__(why)
        self.why = why
        self.node = node


def without_returns(body: Sequence[ast.stmt], results: Results) -> tuple[list[ast.stmt], bool]:
    """Return `body` with each `return` as what `results` makes of it, and whether all ways return.

    Raises NotStructured.
    """
    writer = _Writer(results)
    return writer.block(list(body))


def returns_in(body: Sequence[ast.stmt]) -> bool:
    """Return whether a `return` stands in `body`."""
    return any(isinstance(node, ast.Return) for stmt in body for node in ast.walk(stmt))


class _Writer:
    def __init__(self, results: Results) -> None:
        self.results = results
        self.written = 0

    def block(self, body: list[ast.stmt]) -> tuple[list[ast.stmt], bool]:
        """Write statements outside of all loops, to the end of the function."""
        found: list[ast.stmt] = []
        for place, stmt in enumerate(body):
            self.count(stmt)
            rest = body[place + 1 :]
            if not returns_in([stmt]):
                found.append(stmt)
                continue
            match stmt:
                case ast.Return():
                    return [*found, *self.results(stmt)], True
                case ast.If(test=test):
                    then, one = self.block([*stmt.body, *rest])
                    other, two = self.block([*stmt.orelse, *rest])
                    found.append(_like(stmt, ast.If(test, then or [_pass(stmt)], other)))
                    return found, one and two
                case ast.For() | ast.While():
                    return self.after_loop(stmt, found, rest)
                case _:
                    raise NotStructured("a `return` inside another statement", stmt)
        return found, False

    def after_loop(
        self, stmt: ast.For | ast.While, found: list[ast.stmt], rest: list[ast.stmt]
    ) -> tuple[list[ast.stmt], bool]:
        """Write a loop that may return, and what comes after it."""
        behind = [*stmt.orelse, *rest]
        if _breaks(stmt.body):
            early = None if stmt.orelse else self.free_result(stmt, rest)
            if early is None:
                raise NotStructured("a loop with both `break` and `return`", stmt)
            body = self.looped(stmt.body)
            return [*found, *early, _with(stmt, body, [])], True
        body = self.looped(stmt.body)
        if _is_endless(stmt):
            return [*found, _with(stmt, body, [])], True
        early = self.free_result(stmt, behind)
        if early is not None:
            return [*found, *early, _with(stmt, body, [])], True
        orelse, all_return = self.block(behind)
        return [*found, _with(stmt, body, orelse)], all_return

    def free_result(
        self, loop: ast.For | ast.While, behind: list[ast.stmt]
    ) -> list[ast.stmt] | None:
        """Return the result of what follows `loop`, if it may as well be kept before the loop.

        So it is where it is a number, or a name that the loop does not assign.
        """
        match behind:
            case [ast.Return(value=value) as last, *_] if value is not None:
                names = [node.id for node in ast.walk(value) if isinstance(node, ast.Name)]
                plain = (ast.Name, ast.Constant, ast.UnaryOp, ast.USub, ast.Tuple, ast.Load)
                if not all(isinstance(node, plain) for node in ast.walk(value)):
                    return None
                if any(isinstance(n, ast.UnaryOp) and not isinstance(n.operand, ast.Constant)
                       for n in ast.walk(value)):  # fmt: skip
                    return None
                return None if set(names) & _assigned(loop) else self.results(last)
        return None

    def looped(self, body: list[ast.stmt]) -> list[ast.stmt]:
        """Write the statements of a loop's body: a `return` leaves the loop by `break`."""
        found: list[ast.stmt] = []
        for place, stmt in enumerate(body):
            self.count(stmt)
            rest = body[place + 1 :]
            if not returns_in([stmt]):
                found.append(stmt)
                continue
            match stmt:
                case ast.Return():
                    return [*found, *self.results(stmt), _like(stmt, ast.Break())]
                case ast.If(test=test) if not _loop_returns(stmt):
                    then, other = self.looped(stmt.body), self.looped(stmt.orelse)
                    found.append(_like(stmt, ast.If(test, then or [_pass(stmt)], other)))
                case ast.If(test=test):
                    then = self.looped([*stmt.body, *rest])
                    other = self.looped([*stmt.orelse, *rest])
                    found.append(_like(stmt, ast.If(test, then or [_pass(stmt)], other)))
                    return found
                case ast.For() | ast.While():
                    return [*found, *self.inner_loop(stmt, rest)]
                case _:
                    raise NotStructured("a `return` inside another statement", stmt)
        return found

    def inner_loop(self, stmt: ast.For | ast.While, rest: list[ast.stmt]) -> list[ast.stmt]:
        """Write a loop in a loop: what returns leaves both."""
        if _breaks(stmt.body):
            raise NotStructured("an inner loop with both `break` and `return`", stmt)
        body = self.looped(stmt.body)
        leave = _like(stmt, ast.Break())
        if _is_endless(stmt):
            return [_with(stmt, body, []), leave]
        behind = [*self.looped([*stmt.orelse, *rest]), _like(stmt, ast.Continue())]
        return [_with(stmt, body, behind), leave]

    def count(self, stmt: ast.stmt) -> None:
        self.written += 1
        if self.written > MOST_STATEMENTS:
            raise NotStructured("too many ways to return", stmt)


def _like(place: ast.stmt, made: ast.stmt) -> ast.stmt:
    made = ast.copy_location(made, place)
    vars(made).update({k: v for k, v in vars(place).items() if k == "where"})
    return made


def _with(loop: ast.For | ast.While, body: list[ast.stmt], orelse: list[ast.stmt]) -> ast.stmt:
    made: ast.stmt
    if isinstance(loop, ast.For):
        made = ast.For(loop.target, loop.iter, body, orelse)
    else:
        made = ast.While(loop.test, body, orelse)
    return _like(loop, made)


def _pass(place: ast.stmt) -> ast.stmt:
    return _like(place, ast.Pass())


def _breaks(body: Sequence[ast.stmt]) -> bool:
    """Return whether a `break` in `body` leaves the loop around it."""
    for stmt in body:
        match stmt:
            case ast.Break():
                return True
            case ast.For(orelse=orelse) | ast.While(orelse=orelse):
                if _breaks(orelse):
                    return True
            case ast.If(body=then, orelse=orelse):
                if _breaks(then) or _breaks(orelse):
                    return True
    return False


def _loop_returns(stmt: ast.If) -> bool:
    """Return whether a `return` stands inside a loop inside `stmt`."""
    return any(
        isinstance(node, ast.For | ast.While) and returns_in([node]) for node in ast.walk(stmt)
    )


def _is_endless(loop: ast.For | ast.While) -> bool:
    match loop:
        case ast.While(test=ast.Constant(value=value)):
            return bool(value)
    return False


def _assigned(loop: ast.stmt) -> set[str]:
    return {
        node.id
        for node in ast.walk(loop)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
