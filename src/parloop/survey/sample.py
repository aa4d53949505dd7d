"""A page with randomly chosen nests, each beside what parloop says of its loops.

A person checks by hand: are the verdicts right? Nothing on the page runs or is loaded.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from textwrap import dedent
from typing import Final

from parloop.report.page import document
from parloop.report.page_source import painted_lines
from parloop.survey.records import LoopRecord

_MARKS: Final = {
    "parallel": "cpu", "parallel-if": "cpu", "serial": "native", "arrays": "native"
}  # fmt: skip

_STYLE: Final = """
.parloop .nest { display: grid; grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); gap: 0 34px;
  padding: 22px 0; border-top: 1px solid var(--line); align-items: start; }
.parloop .nest h2 { grid-column: 1 / -1; margin: 0 0 12px; font-size: 13px; color: var(--soft);
  font-weight: 500; }
.parloop .nest .text { padding: 8px 0; }
.parloop .judged { list-style: none; margin: 0; padding: 0; }
.parloop .judged li { margin: 0 0 14px; padding-left: 14px; border-left: 3px solid var(--mark); }
.parloop .judged p { margin: 2px 0; color: var(--soft); font-size: 13.5px; }
.parloop .judged b { font-weight: 600; color: var(--mark); }
@media (max-width: 720px) { .parloop .nest { grid-template-columns: minmax(0, 1fr); gap: 14px; } }
"""


def sample_page(nests: Sequence[tuple[LoopRecord, ...]]) -> str:
    """Return the page; each of `nests` has its outermost loop first."""
    lead = (
        f"{len(nests)} compute-like nests, chosen at random from all that the survey has counted. "
        "On the left the text, on the right what parloop says of each loop in it from the text "
        "alone."
    )
    header = (
        '<header><h1>Verdicts to be checked by hand</h1>'
        f'<p class="lead">{lead}</p></header>'
    )
    body = "".join(_nest(number, nest) for number, nest in enumerate(nests, 1))
    foot = "<footer>Written by parloop survey. The text has not been run.</footer>"
    return document("sample", f"<style>{_STYLE}</style>{header}<main>{body}</main>{foot}")


def _nest(number: int, nest: Sequence[LoopRecord]) -> str:
    first = nest[0]
    cell = f", cell {first.cell}" if first.cell else ""
    where = "" if first.function == "<module>" else f", in {first.function}"
    place = escape(f"{number}. {first.file}{cell}, line {first.line}{where}")
    rows = "".join(
        f'<div class="line"><span class="number">{first.line + offset}</span>'
        f'<span class="rails"></span><span class="code">{line}</span></div>'
        for offset, line in enumerate(painted_lines(dedent(first.source)))
    )
    judged = "".join(_judged(loop) for loop in nest)
    return (
        f'<article class="nest"><h2>{place}</h2><div class="text">{rows}</div>'
        f'<ul class="judged">{judged}</ul></article>'
    )


def _judged(loop: LoopRecord) -> str:
    mark = _MARKS.get(loop.verdict, "interpreter")
    over = loop.iterable if loop.bounds == "none" else f"{loop.iterable}, bounds: {loop.bounds}"
    lines = [f"goes over {over}", *map(_clause, loop.facts)]
    if loop.native == "yes":
        lines.append("parloop would run it natively")
    else:
        lines.append(f"in the interpreter: {loop.obstacle_text}")
    said = "".join(f"<p>{_words(line)}</p>" for line in lines)
    codes = escape(", ".join(loop.codes))
    return (
        f'<li class="{mark}"><b>line {loop.line}: {escape(loop.verdict)}</b> '
        f'<span class="tag">{codes}</span>{said}</li>'
    )


def _clause(fact: str) -> str:
    return f"unless {fact.removeprefix('not ')}" if fact.startswith("not ") else f"if {fact}"


def _words(text: str) -> str:
    parts = escape(text).split("`")
    if len(parts) % 2 == 0:
        return escape(text)
    return "".join(f"<code>{part}</code>" if n % 2 else part for n, part in enumerate(parts))
