"""What a lowered loop leaves is what CPython leaves: values, types, exceptions, warnings."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from outcomes import run_in_python, run_through_ir

LOOPS = {
    "plain": "for i in range(n): b[i] = a[i, 0] * 2 + i",
    "accumulator": "for i in range(n): s += a[i, 1]",
    "integer_accumulator": "for i in range(n): k += i",
    "zero_trips_bind_nothing": "for i in range(0): t = i",
    "backwards": "for i in range(n - 1, -1, -1): b[i] = i ** 2",
    "steps": "for i in range(1, 2 * n, 3): k = k * 2 + i",
    "triangle": "for i in range(n):\n for j in range(i, n): a[i, j] += i - j",
    "imperfect": "for i in range(n):\n t = a[i, 0]\n for j in range(n):\n  t += a[i, j]\n b[i] = t",
    "two_inner_loops": (
        "for i in range(n):\n for j in range(2): b[i] += j\n for j in range(3): b[i] *= 1.5"
    ),
    "brackets_apart": "for i in range(n):\n for j in range(n): a[i][j] = a[j][i] + 1",
    "negative_constants": "for i in range(n): b[-1] = b[-2] + b[-i]",
    "swap_of_names": "for i in range(n): x, y = y, x + y",
    "swap_of_elements": "for i in range(n - 1): b[i], b[i + 1] = b[i + 1], b[i]",
    "targets_in_order": "for i in range(n): k, b[k % n] = i, s",
    "rotation": "for i in range(n): x, y, s = y, s, x",
    "bracketed_targets": "for i in range(n): [x, y] = (y, x)",
    "chained_targets": "for i in range(n): k = b[k % n] = x = i * 3",
    "chained_constant": "for i in range(n): x = y = 0.0",
    "divmod_unpacked": "for i in range(n): x, y = divmod(x - i, 3)",
    "divmod_of_floats": "for i in range(n): x, y = divmod(s * i - 3, -2.5)",
    "elif": (
        "for i in range(n):\n if b[i] > 3: k += 1\n elif b[i] > 1: k -= 1\n elif i: k *= 2\n"
        " else: k = 0"
    ),
    "conditional": "for i in range(n): b[i] = s if a[i, i] > 0 else -s",
    "logical_values": "for i in range(n): b[i] = a[i, 0] and k or i",
    "logical_shortcut": "for i in range(n):\n if i > 0 and b[i - 1] / i > 0.5 or not k: k += 1",
    "chain": "for i in range(n):\n if 0 < a[i, 0] * 2 < 3: k += 1",
    "chain_of_four": "for i in range(n):\n if 0 <= i + 1 < i * 2 <= n != k: k += 1",
    "chain_inside": "for i in range(n):\n if i and 0 < b[i] < b[i - 1] < 9: k += 1",
    "repeated_middle_warns_once": (
        "for i in range(n):\n if k and 0 < b[i] / (b[0] * 0) < b[0] / (b[1] * 0) < 9: k += 1"
    ),
    "chains_after_chains": "for i in range(n):\n"
    " x = i and (0 < b[i] / (i - 1) < 3 and k < i + 1 < 9)",
    "divmod_warns_once": "for i in range(n): x, y = divmod(b[i], b[0] * 0)",
    "chain_value": "for i in range(n): k = 1 < i < 3",
    "chain_in_arithmetic": "for i in range(n): k = k + (0 < i < n)",
    "chain_in_while": "for i in range(n):\n j = 0\n while 0 <= j * j < i + 9: j += 1",
    "negated_chain": "for i in range(n):\n if not 1 < b[i] + 1 < 3: k += 1",
    "break": "for i in range(n):\n if b[i] > 2: break\n k = i",
    "inner_break": "for i in range(n):\n for j in range(n):\n  if a[i, j] > 0: break\n  k += 1",
    "for_else": (
        "for i in range(n):\n for j in range(n):\n  if a[i, j] > 5: break\n"
        " else:\n  k += 10\n k += 1"
    ),
    "outer_else": "for i in range(n): k += 1\nelse: k *= 7",
    "outer_else_after_break": "for i in range(n):\n break\nelse: k *= 7",
    "continue": "for i in range(n):\n if i % 2: continue\n k += i",
    "continue_in_while": (
        "for i in range(n):\n j = 0\n while j < 5:\n  j += 1\n  if j == 3: continue\n  k += j"
    ),
    "while_else": "for i in range(n):\n j = 0\n while j < i: j += 1\n else: k += j",
    "while_true": "for i in range(n):\n while True:\n  k += 1\n  if k % 3 == 0: break",
    "break_in_else_of_inner": (
        "for i in range(n):\n for j in range(2): k += 1\n else:\n  break\n k += 100"
    ),
    "index_assigned": "for i in range(n):\n k += i\n i = i * 10",
    "bounds_once": "for i in range(n):\n m = 2\n for j in range(m):\n  m += 1\n k += m",
    "extents": "for i in range(a.shape[0]):\n for j in range(a.shape[-1]): k += a.size + len(a)",
    "shapes": "for i in range(3):\n n, m = a.shape\n k += n * m + a.ndim",
    "shapes_of_the_wrong_rank": "for i in range(3):\n n, m, k = a.shape",
    "shapes_of_a_short_rank": "for i in range(3):\n (n,) = a.shape",
    "math": "import math\nfor i in range(n): b[i] = math.sqrt(i) + math.sin(a[i, 0]) * math.pi",
    "math_renamed": "from math import sqrt as root, pi\nfor i in range(n): s = root(i) * pi",
    "numpy": "import numpy as xp\n"
    "for i in range(n): b[i] = xp.exp(a[i, 0]) - xp.maximum(s, xp.inf)",
    "types": (
        "import numpy as np\nfor i in range(n):\n x = np.float32(i) / 3\n"
        " y = int(a[i, 0]) + float(i)\n"
        " k = bool(i) + complex(i, 1)"
    ),
    "minimum": "for i in range(n): s = min(s, a[i, 0])",
    "maximum_of_three": "for i in range(n): s = max(b[i], i, s)",
    "ties_keep_the_first": "for i in range(n): x = max(0, 0.0)\nelse: y = min(0.0, 0, False)",
    "nan_in_the_middle": "import math\nfor i in range(n): s = max(b[i], math.nan, s)",
    "rounding": "for i in range(n): b[i] = round(a[i, 0]) + round(s, 1) + abs(-i) + pow(i, 2, 5)",
    "shifts": "for i in range(n): k = (k << 3 ^ i | 5) & 0xFF >> 1",
    "floors": "for i in range(n): k = (k - 7 * i) // 3 + (k - i) % -4",
    "unary": "for i in range(n): k = -i + +k - ~i * (not k)",
    "large_integers": "for i in range(n): k = k * 2**70 + 123456789012345678901234567890",
    "complex_numbers": "for i in range(n): x = x * 1j + 2",
    "infinite_text": "for i in range(n): s = min(s, float('inf'), float('-1e3'))",
    "statements_that_do_nothing": 'for i in range(n):\n "text"\n pass\n 5\n ...\n k += 1',
    "annotated_elsewhere": "for i in range(n):\n t = i\n k += t",
    "conditionally_bound": "for i in range(n):\n if i > 1: t = i\n if i > 2: k += t",
    "unbound": "for i in range(n):\n if i > 1: t = i\n k += t",
    "out_of_range": "for i in range(n + 1):\n k = i\n b[i] = i",
    "negative_out_of_range": "for i in range(n): b[i - 3] = b[i - 5]",
    "division_by_zero": "for i in range(n): b[i] = 6 / (2 - i)",
    "division_by_numpy_zero": "for i in range(n): b[i] = 6 / (b[i] - b[i])",
    "domain": "import math\nfor i in range(n): s = math.sqrt(2 - i)",
    "float_into_integers": "for i in range(n): h[i] = a[i, 0] * 100",
    "too_large_for_integers": "for i in range(n): h[i] = 100 * i",
    "integers_wrap": "for i in range(n): h[i] = h[i] * h[i] * h[i]",
    "numpy_accumulator": "for i in range(n): s = s + f[i] * i",
    "value_before_subscript": "import math\n"
    "for i in range(n): b[1 // (2 - i)] = math.sqrt(-1.0 * (i == 2))",
    "augmented_loads_first": "for i in range(n): b[i + 2] += 1 // (3 - i)",
    "augmented_division": "for i in range(n): b[i] /= i",
    "lists": "for i in range(n): g[i][i] = g[i][0] + len(g)",
    "power": "for i in range(n): x = 2 ** -i ** 2",
    "huge_range": "for i in range(2**70, 2**70 + 3): k = i",
    "empty_body": "for i in range(n): pass",
    "module_name_as_number": "e = 2\nfor i in range(n): k += e",
}


def environment() -> dict[str, Any]:
    """Return inputs of many types, the same each time."""
    random = np.random.default_rng(7)
    return {
        "a": random.normal(size=(4, 4)) * 3,
        "b": np.array([0.5, 2.0, 1.0, 4.0]),
        "f": np.array([0.1, 0.2, 0.3, 0.4], dtype=np.float32),
        "h": np.array([1, 20, 30, 100], dtype=np.int8),
        "g": [[1, 2, 3, 4] for _ in range(4)],
        "n": 4,
        "k": 1,
        "s": 0.75,
        "x": 3,
        "y": 5,
    }


@pytest.mark.parametrize("text", LOOPS.values(), ids=LOOPS.keys())
def test_a_lowered_loop_leaves_what_cpython_leaves(text: str) -> None:
    expected = run_in_python(text, environment())
    found = run_through_ir(text, environment())
    assert found == expected
