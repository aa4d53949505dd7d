"""The loops of many notebooks and scripts, counted and judged. Nothing is run."""
