"""What `parloop doctor` says of a machine."""

from __future__ import annotations

from parloop.report.doctor import describe


def test_the_doctor_names_versions_threads_cache_and_times_one_loop() -> None:
    text = describe(lambda function: function, ["cache     none"])
    for word in ("python", "numpy", "llvmlite", "islpy", "threads", "cache     none", "CPython"):
        assert word in text
    assert "have the same bits" in text
