"""Stage 0: which loops may run in any order, and under which conditions."""

from parloop.analysis.conditions import Condition
from parloop.analysis.dependence import Dependence
from parloop.analysis.facts import NO_FACTS, Facts
from parloop.analysis.graph import (
    Group,
    distribute,
    find_wave,
    may_interchange,
    may_run_in_bands,
    spread,
)
from parloop.analysis.ranges import AccessFacts, SubscriptRange
from parloop.analysis.reductions import Reduction
from parloop.analysis.splitting import Split, find_split
from parloop.analysis.verdict import (
    Analysis,
    Inspector,
    LoopFacts,
    Parallel,
    ParallelIf,
    Serial,
    Verdict,
    analyse,
)

__all__ = [
    "NO_FACTS",
    "AccessFacts",
    "Analysis",
    "Condition",
    "Dependence",
    "Facts",
    "Group",
    "Inspector",
    "LoopFacts",
    "Parallel",
    "ParallelIf",
    "Reduction",
    "Serial",
    "Split",
    "SubscriptRange",
    "Verdict",
    "analyse",
    "distribute",
    "find_split",
    "find_wave",
    "may_interchange",
    "may_run_in_bands",
    "spread",
]
