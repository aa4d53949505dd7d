"""Say of every loop in a text what parloop makes of it, without running anything.

seen = explain("heat.py")
seen.loops[0].verdict      "parallel", "parallel-if", "serial" or "unsupported"
print(seen)
"""

from __future__ import annotations

import ast
import inspect
import tokenize
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import FunctionType
from typing import Any, Final, Literal, TypeAlias

from parloop.analysis import Analysis, Condition, LoopFacts, ParallelIf, analyse
from parloop.capture.candidates import Callables, effects_of, find_callables, is_candidate
from parloop.capture.comprehensions import find_comprehension
from parloop.capture.effects import EFFECT, Where, find_effects, loop_without_effects
from parloop.capture.headers import may_resume
from parloop.capture.progress import without_bar
from parloop.diagnostics import Declined, Diagnostic
from parloop.frontend.functions import (
    TextFunctions,
    find_functions,
    find_functions_with_loops,
)
from parloop.frontend.inline import inline
from parloop.frontend.lower import lower_loop
from parloop.frontend.names import NameFacts, enter_function, find_imports, observe
from parloop.frontend.tries import without_tries
from parloop.frontend.ways import with_ways
from parloop.ir.nodes import Assign, Nest, Stmt
from parloop.ir.printer import to_text
from parloop.ir.walk import handles_arrays, statements
from parloop.report.drawing import Drawing, drawing_of
from parloop.report.judgement import Judged, LoopVerdict, judge_loop
from parloop.report.reasons import DecidesAsItGoes, HandlesArrays, InsideUnsupported, NotOverRange
from parloop.report.text import render_all
from parloop.source import Source, Span

Runs: TypeAlias = Literal["native", "interpreter", "undecided"]


Analyse: TypeAlias = Callable[[Nest], Analysis]


class CannotExplain(ValueError):  # noqa: N818 - it says what parloop cannot do
    """What was asked about cannot be read or parsed; the message is one clear line."""


@dataclass(frozen=True, slots=True)
class LoopExplanation:
    """What is known of one loop before it runs."""

    line: int
    column: int
    """Of the loop's first character, from 0; printed places count from 1."""
    end_line: int
    function: str
    """The qualified name of the function around it, or `<module>`."""
    index: str
    """The name of the loop's index; for a `while` loop its test."""
    verdict: LoopVerdict
    runs: Runs
    """`interpreter` where that is sure, else `undecided`: types and amounts of work decide."""
    reasons: tuple[Diagnostic, ...]
    """The evidence, never empty."""
    facts: tuple[str, ...]
    """What is looked up when the loop is about to run."""
    source: Source = field(repr=False)
    drawing: Drawing | None = field(default=None, repr=False)
    """What can be drawn of its dependences and accesses, where it was analysed."""
    conditions: tuple[Condition, ...] = field(default=(), repr=False)
    """Where one of them holds, the iterations run in order."""
    ir: str = field(default="", repr=False)
    """Of an outermost loop, as parloop's own language has it."""
    analysed: tuple[Nest, Analysis] | None = field(default=None, repr=False)
    """Of an outermost loop, what kernels for a GPU can be written from."""

    def __str__(self) -> str:
        return render_all(self.reasons, self.source)

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the text as strings, numbers, lists and dictionaries."""
        names = ("line", "column", "end_line", "function", "index", "verdict", "runs")
        found: dict[str, Any] = {name: getattr(self, name) for name in names}
        found["facts"] = list(self.facts)
        found["reasons"] = [diagnostic_to_dict(reason) for reason in self.reasons]
        carried = self.drawing.dependences if self.drawing else ()
        found["dependences"] = [dependence.to_dict() for dependence in carried]
        return found


@dataclass(frozen=True, slots=True)
class Explanation:
    """All loops of a text, in its order. `str` is what `parloop explain` prints."""

    source: Source
    loops: tuple[LoopExplanation, ...]

    def __str__(self) -> str:
        return "\n\n".join((*(str(loop) for loop in self.loops), self.summary))

    @property
    def summary(self) -> str:
        """One line: how many loops there are, and of which verdict."""
        if not self.loops:
            return f"{self.source.path}: no loops"
        counts = Counter(loop.verdict for loop in self.loops)
        parts = (f"{counts[verdict]} {verdict}" for verdict in _VERDICTS if counts[verdict])
        noun = "loop" if len(self.loops) == 1 else "loops"
        return f"{self.source.path}: {len(self.loops)} {noun}: {', '.join(parts)}"

    def to_dict(self) -> dict[str, Any]:
        """Return everything as strings, numbers, lists and dictionaries, ready for JSON."""
        loops = [loop.to_dict() for loop in self.loops]
        return {"path": self.source.path, "summary": self.summary, "loops": loops}

    def _repr_html_(self) -> str:
        from parloop.report.html import explanation_html  # only notebooks need it

        return explanation_html(self)


_VERDICTS: Final = ("parallel", "parallel-if", "serial", "unsupported")


def explain(target: Callable[..., Any] | str | Path, *args: Any) -> Explanation:
    """Return what is known of every loop in `target`: a function, source text, or a path.

    A string is a path where it has one line and ends in `.py` or names a file. With `args`, the
    arguments of a function, what these decide is decided: offsets, extents, shared memory.
    Raises `CannotExplain` for what cannot be read or parsed.
    """
    if isinstance(target, str | Path):
        if args:
            raise CannotExplain("arguments are explained with a function, not with a text")
        source = _source_of_text(target)
        return Explanation(source, _explain_text(source, parse(source), None, {}))
    source, tree, namespace = _source_of_function(target)
    loops = _explain_text(source, tree, observe(namespace), {}, parse(source))
    if args:
        from parloop.report.calls import explain_call  # brings the engine

        loops = explain_call(*_bound_arguments(target, args), loops)
    return Explanation(source, loops)


def explain_tree(
    source: Source,
    tree: ast.Module,
    analyse: Analyse = analyse,
    *,
    draws: bool = True,
    callables: Callables | None = None,
) -> Explanation:
    """Return what is known of every loop in `tree`, which is `source` parsed.

    `analyse` may decline a nest (`Declined`) whose analysis is not worth its time. Without `draws`
    nothing is collected that is only drawn. `callables` are those of `tree`, if they are known.
    """
    loops = _explain_text(
        source, tree, None, {}, analyse=analyse, draws=draws, callables=callables
    )
    return Explanation(source, loops)


def parse(source: Source) -> ast.Module:
    """Return `source` parsed, or raise `CannotExplain` with the place of the error."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # said once, where the text is run
            return ast.parse(source.text, source.path)
    except SyntaxError as error:
        place = f"{source.path}:{error.lineno or 1}:{error.offset or 1}"
        raise CannotExplain(f"{place}: cannot be parsed: {error.msg}") from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise CannotExplain(f"{source.path}: cannot be parsed: {error}") from None


def diagnostic_to_dict(diagnostic: Diagnostic) -> dict[str, Any]:
    """Return a diagnostic as strings, numbers, lists and dictionaries."""
    return {
        "code": diagnostic.code,
        "voice": diagnostic.voice,
        "message": diagnostic.message,
        "line": diagnostic.span.line,
        "column": diagnostic.span.column,
        "labels": [
            {"line": label.span.line, "column": label.span.column, "text": label.text}
            for label in diagnostic.labels
        ],
        "notes": list(diagnostic.notes),
        "help": list(diagnostic.help),
    }


def _source_of_text(target: str | Path) -> Source:
    if isinstance(target, str) and not _looks_like_a_path(target):
        return Source("<text>", target)
    try:
        with tokenize.open(target) as file:
            return Source(str(target), file.read())
    except OSError as error:
        raise CannotExplain(f"{target}: cannot be read: {error.strerror}") from None
    except (SyntaxError, UnicodeDecodeError, ValueError) as error:
        raise CannotExplain(f"{target}: cannot be read: {error}") from None


def _looks_like_a_path(text: str) -> bool:
    if "\n" in text:
        return False
    try:
        return text.endswith(".py") or Path(text).exists()
    except (OSError, ValueError):  # too long, or with a null character
        return False


def _source_of_function(
    target: Callable[..., Any],
) -> tuple[Source, ast.Module, dict[str, object]]:
    """Return the file of a function, a tree with this function only, and its globals."""
    function = inspect.unwrap(target)
    function = getattr(function, "__func__", function)  # of a bound method
    name = getattr(function, "__qualname__", repr(function))
    code = getattr(function, "__code__", None)
    if code is None:
        raise CannotExplain(f"{name} is not a Python function, so there is no text to read")
    try:
        lines, _ = inspect.findsource(function)
    except OSError:
        raise CannotExplain(f"the text of {name} is not to be found") from None
    source = Source(code.co_filename, "".join(lines))
    found = _find_function(parse(source), code.co_firstlineno, function.__name__)
    if found is None:
        raise CannotExplain(f"the text of {name} is not to be found in {source.path}")
    return source, ast.Module([found], []), function.__globals__


def _find_function(
    tree: ast.Module, line: int, name: str
) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name:
            first = min([node.lineno, *(item.lineno for item in node.decorator_list)])
            if first == line:
                return node
    return None


def _bound_arguments(
    target: Callable[..., Any], args: tuple[Any, ...]
) -> tuple[FunctionType, dict[str, object]]:
    """Return the function behind `target`, and what its parameters get, defaults included."""
    function = inspect.unwrap(target)
    bound_to = getattr(function, "__self__", None)
    function = getattr(function, "__func__", function)
    assert isinstance(function, FunctionType)
    args = args if bound_to is None else (bound_to, *args)
    try:
        bound = inspect.signature(function).bind(*args)
    except TypeError as error:
        raise CannotExplain(f"the arguments do not fit: {error}") from None
    bound.apply_defaults()
    return function, bound.arguments


def _explain_text(
    source: Source,
    tree: ast.Module,
    names: NameFacts | None,
    values: Mapping[str, object],
    whole: ast.Module | None = None,
    analyse: Analyse = analyse,
    *,
    draws: bool = True,
    callables: Callables | None = None,
) -> tuple[LoopExplanation, ...]:
    functions = find_functions(source, whole or tree)
    if callables is None:
        callables = find_callables(tree, is_own=functions.defined.__contains__)
    walker = _Walker(source, callables, values, analyse, draws)
    walker.with_loops = find_functions_with_loops(tree)
    walker.visit(tree, _Place("<module>", names or find_imports(tree), functions))
    return tuple(sorted(walker.loops, key=lambda loop: (loop.line, loop.column)))


@dataclass(frozen=True, slots=True)
class _Place:
    function: str
    names: NameFacts
    functions: TextFunctions
    assigned: frozenset[str] = frozenset()
    """Names that the function around assigns: their values are not those of the arguments."""
    in_site: bool = False
    """Inside a loop that has a site, hence not a place for another."""
    in_function: bool = False
    """Whether `function` is one, and not a class or the module."""


class _Walker:
    """Collects the explanations of all loops; one method a kind of thing on the way."""

    def __init__(
        self,
        source: Source,
        callables: Callables,
        values: Mapping[str, object],
        analyse: Analyse,
        draws: bool,
    ) -> None:
        self.draws = draws
        self.source = source
        self.analyse = analyse
        self.callables = callables
        self.values = values
        self.with_loops: frozenset[int] = frozenset()
        """The functions in whose text there is a loop, by `id`."""
        self.loops: list[LoopExplanation] = []

    def visit(self, node: ast.AST, place: _Place) -> None:
        """Explain the loops in `node`, which stands in `place`."""
        match node:
            case ast.expr():
                if isinstance(node, ast.Lambda) or place.in_site:
                    return
                if self._comprehension(node, place):
                    return
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                if id(node) not in self.with_loops:
                    return
                place = self._inside_function(node, place)
            case ast.ClassDef(name=name):
                place = _Place(_qualified(place, name), place.names, place.functions)
            case ast.For():
                if self._nest(node, place):
                    return  # all loops inside it were explained with it
                inside = place.in_site or is_candidate(node, self.callables)
                place = replace(place, in_site=inside)
            case ast.While() | ast.AsyncFor():
                self._never_a_site(node, place)
            case _:
                pass
        for child in ast.iter_child_nodes(node):
            self.visit(child, place)

    def _inside_function(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef, place: _Place
    ) -> _Place:
        stored = (
            inner.id
            for inner in ast.walk(node)
            if isinstance(inner, ast.Name) and not isinstance(inner.ctx, ast.Load)
        )
        # a site binds `global` and `nonlocal` names in their own scope, so they are no obstacle
        names = replace(enter_function(place.names, node), shared=frozenset())
        name, functions = _qualified(place, node.name), place.functions.enter(node)
        return _Place(name, names, functions, frozenset(stored), in_function=True)

    def _nest(self, node: ast.For, place: _Place) -> bool:
        """Explain the loop `node`; return whether it and all loops inside it are one nest."""
        plain = without_bar(node, self.callables.bars)
        effects = effects_of(plain, self.callables)
        nest = self._lower(loop_without_effects(plain, effects), place)
        if not isinstance(nest, Nest):
            more = self._effects_of_calls(loop_without_effects(plain, effects), place)
            second = self._lower(loop_without_effects(plain, (*effects, *more)), place)
            nest = second if more and isinstance(second, Nest) else nest
        if not isinstance(nest, Nest):
            self._add(node, place, Judged("unsupported", nest, ()), "interpreter")
            return False
        try:
            return self._nest_of(node, plain, nest, place)
        finally:
            self._note_effects(node, nest)

    def _nest_of(self, node: ast.For, plain: ast.For, nest: Nest, place: _Place) -> bool:
        """Explain the loop `node`, which is `nest`."""
        if handles_arrays(nest):
            for inner in _loops_in(node):
                self._add_of_arrays(inner, place)
            return True
        try:
            analysis = self.analyse(nest)
        except Declined as declined:
            for inner in _loops_in(node):
                refused = Judged("unsupported", (declined.diagnostic,), ())
                self._add(inner, place, refused, "undecided")
            return True
        values = {k: v for k, v in self.values.items() if k not in place.assigned}
        by_line = {
            (facts.loop.span.line, facts.loop.span.column): self._judge(
                facts, analysis, plain, values
            )
            for facts in reversed(analysis.loops)  # a grid is loops in one place: the outermost
        }
        for inner in _loops_in(node):
            self._add_of_nest(inner, place, by_line)
        if self.draws:
            first = next(n for n, loop in enumerate(self.loops) if loop.line == node.lineno)
            self.loops[first] = replace(
                self.loops[first], ir=to_text(nest.loop), analysed=(nest, analysis)
            )
        return True

    def _note_effects(self, node: ast.For, nest: Nest) -> None:
        """Say in the explanation of `node` which lines are left to the interpreter."""
        lines = sorted({s.span.line for s in statements((nest.loop,)) if _is_effect(s)})
        found = next((n for n, one in enumerate(self.loops) if one.line == node.lineno), None)
        if not lines or found is None:
            return
        words = ", ".join(map(str, lines))
        what = f"line {words}" if len(lines) == 1 else f"lines {words}"
        note = f"an iteration that comes to {what} is the interpreter's, in its turn"
        first, *others = self.loops[found].reasons
        noted = replace(first, notes=(*first.notes, note))
        self.loops[found] = replace(self.loops[found], reasons=(noted, *others))

    def _lower(self, loop: ast.For, place: _Place) -> Nest | tuple[Diagnostic, ...]:
        """Return the loop `loop` with the functions that it calls, or why it cannot be lowered."""
        try:
            inlined = inline(with_ways(without_tries(loop)), self.source, place.functions.resolve)
        except Declined as declined:
            return (declined.diagnostic,)
        return lower_loop(inlined.loop, self.source, function=place.function, names=place.names)

    def _effects_of_calls(self, loop: ast.For, place: _Place) -> tuple[Where, ...]:
        """Return the branches of `if` that call functions of the text."""
        if not may_resume(loop):
            return ()

        def may_run(stmt: ast.stmt) -> bool:
            calls = (node.func for node in ast.walk(stmt) if isinstance(node, ast.Call))
            names = (func.id for func in calls if isinstance(func, ast.Name))
            return not any(place.functions.resolve(name) for name in names)

        return find_effects(loop, may_run)

    def _judge(
        self, facts: LoopFacts, analysis: Analysis, node: ast.For, values: Mapping[str, object]
    ) -> Judged:
        found = judge_loop(facts, analysis, node, values)
        if not self.draws:
            return found
        unless = facts.verdict.unless if isinstance(facts.verdict, ParallelIf) else ()
        return replace(found, drawing=drawing_of(facts, analysis), conditions=unless)

    def _comprehension(self, node: ast.expr, place: _Place) -> bool:
        """Explain the comprehension `node` if it may get a site."""
        if place.function != "<module>" and not place.in_function:
            return False  # of a class
        found = find_comprehension(node, self.callables)
        if found is not None:
            self._nest(found.loop, place)
        return found is not None

    def _add_of_arrays(self, node: ast.For | ast.While, place: _Place) -> None:
        message = "what runs in any order is found when it is known what the arrays are"
        why = HandlesArrays(message, _span(self.source, node))
        runs: Runs = "interpreter" if place.in_site else "undecided"
        self._add(node, place, Judged("serial", (why,), ()), runs)

    def _add_of_nest(
        self, node: ast.For | ast.While, place: _Place, judged: Mapping[tuple[int, int], Judged]
    ) -> None:
        span = _span(self.source, node)
        runs: Runs = "interpreter" if place.in_site else "undecided"
        if isinstance(node, ast.While):
            message = "whether the `while` loop goes on is known only after each iteration"
            found = Judged("serial", (DecidesAsItGoes(message, span),), ())
        else:
            found = judged[span.line, span.column]
        if place.in_site:
            why = InsideUnsupported("the loop around this one is left to the interpreter", span)
            found = replace(found, reasons=(*found.reasons, why))
        self._add(node, place, found, runs)

    def _never_a_site(self, node: ast.While | ast.AsyncFor, place: _Place) -> None:
        kind = "while" if isinstance(node, ast.While) else "async for"
        message = f"a `{kind}` loop is run by the interpreter"
        reason = NotOverRange(message, _span(self.source, node))
        self._add(node, place, Judged("unsupported", (reason,), ()), "interpreter")

    def _add(
        self, node: ast.For | ast.While | ast.AsyncFor, place: _Place, judged: Judged, runs: Runs
    ) -> None:
        span = _span(self.source, node)
        index = node.test if isinstance(node, ast.While) else node.target
        self.loops.append(
            LoopExplanation(
                line=span.line,
                column=span.column,
                end_line=span.end_line,
                function=place.function,
                index=ast.unparse(index),
                verdict=judged.verdict,
                runs=runs,
                reasons=tuple(_without_marks(why) for why in judged.reasons),
                facts=judged.facts,
                source=self.source,
                drawing=judged.drawing,
                conditions=judged.conditions,
            )
        )


def _without_marks(why: Diagnostic) -> Diagnostic:
    """Return `why` without the mark that the names of a comprehension's results have."""
    message = why.message.replace("@`", "`")
    return why if message == why.message else replace(why, message=message)


def _loops_in(node: ast.AST) -> Iterator[ast.For | ast.While]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.For | ast.While):
            yield inner


def _qualified(place: _Place, name: str) -> str:
    if place.function == "<module>":
        return name
    return f"{place.function}{'.<locals>.' if place.in_function else '.'}{name}"


def _span(source: Source, node: ast.stmt) -> Span:
    end_line = node.end_lineno or node.lineno
    return Span(
        node.lineno,
        _characters(source.line(node.lineno), node.col_offset),
        end_line,
        _characters(source.line(end_line), node.end_col_offset or 0),
    )


def _characters(line: str, n_bytes: int) -> int:
    return len(line.encode()[:n_bytes].decode(errors="replace"))


def _is_effect(stmt: Stmt) -> bool:
    return isinstance(stmt, Assign) and stmt.target == EFFECT
