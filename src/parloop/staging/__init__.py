"""Stages 1 and 2: what the values at run time add."""
