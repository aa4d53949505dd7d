"""The tables of a survey, as data: what the terminal, `summary.md` and the plots show.

Every share says of what it is a share.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from parloop.survey.totals import POPULATIONS, Totals


@dataclass(frozen=True, slots=True)
class Table:
    """Some rows under a heading. The first column holds words, the others numbers."""

    name: str
    """For the file of its plot."""
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


_TITLES: Final = (
    ("place", "Where the loops stand"),
    ("iterable", "What they go over"),
    ("bounds", "Bounds of loops over range"),
    ("depth", "Loops inside each other (outermost loops)"),
    ("constructs", "What stands in their own bodies (share of loops having one)"),
    ("calls", "What they call (share of loops having one)"),
    ("reads", "Subscripts that are read"),
    ("writes", "Subscripts that are written"),
)

VERDICTS: Final = ("parallel", "parallel-if", "arrays", "serial", "unsupported", "not analysed")

MOST_ROWS: Final = 20


def all_tables(totals: Totals) -> Iterator[Table]:
    """Yield every table that has a row, in the order in which they are shown."""
    tables = (
        _files(totals),
        _problems(totals),
        _loops(totals),
        *(_distribution(totals, question, title) for question, title in _TITLES),
        _verdicts(totals),
        _native(totals),
        _not_supported(totals),
    )
    yield from (table for table in tables if table.rows)


def share(part: int, whole: int) -> str:
    """Return `part` of `whole` in per cent, `-` of nothing."""
    return f"{100 * part / whole:.1f} %" if whole else "-"


def _files(totals: Totals) -> Table:
    rows = [
        ("notebooks read", totals.files["notebook"]),
        ("scripts read", totals.files["script"]),
        ("copies of these, left out", totals.duplicate_files),
        ("not read, for the reasons below", totals.n_problems),
    ]
    whole = totals.n_files
    kept = tuple((name, f"{count:,}", share(count, whole)) for name, count in rows if count)
    cells = ""
    if totals.cells:
        cells = (
            f"Of {totals.cells:,} code cells in notebooks that were read, {totals.lost_cells:,} "
            f"({share(totals.lost_cells, totals.cells)}) cannot be parsed and "
            f"{totals.foreign_cells:,} are in another language."
        )
    return Table("files", "Files", ("", "files", "share"), kept, cells)


def _problems(totals: Totals) -> Table:
    found = sorted(totals.problems.items(), key=lambda pair: (-pair[1].first, pair[0]))
    whole = totals.n_files
    rows = tuple((name, f"{p.first:,}", share(p.first, whole)) for name, p in found)
    return Table("problems", "Files that were not read", ("reason", "files", "share"), rows)


def _loops(totals: Totals) -> Table:
    everything = totals.loops["all loops"]
    rows = tuple(
        (name, f"{totals.loops[name]:,}", share(totals.loops[name], everything),
         f"{totals.classical[name]:,}", share(totals.classical[name], totals.loops[name]))
        for name in POPULATIONS
        if everything
    )  # fmt: skip
    note = (
        f"{totals.duplicate_loops:,} loops repeat others and are counted once. Beside the loops "
        f"there are {totals.comprehensions:,} comprehensions and generator expressions."
    )
    return Table("loops", "Loops", ("", "loops", "of all", "classical", "of these"), rows, note)


def _distribution(totals: Totals, question: str, title: str) -> Table:
    counted = [_answers(totals, population, question) for population in POPULATIONS]
    wholes = [_whole(totals, population, question) for population in POPULATIONS]
    everything = counted[0]
    if question == "depth":
        answers = sorted((a for a in everything if a.isdigit()), key=int)
    else:
        answers = sorted(everything, key=lambda answer: (-everything[answer], answer))
    rows = tuple(
        (answer, f"{everything[answer]:,}",
         *(share(found[answer], whole) for found, whole in zip(counted, wholes, strict=True)))
        for answer in answers[:MOST_ROWS]
    )  # fmt: skip
    columns = ("", "count", "all loops", "compute-like loops", "compute-like nests")
    return Table(question, title, columns, rows)


def _answers(totals: Totals, population: str, question: str) -> Counter[str]:
    return totals.of(population, question)


def _whole(totals: Totals, population: str, question: str) -> int:
    """Return what the shares of the answers to `question` are shares of."""
    counted = totals.of(population, question)
    match question:
        case "constructs" | "calls":
            return totals.loops[population]
        case "depth":
            return counted.total() - counted["inner"]
        case _:
            return counted.total()


def _verdicts(totals: Totals) -> Table:
    columns = ["", "outermost", "share", "inner", "share"]
    found = totals.of("compute-like loops", "verdict")
    wholes = [
        sum(count for answer, count in found.items() if answer.startswith(f"{level}: "))
        for level in ("outermost", "inner")
    ]
    rows = []
    for verdict in VERDICTS:
        counts = [found[f"{level}: {verdict}"] for level in ("outermost", "inner")]
        if any(counts):
            cells = (
                cell
                for count, whole in zip(counts, wholes, strict=True)
                for cell in (f"{count:,}", share(count, whole))
            )
            rows.append((verdict, *cells))
    note = "By stage 0, from the text alone. `arrays`: statements on whole arrays, decided later."
    title = "Verdicts on compute-like loops"
    return Table("verdict", title, tuple(columns), tuple(rows), note)


def _native(totals: Totals) -> Table:
    rows = []
    for population in POPULATIONS:
        found, whole = totals.of(population, "native"), totals.loops[population]
        if whole:
            counts = [(f"{found[word]:,}", share(found[word], whole)) for word in ("yes", "no")]
            rows.append((population, *counts[0], *counts[1]))
    columns = ("", "natively", "share", "in the interpreter", "share")
    note = "Natively: where the types turn out to be numbers and there is enough work."
    return Table("native", "What parloop would run", columns, tuple(rows), note)


def _not_supported(totals: Totals) -> Table:
    lost = totals.ranked()
    whole = totals.loops["compute-like loops"]
    rows = tuple(
        (kind, f"{found.first:,}", share(found.first, whole), f"{found.anywhere:,}",
         f"{found.alone:,}", found.examples[0].partition(": ")[0] if found.examples else "")
        for kind, found in lost[:MOST_ROWS]
    )  # fmt: skip
    columns = ("construct", "first", "share", "anywhere", "alone", "for example")
    title = "What parloop does not support yet, by compute-like loops lost"
    note = "first: it is what stands in the way first; alone: nothing else does."
    return Table("not_supported", title, columns, rows, note)
