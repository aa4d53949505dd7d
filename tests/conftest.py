"""What holds for all tests: a bug of parloop's own fails them."""

from __future__ import annotations

from parloop.runtime import dispatch

dispatch.RAISES_BUGS = True
