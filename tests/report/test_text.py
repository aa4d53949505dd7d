"""What people read: the printed form of a diagnostic, character by character."""

from __future__ import annotations

import ast
from dataclasses import replace
from textwrap import dedent
from typing import ClassVar

import pytest

from parloop.diagnostics import Diagnostic, Label, Voice
from parloop.report.text import printable, render, render_all
from parloop.source import Source, Span


class Carried(Diagnostic):
    """A stand-in for a code of the analysis."""

    code: ClassVar[str] = "DEP102"
    voice: ClassVar[Voice] = "serial"


HEAT = Source(
    "heat.py",
    "\n" * 12 + "    for i in range(1, n):\n        u[i] = 0.5 * u[i - 1] + f[i]\n",
)
CARRIED = Carried(
    "loop `i` carries a value from one iteration to the next",
    Span(13, 4, 14, 36),
    labels=(
        Label(Span(14, 8, 14, 12), "written here"),
        Label(Span(14, 21, 14, 29), "reads what the previous iteration wrote"),
    ),
    notes=(
        "distance 1 on `u`, proved for every `n`",
        "this loop runs as written, on one core, in machine code",
    ),
)


def span_of(text: str, piece: str, line: int = 1) -> Span:
    """Return the span of `piece` in `text`, which is line `line` of something."""
    start = text.index(piece)
    return Span(line, start, line, start + len(piece))


def test_a_loop_is_shown_as_in_the_house_style() -> None:
    assert render(CARRIED, HEAT) == dedent("""\
        serial[DEP102] loop `i` carries a value from one iteration to the next
          --> heat.py:14:9
        13 |     for i in range(1, n):
        14 |         u[i] = 0.5 * u[i - 1] + f[i]
           |         ^^^^ written here
           |                      -------- reads what the previous iteration wrote
           = distance 1 on `u`, proved for every `n`
           = this loop runs as written, on one core, in machine code""")


def test_a_place_without_labels_is_underlined() -> None:
    text = "total = frobnicate(a[i])"
    seen = render(
        Carried("calls `frobnicate`", span_of(text, "frobnicate(a[i])"), help=("inline it",)),
        Source("x.py", text),
    )
    assert seen == dedent("""\
        serial[DEP102] calls `frobnicate`
         --> x.py:1:9
        1 | total = frobnicate(a[i])
          |         ^^^^^^^^^^^^^^^^
          help: inline it""")


def test_lines_left_out_between_two_labels_are_marked() -> None:
    text = "a[i] = 1\nx\ny\nb[i] = a[i - 1]"
    seen = render(
        Carried(
            "m",
            Span(1, 0, 1, 4),
            labels=(
                Label(Span(1, 0, 1, 4), "written here"),
                Label(Span(4, 7, 4, 15), "read here"),
            ),
        ),
        Source("x.py", text),
    )
    assert seen == dedent("""\
        serial[DEP102] m
         --> x.py:1:1
        1 | a[i] = 1
          | ^^^^ written here
        ...
        4 | b[i] = a[i - 1]
          |        -------- read here""")


def test_without_a_place_only_words_are_printed() -> None:
    assert render(Carried("m", notes=("n",)), HEAT) == "serial[DEP102] m\n  = n"


@pytest.mark.parametrize(
    ("text", "piece", "marks"),
    [
        ("\tx = y", "y", "        ^"),
        ("  \tx = y", "x", "    ^"),
        ("値 = y", "y", "     ^"),
        ("x = 値 + y", "値", "    ^^"),
        ("e\N{COMBINING ACUTE ACCENT} = y", "y", "    ^"),
        ("s = 'a\tb'; y", "y", "            ^"),
    ],
)
def test_marks_stand_under_what_they_mean(text: str, piece: str, marks: str) -> None:
    lines = render(Carried("m", span_of(text, piece)), Source("x.py", text)).splitlines()
    assert lines[3] == f"  | {marks}"


def test_control_characters_do_not_reach_the_terminal() -> None:
    assert printable("a\x1b[31m\tb") == "a\N{REPLACEMENT CHARACTER}[31m  b"


def test_a_piece_of_several_lines_is_marked_to_the_end_of_its_first() -> None:
    label = Label(Span(1, 4, 2, 3), "a sum")
    seen = render(
        Carried("m", Span(1, 4, 2, 3), labels=(label,)), Source("x.py", "s = (a[i] +\n   b)")
    )
    assert "  |     ^^^^^^^ a sum" in seen.splitlines()


def test_a_place_past_the_end_of_the_text_is_no_error() -> None:
    assert render(Carried("m", Span(99, 3, 99, 5)), HEAT).splitlines()[-1] == "   | ^"


def test_lines_are_counted_as_python_counts_them() -> None:
    text = "x = '\N{LINE SEPARATOR}'\n\x0cy = 1\nz = 2"
    place = ast.parse(text).body[-1]
    assert place.lineno == 3
    assert "3 | z = 2" in render(Carried("m", Span(3, 0, 3, 1)), Source("x.py", text))


def test_several_diagnostics_stand_apart() -> None:
    other = replace(CARRIED, notes=())
    assert render_all((CARRIED, other), HEAT) == f"{render(CARRIED, HEAT)}\n\n{render(other, HEAT)}"
