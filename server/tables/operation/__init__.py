"""Tables that run the service."""
