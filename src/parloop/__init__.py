"""parloop: runs the loops of ordinary Python programs on every core, with CPython's own results.

fast = parloop.parallel(f)          # also a decorator
parloop.configure(device="cpu")     # and `with parloop.settings(...)`, for a block
print(parloop.explain(f))           # what is known of its loops; nothing is run
print(parloop.report())             # what ran so far
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from parloop.api import (
        explain,
        install,
        parallel,
        report,
        reset_report,
        uninstall,
    )
    from parloop.config import Settings, configure, current_settings, settings
    from parloop.diagnostics import Mismatch, NotNative

__version__ = "0.1.0"

__all__ = [
    "Mismatch",
    "NotNative",
    "Settings",
    "__version__",
    "configure",
    "current_settings",
    "explain",
    "install",
    "parallel",
    "report",
    "reset_report",
    "settings",
    "uninstall",
]

_HOMES = {
    "Mismatch": "parloop.diagnostics",
    "NotNative": "parloop.diagnostics",
    "Settings": "parloop.config",
    "configure": "parloop.config",
    "current_settings": "parloop.config",
    "explain": "parloop.api",
    "install": "parloop.api",
    "load_ipython_extension": "parloop.notebook",
    "parallel": "parloop.api",
    "report": "parloop.api",
    "reset_report": "parloop.api",
    "settings": "parloop.config",
    "uninstall": "parloop.api",
    "unload_ipython_extension": "parloop.notebook",
}
"""Where each public name comes from, at its first use: `import parloop` itself is quick."""


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


class _Package(ModuleType):
    """Keeps `parloop.report` the function when the package of that name is imported."""

    def __setattr__(self, name: str, value: object) -> None:
        if not (name == "report" and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
