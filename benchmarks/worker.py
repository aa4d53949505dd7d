"""One side of one program in a process of its own: `python -m benchmarks.worker PROGRAM SIDE SIZE`.

It reads one word a line and answers with one line of JSON, so that the runner can take turns:

    first    the first call's seconds
    run      the seconds of a later call, after one that is not timed
    bits     a digest of everything the next call takes and gives
    report   what parloop says it did
"""

from __future__ import annotations

import gc
import hashlib
import importlib
import json
import sys
from dataclasses import asdict
from time import perf_counter
from typing import Any

import numpy as np

from benchmarks.program import Program, bits_of, load_program, result_bits
from benchmarks.sides import PARLOOP, PARLOOP_GPU, REASSOCIATE, UnavailableError, prepare


def main() -> None:
    """Answer requests until standard input ends."""
    name, side, size = sys.argv[1:]
    program = load_program(name)
    try:
        bench = Bench(program, side, size)
    except UnavailableError as why:
        _answer({"unavailable": str(why)})
        return
    _answer({"ready": True})
    gc.collect()
    gc.disable()
    for line in sys.stdin:
        request = line.strip()
        try:
            _answer(getattr(bench, request)())
        except Exception as error:  # a tool that fails is a result, not the end of the comparison
            _answer({"unavailable": f"{type(error).__name__}: {error}"[:500]})


class Bench:
    """The arguments of one program, and one side's callable on them."""

    def __init__(self, program: Program, side: str, size: str) -> None:
        self.side = side
        self.arguments = program.make(size)
        self.kept = [
            (self.arguments[p], self.arguments[p].copy()) for p in program.output_positions()
        ]
        self.call = prepare(side, program, self.arguments)

    def first(self) -> dict[str, Any]:
        """Time a call and nothing before it."""
        start = perf_counter()
        self.call()
        return {"seconds": perf_counter() - start}

    def run(self) -> dict[str, Any]:
        """Time a call after one that is not timed; outputs are set back before each, untimed."""
        self._restore()
        self.call()
        self._restore()
        return self.first()

    def bits(self) -> dict[str, Any]:
        """Return digests of what a call leaves and returns: with types, and without."""
        self._restore()
        returned = self.call()
        typed, bare = hashlib.blake2b(digest_size=16), hashlib.blake2b(digest_size=16)
        for kind, content in result_bits(self.arguments, returned):
            typed.update(kind.encode() + b"\0" + content)
        for value in (*self.arguments, returned):
            bare.update(b"" if value is None else bits_of(np.asarray(value))[1])
        return {"typed": typed.hexdigest(), "bare": bare.hexdigest()}

    def report(self) -> dict[str, Any]:
        """Return what `parloop.report` says of the loops."""
        if self.side not in (PARLOOP, REASSOCIATE, PARLOOP_GPU):
            return {"sites": []}
        parloop: Any = importlib.import_module("parloop")

        return {
            "sites": [
                {
                    "line": site.line,
                    "verdict": site.verdict,
                    "native_runs": site.native_runs,
                    "interpreted_runs": site.interpreted_runs,
                    "estimated_interpreter_seconds": site.estimated_interpreter_seconds,
                    "device": site.device,
                    "gpu": asdict(site.gpu),
                    "fallbacks": [f"{count} x {why}" for why, count in site.fallbacks],
                }
                for site in parloop.report().sites
            ]
        }

    def _restore(self) -> None:
        for array, content in self.kept:
            np.copyto(array, content)


def _answer(content: dict[str, Any]) -> None:
    print(json.dumps(content), flush=True)


if __name__ == "__main__":
    main()
