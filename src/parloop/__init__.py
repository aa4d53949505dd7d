"""parloop: runs the loops of ordinary Python programs on every core, with CPython's own results."""
