"""Tables about cases."""
