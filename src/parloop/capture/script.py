"""Run a script as `python SCRIPT ARGS...` does, with sites in front of its loops.

What can go wrong before the script's first statement (no such file, a syntax error, an unknown
encoding, a directory or an archive instead of a text) is left to the real `python`, which is
started for it: its messages and exit codes are then its own.
"""

from __future__ import annotations

import ast
import atexit
import builtins
import contextlib
import importlib.machinery
import importlib.util
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import CodeType, TracebackType
from typing import Any

from parloop.capture.definition import remember_text
from parloop.capture.rewrite import rewrite
from parloop.capture.sites import REGISTRY, SiteInfo
from parloop.config import is_off
from parloop.source import Source


def run_script(
    path: str,
    arguments: Sequence[str],
    prepare: Callable[[tuple[SiteInfo, ...]], None] = lambda sites: None,
    at_exit: Callable[[], None] = lambda: None,
) -> int:
    """Run the script at `path` in `__main__`, and return the exit code of a normal end.

    `prepare` is called with the script's sites before its first statement, `at_exit` after what the
    script registers for its end. An exception of the script goes through to the caller, and is
    printed with the script's own frames only if nobody catches it. The dictionary of `__main__` is
    emptied: the caller must need nothing in it.
    """
    filename = _absolute(path)
    try:
        code, sites = load_script(filename)
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return run_plainly([path, *arguments])
    names = fresh_main(filename)
    sys.argv[:] = [path, *arguments]
    if not sys.flags.safe_path:
        sys.path[0] = os.path.dirname(os.path.realpath(filename))  # noqa: PTH120 - as python does
    if sites:
        REGISTRY.install(names)
        prepare(sites)
    return run_main(lambda: exec(code, names), at_exit)


def run_main(run: Callable[[], object], at_exit: Callable[[], None]) -> int:
    """Run what is to run in `__main__`, and return 0; what it raises goes through.

    Tracebacks that reach the top begin with the frame that `run` itself calls.
    """
    atexit.register(_end, at_exit)
    try:
        run()
    except SystemExit:
        raise
    except BaseException as error:
        trace = error.__traceback__ and error.__traceback__.tb_next
        _print_only_from(trace and trace.tb_next)
        raise
    return 0


def load_script(filename: str) -> tuple[CodeType, tuple[SiteInfo, ...]]:
    """Return the code of the script, with sites, and these sites. Raises what `compile` does."""
    raw = Path(filename).read_bytes()
    tree = ast.parse(raw, filename)
    source = Source(filename, importlib.util.decode_source(raw))
    sites: tuple[SiteInfo, ...] = ()
    if not is_off():
        tree, sites = rewrite(tree, source)
    code = compile(tree, filename, "exec", dont_inherit=True)
    if sites:
        remember_text(code, source)
    return code, sites


def _absolute(path: str) -> str:
    # As python does: not normalised, so that `__file__` and tracebacks read the same.
    return path if os.path.isabs(path) else f"{os.getcwd()}{os.sep}{path}"  # noqa: PTH109, PTH117


def fresh_main(
    filename: str | None, spec: importlib.machinery.ModuleSpec | None = None
) -> dict[str, Any]:
    """Return the names of `__main__`, all new: of a script, of a module, or of no file."""
    names = vars(sys.modules["__main__"])
    names.clear()
    loader: Any = importlib.machinery.BuiltinImporter
    if spec is not None:
        loader = spec.loader
    elif filename is not None:
        loader = importlib.machinery.SourceFileLoader("__main__", filename)
    names.update(
        __name__="__main__",
        __doc__=None,
        __package__=None if spec is None else spec.parent,
        __loader__=loader,
        __spec__=spec,
        **({"__annotations__": {}} if sys.version_info < (3, 14) else {}),
        __builtins__=builtins,
    )
    if filename is not None:
        names.update(__file__=filename, __cached__=None if spec is None else spec.cached)
    return names


def run_plainly(words: Sequence[str], stdin: bytes | None = None) -> int:
    """Let python itself run what `words` say, and return its exit code."""
    flags = subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined]
    status = subprocess.run(
        [sys.executable, *flags, *words], input=stdin, check=False
    ).returncode
    return status if status >= 0 else 128 - status


def _print_only_from(traceback: TracebackType | None) -> None:
    """Let the exception that is about to leave be printed with `traceback`, as python would."""
    users_hook = getattr(sys, "excepthook", _MISSING)

    def hook(kind: type[BaseException], error: BaseException, _: object, /) -> None:
        global _interrupted
        _interrupted = kind is KeyboardInterrupt
        sys.last_traceback = traceback
        error.__traceback__ = traceback
        if users_hook is _MISSING:
            del sys.excepthook
            sys.stderr.write("sys.excepthook is missing\n")
            sys.__excepthook__(kind, error, traceback)
            return
        sys.excepthook = users_hook
        try:
            users_hook(kind, error, traceback)
        except SystemExit:
            raise
        except BaseException as failure:
            sys.stderr.write("Error in sys.excepthook:\n")
            failure.__traceback__ = failure.__traceback__ and failure.__traceback__.tb_next
            sys.__excepthook__(type(failure), failure, failure.__traceback__)
            sys.stderr.write("\nOriginal exception was:\n")
            sys.__excepthook__(kind, error, traceback)

    sys.excepthook = hook


_MISSING: Any = object()
_interrupted = False
"""Whether the script ended with a `KeyboardInterrupt` that nobody caught."""


def _end(at_exit: Callable[[], None]) -> None:
    at_exit()
    if _interrupted and os.name == "posix":
        # So that the shell knows: python does this for a script, but not under `-m`.
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(AttributeError, OSError, ValueError):
                stream.flush()
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
