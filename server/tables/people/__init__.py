"""Tables about people sleeping rough."""
