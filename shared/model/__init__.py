"""The nouns of rough-sleeper outreach, one a file. These Structs are what travels on every wire."""
