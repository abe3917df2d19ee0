"""Pages of a district's MDT coordinator: the case list and a person's record."""
