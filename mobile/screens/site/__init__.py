"""One place's page: `state` decides, `screen` draws, `screen.kv` lays out."""
