"""What services there are: by a word, what they offer, and whether they are open. `state` decides, `screen` draws."""
