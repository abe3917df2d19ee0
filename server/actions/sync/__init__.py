"""What a pushed change means: whether it can be used, and how it reaches the tables."""
