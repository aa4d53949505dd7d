"""What a page shows of one loop when it is opened: evidence, conditions, pictures, runs, code."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Final, Literal, TypeAlias

from parloop.diagnostics import Declined, Diagnostic, InternalError
from parloop.report.cuda import kernels_of
from parloop.report.evidence import MOST_CODE, RunEvidence
from parloop.report.explain import LoopExplanation
from parloop.report.page_drawing import drawing_html
from parloop.report.reasons import HandlesArrays
from parloop.report.stats import TOO_LITTLE, SiteStats, show_prediction, show_seconds
from parloop.report.text import render

Mark: TypeAlias = Literal["cpu", "gpu", "native", "interpreter"]


@dataclass(frozen=True, slots=True)
class Shown:
    """One loop with what ran of it: of itself, or of the loop around it that has the site."""

    loop: LoopExplanation
    site: SiteStats | None = None
    own: bool = True
    """Whether `site` stands in front of this very loop."""
    evidence: RunEvidence | None = None
    with_kernels: bool = False
    """Whether kernels for a GPU are shown of a loop that has not run on one."""

    @property
    def mark(self) -> Mark:
        """The colour of the loop: where it ran, or else where it may run."""
        if self.site is not None:
            if not self.site.native_runs:
                return "interpreter"
            if self._in_order:
                return "native"
            return "gpu" if self.site.device == "cuda" else "cpu"
        if self.loop.runs == "interpreter" or self.loop.verdict == "unsupported":
            return "interpreter"
        return "native" if self._in_order else "cpu"

    @property
    def _in_order(self) -> bool:
        """Whether it is a serial loop as a whole, with no way to more than one core."""
        return self.loop.verdict == "serial" and self.words not in _WAYS.values()

    @property
    def words(self) -> str:
        """The verdict, as a pill says it."""
        for reason in self.loop.reasons:
            if reason.code in _WAYS:
                return _WAYS[reason.code]
        if any(isinstance(reason, HandlesArrays) for reason in self.loop.reasons):
            return "array statements"
        return {
            "parallel": "parallel",
            "parallel-if": "parallel if",
            "serial": "in order",
            "unsupported": "interpreter",
        }[self.loop.verdict]

    @property
    def where(self) -> str:
        """Where it ran, and for how long; empty where nothing ran."""
        site = self.site
        if site is None:
            return "in the interpreter" if self._left else ""
        if not site.native_runs:
            return "" if self.loop.verdict == "unsupported" else "ran in the interpreter"
        place = "on the GPU" if site.device == "cuda" else _on_cores(site.threads)
        return f"{place}, {show_seconds(site.seconds)}" if self.own else place

    @property
    def _left(self) -> bool:
        return self.loop.runs == "interpreter" and self.loop.verdict != "unsupported"


_WAYS: Final = {"DEP112": "wavefront", "DEP113": "in three parts", "DEP117": "in bands"}
"""Serial loops that may use all cores nevertheless."""


def _on_cores(threads: int) -> str:
    return f"{threads} threads" if threads > 1 else "1 thread"


def panel(shown: Shown) -> str:
    """Return what is to be seen of a loop that is opened."""
    loop = shown.loop
    answered = bool(loop.facts) and shown.site is not None
    parts = [
        _reason(reason, loop, notes=not (answered and n == 0))
        for n, reason in enumerate(loop.reasons)
    ]
    if answered:
        parts.append(_facts(shown))
    if loop.drawing is not None and not loop.drawing.is_empty:
        drawn = drawing_html(loop.drawing)
        if drawn:
            parts.append(f"<h3>Iterations and elements</h3>{drawn}")
    if shown.site is not None and shown.own:
        parts.append(_run(shown.site, shown.evidence))
    parts.append(_codes(shown))
    return f'<div class="panel">{"".join(parts)}</div>'


def _reason(reason: Diagnostic, loop: LoopExplanation, *, notes: bool) -> str:
    """Return one piece of evidence; its notes may stand in the table of conditions instead."""
    evidence = _excerpt(reason, loop)
    lines = [*(reason.notes if notes else ()), *(f"help: {advice}" for advice in reason.help)]
    items = "".join(f"<li>{_words(line)}</li>" for line in lines)
    listed = f'<ul class="notes">{items}</ul>' if items else ""
    return (
        f'<div class="reason"><p><span class="tag">{reason.voice}[{reason.code}]</span>'
        f"{_words(reason.message)}</p>{evidence}"
        f"{listed}</div>"
    )


def _excerpt(reason: Diagnostic, loop: LoopExplanation) -> str:
    """Return the lines that are evidence, with what is marked in them."""
    lines = render(reason, loop.source).split("\n")[2:]
    kept = [line for line in lines if not line.lstrip().startswith(("= ", "help: "))]
    if not kept or (not reason.labels and reason.span.line in (0, loop.line)):
        return ""  # what opened it stands right above
    return f'<pre class="shown" tabindex="0">{escape(chr(10).join(kept))}</pre>'


def _words(text: str) -> str:
    """Return a message as HTML: what stands between backticks as code."""
    parts = escape(text).split("`")
    if len(parts) % 2 == 0:
        return escape(text)
    return "".join(f"<code>{part}</code>" if n % 2 else part for n, part in enumerate(parts))


def _facts(shown: Shown) -> str:
    rows = "".join(
        f"<tr><td>{_words(fact)}</td>{_answer(fact, shown)}</tr>" for fact in shown.loop.facts
    )
    head = "<tr><th>looked up when the loop runs</th><th>in this run</th></tr>"
    values = ""
    if shown.evidence is not None and shown.evidence.values:
        known = ", ".join(
            f"<code>{escape(name)}</code> = {value}"
            for name, value in sorted(shown.evidence.values.items())
            if "%" not in name and name.replace(".", "").isalnum()
        )
        values = f'<p class="lead">{known}</p>' if known else ""
    return f'<h3>Conditions</h3><div class="scroll"><table>{head}{rows}</table></div>{values}'


def _answer(fact: str, shown: Shown) -> str:
    """Return a cell that says whether `fact` held in the last launch, as far as that is known."""
    evidence = shown.evidence
    if evidence is None or shown.site is None or not shown.site.native_runs:
        return '<td class="open">not reached</td>'
    held: bool | None = None
    if fact.endswith("share no memory"):
        held = evidence.apart
    elif fact.startswith("not `"):
        held = _condition(fact, shown, evidence)
    elif "accumulates integers" in fact or "values of one type" in fact:
        held = _counts(fact, evidence)
    if held is None:
        return '<td class="open">decided by the engine</td>'
    return '<td class="yes">yes</td>' if held else '<td class="no">no</td>'


def _condition(fact: str, shown: Shown, evidence: RunEvidence) -> bool | None:
    """Return whether the condition behind a fact `not ...` did not hold."""
    texts = [fact for fact in shown.loop.facts if fact.startswith("not `")]
    if len(texts) != len(shown.loop.conditions):
        return None
    condition = shown.loop.conditions[texts.index(fact)]
    if any(name not in evidence.values for name in condition.parameters):
        return None
    return not condition.holds(evidence.values)


def _counts(fact: str, evidence: RunEvidence) -> bool | None:
    """Return whether what a loop accumulates into is an integer."""
    name = fact.split("`")[1]
    found = dict(evidence.types).get(name)
    if found is None or "accumulates" not in fact:
        return None
    return found.replace("array of ", "").startswith(("int", "uint", "bool"))


def _run(site: SiteStats, evidence: RunEvidence | None) -> str:
    figures = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>"
        for name, value in _figures(site)
    )
    fallbacks = "".join(
        f'<tr><td class="right">{count:,}</td><td>{_words(why.message)} '
        f'<span class="open">{why.voice}[{why.code}]</span></td></tr>'
        for why, count in site.fallbacks
    )
    if not site.fallbacks and not site.native_runs:
        fallbacks = (
            f'<tr><td class="right">{site.interpreted_runs:,}</td>'
            f"<td>{TOO_LITTLE}</td></tr>"
        )
    table = ""
    if fallbacks:
        head = '<tr><th class="right">times</th><th>why the interpreter ran</th></tr>'
        table = f'<div class="scroll"><table>{head}{fallbacks}</table></div>'
    return f'<h3>This run</h3><dl class="figures">{figures}</dl>{table}{_types(evidence)}'


def _figures(site: SiteStats) -> Iterator[tuple[str, str]]:
    if site.native_runs:
        yield "took", show_seconds(site.seconds)
        estimated = site.iterations * site.interpreter_seconds_per_iteration
        if estimated:
            yield "in the interpreter, about", show_seconds(estimated)
            if site.seconds:
                yield "faster, about", f"{_two_digits(estimated / site.seconds)} ×"
    if site.native_runs and (predicted := site.predicted) is not None:
        yield "a launch, predicted", show_prediction(predicted, site.threads)
    if site.estimated_interpreter_seconds:
        yield "left to the interpreter, about", show_seconds(site.estimated_interpreter_seconds)
    yield "native runs", f"{site.native_runs:,}"
    if site.interpreted_runs:
        yield "runs in the interpreter", f"{site.interpreted_runs:,}"
    if site.iterations:
        yield "native iterations", f"{site.iterations:,}"
    if site.compile_seconds:
        yield "analysis and compiling", show_seconds(site.compile_seconds)
    if site.gpu.runs:
        yield "runs on the GPU", f"{site.gpu.runs:,}"
        yield "kernels launched there", f"{site.gpu.launches:,}"
        yield "copied there and back", f"{_bytes(site.gpu.bytes_in)}, {_bytes(site.gpu.bytes_out)}"
        yield "of it on the GPU", show_seconds(site.gpu.seconds)
    if site.exactness != "exact":
        yield "exactness", site.exactness


def _bytes(count: int) -> str:
    for unit in ("bytes", "KiB", "MiB"):
        if count < 10240:
            return f"{count:,} {unit}"
        count >>= 10
    return f"{count:,} GiB"


def _two_digits(ratio: float) -> str:
    return f"{ratio:.1f}" if ratio < 10 else f"{round(ratio, 1 - len(str(int(ratio)))):,.0f}"


def _types(evidence: RunEvidence | None) -> str:
    if evidence is None:
        return ""
    types = "".join(
        f"<tr><td><code>{escape(name)}</code></td><td>{escape(words)}</td></tr>"
        for name, words in evidence.types
    )
    axes = "".join(
        f"<tr><td>loop <code>{escape(name)}</code></td><td>{escape(words)}</td></tr>"
        for name, words in evidence.axes
    )
    head = "<tr><th>name</th><th>type in the last launch</th></tr>"
    ran = "<tr><th>loop</th><th>ran</th></tr>"
    tables = f"<table>{head}{types}</table>" if types else ""
    tables += f"<table>{ran}{axes}</table>" if axes else ""
    return f'<div class="drawings">{tables}</div>' if tables else ""


def _codes(shown: Shown) -> str:
    parts = ""
    if shown.loop.ir:
        parts += _more("The loop as parloop reads it", shown.loop.ir)
    if shown.own and shown.evidence is not None and shown.evidence.code:
        title = "Generated code, LLVM IR before optimisation"
        parts += _more(title, shown.evidence.code)
    if shown.own and shown.evidence is not None and shown.evidence.cuda:
        parts += _more("Generated code, CUDA C++", shown.evidence.cuda)
    elif shown.with_kernels and (kernels := loop_kernels(shown.loop)):
        parts += _more("Generated code for a GPU, CUDA C++", kernels)
    return parts


def loop_kernels(loop: LoopExplanation) -> str:
    """Return the kernels of an outermost loop as far as its text tells; empty if none."""
    if loop.analysed is None or loop.verdict == "unsupported":
        return ""
    try:
        return kernels_of(*loop.analysed)[:MOST_CODE]
    except (Declined, InternalError):
        return ""


def _more(title: str, text: str) -> str:
    return (
        f'<details class="more"><summary>{escape(title)}</summary>'
        f'<pre class="shown" tabindex="0">{escape(text)}</pre></details>'
    )
