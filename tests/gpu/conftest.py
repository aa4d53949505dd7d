"""What holds for the tests of the GPU's side."""

from __future__ import annotations

import threading

import pytest


@pytest.fixture(autouse=True)
def no_threads_of_other_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have threads that earlier tests have left not counted: beside others, results are stored
    in another way."""
    count = threading.active_count
    left = count() - 1
    monkeypatch.setattr(threading, "active_count", lambda: max(1, count() - left))
