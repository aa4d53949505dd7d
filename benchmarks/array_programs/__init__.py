"""Loops over statements on arrays, as people write them, beside the same in NumPy's idiom."""
