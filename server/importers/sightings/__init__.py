"""Night counts: how many people were counted at a point on a night."""
