"""What is done for, in and after a case conference."""
