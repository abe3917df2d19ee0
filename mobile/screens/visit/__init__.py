"""A stop with nobody there: `state` decides, `screen` draws, `screen.kv` lays out."""
