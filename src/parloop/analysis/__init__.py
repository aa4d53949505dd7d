"""Stage 0: which loops may run in any order, and under which conditions."""
