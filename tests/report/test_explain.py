"""What is said of loops before they run."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from textwrap import dedent
from typing import Any

import numpy as np
import pytest

from parloop.report.explain import CannotExplain, Explanation, explain
from parloop.report.html import page
from parloop.report.reasons import InsideUnsupported

TEXT = dedent("""\
    def smooth(u, f, n):
        for i in range(1, n):
            u[i] = 0.5 * u[i - 1] + f[i]


    def shift(a, n, k):
        for i in range(n):
            a[i + k] = a[i]


    class Model:
        def run(self, a, b):
            for i in range(len(a)):
                for j in range(3):
                    b[i, j] = a[i] * 2


    for i in range(10):
        print(i)
        for j in range(5):
            x[j] = 1
    while True:
        break
    for item in items():
        pass
    """)


def verdicts(seen: Explanation) -> list[tuple[int, str, str]]:
    return [(loop.line, loop.index, loop.verdict) for loop in seen.loops]


def smooth(u: Any, f: Any, n: int) -> None:
    for i in range(1, n):
        u[i] = 0.5 * u[i - 1] + f[i]


def shift(a: Any, n: int, k: int) -> None:
    for i in range(n):
        a[i + k] = a[i]


def add(a: Any, b: Any) -> None:
    for i in range(len(a)):
        a[i] = b[i]


def test_every_loop_of_a_text_has_a_verdict() -> None:
    assert verdicts(explain(TEXT)) == [
        (2, "i", "serial"),
        (7, "i", "parallel-if"),
        (13, "i", "parallel-if"),
        (14, "j", "parallel-if"),
        (18, "i", "unsupported"),
        (20, "j", "parallel"),
        (22, "True", "unsupported"),
        (24, "item", "unsupported"),
    ]


def test_loops_are_named_by_function_and_place() -> None:
    loop = explain(TEXT).loops[3]
    assert (loop.function, loop.column, loop.end_line) == ("Model.run", 12, 15)
    assert explain(TEXT).loops[4].function == "<module>"


def test_nothing_is_run() -> None:
    explain("raise SystemExit\nfor i in range(3): exit()")


def test_a_loop_of_the_interpreter_says_so() -> None:
    seen = explain(TEXT).loops
    assert [loop.runs for loop in seen[4:]] == [
        "interpreter",
        "undecided",
        "interpreter",
        "interpreter",
    ]


def test_conditions_are_told_in_the_users_names() -> None:
    facts = explain("for i in range(n * m):\n    a[i + k] = a[i]").loops[0].facts
    assert facts
    assert all("%" not in fact and "k" in fact for fact in facts), facts


def test_the_printed_form_is_that_of_the_house() -> None:
    assert str(explain("for i in range(1, n):\n    u[i] = u[i - 1] + 1")).splitlines() == [
        "serial[DEP102] loop `i` carries a value from one iteration to the next",
        " --> <text>:2:5",
        "1 | for i in range(1, n):",
        *str(explain("for i in range(1, n):\n    u[i] = u[i - 1] + 1")).splitlines()[3:6],
        "  = distance 1 on `u`",
        "  = its iterations run in order, in machine code where that pays",
        "",
        "<text>: 1 loop: 1 serial",
    ]


def test_a_pair_of_serial_loops_that_runs_as_a_wavefront_says_so() -> None:
    text = "for i in range(1, n):\n    for j in range(1, m):\n        u[i, j] = {}"
    outer, inner = explain(text.format("u[i - 1, j + 1] + u[i, j - 2]")).loops
    for loop in (outer, inner):
        assert loop.verdict == "serial"
        assert "loops `i` and `j` run together as a wavefront" in str(loop)
        assert "at distances (0, 2), (1, -1) only" in str(loop)
        assert "may follow 2 iterations of `j` behind the one before" in str(loop)
    for loop in explain(text.format("u[i - 1, 2 * j] + u[i, j - 2]")).loops:
        assert "wavefront" not in str(loop)


def test_a_function_is_explained_with_the_lines_of_its_file() -> None:
    loop = explain(smooth).loops[0]
    assert loop.line == smooth.__code__.co_firstlineno + 1
    assert loop.function == "smooth"
    assert loop.source.path == __file__


def test_an_offset_that_is_known_decides() -> None:
    a = np.zeros(20)
    assert explain(shift).loops[0].verdict == "parallel-if"
    assert explain(shift, a, 10, 10).loops[0].verdict == "parallel"
    assert explain(shift, a, 10, 9).loops[0].verdict == "serial"


def test_arrays_that_are_known_to_be_apart_decide() -> None:
    a = np.zeros(20)
    assert explain(add).loops[0].facts == ("`a` and `b` share no memory",)
    assert explain(add, a, a.copy()).loops[0].verdict == "parallel"
    assert explain(add, a[1:], a[:-1]).loops[0].verdict == "serial"


def test_a_loop_inside_a_refused_site_is_left_to_the_interpreter() -> None:
    text = "for i in range(3):\n    a, b = c\n    for j in range(3):\n        x[j] = 1\n"
    outer, inner = explain(text).loops
    assert (outer.verdict, inner.verdict) == ("unsupported", "parallel")
    assert inner.runs == "interpreter"
    assert isinstance(inner.reasons[-1], InsideUnsupported)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("for i in range(:\n", "<text>:1:16: cannot be parsed: invalid syntax"),
        ("x = 1\n  y = 2\n", "<text>:2:2: cannot be parsed: unexpected indent"),
        ("x = '\0'\n", "<text>: cannot be parsed: source code string cannot contain null bytes"),
    ],
)
def test_a_text_that_cannot_be_parsed_is_one_clear_line(text: str, message: str) -> None:
    with pytest.raises(CannotExplain) as caught:
        explain(text)
    assert str(caught.value).startswith(message.partition(" cannot")[0])
    assert "cannot be parsed" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_missing_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(CannotExplain, match=r"nowhere\.py: cannot be read: No such file"):
        explain(tmp_path / "nowhere.py")
    with pytest.raises(CannotExplain, match="cannot be read"):
        explain(str(tmp_path / "nowhere.py"))


def test_a_file_in_its_own_encoding_is_read(tmp_path: Path) -> None:
    path = tmp_path / "latin.py"
    path.write_bytes("# coding: latin-1\nfor é in range(3):\n    a[é] = 1\n".encode("latin-1"))
    assert verdicts(explain(path)) == [(2, "é", "parallel")]
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CannotExplain):
        explain(path)


def test_what_has_no_text_is_one_clear_line() -> None:
    with pytest.raises(CannotExplain, match="not a Python function"):
        explain(len)
    made: dict[str, Any] = {}
    exec("def f(): pass", made)
    with pytest.raises(CannotExplain, match="not to be found"):
        explain(made["f"])


def test_a_text_that_warns_when_parsed_is_explained_in_silence() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        explain("x = '\\d'\nfor i in range(3): a[i] = (1 is 1)")


def test_text_json_and_html_say_the_same() -> None:
    seen = explain(TEXT)
    data = json.loads(json.dumps(seen.to_dict()))
    assert data["summary"] == "<text>: 8 loops: 1 parallel, 3 parallel-if, 1 serial, 3 unsupported"
    text = page([seen])
    for loop in data["loops"]:
        for reason in loop["reasons"]:
            assert reason["code"] in text
            assert reason["message"] in str(seen)
    assert "http:" not in text
    assert "https:" not in text
    assert text.count('<details class="loop') == 8


def test_the_page_shows_the_text_as_text() -> None:
    assert "<script>" not in page([explain("for i in range(3): a[i] = '<script>'")])


def test_a_loop_with_a_progress_bar_is_judged_as_the_loop_that_it_is() -> None:
    plain = explain("for i in range(1, n):\n    a[i] = a[i - 1]\n").loops[0]
    for header in ("tqdm(range(1, n), desc='x')", "tqdm.auto.trange(1, n)"):
        seen = explain(f"for i in {header}:\n    a[i] = a[i - 1]\n").loops[0]
        assert (seen.verdict, seen.runs, seen.line) == (plain.verdict, plain.runs, plain.line)
        assert [reason.code for reason in seen.reasons] == [r.code for r in plain.reasons]


def test_conditions_of_a_loop_over_items_are_told() -> None:
    text = "for k, x in enumerate(a):\n    b[k + m] = b[k] + x\n"
    assert explain(text).loops[0].verdict == "parallel-if"
    seen = explain("for i in tqdm(range(f(n))):\n    b[i + m] = b[i]\n").loops[0]
    assert any("f(n)" in fact for fact in seen.facts)
    assert not any("range" in fact for fact in seen.facts)


def test_names_that_a_module_warns_of_are_not_looked_up() -> None:
    text = "import numpy as np\nfor i in range(n):\n    b[i] = np.str(a[i]) + np.bogus(i)\n"
    assert explain(text).loops[0].verdict == "unsupported"
