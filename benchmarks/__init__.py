"""Speed: plain programs beside the same work in other tools. Run with `python -m benchmarks`."""
