"""Finding somebody by a word: `state` decides, `screen` draws, `screen.kv` lays out."""
