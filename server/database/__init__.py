"""The database's toolkit: the engine, plain SQL for both databases, rows in bulk, advisory locks."""
