"""Another PIN: `state` decides, `screen` draws, `screen.kv` lays out."""
