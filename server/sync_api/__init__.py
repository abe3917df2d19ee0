"""Sync over HTTP: who the phone is, how bodies are squeezed, and a thin handler for each kind of message.

What a message means is decided in `sync/`, kept by `server.queries.sync.store` and projected by `server.actions.sync.projection`.
"""
