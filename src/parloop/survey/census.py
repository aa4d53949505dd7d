"""The loops of one text, each with what the survey notes of it.

    records = count_loops(File("heat.py", source, tree))

What parloop makes of a loop is what `parloop explain` says; the rest is read from the text.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from parloop.analysis import Analysis, analyse
from parloop.capture.candidates import Callables, find_callables, find_obstacle, is_candidate
from parloop.diagnostics import Declined
from parloop.frontend.functions import find_functions
from parloop.ir.nodes import Load, Nest, Store
from parloop.ir.walk import all_expressions, statements
from parloop.report.explain import LoopExplanation, explain_tree
from parloop.report.notebooks import Cell
from parloop.report.reasons import HandlesArrays, NotAnalysed
from parloop.source import Source
from parloop.survey import bodies
from parloop.survey.headers import Loop, bounds_of, iterable_of
from parloop.survey.names import Names, find_names
from parloop.survey.obstacles import kind_of_obstacle, kind_of_reason, kinds_in_nest
from parloop.survey.records import LoopRecord, Place
from parloop.survey.subscripts import NestNames

MOST_ACCESSES: Final = 64
"""A nest with more accesses to arrays is not analysed: their pairs are compared."""

MOST_SHOWN: Final = 60
"""Lines of a nest that are kept for the page of samples."""

_WIDEST: Final = 200
"""Characters of such a line."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text to be surveyed: a script, or the joined cells of a notebook."""

    file: str
    source: Source
    tree: ast.Module
    cells: tuple[Cell, ...] = ()


@dataclass(frozen=True, slots=True)
class _At:
    """Where a loop stands."""

    function: str = "<module>"
    place: Place = "top level"
    outer: tuple[Loop, ...] = ()


def count_loops(text: Text) -> tuple[tuple[LoopRecord, ...], int]:
    """Return what is noted of every loop in `text`, in its order, and how many repeat others.

    Of nests of the same text the first is noted.
    """
    found = [*_loops(text.tree)]
    if not found:
        return (), 0
    counter = _Counter(text)
    first: dict[str, int] = {}
    records: list[LoopRecord] = []
    for loop, at in found:
        outermost = at.outer[0] if at.outer else loop
        if first.setdefault(counter.nest(outermost).digest, id(outermost)) == id(outermost):
            records.append(counter.record(loop, at))
    return tuple(records), len(found) - len(records)


def count_comprehensions(tree: ast.Module) -> int:
    """Return how many comprehensions and generator expressions there are."""
    kinds = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
    return sum(isinstance(node, kinds) for node in ast.walk(tree))


def _loops(tree: ast.Module) -> Iterator[tuple[Loop, _At]]:
    """Yield every loop in order of the text, and where it stands."""
    pending: list[tuple[ast.AST, _At]] = [(tree, _At())]
    while pending:
        node, at = pending.pop()
        match node:
            case ast.For() | ast.AsyncFor() | ast.While():
                yield node, at
                inside = _At(at.function, at.place, (*at.outer, node))
                # `else` belongs to the loop's own level
                pending += [(child, at) for child in reversed(node.orelse)]
                pending += [(child, inside) for child in reversed(node.body)]
                continue
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                at = _At(_within(at, name), "method" if at.place == "class" else "function")
            case ast.Lambda():
                continue  # no statement stands in one
            case ast.ClassDef(name=name):
                at = _At(_within(at, name), "class")
            case ast.expr():
                continue
            case _:
                pass
        pending += [(child, at) for child in reversed([*ast.iter_child_nodes(node)])]


def _within(at: _At, name: str) -> str:
    if at.function == "<module>":
        return name
    return f"{at.function}{'.' if at.place == 'class' else '.<locals>.'}{name}"


@dataclass(slots=True)
class _Counter:
    """What is known of one text while its loops are noted."""

    text: Text
    names: Names = field(init=False)
    callables: Callables = field(init=False)
    explained: Mapping[tuple[int, int], LoopExplanation] = field(init=False)
    nests: dict[int, _Nest] = field(default_factory=dict)
    effects: Callable[[str], bool] = field(init=False)

    def __post_init__(self) -> None:
        text = self.text
        self.names = find_names(text.tree)
        functions = find_functions(text.source, text.tree)
        self.callables = find_callables(text.tree, is_own=functions.defined.__contains__)
        seen = explain_tree(
            text.source, text.tree, analyse_within_limits, draws=False, callables=self.callables
        )
        self.explained = {(loop.line, loop.column): loop for loop in seen.loops}
        self.effects = bodies.find_effects(self.names).__contains__

    def nest(self, outermost: Loop) -> _Nest:
        """Return what is noted of the nest of `outermost`."""
        found = self.nests.get(id(outermost))
        if found is None:
            found = self.nests[id(outermost)] = self._describe(outermost)
        return found

    def record(self, loop: Loop, at: _At) -> LoopRecord:
        """Return what is noted of `loop`."""
        nest = self.nest(at.outer[0] if at.outer else loop)
        own = bodies.describe_body(loop, nest.names, self.names)
        seen = self.explained[loop.lineno, self._column(loop)]
        native, obstacle, words = self._native(loop, at, seen)
        others = () if native else kinds_in_nest(loop, self.callables, self.names)
        cell, first = self._cell(loop.lineno)
        return LoopRecord(
            file=self.text.file,
            cell=cell,
            line=loop.lineno - first + 1,
            end_line=(loop.end_lineno or loop.lineno) - first + 1,
            function=at.function,
            place=at.place,
            nest=nest.digest,
            depth=len(at.outer) + 1,
            height=bodies.height(loop),
            perfect=bodies.is_perfect(loop),
            iterable=iterable_of(loop, self.names),
            bounds=bounds_of(loop, self.names),
            compute=nest.compute,
            classical=nest.classical,
            constructs=own.constructs,
            calls=own.calls,
            reads=own.reads,
            writes=own.writes,
            verdict=_verdict(seen),
            codes=tuple(dict.fromkeys(reason.code for reason in seen.reasons)),
            facts=seen.facts,
            native="yes" if native else "no",
            obstacle=obstacle,
            obstacle_text=words,
            others=tuple(kind for kind in others if kind != obstacle),
            source=self._text_of(loop) if not at.outer else "",
        )

    def _column(self, loop: Loop) -> int:
        line = self.text.source.line(loop.lineno)
        return len(line.encode()[: loop.col_offset].decode(errors="replace"))

    def _cell(self, line: int) -> tuple[int, int]:
        """Return the number and the first line of the cell that `line` is in."""
        for cell in reversed(self.text.cells):
            if cell.first_line <= line:
                return cell.number, cell.first_line
        return 0, 1

    def _describe(self, outermost: Loop) -> _Nest:
        names = bodies.find_nest_names(outermost)
        compute = bodies.is_compute_like(outermost, self.names, self.effects)
        classical = compute and bodies.is_classical(outermost, names, self.names)
        return _Nest(names, compute, classical, self._digest(outermost))

    def _digest(self, loop: Loop) -> str:
        """Return the same for nests whose texts differ in comments and empty lines only."""
        column = self._column(loop)
        lines = (self.text.source.line(n) for n in range(loop.lineno, (loop.end_lineno or 0) + 1))
        kept = (line[column:].rstrip() for line in lines)
        code = "\n".join(line for line in kept if line and line.lstrip()[:1] != "#")
        return hashlib.sha256(code.encode(errors="replace")).hexdigest()[:16]

    def _native(self, loop: Loop, at: _At, seen: LoopExplanation) -> tuple[bool, str, str]:
        """Return whether parloop runs `loop` natively, and what is in the way if not."""
        for around in (*at.outer, loop):
            explained = self.explained[around.lineno, self._column(around)]
            if explained.runs != "undecided" or not isinstance(around, ast.For):
                continue
            if is_candidate(around, self.callables):
                return True, "", ""
            if around is loop:
                obstacle = find_obstacle(around, self.callables)
                words = obstacle.construct if obstacle else "the form of the loop's header"
                kind = kind_of_obstacle(obstacle, self.names) if obstacle else "header"
                return False, kind, words
        reason = seen.reasons[0]
        return False, kind_of_reason(reason, loop, self.callables, self.names), reason.message

    def _text_of(self, loop: Loop) -> str:
        end = loop.end_lineno or loop.lineno
        shown = range(loop.lineno, min(end, loop.lineno + MOST_SHOWN - 1) + 1)
        text = "\n".join(self.text.source.line(number)[:_WIDEST] for number in shown)
        return text if shown[-1] == end else f"{text}\n..."


@dataclass(frozen=True, slots=True)
class _Nest:
    names: NestNames
    compute: bool
    classical: bool
    digest: str


def _verdict(seen: LoopExplanation) -> str:
    if any(isinstance(reason, NotAnalysed) for reason in seen.reasons):
        return "not analysed"
    if any(isinstance(reason, HandlesArrays) for reason in seen.reasons):
        return "arrays"
    return seen.verdict


def analyse_within_limits(nest: Nest) -> Analysis:
    """Return what stage 0 says of `nest`, or decline one whose analysis would take long."""
    body = (nest.loop,)
    n_accesses = sum(isinstance(expr, Load) for expr in all_expressions(body))
    n_accesses += sum(isinstance(stmt, Store) for stmt in statements(body))
    if n_accesses > MOST_ACCESSES:
        message = f"the loop has {n_accesses} accesses to arrays, more than the survey analyses"
        raise Declined(NotAnalysed(message, nest.loop.span))
    return analyse(nest)
