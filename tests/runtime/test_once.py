"""What threads make together: one of it is kept, and everyone gets that one."""

from __future__ import annotations

import ast
import threading
from pathlib import Path

import pytest

import parloop
from parloop.runtime.once import once


def test_threads_that_make_it_at_the_same_time_get_the_same() -> None:
    together = threading.Barrier(4)

    @once
    def make(name: str) -> list[str]:
        together.wait(60)  # all of them have found nothing yet
        return [name]

    found: list[list[str]] = []
    threads = [threading.Thread(target=lambda: found.append(make("a"))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert all(each is found[0] for each in found)
    assert make("a") is found[0]


def test_what_is_made_while_it_is_being_made_stays() -> None:
    depth = [0]

    @once
    def make() -> list[int]:
        depth[0] += 1
        if depth[0] == 1:
            inner.append(make())  # as the handler of a signal does
        return [depth[0]]

    inner: list[list[int]] = []
    assert make() is inner[0]
    assert make() is inner[0]


def test_an_exception_is_not_kept() -> None:
    answers = iter((None, 1))

    @once
    def make() -> int:
        answer = next(answers)
        if answer is None:
            raise ValueError("not yet")
        return answer

    with pytest.raises(ValueError, match="not yet"):
        make()
    assert make() == 1


def test_machine_code_is_in_no_cache_that_may_forget_what_a_thread_was_given() -> None:
    """`functools.cache` keeps only one of what two threads make at a time."""
    found: list[str] = []
    for path in Path(parloop.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.FunctionDef):
                continue
            cached = {ast.unparse(each) for each in node.decorator_list}
            calls = [each.func for each in ast.walk(node) if isinstance(each, ast.Call)]
            loading = {"jit.load", "_load", "_Native", "launch_side"}
            loads = loading & {ast.unparse(call) for call in calls}
            if loads and cached & {"cache", "functools.cache"}:
                found.append(f"{path.name}: {node.name}")
    assert found == []
