"""What a new interpreter does first where `PARLOOP_INSTALL` or `PARLOOP_MAIN` is set.

`parloop.pth`, which `site` reads when Python starts, imports this module. Python must start
whatever these variables say, so what is wrong is said in a line.
"""

from __future__ import annotations

import os
import sys

from parloop.api import install, start_engine
from parloop.capture.installed import VARIABLE
from parloop.capture.mains import MAIN_VARIABLE, is_spawned, rewrite_spawned_main
from parloop.config import is_off


def begin() -> None:
    """Install what the environment names."""
    names = [name.strip() for name in os.environ.get(VARIABLE, "").split(",")]
    for name in filter(None, names):
        try:
            install(name)
        except (TypeError, ValueError) as error:
            print(f"parloop: {VARIABLE}: {error}", file=sys.stderr)
    main = os.environ.get(MAIN_VARIABLE)
    if main and is_spawned():
        start_engine()
        rewrite_spawned_main(main)


if not is_off():
    begin()
