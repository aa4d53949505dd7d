"""`python -m tests.others` sees what a program leaves, and how it ends."""

from __future__ import annotations

from pathlib import Path

from tests.others.__main__ import Run, compare, differences

PROGRAM = """
import random
import pyperf

table = [random.random() for _ in range(300)]

def work(n):
    total = 0.0
    for i in range(n):
        table[i] = table[i] * 0.5 + i
        total += table[i]
    return total

if __name__ == "__main__":
    runner = pyperf.Runner()
    runner.parse_args()
    runner.bench_func("work", work, 300)
    print(len(table))
"""


def test_a_program_is_run_all_ways_and_leaves_the_same(tmp_path: Path) -> None:
    script = tmp_path / "run_benchmark.py"
    script.write_text(PROGRAM)
    found = compare("work", script, 1, 0.0)
    assert found.differences == []
    assert (found.loops, found.native) == (2, 1)


def test_a_program_that_fails_is_said_to(tmp_path: Path) -> None:
    script = tmp_path / "run_benchmark.py"
    script.write_text("raise SystemExit(3)\n")
    assert "fails without" in compare("work", script, 1, 0.0).line()


def test_what_is_left_and_said_is_compared_and_times_are_not() -> None:
    one = Run(1.0, 0, "1\n", {"results": {"f": "1a"}, "seconds": {"f": [0.1]}})
    other = Run(2.0, 0, "1\n", {"results": {"f": "1a"}, "seconds": {"f": [0.7]}})
    assert differences(one, other, "so") == []
    other.notes["results"] = {"f": "1b"}
    other.output = "2\n"
    assert [line.split(":")[1] for line in differences(one, other, "so")] == [" output", " results"]
