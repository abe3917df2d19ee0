"""Tables about places and maps."""
