"""Settings: who asked last, what is allowed, and how wrong values are named."""

from __future__ import annotations

import threading
from typing import Any

import pytest

import parloop
from parloop import config
from parloop.config import Settings, current_settings, is_off, log_level, read_environment


@pytest.fixture(autouse=True)
def _layers_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "_layers", [{}, {}])
    monkeypatch.setattr(config, "_process", None)
    for name in config.SETTING_NAMES:
        monkeypatch.delenv(f"PARLOOP_{name.upper()}", raising=False)


def test_the_defaults_are_those_of_the_contract() -> None:
    assert current_settings() == Settings(
        device="auto", exactness="exact", strict=False, verify=False, threads=None, min_work_ms=None
    )


def test_who_asked_last_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLOOP_THREADS", "1")
    monkeypatch.setattr(config, "_process", None)
    assert current_settings().threads == 1
    config.set_command_line({"threads": 2})
    assert current_settings().threads == 2
    parloop.configure(threads=3)
    assert current_settings().threads == 3
    with parloop.settings(threads=4) as held:
        assert (held.threads, current_settings().threads) == (4, 4)
        assert current_settings({"threads": 5}).threads == 5
        parloop.configure(threads=6)
        assert current_settings().threads == 4
    assert current_settings().threads == 6


def test_none_is_a_value_like_another() -> None:
    parloop.configure(threads=3, min_work_ms=0)
    with parloop.settings(threads=None, min_work_ms=None):
        assert (current_settings().threads, current_settings().min_work_ms) == (None, None)


def test_configure_leaves_what_it_does_not_name() -> None:
    parloop.configure(device="cpu", threads=2)
    parloop.configure(verify=True)
    assert current_settings() == Settings(device="cpu", threads=2, verify=True)


def test_a_wrong_value_changes_nothing() -> None:
    with pytest.raises(ValueError, match="threads"):
        parloop.configure(device="cpu", threads=0)
    assert current_settings().device == "auto"


def test_blocks_nest_and_end_with_exceptions() -> None:
    with parloop.settings(device="cpu"):
        with pytest.raises(KeyError), parloop.settings(strict=True):
            raise KeyError(current_settings() == Settings(device="cpu", strict=True))
        assert current_settings() == Settings(device="cpu")
    assert current_settings() == Settings()


def test_a_block_is_seen_by_its_own_thread_only() -> None:
    seen: list[str] = []
    with parloop.settings(device="cpu"):
        thread = threading.Thread(target=lambda: seen.append(current_settings().device))
        thread.start()
        thread.join()
    assert seen == ["auto"]


def test_settings_decorate_functions_too() -> None:
    @parloop.settings(device="cpu")
    def device() -> str:
        return current_settings().device

    assert (device(), device(), current_settings().device) == ("cpu", "cpu", "auto")


@pytest.mark.parametrize(
    ("values", "kind", "message"),
    [
        ({"threads": 0}, ValueError, "threads=0 must be at least 1"),
        ({"threads": 2.0}, TypeError, "threads=2.0 must be a whole number or None"),
        ({"threads": True}, TypeError, "threads=True must be a whole number or None"),
        ({"device": "gpu"}, ValueError,
         "device='gpu' must be one of auto, cpu, cuda, interpreter"),
        ({"device": None}, TypeError, "device=None must be one of auto, cpu, cuda, interpreter"),
        ({"exactness": "fast"}, ValueError,
         "exactness='fast' must be one of exact, ulp, reassociate"),
        ({"strict": 1}, TypeError, "strict=1 must be True or False"),
        ({"verify": "yes"}, TypeError, "verify='yes' must be True or False"),
        ({"min_work_ms": -1}, ValueError, "min_work_ms=-1 must be at least 0, and finite"),
        ({"min_work_ms": float("nan")}, ValueError,
         "min_work_ms=nan must be at least 0, and finite"),
        ({"min_work_ms": "1"}, TypeError, "min_work_ms='1' must be a number or None"),
        ({"thread": 1}, TypeError, "thread=1 is not a setting; there are device, exactness, "
         "strict, verify, threads, min_work_ms"),
    ],
)  # fmt: skip
def test_errors_name_the_argument_the_value_and_the_rule(
    values: dict[str, Any], kind: type[Exception], message: str
) -> None:
    for ask in (parloop.configure, lambda **v: parloop.settings(**v).__enter__(), parloop.parallel):
        with pytest.raises(kind) as caught:
            ask(**values)
        assert str(caught.value) == message


def test_the_environment_speaks_in_words() -> None:
    given = {
        "PARLOOP_DEVICE": " CPU ",
        "PARLOOP_EXACTNESS": "ulp",
        "PARLOOP_STRICT": "yes",
        "PARLOOP_VERIFY": "0",
        "PARLOOP_THREADS": "auto",
        "PARLOOP_MIN_WORK_MS": "2.5",
    }
    assert read_environment(given) == {
        "device": "cpu", "exactness": "ulp", "strict": True, "verify": False, "threads": None,
        "min_work_ms": 2.5,
    }  # fmt: skip
    assert read_environment({"PARLOOP_THREADS": " ", "PARLOOP_DEVICES": "x"}) == {}
    with pytest.raises(TypeError, match=r"PARLOOP_STRICT='maybe' must be True or False"):
        read_environment({"PARLOOP_STRICT": "maybe"})
    with pytest.raises(ValueError, match=r"PARLOOP_THREADS=-2 must be at least 1"):
        read_environment({"PARLOOP_THREADS": "-2"})


@pytest.mark.parametrize(
    ("value", "off"), [("off", True), ("OFF", True), ("0", True), ("on", False), ("", False)]
)
def test_parloop_off_is_understood(value: str, off: bool) -> None:
    assert is_off({"PARLOOP": value}) is off
    assert not is_off({})


def test_log_levels_are_checked() -> None:
    assert log_level({"PARLOOP_LOG": "Info"}) == "info"
    assert log_level({}) is None
    with pytest.raises(ValueError, match="PARLOOP_LOG='loud' must be one of debug, info, warning"):
        log_level({"PARLOOP_LOG": "loud"})
