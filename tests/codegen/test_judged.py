"""Operations whose results are only compared or asked for their truth warn as NumPy does.

LLVM may answer such a question by the operands: `sqrt(x) != 0` is `x != 0`, `x - y > 0` is `x > y`.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import parloop

OPERATIONS = {
    "root": "np.sqrt(a[i])",
    "difference": "a[i] - b[i]",
    "square": "np.square(a[i])",
    "narrow": "np.float32(a[i])",
}
QUESTIONS = ("bool({})", "not {}", "1.0 if {} else 2.0", "{} > 0", "{} < 0", "{} == -1.0", "{}")
SPECIAL = ((-1.0, 2.0), (np.inf, np.inf), (1e308, -1e308), (1e200, 1e200), (0.0, 0.0))


def made(folder: Path, *body: str) -> Callable[..., Any]:
    text = "import numpy as np\n\n\ndef f(a, b, c):\n    for i in range(len(a)):\n"
    path = folder / "judged.py"
    path.write_text(text + "".join(f"        {line}\n" for line in body), encoding="utf-8")
    namespace: dict[str, Any] = {}
    exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), namespace)
    function: Callable[..., Any] = namespace["f"]
    return function


def outcome(function: Callable[..., Any], x: float, y: float, kind: str) -> object:
    a, b, c = np.full(40, 2.0), np.full(40, 1.5), np.zeros(40, kind)
    a[17], b[17] = x, y
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        function(a, b, c)
    return [(str(w.message), w.lineno) for w in said], c.tobytes()


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_operation_that_is_only_judged_warns(
    operation: str, question: str, tmp_path: Path
) -> None:
    value = OPERATIONS[operation]
    kind = "?" if question == "{}" else "f8"
    bodies = (
        (f"c[i] = {question.format(f'({value})')}",),
        (f"t = {value}", f"c[i] = {question.format('t')}"),
    )
    for body in bodies:
        plain = made(tmp_path, *body)
        fast = parloop.parallel(plain, min_work_ms=0)
        for x, y in SPECIAL:
            assert outcome(fast, x, y, kind) == outcome(plain, x, y, kind), body
