"""The server's store for the sync protocol."""
