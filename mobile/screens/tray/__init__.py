"""What is not yet sent, and what needs a look: `state` decides, `screen` draws, `screen.kv` lays out."""
