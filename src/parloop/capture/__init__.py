"""Which loops are ours, and how we get them."""
