"""Programs that import packages with loops, each about one thing that has to be as without us."""

from __future__ import annotations

from typing import Final

FILES: Final[dict[str, str]] = {
    "shapes/__init__.py": '''"""A package."""
from .filling import fill
squares = []
for k in range(300):
    squares.append(k * k)
''',
    "shapes/filling.py": '''"""Fills."""

import numpy as np

FACTOR = 3


def fill(n):
    """Return a filled array."""
    a = np.zeros(n)
    for i in range(n):  # a comment
        a[i] = i * FACTOR
    return a


class Filler:
    def __init__(self, n):
        self.__n = n

    def total(self):
        s = 0
        for i in range(self.__n):
            s += i % 7
        return s


def fails(n):
    s = 0
    for i in range(n):
        s += 10 // (n - 5 - i)
    return s
''',
    "shapes/__main__.py": '''import sys
from .filling import fill
print(__name__, __package__, __file__, __spec__.name, __doc__, __cached__, sys.argv)
t = 0
for i in range(5000):
    t += i
print(t, fill(4000).sum(), sorted(n for n in globals() if n != "__parloop__"))
''',
    "shapes/warns.py": "x = 1\nfor i in range(300):\n    x = x is 1\nprint(x, '\\d')\n",
    "shapes/broken.py": "for i in range(3)\n    pass\n",
    "shapes/future.py": "from __future__ import annotations\ndef f(x: Nope):\n    s = 0\n"
    "    for i in range(x):\n        s += i\n    return s\n",
    "shapes/coded.py": "# -*- coding: latin-1 -*-\nname = '\xe9'\ns = 0\nfor i in range(3000):\n"
    "    s += i\n",
    "shapes/data.txt": "some data\n",
    "spread/one/part.py": "def total(n):\n    s = 0\n    for i in range(n):\n        s += i\n"
    "    return s\n",
}  # fmt: skip

PROGRAMS: Final[dict[str, str]] = {
    "source_and_places": """
import inspect, linecache, shapes, shapes.filling as f
print(inspect.getsource(f.fill), inspect.getsourcelines(f.Filler.total)[1], inspect.getfile(f))
print(shapes.__file__, f.__file__, f.__cached__, f.__name__, f.__package__, f.__doc__, f.FACTOR)
print(f.__spec__.name, f.__spec__.origin, f.__spec__.cached, shapes.__path__, f.__spec__.parent)
print(f.fill.__code__.co_filename, f.fill.__code__.co_varnames, f.fill.__code__.co_firstlineno)
print(f.fill(4000).sum(), f.Filler(3000).total(), len(shapes.squares), shapes.squares[-1])
print(sorted(n for n in vars(f) if n != "__parloop__"))
""",
    "traceback": "from shapes.filling import fails\nfails(900)\n",
    "pickle": """
import pickle, copy
from shapes.filling import Filler, fill
p = pickle.loads(pickle.dumps(Filler(3000)))
print(p.total(), pickle.dumps(fill), pickle.loads(pickle.dumps(fill)) is fill)
""",
    "reload": """
import importlib, shapes.filling as f
print(f.fill(3000).sum())
f.FACTOR = 5
print(f.fill(3000).sum())
g = importlib.reload(f)
print(g is f, f.FACTOR, f.fill(3000).sum())
""",
    "resources": """
import importlib.resources, pkgutil, shapes
print(importlib.resources.files(shapes).joinpath("data.txt").read_text())
print(pkgutil.get_data("shapes", "data.txt"))
print([m.name for m in pkgutil.iter_modules(shapes.__path__)])
print(shapes.__loader__.get_source("shapes"), shapes.__loader__.is_package("shapes"))
print(importlib.util.find_spec("shapes.filling").origin)
print(importlib.util.find_spec("shapes.nope"))
""",
    "namespace_package": """
import spread.one.part as p, spread
print(p.total(5000), spread.__path__, spread.__file__ if hasattr(spread, "__file__") else None)
print(type(spread.__spec__.loader).__name__)
""",
    "zip_archive": """
import sys
sys.path.insert(0, "zipped.zip")
import inspect, packed.part as p
print(p.total(5000), p.__file__, inspect.getsource(p.total), packed.__path__ if 0 else 1)
""",
    "compiler_warnings": "import sys, warnings\nwarnings.simplefilter('always')\n"
    "sys.dont_write_bytecode = True\nimport shapes.warns\n",
    "compiler_warnings_as_errors": "import sys, warnings\nwarnings.simplefilter('error')\n"
    "sys.dont_write_bytecode = True\nimport shapes.warns\n",
    "syntax_error": "import shapes.broken\n",
    "missing": "import shapes.nothing\n",
    "future_and_coding": "import shapes.future as f, shapes.coded as c\n"
    "print(f.f(3000), f.f.__annotations__, ascii(c.name), c.s)\n",
    "children": """
import sys, multiprocessing, concurrent.futures
from shapes.filling import fill, Filler
def work(n):
    import os
    return float(fill(n).sum()), Filler(n).total()
if __name__ == '__main__':
    for method in ('fork', 'spawn', 'forkserver'):
        with multiprocessing.get_context(method).Pool(1) as pool:
            print(method, pool.map(work, [3000, 10]))
    context = multiprocessing.get_context('spawn')
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as pool:
        print(list(pool.map(work, [3000])))
""",
}
