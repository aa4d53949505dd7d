"""What `import parloop` offers beyond settings. The parts that cost time come at first use."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, TypeVar, overload

from parloop import config
from parloop.capture import decorator, installed, renting
from parloop.capture.importer import Store
from parloop.capture.sites import REGISTRY, Outcome, Site
from parloop.capture.suitable import find_unsuitable
from parloop.capture.weight import text_seconds
from parloop.config import Settings, current_settings, is_off

if TYPE_CHECKING:
    from parloop.diagnostics import Diagnostic
    from parloop.report.explain import Explanation
    from parloop.report.stats import Report
    from parloop.runtime.stats import SiteRecord

F = TypeVar("F")


@overload
def parallel(f: F, /, **options: Any) -> F: ...
@overload
def parallel(f: None = None, /, **options: Any) -> Callable[[F], F]: ...
def parallel(f: Any = None, /, **options: Any) -> Any:
    """Return `f` with its loops run natively where that is proved to change nothing.

    As a decorator, bare or with settings that hold for the loops in it (`device`, `exactness`,
    `strict`, `verify`, `threads`, `min_work_ms`), or as a plain call, which leaves `f` itself
    alone. A function whose loops cannot be had is returned as it is; `explain` says why.
    """
    start_engine()
    return decorator.parallel(f, **options)


def explain(target: Callable[..., Any] | str | Path, *args: Any) -> Explanation:
    """Return what is known of every loop in `target`: a function, source text, or a path.

    Nothing is run. With `args`, the arguments of a function, what these decide is decided.
    """
    from parloop.report.explain import explain

    found = decorator.captured(target)
    return explain(found.original if found and found.original else target, *args)


def report() -> Report:
    """Return what ran so far in this process."""
    from parloop.report.stats import report

    return report()


def reset_report() -> None:
    """Count from here on only."""
    from parloop.report.stats import reset_report

    reset_report()


def install(*wanted: str | Callable[[str], bool]) -> None:
    """Run the loops of packages natively: of those named, and of modules that a predicate wants.

    Before they are imported: a package that already is raises ValueError, as does a name that
    cannot be one. Child processes inherit the names.
    """
    names = [one for one in wanted if isinstance(one, str)]
    predicates = [one for one in wanted if not isinstance(one, str)]
    for one in predicates:
        if not callable(one):
            raise TypeError(f"{one!r} must be the name of a package, or tell of a name whether")
    if is_off():
        return
    start_engine()
    installed.install(names, predicates, module_store)


def uninstall() -> None:
    """Leave modules imported from now on as they are, and the loops of others to CPython."""
    installed.uninstall()


def module_store() -> Store | None:
    """Return where the code of modules with sites is kept between processes."""
    from parloop.runtime.cache import open_cache

    try:
        return open_cache()
    except ValueError:
        return None


def start_engine() -> None:
    """Let sites ask the engine, which is loaded when the first large enough loop asks."""
    config.check_environment()  # what is wrong in the environment is said here, not in a loop
    if Site.engine is None:
        REGISTRY.set_engine(_at_first_entry)


def _at_first_entry(
    site: Site, indices: range, values: tuple[object, ...], frame: FrameType
) -> Outcome | None:
    settings = current_settings(site.options)
    least = _fewest_trips(site, settings)
    if settings.device == "interpreter" or len(indices[:_SMALL]) < least:
        from parloop.runtime.stats import record_of

        if least > 1 and not config.blocks_open() and not settings.strict:
            _leave_small(site, least)

        record_of(site.info).ran_interpreted()
        return None
    if renting.may_wait(settings) and (
        _is_hopeless(site, values, frame) or _waits(site, indices, values)
    ):
        return None
    from parloop.runtime import dispatch

    _ask_all()
    dispatch.start()
    return dispatch.enter(site, indices, values, frame)


_spent = 0.0
"""Seconds, about, that loops took in the interpreter since the engine might have been loaded."""


def _is_hopeless(site: Site, values: tuple[object, ...], frame: FrameType) -> bool:
    """Return whether no engine could run the loop, for what one of its names holds."""
    found = find_unsuitable(site.info, values, lambda name: site.look_up(frame, name))
    if found is None:
        return False
    name, value = found
    key = site.info.key, name, type(value)
    known = _hopeless.get(key)
    if known is None:
        from parloop.runtime.codes import ValueNotSupported
        from parloop.runtime.stats import record_of

        what = f"`{name}` is a `{type(value).__name__}`"
        if type(value) is list:
            what += ", not of numbers"
        unknown = ValueNotSupported(what, site.info.span)
        known = _hopeless[key] = record_of(site.info), unknown
    record, why = known
    record.ran_interpreted()
    record.fell_back(why)
    site.missed()
    return True


_hopeless: dict[tuple[str, str, type], tuple[SiteRecord, Diagnostic]] = {}
"""The records of sites that were left to the interpreter for what a name held, and why."""


def _waits(site: Site, indices: range, values: tuple[object, ...]) -> bool:
    """Return whether all loops together have not yet taken as long as loading the engine would."""
    global _spent
    seconds = text_seconds(site.info, indices, values)
    _spent += max(seconds, renting.LOOKING)
    if _spent >= renting.loading_seconds():
        return False
    from parloop.runtime.stats import record_of

    site.spent += seconds
    record_of(site.info).ran_interpreted(seconds)
    return True


def _fewest_trips(site: Site, settings: Settings) -> int:
    """Return the fewest iterations worth loading the engine for: about a millisecond at most."""
    if settings.min_work_ms is not None:
        return 0
    key = site.info.key
    weight = _weights.get(key)
    if weight is None:
        weight = _weights[key] = _weigh(site.info.node)
    return -(-_SMALL // weight)


_SMALL = 5000
"""Nodes of the text to be evaluated, of some 20 ns to 200 ns each."""

_weights: dict[str, int] = {}


_left: list[Site] = []
"""Sites that ask for large loops only, until settings change or the engine is loaded."""


def _leave_small(site: Site, least: int) -> None:
    """Let `site` ask only for loops of at least so many iterations."""
    _left.append(site)
    config.on_change(_ask_all)
    site.least = least


def _ask_all() -> None:
    while _left:
        _left.pop().least = 0


def _weigh(loop: ast.For) -> int:
    """Return how many nodes an iteration evaluates, or a large number if there is a loop in it."""
    nodes = [node for statement in loop.body for node in ast.walk(statement)]
    has_loop = any(isinstance(node, ast.For | ast.While) for node in nodes)
    return _SMALL if has_loop else len(nodes)
