"""The loop IR: what the frontend makes of a loop nest and every later phase reads.

Structured, untyped, close to the user's text: names are the user's names, and an expression means
what CPython means by it once the types of its operands are known. All expressions are free of side
effects but for the exceptions and warnings that an operation may give.

Every node is frozen, and a statement or expression object stands in one place of a nest only (the
subscripts of an augmented store excepted), so that later phases may hang facts on `id(node)`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from parloop.source import NOWHERE, Source, Span

UnaryOperator: TypeAlias = Literal["-", "+", "~", "not"]
BinaryOperator: TypeAlias = Literal[
    "+", "-", "*", "/", "//", "%", "**", "<<", ">>", "&", "|", "^"
]
CompareOperator: TypeAlias = Literal["<", "<=", ">", ">=", "==", "!="]


@dataclass(frozen=True, slots=True)
class Const:
    """A literal number. Prints as Python's `repr`."""

    value: bool | int | float | complex
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Name:
    """The value of a variable: a number, or an array as a whole. Prints as the name."""

    id: str
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Unary:
    """`-x`, `+x`, `~x`, `not x`."""

    op: UnaryOperator
    operand: Expr
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Binary:
    """`x + y` and the like."""

    op: BinaryOperator
    left: Expr
    right: Expr
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Compare:
    """`x < y` and the like; a chain becomes `Logical("and", ...)` of pairs.

    The middle operand of a chain stands in both of its pairs: in a temporary, or written out twice
    with one span (`walk.is_repeated`), and then it is evaluated, and warns, once.
    """

    op: CompareOperator
    left: Expr
    right: Expr
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Logical:
    """`x and y`, `x or y`: evaluates left to right, stops early, gives the deciding operand."""

    op: Literal["and", "or"]
    left: Expr
    right: Expr
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Conditional:
    """`then if test else otherwise`; only the chosen side is evaluated."""

    test: Expr
    then: Expr
    otherwise: Expr
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a known function without side effects.

    `callee` is the canonical name (`math.sqrt`, `numpy.exp`, `builtins.abs`); `path` is how the
    user wrote it (`m.sqrt`), which staging resolves again and compares before every native run.
    `builtins.divmod.0` and `builtins.divmod.1` are the two parts of one `divmod`; the second stands
    right after the first, on the same operands, and gives no warnings of its own.
    `builtins.index` is what `range` makes of an argument, a Python int.
    """

    callee: str
    path: str
    arguments: tuple[Expr, ...]
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Slice:
    """`lower:upper:step` as a subscript, and nowhere else; `None` where the text leaves it out."""

    lower: Expr | None
    upper: Expr | None
    step: Expr | None
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Load:
    """`a[i, j]` or `a[i][j]`: one element of an array, or, with slices or fewer subscripts than
    axes, a view of it. Staging tells them apart, and expands what handles views."""

    array: str
    subscripts: tuple[Expr, ...]
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Extent:
    """`a.shape[axis]`, `len(a)` (axis 0) or `a.size` (None); a negative axis is from the end.

    Of `n, m = a.shape` each part has `rank` 2: the array must have just that many axes.
    """

    array: str
    axis: int | None
    span: Span = field(default=NOWHERE, compare=False, repr=False)
    rank: int | None = None


@dataclass(frozen=True, slots=True)
class Rank:
    """`a.ndim`: the number of an array's axes."""

    array: str
    span: Span = field(default=NOWHERE, compare=False, repr=False)


Expr: TypeAlias = (
    Const
    | Name
    | Unary
    | Binary
    | Compare
    | Logical
    | Conditional
    | Call
    | Load
    | Extent
    | Rank
    | Slice
)


@dataclass(frozen=True, slots=True)
class Assign:
    """`target = value`, which binds a name. Prints as `target = value`.

    `walk.is_in_place` tells `x += y`, which changes an array, from `x = x + y`, which makes one.
    Names that begin with `%` are the frontend's own temporaries and never leave the nest.
    """

    target: str
    value: Expr
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Store:
    """`array[subscripts] = value`. An augmented store is one whose value begins with the `Load`."""

    array: str
    subscripts: tuple[Expr, ...]
    value: Expr
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class For:
    """`for index in range(start, stop, step): body`, and `orelse` if no `Break` left it.

    Prints as `for i in start:stop:step { ... }`. Bounds are evaluated once, at entry, and are
    Python ints; `step` may be any expression and of any sign. `index` is the user's name: it keeps
    its last value afterwards, is not bound by zero trips, and the body may assign it (which does
    not change the iteration). Where the user's loop is over items, it is a name of ours.

    Where `total` names a variable, each iteration adds one number to it, and these numbers are put
    together as `np.sum` does (`ir.totals`) before their sum is added. Prints as
    `for i in 0:n:1 into s { ... }`. Only staging makes such loops.

    Of the arrays `own` each iteration overwrites all elements before it needs one, so that
    iterations may each have a copy; the last one's is what is left. Prints as
    `for i in 0:n:1 own %s0, %s1 { ... }`. Only staging finds such arrays.
    """

    index: str
    start: Expr
    stop: Expr
    step: Expr
    body: tuple[Stmt, ...]
    orelse: tuple[Stmt, ...] = ()
    span: Span = field(default=NOWHERE, compare=False, repr=False)
    total: str = ""
    own: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """What people call the loop: the first name that the user's text has after `for`."""
        return self.index.lstrip("%").removesuffix("@comprehension")


@dataclass(frozen=True, slots=True)
class While:
    """`while test: body`, and `orelse` if no `Break` left it."""

    test: Expr
    body: tuple[Stmt, ...]
    orelse: tuple[Stmt, ...] = ()
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class If:
    """`if test: then else: otherwise`; either side may be empty."""

    test: Expr
    then: tuple[Stmt, ...]
    otherwise: tuple[Stmt, ...]
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Break:
    """Leave the innermost loop."""

    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Continue:
    """Go on with the next iteration of the innermost loop."""

    span: Span = field(default=NOWHERE, compare=False, repr=False)


Stmt: TypeAlias = Assign | Store | For | While | If | Break | Continue


DRAWN = "@random"
"""What the names of arrays of random numbers end in; they share memory with no others."""


@dataclass(frozen=True, slots=True)
class Draws:
    """The random numbers that each iteration of a loop draws, by calls that are all the same."""

    path: str
    """The function, as a dotted name."""
    arguments: tuple[int | float | str, ...]
    """Numbers, and the names of such."""
    count: int
    """How many calls there are."""
    named: tuple[tuple[str, int | float | str], ...] = ()
    """Arguments by name."""
    start: int = 0
    """The index of the first iteration."""

    @property
    def names(self) -> tuple[str, ...]:
        """The names of what the calls of all iterations give, an array each."""
        return tuple(f"draws{number}{DRAWN}" for number in range(self.count))


@dataclass(frozen=True, slots=True)
class Nest:
    """A loop with everything in it, and what it takes from and leaves to the code around it.

    `loop` is the outermost loop. The site evaluates the user's iterable once and passes the three
    numbers as `START`, `STOP` and `STEP`; `loop.start`, `.stop` and `.step` repeat the user's
    expressions for the analysis where these are made of constants, extents and inputs that the nest
    does not bind, and are `Name(START)` and so on where they are not.
    `inputs` are the names that may be read before the nest binds them, in order of first use; those
    in `arrays` are subscripted or asked for their shape. `outputs` are the names that the nest may
    bind, in order of first binding. Where the text handles arrays as a whole, a name may be among
    the arrays and the outputs, and an array need not be an input; nowhere else.
    `guards` are the dotted paths that the lowering took for known objects, each with its canonical
    name (`("np.exp", "numpy.exp")`, `("math.pi", "math.pi")`, `("len", "builtins.len")`): the nest
    means what the text means only while `frontend.known.means` agrees.
    `no_lists` are the arrays that the text uses as no list can be used: `a[i, j]`, `a.shape`.
    `appends` are the arrays that stand for what the text appends to a list, each with the counter
    that says where the next item goes, or an empty text (`frontend.appends`).
    `requires` are conditions on the extents of inputs without which the nest does not mean what the
    text means: `for x, y in points` takes pairs.
    `draws` are the random numbers that each iteration draws, which are drawn before the loop.
    """

    loop: For
    inputs: tuple[str, ...]
    arrays: tuple[str, ...]
    outputs: tuple[str, ...]
    source: Source = field(compare=False, repr=False)
    function: str = field(compare=False)
    guards: tuple[tuple[str, str], ...] = ()
    no_lists: frozenset[str] = field(default=frozenset(), compare=False)
    appends: tuple[tuple[str, str], ...] = field(default=(), compare=False)
    requires: tuple[Expr, ...] = field(default=(), compare=False)
    draws: Draws | None = field(default=None, compare=False)


START, STOP, STEP = "%start", "%stop", "%step"
"""The names under which the bounds of the outermost loop are passed."""


