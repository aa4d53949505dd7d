"""What a new interpreter does first where `PARLOOP_INSTALL` or `PARLOOP_MAIN` is set.

`parloop.pth`, which `site` reads when Python starts, imports this module. Python must start
whatever these variables say, so what is wrong is said in a line. Nothing more is imported than is
needed: most processes that a program starts have no part in its loops.
"""

from __future__ import annotations

import os
import sys


def begin() -> None:
    """Install what the environment names."""
    names = [name.strip() for name in os.environ.get("PARLOOP_INSTALL", "").split(",")]
    main = os.environ.get("PARLOOP_MAIN", "") if is_spawned() else ""
    if not any(names) and not main:
        return
    from parloop.api import install, start_engine
    from parloop.capture.mains import rewrite_spawned_main
    from parloop.config import is_off

    if is_off():
        return
    for name in filter(None, names):
        try:
            install(name)
        except (TypeError, ValueError) as error:
            print(f"parloop: PARLOOP_INSTALL: {error}", file=sys.stderr)
    if main:
        try:
            start_engine()
        except (TypeError, ValueError) as error:
            print(f"parloop: {error}", file=sys.stderr)
            return
        rewrite_spawned_main(main)


def is_spawned() -> bool:
    """Return whether this process was started by `multiprocessing`, or by what works like it."""
    words = " ".join(sys.orig_argv)
    return "multiprocessing" in words or "loky" in words


begin()
