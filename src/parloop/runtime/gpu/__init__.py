"""Launches on a GPU: its driver, its memory, and when it is worth asking."""
