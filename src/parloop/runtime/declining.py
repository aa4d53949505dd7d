"""Entries that the interpreter runs: counted, explained, and asked about less and less often."""

from __future__ import annotations

import sys
from dataclasses import replace

from parloop.capture.made import in_words
from parloop.capture.sites import Site
from parloop.config import Settings
from parloop.diagnostics import Diagnostic, NotNative
from parloop.runtime import work
from parloop.runtime.codes import InternalFailure
from parloop.runtime.log import log_run
from parloop.runtime.resting import ask_for_larger, switch_off
from parloop.runtime.state import SiteState
from parloop.runtime.stats import record_of
from parloop.source import NOWHERE

MOST_DECLINED = 64
"""A site that goes over items is switched off after so many entries that could not run."""

MOST_RESTING = 256
"""A site that keeps being declined looks at one entry in so many."""

MANY_SMALL = 64
"""After so many entries in a row that were too small, a site asks for those of more iterations."""

MOST_UNCOPIED = 32
"""A site that keeps being given lists that are not worth copying looks at one entry in so many."""


def decline(
    site: Site, state: SiteState, settings: Settings, indices: range, why: Diagnostic
) -> None:
    """Count an entry that the interpreter runs, and ask less often if it goes on like this."""
    if why.span == NOWHERE:
        why = replace(why, span=site.info.span)
    if "@`" in why.message:  # what a comprehension makes, under a name of ours
        why = replace(why, message=why.message.replace("@`", "`"))
    if site.info.made:
        why = replace(why, message=in_words(why.message, site.info.node.iter))
    state.record.ran_interpreted()
    state.record.fell_back(why)
    log_run(site.info, state.record, None, why)
    if settings.strict:
        if state.nest is not None or work.text_would_pay(site.info, indices, settings):
            raise NotNative(why)
    elif state.nest is None and not state.calls.called:
        switch_off(site)
    else:
        state.declined += 1
        if state.declined >= MOST_DECLINED and site.info.over_items:
            switch_off(site)  # most loops over items are not over numbers
            return
        state.resting = min(1 << min(state.declined // 4, 10), MOST_RESTING) - 1


def count_small(site: Site, state: SiteState, settings: Settings) -> None:
    """Count an entry that was too small, and ask for larger ones only if it goes on like this."""
    state.n_small += 1
    if state.n_small % MANY_SMALL == 0 and state.nest is not None:
        ask_for_larger(site, state.nest, settings, state.largest, state.fewest)


def report_bug(site: Site, error: Exception) -> Diagnostic:
    """Give a site up after a failure of ours, and say so once."""
    info = site.info
    why = InternalFailure(f"{type(error).__name__}: {error}", info.span)
    if site.state is None:
        record = record_of(info)
        site.state = SiteState(record, None, (why,))
    state: SiteState = site.state
    state.nest, state.reasons = None, (why,)
    state.forget()
    site.enter = site
    place = f"{info.path}:{info.line}"
    print(f"parloop: {place}: {why}; the interpreter runs this loop", file=sys.stderr)
    return why
