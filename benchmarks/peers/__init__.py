"""The programs' work by hand in other tools, by someone who knows the tool.

The peer `njit` is Numba's compiler on the program's own text. A module here, of the program's name, may hold

    parallel(...)    for `numba.njit(parallel=True)`, with `prange` where it belongs
    serial(...)      what a person would write for plain `njit` where that is stronger than the program's text
    DIFFERENT_BITS   the peers that regroup a floating-point sum and so do not compute CPython's bits
    RETURNS          "double", "int64_t" where the C function returns something

and a `.c` file of the same name a function for C with OpenMP, which takes the program's arguments in order:
numbers as `double` or `int64_t`, an array as a pointer and all of its extents.
Loop order is the stronger one of the program's and a better one that keeps every element's order of operations.
The runner compares each peer's bits with CPython's and says where a claim made here is wrong.
"""
