"""`%load_ext parloop`: what a person at a notebook or at IPython's prompt has of parloop.

    %load_ext parloop               loops run natively from the next cell on
    %parloop report                 what ran so far
    %parloop explain [NAME]         what is known of the last cell's loops, or of a function's
    %parloop device cpu             any setting; without a value, what it is
    %parloop line off               no line after cells whose loops saved over a second
    %parloop off                    further cells run as they are, until `%parloop on`
    %%parloop off                   this cell runs as it is
    %unload_ext parloop             as if it had never been loaded
"""

from __future__ import annotations

import html
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from parloop.api import explain, report, reset_report, start_engine
from parloop.capture.ipython import OFF, Cells
from parloop.config import SETTING_NAMES, configure, current_settings, is_off, parse_setting
from parloop.report.stats import Report, SiteStats

MAGIC: Final = "parloop"
LEAST_SAVED: Final = 1.0
"""Seconds that the loops of a cell must have saved for a line to be said."""


def load_ipython_extension(shell: Any) -> None:
    """Let loops run natively from the next cell on. IPython calls this for `%load_ext parloop`."""
    start_engine()
    session = Session(shell)
    session.open()
    _sessions[id(shell)] = session
    if is_off():
        print("parloop: PARLOOP=off leaves all loops as they are")
    else:
        print("parloop: loops run natively from the next cell on")


def unload_ipython_extension(shell: Any) -> None:
    """Leave everything as it was. IPython calls this for `%unload_ext parloop`."""
    session = _sessions.pop(id(shell), None)
    if session is not None:
        session.close()


_sessions: dict[int, Session] = {}
"""By the identity of the shell, which outlives its session."""


class Session:
    """The extension in one shell."""

    def __init__(self, shell: Any) -> None:
        self.shell = shell
        self.cells = Cells(shell)
        self.says_line = True
        self._depth = 0
        self._before: dict[tuple[object, ...], SiteStats] = {}
        self._device: str | None = None
        """What `device` was before a cell under `%%parloop off`."""

    def open(self) -> None:
        """Take part in the shell."""
        shell = self.shell
        self.cells.attach()
        shell.input_transformer_manager.cleanup_transforms.insert(0, mark_off)
        shell.events.register("pre_run_cell", self.before_cell)
        shell.events.register("post_run_cell", self.after_cell)
        shell.register_magic_function(self.magic, "line_cell", MAGIC)

    def close(self) -> None:
        """Take part no more."""
        shell = self.shell
        self.cells.detach()
        transforms = shell.input_transformer_manager.cleanup_transforms
        transforms[:] = [one for one in transforms if one is not mark_off]
        shell.events.unregister("pre_run_cell", self.before_cell)
        shell.events.unregister("post_run_cell", self.after_cell)
        for kind in ("line", "cell"):
            shell.magics_manager.magics[kind].pop(MAGIC, None)

    # around a cell

    def before_cell(self, info: Any) -> None:
        """Note what ran before this cell; cells may run others (`%%capture`)."""
        self.cells.be_last()
        self._depth += 1
        if self._depth > 1:
            return
        if is_marked_off(info.raw_cell.splitlines(keepends=True)):
            self._device = current_settings().device
            configure(device="interpreter")
        if self.says_line:
            self._before = {_place(site): site for site in report().sites}

    def after_cell(self, _: Any) -> None:
        """Say in a line what the cell's loops have saved, if that is worth it."""
        self._depth = max(self._depth - 1, 0)
        if self._depth:
            return
        if self._device is not None:
            if current_settings().device == "interpreter":
                configure(device=self._device)
            self._device = None
        if self.says_line and is_watched(self.shell):
            line = saved_line(self._before, report())
            if line is not None:
                show(self.shell, line, f'<small style="opacity: 0.7">{html.escape(line)}</small>')

    # the magic

    def magic(self, line: str, cell: str | None = None) -> None:
        """Show or change what parloop does: `%parloop report`, `explain`, `device cpu`, `off`."""
        from IPython.core.error import UsageError

        if cell is not None:
            raise UsageError("%%parloop takes the word `off` and nothing else")
        command, *words = line.split() or ["help"]
        doing: Callable[[list[str]], None] | None = {
            "report": self._report,
            "explain": self._explain,
            "line": self._line,
            "on": self._switch_on,
            "off": self._switch_off,
            "help": lambda _: print(_HELP),
        }.get(command)
        try:
            if doing is not None:
                doing(words)
            elif command in SETTING_NAMES:
                _set(command, words)
            else:
                raise UsageError(f"%parloop knows no `{command}`\n{_HELP}")
        except (TypeError, ValueError) as error:
            raise UsageError(str(error)) from None

    def _report(self, words: list[str]) -> None:
        if words == ["reset"]:
            reset_report()
            return
        _require_none(words)
        seen = self._with_cell_names(report())
        show(self.shell, str(seen), seen._repr_html_())

    def _with_cell_names(self, seen: Report) -> Report:
        """Return `seen` with cells called by their numbers, as IPython's tracebacks call them."""
        sites = []
        for site in seen.sites:
            name = self.shell.compile.format_code_name(site.file)
            sites.append(replace(site, file=name[1].replace("/", "_")) if name else site)
        return Report(tuple(sites))

    def _explain(self, words: list[str]) -> None:
        if len(words) > 1:
            raise ValueError("%parloop explain takes one name of a function, or none")
        target: Any
        if words:
            if words[0] not in self.shell.user_ns:
                raise ValueError(f"the name `{words[0]}` is not defined")
            target = self.shell.user_ns[words[0]]
            if not callable(target):
                raise ValueError(f"`{words[0]}` is not a function")
        else:
            target = _last_cell(self.shell)
        print(explain(target))

    def _line(self, words: list[str]) -> None:
        if words not in (["on"], ["off"]):
            raise ValueError("%parloop line takes `on` or `off`")
        self.says_line = words == ["on"]

    def _switch_on(self, words: list[str]) -> None:
        _require_none(words)
        self.cells.attach()

    def _switch_off(self, words: list[str]) -> None:
        _require_none(words)
        self.cells.detach()


_HELP: Final = "\n".join((__doc__ or "").splitlines()[2:-1])


def _require_none(words: list[str]) -> None:
    if words:
        raise ValueError(f"`{' '.join(words)}` is one word too many")


def _set(name: str, words: list[str]) -> None:
    if not words:
        print(getattr(current_settings(), name))
        return
    configure(**{name: parse_setting(name, " ".join(words), name)})


def _last_cell(shell: Any) -> str:
    """Return the last cell with anything in it but this magic."""
    for text in reversed(shell.history_manager.input_hist_parsed[:-1]):
        if text.strip() and f"run_line_magic('{MAGIC}'" not in text:
            return str(text)
    raise ValueError("there is no cell yet")


def mark_off(lines: list[str]) -> list[str]:
    """Make of a first line `%%parloop off` the comment that says so."""
    if is_marked_off(lines):
        return [f"{OFF}\n", *lines[1:]]
    return lines


def is_marked_off(lines: list[str]) -> bool:
    """Return whether a cell begins with `%%parloop off`."""
    return bool(lines) and lines[0].split() == ["%%parloop", "off"]


def is_watched(shell: Any) -> bool:
    """Return whether somebody sees what is said: a person at a terminal or in a browser.

    `nbclient` and `nbconvert` tell the kernel that nobody could answer a question.
    """
    kernel = getattr(shell, "kernel", None)
    if kernel is not None:
        return bool(getattr(kernel, "_allow_stdin", False))
    return sys.stdout is not None and sys.stdout.isatty()


def show(shell: Any, text: str, page: str) -> None:
    """Display something in both forms, leaving `_` and `Out` alone."""
    shell.display_pub.publish(data={"text/plain": text, "text/html": page})


def saved_line(before: dict[tuple[object, ...], SiteStats], now: Report) -> str | None:
    """Return what ran natively since `before`, in a line, if it saved more than a second."""
    loops, seconds, interpreter, threads = 0, 0.0, 0.0, 1
    for site in now.sites:
        old = before.get(_place(site))
        runs = site.native_runs - (old.native_runs if old else 0)
        if runs <= 0:
            continue
        loops += 1
        seconds += site.seconds - (old.seconds if old else 0.0)
        iterations = site.iterations - (old.iterations if old else 0)
        interpreter += iterations * site.interpreter_seconds_per_iteration
        threads = max(threads, site.threads)
    if interpreter - seconds < LEAST_SAVED:
        return None
    return (
        f"parloop: {_count(loops, 'loop')}, {seconds:.2f} s on {_count(threads, 'core')}; "
        f"about {_about(interpreter)} s in the interpreter"
    )


def _place(site: SiteStats) -> tuple[object, ...]:
    return site.file, site.line, site.column, site.function


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _about(seconds: float) -> str:
    return f"{seconds:.0f}" if seconds >= 10 else f"{seconds:.1f}"
