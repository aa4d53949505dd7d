"""What CPython and NumPy make of one operation on operands of given types.

    binary_rule("+", NP_INT8, PY_FLOAT)     ->  float64, both operands converted to float64

Every function returns `None` where the operation is not supported: the caller declines the loop.
Some results have a type that depends on the values (`2 ** -1`); the rule gives the usual type, and
`may_raise` says that a run may have to leave native code there.
"""

from __future__ import annotations

from parloop.staging.rules_base import ALL_FLAGS, NO_FLAGS, Rule, RuleOwner
from parloop.staging.rules_calls import DIVMOD, call_rule, divmod_rule
from parloop.staging.rules_conversions import store_rule
from parloop.staging.rules_operators import binary_rule, compare_rule, truth_rule, unary_rule

__all__ = [
    "ALL_FLAGS",
    "DIVMOD",
    "NO_FLAGS",
    "Rule",
    "RuleOwner",
    "binary_rule",
    "call_rule",
    "compare_rule",
    "divmod_rule",
    "store_rule",
    "truth_rule",
    "unary_rule",
]
