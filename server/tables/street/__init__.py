"""Tables about contacts, places and shifts."""
