"""Run it, or fall back."""
