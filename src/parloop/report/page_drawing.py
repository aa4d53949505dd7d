"""Dependences and accesses as SVG: an iteration space with arrows, and the elements touched.

The pictures say nothing that the words beside them do not; `<title>` says it to those who cannot
see them. Colours come from the page's style, so that they follow its light and dark.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import Final, TypeAlias

from parloop.report.drawing import Carried, Drawing, Elements

STEP: Final = 34
"""Pixels between two iterations."""

CELL: Final = 30
"""Pixels of an element."""

FARTHEST: Final = 3
"""Longer distances are not drawn."""

MOST_ARROWS: Final = 5
"""Distance vectors that are drawn of one loop."""


def drawing_html(drawing: Drawing) -> str:
    """Return the pictures of one loop, or nothing where there is nothing to draw."""
    parts = [_space(drawing), *(_footprint(elements) for elements in drawing.elements[:4])]
    figures = "".join(part for part in parts if part)
    return f'<div class="drawings">{figures}</div>' if figures else ""


# the iteration space

Vectors: TypeAlias = dict[tuple[int, ...], list[Carried]]


def _space(drawing: Drawing) -> str:
    depth = min((len(d.indices) for d in drawing.dependences), default=1)
    vectors = _vectors(drawing.dependences, depth)
    if drawing.dependences and not vectors:
        return _figure("", _undrawn(drawing))
    if not drawing.dependences:
        words = "No iteration needs another: they may run in any order."
        if drawing.summary:
            words = "No iteration needs another, but for what is accumulated."
        return _figure(_line(drawing.index, {}), words)
    indices = next(iter(vectors.values()))[0].indices[-2:]
    words = _vectors_in_words(vectors, conditional=drawing.conditional)
    if len(indices) == 1:
        return _figure(_line(indices[0], vectors), words)
    same = [other for other in drawing.others if other.indices[-2:] == indices]
    faint = {v: d for v, d in _vectors(same, depth).items() if v not in vectors}
    if faint:
        words += " Pale arrows are carried by the other loop."
    return _figure(_grid(indices, vectors, faint), words)


def _vectors(dependences: Sequence[Carried], depth: int) -> Vectors:
    """Return the distances that can be drawn in the plane of the innermost two loops."""
    found: Vectors = {}
    for dependence in dependences:
        distances = dependence.distances
        if len(distances) != depth or any(distance is None for distance in distances):
            continue
        known = tuple(distance for distance in distances if distance is not None)
        plane = known[-2:]
        if any(known[:-2]) or not any(plane) or max(map(abs, plane)) > FARTHEST:
            continue
        found.setdefault(plane, []).append(dependence)
    return dict([*found.items()][:MOST_ARROWS])


def _vectors_in_words(vectors: Vectors, *, conditional: bool) -> str:
    parts = []
    for vector, dependences in vectors.items():
        arrays = ", ".join(dict.fromkeys(f"<code>{escape(d.array)}</code>" for d in dependences))
        shown = str(vector[0]) if len(vector) == 1 else str(vector)
        parts.append(f"{arrays} at distance {shown}")
    where = "Where a condition fails, an" if conditional else "An"
    return f"{where} arrow leads to the iteration that needs it: {'; '.join(parts)}."


def _undrawn(drawing: Drawing) -> str:
    parts = []
    for dependence in drawing.dependences[:MOST_ARROWS]:
        shown = ", ".join("?" if d is None else str(d) for d in dependence.distances)
        indices = ", ".join(escape(index) for index in dependence.indices)
        array = escape(dependence.array)
        parts.append(
            f"<li><code>{array}</code> ({dependence.kind}), distance ({shown}) "
            f"in (<code>{indices}</code>)</li>"
        )
    unknown = any(None in dependence.distances for dependence in drawing.dependences)
    where = "; <code>?</code> is not the same everywhere" if unknown else ""
    start = "Iterations need others where a condition fails" if drawing.conditional else (
        "Iterations that need others"
    )
    return f"{start}{where}:<ul>{''.join(dict.fromkeys(parts))}</ul>"


def _line(index: str, vectors: Vectors) -> str:
    count = 8
    y = 62 if vectors else 16
    width, height = STEP * (count - 1) + 48, y + 34
    at = [24 + place * STEP for place in range(count)]
    arcs = (
        _arc(at[start], at[start] + distance * STEP, y)
        for (distance,) in vectors
        for start in range(count - abs(distance))
    )
    parts = [*arcs, *(f'<circle cx="{x}" cy="{y}" r="6"/>' for x in at)]
    parts.append(f'<text x="24" y="{y + 26}">{escape(index)} →</text>')
    return _svg(width, height, f"iterations of {index}", parts)


def _arc(start: int, end: int, y: int) -> str:
    span = end - start
    lift = 16 + abs(span) / 4
    sign = 1 if span > 0 else -1
    return (
        f'<path class="arrow" d="M{start + 4 * sign} {y - 7} '
        f'Q{(start + end) / 2} {y - 10 - 1.6 * lift} {end - 5 * sign} {y - 8}"/>'
    )


def _grid(indices: Sequence[str], vectors: Vectors, faint: Vectors) -> str:
    rows, columns = 5, 7
    left, top = 42, 34
    width, height = left + STEP * (columns - 1) + 24, top + STEP * (rows - 1) + 20
    parts = [f'<text x="{left - 6}" y="16">{escape(indices[1])} →</text>']
    parts.append(f'<text x="2" y="{top + 4}">{escape(indices[0])} ↓</text>')
    places = [(row, column) for row in range(rows) for column in range(columns)]
    for drawn, name in ((faint, "arrow faint"), (vectors, "arrow")):
        for down, right in drawn:
            for row, column in places:
                if 0 <= row + down < rows and 0 <= column + right < columns:
                    at = (left + column * STEP, top + row * STEP)
                    parts.append(_straight(at, (right, down), name))
    for row, column in places:
        parts.append(f'<circle cx="{left + column * STEP}" cy="{top + row * STEP}" r="5"/>')
    return _svg(width, height, f"iterations of {indices[0]} and {indices[1]}", parts)


def _straight(at: tuple[int, int], by: tuple[int, int], name: str) -> str:
    length = (by[0] ** 2 + by[1] ** 2) ** 0.5
    dx, dy = by[0] / length, by[1] / length
    end_x, end_y = at[0] + by[0] * STEP - 8 * dx, at[1] + by[1] * STEP - 8 * dy
    return (
        f'<path class="{name}" d="M{at[0] + 7 * dx:.1f} {at[1] + 7 * dy:.1f} '
        f'L{end_x:.1f} {end_y:.1f}"/>'
    )


ARROW_TIP: Final = (
    '<svg class="defs" width="0" height="0" aria-hidden="true"><defs>'
    '<marker id="tip" viewBox="0 0 8 8" refX="6" refY="4" markerWidth="6" markerHeight="6" '
    'orient="auto"><path class="tip" d="M0 0.8 L7 4 L0 7.2 z"/></marker></defs></svg>'
)


# the elements


def _footprint(elements: Elements) -> str:
    places = (*elements.reads, *elements.writes)
    n_axes = len(elements.axes)
    if not places or not 1 <= n_axes <= 2:
        return ""
    spread = [{place[axis] for place in places} for axis in range(n_axes)]
    lows = [min(0, *found) if elements.axes[n] else min(found) for n, found in enumerate(spread)]
    highs = [max(0, *found) if elements.axes[n] else max(found) for n, found in enumerate(spread)]
    if any(high - low > 2 * FARTHEST for low, high in zip(lows, highs, strict=True)):
        return ""
    lows = [low - 1 for low in lows]
    highs = [high + 1 for high in highs]
    if n_axes == 1:
        lows, highs = [0, *lows], [0, *highs]
    return _figure(_cells(elements, lows, highs), _elements_in_words(elements))


def _cells(elements: Elements, lows: list[int], highs: list[int]) -> str:
    rows, columns = range(lows[0], highs[0] + 1), range(lows[1], highs[1] + 1)
    one = len(elements.axes) == 1
    left, top = 2 if one else 56, 26
    parts: list[str] = []
    for row in rows:
        for column in columns:
            place = (column,) if one else (row, column)
            parts.append(_cell(elements, place, left, top, column - lows[1], row - lows[0]))
    for column in columns:
        label = _label(elements.axes[-1], column)
        x = left + (column - lows[1]) * CELL + CELL / 2
        parts.append(f'<text class="axis" x="{x}" y="{top - 8}">{escape(label)}</text>')
    for row in () if one else rows:
        label = _label(elements.axes[0], row)
        y = top + (row - lows[0]) * CELL + CELL / 2 + 4
        parts.append(f'<text class="axis side" x="{left - 8}" y="{y}">{escape(label)}</text>')
    width, height = left + len(columns) * CELL + 4, top + len(rows) * CELL + 4
    return _svg(width, height, f"elements of {elements.array}", parts)


def _cell(
    elements: Elements, place: tuple[int, ...], left: int, top: int, column: int, row: int
) -> str:
    reads, writes = place in elements.reads, place in elements.writes
    kind = "both" if reads and writes else "written" if writes else "read" if reads else "rest"
    x, y = left + column * CELL + 1, top + row * CELL + 1
    letter = {"both": "rw", "written": "w", "read": "r", "rest": ""}[kind]
    text = f'<text class="letter" x="{x + CELL / 2 - 1}" y="{y + CELL / 2 + 3}">{letter}</text>'
    box = f'<rect class="{kind}" x="{x}" y="{y}" width="{CELL - 3}" height="{CELL - 3}" rx="4"/>'
    return box + (text if letter else "")


def _label(axis: str, offset: int) -> str:
    if not axis:
        return str(offset)
    short = axis if len(axis) <= 3 else ""
    if offset == 0:
        return short or "·"
    return f"{short}{'+' if offset > 0 else '−'}{abs(offset)}"


def _elements_in_words(elements: Elements) -> str:
    parts = [f"Of <code>{escape(elements.array)}</code> an iteration"]
    said = []
    for verb, places in (("writes", elements.writes), ("reads", elements.reads)):
        if places:
            shown = ", ".join(
                f"<code>[{escape(', '.join(_subscripts(elements.axes, place)))}]</code>"
                for place in sorted(places)
            )
            said.append(f"{verb} {shown}")
    return f"{parts[0]} {' and '.join(said)}."


def _subscripts(axes: Sequence[str], place: tuple[int, ...]) -> Iterator[str]:
    for axis, offset in zip(axes, place, strict=True):
        if not axis:
            yield str(offset)
        elif offset == 0:
            yield axis
        else:
            yield f"{axis} {'+' if offset > 0 else '-'} {abs(offset)}"


def _svg(width: float, height: float, title: str, parts: Sequence[str]) -> str:
    return (
        f'<svg role="img" width="{width:g}" height="{height:g}" '
        f'viewBox="0 0 {width:g} {height:g}">'
        f"<title>{escape(title)}</title>{''.join(parts)}</svg>"
    )


def _figure(picture: str, words: str) -> str:
    return f"<figure>{picture}<figcaption>{words}</figcaption></figure>"
