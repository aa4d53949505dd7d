"""What is printed on a terminal, and on what is none."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterator

import pytest

from parloop.report.explain import explain
from parloop.report.stats import report, reset_report
from parloop.report.terminal import print_explanations, print_report
from parloop.runtime import stats as counts

TEXT = """\
def f(a, b, u, n):
    for i in range(n):
        a[i] = b[i]  # [bold]not markup[/bold]
    for i in range(1, n):
        u[i] = u[i - 1]
"""


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    pytest.importorskip("rich", reason="colours need rich")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return Terminal()


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(counts, "_records", {})
    record = counts.open_record("/x/heat.py", 3, 4, 9, "step[x]")
    record.decided("parallel")
    record.ran_native(0.5, 1000, 2)
    yield
    reset_report()


def without_colour(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def test_what_is_no_terminal_gets_the_plain_text(ran: None) -> None:
    file = io.StringIO()
    seen = explain(TEXT)
    print_explanations([seen, seen], file)
    assert file.getvalue() == f"{seen}\n\n{seen}\n"
    file = io.StringIO()
    print_report(report(), file)
    assert file.getvalue() == f"{report()}\n"


def test_a_terminal_gets_the_same_words_in_colour_and_a_table(terminal: Terminal) -> None:
    seen = explain(TEXT)
    print_explanations([seen], terminal)
    text = terminal.getvalue()
    assert "\x1b[" in text
    plain = without_colour(text)
    for loop in seen.loops:
        assert str(loop) in plain
    assert re.search(r"2 +f +i +parallel-if +`a` and `b` share no memory", plain)
    assert plain.endswith(f"{seen.summary}\n")


def test_a_terminal_gets_the_report_as_a_table(terminal: Terminal, ran: None) -> None:
    print_report(report(), terminal)
    plain = without_colour(terminal.getvalue())
    assert re.search(r"heat\.py:3 +step\[x\] +parallel +1 ", plain)
    assert "1 of 1 loop ran natively, 0.50 s" in plain


def test_without_rich_a_terminal_gets_the_plain_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rich.console", None)
    file = Terminal()
    print_explanations([explain(TEXT)], file)
    assert file.getvalue() == f"{explain(TEXT)}\n"
