"""Which arrays each step writes before it reads them; beside each its nearest that is not one."""

from __future__ import annotations

import pytest
from tests.analysis.nests import nest_of

from parloop.analysis import analyse

REWRITTEN = {
    "second grid": (
        """
        for t in range(s):
            for i in range(1, n - 1):
                b[i] = a[i - 1] + a[i + 1]
            for i in range(1, n - 1):
                a[i] = b[i - 1] + b[i + 1]
        """,
        {"b"},
    ),
    "second grid, written in fewer places than another store may write": (
        """
        for t in range(s):
            for i in range(2, n - 1):
                b[i] = a[i - 1] + a[i + 1]
            for i in range(1, n - 1):
                a[i] = b[i - 1] + b[i + 1]
            b[1] = a[1]
        """,
        set(),
    ),
    "planes": (
        """
        for t in range(s):
            for i in range(1, n):
                for j in range(m):
                    b[i, j + 1] = a[i - 1, j]
            for i in range(n):
                for j in range(m):
                    a[i, j] = b[i, j]
        """,
        {"b"},
    ),
    "every second element": (
        """
        for t in range(s):
            for i in range(0, n, 2):
                b[i] = a[i]
            for i in range(n):
                a[i] = b[i]
            b[1] = a[0]
        """,
        set(),
    ),
    "same iteration": ("for i in range(n):\n    b[i] = a[i]\n    a[i] = b[i]", {"b"}),
    "iteration before": ("for i in range(n):\n    b[i] = a[i]\n    c[i] = b[i - 1]", {"c"}),
    "under a condition": (
        "for i in range(n):\n    if c[i] > 0:\n        b[i] = a[i]\n    a[i] = b[i]",
        set(),
    ),
    "read first": ("for i in range(n):\n    a[i] = b[i]\n    b[i] = c[i]", {"a"}),
    "left early": (
        """
        for t in range(s):
            for i in range(n):
                if c[i] > 0:
                    break
                b[i] = a[i]
            for i in range(n):
                a[i] = b[i]
        """,
        set(),
    ),
    "read anywhere": (
        "for i in range(n):\n    b[i] = a[i]\n    d[i] = b[c[i]]",
        {"d"},
    ),
    "in one place": (
        """
        for t in range(s):
            for i in range(n):
                if i == k:
                    b[i] = a[i]
            if 0 <= k and k < n:
                c[t] = b[k]
        """,
        {"b", "c"},
    ),
    "in one place, which may not be": (
        """
        for t in range(s):
            for i in range(n):
                if i == k:
                    b[i] = a[i]
            c[t] = b[k]
        """,
        {"b", "c"},
    ),
    "in one of two places": (
        """
        for t in range(s):
            for i in range(n):
                if i == t:
                    b[i] = a[i]
            c[t] = b[0]
        """,
        {"c"},
    ),
    "steps of an unknown size": (
        """
        for t in range(s):
            for i in range(0, n, k):
                b[i] = a[i]
            for i in range(0, n, k):
                a[i] = b[i]
        """,
        set(),
    ),
    "after the last step": (
        """
        for t in range(s):
            b[t] = a[t]
        else:
            a[0] = b[0]
        """,
        set(),
    ),
    "never read": ("for i in range(n):\n    b[c[i]] = a[i]\n    d[i] = a[i]", {"d"}),
}


@pytest.mark.parametrize("name", REWRITTEN)
def test_arrays_are_rewritten_if_each_step_writes_what_it_reads(name: str) -> None:
    text, expected = REWRITTEN[name]
    assert analyse(nest_of(text)).refreshed == expected
