"""Whole pages: the user's text first, loop lines marked, evidence to unfold, what ran.

One file that loads nothing and runs nothing: `<details>` opens loops, by the keyboard as well.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import PurePath
from typing import Final

from parloop.report.evidence import Place, RunEvidence
from parloop.report.explain import Explanation, LoopExplanation
from parloop.report.page_drawing import ARROW_TIP
from parloop.report.page_evidence import Mark, Shown, panel
from parloop.report.page_source import painted_lines, row_cells
from parloop.report.page_style import STYLE
from parloop.report.stats import Report, SiteStats, show_seconds, summary_of

POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""Even if something slipped through: nothing is loaded, nothing is run."""

_LEGEND: Final[Mapping[Mark, tuple[str, str]]] = {
    "cpu": ("may run on all cores", "in parallel on the CPU"),
    "gpu": ("may run on the GPU", "in parallel on the GPU"),
    "native": ("in order, as machine code", "in order, as machine code"),
    "interpreter": ("left to the interpreter", "in the interpreter"),
}
"""What the colours mean: before a run, and of one."""


def document(title: str, body: str) -> str:
    """Return a whole page around `body`, which is HTML."""
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<link rel="icon" href="data:,">'
        f"<title>{escape(title)} · parloop</title><style>{STYLE}</style></head>"
        f'<body class="parloop">{ARROW_TIP}{body}</body></html>\n'
    )


def whole_page(
    explanations: Sequence[Explanation],
    ran: Report | None,
    evidence: Mapping[Place, RunEvidence],
) -> str:
    """Return the page about some texts, with what ran of them where that is known."""
    sites = {(s.file, s.line, s.column): s for s in ran.sites} if ran is not None else {}
    found = [[*_shown(seen, sites, evidence)] for seen in explanations]
    title = _title(explanations)
    sections = "".join(
        section(seen, shown, number, heading=len(explanations) > 1)
        for number, (seen, shown) in enumerate(zip(explanations, found, strict=True))
    )
    loops = [one for shown in found for one in shown]
    runs = _runs(explanations, found, ran) if ran is not None else ""
    about = f"{_lead(explanations, ran)}{_legend(loops, ran)}"
    header = f"<header><h1>{escape(title)}</h1>{about}</header>"
    foot = "<footer>Written by parloop. Open a marked line to read why.</footer>"
    return document(title, f"{header}<main>{runs}{sections}</main>{foot}")


def _title(explanations: Sequence[Explanation]) -> str:
    names = dict.fromkeys(seen.source.path.partition("[")[0] for seen in explanations)
    return ", ".join(PurePath(name).name for name in names) or "report"


def _lead(explanations: Sequence[Explanation], ran: Report | None) -> str:
    n_loops = sum(len(seen.loops) for seen in explanations)
    counts = Counter[str](loop.verdict for seen in explanations for loop in seen.loops)
    order = ("parallel", "parallel-if", "serial", "unsupported")
    listed = ", ".join(f"{counts[verdict]} {verdict}" for verdict in order if counts[verdict])
    text = f"{n_loops} {'loop' if n_loops == 1 else 'loops'}{f': {listed}' if listed else ''}."
    if ran is not None:
        said = summary_of(ran) or "parloop: no loop was entered"
        said = said.removeprefix("parloop: ").removesuffix(" (parloop run --report)")
        text = f"{said[:1].upper()}{said[1:]}. The text has {text}"
    return f'<p class="lead">{escape(text)}</p>'


def _legend(loops: Sequence[Shown], ran: Report | None) -> str:
    counts = Counter(one.mark for one in loops)
    items = "".join(
        f'<li class="{mark}"><span class="dot"></span><b>{counts[mark]}</b> '
        f"{words[ran is not None]}</li>"
        for mark, words in _LEGEND.items()
        if counts[mark]
    )
    return f'<ul class="legend">{items}</ul>' if items else ""


def _shown(
    seen: Explanation,
    sites: Mapping[Place, SiteStats],
    evidence: Mapping[Place, RunEvidence],
) -> Iterator[Shown]:
    """Yield each loop with the site that stands in front of it or of a loop around it."""
    around: list[tuple[LoopExplanation, SiteStats, RunEvidence | None]] = []
    for loop in seen.loops:
        place = (seen.source.path, loop.line, loop.column)
        site, own = sites.get(place), True
        found = evidence.get(place)
        while around and around[-1][0].end_line < loop.line:
            around.pop()
        if site is not None:
            around.append((loop, site, found))
        elif around and around[-1][1].native_runs:
            _, site, found = around[-1]
            own = False
        yield Shown(loop, site, own, found, with_kernels=site is None)


# what ran, the most expensive first


def _runs(
    explanations: Sequence[Explanation], found: Sequence[Sequence[Shown]], ran: Report
) -> str:
    anchors = {
        (seen.source.path, one.loop.line, one.loop.column): (_anchor(number, one.loop), one.mark)
        for number, (seen, shown) in enumerate(zip(explanations, found, strict=True))
        for one in shown
    }
    sites = sorted(ran.sites, key=lambda s: -(s.seconds + s.estimated_interpreter_seconds))
    if not sites:
        return ""
    most = max(s.seconds + s.estimated_interpreter_seconds for s in sites) or 1.0
    rows = "".join(_run_row(site, anchors, most) for site in sites)
    head = (
        "<tr><th>loop</th><th>in</th><th>time</th><th class=\"right\">machine code</th>"
        "<th class=\"right\">interpreter, about</th><th class=\"right\">runs</th></tr>"
    )
    table = f'<div class="scroll"><table class="runs">{head}{rows}</table></div>'
    return f"<h3>Where the time went</h3>{table}"


def _run_row(
    site: SiteStats, anchors: Mapping[Place, tuple[str, Mark]], most: float
) -> str:
    place = escape(site.place)
    anchor, mark = anchors.get((site.file, site.line, site.column), ("", "interpreter"))
    link = f'<a href="#{anchor}">{place}</a>' if anchor else place
    seconds = site.seconds + site.estimated_interpreter_seconds
    spared = site.iterations * site.interpreter_seconds_per_iteration
    estimated = spared + site.estimated_interpreter_seconds
    width = round(120 * seconds / most)
    return (
        f'<tr class="{mark}"><td><code>{link}</code></td><td>{escape(site.function)}</td>'
        f'<td class="time"><span class="bar" style="width:{width}px"></span>'
        f"{show_seconds(seconds)}</td>"
        f'<td class="right">{show_seconds(site.seconds) if site.native_runs else "–"}</td>'
        f'<td class="right">{show_seconds(estimated) if estimated else "–"}</td>'
        f'<td class="right">{site.native_runs + site.interpreted_runs:,}</td></tr>'
    )


# the text


def section(
    seen: Explanation, shown: Sequence[Shown], number: int = 0, *, heading: bool = True
) -> str:
    """Return one text as HTML, its loops to be opened."""
    rows = "".join(_rows(seen, shown, number))
    name = f"<h2>{escape(_heading(seen.source.path))}</h2>" if heading else "<h3>The text</h3>"
    return f'<section>{name}<div class="text">{rows}</div></section>'


def _heading(path: str) -> str:
    """Return what stands above a text: of a notebook's cell its number."""
    found = re.fullmatch(r".*\.ipynb\[(\d+)\]", path, re.DOTALL | re.IGNORECASE)
    return f"cell {found[1]}" if found else path


def _rows(seen: Explanation, shown: Sequence[Shown], section_number: int) -> Iterator[str]:
    by_line: dict[int, list[Shown]] = {}
    for one in shown:
        by_line.setdefault(one.loop.line, []).append(one)
    for number, line in enumerate(painted_lines(seen.source.text), 1):
        rails = tuple(s.mark for s in shown if s.loop.line <= number <= s.loop.end_line)
        cells = row_cells(number, line, rails)
        here = by_line.get(number)
        if here is None:
            yield f'<div class="line">{cells}</div>'
        else:
            yield _loop_row(cells, here, section_number)


def _loop_row(cells: str, here: Sequence[Shown], section_number: int) -> str:
    first = here[0]
    pills = "<br>".join(_pill(one) for one in here)
    panels = "".join(panel(one) for one in here)
    return (
        f'<details class="loop {first.mark}" data-line="{first.loop.line}" '
        f'data-verdict="{first.loop.verdict}"><summary class="line">{cells}'
        f'<span class="pill">{pills}</span></summary>'
        f'<div id="{_anchor(section_number, first.loop)}">{panels}</div></details>'
    )


def _pill(one: Shown) -> str:
    hollow = " if" if one.loop.verdict == "parallel-if" else ""
    where = f" <small>· {escape(one.where)}</small>" if one.where else ""
    return f'<span class="{one.mark}"><span class="dot{hollow}"></span>{one.words}</span>{where}'


def _anchor(section_number: int, loop: LoopExplanation) -> str:
    return f"s{section_number}-line-{loop.line}"
