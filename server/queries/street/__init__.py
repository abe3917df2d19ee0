"""Work on the street: contacts, shifts, lone working, and descriptions that two people changed."""
