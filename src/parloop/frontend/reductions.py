"""Write `sum`, `min`, `max`, `any` and `all` of many items as the loops that they are.

    s = c * sum(a[i] for i in range(n))        %sum@ = 0
                                               for %i@ in range(n):
                                       ->          %sum@ += a[i]
                                               s = c * sum(%sum@)

The call stays, of the number alone, for the name has to mean the builtin function; lowered it is
its argument. Where there is no item `min` and `max` raise an exception: so does a division by 0.

From Python 3.12 on `sum` keeps what additions of floats lose (A. Neumaier, "Rundungsfehleranalyse
einiger Verfahren zur Summation endlicher Summen", ZAMM 54, 1974), and adds it in the end if that is
a number. Integers lose nothing. For other terms the launch is declined.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from parloop.capture.candidates import parts_taken
from parloop.capture.comprehensions import BEST, SEEN, SUM, TRUTH, Comprehension, reduction
from parloop.frontend.callee import changed, load_name, put_at, store_name

_ITEM = "item"


@dataclass(slots=True)
class Reduction:
    """A call that takes all items of something."""

    node: ast.Call
    loop: Comprehension
    value: ast.expr = field(default_factory=lambda: ast.Constant(0))
    """What stands in its place behind `statements`."""

    def statements(self, fresh: Callable[[str], str]) -> list[ast.stmt]:
        """Return what finds the value, in names from `fresh`."""
        names: dict[str, str] = {}

        def ours(name: str) -> str:
            if name not in names:
                stem = name.lstrip("%").partition("@")[0]
                names[name] = fresh(stem)
            return names[name]

        loop = self.loop.loop
        begin = [
            self._bind(ours(name), ast.Constant(value))
            for name, value in zip(self.loop.made, self.loop.begin(), strict=True)
            if isinstance(value, int)
        ]
        found: list[ast.stmt] = [*begin, _Renamed(ours).visit(loop)]
        first = self.loop.made[0]
        if first == SUM and KEEPS_WHAT_IS_LOST:
            total, term, lost = ours(SUM), fresh("term"), fresh("lost")
            loop = _Compensated(total, term, lost, fresh("next")).visit(found[-1])
            return self._compensated(found[:-1], loop, total, lost)
        if first == BEST:
            one, seen = self._at(ast.Constant(1)), self._at(load_name(ours(SEEN)))
            test = self._at(ast.BinOp(one, ast.FloorDiv(), seen))
            found.append(self._bind(fresh("some"), test))
        self.value = changed(self.node, args=[self._at(load_name(ours(first)))])
        return found

    def _compensated(
        self, begin: list[ast.stmt], loop: ast.stmt, total: str, lost: str
    ) -> list[ast.stmt]:
        """Return the statements around a loop that keeps in `lost` what additions lose."""
        end = _statements("if LOST != 0 and LOST - LOST == 0: TOTAL = TOTAL + LOST")
        names = {"LOST": lost, "TOTAL": total}
        self.value = changed(self.node, args=[self._at(load_name(total))])
        return [
            *begin,
            self._bind(lost, ast.Constant(0)),
            loop,
            *(_with_names(stmt, names, self.node) for stmt in end),
        ]

    def _at(self, made: ast.expr) -> ast.expr:
        return put_at(self.node, made)

    def _bind(self, name: str, value: ast.expr) -> ast.stmt:
        return put_at(self.node, ast.Assign([self._at(store_name(name))], self._at(value)))


KEEPS_WHAT_IS_LOST: Final = sys.version_info >= (3, 12)


def find_reduction(node: ast.Call, bound: frozenset[str]) -> Reduction | None:
    """Return what `node` is if it takes all items of something; `bound` are the loop's names."""
    if parts_taken(node) is None or not isinstance(node.func, ast.Name) or node.func.id in bound:
        return None
    (taken,) = node.args
    if not isinstance(taken, ast.GeneratorExp | ast.ListComp):
        one = ast.comprehension(put_at(taken, ast.Name(_ITEM, ast.Store())), taken, [], 0)
        item = put_at(taken, ast.Name(_ITEM, ast.Load()))
        taken = put_at(taken, ast.GeneratorExp(item, [one]))
    found = reduction(taken, node.func.id)
    return None if found is None else Reduction(node, found)


class _Renamed(ast.NodeTransformer):
    """Makes copies in which the comprehension's own names are others."""

    def __init__(self, ours: Callable[[str], str]) -> None:
        self.ours = ours

    def visit(self, node: ast.AST) -> Any:
        made = self.generic_visit(_copy(node))
        if isinstance(made, ast.Name) and (made.id.endswith("@comprehension") or made.id in _OWN):
            made.id = self.ours(made.id)
        return made


class _Compensated(ast.NodeTransformer):
    """Makes additions to a sum such as keep what they lose."""

    def __init__(self, total: str, term: str, lost: str, more: str) -> None:
        self.names = {"TOTAL": total, "TERM": term, "LOST": lost, "MORE": more}

    def visit_AugAssign(self, node: ast.AugAssign) -> Any:
        if not isinstance(node.target, ast.Name) or node.target.id != self.names["TOTAL"]:
            return node
        first, *rest = _statements(
            "TERM = 0\n"
            "MORE = TOTAL + TERM\n"
            "if (TOTAL if TOTAL >= 0 else -TOTAL) >= (TERM if TERM >= 0 else -TERM):\n"
            "    LOST = LOST + ((TOTAL - MORE) + TERM)\n"
            "else:\n"
            "    LOST = LOST + ((TERM - MORE) + TOTAL)\n"
            "TOTAL = MORE\n"
        )
        assert isinstance(first, ast.Assign)
        begin = _with_names(first, self.names, node)
        assert isinstance(begin, ast.Assign)
        begin.value = node.value
        return [begin, *(_with_names(stmt, self.names, node) for stmt in rest)]


def _statements(text: str) -> list[ast.stmt]:
    return ast.parse(text).body


def _with_names(stmt: ast.stmt, names: Mapping[str, str], place: ast.AST) -> ast.stmt:
    """Return `stmt`, changed in place: with these names, where `place` stands."""
    for node in ast.walk(stmt):
        if isinstance(node, ast.Name):
            node.id = names[node.id]
        if isinstance(node, ast.expr | ast.stmt):
            put_at(place, node)
    return stmt


_OWN = (SUM, BEST, SEEN, TRUTH)


def _copy(node: ast.AST) -> ast.AST:
    made = changed(node)
    for name, value in ast.iter_fields(node):
        if isinstance(value, list):
            setattr(made, name, [*value])
    return made
