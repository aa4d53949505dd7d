"""Blocks that run chunk by chunk: what trips is taken back, what does not stays done.

`python -m tests.runtime.random_chunks` tries many random loops.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.runtime.random_chunks import find_failure

import parloop
from parloop.runtime import chunks, dispatch, transaction
from parloop.runtime.transaction import Launch

N = 60_000


@pytest.mark.parametrize("trips", ["", "all", "middle"])
@pytest.mark.parametrize("seed", range(12))
def test_random_loops_leave_what_python_leaves(seed: int, trips: str, tmp_path: Path) -> None:
    why = find_failure(seed, trips, tmp_path)
    assert why is None, why


def scale(k: float, x: Any, y: Any) -> int:
    for i in range(len(x)):
        y[i] = k * x[i] + y[i]
    return i


def scale_or_keep(k: float, x: Any, y: Any) -> float:
    t = 0.5
    for i in range(len(x)):
        if x[i] > 0.999999:
            t = x[i]
        y[i] = k * x[i] + y[i]
    return t


def arrays(*, big: tuple[int, ...] = ()) -> tuple[Any, Any]:
    rng = np.random.default_rng(3)
    x, y = rng.random(N, dtype=np.float32), rng.random(N, dtype=np.float32)
    for place in big:
        x[place] = y[place] = np.float32(3e38)
    return x, y


class Seen:
    """What the launches of a test asked for, and were left with."""

    def __init__(self) -> None:
        self.launches: list[Launch] = []

    @property
    def ranges(self) -> list[tuple[int, int]]:
        """The iterations that were left of the last slice."""
        made = self.launches[-1].chunks
        assert made is not None
        return [] if made.kept is None else made.kept.ranges


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Seen:
    found = Seen()
    run = Launch.run

    def watched(launch: Launch) -> None:
        found.launches.append(launch)
        run(launch)

    monkeypatch.setattr(Launch, "run", watched)
    return found


def run_scale(function: Any = scale, *, big: tuple[int, ...] = (), threads: int = 2) -> list[str]:
    """Run natively and in CPython; return the warnings' texts, all else being the same."""
    texts = []
    results = []
    for run in (parloop.parallel(function, threads=threads, min_work_ms=0), function):
        x, y = arrays(big=big)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("default")
            results.append((run(2.5, x, y), x.tobytes(), y.tobytes()))
        texts.append([str(each.message) for each in caught])
        function.__globals__.pop("__warningregistry__", None)
    assert results[0] == results[1]
    assert texts[0] == texts[1]
    return texts[0]


def test_a_loop_without_events_saves_chunks(seen: Seen) -> None:
    assert run_scale() == []
    assert seen.launches[0].buffers == {}
    assert seen.ranges == []


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("place", [0, N // 2, N - 1])
def test_only_what_follows_in_the_block_runs_again(seen: Seen, place: int, threads: int) -> None:
    assert run_scale(big=(place,), threads=threads) == ["overflow encountered in scalar multiply"]
    ((first, end),) = seen.ranges
    assert first <= place < end
    assert place - first < chunks.CHUNK_BYTES
    assert end - first <= -(-N // threads)


def test_warnings_of_several_blocks_come_once(seen: Seen) -> None:
    assert len(run_scale(big=(5, N // 2, N - 7))) == 1
    assert len(seen.ranges) == 3


def test_a_variable_that_few_iterations_assign_asks_for_whole_blocks(seen: Seen) -> None:
    run_scale(scale_or_keep)
    assert seen.launches[0].chunks is None


@pytest.mark.parametrize("around", [{"over": "raise"}, {}])
def test_iterations_that_may_end_the_loop_are_undone_as_a_whole(
    seen: Seen, around: dict[str, Any]
) -> None:
    left = []
    for run in (parloop.parallel(scale, threads=2, min_work_ms=0), scale):
        x, y = arrays(big=(N // 2,))
        with warnings.catch_warnings(), np.errstate(**around):
            warnings.simplefilter("error")
            with pytest.raises((FloatingPointError, RuntimeWarning)):
                run(2.5, x, y)
        left.append(y.tobytes())
    assert left[0] == left[1]
    made = seen.launches[0].chunks
    assert made is None or not made.active


def test_exceptions_of_handlers_wait_until_all_blocks_are_done(
    seen: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    precisely = Launch.run_precisely
    times: list[int] = []

    def interrupted(self: Launch, *given: Any) -> int:
        status = precisely(self, *given)
        times.append(1)
        if len(times) == 2:  # of three ranges
            raise KeyboardInterrupt
        return status

    monkeypatch.setattr(Launch, "run_precisely", interrupted)
    x, y = arrays(big=(5, N // 2, N - 7))
    expected = y.copy()
    with np.errstate(over="ignore"):
        scale(2.5, x, expected)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        with pytest.raises(KeyboardInterrupt):
            parloop.parallel(scale, threads=2, min_work_ms=0)(2.5, x, y)
    scale.__globals__.pop("__warningregistry__", None)
    assert len(caught) == 1
    assert len(times) == 2 + 3
    assert y.tobytes() == expected.tobytes()


def test_a_bug_in_the_precise_variant_leaves_the_right_values(
    seen: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(self: Launch, *given: Any) -> int:
        raise OSError("no precise variant")

    monkeypatch.setattr(Launch, "run_precisely", fails)
    monkeypatch.setattr(dispatch, "RAISES_BUGS", False)
    x, y = arrays(big=(5, N - 7))
    expected = y.copy()
    with np.errstate(over="ignore"):
        scale(2.5, x, expected)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert parloop.parallel(scale, threads=2, min_work_ms=0)(2.5, x, y) == N - 1
    assert isinstance(seen.launches[0].failure, OSError)
    assert y.tobytes() == expected.tobytes()


def test_long_rows_are_saved_as_a_whole() -> None:
    saved = (transaction.Saved("a", 0, 0),)
    assert chunks.make_chunks(saved, {"a": np.zeros((2, chunks.LONGEST_ROWS))}, 2) is None
    made = chunks.make_chunks(saved, {"a": np.zeros((4, chunks.CHUNK_BYTES))}, 2)
    assert made is not None
    assert made.rows == 1
