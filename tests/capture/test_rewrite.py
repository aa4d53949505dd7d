"""A rewritten program leaves, notes, raises and traces what the plain one does."""

from __future__ import annotations

import ast
import sys
import traceback
from collections.abc import Iterator
from types import CodeType, FrameType
from typing import Any

import pytest
from fake_engine import declining, inside, taking
from site_programs import PROGRAMS

from parloop.capture.rewrite import rewrite
from parloop.capture.sites import REGISTRY, REGISTRY_NAME, Site
from parloop.source import Source

ENGINES = {
    "none": None,
    "declining": declining,
    "inside": inside,
    "zero": taking(lambda trips: 0),
    "one": taking(lambda trips: min(1, trips)),
    "half": taking(lambda trips: trips // 2),
    "all": taking(lambda trips: trips),
    "all_keeping": taking(lambda trips: trips, keep=True),
    "one_again_and_again": taking(lambda trips: min(1, trips), again=1),
    "two_after_each_two": taking(lambda trips: min(2, trips), again=2),
    "half_of_each_rest": taking(lambda trips: trips // 2, again=1),
    "none_and_then_all": taking(lambda trips: 0, again=1),
    "one_again_keeping": taking(lambda trips: min(1, trips), keep=True, again=1),
    "half_keeping": taking(lambda trips: (trips + 1) // 2, keep=True),
}


@pytest.fixture(autouse=True)
def _engine_as_before() -> Iterator[None]:
    before = Site.engine
    yield
    REGISTRY.set_engine(before)


def compiled(text: str, path: str, with_sites: bool) -> CodeType:
    tree = ast.parse(text, path)
    if with_sites:
        tree, _ = rewrite(tree, Source(path, text))
    return compile(tree, path, "exec", dont_inherit=True)


def run(code: CodeType, with_sites: bool) -> dict[str, Any]:
    """Return what running `code` shows to anybody who looks."""
    noted: list[object] = []
    names: dict[str, Any] = {"__name__": "program", "out": lambda *seen: noted.append(repr(seen))}
    if with_sites:
        REGISTRY.install(names)
    raised: tuple[object, ...] = ()
    try:
        exec(code, names)
    except Exception as error:
        places = [
            (place.name, place.lineno, place.end_lineno, place.colno, place.end_colno)
            for place in traceback.extract_tb(error.__traceback__)
            if place.filename == code.co_filename
        ]
        raised = (type(error), str(error), places, _codes_in(error))
    names.pop(REGISTRY_NAME, None)
    left = {name: repr(value) for name, value in names.items() if isinstance(value, int | str)}
    left["order of names"] = str([name for name in names if name != "__builtins__"])
    return {"noted": noted, "raised": raised, "left": left}


def _codes_in(error: Exception) -> list[str]:
    return [f.f_code.co_filename for f, _ in traceback.walk_tb(error.__traceback__)][1:]


def codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from codes(constant)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_rewritten_program_leaves_what_the_plain_one_leaves(name: str, engine: str) -> None:
    path = f"{name}.py"
    expected = run(compiled(PROGRAMS[name], path, False), False)
    code = compiled(PROGRAMS[name], path, True)
    REGISTRY.set_engine(ENGINES[engine])
    assert run(code, True) == expected
    assert not [site for site in REGISTRY.sites.values() if site.open]


@pytest.mark.parametrize("name", PROGRAMS)
def test_only_a_text_that_binds_range_gets_no_sites(name: str) -> None:
    _, sites = rewrite(ast.parse(PROGRAMS[name]), Source(f"{name}.py", PROGRAMS[name]))
    assert bool(sites) == (name != "a_shadowed_range")


@pytest.mark.parametrize("name", PROGRAMS)
def test_code_objects_differ_in_their_instructions_and_global_names_only(name: str) -> None:
    plain = list(codes(compiled(PROGRAMS[name], f"{name}.py", False)))
    with_sites = list(codes(compiled(PROGRAMS[name], f"{name}.py", True)))
    for attribute in ("co_varnames", "co_cellvars", "co_freevars", "co_name", "co_qualname",
                      "co_flags", "co_firstlineno", "co_argcount", "co_filename"):  # fmt: skip
        assert [getattr(code, attribute) for code in with_sites] == [
            getattr(code, attribute) for code in plain
        ]


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("engine", ["none", "declining"])
def test_line_events_are_those_of_the_plain_program(name: str, engine: str) -> None:
    path = f"{name}.py"
    expected = traced(compiled(PROGRAMS[name], path, False), False)
    code = compiled(PROGRAMS[name], path, True)
    REGISTRY.set_engine(ENGINES[engine])
    assert told(traced(code, True)) == told(expected)


def told(events: list[tuple[str, str, int]]) -> list[tuple[str, str, int]]:
    """Return the events; since Python 3.12 without those that tell a function's line once more.

    There a jump back within the header's line, or a call in it, tells the line again.
    """
    if sys.version_info < (3, 12):
        return events
    last: dict[str, tuple[str, str, int]] = {}
    kept: list[tuple[str, str, int]] = []
    for event in events:
        if event != last.get(event[1]):
            kept.append(event)
        last[event[1]] = event
    return kept


def traced(code: CodeType, with_sites: bool) -> list[tuple[str, str, int]]:
    events: list[tuple[str, str, int]] = []

    def trace(frame: FrameType, event: str, _: object) -> Any:
        if frame.f_code.co_filename != code.co_filename:
            return None
        events.append((event, frame.f_code.co_name, frame.f_lineno))
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        run(code, with_sites)
    finally:
        sys.settrace(before)
    return events
