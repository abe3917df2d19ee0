"""Tonight's stops in walking order: `state` decides, `screen` draws, `screen.kv` lays out."""
