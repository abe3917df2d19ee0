"""A picture of a document, or of a place."""
