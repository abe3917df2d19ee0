"""Tables about districts, agencies and workers."""
