"""What is recorded from the street by way of a page."""
