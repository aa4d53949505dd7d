"""Files to records on all cores, in processes that may die.

    for record in survey_all(inputs, limits, jobs=2):

Records come in the order of the files, however many processes there are. A file that kills its
process (a crash in C code, memory) or that takes too long costs one process and becomes a record
with that reason; the others go on.
"""

from __future__ import annotations

import multiprocessing
import signal
import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import FrameType
from typing import Final

from parloop.survey.files import survey_file
from parloop.survey.inputs import Input, Limits
from parloop.survey.records import FileRecord

SECONDS: Final = 20.0
"""A file that takes longer is given up."""

MOST_MEMORY: Final = 4 * 2**30
"""Bytes that a process may map beyond those that it begins with."""

_AHEAD: Final = 64
"""Files a process that may be read before the first of them is done."""


def survey_all(
    inputs: Iterator[Input], limits: Limits, jobs: int, seconds: float = SECONDS
) -> Iterator[FileRecord]:
    """Yield the record of each of `inputs`, in order. With no `jobs`, in this process."""
    if jobs == 0:
        for found in inputs:
            yield survey_file(found, limits)
        return
    pool = _Pool(limits, jobs, seconds)
    try:
        yield from pool.run(inputs)
    finally:
        pool.close()


@dataclass(slots=True, eq=False)
class _Worker:
    process: BaseProcess
    pipe: Connection
    task: tuple[int, Input] | None = None
    deadline: float = 0.0


@dataclass(slots=True)
class _Pool:
    limits: Limits
    jobs: int
    seconds: float
    workers: list[_Worker] = field(default_factory=list)
    done: dict[int, FileRecord] = field(default_factory=dict)

    def run(self, inputs: Iterator[Input]) -> Iterator[FileRecord]:
        """Yield the records of `inputs` in order."""
        pending: deque[tuple[int, Input]] = deque()
        numbered = enumerate(inputs)
        next_out, more = 0, True
        read = 0
        while True:
            while more and read - next_out < _AHEAD * self.jobs and len(pending) < self.jobs:
                try:
                    number, found = next(numbered)
                except StopIteration:
                    more = False
                    break
                read = number + 1
                if found.problem is not None:
                    self.done[number] = survey_file(found, self.limits)
                else:
                    pending.append((number, found))
            while pending and (worker := self.idle()) is not None:
                self.give(worker, pending.popleft())
            while next_out in self.done:
                yield self.done.pop(next_out)
                next_out += 1
            if any(worker.task for worker in self.workers):
                self.collect()
            elif not more and not pending:
                return

    def idle(self) -> _Worker | None:
        """Return a process that has nothing to do, a new one where there may be one."""
        for worker in self.workers:
            if worker.task is None:
                return worker
        if len(self.workers) < self.jobs:
            self.workers.append(self.start())
            return self.workers[-1]
        return None

    def start(self) -> _Worker:
        """Return a new process."""
        context = multiprocessing.get_context("spawn")
        mine, its = context.Pipe()
        process = context.Process(target=_work, args=(its, self.limits, self.seconds), daemon=True)
        process.start()
        its.close()
        return _Worker(process, mine)

    def give(self, worker: _Worker, task: tuple[int, Input]) -> None:
        """Let `worker` look at a file."""
        worker.task = task
        worker.deadline = time.monotonic() + 2 * self.seconds + _START
        try:
            worker.pipe.send(task[1])
        except OSError:  # it has died meanwhile
            self.bury(worker, "killed its process")

    def collect(self) -> None:
        """Wait until a process has something to say, or has died, or has had its time."""
        busy = {worker.pipe: worker for worker in self.workers if worker.task}
        earliest = min(worker.deadline for worker in busy.values())
        ready = wait(list(busy), max(0.0, earliest - time.monotonic()))
        for pipe in ready:
            worker = busy[pipe]  # type: ignore[index]
            assert worker.task is not None
            try:
                self.done[worker.task[0]] = worker.pipe.recv()
                worker.task = None
            except (EOFError, OSError):
                worker.process.join(5)
                self.bury(worker, "killed its process")
        for worker in busy.values():
            if worker.task and worker.deadline <= time.monotonic():
                self.bury(worker, "took too long")

    def bury(self, worker: _Worker, problem: str) -> None:
        """Note why a process is gone, and forget it."""
        assert worker.task is not None
        number, found = worker.task
        detail = _end_of(worker.process) if problem != "took too long" else f"{self.seconds:g} s"
        self.done[number] = FileRecord(found.label, found.kind, problem=problem, detail=detail)
        worker.process.kill()
        worker.process.join()
        worker.pipe.close()
        self.workers.remove(worker)

    def close(self) -> None:
        """End all processes."""
        for worker in self.workers:
            if worker.task is None:
                with suppress(OSError):
                    worker.pipe.send(None)
            else:
                worker.process.kill()
        for worker in self.workers:
            worker.process.join(5)
            worker.process.kill()
            worker.process.join()
            worker.pipe.close()
        self.workers.clear()


_START: Final = 60.0
"""Seconds that a new process may take to begin, on a busy machine."""


def _end_of(process: BaseProcess) -> str:
    code = process.exitcode
    if code is None:
        return "ended"
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"


class _TookTooLong(BaseException):
    """The time for one file is over. Not an `Exception`, so that nothing on the way catches it."""


def _work(pipe: Connection, limits: Limits, seconds: float) -> None:
    """Answer each file on `pipe` with its record until there is None."""
    _limit_memory()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends its processes
    timed = hasattr(signal, "setitimer")
    if timed:
        signal.signal(signal.SIGALRM, _give_up)
    with suppress(EOFError, OSError):
        while (found := pipe.recv()) is not None:
            try:
                if timed:
                    signal.setitimer(signal.ITIMER_REAL, seconds)
                record = survey_file(found, limits)
                if timed:
                    signal.setitimer(signal.ITIMER_REAL, 0)
            except _TookTooLong:
                record = FileRecord(
                    found.label, found.kind, problem="took too long", detail=f"{seconds:g} s"
                )
            pipe.send(record)


def _give_up(_signal: int, _frame: FrameType | None) -> None:
    raise _TookTooLong


def _limit_memory() -> None:
    if sys.platform == "linux":
        import resource

        pages = int(Path("/proc/self/statm").read_text().split()[0])
        limit = pages * resource.getpagesize() + MOST_MEMORY
        _, most = resource.getrlimit(resource.RLIMIT_AS)
        if most != resource.RLIM_INFINITY:
            limit = min(limit, most)
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_AS, (limit, most))
