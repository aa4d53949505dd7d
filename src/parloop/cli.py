"""The command line: `parloop run | explain | survey | cache | doctor | bench`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from parloop import __version__
from parloop.config import DEVICES, EXACTNESS, check_environment, parse_setting, set_command_line

WRONG_USAGE = 2
"""The exit code for what cannot be done as asked, as python has it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; return the exit code. What a script raises goes through."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        check_environment()
    except (TypeError, ValueError) as error:
        return _fail(str(error))
    if words[:1] == ["run"]:
        return _run(words[1:])
    if words[:1] == ["bench"]:
        return _bench(words[1:])
    parsed = _parser().parse_args(words)
    try:
        code = int(parsed.do(parsed))
        sys.stdout.flush()
    except BrokenPipeError:  # `parloop explain script.py | head`: nothing more is to be said
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return code


def _fail(message: str) -> int:
    print(f"parloop: {message}", file=sys.stderr)
    return WRONG_USAGE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="parloop", description=_ABOUT, allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"parloop {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    commands.add_parser("run", help="run a script with its loops on every core", add_help=False)
    explain = commands.add_parser("explain", help="say what is known of a file's loops")
    explain.add_argument("path", metavar="PATH", nargs="+")
    explain.add_argument("--html", metavar="FILE", help="write a page in place of the text")
    explain.add_argument("--json", action="store_true", help="print JSON in place of the text")
    explain.add_argument(
        "--cuda", action="store_true", help="print the kernels that a GPU would run instead"
    )
    explain.set_defaults(do=_explain)
    _add_survey(commands.add_parser("survey", help="count and judge the loops of many files"))
    cache = commands.add_parser("cache", help="show or empty the store of machine code")
    cache.add_argument("what", choices=("info", "clear"))
    cache.set_defaults(do=_cache)
    doctor = commands.add_parser("doctor", help="show versions, cores, cache and a timed loop")
    doctor.add_argument("--calibrate", action="store_true", help="measure what this machine's "
        "cores and GPU can do, and keep it for predictions")  # fmt: skip
    doctor.set_defaults(do=_doctor)
    commands.add_parser("bench", help="compare with CPython, Numba and C", add_help=False)
    return parser


_ABOUT = "Runs the loops of ordinary Python programs on every core, with CPython's own results."


def _run_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="parloop run",
        usage="parloop run [OPTION...] (SCRIPT | -m MODULE | -c CODE | -) [ARGUMENT...]",
        description="Run a program as python does, with its loops on every core.",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("-m", metavar="MODULE", help="run a module, as python -m does")
    add("-c", metavar="CODE", help="run CODE, as python -c does")
    add("--install", metavar="PKG", action="append", default=[], help="run the loops of the "
        "package PKG natively too; several with commas, or the option again")  # fmt: skip
    add("--report", action="store_true", help="print what ran, when the script has ended")
    add("--html", metavar="FILE", help="write the report as a page")
    add("--json", metavar="FILE", help="write the report as JSON")
    add("--device", metavar="DEVICE", help=", ".join(DEVICES))
    add("--exactness", metavar="TIER", help=", ".join(EXACTNESS))
    add("--strict", action="store_const", const="true", help="raise NotNative where a loop "
        "would have paid and cannot run natively")  # fmt: skip
    add("--verify", action="store_const", const="true", help="run loops both ways and compare")
    add("--threads", metavar="N", help="threads to use; all available cores by default")
    add("--min-work-ms", metavar="MS", help="leave loops of less estimated time alone")
    return parser


def _run(words: list[str]) -> int:
    """Run a program. The first word that is no option is the script; what follows is its own."""
    parser = _run_parser()
    options, rest = _split(words, parser)
    try:
        set_command_line(_settings_in(options))
        packages = [name.strip() for names in options.install for name in names.split(",")]
        if packages:
            from parloop.api import install

            install(*packages)
    except (TypeError, ValueError) as error:
        parser.error(str(error))
    options.html, options.json = _absolute(options.html), _absolute(options.json)
    for path in (options.html, options.json):
        if path is not None and path.suffix.lower() in (".py", ".ipynb"):
            parser.error(f"{path} is the name of a program, which a report must not overwrite")
    return _run_program(options, rest)


def _split(
    words: list[str], parser: argparse.ArgumentParser
) -> tuple[argparse.Namespace, list[str]]:
    """Return the options, and what is left for the program: a script's name stands first."""
    position = _script_position(words, parser)
    options = parser.parse_args(words[:position])
    rest = words[position:]
    if options.m is not None and not options.install and rest[:1] == ["--install"] and rest[1:]:
        options.install = [rest[1]]  # `-m pytest --install PKG`: it is ours just behind the name
        rest = rest[2:]
    if options.m is None and options.c is None and not rest:
        parser.error("a SCRIPT is missing")
    return options, rest


def _run_program(options: argparse.Namespace, rest: list[str]) -> int:
    from parloop.api import start_engine
    from parloop.capture import mains, script

    in_file = options.m is None and options.c is None and rest[0] != "-"
    shown = Path.cwd() / rest[0] if in_file else None
    at_exit = partial(_at_exit, os.getpid(), shown, options)
    if options.m is not None:
        return mains.run_module(options.m, rest, start_engine, at_exit)
    if options.c is not None:
        return mains.run_text(options.c, "-c", rest, start_engine, at_exit)
    if in_file:
        os.environ[mains.MAIN_VARIABLE] = str(shown)
        return script.run_script(rest[0], rest[1:], lambda _: start_engine(), at_exit)
    if sys.stdin is None or sys.stdin.isatty():
        return script.run_plainly(rest)
    return mains.run_text(sys.stdin.buffer.read(), "-", rest[1:], start_engine, at_exit)


def _absolute(path: str | None) -> Path | None:
    """Return `path` as it is meant now, before the script changes its folder."""
    return None if path is None else Path.cwd() / path


def _at_exit(process: int, script: Path | None, options: argparse.Namespace) -> None:
    """Say what ran, after everything that the script registered for its end."""
    if os.getpid() != process:
        return  # a child of the script that ended as its parent would
    from parloop.report.stats import report

    ran = report()
    try:
        if options.json is not None:
            text = json.dumps(ran.to_dict(), indent=2, ensure_ascii=False, default=str)
            options.json.write_text(text + "\n", encoding="utf-8")
        if options.html is not None:
            from parloop.report.html import page_of_run

            page = page_of_run(script, ran)
            options.html.write_text(page, encoding="utf-8", errors="replace")
    except OSError as error:
        _fail(f"{error.filename}: cannot be written: {error.strerror}")
    if sys.stderr is None or sys.stderr.closed:
        return
    if options.report:
        from parloop.report.terminal import print_report

        print_report(ran, sys.stderr)
    elif ran.sites and sys.stderr.isatty():
        from parloop.report.stats import summary_of

        print(summary_of(ran), file=sys.stderr)


def _settings_in(options: argparse.Namespace) -> dict[str, Any]:
    names = ("device", "exactness", "strict", "verify", "threads", "min_work_ms")
    given = {name: getattr(options, name) for name in names}
    return {
        name: parse_setting(name, text, f"--{name.replace('_', '-')}")
        for name, text in given.items()
        if text is not None
    }


def _script_position(words: list[str], parser: argparse.ArgumentParser) -> int:
    """Return where the script stands, or the number of words."""
    takes_value = {
        option
        for action in parser._actions
        for option in action.option_strings
        if action.nargs is None
    }
    position = 0
    while position < len(words):
        word = words[position]
        if word == "-" or not word.startswith("-"):
            return position
        if word in ("-m", "-c"):  # all that follows belongs to the program
            return min(position + 2, len(words))
        position += 2 if word in takes_value else 1
    return len(words)


def _explain(parsed: argparse.Namespace) -> int:
    from parloop.report.explain import CannotExplain
    from parloop.report.html import check_report_name, explain_path, page

    html = None if parsed.html is None else Path(parsed.html)
    if html is not None and (problem := check_report_name(html)) is not None:
        return _fail(problem)
    try:
        if parsed.cuda:
            from parloop.report.cuda import explain_cuda

            print("\n\n".join(explain_cuda(Path(path)) for path in parsed.path))
            return 0
        seen = [found for path in parsed.path for found in explain_path(Path(path))]
    except CannotExplain as error:
        return _fail(str(error))
    if parsed.json:
        found = [one.to_dict() for one in seen]
        print(json.dumps(found, indent=2, ensure_ascii=False, default=str))
    elif html is None:
        from parloop.report.terminal import print_explanations

        print_explanations(seen, sys.stdout)
    if html is not None:
        try:
            html.write_text(page(seen), encoding="utf-8", errors="replace")
        except OSError as error:
            return _fail(f"{error.filename}: cannot be written: {error.strerror}")
    return 0


def _add_survey(survey: argparse.ArgumentParser) -> None:
    add = survey.add_argument
    add("paths", metavar="PATH", nargs="+", help="notebook, script, folder, .zip or .tar.gz")
    add("--out", metavar="DIR", help="write loops as CSV and JSON Lines, a summary and plots")
    add("--sample", metavar="N", type=int, default=0, help="write a page with N random nests "
        "beside their verdicts, to be checked by hand")  # fmt: skip
    add("--jobs", metavar="N", type=int, help="processes; one for each core by default")
    add("--json", action="store_true", help="print the counts as JSON")
    survey.set_defaults(do=_survey)


def _survey(parsed: argparse.Namespace) -> int:
    if parsed.sample < 0 or (parsed.jobs is not None and parsed.jobs < 0):
        return _fail("--sample and --jobs must be at least 0")
    if parsed.sample and parsed.out is None:
        return _fail("--sample writes a page: say where with --out DIR")
    from parloop.survey.command import run_survey

    try:
        return run_survey(parsed)
    except OSError as error:
        return _fail(f"{error.filename}: cannot be written: {error.strerror}")


def _cache(parsed: argparse.Namespace) -> int:
    from parloop.runtime.cache import open_cache

    try:
        cache = open_cache()
    except ValueError as error:
        return _fail(str(error))
    if parsed.what == "clear":
        print(f"removed {cache.clear()} entries")
        return 0
    print("\n".join(_cache_lines()))
    return 0


def _cache_lines() -> list[str]:
    from parloop.runtime.cache import open_cache

    info = open_cache().info()
    return [
        f"cache     {info.folder or f'in memory only: {info.reason}'}",
        f"          {info.entries} entries, {info.n_bytes / 2**20:.1f} of "
        f"{info.max_bytes / 2**20:.0f} MiB",
    ]


def _doctor(parsed: argparse.Namespace) -> int:
    from parloop.api import parallel
    from parloop.report.doctor import describe

    if parsed.calibrate:
        from parloop.report.calibration import calibrate

        print(calibrate(lambda function: parallel(function, min_work_ms=0)))
        return 0
    print(describe(lambda function: parallel(function, min_work_ms=0), _cache_lines()))
    return 0


def _bench(words: list[str]) -> int:
    import importlib.util
    import runpy

    sys.path.insert(0, "")
    if importlib.util.find_spec("benchmarks") is None:
        return _fail("the benchmarks are in the source tree: run `parloop bench` there")
    sys.argv[1:] = words
    runpy.run_module("benchmarks", run_name="__main__", alter_sys=True)
    return 0
