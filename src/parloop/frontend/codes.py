"""What the frontend says about constructs that the loop IR cannot hold: `SYN1xx`."""

from __future__ import annotations

from typing import ClassVar

from parloop.diagnostics import Diagnostic, Voice


class UnsupportedLoop(Diagnostic):
    """A loop over something else than numbers or an array's items.

    *What it means* The outermost loop is not one over the built-in `range`, or a loop inside takes
    its items from something else than `range`, an array of one axis, or `enumerate`, `zip` and
    `reversed` of these.

    *Why it matters* Only these say how many iterations there are before the first one runs.

    *Example*

        for row in rows:
            total += row[0]

    *What to do* Loop over positions: `for i in range(len(rows))`, with `rows` an array.
    """

    code: ClassVar[str] = "SYN101"
    voice: ClassVar[Voice] = "unsupported"


class UnsupportedStatement(Diagnostic):
    """A statement that the loop IR cannot hold.

    *What it means* The loop contains a statement such as `try`, `with`, `return`, `del`,
    `assert` or `import`.

    *Why it matters* Its effects reach beyond the numbers of the loop, so the interpreter has to
    run it.

    *Example*

        for i in range(n):
            assert a[i] > 0

    *What to do* Move the statement out of the loop, or leave the loop to the interpreter.
    """

    code: ClassVar[str] = "SYN102"
    voice: ClassVar[Voice] = "unsupported"


class UnsupportedExpression(Diagnostic):
    """An expression that the loop IR cannot hold.

    *What it means* The loop computes with something else than numbers: strings, lists, slices,
    `None`, lambdas, comprehensions.

    *Why it matters* Only operations on single numbers become machine code with CPython's own
    results.

    *Example*

        for i in range(n):
            b[i] = sum(a[i, 0:3])

    *What to do* Write the work on single elements, in an inner loop over `range`.
    """

    code: ClassVar[str] = "SYN103"
    voice: ClassVar[Voice] = "unsupported"


class UnknownFunction(Diagnostic):
    """A call of a function that parloop does not know.

    *What it means* The called object is not one of the built-in, `math` and NumPy functions
    that parloop can run with CPython's results, or the arguments are not plain positional ones.

    *Why it matters* An unknown function may do anything: print, change other data, depend on
    the order.

    *Example*

        for i in range(n):
            b[i] = transform(a[i])

    *What to do* Write the function's work into the loop if it is short arithmetic.
    """

    code: ClassVar[str] = "SYN104"
    voice: ClassVar[Voice] = "unsupported"


class UnsupportedTarget(Diagnostic):
    """An assignment to something else than a name or an element of an array.

    *What it means* The loop assigns to an attribute, a slice, a starred or a nested target, or
    it unpacks a value whose parts are not written out.

    *Why it matters* Such an assignment may run any code, or change more than one element.

    *Example*

        for i in range(n):
            self.total = self.total + a[i]

    *What to do* Use a local name inside the loop and assign the attribute after it.
    """

    code: ClassVar[str] = "SYN105"
    voice: ClassVar[Voice] = "unsupported"


class MixedUse(Diagnostic):
    """A name that is used as an array and as a loop's index.

    *What it means* The loop subscripts the name, or asks for its shape, and a loop in it counts
    with the same name.

    *Why it matters* After that loop the name is a number, and subscripting it raises `TypeError`.

    *Example*

        for i in range(n):
            for a in range(3):
                total += a[0]

    *What to do* Give the index a name of its own.
    """

    code: ClassVar[str] = "SYN106"
    voice: ClassVar[Voice] = "unsupported"


class SharedName(Diagnostic):
    """An assignment to a name declared `global` or `nonlocal`.

    *What it means* The function around the loop declares the name to live elsewhere, and the
    loop assigns it.

    *Why it matters* Other functions may see every single value while the loop runs.

    *Example*

        def count():
            global total
            for i in range(n):
                total += a[i]

    *What to do* Use a local name inside the loop and assign the global one after it.
    """

    code: ClassVar[str] = "SYN107"
    voice: ClassVar[Voice] = "unsupported"


class UnsupportedFunction(Diagnostic):
    """A function of the program's own that cannot be written into the loop.

    *What it means* The loop calls a function whose body machine code cannot stand for: it calls
    itself, is a generator, takes any number of arguments, has `try`, assigns global names, or
    its text is not to be found.

    *Why it matters* The body of a function is compiled with the loop that calls it.

    *Example*

        def depth(n):
            return 0 if n < 2 else 1 + depth(n // 2)

        for i in range(n):
            b[i] = depth(a[i])

    *What to do* Write a loop in place of the recursion; keep what has effects out of the function.
    """

    code: ClassVar[str] = "SYN108"
    voice: ClassVar[Voice] = "unsupported"
