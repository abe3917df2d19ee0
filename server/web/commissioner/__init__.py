"""Pages of a commissioner: the published map and what it may say. No page here names a person or takes a filter."""
