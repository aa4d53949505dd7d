"""What runs where, transformed how."""
