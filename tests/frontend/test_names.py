"""What names mean: conventions, imports, the program's own names, and objects at run time."""

from __future__ import annotations

import ast
import builtins
import itertools
import math

import numpy as np
import pytest
from outcomes import require_nest

from parloop.frontend.known import CONSTANTS, FUNCTIONS, canonical_name, means, resolve
from parloop.frontend.lower import roots
from parloop.frontend.names import NameFacts, enter_function, find_imports, observe


@pytest.mark.parametrize(
    ("value", "canonical"),
    [
        (math.sqrt, "math.sqrt"),
        (np.sqrt, "numpy.sqrt"),
        (np.abs, "numpy.absolute"),
        (np.mod, "numpy.remainder"),
        (np.float64, "numpy.float64"),
        (np.double, "numpy.float64"),
        (abs, "builtins.abs"),
        (float, "builtins.float"),
        (print, None),
        (np, None),
        (3.5, None),
    ],
)
def test_an_object_resolves_by_identity(value: object, canonical: str | None) -> None:
    assert resolve(value) == canonical


def test_every_function_of_the_table_resolves_to_its_own_name() -> None:
    homes = {
        "builtins": builtins,
        "itertools": itertools,
        "math": math,
        "numpy": np,
        "numpy.linalg": np.linalg,
    }
    for canonical in FUNCTIONS:
        module, _, name = canonical.rpartition(".")
        assert means(getattr(homes[module], name), canonical), canonical
        assert canonical_name(canonical) == canonical


def test_a_constant_means_its_own_bits() -> None:
    assert means(math.pi, "math.pi")
    assert means(math.nan, "numpy.nan")
    assert not means(3.14, "math.pi")
    assert not means(3, "math.pi")
    assert not means(np.float64(math.pi), "math.pi")
    assert not means(math.sin, "math.cos")
    assert {type(value) for value in CONSTANTS.values()} == {float}


@pytest.mark.parametrize(
    "name", ["numpy.linalg.det", "numpy.random.normal", "os.getcwd", "numpy", "math.nothing"]
)
def test_other_names_have_no_canonical_name(name: str) -> None:
    assert canonical_name(name) is None


def facts(text: str) -> NameFacts:
    return find_imports(ast.parse(text))


@pytest.mark.parametrize(
    ("text", "name", "meaning"),
    [
        ("", "np", "numpy"),
        ("", "math", "math"),
        ("", "abs", "builtins.abs"),
        ("", "print", None),
        ("", "sqrt", None),
        ("import numpy", "numpy", "numpy"),
        ("import numpy as xp", "xp", "numpy"),
        ("import cupy as np", "np", "cupy"),
        ("import numpy.linalg", "numpy", "numpy"),
        ("import numpy.linalg as la", "la", "numpy.linalg"),
        ("from math import sqrt", "sqrt", "math.sqrt"),
        ("from math import sqrt as s", "s", "math.sqrt"),
        ("from math import *", "cos", "math.cos"),
        ("from numpy import *", "exp", "numpy.exp"),
        ("from elsewhere import *", "exp", None),
        ("from . import math", "math", "math"),
        ("if 1:\n import numpy as xp", "xp", "numpy"),
        ("def abs(x): pass", "abs", None),
        ("abs = 3", "abs", None),
        ("for abs in (): pass", "abs", None),
        ("class math: pass", "math", None),
        ("def f():\n abs = 3", "abs", "builtins.abs"),
        ("try:\n import numpy as np\nexcept ImportError:\n np = None", "np", "numpy"),
        ("from math import e\ne = 1", "e", None),
        ("from math import e", "e", "math.e"),
    ],
)
def test_the_text_says_what_a_name_means(text: str, name: str, meaning: str | None) -> None:
    assert facts(text).find(name) == meaning


def test_a_function_s_own_names_hide_those_around_it() -> None:
    text = "def f(abs, *, pow=1, **max):\n    global min, round\n    min = 3\n    sin = 1\n"
    text += "    import numpy as xp\n    def len(): pass\n    def g(): range = 1"
    function = ast.parse(text).body[0]
    assert isinstance(function, ast.FunctionDef)
    inside = enter_function(facts("from math import sin, cos\nimport cupy as np"), function)
    for name in ("abs", "pow", "max", "sin", "len"):
        assert inside.find(name) is None, name
    assert inside.find("range") == "builtins.range"
    assert inside.find("cos") == "math.cos"
    assert inside.find("xp") == "numpy"
    assert inside.find("np") == "cupy"
    assert inside.shared == {"min", "round"}


def test_a_living_module_shows_what_its_names_mean() -> None:
    found = observe({"m": math, "np": 3, "root": math.sqrt, "pi": math.pi, "abs": print})
    meanings = {name: found.find(name) for name in ("m", "np", "root", "pi", "abs", "len")}
    assert meanings == {
        "m": "math",
        "np": None,
        "root": "math.sqrt",
        "pi": None,
        "abs": None,
        "len": "builtins.len",
    }


def test_the_nest_names_everything_that_staging_must_ask_again() -> None:
    nest = require_nest(
        "from math import sqrt as s, pi\nimport numpy as xp\n"
        "for i in range(len(b)): b[i] = s(i) + pi + xp.inf + abs(xp.exp(1)) + float('inf')"
    )
    assert nest.guards == (
        ("range", "builtins.range"),
        ("len", "builtins.len"),
        ("s", "math.sqrt"),
        ("pi", "math.pi"),
        ("xp.inf", "numpy.inf"),
        ("abs", "builtins.abs"),
        ("xp.exp", "numpy.exp"),
        ("float", "builtins.float"),
    )
    assert roots(nest) == ("range", "len", "s", "pi", "xp", "abs", "float")
