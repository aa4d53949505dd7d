"""One self-contained page: the user's text first, loop lines marked, evidence to unfold.

It says what `str(explanation)` and the table of the report say, in the same order. Colour repeats
what the words beside it say. Nothing is loaded from anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Final

from parloop.report.explain import Explanation, LoopExplanation
from parloop.report.stats import Report, SiteStats
from parloop.report.text import printable, render


def explanation_html(seen: Explanation) -> str:
    """Return `seen` as a piece of a page, for a notebook."""
    return f"<style>{_STYLE}</style>{_section(seen, {})}"


def page(explanations: Sequence[Explanation], ran: Report | None = None) -> str:
    """Return a whole page about some texts, with what ran of them where that is known."""
    runs = {(site.file, site.line): site for site in ran.sites} if ran is not None else {}
    sections = "".join(_section(seen, runs) for seen in explanations)
    table = ran._repr_html_() if ran is not None else ""
    title = ", ".join(seen.source.path for seen in explanations) or "report"
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>parloop: {escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body>{table}{sections}</body></html>\n"
    )


_STYLE: Final = """
.parloop { color-scheme: light dark; font: 14px/1.45 system-ui, sans-serif; }
.parloop pre { margin: 0; font: 13px/1.45 ui-monospace, monospace; white-space: pre; }
.parloop .text { overflow-x: auto; border: 1px solid #8884; border-radius: 4px; padding: 6px 0; }
.parloop .row { display: flex; gap: 1em; padding: 0 8px; border-left: 4px solid transparent; }
.parloop .number { min-width: 3em; text-align: right; opacity: .55; user-select: none; }
.parloop details { border-left: 4px solid #8886; }
.parloop details > summary { display: flex; gap: 1em; padding: 0 8px; cursor: pointer; }
.parloop details > pre { padding: 4px 8px 8px 5em; opacity: .9; }
.parloop .verdict { margin-left: auto; padding-left: 2em; font-style: italic; }
.parloop .parallel { border-color: #2a9d4a; background: #2a9d4a1c; }
.parloop .parallel-if { border-color: #b8860b; background: #b8860b1c; }
.parloop .serial { border-color: #3b7dd8; background: #3b7dd81c; }
.parloop .unsupported { border-color: #c0453a; background: #c0453a1c; }
"""


def _section(seen: Explanation, runs: Mapping[tuple[str, int], SiteStats]) -> str:
    return (
        f'<section class="parloop"><h2>{escape(seen.source.path)}</h2>'
        f"<p>{escape(seen.summary)}</p>"
        f'<div class="text">{"".join(_rows(seen, runs))}</div></section>'
    )


def _rows(seen: Explanation, runs: Mapping[tuple[str, int], SiteStats]) -> Iterator[str]:
    by_line: dict[int, list[LoopExplanation]] = {}
    for loop in seen.loops:
        by_line.setdefault(loop.line, []).append(loop)
    text = seen.source.text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n")
    for number, line in enumerate(text.split("\n"), 1):
        cells = f'<pre class="number">{number}</pre><pre>{escape(printable(line)) or " "}</pre>'
        if number in by_line:
            site = runs.get((seen.source.path, number))
            yield _loop_row(cells, by_line[number], site)
        else:
            yield f'<div class="row">{cells}</div>'


def _loop_row(cells: str, loops: list[LoopExplanation], site: SiteStats | None) -> str:
    words = ", ".join(loop.verdict for loop in loops)
    if site is not None:
        words += f"; {site.native_runs} native, {site.interpreted_runs} interpreted"
    reasons = [reason for loop in loops for reason in loop.reasons]
    if site is not None:
        reasons += [why for why, _ in site.fallbacks if why not in reasons]
    evidence = "\n\n".join(render(reason, loops[0].source) for reason in reasons)
    return (
        f'<details class="{loops[0].verdict}"><summary>{cells}'
        f'<span class="verdict">{escape(words)}</span></summary>'
        f"<pre>{escape(evidence)}</pre></details>"
    )
