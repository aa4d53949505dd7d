"""Random array statements on arrays of every layout and odd numbers.

`python -m tests.staging.random_layouts`. Functions, powers, views, sums, choices, of arrays that
are reversed, in Fortran's order, with steps, of one element; of many types, with zeros of both
signs, NaN, infinities: what is left, its strides too, has to be what CPython leaves.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
from tests.comparing import Way, campaign, compare
from tests.differential import Mode

MODES: tuple[Mode, ...] = ("default", "always", "ignore", "error", "raise")
KINDS = (
    *(("f8", "f8"), ("f8", "f8"), ("f4", "f4"), ("f8", "f4"), ("i8", "i8"), ("i1", "i1")),
    *(("u1", "f8"), ("i4", "f8"), ("?", "f8"), ("i2", "i4")),
)
ODD = (0.0, -0.0, 1.0, -1.0, 0.5, 2.0)
ODDER = (*ODD, np.nan, np.inf, -np.inf)

NAMES = {"a": "uv", "b": "uv", "m": "mp", "p": "mp"}

VECTORS = (
    *("np.roll({a}, 1)", "np.roll({a}, -2)", "np.cumsum({a})", "{a}.cumprod()", "{a}[::-1]"),
    *("np.clip({a}, -0.0, 1)", "np.clip({a}, 0.0, s)", "{a}.clip(-1, 0.5)", "np.clip({a}, {b}, 1)"),
    *("np.where({a} > 0, {a} * 2, {b})", "np.where({b} == 0, {a}, -{b})", "np.copy({a})"),
    *("np.where({a} > {b}, np.abs({a}), 0)", "np.logical_and({a}, {b})", "np.logical_not({a})"),
    *("np.logical_or({a} > 0, {b})", "np.logical_xor({a}, 1)", "np.abs({a})", "np.sign({a})"),
    *("np.minimum({a}, {b})", "np.maximum({a}, 0)", "({a}.std() + {b})", "({a}.var() * {b})"),
    *("np.exp({a})", "np.sin({a})", "np.tanh({a} - {b})", "np.cbrt({a})", "np.expm1({a})"),
    *("np.arctan2({a}, {b})", "np.hypot({a}, 1)", "np.fmod({a}, {b})", "np.copysign({a}, {b})"),
    *("np.abs({a}) ** 1.5", "{a} ** 3", "{a} ** 2", "{a} ** s", "{a} ** -1", "{a} ** 0.5"),
    *("{a} ** {b}", "np.power({a}, {b})", "np.float_power({a}, 2)", "np.logaddexp({a}, {b})"),
    *("{a}[1:][:-1].sum() + {b}", "{a}[None][0]", "{a}[:, None][:, 0]", "np.heaviside({a}, 0.5)"),
    *("np.sqrt(np.abs({a}))", "np.floor({a})", "{a} % 2", "{a} // 1", "np.log1p(np.abs({a}))"),
    *("np.fmax({a}, {b})", "np.reciprocal({a} + 3)", "np.rint({a})", "-{a}", "np.isnan({a})"),
    *("({a} > 0) & ({b} > 0)", "({a}.min() + {b})", "({a}.argmax() + {b})", "np.deg2rad({a})"),
)
MATRICES = (
    *("{m}.T", "np.roll({m}, 1, axis=0)", "np.roll({m}, -1, 1)", "np.exp({m})", "{m}.T.copy().T"),
    *("np.where({m} > 0, {m} * 2, {p})", "np.clip({m}, -0.5, 0.5)", "np.copy({m})", "{m}.copy()"),
    *("{m} - {m}.mean(axis=1, keepdims=True)", "{m} / ({m}.max(axis=0, keepdims=True) + 9)"),
    *("{m}[...]", "{m}[::-1]", "{m}[:, ::-1] * 1", "{m} + {m}[:, :1]", "{m} * {m}[:1]"),
    *("np.abs({m}) ** 1.5", "({m}.std() + {p})", "({m}.sum() + {p})", "{m}[:, 0][:, None] + {p}"),
    *("{m}[0][None] * {p}", "np.logical_and({m}, {p})", "({m}.T + {p}.T).T"),
    "np.arctan2({m}, {p})",
    *("np.tanh({m}).sum() + {p}", "{m}.sum(axis=0) + {p}", "{m}.sum(axis=1)[:, None] + {p}"),
    *("np.exp({m} - {m}.max(axis=1, keepdims=True))", "{m}.argmin(axis=1, keepdims=True) + {p}"),
    *("np.zeros_like({m}) + {p}", "{m}.max(axis=1, keepdims=True)", "{m}.T[::-1].min() + {p}"),
)


def make_text(chance: random.Random) -> str:
    """Return a program: one or two statements on vectors or matrices, in a loop."""
    lines = []
    for _ in range(chance.choice((1, 1, 2))):
        forms, targets = VECTORS, ("x =", "x =", "u[:] =", "v[:] =", "v +=", "o[:] =")
        if chance.random() < 0.4:
            forms, targets = MATRICES, ("y =", "y =", "m[:] =", "p[:] =", "p +=")
        value = chance.choice(forms)
        if chance.random() < 0.3:
            value += f" {chance.choice('+*-')} {chance.choice(forms)}"
        names = {n: chance.choice(pair) for n, pair in NAMES.items()}
        lines.append(f"        {chance.choice(targets)} {value.format(**names)}")
    head = "import numpy as np\n\n\ndef f(u, v, m, p, o, s, n):\n    x = y = None\n"
    return "\n".join([head + "    for t in range(n):", *lines, "    return x, y", ""])


def _numbers(rng: np.random.Generator, shape: tuple[int, ...], kind: str, odd: int) -> Any:
    if kind == "?":
        return rng.random(shape) < 0.5
    if not kind.startswith("f"):
        bounds = np.iinfo(kind)
        return rng.integers(max(bounds.min, -200), min(bounds.max, 200), shape).astype(kind)
    numbers = rng.standard_normal(shape) * 3
    if odd:
        places = rng.random(shape) < 0.4
        numbers[places] = rng.choice(ODDER if odd == 2 else ODD, int(places.sum()))
    return numbers.astype(kind)


def _laid_out(chance: random.Random, a: Any) -> Any:
    """Return `a`, or a part of it, in some layout."""
    if a.ndim == 1:
        return chance.choice(
            (a, a, np.repeat(a, 2)[::2], a[::-1].copy()[::-1], a[:1], np.repeat(a, 3)[::-3][::-1])
        )
    return chance.choice(
        (
            *(a, a, np.asfortranarray(a), a[::-1].copy()[::-1], a[:1], a[:, :1]),
            *(a[:, ::-1].copy()[:, ::-1], np.repeat(a, 2, axis=1)[:, ::2]),
        )
    )


def find_failure(seed: int, folder: Path) -> tuple[str | None, bool]:
    """Return how a native run of the program of `seed` differs from a plain one, or None.

    And whether it ran natively.
    """
    chance, rng = random.Random(seed), np.random.default_rng(seed)
    text = make_text(chance)
    kinds, odd = chance.choice(KINDS), chance.choice((0, 0, 1, 1, 2))
    length = chance.choice((1, 2, 3, 5, 9, 17, 40))
    u = _laid_out(chance, _numbers(rng, (length,), kinds[0], odd))
    shape = chance.choice((1, 2, 4, 7)), chance.choice((1, 2, 5, 9))
    m = _laid_out(chance, _numbers(rng, shape, kinds[0], odd))
    v, p = (_numbers(rng, other.shape, kinds[1], odd) for other in (u, m))
    p = np.asfortranarray(p) if chance.random() < 0.3 else p
    s = chance.choice((0.5, 2.0, 3, -1.0, np.float64(1.5)))
    arguments = (u, v, m, p, np.zeros(u.shape, kinds[1]), s, chance.choice((1, 2, 3)))
    way = Way(MODES[seed % len(MODES)], ("", "", "all")[seed % 3], seed % 2 + 1, None)
    return compare(f"layouts_{seed}", text, arguments, way, folder)


if __name__ == "__main__":
    raise SystemExit(campaign(find_failure, __doc__))
