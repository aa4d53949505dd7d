"""The loop IR: its types, nodes, and what may be asked of them."""
