"""What was measured of a machine is found again there, and nothing else is taken for it."""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from parloop.runtime import cache, constants
from parloop.runtime.constants import (
    Constants,
    cpu_costs,
    file_name,
    known_constants,
    parse,
    save_constants,
)
from parloop.schedule.devices import CpuCosts, GpuCosts

MEASURED = Constants(CpuCosts(threads=4, entry_seconds=2.5e-6), {"A GPU": GpuCosts(1e12)})


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    made = tmp_path / "cache"
    monkeypatch.setenv("PARLOOP_CACHE_DIR", str(made))
    cache._open.cache_clear()
    constants._read.clear()
    yield made
    cache._open.cache_clear()
    constants._read.clear()


def test_before_anything_is_measured_constants_are_sane(folder: Path) -> None:
    assert known_constants() == Constants()
    assert cpu_costs(8).threads == 8
    assert cpu_costs(1).bytes_per_second <= cpu_costs(8).bytes_per_second


def test_what_was_saved_is_found_and_people_can_read_it(folder: Path) -> None:
    assert save_constants(MEASURED) == folder / file_name()
    assert known_constants() == MEASURED
    assert json.loads((folder / file_name()).read_text())["cpu"]["threads"] == 4
    assert cpu_costs(2).threads == 2
    save_constants(Constants())
    assert known_constants() == Constants()


def changed(**changes: Any) -> str:
    save_constants(MEASURED)
    content = json.loads((cache.open_cache().info_folder() or Path()).joinpath(file_name())
                         .read_text())  # fmt: skip
    for path, value in changes.items():
        at = content
        *way, last = path.split("__")
        for step in way:
            at = at[step]
        if value is None:
            del at[last]
        else:
            at[last] = value
    return json.dumps(content)


@pytest.mark.parametrize(
    "changes",
    [
        {"version": 2},
        {"machine": ["another", "cpu", "4"]},
        {"cpu__entry_seconds": None},
        {"cpu__entry_seconds": 0},
        {"cpu__entry_seconds": -1.0},
        {"cpu__entry_seconds": "fast"},
        {"cpu__entry_seconds": True},
        {"cpu__entry_seconds": 1e300},
        {"cpu__threads": 1.5},
        {"cpu__more": 1.0},
        {"cpu": []},
        {"gpus": []},
        {"gpus": {"A GPU": {"doubles_per_second": 1.0}}},
    ],
    ids=str,
)
def test_what_cannot_be_meant_for_this_machine_is_refused(
    folder: Path, changes: dict[str, Any]
) -> None:
    text = changed()
    assert parse(text) == MEASURED
    assert parse(changed(**changes)) == Constants()


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "3", '{"version": 1}', "[" * 100_000])
def test_what_is_no_such_file_is_refused(text: str) -> None:
    assert parse(text) == Constants()


def test_numbers_that_are_not_finite_are_refused(folder: Path) -> None:
    assert parse(changed().replace("2.5e-06", "NaN")) == Constants()
    assert parse(changed().replace("2.5e-06", "Infinity")) == Constants()


def test_a_file_that_others_may_write_is_foreign(folder: Path) -> None:
    path = save_constants(MEASURED)
    assert isinstance(path, Path)
    path.chmod(0o666)
    assert known_constants() == Constants()
    path.unlink()
    path.symlink_to(folder / "elsewhere")
    assert known_constants() == Constants()
    path.unlink()
    path.write_bytes(b"\xff\xfe")
    assert known_constants() == Constants()


def test_emptying_the_cache_leaves_what_was_measured(folder: Path) -> None:
    save_constants(MEASURED)
    cache.open_cache().clear()
    assert known_constants() == MEASURED


def test_without_a_folder_nothing_is_kept_and_the_reason_is_said(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARLOOP_CACHE_MAX_MB", "0")
    assert save_constants(MEASURED) == "PARLOOP_CACHE_MAX_MB is 0"
    assert known_constants() == Constants()


def write_often(seconds: float) -> None:
    for _ in range(50):
        save_constants(Constants(CpuCosts(entry_seconds=seconds)))


def test_processes_that_write_at_once_leave_one_whole_file(folder: Path) -> None:
    context = multiprocessing.get_context("spawn")
    others = [context.Process(target=write_often, args=(k * 1e-6,)) for k in (1, 2)]
    save_constants(Constants(CpuCosts(entry_seconds=1e-6)))
    for other in others:
        other.start()
    while any(other.is_alive() for other in others):
        found = known_constants().cpu
        assert found is not None
        assert found.entry_seconds in (1e-6, 2e-6)
    for other in others:
        other.join()
        assert other.exitcode == 0
    assert len(list(folder.glob("*.json"))) == 1
