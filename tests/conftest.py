"""What holds for all tests: a bug of parloop's own fails them, and the cache is theirs alone."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile

from parloop.runtime import dispatch
from parloop.runtime.tracers import is_traced

dispatch.RAISES_BUGS = True
dispatch.RUNS_TRACED = is_traced()  # under coverage, what is measured is parloop itself

_kept = os.environ.get("PARLOOP_TEST_CACHE_DIR")  # a second run finds what the first one left
_cache = _kept or tempfile.mkdtemp(prefix="parloop-tests-")
os.environ["PARLOOP_CACHE_DIR"] = _cache  # also of the processes that tests start
if not _kept:
    atexit.register(shutil.rmtree, _cache, ignore_errors=True)
