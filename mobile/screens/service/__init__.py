"""One service in full: whether it is open, whom it takes, and how to get there. `state` decides, `screen` draws."""
