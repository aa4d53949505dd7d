"""Activations survive recursion, threads, interrupts and abandoned generators."""

from __future__ import annotations

import ast
import pickle
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any

import numpy as np
import pytest

from parloop.capture.rewrite import rewrite
from parloop.capture.sites import KEEP, REGISTRY, UNBOUND, Outcome, Registry, Site, mangle
from parloop.source import Source


@pytest.fixture(autouse=True)
def _engine_as_before() -> Iterator[None]:
    before = Site.engine
    yield
    REGISTRY.set_engine(before)


def made(text: str, **names: object) -> dict[str, Any]:
    """Return the globals of `text` after it ran with sites; `site` is its first one."""
    tree, sites = rewrite(ast.parse(text), Source("text.py", text))
    space: dict[str, Any] = {"__name__": "text", **names}
    REGISTRY.install(space)
    exec(compile(tree, "text.py", "exec"), space)
    return {**space, "site": REGISTRY.sites[sites[0].key]}


SUM = """
def f(n, step=1):
    s = 0
    for i in range(n):
        s += step
    return s, i
"""


def whole(site: Site, indices: range, values: tuple[object, ...], frame: FrameType) -> Outcome:
    """Take over every iteration of `SUM`'s loop."""
    passed = dict(zip(site.info.passed, values, strict=True))
    return Outcome(len(indices), (indices[-1], passed["s"] + passed["step"] * len(indices)))


def test_the_engine_gets_range_passed_values_and_frame() -> None:
    seen: list[object] = []

    def engine(
        site: Site, indices: range, values: tuple[object, ...], frame: FrameType
    ) -> Outcome | None:
        passed = dict(zip(site.info.passed, values, strict=True))
        seen.append((indices, passed["n"], passed["s"], passed["step"], frame.f_code.co_name))
        seen.append((site.look_up(frame, "i"), site.look_up(frame, "print") is print))
        return None

    space = made(SUM)
    REGISTRY.set_engine(engine)
    assert space["f"](3) == (3, 2)
    assert seen == [(range(3), 3, 0, 1, "f"), (UNBOUND, True)]


def test_what_the_text_says_of_a_site() -> None:
    info = made(SUM)["site"].info
    assert (info.line, info.column, info.end_line, info.function) == (4, 4, 5, "f")
    assert (info.outputs, info.scope, info.has_else) == (("i", "s"), "function", False)
    assert (info.passed, info.looked_up) == (("range", "n", "s", "step"), ())
    assert ast.unparse(info.node) == "for i in range(n):\n    s += step"


def test_columns_are_counted_in_characters() -> None:
    info = made("if 'é':\n    é = 'ü'; ñ = 1\nif 'é': \n  for ü in range(2): ñ += 1")["site"].info
    assert (info.span.column, info.span.end_column) == (2, 27)


def test_a_site_that_is_off_never_asks() -> None:
    space = made(SUM)
    REGISTRY.set_engine(lambda *_: pytest.fail("asked"))
    space["site"].switch(False)
    assert space["f"](3) == (3, 2)
    space["site"].switch(True)
    with pytest.raises(pytest.fail.Exception):
        space["f"](3)


def test_a_loop_of_fewer_iterations_than_wanted_never_asks() -> None:
    asked: list[int] = []

    def engine(site: Site, indices: range, *_: object) -> Outcome | None:
        asked.append(len(indices))
        return None

    text = SUM + "def g(x, s=0):\n    for i in range(len(x)): s += x[i]\n    return s\n"
    text += "def h(x, s=0):\n    for i in range(0, 0 or x, 2): s += i\n    return s\n"
    space = made(text)
    REGISTRY.set_engine(engine)
    for site in REGISTRY.sites.values():
        site.least = 5
    try:
        assert (space["f"](4), space["f"](5), space["f"](True)) == ((4, 3), (5, 4), (1, 0))
        assert (space["g"]([1] * 4), space["g"]((1,) * 5)) == (4, 5)
        assert (space["h"](8), space["h"](9)) == (12, 20)
    finally:
        for site in REGISTRY.sites.values():
            site.least = 0
    assert asked == [5, 5, 5]


@pytest.mark.parametrize(
    ("header", "arguments", "trips"),
    [
        ("len(x)", {"x": [0] * 4}, 4),
        ("len(x)", {"x": np.zeros(4)}, 4),
        ("len(x)", {"x": "four"}, 4),
        ("x.shape[1]", {"x": np.zeros((9, 4))}, 4),
        ("1, len(x) - 1", {"x": np.zeros(6)}, 4),
        ("n - len(x)", {"x": [0] * 4, "n": 8}, 4),
        ("x, len(x) if 0 else 6", {"x": 2}, 4),
        ("n, -1, -1", {"n": 3}, 4),
        ("n, 0, -2", {"n": 8}, 4),
        ("n", {"n": np.int64(4)}, 4),
        ("n - x", {"n": np.uint8(9), "x": 5}, 4),
    ],
)
def test_headers_of_many_kinds_are_measured(
    header: str, arguments: dict[str, object], trips: int
) -> None:
    names = ", ".join(arguments)
    space = made(
        f"def g({names}):\n    s = 0\n    for i in range({header}): s += 1\n    return s\n"
    )
    asked: list[int] = []
    REGISTRY.set_engine(lambda site, indices, *_: asked.append(len(indices)))
    for least, expected in ((trips + 1, []), (trips, [trips])):
        space["site"].least = least
        assert space["g"](**arguments) == trips
        assert asked == expected


def test_a_length_of_the_user_s_own_is_asked_once() -> None:
    asked: list[object] = []

    def own(x: object) -> int:
        asked.append(x)
        return 3

    text = "def g(x, s=0):\n    for i in range(len(x)): s += 1\n    return s\n"
    space = made(text, len=own)
    REGISTRY.set_engine(lambda *_: None)
    space["site"].least = 9
    assert (space["g"]([1]), asked) == (3, [[1]])


@pytest.mark.parametrize("length", [0, 1])
def test_a_header_is_evaluated_once_if_that_could_be_noticed(length: int) -> None:
    class Sized:
        asked = 0

        def __len__(self) -> int:
            Sized.asked += 1
            return length

    space = made("def g(x, s=0):\n    for i in range(len(x)): s += 1\n    return s\n")
    REGISTRY.set_engine(lambda *_: None)
    assert space["g"](Sized()) == length
    assert Sized.asked == 1


def test_a_range_longer_than_a_machine_word_runs() -> None:
    space = made("def g(n):\n    for i in range(-n, n): s = i; break\n    return s\n")
    space["site"].least = 5
    REGISTRY.set_engine(lambda *_: None)
    assert space["g"](10**30) == -(10**30)


def test_an_error_of_the_engine_comes_after_its_values_are_bound() -> None:
    text = "def f(n):\n  s = 0\n  try:\n    for i in range(n): s += 1\n"
    text += "  except KeyboardInterrupt: return s, i\n"
    space = made(text)

    for done in (2, 4):
        outcome = Outcome(done, (7, "bound"), error=KeyboardInterrupt())
        REGISTRY.set_engine(lambda *_, outcome=outcome: outcome)
        assert space["f"](4) == ("bound", 7)
    assert not space["site"].open


def test_kept_values_are_the_old_ones() -> None:
    text = "def f(n, t):\n  for i in range(n):\n    if i > n: t = i; u = i\n"
    text += "  return t, 'u' in locals()\n"
    space = made(text)
    REGISTRY.set_engine(
        lambda site, indices, *_: Outcome(
            len(indices), tuple(indices[-1] if n == "i" else KEEP for n in site.info.outputs)
        )
    )
    assert space["f"](3, "old") == ("old", False)


def test_a_loop_that_ran_whole_leaves_nothing_open() -> None:
    space = made(SUM)
    REGISTRY.set_engine(whole)
    assert space["f"](4) == (4, 3)
    assert not space["site"].open


def test_a_loop_that_ran_whole_is_over_although_another_frame_s_is_open() -> None:
    space = made(SUM)
    REGISTRY.set_engine(whole)
    other = sys._getframe()
    space["site"].open[threading.get_ident()] = (other, iter(range(9)), False, None, None)
    assert space["f"](4) == (4, 3)
    assert [activation[0] for activation in space["site"].open.values()] == [other]


def test_a_site_asks_for_all_ranges_while_one_is_open_and_for_large_ones_after_it() -> None:
    asked: list[int] = []

    def engine(
        site: Site, indices: range, values: tuple[object, ...], frame: FrameType
    ) -> Outcome | None:
        asked.append(len(indices))
        site.least = 5
        assert space["f"](3) == (3, 2)
        return None

    space = made(SUM)
    REGISTRY.set_engine(engine)
    assert space["f"](7) == (7, 6)
    assert space["f"](4) == (4, 3)
    assert asked == [7]
    assert space["site"].gate == 5


def test_a_site_that_is_off_leaves_the_longest_ranges_alone_too() -> None:
    text = "def g(n):\n    for i in range(n):\n        if i > 2: break\n    return i\n"
    space = made(text)
    REGISTRY.set_engine(None)
    assert (space["g"](1 << 31), space["g"](1 << 31)) == (3, 3)
    assert not space["site"].open


def test_a_handler_between_enter_and_rest_runs_the_same_site() -> None:
    space = made(SUM)
    site, f = space["site"], space["f"]
    inner: list[object] = []

    def engine(
        the_site: Site, indices: range, values: tuple[object, ...], frame: FrameType
    ) -> Outcome | None:
        if len(indices) == 9 and not inner:
            inner.append(None)
            inner[0] = f(5)
        return whole(the_site, indices[:2], values, frame)

    REGISTRY.set_engine(engine)
    assert f(9) == (9, 8)
    assert inner == [(5, 4)]
    frame_of_another = (None, iter(()), True, None, None)
    site.open[threading.get_ident()] = frame_of_another
    assert f(4) == (4, 3)
    assert site.open == {threading.get_ident(): frame_of_another}


def test_an_activation_left_by_an_interrupt_is_not_taken_by_the_same_frame() -> None:
    space = made(
        "def f(n, again):\n"
        "  while True:\n"
        "    try:\n"
        "      for i in range(len(n)): t = i\n"
        "      return i\n"
        "    except KeyboardInterrupt:\n"
        "      n = again()\n"
    )
    site = space["site"]

    class Interrupting(list[int]):
        pass

    class Registering(dict[int, Any]):
        def __setitem__(self, ident: int, activation: Any) -> None:
            super().__setitem__(ident, activation)
            if not interrupted:
                interrupted.append(True)
                raise KeyboardInterrupt

    interrupted: list[bool] = []
    site.open = Registering()
    REGISTRY.set_engine(lambda *_: None)
    assert space["f"](Interrupting([1] * 9), lambda: Interrupting([1] * 3)) == 2
    assert not site.open


def test_an_interrupt_never_loses_what_ran_natively() -> None:
    space = made(
        "def f(n, seen):\n"
        "  s = 0\n"
        "  try:\n"
        "    for i in range(n):\n"
        "      s += 1\n"
        "      seen[0] += 1\n"
        "  except KeyboardInterrupt: pass\n"
        "  return s\n"
    )

    def engine(site: Site, indices: range, values: tuple[object, ...], frame: FrameType) -> Outcome:
        seen: Any = dict(zip(site.info.passed, values, strict=True))["seen"]
        done = len(indices) // 2
        outcome = Outcome(done, (done - 1, done))
        seen[0] += done
        return outcome

    REGISTRY.set_engine(engine)
    previous = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        for delay in range(1, 600):
            seen = [0]
            s = None
            try:
                signal.setitimer(signal.ITIMER_REAL, delay * 1e-7)
                s = space["f"](8, seen)
                signal.setitimer(signal.ITIMER_REAL, 0)
            except KeyboardInterrupt:
                continue  # outside of the try statement in `f`
            assert s - seen[0] in (0, 1)  # in the body, the interrupt comes between two statements
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


def test_threads_and_suspended_generators_do_not_mix() -> None:
    space = made(
        "def g(n):\n"
        "  for k in range(3):\n"
        "    yield k\n"
        "    s = 0\n"
        "    for i in range(n): s += i\n"
        "    yield s\n"
    )

    def half(site: Site, indices: range, values: tuple[object, ...], frame: FrameType) -> Outcome:
        done = len(indices) // 2
        return Outcome(done, (done - 1, sum(indices[:done])))

    REGISTRY.set_engine(half)
    results: dict[int, object] = {}

    def work(n: int) -> None:
        for _ in range(50):
            both = [list(pair) for pair in zip(space["g"](n), space["g"](n + 1), strict=True)]
            results[n] = both

    threads = [threading.Thread(target=work, args=(n,)) for n in range(2, 8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for n in range(2, 8):
        sums = [sum(range(n)), sum(range(n + 1))]
        assert results[n] == [[0, 0], sums, [1, 1], sums, [2, 2], sums]
    assert not space["site"].open


def test_a_registry_that_arrives_from_another_process_revives_its_sites_switched_off() -> None:
    there = Registry()
    text = pickle.dumps(REGISTRY)
    assert pickle.loads(text) is REGISTRY
    assert there.__reduce__()[1] == ((),)
    revive, _ = REGISTRY.__reduce__()
    revive(("s_of_elsewhere",))
    foreign = vars(REGISTRY)["s_of_elsewhere"]
    assert (foreign.on, bool(foreign.open)) == (False, False)


@pytest.mark.parametrize(
    ("name", "class_name", "expected"),
    [("__x", "C", "_C__x"), ("__x", "__C", "_C__x"), ("__x", "__", "__x"), ("__x__", "C", "__x__"),
     ("_x", "C", "_x"), ("__x", None, "__x")],
)  # fmt: skip
def test_names_are_mangled_as_the_compiler_does(
    name: str, class_name: str | None, expected: str
) -> None:
    assert mangle(name, class_name) == expected
