"""What others ask for as HTML: a page about texts and what ran, a piece of one for a notebook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from parloop.report.evidence import Place, RunEvidence
from parloop.report.explain import CannotExplain, Explanation, explain
from parloop.report.notebooks import explain_notebook
from parloop.report.page import section, whole_page
from parloop.report.page_drawing import ARROW_TIP
from parloop.report.page_evidence import Shown
from parloop.report.page_style import STYLE
from parloop.report.stats import Report

PROGRAMS = (".py", ".pyw", ".ipynb")
"""Names that end so are programs, which no report overwrites."""


def explanation_html(seen: Explanation) -> str:
    """Return `seen` as a piece of a page, for a notebook."""
    body = section(seen, [Shown(loop) for loop in seen.loops])
    return f'<style>{STYLE}</style><div class="parloop">{ARROW_TIP}{body}</div>'


def page(
    explanations: Sequence[Explanation],
    ran: Report | None = None,
    evidence: Mapping[Place, RunEvidence] | None = None,
) -> str:
    """Return a whole page about some texts, with what ran of them where that is known."""
    return whole_page(explanations, ran, evidence or {})


def page_of_run(script: Path | None, ran: Report) -> str:
    """Return the page about a script that ran, and about other texts whose loops were entered."""
    from parloop.report.evidence import find_evidence

    paths = dict.fromkeys((*([str(script)] if script else []), *(site.file for site in ran.sites)))
    explanations = [seen for path in paths for seen in _explained(path)]
    return page(explanations, ran, find_evidence())


def _explained(path: str) -> Sequence[Explanation]:
    try:
        return explain_path(Path(path))
    except CannotExplain:
        return ()


def explain_path(path: Path) -> Sequence[Explanation]:
    """Return what is known of the loops in a script, or in each cell of a notebook.

    Raises `CannotExplain`.
    """
    return explain_notebook(path) if path.suffix.lower() == ".ipynb" else (explain(path),)


def check_report_name(path: Path) -> str | None:
    """Return why a report must not be written to `path`, if that is so."""
    if path.suffix.lower() in PROGRAMS:
        return f"{path} is the name of a program, which a report must not overwrite"
    return None
