"""Where a point is, and where a place is: districts, postcodes and the gazetteer. Nothing here asks the internet."""
