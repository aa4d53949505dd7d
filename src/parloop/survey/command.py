"""`parloop survey`: a survey on the terminal."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from parloop.survey.inputs import total_weight
from parloop.survey.run import Options, ProgressLine, survey
from parloop.survey.tables import all_tables
from parloop.survey.terminal import is_terminal, print_tables
from parloop.survey.totals import Totals


def run_survey(parsed: argparse.Namespace) -> int:
    """Do what the command line says; return the exit code: 1 where there was nothing to read."""
    out = None if parsed.out is None else Path(parsed.out)
    options = Options(parsed.paths, out, parsed.sample, parsed.jobs)
    progress = ProgressLine(total_weight(parsed.paths)) if is_terminal() else None
    try:
        totals = survey(options, progress) if progress else survey(options)
    finally:
        if progress:
            progress.clear()
    if parsed.json:
        print(json.dumps(totals.to_dict(), indent=2, ensure_ascii=False))
    else:
        print_tables([*all_tables(totals)], sys.stdout)
        print(_last_line(totals, out))
    return 0 if totals.files else 1


def _last_line(totals: Totals, out: Path | None) -> str:
    rate = totals.n_files / totals.seconds if totals.seconds else 0.0
    line = f"{totals.n_files:,} files in {totals.seconds:.1f} s, {rate:,.0f} files/s"
    return line if out is None else f"{line}; written to {out}"
