"""How this worker likes the app: `state` decides, `screen` draws, `screen.kv` lays out."""
