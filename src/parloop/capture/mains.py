"""What `parloop run` can have in `__main__` besides a script: a module, some code, what stdin says.

Each as `python -m MODULE`, `python -c CODE` and `python -` have it. What python would refuse is
left to the real `python`, as in `capture.script`.

The main module of a process that `multiprocessing` has spawned, `__mp_main__`, is read again from
the same place; `PARLOOP_MAIN` tells the child that it had sites in the parent.
"""

from __future__ import annotations

import ast
import importlib.util
import linecache
import os
import sys
from collections.abc import Callable, Sequence
from types import CodeType
from typing import Any, Final, TypeAlias

from parloop.capture.definition import remember_text
from parloop.capture.installed import install_exactly
from parloop.capture.rewrite import rewrite
from parloop.capture.script import fresh_main, load_script, run_main, run_plainly
from parloop.capture.sites import REGISTRY, SiteInfo
from parloop.config import is_off
from parloop.source import Source

Hook: TypeAlias = Callable[[], None]

MAIN_VARIABLE: Final = "PARLOOP_MAIN"
"""The path of the script, or `-m ` and the name of the module, that `parloop run` runs."""


def run_module(name: str, arguments: Sequence[str], prepare: Hook, at_exit: Hook) -> int:
    """Run a module as `python -m NAME ARGUMENTS...` does; return the exit code of a normal end."""
    import runpy

    if not is_off():
        install_exactly([name, f"{name}.__main__"])
        os.environ[MAIN_VARIABLE] = f"-m {name}"
        prepare()
    sys.argv[:] = ["-m", *arguments]
    if not sys.flags.safe_path:
        sys.path[0] = os.getcwd()  # noqa: PTH109 - as python does
    fresh_main(None)
    return run_main(lambda: runpy._run_module_as_main(name), at_exit)  # type: ignore[attr-defined]


def run_text(
    text: str | bytes, argument: str, arguments: Sequence[str], prepare: Hook, at_exit: Hook
) -> int:
    """Run `text` as `python -c` (`argument` is that) or `python -` does."""
    path = "<string>" if argument == "-c" else "<stdin>"
    try:
        code, sites = _compile_text(text, path)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        if isinstance(text, str):
            return run_plainly([argument, text, *arguments])
        return run_plainly([argument, *arguments], text)
    sys.argv[:] = [argument, *arguments]
    if not sys.flags.safe_path:
        sys.path[0] = ""
    if argument == "-c" and sys.version_info >= (3, 13):  # whose tracebacks show the code's lines
        lines = [f"{line}\n" for line in str(text).splitlines()]
        linecache.cache[path] = (len(text), None, lines, path)
    names = fresh_main(None if argument == "-c" else path)
    if sites:
        REGISTRY.install(names)
        prepare()
    return run_main(lambda: exec(code, names), at_exit)


def _compile_text(text: str | bytes, path: str) -> tuple[CodeType, tuple[SiteInfo, ...]]:
    tree = ast.parse(text, path)
    source = Source(path, text if isinstance(text, str) else importlib.util.decode_source(text))
    sites: tuple[SiteInfo, ...] = ()
    if not is_off():
        tree, sites = rewrite(tree, source)
    code: CodeType = compile(tree, path, "exec", dont_inherit=True)
    if sites:
        remember_text(code, source)
    return code, sites


def rewrite_spawned_main(main: str) -> None:
    """Let a spawned process have sites in its `__mp_main__` if that is `main`."""
    if main.startswith("-m "):
        install_exactly([main.removeprefix("-m ")])
        return
    import multiprocessing.spawn
    import runpy

    plain: Any = runpy._get_code_from_file  # type: ignore[attr-defined]

    def code_from_file(*given: Any) -> Any:
        """Take the place of runpy's function, which has had other parameters in other versions."""
        found = plain(*given)
        path = os.fsdecode(given[-1])
        if os.path.realpath(path) != os.path.realpath(main):
            return found
        code, sites = load_script(path)
        if sites:
            REGISTRY.install({})
        return (code, *found[1:]) if isinstance(found, tuple) else code

    fixup: Any = multiprocessing.spawn._fixup_main_from_path  # type: ignore[attr-defined]

    def fixup_main_from_path(main_path: Any) -> None:
        runpy._get_code_from_file = code_from_file  # type: ignore[attr-defined]
        try:
            fixup(main_path)
        finally:
            runpy._get_code_from_file = plain  # type: ignore[attr-defined]

    multiprocessing.spawn._fixup_main_from_path = fixup_main_from_path  # type: ignore[attr-defined]
