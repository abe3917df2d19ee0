"""What a person does, from the first tap to the case list and the map, with real parts only."""
