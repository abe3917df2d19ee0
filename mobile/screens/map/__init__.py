"""The map of the patch: `state` decides, `screen` draws, `screen.kv` lays out."""
