"""From Python's ast to the loop IR."""
