"""Notebooks of a few cells, each about one thing that has to be as without parloop.

The number says how many runs of loops are native at least.
"""

from __future__ import annotations

from typing import Final

ARRAYS: Final = "import numpy as np\nn = 500\na = np.arange(n) * 0.5\nb = np.zeros(n)"
LOOP: Final = "for i in range(n):\n    b[i] = a[i] * 2 + 1"
SUM: Final = "s = k\nfor i in range(n):\n    s += a[i]\n    b[i] = s"
DOUBLING: Final = """class Other(ast.NodeTransformer):
    def visit_Constant(self, node):
        if node.value == 2:
            node = ast.copy_location(ast.Constant(factor), node)
        return node

    def visit_Name(self, node):
        if node.id == "a" and isinstance(node.ctx, ast.Load):
            return ast.copy_location(ast.BinOp(node, ast.Mult(), ast.Constant(3)), node)
        return node

    def visit_Subscript(self, node):
        return node"""
"""Does more at a second visit: `s = a` becomes `s = a * 3`, then `s = a * 3 * 3`."""

INNER: Final = "for i in range(n):\n        b[i] = b[i] + s * 2 + k"

NOTEBOOKS: Final[dict[str, tuple[int, list[str]]]] = {
    "loop_at_the_top_level": (1, [ARRAYS, LOOP, "b.sum(), i"]),
    "cell_run_again": (3, [ARRAYS, LOOP, LOOP, "a = a + 1", LOOP, "b.sum()"]),
    "name_bound_to_another_type": (
        3,
        [ARRAYS, LOOP, "a = np.arange(n)", LOOP, "b.sum()", "a = [1.5] * n", LOOP, "b.sum()"],
    ),
    "constant_changed_by_a_later_cell": (
        2,
        [ARRAYS, "k = 3", "def f():\n    for i in range(n):\n        b[i] = a[i] * k",
         "f()\nb.sum()", "k = 5.5", "f()\nb.sum()"],
    ),
    "function_redefined": (
        2,
        [ARRAYS, "def g(x):\n    return x + 1", "def f():\n    for i in range(n):\n"
         "        b[i] = g(a[i])", "f()\nb.sum()", "def g(x):\n    return x * 100",
         "f()\nb.sum()"],
    ),
    "function_with_the_loop_redefined": (
        2,
        [ARRAYS, "def f():\n    for i in range(n):\n        b[i] = a[i]", "f()\nb.sum()",
         "def f():\n    for i in range(n):\n        b[i] = -a[i]", "f()\nb.sum()"],
    ),
    "function_of_a_later_cell": (
        1,
        [ARRAYS, "def f():\n    for i in range(n):\n        b[i] = g(a[i])",
         "def g(x):\n    return x + 1", "f()\nb.sum()"],
    ),
    "module_under_another_name_imported_earlier": (
        1,
        ["import numpy as xp\nfrom math import sqrt as root",
         "n = 400\na = xp.arange(n) * 1.5\nb = xp.zeros(n)",
         "for i in range(n):\n    b[i] = xp.sin(a[i]) + root(a[i])", "b.sum()"],
    ),
    "range_rebound_by_an_earlier_cell": (
        0,
        [ARRAYS, "def range(n):\n    return [3, 1]", LOOP, "b.sum(), i", "del range"],
    ),
    "class_with_a_method": (
        1,
        [ARRAYS, "class C:\n    def run(self, a, b):\n        for i in range(len(a)):\n"
         "            b[i] = a[i] * 2", "C().run(a, b)\nb.sum()"],
    ),
    "underscore_and_out": (
        1,
        [ARRAYS, "40 + 2", LOOP, "_", "_ + 1", "Out[2], _2, __", "for _ in range(n):\n    k = _",
         "_, k"],
    ),
    "every_expression_is_displayed": (
        1,
        [ARRAYS, "%config InteractiveShell.ast_node_interactivity = 'all'",
         f"n\n{LOOP}\ni\nb.sum()"],
    ),
    "exception_at_an_iteration": (
        1,
        [ARRAYS, "for i in range(n + 5):\n    b[i] = a[i] * 2 + 1", "i, b.sum()"],
    ),
    "exception_in_a_function": (
        1,
        [ARRAYS, "def f(m):\n    s = 0\n    for i in range(m):\n        s += a[i]\n    return s",
         "x = 1\nf(n + 1)"],
    ),
    "warning_of_numpy": (
        1,
        [ARRAYS, "import warnings\ncaught = warnings.catch_warnings(record=True)\n"
         "found = caught.__enter__()\nwarnings.simplefilter('always')",
         "for i in range(n):\n    b[i] = 1 / (a[i] - 40)", "caught.__exit__()\nb[81:].sum()",
         "[(str(w.message), w.category, w.filename, w.lineno) for w in found]",
         "del found, caught"],
    ),
    "syntax_error": (1, [ARRAYS, "for i in range(n)\n    b[i] = 1", LOOP, "b.sum()"]),
    "magics_beside_loops": (
        1,
        [ARRAYS, f"%precision 3\n{LOOP}\nx = %who_ls\n!echo hello", "sorted(x)", "b.sum()"],
    ),
    "names_that_are_listed": (1, [ARRAYS, LOOP, "%who", "%who_ls"]),
    "captured_output": (
        1,
        [ARRAYS, f"%%capture kept\n{LOOP}\nprint(b.sum())\nb[3]",
         "kept.stdout, len(kept.outputs)"],
    ),
    "warning_in_a_timed_cell": (
        1,
        [ARRAYS, "import warnings\ncaught = warnings.catch_warnings(record=True)\n"
         "found = caught.__enter__()\nwarnings.simplefilter('always')",
         "%%capture\n%%time\nfor i in range(n):\n    b[i] = 1 / (a[i] - 40)",
         "caught.__exit__()\nb[81:].sum()",
         "[(str(w.message), w.category, w.filename, w.lineno) for w in found]",
         "del found, caught"],
    ),
    "timed": (1, [ARRAYS, f"%%capture\n%%time\n{LOOP}", "b.sum(), i"]),
    "timed_many_times": (
        1, [ARRAYS, f"%%capture\n%%timeit -n 2 -r 2\n{LOOP}", "b.sum(), 'i' in globals()"]
    ),
    "timed_with_a_global_name": (
        1,
        [ARRAYS, "j = 7", "%%capture\n%%timeit -n 1 -r 1\nglobal j\nfor i in range(n):\n"
         "    if a[i] > 1e9:\n        j = i\n    b[i] = a[i]", "j, b.sum()"],
    ),
    "timed_in_both_ways": (
        6,
        [ARRAYS, "k = 1.5",
         f"%%capture\n%%time\n{SUM}", "s, b.sum()", f"%%capture\n%%timeit -n 2 -r 2\n{SUM}",
         "s, b.sum()", "a = a * 3\nk = 2.5", f"%%capture\n%%timeit -n 1 -r 1\n{SUM}",
         "s, b.sum()", f"%%capture\n%%time\n{SUM}", "s, b.sum()", "a = a[::2]\nn = len(a)",
         f"%%capture\n%%time\n{SUM}", "s, b.sum()", SUM, "s, b.sum()"],
    ),
    "another_transformer": (
        4,
        [ARRAYS, LOOP, "b.sum()", f"import ast\nfactor = 7\n{DOUBLING}\n"
         "get_ipython().ast_transformers.append(Other())", LOOP, "b.sum()",
         "factor = 11", LOOP, "b.sum()", f"for k in range(3):\n    s = 2\n    {INNER}",
         "b.sum(), s",
         "get_ipython().ast_transformers = [t for t in get_ipython().ast_transformers "
         "if type(t).__name__ != 'Other']\ndel Other", LOOP, "b.sum()"],
    ),
    "profiled": (0, [ARRAYS, f"%%capture\n%%prun\n{LOOP}", "b.sum()"]),
    "await_at_the_top_level": (
        2,
        [ARRAYS, "import asyncio\n\nasync def later(x):\n    await asyncio.sleep(0)\n    return x",
         f"c = await later(4)\n{LOOP}\nfor i in range(n):\n    b[i] += c", "b.sum(), c",
         "for k in range(3):\n    c += await later(k)", "c"],
    ),
    "display": (
        1, [ARRAYS, f"from IPython.display import display\ndisplay(n)\n{LOOP}\ndisplay(b[:2])\nn"]
    ),
    "loop_under_a_condition_and_with": (
        2,
        [ARRAYS, "import contextlib",
         "if n > 3:\n    for i in range(n):\n        b[i] = 2 * i\n"
         "with contextlib.suppress(ValueError):\n    for i in range(n):\n        b[i] += 1",
         "b.sum()"],
    ),
    "name_deleted_between_cells": (
        2, [ARRAYS, LOOP, "del i, b", "i", LOOP, "b = np.zeros(n)", LOOP, "b.sum(), i"]
    ),
    "reset": (2, [ARRAYS, LOOP, "b.sum()", "%reset -f", "n", ARRAYS, LOOP, "b.sum()"]),
    "docstring_and_source_of_a_function": (
        1,
        [ARRAYS, "def f(b):\n    '''Doubles.'''\n    for i in range(n):\n        b[i] *= 2",
         "f(b)", "import inspect\nprint(inspect.getsource(f), f.__doc__, f.__code__.co_varnames)"],
    ),
    "future_features": (
        1,
        ["from __future__ import annotations", ARRAYS,
         "def f(x: Unknown):\n    for i in range(n):\n        b[i] = x * a[i]", "f(2)\nb.sum()",
         "f.__annotations__"],
    ),
    "integer_without_bound": (1, ["x = 1\nfor i in range(300):\n    x = x * 3 % 1000003\nx",
                                  "for i in range(100):\n    x = x * 3\nx"]),
    "globals_seen_from_the_loop": (
        1, [ARRAYS, f"before = sorted(k for k in globals() if k[0] != '_')\n{LOOP}\n"
            "after = sorted(k for k in globals() if k[0] != '_')", "set(after) - set(before)"]
    ),
}  # fmt: skip
