"""A county to look at: Hertfordshire's ten districts by their real postcodes, and people who are all invented."""
