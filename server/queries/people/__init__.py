"""People sleeping rough: their records, verification and notes, and who may not know of them."""
