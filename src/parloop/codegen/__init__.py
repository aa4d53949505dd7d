"""From IR and plan to machine code."""
