"""Loops as CUDA C++."""
