"""Sums in NumPy's order: the interpreter of the IR, the text of such loops, NumPy itself."""

from __future__ import annotations

import numpy as np
import pytest

from parloop.ir import interp
from parloop.ir.nodes import Assign, Binary, Const, Extent, For, Load, Name, Nest
from parloop.ir.parse import parse_body
from parloop.ir.printer import to_text
from parloop.ir.totals import total
from parloop.ir.uses import nest_of
from parloop.source import Source
from parloop.staging import summation
from parloop.staging.summation import products_agree, sums_agree


@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize("kind", ["line", "whole", "part", "cast"])
def test_this_numpy_adds_in_the_known_order(bits: int, kind: str) -> None:
    assert sums_agree(bits, kind)


@pytest.mark.parametrize("bits", [32, 64])
def test_this_numpy_multiplies_one_after_another(bits: int) -> None:
    assert products_agree(bits)


@pytest.mark.parametrize("name", ["BUFFER", "total"])
def test_another_numpy_is_seen_to_add_otherwise(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    others = {"BUFFER": 4096, "total": lambda numbers, _: sum(reversed(numbers))}
    monkeypatch.setattr(summation, name, others[name])
    assert not summation.sums_agree.__wrapped__(64, "line")


def test_another_numpy_is_seen_to_multiply_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(summation, "_parts", lambda numbers: (numbers + 1,))
    assert not summation.products_agree.__wrapped__(64)


def test_another_order_has_other_bits() -> None:
    numbers = np.random.default_rng(3).standard_normal(500).tolist()
    in_order = 0.0
    for number in numbers:
        in_order += number
    assert total(numbers, -0.0) != in_order


def _sum_of(array: str) -> Nest:
    added = Assign("s", Binary("+", Name("s"), Load(array, (Name("i"),))))
    inner = For("i", Const(0), Extent(array, 0), Const(1), (added,), total="s")
    outer = For("t", Const(0), Const(1), Const(1), (inner,))
    return nest_of(outer, Source("<test>", ""), "f", ())


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 128, 129, 300])
def test_the_interpreter_of_the_ir_adds_as_numpy_does(count: int) -> None:
    numbers = np.random.default_rng(count).standard_normal(count)
    found = interp.run(_sum_of("a"), {"a": numbers, "s": np.float64(0)}, 0, 1, 1)
    assert found["s"].tobytes() == numbers.sum().tobytes()


def test_the_text_of_a_sum_in_numpys_order_is_read_again() -> None:
    loop = _sum_of("a").loop
    assert "for i in 0:a.shape[0]:1 into s {" in to_text(loop)
    assert parse_body(to_text(loop)) == (loop,)
