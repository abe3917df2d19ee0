"""What is done to a case on an MDT list."""
