"""Reports from outside, one folder a source: what a file holds, what of it can be used, and what is said of the rest."""
