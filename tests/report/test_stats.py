"""What ran: the counts, the table, the line at exit."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import ClassVar

import pytest

from parloop.diagnostics import Diagnostic, Voice
from parloop.report.stats import report, reset_report, summary_line
from parloop.runtime import stats as counts
from parloop.source import Span


class CallsPrint(Diagnostic):
    """A stand-in for a code of the frontend."""

    code: ClassVar[str] = "SYN999"
    voice: ClassVar[Voice] = "unsupported"


PRINTS = CallsPrint("calls `print`", Span(33, 8, 33, 13))


@pytest.fixture(autouse=True)
def fresh_counts(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(counts, "_records", {})
    yield
    reset_report()


def heat() -> counts.SiteRecord:
    return counts.open_record("/home/me/heat.py", 31, 4, 35, "step")


def smooth() -> counts.SiteRecord:
    return counts.open_record("/home/me/heat.py", 12, 4, 14, "smooth")


def test_nothing_is_said_of_a_process_without_loops() -> None:
    heat()
    assert summary_line() is None
    assert str(report()) == "parloop: no loop was entered"


def test_the_same_place_has_one_record() -> None:
    assert heat() is heat()
    assert heat() is not smooth()


def test_the_summary_names_the_largest_loop_left_and_why() -> None:
    smooth().ran_native(0.41, 1000, 2)
    counts.record_interpreted(heat(), PRINTS, 57.9)
    assert summary_line() == (
        "parloop: 1 of 2 loops ran natively, 0.41 s; about 58 s in the interpreter; "
        "the largest left: heat.py:31, calls `print` (parloop run --report)"
    )


def test_the_summary_is_short_when_nothing_is_left() -> None:
    counts.record_native(smooth(), 0.41, 1000, 2)
    assert summary_line() == "parloop: 1 of 1 loop ran natively, 0.41 s"


def test_the_table_holds_every_loop_that_was_entered_and_its_fallbacks() -> None:
    smooth().decided("parallel")
    smooth().compiled(0.05)
    smooth().ran_native(0.41, 1000, 2)
    heat().decided("serial")
    for _ in range(3):
        counts.record_interpreted(heat(), PRINTS)
    assert str(report()).splitlines() == [
        "loop        function  verdict   native  interpreted  iterations       device  threads"
        "  seconds  compiling",
        "heat.py:12  smooth    parallel       1            0        1000          cpu        2"
        "   0.41 s     0.05 s",
        "heat.py:31  step      serial         0            3           0  interpreter        -"
        "        -          -",
        "    3 x unsupported[SYN999] calls `print` (line 33)",
        "",
        "parloop: 1 of 2 loops ran natively, 0.41 s",
    ]


def test_a_report_does_not_change_any_more() -> None:
    heat().ran_native(1.0, 1, 1)
    seen = report()
    heat().ran_native(1.0, 1, 1)
    counts.record_fallback(heat(), PRINTS)
    assert seen.sites[0].native_runs == 1
    assert seen.sites[0].fallbacks == ()
    assert report().sites[0].fallbacks == ((PRINTS, 1),)


def test_reset_forgets_runs_and_keeps_records_in_use() -> None:
    record = heat()
    record.ran_native(1.0, 1, 1)
    reset_report()
    assert report().sites == ()
    record.ran_native(2.0, 1, 1)
    assert report().sites[0].seconds == 2.0


def test_a_report_is_ready_for_json_and_for_a_notebook() -> None:
    record = counts.open_record("a<b>.py", 1, 0, 2, "<module>")
    counts.record_interpreted(record, PRINTS, 2.0)
    site = json.loads(json.dumps(report().to_dict()))["sites"][0]
    assert site["fallbacks"] == [
        {"code": "SYN999", "voice": "unsupported", "message": "calls `print`", "line": 33,
         "notes": [], "count": 1}
    ]  # fmt: skip
    assert "a&lt;b&gt;.py:1" in report()._repr_html_()


def test_a_site_remembers_a_bounded_number_of_reasons() -> None:
    for line in range(1, 3 * counts.MOST_FALLBACKS):
        counts.record_fallback(heat(), CallsPrint("m", Span(line, 0, line, 1)))
    fallbacks = report().sites[0].fallbacks
    assert len(fallbacks) == counts.MOST_FALLBACKS
    assert sum(count for _, count in fallbacks) == 3 * counts.MOST_FALLBACKS - 1


def test_threads_do_not_lose_counts() -> None:
    record = heat()

    def run() -> None:
        for _ in range(2000):
            record.ran_native(0.5, 3, 2)
            record.fell_back(PRINTS)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    site = report().sites[0]
    assert (site.native_runs, site.iterations, site.seconds) == (8000, 24000, 4000.0)
    assert site.fallbacks == ((PRINTS, 8000),)


def test_a_loop_that_waits_is_not_called_too_small_for_ever() -> None:
    heat().ran_interpreted(0.1)
    assert "1 x too little work so far to pay for machine code" in str(report())
