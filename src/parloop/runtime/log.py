"""The lines that `PARLOOP_LOG` asks for: what each launch did, on standard error."""

from __future__ import annotations

import sys
from typing import Final

from parloop.capture.sites import SiteInfo
from parloop.config import log_level
from parloop.diagnostics import Diagnostic
from parloop.runtime.stats import SiteRecord

LEVEL: Final = log_level()
"""What the environment said when the engine was loaded."""


def log_run(
    info: SiteInfo,
    record: SiteRecord,
    run: tuple[int, int, float] | None,
    why: Diagnostic | None,
) -> None:
    """Write what one entry did: iterations run and wanted, and seconds, or None; and why not more.

    `warning` tells of bugs only, `info` of what is new at a site, `debug` of every launch.
    """
    if LEVEL is None or LEVEL == "warning":
        return
    first = record.native_runs + record.interpreted_runs == 1
    is_new = first or (why is not None and record.fallbacks.get(why) == 1)
    if LEVEL == "debug" or is_new:
        print(f"parloop: {line_of(info, record, run, why)}", file=sys.stderr)


def line_of(
    info: SiteInfo,
    record: SiteRecord,
    run: tuple[int, int, float] | None,
    why: Diagnostic | None,
) -> str:
    """Return the line without its beginning."""
    place = f"{info.path}:{info.line}"
    if run is None:
        told = "interpreter"
    else:
        done, wanted, seconds = run
        told = f"{done} of {wanted} iterations natively in {seconds * 1e3:.3g} ms"
        told += f", compiled in {record.compile_seconds * 1e3:.3g} ms so far"
    return f"{place}: {told}" + (f" ({why})" if why is not None else "")
