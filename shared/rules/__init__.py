"""Judgements about the nouns, one a file: pure questions over values, answered with their reason. No clock here."""
