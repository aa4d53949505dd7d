"""What ran in this process, as people and programs read it.

    3 of 7 loops ran natively, 0.41 s; about 58 s in the interpreter

`parloop.runtime.stats` counts; this module takes a snapshot of the counts, which does not change
any more, and presents it as a table, as HTML and as a dictionary.
"""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final

from parloop.diagnostics import Diagnostic
from parloop.runtime.stats import GpuCounts, SiteRecord, SiteVerdict, clear_records, records

if TYPE_CHECKING:
    from parloop.runtime.seen import Seen
    from parloop.schedule.devices import Prediction


@dataclass(frozen=True, slots=True)
class SiteStats:
    """What one loop of the user's text did until the report was made."""

    file: str
    line: int
    column: int
    end_line: int
    function: str
    verdict: SiteVerdict
    native_runs: int
    interpreted_runs: int
    device: str
    seconds: float
    """Time in native runs."""
    compile_seconds: float
    """Time spent on analysis and machine code."""
    iterations: int
    """Iterations of the outermost loop that ran natively."""
    fallbacks: tuple[tuple[Diagnostic, int], ...]
    """Why the interpreter ran all or a part of it, and how often, the most frequent first."""
    threads: int
    exactness: str
    estimated_interpreter_seconds: float
    """What the interpreted runs are estimated to have taken."""
    gpu: GpuCounts
    """What ran on the GPU, and what was copied for it."""
    interpreter_seconds_per_iteration: float = 0.0
    """What the interpreter is estimated to take for an iteration of a native run."""
    seen: Seen | None = None
    """The largest launch, as far as the cost model needs it."""

    @property
    def predicted(self) -> Prediction | None:
        """What the cost model expects of the largest launch, if it has seen one."""
        if self.seen is None:
            return None
        from parloop.report.predictions import prediction_of  # reports of nothing stay light

        return prediction_of(self.seen, self.threads)

    @property
    def place(self) -> str:
        """`file:line` with the file's last part only."""
        return f"{PurePath(self.file).name}:{self.line}"

    def to_dict(self) -> dict[str, Any]:
        """Return everything as strings, numbers, lists and dictionaries."""
        fields = {name: getattr(self, name) for name in self.__slots__}
        fields["gpu"] = asdict(self.gpu)
        del fields["seen"]
        predicted = self.predicted
        fields["predicted"] = None if predicted is None else asdict(predicted)
        fields["fallbacks"] = [
            {"code": why.code, "voice": why.voice, "message": why.message, "line": why.span.line,
             "notes": list(why.notes), "count": count}
            for why, count in self.fallbacks
        ]  # fmt: skip
        return fields


@dataclass(frozen=True, slots=True)
class Report:
    """A snapshot of what ran. `str(report)` is the table."""

    sites: tuple[SiteStats, ...]

    def __str__(self) -> str:
        summary = summary_of(self)
        if summary is None:
            return "parloop: no loop was entered"
        return "\n".join((*_table(self.sites), "", summary))

    def to_dict(self) -> dict[str, Any]:
        """Return everything as strings, numbers, lists and dictionaries, ready for JSON."""
        return {"summary": summary_of(self), "sites": [site.to_dict() for site in self.sites]}

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{html.escape(name)}</th>" for name in _COLUMNS)
        rows = "".join(
            "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in _cells(site)) + "</tr>"
            + "".join(
                f'<tr><td></td><td colspan="{len(_COLUMNS) - 1}">{html.escape(line)}</td></tr>'
                for line in _fallback_lines(site)
            )
            for site in self.sites
        )  # fmt: skip
        summary = summary_of(self) or "parloop: no loop was entered"
        return f"<table><tr>{head}</tr>{rows}</table><p>{html.escape(summary)}</p>"


def report() -> Report:
    """Return what ran so far in this process, loops that were never entered left out."""
    entered = (r for r in records() if r.native_runs or r.interpreted_runs or r.fallbacks)
    return Report(tuple(sorted(map(_snapshot, entered), key=lambda s: (s.file, s.line, s.column))))


def reset_report() -> None:
    """Start counting anew."""
    clear_records()


def summary_line() -> str | None:
    """Return the line that is said at exit, or None when no loop was entered."""
    return summary_of(report())


def summary_of(seen: Report) -> str | None:
    """Return `seen` in one line, or None when no loop was entered."""
    if not seen.sites:
        return None
    native = [site for site in seen.sites if site.native_runs]
    line = f"parloop: {len(native)} of {_count(len(seen.sites), 'loop')} ran natively"
    if native:
        line += f", {show_seconds(sum(site.seconds for site in native))}"
    left = sum(site.estimated_interpreter_seconds for site in seen.sites)
    if left < _WORTH_SAYING:
        return line
    largest = max(seen.sites, key=lambda site: site.estimated_interpreter_seconds)
    why = f", {largest.fallbacks[0][0].message}" if largest.fallbacks else ""
    return (
        f"{line}; about {show_seconds(left)} in the interpreter; "
        f"the largest left: {largest.place}{why} (parloop run --report)"
    )


_WORTH_SAYING = 0.001
"""Seconds in the interpreter under which the summary does not speak of them."""

_COLUMNS = ("loop", "function", "verdict", "native", "interpreted", "iterations", "device",
            "threads", "seconds", "compiling")  # fmt: skip


def _snapshot(record: SiteRecord) -> SiteStats:
    fallbacks = sorted(record.fallbacks.items(), key=lambda pair: -pair[1])
    return SiteStats(
        file=record.file,
        line=record.line,
        column=record.column,
        end_line=record.end_line,
        function=record.function,
        verdict=record.verdict,
        native_runs=record.native_runs,
        interpreted_runs=record.interpreted_runs,
        device=record.device,
        seconds=record.seconds,
        compile_seconds=record.compile_seconds,
        iterations=record.iterations,
        fallbacks=tuple(fallbacks),
        threads=record.threads,
        exactness=record.exactness,
        estimated_interpreter_seconds=record.estimated_interpreter_seconds,
        gpu=record.gpu,
        interpreter_seconds_per_iteration=record.interpreter_seconds_per_iteration,
        seen=record.seen,
    )


def report_rows(
    ran: Report,
) -> tuple[tuple[str, ...], list[tuple[tuple[str, ...], tuple[str, ...]]]]:
    """Return the columns of the table, and each row with the lines that stand below it."""
    return _COLUMNS, [(_cells(site), tuple(_fallback_lines(site))) for site in ran.sites]


def _table(sites: tuple[SiteStats, ...]) -> Iterator[str]:
    rows = [_COLUMNS, *(_cells(site) for site in sites)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_COLUMNS))]
    for index, row in enumerate(rows):
        yield "  ".join(
            cell.ljust(width) if column < _TEXT_COLUMNS else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        if index:
            yield from (f"    {line}" for line in _fallback_lines(sites[index - 1]))


_TEXT_COLUMNS = 3
"""Columns of the table, from the left, that hold words and not numbers."""


def _cells(site: SiteStats) -> tuple[str, ...]:
    return (
        site.place,
        site.function,
        site.verdict,
        str(site.native_runs),
        str(site.interpreted_runs),
        str(site.iterations),
        site.device,
        str(site.threads or "-"),
        show_seconds(site.seconds) if site.native_runs else "-",
        show_seconds(site.compile_seconds) if site.compile_seconds else "-",
    )


TOO_LITTLE: Final = "too little work so far to pay for machine code"
"""Of loops too small, and of those that have not yet taken as long as their code takes to make."""


def _fallback_lines(site: SiteStats) -> Iterator[str]:
    if site.gpu.runs:
        yield _gpu_line(site.gpu)
    if site.native_runs and (predicted := site.predicted) is not None:
        yield f"a launch, predicted: {show_prediction(predicted, site.threads)}"
    for why, count in site.fallbacks:
        where = f" (line {why.span.line})" if why.span.line else ""
        yield f"{count} x {why}{where}"
    if not site.fallbacks and not site.native_runs:
        yield f"{site.interpreted_runs} x {TOO_LITTLE}"


def _gpu_line(gpu: GpuCounts) -> str:
    return (
        f"on the GPU: {_count(gpu.runs, 'run')}, {_count(gpu.kernels, 'kernel')}, "
        f"{_count(gpu.launches, 'launch', 'launches')}, {_bytes(gpu.bytes_in)} in, "
        f"{_bytes(gpu.bytes_out)} out, {show_seconds(gpu.seconds)}, "
        f"of which kernels {show_seconds(gpu.kernel_seconds)}"
    )


def show_prediction(predicted: Prediction, threads: int) -> str:
    """Return a prediction in words."""
    cores = f"{threads} threads" if threads > 1 else "1 thread"
    sides = [f"CPython {show_seconds(predicted.interpreter)}"]
    sides.append(f"{cores} {show_seconds(predicted.cpu)}")
    if predicted.gpu is not None:
        sides.append(f"GPU {show_seconds(predicted.gpu)}")
    return ", ".join(sides)


def _bytes(count: int) -> str:
    for unit in ("bytes", "KiB", "MiB"):
        if count < 10240:
            return f"{count} {unit}"
        count >>= 10
    return f"{count} GiB"


def show_seconds(seconds: float) -> str:
    """Return a time as people read it: `12 s`, `0.41 s`, `1.2 ms`."""
    if seconds >= 10:
        return f"{seconds:.0f} s"
    if seconds >= 0.01 or seconds == 0:
        return f"{seconds:.2f} s"
    return f"{seconds * 1000:.2g} ms" if seconds >= 1e-4 else f"{seconds * 1e6:.2g} µs"


def _count(number: int, noun: str, plural: str = "") -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {plural or noun + 's'}"
