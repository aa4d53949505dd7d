"""Tables that contain themselves, which have no shape."""

from typing import Any

import pytest

import parloop


def total(g: Any, n: int) -> Any:
    s = 0
    for i in range(n):
        s += g[i][1]
    return s


@pytest.mark.parametrize("others", [(), ([1, 2],)])
def test_a_table_that_begins_with_itself_is_left_to_python(others: Any) -> None:
    table: list[Any] = [None, 5, *others]
    table[0] = table
    assert parloop.parallel(total, min_work_ms=0)(table, 1) == 5
    pair: list[Any] = [None]
    pair[0] = pair
    with pytest.raises(IndexError):
        parloop.parallel(total, min_work_ms=0)(pair, 1)
