"""Six digits before anything is shown: `state` decides, `screen` draws, `screen.kv` lays out."""
