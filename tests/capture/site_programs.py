"""Programs that hold every situation a loop can stand in. `out(...)` notes what they see.

Each is run plain and rewritten, with engines that take over all, some or none of the iterations;
what they note, leave and raise has to be the same. None of them depends on time or chance.
"""

PROGRAMS: dict[str, str] = {
    "module_level": """
s = 0
for i in range(5):
    s += i
out(s, i)
""",
    "function": """
def f(n):
    s = 0
    for i in range(n):
        s += i * n
    return s, i
out(f(4))
""",
    "zero_trips_leave_the_index_unbound": """
def f(n):
    for i in range(n):
        t = i
    try:
        return i, t
    except UnboundLocalError as error:
        return str(error)
out(f(0), f(1), f(3))
""",
    "zero_trips_keep_old_values": """
def f(n):
    i = 'old'
    t = 'older'
    for i in range(n):
        t = i
    return i, t
out(f(0), f(1), f(3))
""",
    "module_zero_trips": """
for i in range(0):
    t = 1
out('i' in globals(), 't' in globals())
i = 7
for i in range(3, 3):
    t = 1
out(i, 't' in globals())
""",
    "bound_in_one_branch_only": """
def f(n):
    for i in range(n):
        if i == 3:
            t = i
    try:
        return t
    except UnboundLocalError as error:
        return str(error)
out(f(2), f(3), f(4), f(9))
""",
    "module_bound_in_one_branch_only": """
for i in range(3):
    if i > 5:
        t = i
out('t' in globals())
t = 'kept'
for i in range(3):
    if i > 5:
        t = i
out(t)
for i in range(9):
    if i > 5:
        t = i
out(t)
""",
    "old_value_kept_where_no_branch_binds": """
def f(n, t):
    for i in range(n):
        if i > 2:
            t = i
    return t
out(f(2, 'kept'), f(5, 'kept'))
""",
    "else_runs": """
def f(n):
    for i in range(n):
        t = i
    else:
        t = 'else'
    return t
out(f(0), f(3))
""",
    "break_skips_else": """
def f(n, stop):
    where = 'body'
    for i in range(n):
        if i == stop:
            break
        t = i
    else:
        where = 'else'
    return where, i
out(f(5, 2), f(5, 0), f(5, 7), f(1, 0))
""",
    "break_without_else": """
def f(n, stop):
    t = None
    for i in range(n):
        t = i
        if i == stop:
            break
        s = i
    return t, i
out(f(5, 2), f(5, 0), f(5, 7))
""",
    "break_and_continue_of_the_loop_around_in_else": """
def f(n):
    seen = 0
    for x in [1, 2, 3]:
        for i in range(n):
            seen += i
        else:
            if x == 2:
                break
            continue
        seen += 1000
    return seen, x
out(f(0), f(3))
""",
    "return_in_else": """
def f(n):
    for i in range(n):
        t = i
    else:
        return 'else'
    return 'never'
out(f(0), f(2))
""",
    "continue_in_body": """
def f(n):
    s = 0
    for i in range(n):
        if i % 2:
            continue
        s += i
        t = s
    return s, t, i
out(f(1), f(7))
""",
    "steps_of_either_sign": """
def f(*arguments):
    seen = []
    last = None
    if len(arguments) == 3:
        for i in range(arguments[0], arguments[1], arguments[2]):
            last = i
    return last
out(f(0, 10, 3), f(10, 0, -3), f(0, 10, -1), f(5, 5, 1))
""",
    "argument_errors_of_range": """
def f(*arguments):
    for i in range(*arguments[:0] or arguments[0], arguments[1]):
        pass
def g(n):
    for i in range(n):
        pass
def h(a, b, c):
    for i in range(a, b, c):
        pass
for call in (lambda: g('3'), lambda: g(3.0), lambda: h(1, 2, 0), lambda: h(1, 2.0, 3)):
    try:
        call()
    except (TypeError, ValueError) as error:
        out(type(error).__name__, str(error))
""",
    "the_iterable_is_evaluated_once": """
calls = []
def n():
    calls.append('n')
    return 3
def f():
    s = 0
    for i in range(n()):
        s += i
    return s
out(f(), calls)
for i in range(len(calls), n() + 2):
    pass
out(i, calls)
""",
    "bounds_rebound_in_the_body": """
def f(n):
    for i in range(n):
        n = n + 1
    return n, i
out(f(3))
""",
    "index_rebound_in_the_body": """
def f(n):
    s = 0
    for i in range(n):
        i = i * 10
        s += i
    return s, i
out(f(4))
""",
    "nested_loops": """
def f(n):
    s = 0
    for i in range(n):
        for j in range(i, n):
            s += i * j
        for k in range(i):
            s -= k
    try:
        return s, i, j, k
    except UnboundLocalError as error:
        return s, str(error)
out(f(0), f(1), f(2), f(5))
""",
    "site_inside_a_loop_that_has_none": """
def f(n):
    total = []
    for step in range(3):
        s = 0
        for i in range(n):
            s += i + step
        total.append(s)
        out(step)
    return total, i, step
out(f(4))
""",
    "closure": """
def make():
    s = 0
    scale = 3
    def f(n):
        nonlocal s
        for i in range(n):
            s += i * scale
        return s
    return f
f = make()
out(f(3), f(4), f.__code__.co_freevars)
""",
    "closure_not_bound_yet": """
def f(n):
    def g():
        return i
    try:
        g()
    except NameError as error:
        out(str(error))
    for i in range(n):
        t = i
    try:
        return g()
    except NameError as error:
        return str(error)
out(f(0), f(3))
""",
    "free_variable_not_bound": """
def f(n):
    def g():
        s = 0
        for i in range(n):
            s += later
        return s
    try:
        g()
    except NameError as error:
        out(str(error))
    later = 2
    return g()
out(f(3))
""",
    "global_names": """
total = 0
def f(n):
    global total, last
    for last in range(n):
        total += last
out(f(4), total, last)
""",
    "global_not_bound": """
def f(n):
    global fresh
    for i in range(n):
        if i > 2:
            fresh = i
f(2)
out('fresh' in globals())
f(5)
out(fresh)
""",
    "class_body": """
n = 3
class C:
    s = 0
    for i in range(n):
        s += i
    n = 5
    for j in range(n):
        s += n
out(C.s, C.i, C.j, sorted(name for name in vars(C) if not name.startswith('__')))
""",
    "class_body_reads_a_global_of_the_same_name": """
t = 'global'
class C:
    for i in range(2):
        if i > 5:
            t = i
    seen = t
out(C.seen, 't' in vars(C))
""",
    "private_names": """
class C:
    __scale = 3
    def m(self, __n):
        __s, __scale = 0, self.__scale
        for __i in range(__n):
            if __i > 1:
                __t = __i
            __s += __scale * __i
        return __s, __i, sorted(locals())
out(C().m(4), C().m(2))
class _D:
    def m(self, n):
        for __i in range(n):
            __q = __i
        return __q
out(_D().m(3))
class __:
    def m(self, n):
        for __i in range(n):
            __q = __i
        return __q, sorted(locals())
out(__().m(3))
""",
    "dunder_and_underscore_names": """
def f(n):
    for _ in range(n):
        __x__ = _
    return _, __x__
out(f(3))
""",
    "generator": """
def g(n):
    s = 0
    for i in range(n):
        s += i
    yield s
    for k in range(n):
        yield k
        for i in range(n):
            s += i + k
        yield s
a, b = g(3), g(4)
out([x for pair in zip(a, b) for x in pair])
a.close()
out(list(b))
""",
    "coroutine": """
def drive(coroutine):
    try:
        while True:
            coroutine.send(None)
    except StopIteration as stop:
        return stop.value
async def h(n):
    s = 0
    for i in range(n):
        s += i
    return s
async def f(n):
    s = 0
    for k in range(2):
        for i in range(n):
            s += i
        s += await h(n)
    return s, i
out(drive(f(4)))
""",
    "recursion": """
def f(n):
    s = 0
    if n > 0:
        s = f(n - 1)
    for i in range(n):
        s += i
    return s
out(f(6))
""",
    "recursion_through_an_operator": """
class Number:
    def __init__(self, depth):
        self.depth = depth
    def __radd__(self, other):
        return other + add_up(2, Number(self.depth - 1) if self.depth else 1)
def add_up(n, step):
    s = 0
    for i in range(n):
        s = s + step
    return s
out(add_up(3, Number(3)))
""",
    "deleted_names": """
def f(n, a):
    if n > 2:
        del a
    s = 0
    try:
        for i in range(n):
            s += a
    except UnboundLocalError as error:
        return str(error), s, i
    return s
out(f(2, 1), f(3, 1))
""",
    "exception_variable": """
def f(n):
    try:
        1 / 0
    except ZeroDivisionError as e:
        pass
    s = 0
    try:
        for i in range(n):
            s += i
            if i == 2:
                s += e
    except NameError as error:
        return str(error), s
    return s
out(f(2), f(5))
""",
    "maybe_unbound_inputs": """
def f(n, flag):
    if flag:
        a = 2
    s = 0
    try:
        for i in range(n):
            s += a
    except UnboundLocalError as error:
        return str(error), i
    return s
out(f(3, True), f(3, False))
""",
    "bound_on_all_ways": """
def f(n, how):
    if how == 0:
        raise ValueError(how)
    elif how == 1:
        a = 1
    else:
        try:
            a = 2
            with open_nothing() as b:
                c = 3
        except ValueError:
            a, b, c = 4, 5, 6
        else:
            d = 1
        finally:
            z = 2
    while True:
        w = 1
        break
    s = 0
    for i in range(n):
        s += a + w
    return s
class open_nothing:
    def __enter__(self):
        raise ValueError
    def __exit__(self, *_):
        return True
out(f(3, 1), f(3, 2))
""",
    "name_bound_by_match_and_walrus": """
def f(n, x):
    match x:
        case [a, *b]:
            c = 1
        case a:
            c = 2
    if (w := n) > 2:
        v = 1
    s = 0
    for i in range(n):
        s += a + c + w
    return s
out(f(2, [1, 2]), f(3, 5))
""",
    "error_in_the_body": """
def f(a, n):
    s = 0
    for i in range(n):
        t = 10 // a[i]
        s += t
    return s
a = [1, 2, 5, 0, 1]
out(f(a, 3))
try:
    f(a, 5)
except ZeroDivisionError as error:
    out(str(error))
f(a, 9)
""",
    "error_at_module_level": """
a = [3, 1, 0]
s = 0
for i in range(3):
    s += 6 // a[i]
""",
    "index_error_leaves_partial_effects": """
a = [0, 0, 0]
def f(n):
    for i in range(n):
        a[i] = i * i
try:
    f(5)
except IndexError as error:
    out(str(error), a)
""",
    "unpacking_and_swaps": """
def f(n):
    a, b = 0, 1
    for i in range(n):
        a, b = b, a + b
        (c, d), e = (a, b), i
    return a, b
out(f(0), f(1), f(20))
""",
    "while_inside": """
def f(n):
    s = 0
    for i in range(1, n):
        x = i
        while x > 1:
            x = x // 2 if x % 2 == 0 else 3 * x + 1
            s += 1
            if s > 1000:
                break
        else:
            s += 1
    return s, x
out(f(2), f(12))
""",
    "several_sites_in_one_function": """
def f(n):
    for i in range(n):
        a = i
    for i in range(n, 2 * n):
        a += i
    for j in range(n):
        for k in range(2):
            a += j * k
    return a, i, j, k
out(f(1), f(5))
""",
    "conditional_loops": """
def f(n):
    if n > 2:
        for i in range(n):
            t = i
    elif n == 2:
        for j in range(n):
            t = -j
    else:
        t = 'none'
    with_lambda = lambda: [x for x in range(n)]
    return t, with_lambda()
out(f(1), f(2), f(3))
""",
    "inside_try_with_and_match": """
import contextlib
def f(n, x):
    s = 0
    try:
        for i in range(n):
            s += i
        with contextlib.nullcontext():
            for i in range(n):
                s += i // x
    except ZeroDivisionError:
        for i in range(n):
            s -= 1
    else:
        for i in range(n):
            s += 100
    finally:
        for i in range(n):
            s += 1000
    match n:
        case 3:
            for i in range(n):
                s += 10000
    return s, i
out(f(3, 1), f(2, 0), f(1, 1))
""",
    "decorated_and_nested_functions": """
import functools
def twice(f):
    @functools.wraps(f)
    def wrapper(*args):
        return f(*args), f(*args)
    return wrapper
@twice
def f(n):
    def g(m):
        s = 0
        for i in range(m):
            s += n
        return s
    return g(n)
out(f(3))
class C:
    @staticmethod
    def s(n):
        for i in range(n):
            t = i
        return t
    @classmethod
    def c(cls, n):
        for i in range(n):
            t = i
        return cls.__name__, t
    @property
    def p(self):
        for i in range(3):
            t = i
        return __class__.__name__, t
out(C.s(3), C.c(3), C().p)
""",
    "a_shadowed_range": """
def range(n):
    return 'abc'[:n]
for i in range(2):
    s = i
out(s)
""",
    "a_range_of_its_own_in_the_globals": """
globals()['range'] = lambda n: ['x', 'y'][:n]
def f(n):
    t = 0
    for i in range(n):
        t = i
    return t
out(f(2), f(0))
globals()['range'] = lambda n: 5 if n else None
for n in (0, 1):
    try:
        f(n)
    except TypeError as error:
        out(str(error))
""",
    "a_header_of_several_lines": """
def f(n):
    s = 0
    for i in range(
        0,
        n,
        2,
    ):
        s += (
            i
            + n
        )
    return s
out(f(7))
""",
    "one_line_loops": """
def f(n):
    s = 0
    for i in range(n): s += i; t = s
    return s, t
out(f(4)); s = 1
for i in range(3): s *= 2
out(s)
""",
    "future_annotations_and_docstrings": '''"""Doc."""
from __future__ import annotations
def f(n: Undefined) -> AlsoUndefined:
    """Its own."""
    for i in range(n):
        t = i
    return t
out(f(2), f.__doc__, __doc__, f.__annotations__)
''',
    "line_numbers_after_a_loop": """
def f(n):
    for i in range(n):
        t = i
    raise ValueError(t)
f(3)
""",
    "non_ascii_names_and_text": """
def größe(n):
    été = 0
    for ñ in range(n): été += ñ * 2  # …
    return été, ñ
out(größe(4), 'é'); Δ = 'ü' and größe(2)
""",
    "locals_seen_by_the_user": """
def f(n):
    s = 0
    for i in range(n):
        s += i
    return sorted(locals().items())
out(f(4))
""",
}
PROGRAMS["headers_in_odd_places"] = """
def f(n):
    s = 0
    for i \\
        in \\
        range(
        n):
        s += i
    else:
        s += 1
    for i in (range(n)):
        s += i
    for i in range(n
    ): s += i
    return s
out(f(7))
"""
