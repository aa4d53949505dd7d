"""Notebooks and scripts with loops whose answers are known, made from a fixed seed.

    python -m tests.survey.corpus DIR 5000        a folder of them, to time a survey with

Each loop comes from a template that has been judged by hand; what varies is where it stands, what
stands around it, the names, and the form of the file.
"""

from __future__ import annotations

import base64
import json
import random
import sys
from dataclasses import dataclass
from pathlib import Path
from textwrap import indent
from typing import Final

SEED: Final = 74511


@dataclass(frozen=True)
class Loop:
    """What is known of one loop, apart from where it stands."""

    line: int
    """In the template, from 0."""
    iterable: str
    bounds: str
    verdict: str
    native: str
    obstacle: str = ""


@dataclass(frozen=True)
class Template:
    """A nest with `{a}`, `{b}`, `{c}` for arrays and `{n}` for a number of its own."""

    text: str
    loops: tuple[Loop, ...]
    compute: bool
    classical: bool
    setup: str = ""


@dataclass(frozen=True)
class Expected:
    """What a survey has to say of one loop."""

    cell: int
    line: int
    place: str
    iterable: str
    bounds: str
    verdict: str
    native: str
    obstacle: str
    compute: bool
    classical: bool


def _one(text: str, iterable: str, bounds: str, verdict: str, native: str, obstacle: str = "",
         compute: bool = True, classical: bool = False, setup: str = "") -> Template:  # fmt: skip
    loop = Loop(0, iterable, bounds, verdict, native, obstacle)
    return Template(text, (loop,), compute, classical, setup)


TEMPLATES: Final = (
    _one("for i in range({n}):\n    {a}[i] = i * 2", "range", "literal", "parallel", "yes",
         classical=True),
    _one("for i in range(len({a})):\n    {a}[i] = {b}[i] + {c}[i]", "range", "length",
         "parallel-if", "yes", classical=True),
    _one("for i in range(1, {n}):\n    {a}[i] = {a}[i - 1] * 0.5", "range", "literal", "serial",
         "yes", classical=True),
    _one("for i in range({a}_n):\n    {a}[i + {a}_k] = {a}[i] + {n}", "range", "name",
         "parallel-if", "yes", classical=True),
    _one("for i in range({a}_n):\n    {a}_s += {a}[i] * {n}", "range", "name", "parallel-if",
         "yes", classical=True),
    _one("for i in range({a}_n):\n    {a}[i] = np.sqrt({a}[i]) + {n}", "range", "name", "parallel",
         "yes", classical=True),
    _one("for i in range({a}_n):\n    {a}[{b}[i]] = {n}", "range", "name", "parallel-if", "yes",
         classical=True),
    _one("for t in range({n}):\n    {a}[1:-1] = {a}[2:] - {a}[:-2]", "range", "literal", "arrays",
         "yes"),
    _one("for i in range({a}_n):\n    {a}_out.append(i * {n})", "range", "name", "parallel", "yes"),
    _one("for i in range({a}_n):\n    print({a}[i], {n})", "range", "name", "unsupported", "no",
         "call: printing", compute=False),
    _one("for i in range({a}_n):\n    plt.plot({a}[i], {n})", "range", "name", "unsupported", "no",
         "call: plotting", compute=False),
    _one("for {a}_k in {a}_d:\n    {a}_d[{a}_k] = {a}_d[{a}_k] / {n}", "items", "none",
         "serial", "yes"),  # the text does not tell that it is a dictionary
    _one("for {a}_k in set({a}_d):\n    {a}_e[{a}_k] = {a}_k * {n}", "dict or set",
         "none", "unsupported", "no", "loop over: dict or set"),
    _one("for {a}_k, {a}_v in {a}_d.items():\n    {a}_s += {a}_v * {n}", "dict or set",
         "none", "parallel-if", "yes"),
    _one("for _, row in df.iterrows():\n    {a}_s += row['x'] * {n}", "table rows", "none",
         "unsupported", "no", "loop over: table rows"),
    _one("for i in range({a}_n):\n    {a}[i] = np.sum({b}[i], dtype=float) * {n}", "range", "name",
         "unsupported", "no", "call with keywords: numpy reduction"),
    _one("for i in range({a}_n):\n    {a}[i] = [x * {n} for x in {b}[i]]", "range", "name",
         "unsupported", "no", "comprehension"),
    _one("for i in range({a}_n):\n    self.{a} = {n} * i", "range", "name", "unsupported", "no",
         "assignment to an attribute"),
    _one("for i in range({a}_n):\n    model.fit({a}[i], {n})", "range", "name", "unsupported", "no",
         "call: machine learning", compute=False),
    _one("for word in {a}_text.split():\n    {a}_words.append(word.lower() + '{n}')", "other call",
         "none", "unsupported", "no", compute=False),
    _one("while {a}_x > {n}:\n    {a}_x = {a}_x / 2", "while", "none", "unsupported", "no",
         "loop over: while"),
    _one("for i in range(4 * {n}):\n    {a}[i % 4] = i", "range", "literal", "serial", "yes",
         classical=True),
    Template(
        "for i in range({a}_n):\n    for j in range({a}_m):\n        {a}[i, j] = i + j * {n}",
        (Loop(0, "range", "name", "parallel", "yes"), Loop(1, "range", "name", "parallel", "yes")),
        True, True,
    ),
    Template(
        "for i in range(1, {a}_n):\n    for j in range({a}_m):\n"
        "        {a}[i, j] = {a}[i - 1, j] + {n}",
        (Loop(0, "range", "name", "serial", "yes"), Loop(1, "range", "name", "parallel", "yes")),
        True, True,
    ),
    Template(
        "for i in range({a}_n):\n    print(i, {n})\n    for j in range({a}_m):\n"
        "        {a}[i, j] = j",
        (Loop(0, "range", "name", "unsupported", "no", "call: printing"),
         Loop(2, "range", "name", "parallel", "yes")),
        False, False,
    ),
    Template(
        "for i in range({a}_n):\n    {a}[i] = {a}_f(i) + {n}",
        (Loop(0, "range", "name", "parallel", "yes"),),
        True, False, "def {a}_f(x):\n    return x * 2 + 1",
    ),
    Template(
        "for i in range({a}_N):\n    {a}[i] = {n} * i",
        (Loop(0, "range", "constant name", "parallel", "yes"),),
        True, True, "{a}_N = 1000",
    ),
)  # fmt: skip

NOISE: Final = (
    "%matplotlib inline", "!pip install numpy", "df = pd.read_csv('x.csv')\ndf.head()", "x = 1",
    "import os\nprint(os.getcwd())", "plt.show()", "np.zeros?", "%%bash\nls -l", "# nothing here",
    "def helper(a, b=2):\n    return a + b", "squares = [x * x for x in range(10)]",
    "class Thing:\n    pass", "'''a text\n%not magic\n'''",
)  # fmt: skip
HEAD: Final = "import numpy as np\nimport pandas as pd\nimport matplotlib.pyplot as plt"


@dataclass(frozen=True)
class Made:
    """A file, and what a survey has to say of it."""

    name: str
    data: bytes
    loops: tuple[Expected, ...]


def make_file(number: int, *, outputs: int = 0) -> Made:
    """Return file `number`; with `outputs`, about so many bytes of pictures are in a notebook."""
    rng = random.Random(SEED * 1_000_003 + number)
    is_script = rng.random() < 0.2
    cells: list[str] = [HEAD]
    found: list[Expected] = []
    for place in range(rng.randint(1, 6)):
        text, loops = _nest(rng, f"v{number}_{place}", 1000 * number + place + 2)
        cells.append(text)
        found += [_expected(loop, len(cells)) for loop in loops]
        noise = rng.choice(NOISE)
        if not is_script or (not noise.startswith(("%", "!")) and "?" not in noise):
            cells.append(noise)
    if is_script:
        return _script(number, cells, found)
    version = rng.choice((3, 4, 4, 4))
    data = _notebook(cells, version, outputs, rng)
    return Made(f"{number:05}.ipynb", data, tuple(found))


def _nest(rng: random.Random, stem: str, n: int) -> tuple[str, list[Expected]]:
    """Return the text of a cell, and what is known of its loops with lines in the cell."""
    template = rng.choice(TEMPLATES)
    names = {"a": stem, "b": f"{stem}b", "c": f"{stem}c", "n": n}
    text = template.text.format(**names)
    place = rng.choice(("top level", "function", "method"))
    lines = [template.setup.format(**names)] if template.setup else []
    if place == "function":
        lines += [f"def run_{stem}(x):", indent(text, "    ")]
    elif place == "method":
        lines += [f"class C{stem}:", "    def run(self):", indent(text, "        ")]
    else:
        lines += [text]
    whole = "\n".join(lines)
    first = whole.split("\n").index(indent(text, "").split("\n")[0]) if place == "top level" else (
        next(k for k, line in enumerate(whole.split("\n")) if line.strip() == text.split("\n")[0])
    )
    loops = [
        Expected(0, first + loop.line + 1, place, loop.iterable, loop.bounds, loop.verdict,
                 loop.native, loop.obstacle, template.compute, template.classical)
        for loop in template.loops
    ]  # fmt: skip
    return whole, loops


def _expected(loop: Expected, cell: int) -> Expected:
    return Expected(cell, loop.line, loop.place, loop.iterable, loop.bounds, loop.verdict,
                    loop.native, loop.obstacle, loop.compute, loop.classical)  # fmt: skip


def _script(number: int, cells: list[str], found: list[Expected]) -> Made:
    starts = [1]
    for cell in cells:
        starts.append(starts[-1] + cell.count("\n") + 2)
    loops = tuple(
        Expected(0, loop.line + starts[loop.cell - 1] - 1, loop.place, loop.iterable, loop.bounds,
                 loop.verdict, loop.native, loop.obstacle, loop.compute, loop.classical)
        for loop in found
    )  # fmt: skip
    return Made(f"{number:05}.py", ("\n\n".join(cells) + "\n").encode(), loops)


def _notebook(cells: list[str], version: int, outputs: int, rng: random.Random) -> bytes:
    picture = base64.b64encode(rng.randbytes(outputs)).decode() if outputs else ""
    made: list[dict[str, object]] = []
    for number, text in enumerate(cells):
        lines = text.splitlines(keepends=True)
        made.append({"cell_type": "markdown", "source": ["# A *title*\n", "and words"]})
        shown = [{"output_type": "display_data", "data": {"image/png": picture}}] if picture else []
        if version == 3:
            made.append({"cell_type": "code", "input": lines, "language": "python"})
        else:
            made.append({"cell_type": "code", "source": lines, "outputs": shown if number == 1
                         else [], "execution_count": number, "metadata": {}})  # fmt: skip
    if version == 3:
        return json.dumps({"nbformat": 3, "worksheets": [{"cells": made}]}, indent=1).encode()
    meta = {"language_info": {"name": "python", "version": "3.11.2"}}
    return json.dumps({"nbformat": 4, "metadata": meta, "cells": made}, indent=1).encode()


def main() -> None:
    """Write files as the command line says."""
    folder, count = Path(sys.argv[1]), int(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        made = make_file(number, outputs=60_000)
        (folder / made.name).write_bytes(made.data)


if __name__ == "__main__":
    main()
