"""Joining a team with a one-time code: `state` decides, `screen` draws, `screen.kv` lays out."""
