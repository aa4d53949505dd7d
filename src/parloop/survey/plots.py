"""Plots of the tables as PNG and SVG, where matplotlib is installed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from parloop.survey.tables import Table

_WITHOUT: Final = ("files", "loops")
"""Tables that are no distribution."""

_INK: Final = "#1f2933"
_SOFT: Final = "#6b7785"
_COLOURS: Final = ("#2f6f8f", "#e0a03c", "#8aa8b8")
_MOST_BARS: Final = 14


def write_plots(folder: Path, tables: Sequence[Table]) -> str | None:
    """Write a plot of each distribution below `folder`; return what is missing for it, if it is."""
    try:
        import matplotlib.figure
    except ImportError:
        return "There are no plots: matplotlib is not installed."
    plots = folder / "plots"
    plots.mkdir(exist_ok=True)
    settings: dict[Any, Any] = {"svg.hashsalt": "parloop", "font.size": 9, "svg.fonttype": "path"}
    with matplotlib.rc_context(settings):
        for table in tables:
            if table.name not in _WITHOUT:
                figure = _bars(table, matplotlib.figure.Figure)
                figure.savefig(plots / f"{table.name}.png", dpi=160)
                figure.savefig(plots / f"{table.name}.svg", metadata={"Date": None})
    return None


def _bars(table: Table, make: Any) -> Any:
    """Return the shares of `table` as horizontal bars, the first row on top."""
    shares = [n for n, name in enumerate(table.columns) if _is_share(table, n) and n]
    rows = table.rows[:_MOST_BARS]
    figure = make(figsize=(7.2, 1.1 + 0.34 * len(rows) + 0.1 * len(shares)), layout="constrained")
    axes = figure.add_subplot()
    thick = 0.8 / len(shares)
    for place, column in enumerate(shares):
        values = [_number(row[column]) for row in rows]
        at = [n - 0.4 + thick * (place + 0.5) for n in range(len(rows))]
        colour = _COLOURS[place % len(_COLOURS)]
        axes.barh(at, values, thick * 0.88, color=colour, label=_label(table, column))
        for y, value in zip(at, values, strict=True):
            axes.annotate(
                f"{value:.1f}", (value, y), (3, 0), textcoords="offset points", va="center",
                fontsize=7, color=_SOFT,
            )  # fmt: skip
    axes.set_yticks(range(len(rows)), [row[0].replace("$", r"\$").replace("`", "") for row in rows])
    axes.invert_yaxis()
    axes.set_xlim(0, max(1.0, 1.12 * max(_number(row[c]) for row in rows for c in shares)))
    axes.set_xlabel("per cent", color=_SOFT)
    axes.set_title(table.title, loc="left", fontsize=11, color=_INK, pad=10)
    axes.tick_params(colors=_INK, length=0)
    axes.grid(axis="x", color="#0000000f")
    axes.set_axisbelow(True)
    for spine in axes.spines.values():
        spine.set_visible(False)
    if len(shares) > 1:
        axes.legend(frameon=False, fontsize=8, loc="lower right", labelcolor=_INK)
    return figure


def _is_share(table: Table, column: int) -> bool:
    return all(row[column].endswith(" %") or row[column] == "-" for row in table.rows)


def _label(table: Table, column: int) -> str:
    name = table.columns[column]
    return table.columns[column - 1] if name == "share" else name


def _number(cell: str) -> float:
    return float(cell.removesuffix(" %")) if cell != "-" else 0.0
