"""Which statements leave a loop, or one of its iterations."""

from __future__ import annotations

from parloop.ir.nodes import Break, Continue, For, If, Stmt, While


def has_own_break(loop: For | While) -> bool:
    """Return whether a `break` may leave `loop` itself."""

    def leaves(body: tuple[Stmt, ...]) -> bool:
        for stmt in body:
            match stmt:
                case Break():
                    return True
                case If(then=then, otherwise=otherwise):
                    if leaves(then) or leaves(otherwise):
                        return True
                case For(orelse=orelse) | While(orelse=orelse):
                    if leaves(orelse):
                        return True
                case _:
                    pass
        return False

    return leaves(loop.body)


def ends_early(stmt: Stmt) -> bool:
    """Return whether a `break` or `continue` inside `stmt` may skip what follows it."""
    match stmt:
        case Break() | Continue():
            return True
        case If(then=then, otherwise=otherwise):
            return any(ends_early(inner) for inner in (*then, *otherwise))
        case For(orelse=orelse) | While(orelse=orelse):
            return any(ends_early(inner) for inner in orelse)
        case _:
            return False
