"""Unlocking the phone: PIN, keys, lease, the sealed outbox, and the session over an open store."""
