"""`parloop explain --cuda`."""

from __future__ import annotations

from pathlib import Path

import pytest

import parloop
from parloop import cli
from parloop.report.cuda import explain_cuda

TEXT = """\
def heat(u, v, n, m):
    for i in range(1, n - 1):
        for j in range(1, m - 1):
            v[i, j] = 0.25 * (u[i - 1, j] + u[i + 1, j])


def total(a, n):
    s = 0.0
    for i in range(n):
        s += a[i]
    return s
"""


@pytest.fixture
def shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    (tmp_path / "heat.py").write_text(TEXT)
    assert cli.main(["explain", "--cuda", str(tmp_path / "heat.py")]) == 0
    return capsys.readouterr().out


def test_a_kernel_has_the_lines_of_the_loop_and_its_names(shown: str) -> None:
    assert "// 4: v[i, j] = 0.25 * (u[i - 1, j] + u[i + 1, j])" in shown
    assert "heat_2(const Record record, State *state)" in shown
    assert "store<double>(v + " in shown


def test_what_is_taken_for_granted_is_said(shown: str) -> None:
    assert "n: int, m: int, u: float64[:, :], v: float64[:, :]" in shown


def test_a_loop_that_stays_on_the_cpu_says_why(shown: str) -> None:
    assert "unsupported[GEN201] no loop here has iterations for many threads at once" in shown


def test_what_is_predicted_for_a_launch_is_said(shown: str) -> None:
    assert "// predicted, where everything has 1000: CPython " in shown
    assert ", GPU " in shown


FUNCTIONS = """\
import math


def growth(x, y, n):
    for i in range(n):
        y[i] = math.exp(x[i]) + math.erfc(x[i])
"""


def test_how_far_functions_are_off_is_said(tmp_path: Path) -> None:
    (tmp_path / "growth.py").write_text(FUNCTIONS)
    exact = explain_cuda(tmp_path / "growth.py")
    assert "[GEN202] `exp` is not the same on a GPU, bit for bit" in exact
    assert '// with exactness="ulp" it runs there, at most 1 ulp off' in exact.replace("    ", "")
    with parloop.settings(exactness="ulp"):
        shown = explain_cuda(tmp_path / "growth.py")
    bounds = "`erfc` by 5, `exp` by 1 ulp at most"
    assert f"// How far the device's own functions are off: {bounds}." in shown
    assert "exp(" in shown


def test_a_page_has_the_kernels_of_its_loops(tmp_path: Path) -> None:
    (tmp_path / "heat.py").write_text(TEXT)
    arguments = ["explain", "--html", str(tmp_path / "page.html"), str(tmp_path / "heat.py")]
    assert cli.main(arguments) == 0
    page = (tmp_path / "page.html").read_text()
    assert page.count("Generated code for a GPU, CUDA C++") == 1  # sums of floats stay in order
    assert "heat_2(const Record record, State *state)" in page


def test_a_loop_that_skips_kernels_stays_on_the_cpu(tmp_path: Path) -> None:
    text = (
        "def f(a, b, n, m):\n    for k in range(n):\n        if b[k] > 0.0:\n"
        "            continue\n        for i in range(m):\n            a[i] = a[i] * 0.5\n"
    )
    (tmp_path / "skips.py").write_text(text)
    assert "a loop with `continue` around a loop for the GPU" in explain_cuda(tmp_path / "skips.py")
