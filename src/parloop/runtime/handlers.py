"""Whose an exception is that came up while our code ran: our own, or a signal handler's."""

from __future__ import annotations

import signal


def came_from_handler(error: BaseException) -> bool:
    """Return whether a signal handler of the user's has raised `error` while our code ran."""
    handlers = [signal.getsignal(number) for number in signal.valid_signals()]
    codes = {getattr(handler, "__code__", None) for handler in handlers if callable(handler)}
    codes |= {getattr(type(h).__call__, "__code__", None) for h in handlers if callable(h)}
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code in codes:
            return True
        trace = trace.tb_next
    return False
