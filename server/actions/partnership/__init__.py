"""What partners agree among each other."""
