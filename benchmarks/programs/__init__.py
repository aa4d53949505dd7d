"""Plain programs, written as people write them; nothing here knows of parloop.

Each module holds one function of its own name, and beside it

    make(size, rng)   the arguments for one call, made with `numpy.random.Generator` `rng`
    SIZES             what to pass as `size`: "tiny" for tests, "cpython" for a few tenths of a second
                      in the interpreter, "full" for 5 ms and more of machine code on two cores
    OUTPUTS           the names of the parameters that the call changes
"""
