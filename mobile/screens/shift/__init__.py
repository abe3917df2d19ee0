"""The outing: start, join, check in, end: `state` decides, `screen` draws, `screen.kv` lays out."""
