"""What is done to the record of a person."""
