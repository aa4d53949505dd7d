"""Which modules get sites as they are imported, in this process and in those that it starts.

    install(["mypkg"], predicates, store)

Names reach child processes through `PARLOOP_INSTALL`, what `parloop run` has in `__main__` through
`PARLOOP_MAIN`: a new interpreter looks at them when it starts (`parloop.startup`).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from typing import Final

from parloop.capture.importer import NEVER, ImportHook, Store, switch_off

VARIABLE: Final = "PARLOOP_INSTALL"
"""Names of packages, with commas between."""

_names: dict[str, None] = {}
_exact: set[str] = set()
_predicates: list[Callable[[str], bool]] = []
_before: list[str | None] = []
"""What the variable was before it was first set here."""


def wants(name: str) -> bool:
    """Return whether the module `name` is to get sites."""
    if name in _exact:
        return True
    parts = name.split(".")
    if any(".".join(parts[:end]) in _names for end in range(1, len(parts) + 1)):
        return True
    return any(predicate(name) for predicate in _predicates)


_hook = ImportHook(wants)


def install(
    names: Iterable[str],
    predicates: Iterable[Callable[[str], bool]] = (),
    store: Callable[[], Store | None] = lambda: None,
) -> None:
    """Give sites to the modules of the packages `names`, and to those that a predicate names.

    Raises ValueError, and installs nothing, if one of them cannot be had.
    """
    names = tuple(names)
    for name in names:
        check_name(name)
    for name in names:
        _names[name] = None
    _predicates.extend(one for one in predicates if one not in _predicates)
    _hook.store = store
    _begin()
    if names:
        if not _before:
            _before.append(os.environ.get(VARIABLE))
        os.environ[VARIABLE] = ",".join(_names)


def install_exactly(names: Iterable[str]) -> None:
    """Give sites to the modules `names`, for this process, and to nothing inside of them."""
    _exact.update(names)
    _begin()


def _begin() -> None:
    if _hook not in sys.meta_path:
        sys.meta_path.insert(0, _hook)


def uninstall() -> None:
    """Leave what is imported from now on as it is, and loops imported before to the interpreter."""
    _names.clear()
    _exact.clear()
    _predicates.clear()
    if _hook in sys.meta_path:
        sys.meta_path.remove(_hook)
    switch_off()
    if _before:
        before = _before.pop()
        if before is None:
            os.environ.pop(VARIABLE, None)
        else:
            os.environ[VARIABLE] = before


def check_name(name: str) -> None:
    """Raise ValueError where `name` is not the name of a package that may still be imported."""
    if not name or not all(part.isidentifier() for part in name.split(".")):
        raise ValueError(f"{name!r} is not the name of a package")
    if name.partition(".")[0] in NEVER:
        raise ValueError(f"`{name}` cannot be installed: parloop itself runs on it")
    if wants(name):
        return
    there = [module for module in sys.modules if module == name or module.startswith(f"{name}.")]
    if there:
        raise ValueError(f"`{there[0]}` is already imported: install `{name}` before")
