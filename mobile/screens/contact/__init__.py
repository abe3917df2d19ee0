"""Logging a contact: the screen that everything else serves: `state` decides, `screen` draws, `screen.kv` lays out."""
