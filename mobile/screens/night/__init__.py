"""What I recorded: `state` decides, `screen` draws, `screen.kv` lays out."""
