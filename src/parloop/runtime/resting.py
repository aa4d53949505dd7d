"""Sites that have nothing to ask for: they cost next to nothing until settings change."""

from __future__ import annotations

import ast
import math
import sys

from parloop import config
from parloop.capture.sites import Site
from parloop.config import Settings
from parloop.ir.nodes import Nest
from parloop.runtime import work


def ask_for_larger(
    site: Site,
    nest: Nest,
    settings: Settings,
    operations: float | None = None,
    most: int = sys.maxsize,
) -> None:
    """Let a site, of which an entry was too small to pay, ask for larger ones only.

    `operations` are those of one of its iterations, where that depends on values or on how large
    arrays are. Loops of `most` iterations have paid, and are asked for.
    """
    if not config.blocks_open() and not settings.strict:
        least = min(work.least_trips(nest, settings, operations), most)
        if least > max(1, site.least):
            site.least = least
            _watch_settings(site)


def ask_for_more(site: Site, seconds: float, settings: Settings) -> None:
    """Let a site that has not been lowered ask for what may pay, if its iterations are alike.

    One of them takes CPython about `seconds`.
    """
    body = (node for stmt in site.info.node.body for node in ast.walk(stmt))
    if config.blocks_open() or any(isinstance(node, ast.For | ast.While) for node in body):
        return
    site.least = math.floor(work.PART_OF_THE_LEAST * work.least_seconds(settings) / seconds)
    _watch_settings(site)


def switch_off(site: Site) -> None:
    """Switch a site off until settings change: its loop can never run natively."""
    if not config.blocks_open():
        _watch_settings(site)
        site.switch(False)


_resting: dict[int, Site] = {}


def _watch_settings(site: Site) -> None:
    _resting[id(site)] = site
    config.on_change(_wake_all)


def _wake_all() -> None:
    """Let all sites ask again, because settings have changed."""
    while _resting:
        _, site = _resting.popitem()
        site.least = 0
        site.switch(True)
