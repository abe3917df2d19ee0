"""Tables about case conferences."""
